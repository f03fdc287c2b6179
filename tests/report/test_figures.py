"""Is every figure written the one way, with its unit and what was allowed?"""

from dataclasses import replace

import pytest

from tests.report.things import a_remediation
from trimtab.domain.terms import WorseThan
from trimtab.domain.verification import Comparison, Health
from trimtab.report.figures import amount, compared, figures, percent, sent_back_if

TERMS = a_remediation().verify
NEVER = WorseThan(ratio=None, floor=None)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("3008 MB", "3,008 MB"),
        ("2303560", "2,303,560"),
        ("9.9734%", "9.97 %"),
        ("memory.peak_ratio < 60%", "memory.peak_ratio < 60 %"),
        ("usage.invocations >= 1000", "usage.invocations >= 1,000"),
        ("412,880 in 14 days", "412,880 in 14 days"),
        ("222222222222", "222222222222"),
        ("runtime.days < 0 days: -1299.4632 days", "runtime.days < 0 days: -1,299 days"),
        ("3.75 days", "3.75 days"),
        ("29.9734%", "30 %"),
        ("usage.invocations > 10000: 2303560", "usage.invocations > 10,000: 2,303,560"),
        ("function.tags cost-center = 4711: 4712", "function.tags cost-center = 4711: 4712"),
        ("cost.usd_month > $1000: $1234.5678", "cost.usd_month > $1,000: $1,234.57"),
        ("$12.50", "$12.50"),
        ("function-10 MB", "function-10 MB"),
        ("account 222222222222, 2026-11-21", "account 222222222222, 2026-11-21"),
        ("0.0004 s", "0.0004 s"),
        ("version-3008 of x1000", "version-3008 of x1000"),
    ],
)
def test_text_is_written_with_its_figures_in_one_way(raw: str, said: str) -> None:
    assert figures(raw) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (1000.0, "1,000"), (2.5, "2.5"), (0.00123, "0.0012"), (10, "10")]
)
def test_an_amount_has_two_decimals_at_most(value: float, said: str) -> None:
    assert amount(value) == said


def test_a_share_is_a_percentage() -> None:
    assert percent(0.029) == "2.9 %"


def a_comparison(figure: str, before: float | None, after: float | None) -> Comparison:
    return Comparison(
        figure=figure, before=before, after=after, answer=Health.HEALTHY, why=f"{figure}: why not"
    )


@pytest.mark.parametrize(
    ("figure", "before", "after", "said"),
    [
        (
            "error rate",
            0.0,
            0.029,
            "0 % before, 2.9 % after; allowed 1.5 x once there are 5 errors",
        ),
        (
            "throttle rate",
            0.01,
            0.0,
            "1 % before, 0 % after; allowed 1.5 x once there are 5 throttles",
        ),
        ("p95 duration", 420.0, 1431.25, "420 ms before, 1,431.25 ms after; allowed 1.25 x"),
        ("out of memory", None, 1, "1 invocation ran out of memory; allowed none"),
        ("out of memory", None, None, "why not"),
        ("error rate", None, None, "why not"),
        ("something new", 1.0, 2.0, "why not"),
    ],
)
def test_a_comparison_is_said_with_units_and_rule(
    figure: str, before: float | None, after: float | None, said: str
) -> None:
    assert compared(a_comparison(figure, before, after), TERMS) == said


@pytest.mark.parametrize(
    ("before", "after", "why", "said"),
    [
        (
            406.0,
            414.2,
            "mean duration 406 ms before, 414.2 ms after: 1.02 x, allowed 1.10 x",
            "406 ms before, 414.2 ms after; allowed 1.10 x",
        ),
        (
            40610.0,
            41420.0,
            "mean duration 4.061e+04 ms before, 4.142e+04 ms after: 1.02 x, allowed 1.10 x",
            "40,610 ms before, 41,420 ms after; allowed 1.10 x",
        ),
        (406.0, 414.2, "damaged", "406 ms before, 414.2 ms after"),
        (None, 414.2, "mean duration: no figure", "no figure"),
    ],
)
def test_a_mean_duration_is_said_once_with_its_own_bound(
    before: float | None, after: float | None, why: str, said: str
) -> None:
    found = replace(a_comparison("mean duration", before, after), why=why)
    assert compared(found, TERMS) == said


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [
        (WorseThan(ratio=None, floor=0), "no error"),
        (WorseThan(ratio=None, floor=3), "up to 3 errors"),
        (WorseThan(ratio=2.0, floor=1), "2 x once there is 1 error"),
        (WorseThan(ratio=2.0, floor=0), "2 x"),
    ],
)
def test_what_is_allowed_includes_the_floor(limit: WorseThan, allowed: str) -> None:
    terms = replace(TERMS, error_rate=limit)
    assert compared(a_comparison("error rate", 0.0, 0.1), terms).endswith(f"; allowed {allowed}")


def test_a_floor_of_time_or_of_memory_is_said_too() -> None:
    terms = replace(
        TERMS,
        duration_p95=WorseThan(ratio=1.25, floor=50),
        out_of_memory=WorseThan(ratio=None, floor=2),
    )
    assert compared(a_comparison("p95 duration", 1, 2), terms).endswith("once it reaches 50 ms")
    assert compared(a_comparison("out of memory", None, 3), terms).endswith("allowed up to 2")


def test_what_sends_a_change_back_names_everything_that_can() -> None:
    assert sent_back_if(TERMS) == (
        "error rate above 1.5 times what it was, once there are 5 errors",
        "p95 run time above 1.25 times what it was",
        "throttle rate above 1.5 times what it was, once there are 5 throttles",
        "any invocation out of memory",
    )
    terms = replace(
        TERMS,
        duration_p95=WorseThan(ratio=None, floor=900),
        out_of_memory=WorseThan(ratio=None, floor=2),
    )
    assert "p95 run time above 900 ms" in sent_back_if(terms)
    assert "more than 2 invocations out of memory" in sent_back_if(terms)
