"""Does what is provisioned hold, and what does it cost? Judged beside the usual figures (S13).

Spillover is counted in invocations, as Lambda does. A bound is one of a whole week, so a watch ends
early only where it is passed by far, after a day at least. What it would have cost before is worked
out from the very same demand: other weeks have other demand.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from trimtab.domain.evidence import Known
from trimtab.domain.fleet import FunctionState
from trimtab.domain.provisioned import Demand
from trimtab.domain.provisioned_actions import plain, schedule_of
from trimtab.domain.provisioned_week import cost_usd_month, levels_over, utilisation_of
from trimtab.domain.realised import ProvisionedSaving
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Baseline, Comparison, Health, Verification
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline.figures import NAMESPACE, ceil_to, floor_to
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import record_change
from trimtab.pipeline.savings import ACTOR, MEASURED, Bench
from trimtab.pipeline.signals.provisioned_use import (
    BUSY,
    PERIOD_S,
    RAN,
    SPILLED,
    demand_of,
    total,
)
from trimtab.ports import FunctionSource, MetricQuery

SPILLOVER, COST, COLD = "spillover", "cost", "cold starts"
CALLED = ("Invocations", "Sum")

EVERY = timedelta(minutes=15)
"""How often an open watch asks; chosen: each series asked for is paid."""
EARLIEST = timedelta(days=1)
FAR_BEYOND = 2.0
"""Times the bound from which on a watch ends early; chosen: the busiest day of a week may have
twice the share of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What the alias did since the watch began. None: not all of it was answered."""

    demand: Demand | None
    called: float | None
    ran: float | None
    spilled: float | None

    @property
    def calls(self) -> float | None:
        """Return all invocations. Spillover is told only while something is provisioned, so what
        the alias was called is counted besides. None: not known.
        """
        if self.called is None or self.ran is None or self.spilled is None:
            return None
        return max(self.called, self.ran + self.spilled)

    @property
    def spillover(self) -> float | None:
        """Return the share of invocations that ran on demand; None: not known, or none came."""
        calls = self.calls
        if not calls or self.ran is None:
            return None
        return (calls - self.ran) / calls


def state_of(source: FunctionSource, remediation: Remediation) -> FunctionState:
    """Read the function afresh, with what is provisioned where the change is about that.

    Raises: OutsideError.
    """
    state = source.state(remediation.function)
    if remediation.provisioned is None:
        return state
    there = source.capacity.provisioned_states(remediation.function)
    return replace(state, provisioned=there)


def is_asked(health: Health, now: datetime) -> bool:
    """Tell whether a pass asks for what the alias did: now and then, and whenever it would end."""
    return health is not Health.WATCHING or now.minute % int(EVERY.total_seconds() // 60) == 0


def weigh_spillover(
    remediation: Remediation,
    baseline: Baseline,
    source: FunctionSource,
    verification: Verification,
    *,
    now: datetime,
) -> Verification:
    """Add the spillover to a watch; beyond its bound the change is taken back. What was removed and
    is not called needs no sample to be well.
    """
    plan, bound, health = (
        remediation.provisioned,
        remediation.max_spillover,
        verification.health,
    )
    if plan is None or bound is None or health is Health.REGRESSED:
        return verification
    is_end = plan.level == 0 and timedelta(0) <= now - baseline.watch_until < EVERY
    if not (is_asked(health, now) or is_end):
        return verification
    use = read_use(source, remediation, start=baseline.watch_from, end=now)
    found = _judged(use, remediation, bound, is_over=health is not Health.WATCHING)
    if plan.level == 0 and found.after == 0.0 and now >= baseline.watch_until:
        return replace(
            verification, health=Health.HEALTHY, comparisons=(*verification.comparisons, found)
        )
    since = now - baseline.watch_from
    is_early = plan.level != 0 and health is Health.WATCHING and since < EARLIEST
    if found.answer is Health.REGRESSED and is_early:
        return verification
    if found.answer is Health.REGRESSED:
        health = Health.REGRESSED
    elif health is Health.HEALTHY and found.answer is Health.INSUFFICIENT_DATA:
        health = Health.INSUFFICIENT_DATA
    return replace(verification, health=health, comparisons=(*verification.comparisons, found))


def _judged(use: Use, remediation: Remediation, bound: float, *, is_over: bool) -> Comparison:
    plan = remediation.provisioned
    assert plan is not None, "only a change of what is provisioned is judged"
    if plan.level == 0:
        return _of_nothing(use, bound)
    share = use.spillover
    if share is None:
        why = "CloudWatch did not answer completely, or nothing ran on it"
        return _comparison(None, Health.INSUFFICIENT_DATA, f"not known: {why}")
    calls = use.calls or 0.0
    if calls < remediation.verify.samples:
        few = f"{calls:g} invocations, {remediation.verify.samples} needed"
        return _comparison(share, Health.INSUFFICIENT_DATA, few)
    limit = bound if is_over else bound * FAR_BEYOND
    answer = Health.REGRESSED if share > limit else Health.HEALTHY
    return _comparison(share, answer, f"{share:.1%} of the invocations, allowed {bound:.1%}")


def _of_nothing(use: Use, bound: float) -> Comparison:
    """Judge where nothing is provisioned any more: all that is called runs on demand."""
    if use.called is None:
        return _comparison(None, Health.INSUFFICIENT_DATA, "not known: CloudWatch did not answer")
    called = use.called > 0
    answer = Health.REGRESSED if called and bound < 1.0 else Health.HEALTHY
    return _comparison(
        1.0 if called else 0.0, answer, f"{use.called:g} invocations, all of them on demand"
    )


def _comparison(after: float | None, answer: Health, why: str) -> Comparison:
    return Comparison(
        figure=SPILLOVER, before=None, after=after, answer=answer, why=f"{SPILLOVER}: {why}"
    )


def read_use(
    source: FunctionSource, remediation: Remediation, *, start: datetime, end: datetime
) -> Use:
    """Read what the alias did in this span, in whole periods.

    Raises: OutsideError when the reading fails altogether.
    """
    assert remediation.provisioned is not None, "only a change of what is provisioned has an alias"
    qualifier = remediation.provisioned.qualifier
    queries = {
        series: MetricQuery(
            function=remediation.function,
            namespace=NAMESPACE,
            metric=series[0],
            statistic=series[1],
            alias=qualifier,
        )
        for series in (BUSY, CALLED, RAN, SPILLED)
    }
    since, until = floor_to(start, PERIOD_S), ceil_to(end, PERIOD_S)
    found = source.series(tuple(queries.values()), start=since, end=until, period_s=PERIOD_S)
    busy = found.get(queries[BUSY])
    return Use(
        demand=demand_of(busy, since=since, until=until, is_whole=True),
        called=total(found.get(queries[CALLED])),
        ran=total(found.get(queries[RAN])),
        spilled=total(found.get(queries[SPILLED])),
    )


def weigh_cost(
    remediation: Remediation, baseline: Baseline, verification: Verification, bench: Bench
) -> Verification:
    """Add what it cost to a watch that ends without harm, and enter it, once."""
    if verification.health not in (Health.HEALTHY, Health.INSUFFICIENT_DATA):
        return verification
    entry = read_round(bench.ledger, remediation.change_id, remediation.round).last(MEASURED)
    if entry is None:
        found = _measured(remediation, baseline, bench)
        if found is None:
            why = f"{COST}: not measured: CloudWatch did not answer completely"
            return _with(verification, COST, None, None, Health.INSUFFICIENT_DATA, why)
        data = {"saving": to_wire(found), "share": found.share}
        at = bench.clock.now()
        record_change(bench.ledger, remediation, MEASURED, data, actor=ACTOR, at=at)
    else:
        found = from_wire(ProvisionedSaving, entry.data["saving"])
    verification = _with_cold(verification, remediation, baseline, bench)
    busy = "" if found.utilisation is None else f"; busy {found.utilisation:.0%} of the time"
    why = (
        f"{COST}: ${found.cost_before_usd_month:.2f} a month before, for the very same demand, "
        f"${found.cost_after_usd_month:.2f} after, ${found.predicted_cost_usd_month:.2f} predicted"
        f"{busy}"
    )
    before, after = found.cost_before_usd_month, found.cost_after_usd_month
    answer = Health.HEALTHY
    if after > before:
        answer, why = Health.INSUFFICIENT_DATA, f"{why}; it costs more than before, and stays"
    return _with(verification, COST, before, after, answer, why)


def _with(
    verification: Verification,
    figure: str,
    before: float | None,
    after: float | None,
    answer: Health,
    why: str,
) -> Verification:
    found = Comparison(figure=figure, before=before, after=after, answer=answer, why=why)
    return replace(verification, comparisons=(*verification.comparisons, found))


def _with_cold(
    verification: Verification, remediation: Remediation, baseline: Baseline, bench: Bench
) -> Verification:
    """Add the share of cold starts, where REPORT lines tell it: for people, nothing hangs on it."""
    function = remediation.function
    report = bench.source.report_figures(
        [function], start=baseline.watch_from, end=bench.clock.now()
    ).get(function)
    if not isinstance(report, Known) or report.value.cold_starts is None or not report.value.lines:
        return verification
    share = report.value.cold_starts / report.value.lines
    why = f"{COLD}: {share:.2%} of {report.value.lines} invocations, of all its aliases"
    return _with(verification, COLD, None, share, Health.HEALTHY, why)


def _measured(
    remediation: Remediation, baseline: Baseline, bench: Bench
) -> ProvisionedSaving | None:
    advice, plan = remediation.recommendation.provisioned, remediation.provisioned
    assert advice is not None, "a change of what is provisioned has an advice"
    assert plan is not None, "a change of what is provisioned has a plan"
    use = read_use(bench.source, remediation, start=baseline.watch_from, end=bench.clock.now())
    if use.demand is None:
        return None
    target, means = advice.before.target, use.demand.means
    old = None if target is None else schedule_of(plain(target.actions))
    then = levels_over(use.demand, old, advice.before.requested)
    now = levels_over(use.demand, plan.schedule, plan.level or 0)
    cost = partial(cost_usd_month, means, rates=advice.rates, memory_gb=advice.memory_gb)
    saving = remediation.recommendation.saving
    return ProvisionedSaving(
        cost_before_usd_month=cost(then),
        cost_after_usd_month=cost(now),
        predicted_cost_usd_month=advice.proposed.cost_usd_month,
        predicted_low_usd_month=saving.low_usd_month,
        predicted_high_usd_month=saving.high_usd_month,
        spillover=use.spillover,
        utilisation=utilisation_of(means, now),
    )
