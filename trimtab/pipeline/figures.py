"""What did a function do in a span of time? The figures that verification compares, from metric
series.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.verification import Figures
from trimtab.pipeline.signals.usage import weighted_mean
from trimtab.ports import MetricQuery, Point

NAMESPACE = "AWS/Lambda"
SIGNS = ("Invocations", "Throttles", "AsyncEventsReceived", "AsyncEventsDropped")
"""Anything above zero is use. Calls that quarantine turns away are throttles, never invocations.
Source: "Types of metrics for Lambda functions", AWS Lambda Developer Guide, read 2026-11."""
STATISTICS = {
    "invocations": ("Invocations", "Sum"),
    "errors": ("Errors", "Sum"),
    "throttles": ("Throttles", "Sum"),
    "duration_p95_ms": ("Duration", "p95"),
    "duration_mean_ms": ("Duration", "Average"),
}

FINE = timedelta(hours=1)
"""Up to this span the series are read by the minute, beyond by five minutes: CloudWatch keeps
minutes for 15 days, and a longer span needs no finer grain."""

Series = Mapping[MetricQuery, tuple[Point, ...] | None]


class SeriesReader(Protocol):
    """Both the scan's source and the actuator can read series."""

    def series(
        self, queries: Sequence[MetricQuery], *, start: datetime, end: datetime, period_s: int
    ) -> Series: ...


def period_for(span: timedelta) -> int:
    """Return the period in seconds to read a span with."""
    return 60 if span <= FINE else 300


def queries_for(function: FunctionArn) -> dict[str, MetricQuery]:
    """Return the series behind the figures of one function, by figure."""
    return {
        figure: MetricQuery(
            function=function, namespace=NAMESPACE, metric=metric, statistic=statistic
        )
        for figure, (metric, statistic) in STATISTICS.items()
    }


def floor_to(moment: datetime, period_s: int) -> datetime:
    return moment - timedelta(seconds=moment.timestamp() % period_s)


def ceil_to(moment: datetime, period_s: int) -> datetime:
    floor = floor_to(moment, period_s)
    return floor if floor == moment else floor + timedelta(seconds=period_s)


def figures_from(
    series: Sequence[Series],
    function: FunctionArn,
    *,
    since: datetime | None = None,
    out_of_memory: Evidence,
) -> Figures:
    """Sum up one or more readings of one function; a series that one of them lacks is unknown."""
    queries = queries_for(function)
    points = {
        figure: _join([reading.get(query) for reading in series], since)
        for figure, query in queries.items()
    }
    return Figures(
        invocations=_total(points["invocations"]),
        errors=_total(points["errors"]),
        throttles=_total(points["throttles"]),
        duration_p95_ms=_mean(points["duration_p95_ms"], points["invocations"]),
        out_of_memory=out_of_memory,
        duration_mean_ms=_mean(points["duration_mean_ms"], points["invocations"]),
    )


def sum_of_arms(
    series: Sequence[Series],
    arms: Sequence[Mapping[str, MetricQuery]],
    *,
    since: datetime,
    out_of_memory: Evidence,
) -> Figures:
    """Sum up several series of each figure, as what one version did through several aliases."""
    each = [
        {name: _join([r.get(query) for r in series], since) for name, query in arm.items()}
        for arm in arms
    ]
    return Figures(
        invocations=_total(_together([points["invocations"] for points in each])),
        errors=_total(_together([points["errors"] for points in each])),
        throttles=_total(_together([points["throttles"] for points in each])),
        duration_p95_ms=_mean_of_arms(each),
        out_of_memory=out_of_memory,
    )


def _together(parts: Sequence[tuple[Point, ...] | None]) -> tuple[Point, ...] | None:
    joined: list[Point] = []
    for points in parts:
        if points is None:
            return None
        joined += points
    return tuple(joined)


def _mean_of_arms(each: Sequence[Mapping[str, tuple[Point, ...] | None]]) -> Evidence:
    """Average the percentile of every minute and alias, each counting by its invocations."""
    weighed, calls = 0.0, 0.0
    for points in each:
        if points["duration_p95_ms"] == ():
            continue
        mean = _mean(points["duration_p95_ms"], points["invocations"])
        if isinstance(mean, Unknown):
            return mean
        total = sum(p.value for p in points["invocations"] or ())
        weighed, calls = weighed + mean.value * total, calls + total
    if calls == 0:
        return Unknown(reason="it was not invoked")
    return Known(value=weighed / calls, source="CloudWatch")


def _join(
    readings: Sequence[tuple[Point, ...] | None], since: datetime | None
) -> tuple[Point, ...] | None:
    joined: list[Point] = []
    for reading in readings:
        if reading is None:
            return None
        joined += [p for p in reading if since is None or p.at >= since]
    return tuple(joined)


def _total(points: tuple[Point, ...] | None) -> Evidence:
    if points is None:
        return Unknown(reason="CloudWatch did not answer completely")
    return Known(value=sum(p.value for p in points), source="CloudWatch")


def _mean(points: tuple[Point, ...] | None, calls: tuple[Point, ...] | None) -> Evidence:
    if points is None or calls is None:
        return Unknown(reason="CloudWatch did not answer completely")
    if not points:
        return Unknown(reason="it was not invoked")
    return Known(value=weighted_mean(points, {p.at: p.value for p in calls}), source="CloudWatch")


WEEKS_BACK = (1, 2)
"""The baseline is the same hours of the same weekday, one and two weeks before."""


def read_baseline(
    reader: SeriesReader, function: FunctionArn, *, start: datetime, end: datetime
) -> Figures:
    """Read what the function did in this span of the weeks before, in whole periods.

    Raises: OutsideError when a reading fails altogether.
    """
    period_s = period_for(end - start)
    queries = tuple(queries_for(function).values())
    readings = [
        reader.series(
            queries,
            start=floor_to(start - timedelta(weeks=weeks), period_s),
            end=ceil_to(end - timedelta(weeks=weeks), period_s),
            period_s=period_s,
        )
        for weeks in WEEKS_BACK
    ]
    unread = Unknown(reason="not part of the baseline")
    return figures_from(readings, function, out_of_memory=unread)
