"""What forbids to try a change on a share of the traffic? Asked before the first write, reads only.

A canary splits an alias for an hour or more, so nothing else may be about to move it, and enough
must come through it to tell. What is not known counts as forbidden (S8).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.fleet import FunctionState
from trimtab.domain.provisioned import most_of
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import CanaryTerms
from trimtab.pipeline.figures import (
    NAMESPACE,
    WEEKS_BACK,
    Series,
    SeriesReader,
    ceil_to,
    floor_to,
)
from trimtab.pipeline.health import PATIENCE
from trimtab.policy.runtimes import RuntimeTable, days_until
from trimtab.ports import AccountSettings, MetricQuery, Surroundings

QUIET = timedelta(minutes=60)
"""How long a function must have been left alone; chosen: a deployment that goes wrong is mended
within the hour, and its repair should not meet a split alias."""
STORAGE_SHARE = 0.9
"""How full the code storage of the account may be with one more version; chosen."""
CONCURRENCY_SHARE = 0.8
"""How much of the concurrency it may take up when it runs as slow as predicted; chosen."""
PERIOD_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How much came through in the hours of the weeks before that a canary would last."""

    alias_calls_per_s: Evidence
    """Through all the aliases that would be split, on average."""
    busiest_calls_per_s: Evidence
    """Of the whole function, in its busiest five minutes."""
    concurrency_in_use: Evidence
    """The most that the account used at once of what is reserved for no function."""


def longest(canary: CanaryTerms) -> timedelta:
    """Return how long a canary goes on at most while too little comes through."""
    return canary.watch * PATIENCE


def why_runtime_blocks(runtime: str | None, table: RuntimeTable, *, at: datetime) -> str | None:
    """Say that AWS takes no update of a function with this runtime any more; one that the table
    does not know is none of those.
    """
    row = None if runtime is None else table.rows.get(runtime)
    if row is None or row.update_blocked_on is None or days_until(row.update_blocked_on, at) > 0:
        return None
    return (
        f"AWS takes no update of a function with {runtime} since {row.update_blocked_on}: move it "
        "to a newer runtime first"
    )


def why_too_fresh(last_modified_at: datetime, *, at: datetime) -> str | None:
    if at - last_modified_at >= QUIET:
        return None
    return (
        f"it was modified {_minutes(at - last_modified_at)} minutes ago: a canary begins when "
        f"nobody changed it for {_minutes(QUIET)} minutes"
    )


def why_too_few(remediation: Remediation, *, calls_per_s: float) -> str | None:
    """Say that too little would come through a canary to prove anything."""
    canary, needed = remediation.canary, max(remediation.verify.samples, 1)
    if canary is None:
        return None
    expected = calls_per_s * canary.weight * longest(canary).total_seconds()
    if expected >= needed:
        return None
    return (
        f"{canary.weight:.0%} of its traffic in {_minutes(longest(canary))} minutes are about "
        f"{expected:.0f} invocations, {needed} are needed to tell: change it by hand, or let the "
        "policy ask for a larger or longer canary"
    )


def why_not_try(
    remediation: Remediation,
    state: FunctionState,
    around: Surroundings,
    traffic: Traffic,
    *,
    now: datetime,
) -> str | None:
    """Say why no canary of this change may be begun now; None: it may."""
    return (
        why_too_fresh(state.last_modified_at, at=now)
        or _why_not_in_time(remediation, now=now)
        or _why_not_here(remediation, around)
        or _why_no_room(state, around)
        or _why_too_little(remediation, traffic)
        or _why_too_much(remediation, state, around, traffic)
    )


def _why_not_in_time(remediation: Remediation, *, now: datetime) -> str | None:
    """What a canary proved must still be written within the window."""
    assert remediation.canary is not None, "only a canary is asked about"
    over_at = now + remediation.canary.watch
    if over_at >= remediation.apply_by:
        return f"its canary would end after {remediation.apply_by.isoformat()}, its last date"
    window = remediation.window
    if window is not None and not window.is_open(over_at):
        return (
            f"its change window closes before a canary of {_minutes(remediation.canary.watch)} "
            "minutes is over"
        )
    return None


def _why_not_here(remediation: Remediation, around: Surroundings) -> str | None:
    split = remediation.before.aliases.keys()
    scaled = sorted(split & set(around.scalable_targets))
    if scaled:
        return f"its provisioned concurrency is scaled on alias {scaled[0]}, be it to 0 right now"
    return why_not_while(around)


def why_not_while(around: Surroundings) -> str | None:
    """Say that somebody else is about to change it."""
    if around.deployments:
        return f"CodeDeploy deployment {around.deployments[0]} is in progress"
    if around.stack_in_progress is not None:
        return f"stack {around.stack_in_progress}, which has it, is being changed"
    return None


def _why_no_room(state: FunctionState, around: Surroundings) -> str | None:
    account = around.account
    then = account.code_storage_bytes + state.code_size_bytes
    if then <= account.code_storage_limit_bytes * STORAGE_SHARE:
        return None
    return (
        f"one more version would fill {then / account.code_storage_limit_bytes:.0%} of the "
        f"account's code storage, {STORAGE_SHARE:.0%} are allowed: delete old versions"
    )


def _why_too_little(remediation: Remediation, traffic: Traffic) -> str | None:
    calls = traffic.alias_calls_per_s
    if isinstance(calls, Unknown):
        return f"how much comes through its aliases is not known: {calls.reason}"
    return why_too_few(remediation, calls_per_s=calls.value)


