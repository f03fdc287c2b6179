"""What did four weeks need of each alias, and who scales it? For the advisors of provisioned
concurrency alone.

Busy environments are time in the handler over time: the sum of Duration, whatever it ran on. Lambda
emits nothing while nothing runs, so a period without a figure is zero, but only where CloudWatch
answered that series completely (S8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import isfinite

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Signals
from trimtab.domain.fleet import Alias, ListedFunction
from trimtab.domain.provisioned import (
    Demand,
    ProvisionedRecord,
    ProvisionedState,
    QualifierUse,
    nothing_provisioned,
)
from trimtab.pipeline.signals.reading import FunctionReading
from trimtab.ports import FunctionSource, LateSeries, MetricQuery, Point, ProvisionedConcurrency

RECORD = "concurrency.provisioned_record"
OWNER = "concurrency.owner"
SOURCE = "ListProvisionedConcurrencyConfigs, Application Auto Scaling, CloudWatch by alias"

WEEKS = 4
PERIOD_S = 300
"""Five minutes: the shortest that is billed, and that CloudWatch keeps for 63 days."""

BUSY = ("Duration", "Sum")
PEAK = ("ProvisionedConcurrentExecutions", "Maximum")
RAN = ("ProvisionedConcurrencyInvocations", "Sum")
SPILLED = ("ProvisionedConcurrencySpilloverInvocations", "Sum")


def read_record(
    source: FunctionSource, listed: ListedFunction, signals: Signals
) -> dict[str, Evidence]:
    """Return what is provisioned for each alias and what was needed; who else has a hand in it."""
    function, capacity = listed.function, source.capacity
    states = {state.qualifier: state for state in capacity.provisioned_states(function)}
    aliases = {alias.name: alias for alias in capacity.aliases(function)}
    qualifiers = sorted(states.keys() | {a.name for a in aliases.values() if a.version.isdigit()})
    late = _read(source, function, qualifiers)
    since = {c.qualifier: c for c in capacity.provisioned_concurrency(function)}
    uses = tuple(
        replace(
            _use(
                function,
                states.get(q) or nothing_provisioned(q),
                aliases.get(q),
                since.get(q),
                late,
            ),
            shared_with=shared_with(q, aliases, states),
        )
        for q in qualifiers
    )
    record = ProvisionedRecord(uses=uses, as_of=late.until)
    owners = (capacity.stack_of(function, qualifier) for qualifier in qualifiers)
    owner = next((f"CloudFormation stack {name}" for name in owners if name), "none")
    return {
        RECORD: Known(value=record, source=SOURCE),
        OWNER: Known(value=owner, source="DescribeStackResources"),
    }


def shared_with(
    qualifier: str, aliases: Mapping[str, Alias], states: Mapping[str, ProvisionedState]
) -> tuple[str, ...]:
    """Return the other qualifiers of the same version that stand in the way of judging this one."""
    if qualifier.isdigit():
        return tuple(
            sorted(a.name for a in aliases.values() if qualifier in (a.version, *a.weights))
        )
    alias = aliases.get(qualifier)
    if alias is None:
        return ()
    others = {q for q, state in states.items() if state.requested or state.target is not None}
    same = {alias.version} | {a.name for a in aliases.values() if a.version == alias.version}
    return tuple(sorted((others & same) - {qualifier}))


def _read(source: FunctionSource, function: FunctionArn, qualifiers: Sequence[str]) -> LateSeries:
    queries = [_query(function, q, s) for q in qualifiers for s in (BUSY, PEAK, RAN, SPILLED)]
    return source.capacity.late_series(queries, days=7 * WEEKS, period_s=PERIOD_S)


def _query(function: FunctionArn, qualifier: str, series: tuple[str, str]) -> MetricQuery:
    metric, statistic = series
    return MetricQuery(
        function=function,
        namespace="AWS/Lambda",
        metric=metric,
        statistic=statistic,
        alias=qualifier,
    )


def _use(
    function: FunctionArn,
    state: ProvisionedState,
    alias: Alias | None,
    config: ProvisionedConcurrency | None,
    late: LateSeries,
) -> QualifierUse:
    qualifier = state.qualifier
    values = {
        s: late.series.get(_query(function, qualifier, s)) for s in (BUSY, PEAK, RAN, SPILLED)
    }
    return QualifierUse(
        state=state,
        exists=alias is not None or qualifier.isdigit(),
        is_weighted=alias is not None and bool(alias.weights),
        stood_since=None if config is None else config.changed_at,
        demand=demand_of(values[BUSY], since=late.since, until=late.until),
        peak=_most(values[PEAK]),
        ran=total(values[RAN]),
        spilled=total(values[SPILLED]),
    )


def demand_of(
    points: Sequence[Point] | None, *, since: datetime, until: datetime, is_whole: bool = False
) -> Demand | None:
    """Spread sums of milliseconds over whole periods, from the first one that has any.

    Before that the alias may not have been there; after it, silence is silence. `is_whole`: it was
    there all the time.
    """
    if points is None or not _are_sane(points):
        return None
    values = {point.at: point.value for point in points}
    first = since if is_whole else min(values, default=until)
    starts_at = min(max(first, since), until - timedelta(seconds=PERIOD_S))
    periods = int((until - starts_at).total_seconds() // PERIOD_S)
    step = timedelta(seconds=PERIOD_S)
    return Demand(
        starts_at=starts_at,
        period_s=PERIOD_S,
        means=tuple(
            values.get(starts_at + step * n, 0.0) / (1000.0 * PERIOD_S) for n in range(periods)
        ),
    )


def _are_sane(points: Sequence[Point]) -> bool:
    """Tell whether these can be figures: a series with one that cannot was not answered."""
    return all(isfinite(point.value) and point.value >= 0 for point in points)


def total(points: Sequence[Point] | None) -> float | None:
    """Add up; None: not all of it was answered."""
    if points is None or not _are_sane(points):
        return None
    return sum(point.value for point in points)


def _most(points: Sequence[Point] | None) -> float | None:
    if points is None or not _are_sane(points):
        return None
    return max((point.value for point in points), default=0.0)


USE_READINGS = (
    FunctionReading(
        what="demand of its aliases",
        tells=frozenset((RECORD, OWNER)),
        read=read_record,
        is_kept=False,
    ),
)
