"""Can verification fail, and does it stay silent where there is too little to tell? (S13)"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import an_arn, verify_terms
from tests.fakes.clock import NOW
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.terms import WorseThan
from trimtab.domain.verification import Baseline, Comparison, Figures, Health
from trimtab.pipeline.figures import (
    figures_from,
    floor_to,
    period_for,
    queries_for,
    read_baseline,
)
from trimtab.pipeline.health import PATIENCE, judge_health
from trimtab.ports import MetricQuery, Point

WATCH = timedelta(hours=4)
OVER = NOW + WATCH
TERMS = verify_terms(
    samples=200,
    watch=WATCH,
    error_rate=WorseThan(ratio=1.5, floor=5.0),
    throttles=WorseThan(ratio=1.5, floor=5.0),
    duration_p95=WorseThan(ratio=1.25, floor=None),
    out_of_memory=WorseThan(ratio=None, floor=0.0),
)
LOST = Unknown(reason="late")


def figures(**given: Any) -> Figures:
    usual: dict[str, Any] = {
        "invocations": 1000.0,
        "errors": 10.0,
        "throttles": 0.0,
        "duration_p95_ms": 400.0,
        "out_of_memory": 0.0,
    }
    read: dict[str, Evidence] = {
        n: v if isinstance(v, Unknown) else Known(value=v, source="test")
        for n, v in (usual | given).items()
    }
    return Figures(**read)


def judged(
    before: Figures | None = None,
    after: Figures | None = None,
    *,
    now: datetime = OVER,
    terms: Any = TERMS,
) -> tuple[Health, dict[str, Comparison]]:
    baseline = Baseline(figures=before or figures(), watch_from=NOW, watch_until=OVER)
    verification = judge_health(baseline, after or figures(), terms, now=now)
    return verification.health, {c.figure: c for c in verification.comparisons}


def test_the_same_figures_are_healthy_once_the_watch_is_over() -> None:
    assert judged()[0] is Health.HEALTHY
    assert judged(now=OVER - timedelta(seconds=1))[0] is Health.WATCHING


AFTER: list[tuple[str, dict[str, Any], Health]] = [
    ("errors below the ratio", {"errors": 14.0}, Health.HEALTHY),
    ("errors at the ratio", {"errors": 15.0}, Health.HEALTHY),
    ("errors above the ratio", {"errors": 16.0}, Health.REGRESSED),
    ("errors at the ratio of fewer calls", {"errors": 8.0, "invocations": 500.0}, Health.REGRESSED),
    ("throttles below the floor", {"throttles": 4.0}, Health.HEALTHY),
    ("throttles at the floor", {"throttles": 5.0}, Health.REGRESSED),
    ("p95 at the ratio", {"duration_p95_ms": 500.0}, Health.HEALTHY),
    ("p95 above the ratio", {"duration_p95_ms": 500.1}, Health.REGRESSED),
    ("one out of memory", {"out_of_memory": 1.0}, Health.REGRESSED),
    ("everything better", {"errors": 0.0, "duration_p95_ms": 1.0}, Health.HEALTHY),
]


@pytest.mark.parametrize(
    ("after", "health"), [row[1:] for row in AFTER], ids=[row[0] for row in AFTER]
)
def test_s13_each_figure_regresses_just_above_its_threshold(
    after: dict[str, Any], health: Health
) -> None:
    assert judged(after=figures(**after))[0] is health


@pytest.mark.parametrize(("errors", "health"), [(4.0, Health.HEALTHY), (5.0, Health.REGRESSED)])
def test_s13_a_ratio_needs_its_absolute_floor(errors: float, health: Health) -> None:
    assert judged(figures(errors=0.0), figures(errors=errors))[0] is health


@pytest.mark.parametrize(
    ("floor", "errors", "health"),
    [
        (0.0, 0.0, Health.HEALTHY),
        (0.0, 1.0, Health.REGRESSED),
        (5.0, 5.0, Health.HEALTHY),
        (5.0, 6.0, Health.REGRESSED),
    ],
)
def test_s13_a_threshold_without_a_ratio_compares_with_its_floor_alone(
    floor: float, errors: float, health: Health
) -> None:
    terms = verify_terms(samples=200, watch=WATCH, error_rate=WorseThan(ratio=None, floor=floor))
    got, compared = judged(figures(errors=500.0), figures(errors=errors), terms=terms)
    assert got is health
    assert compared["error rate"].why.endswith(f"allowed {floor:g}")


def test_s13_a_regression_ends_the_watch_at_once() -> None:
    assert judged(after=figures(errors=500.0), now=NOW)[0] is Health.REGRESSED


@pytest.mark.parametrize(
    ("before", "after", "tells"),
    [(200.0, 200.0, True), (199.0, 1000.0, False), (1000.0, 199.0, False), (0.0, 0.0, False)],
)
def test_s13_too_few_samples_on_either_side_are_insufficient_data(
    before: float, after: float, tells: bool
) -> None:
    health, compared = judged(figures(invocations=before), figures(invocations=after))
    if tells:
        assert compared["p95 duration"].answer is Health.HEALTHY
        return
    assert health is Health.WATCHING
    for figure in ("error rate", "throttle rate", "p95 duration"):
        assert compared[figure].answer is Health.INSUFFICIENT_DATA
        assert "200 needed" in compared[figure].why


def test_s13_no_samples_asked_for_still_needs_one() -> None:
    terms = verify_terms(samples=0, watch=WATCH)
    health, _ = judged(figures(invocations=0.0), figures(invocations=0.0), terms=terms)
    assert health is Health.WATCHING


def test_s13_too_little_to_tell_waits_with_patience_and_then_says_so() -> None:
    few = figures(invocations=1.0)
    late = NOW + WATCH * PATIENCE
    assert judged(after=few, now=late - timedelta(seconds=1))[0] is Health.WATCHING
    assert judged(after=few, now=late)[0] is Health.INSUFFICIENT_DATA


@pytest.mark.parametrize("name", ["invocations", "errors", "throttles", "duration_p95_ms"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_s13_an_unknown_figure_is_never_healthy(name: str, side: str) -> None:
    lost = figures(**{name: LOST})
    given = (lost, figures()) if side == "before" else (figures(), lost)
    health, compared = judged(*given)
    assert health is Health.WATCHING
    assert "unknown" in " ".join(c.why for c in compared.values())


def test_s13_an_unknown_figure_does_not_hide_a_regression_in_another() -> None:
    after = figures(errors=LOST, duration_p95_ms=4000.0)
    assert judged(after=after)[0] is Health.REGRESSED


def test_s13_out_of_memory_that_was_not_observed_is_never_zero() -> None:
    health, compared = judged(after=figures(out_of_memory=LOST))
    assert health is Health.HEALTHY
    assert compared["out of memory"].answer is Health.INSUFFICIENT_DATA
    assert "not observed" in compared["out of memory"].why


@pytest.mark.parametrize(("hours", "period"), [(1, 60), (1.1, 300), (24, 300)])
def test_a_short_span_is_read_by_the_minute(hours: float, period: int) -> None:
    assert period_for(timedelta(hours=hours)) == period


def test_a_moment_is_floored_to_its_period() -> None:
    assert floor_to(NOW + timedelta(seconds=299), 300) == NOW
    assert floor_to(NOW + timedelta(seconds=300), 300) == NOW + timedelta(minutes=5)


class Reader:
    """A SeriesReader that remembers what it was asked and answers one point per series."""

    def __init__(self, *silent: str) -> None:
        self.spans: list[tuple[datetime, datetime]] = []
        self._silent = silent

    def series(self, queries: Any, *, start: datetime, end: datetime, period_s: int) -> Any:
        self.spans.append((start, end))
        return {
            q: None if q.metric in self._silent else (Point(at=start, value=10.0),) for q in queries
        }


def test_the_baseline_is_the_same_hours_one_and_two_weeks_before() -> None:
    reader = Reader()
    start = NOW + timedelta(minutes=12)
    end = start + WATCH
    read = read_baseline(reader, an_arn(), start=start, end=end)
    assert [s for s, _ in reader.spans] == [
        NOW + timedelta(minutes=10) - timedelta(weeks=w) for w in (1, 2)
    ]
    whole = end + timedelta(minutes=3)
    assert [e for _, e in reader.spans] == [whole - timedelta(weeks=w) for w in (1, 2)]
    assert read.invocations == Known(value=20.0, source="CloudWatch")
    assert read.duration_p95_ms == Known(value=10.0, source="CloudWatch")
    assert isinstance(read.out_of_memory, Unknown)


@pytest.mark.parametrize("silent", ["Invocations", "Duration"])
def test_s08_a_week_that_was_not_answered_makes_the_figure_unknown(silent: str) -> None:
    read = read_baseline(Reader(silent), an_arn(), start=NOW, end=OVER)
    assert isinstance(read.duration_p95_ms, Unknown)
    assert isinstance(read.errors, Known)


def test_points_before_the_watch_do_not_count() -> None:
    queries = queries_for(an_arn())
    early, later = NOW - timedelta(minutes=5), NOW
    series: dict[MetricQuery, tuple[Point, ...] | None] = {
        query: (Point(at=early, value=100.0), Point(at=later, value=1.0))
        for query in queries.values()
    }
    read = figures_from([series], an_arn(), since=NOW, out_of_memory=LOST)
    assert read.invocations == Known(value=1.0, source="CloudWatch")
    empty = figures_from([series], an_arn(), since=OVER, out_of_memory=LOST)
    assert empty.duration_p95_ms == Unknown(reason="it was not invoked")
    assert empty.invocations == Known(value=0, source="CloudWatch")