def _why_too_much(
    remediation: Remediation, state: FunctionState, around: Surroundings, traffic: Traffic
) -> str | None:
    """Rate times duration is how many run at once: as slow as predicted they must still fit."""
    rate, in_use = traffic.busiest_calls_per_s, traffic.concurrency_in_use
    if isinstance(rate, Unknown):
        return f"how busy it gets is not known: {rate.reason}"
    advice = remediation.recommendation
    now_ms, then_ms = advice.duration_p95_ms, advice.predicted_p95_ms
    assert now_ms is not None, "a change that is tried first forecasts the duration"
    assert then_ms is not None, "a change that is tried first forecasts the duration"
    needed = rate.value * then_ms / 1000
    pool, name = state.reserved_concurrency, "reserved for it"
    if pool is None:
        if isinstance(in_use, Unknown):
            return f"how much concurrency is free is not known: {in_use.reason}"
        own = rate.value * now_ms / 1000
        others = max(0.0, in_use.value - own)
        pool, name = round(around.account.unreserved_concurrency - others), "left by the others"
    if needed <= pool * CONCURRENCY_SHARE:
        return None
    return (
        f"as slow as predicted, {needed:.0f} would run at once, and {CONCURRENCY_SHARE:.0%} of the "
        f"{pool} {name} are allowed"
    )


LEFT_UNRESERVED = 100
"""What Lambda keeps from being reserved or provisioned. Source: "Configuring provisioned
concurrency", AWS Lambda Developer Guide, read 2026-11-21."""


def why_not_provision(
    remediation: Remediation, state: FunctionState, around: Surroundings
) -> str | None:
    """Say why what is provisioned may not be changed now; None: it may (S5)."""
    return why_not_while(around) or _why_no_concurrency(remediation, state, around.account)


def _why_no_concurrency(
    remediation: Remediation, state: FunctionState, account: AccountSettings
) -> str | None:
    """Say that what shall be provisioned does not fit; what was there before fits."""
    plan, before = remediation.provisioned, remediation.before.provisioned
    assert plan is not None, "only a change of what is provisioned is asked about"
    assert before is not None, "only a change of what is provisioned is asked about"
    changes = () if plan.schedule is None else plan.schedule.changes
    most = max([change.maximum for change in changes], default=plan.level or 0)
    if most <= before.requested:
        return None
    reserved = state.reserved_concurrency
    if reserved is not None:
        assert state.provisioned is not None, "what is provisioned was read"
        others = sum(most_of(p) for p in state.provisioned if p.qualifier != plan.qualifier)
        if most + others < reserved:
            return None
        return (
            f"{most} would be provisioned, {others} are for other aliases, and {reserved} are "
            "reserved: $LATEST could not run"
        )
    free = account.unreserved_concurrency - LEFT_UNRESERVED
    if most - before.requested <= free:
        return None
    return (
        f"{most} would be provisioned, {before.requested} are, and the account has "
        f"{max(free, 0)} left to give"
    )


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f}"


def read_traffic(reader: SeriesReader, remediation: Remediation, *, now: datetime) -> Traffic:
    """Read the same hours of the weeks before.

    Raises: OutsideError when a reading fails altogether.
    """
    assert remediation.canary is not None, "only a canary is asked about"
    span = longest(remediation.canary)
    function = remediation.function
    whole = _query(function, "Invocations", "Sum")
    account = replace(
        _query(function, "UnreservedConcurrentExecutions", "Maximum"), is_of_account=True
    )
    through = tuple(
        replace(whole, alias=name)
        for name, version in remediation.before.aliases.items()
        if version.isdigit()
    )
    readings, seconds = [], 0.0
    for weeks in WEEKS_BACK:
        start = floor_to(now - timedelta(weeks=weeks), PERIOD_S)
        end = ceil_to(now - timedelta(weeks=weeks) + span, PERIOD_S)
        queries = (whole, account, *through)
        readings.append(reader.series(queries, start=start, end=end, period_s=PERIOD_S))
        seconds += (end - start).total_seconds()
    return Traffic(
        alias_calls_per_s=_evidence(
            _values(readings, through), lambda values: sum(values) / seconds
        ),
        busiest_calls_per_s=_evidence(
            _values(readings, (whole,)), lambda values: max(values, default=0.0) / PERIOD_S
        ),
        concurrency_in_use=_evidence(
            _values(readings, (account,)), lambda values: max(values, default=0.0)
        ),
    )


def _query(function: FunctionArn, metric: str, statistic: str) -> MetricQuery:
    return MetricQuery(function=function, namespace=NAMESPACE, metric=metric, statistic=statistic)


def _values(readings: Sequence[Series], queries: Sequence[MetricQuery]) -> tuple[float, ...] | None:
    """Join series; one that was not answered completely makes all of it unknown."""
    found: list[float] = []
    for reading in readings:
        for query in queries:
            points = reading.get(query)
            if points is None:
                return None
            found += [point.value for point in points]
    return tuple(found)


def _evidence(
    values: tuple[float, ...] | None, sum_up: Callable[[tuple[float, ...]], float]
) -> Evidence:
    if values is None:
        return Unknown(reason="CloudWatch did not answer completely")
    return Known(value=sum_up(values), source="CloudWatch")
