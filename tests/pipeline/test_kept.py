"""How long does the answer of one function hold, and what ends it?"""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import a_listed
from tests.fakes.clock import NOW
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline.signals.kept import KEEP, KeptAnswer, KeptAnswers

TOLD: dict[str, Evidence] = {"exposure.is_public": Known(value=False, source="GetPolicy")}
DAY = timedelta(days=1)


def kept_then(days_ago: int, name: str = "orders") -> KeptAnswers:
    """Keep an answer some days ago, and come back now."""
    then = NOW - days_ago * DAY
    earlier = KeptAnswers(at=then)
    earlier.keep(a_listed(name), "resource policy", TOLD)
    stored = to_wire(earlier.all())
    return KeptAnswers(from_wire(tuple[KeptAnswer, ...], stored), at=NOW)


def days_asked(name: str) -> list[int]:
    """Scan every day for three weeks; say on which days the function is asked."""
    asked, kept = [], KeptAnswers(at=NOW)
    for day in range(21):
        kept = KeptAnswers(kept.all(), at=NOW + day * DAY)
        if kept.find(a_listed(name), "resource policy") is None:
            asked.append(day)
            kept.keep(a_listed(name), "resource policy", TOLD)
    return asked


def test_an_answer_of_the_day_holds() -> None:
    kept = kept_then(0)
    (evidence,) = (kept.find(a_listed(), "resource policy") or {}).values()
    assert evidence == Known(value=False, source=f"GetPolicy, read {NOW.date().isoformat()}")


def test_a_function_is_asked_once_a_week_on_a_day_of_its_own() -> None:
    firsts = set()
    for n in range(50):
        first, second, *more = days_asked(f"f{n}")
        assert first == 0
        assert 1 <= second <= KEEP.days
        assert more == [second + KEEP.days * n for n in range(1, len(more) + 1)]
        firsts.add(second)
    assert firsts == set(range(1, 8))


def test_no_answer_outlives_a_week() -> None:
    for name in (f"f{n}" for n in range(20)):
        assert kept_then(7, name).find(a_listed(name), "resource policy") is None
        assert kept_then(7, name).all() == ()


def test_an_answer_of_a_clock_that_was_ahead_counts_for_nothing() -> None:
    assert kept_then(-3650).all() == ()


@pytest.mark.parametrize(
    ("name", "value", "is_kept"),
    [
        ("exposure.is_public", True, True),
        ("exposure.is_public", "no", False),
        ("exposure.is_public", 0, False),
        ("exposure.is_public", None, False),
        ("exposure.is_public", [], False),
        ("alias.names", ["live"], True),
        ("alias.names", [], True),
        ("alias.names", [5], False),
        ("alias.names", "live", False),
        ("alias.names", None, False),
        ("exposure.url_auth", "NONE", True),
        ("exposure.url_auth", None, True),
        ("exposure.url_auth", 5, False),
        ("concurrency.reserved", 0, True),
        ("concurrency.reserved", None, True),
        ("concurrency.reserved", True, False),
        ("concurrency.reserved", "5", False),
        ("concurrency.reserved", -1, False),
        ("concurrency.reserved", math.nan, False),
        ("concurrency.reserved", math.inf, False),
        ("concurrency.provisioned_utilisation_peak", 0.5, True),
        ("no.such_signal", 1, False),
    ],
)
def test_a_value_that_its_signal_cannot_have_is_asked_again(
    name: str, value: object, is_kept: bool
) -> None:
    earlier = KeptAnswers(at=NOW)
    earlier.keep(a_listed(), "what", {name: Known(value=value, source="a file")})
    assert bool(KeptAnswers(earlier.all(), at=NOW).all()) is is_kept


def test_a_deployment_ends_it() -> None:
    kept = kept_then(0)
    deployed = replace(a_listed(), last_modified_at=NOW)
    assert kept.find(deployed, "resource policy") is None


def test_another_question_has_an_answer_of_its_own() -> None:
    assert kept_then(0).find(a_listed(), "concurrency") is None
    assert kept_then(0).find(a_listed("stable"), "resource policy") is None


def test_s08_an_answer_with_an_unknown_in_it_is_not_kept() -> None:
    kept = KeptAnswers(at=NOW)
    kept.keep(a_listed(), "resource policy", TOLD | {"trigger.count": Unknown(reason="denied")})
    assert kept.all() == ()
