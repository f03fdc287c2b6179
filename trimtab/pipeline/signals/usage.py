"""How much was a function used, and how long did it run? Tier 2: GetMetricData, 500 series a call.

A series that was answered completely and is empty means zero invocations. One that was not
answered completely means nothing: unknown (S8). Lambda Insights rides in the same calls.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import NOT_ASKED, Evidence, Known, Unknown
from trimtab.ports import FunctionSource, MetricQuery, Point

DAY_S = 86_400
HOUR_S = 3_600

METRICS: Mapping[str, tuple[str, str, str]] = {
    "usage.invocations": ("AWS/Lambda", "Invocations", "Sum"),
    "usage.errors": ("AWS/Lambda", "Errors", "Sum"),
    "usage.throttles": ("AWS/Lambda", "Throttles", "Sum"),
    "concurrency.peak": ("AWS/Lambda", "ConcurrentExecutions", "Maximum"),
    "async.events": ("AWS/Lambda", "AsyncEventsReceived", "Sum"),
    "async.dropped": ("AWS/Lambda", "AsyncEventsDropped", "Sum"),
    "async.age_max_ms": ("AWS/Lambda", "AsyncEventAge", "Maximum"),
    "stream.iterator_age_max_ms": ("AWS/Lambda", "IteratorAge", "Maximum"),
    "recursion.dropped": ("AWS/Lambda", "RecursiveInvocationsDropped", "Sum"),
    "usage.duration_sum_ms": ("AWS/Lambda", "Duration", "Sum"),
    "usage.duration_p95_ms": ("AWS/Lambda", "Duration", "p95"),
    "usage.duration_p99_ms": ("AWS/Lambda", "Duration", "p99"),
    "usage.duration_max_ms": ("AWS/Lambda", "Duration", "Maximum"),
    "memory.peak_mb": ("LambdaInsights", "used_memory_max", "Maximum"),
    "cpu.time_mean_ms": ("LambdaInsights", "cpu_total_time", "Average"),
    "storage.tmp_used_bytes": ("LambdaInsights", "tmp_used", "Maximum"),
}
"""Signal -> namespace, metric, statistic. Source: Lambda developer guide, "Types of metrics", and
CloudWatch user guide, "Metrics collected by Lambda Insights", read 2026-11."""

INVOCATIONS = "usage.invocations"
INSIGHTS = "LambdaInsights"
PEAK = "memory.peak_mb"
DAYS_UNSEEN = 1
"""Days with invocations that Insights may miss; chosen: the day it was switched on, or the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one batch of series told, over each lookback that was asked for."""

    over: Mapping[timedelta, Mapping[FunctionArn, Mapping[str, Evidence]]]


def usage_signals(
    source: FunctionSource,
    functions: Mapping[timedelta, Sequence[FunctionArn]],
    names: Iterable[str],
    *,
    at: datetime,
) -> Usage:
    """Read the named signals of all these functions in one batch, for each lookback its own.

    Every series is read once, over the longest lookback; of lookbacks that are whole days the
    shorter ones take the last days of it.

    Raises: OutsideError when the batch could not be read at all.
    """
    wanted = sorted(set(names) & METRICS.keys() | {INVOCATIONS})
    longest = max(functions)
    queries = {
        (function, name): MetricQuery(
            function=function,
            namespace=METRICS[name][0],
            metric=METRICS[name][1],
            statistic=METRICS[name][2],
        )
        for function in sorted({f for group in functions.values() for f in group})
        for name in wanted
    }
    answers = source.series(
        tuple(queries.values()),
        start=at - longest,
        end=at,
        period_s=_period_s(wanted, functions),
    )
    return Usage(
        over={
            lookback: {
                function: _reduce(
                    {
                        name: _since(answers.get(queries[function, name]), at - lookback)
                        for name in wanted
                    }
                )
                for function in group
            }
            for lookback, group in functions.items()
        }
    )


def batches(
    functions: Mapping[timedelta, Sequence[FunctionArn]],
) -> tuple[Mapping[timedelta, Sequence[FunctionArn]], ...]:
    """Group lookbacks that one batch can serve: those of whole days; any other stands alone."""
    days = {w: group for w, group in functions.items() if w % timedelta(days=1) == timedelta(0)}
    others = tuple({w: group} for w, group in functions.items() if w not in days)
    return (days, *others) if days else others


def _since(points: tuple[Point, ...] | None, start: datetime) -> tuple[Point, ...] | None:
    """Keep the periods that reach into the lookback: at its edge rather a day too much than one
    too few.
    """
    if points is None:
        return None
    return tuple(p for p in points if p.at > start - timedelta(seconds=DAY_S))


def _period_s(names: Iterable[str], lookbacks: Collection[timedelta]) -> int:
    """Return the whole lookback where nothing but sums is asked: a thirtieth of the points to read.

    Periods begin at the start of what is asked; CloudWatch rounds that down by up to an hour, which
    may add a short last period, and a sum over all of them is the same. The lookback is a multiple
    of the hour that CloudWatch asks for beyond 63 days, or days are read.
    Source: "GetMetricData", StartTime and Period, CloudWatch API reference; periods of 30 days as
    answered in cloud-custodian/cloud-custodian, issue 1999; both read 2026-11-21.
    """
    whole_s = int(max(lookbacks).total_seconds())
    only_sums = len(lookbacks) == 1 and all(METRICS[name][2] == "Sum" for name in names)
    return whole_s if only_sums and whole_s % HOUR_S == 0 else DAY_S


def _reduce(series: Mapping[str, tuple[Point, ...] | None]) -> dict[str, Evidence]:
    invocations = series[INVOCATIONS]
    daily = {p.at: p.value for p in invocations or ()}
    signals = {name: _signal(name, points, daily) for name, points in series.items()}
    peak = series.get(PEAK)
    if peak and (invocations is None or not _covers(peak, daily)):
        signals[PEAK] = NOT_ASKED
    return signals


def _covers(peak: Sequence[Point], daily: Mapping[datetime, float]) -> bool:
    """Tell whether Insights saw the days of use: the peak of one day is not that of the lookback.

    Where it did not, the next source of the peak is asked.
    """
    used = {at.date() for at, invocations in daily.items() if invocations > 0}
    seen = used & {p.at.date() for p in peak}
    return not used or (bool(seen) and len(used) - len(seen) <= DAYS_UNSEEN)


def _signal(
    name: str, points: tuple[Point, ...] | None, daily: Mapping[datetime, float]
) -> Evidence:
    namespace, metric, statistic = METRICS[name]
    if points is None:
        return Unknown(reason=f"CloudWatch did not answer {metric} completely")
    source = "Lambda Insights" if namespace == INSIGHTS else f"CloudWatch {metric}"
    if statistic == "Sum":
        return Known(value=sum(p.value for p in points), source=source)
    if not points:
        return _silent(name, namespace, source=source)
    if statistic in ("p95", "Average"):
        return Known(value=weighted_mean(points, daily), source=source)
    return Known(value=max(p.value for p in points), source=source)


def _silent(name: str, namespace: str, *, source: str) -> Evidence:
    """No point at all: no such figure without invocations; Insights may just not be installed."""
    if namespace != INSIGHTS:
        return Known(value=None, source=source)
    if name == PEAK:
        return NOT_ASKED
    return Unknown(reason="Lambda Insights is not on for it")


def weighted_mean(points: Sequence[Point], weights: Mapping[datetime, float]) -> float:
    """Average a percentile over its periods, each counting by its invocations."""
    total = sum(weights.get(p.at, 0.0) for p in points)
    if total <= 0:
        return max(p.value for p in points)
    return sum(p.value * weights.get(p.at, 0.0) for p in points) / total
