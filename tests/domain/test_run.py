"""Does a run whose counts do not add up say which sum is wrong? (S24)"""

from dataclasses import replace

import pytest

from trimtab.domain.run import RunCounts

COUNTS = RunCounts(
    accounts=1,
    left_out=0,
    targets=1,
    functions=10,
    judged=10,
    gaps=0,
    verdicts=10,
    compliant=2,
    not_applicable=1,
    insufficient_data=0,
    findings=7,
    planned=1,
    held_back=1,
    suppressed=1,
    observed=1,
    ticketed=1,
    already_open=1,
    cooling_down=1,
)


def test_s24_counts_that_add_up_have_no_fault() -> None:
    assert COUNTS.faults() == ()


@pytest.mark.parametrize(
    ("field", "faults"),
    [
        ("judged", 1),
        ("functions", 1),
        ("verdicts", 1),
        ("compliant", 1),
        ("not_applicable", 1),
        ("insufficient_data", 1),
        ("findings", 2),
        ("planned", 1),
        ("held_back", 1),
        ("suppressed", 1),
        ("observed", 1),
        ("ticketed", 1),
        ("already_open", 1),
        ("cooling_down", 1),
    ],
)
def test_s24_one_more_anywhere_breaks_a_sum_that_is_named(field: str, faults: int) -> None:
    wrong = replace(COUNTS, **{field: getattr(COUNTS, field) + 1})
    assert len(wrong.faults()) == faults
    assert " is not " in wrong.faults()[0]
