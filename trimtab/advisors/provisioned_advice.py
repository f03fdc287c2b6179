"""What should be provisioned for an alias? Stage 3 of 8: the advisors behind the three kinds.

Each weighs the alias where most money is at stake. Where provisioned concurrency costs more than on
demand it buys fewer cold starts: then the price of one is said, and the policy decides.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from trimtab.advisors.provisioned_case import SIGNALS, Case, cases_of
from trimtab.advisors.provisioned_demand import TypicalWeek
from trimtab.advisors.provisioned_schedule import HIGH, HOUR, outlook_of, synthesise, week_of
from trimtab.advisors.provisioned_terms import Prospect, ScheduleTerms
from trimtab.domain.evidence import Signals
from trimtab.domain.finding import Abstention, Recommendation, Saving
from trimtab.domain.price import DISCOUNT_FLOOR
from trimtab.domain.provisioned import (
    Outlook,
    ProvisionedAdvice,
    ProvisionedVerdict,
    WeeklySchedule,
)
from trimtab.domain.terms import ChangeKind

__all__ = ["SIGNALS", "advise_reduce", "advise_remove", "advise_schedule"]

IDLE_FOR = timedelta(days=14)
"""How long a configuration must have stood to be called idle. Chosen: twice the week after which
nOps calls it so; see also policies/cost/pc-idle.yaml."""

UNDER_USED = 0.6
"""Of what is provisioned: what was never busy beyond it is too much. Datadog's warning, as in
policies/cost/pc-underused.yaml."""

ALL_WEEK = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way of provisioning an alias, weighed against what is there and against none."""

    case: Case
    verdict: ProvisionedVerdict
    schedule: WeeklySchedule | None
    level: int
    """Where there is no schedule."""
    week: TypicalWeek | None
    """None: there is nothing in it."""
    now: Prospect
    proposed: Prospect
    on_demand: Prospect
    basis: tuple[str, ...]

    @property
    def saving(self) -> Saving:
        """Return what it saves, over the whole weeks that are known; the least at a discount."""
        saved = [
            self.case.cost(self.case.schedule, self.case.level, week)
            - self.case.cost(self.schedule, self.level, week)
            for week in self.case.weeks()
        ] or [self.case.usd_month(self.now.cost_usd_gb_s - self.proposed.cost_usd_gb_s)]
        low, high = min(saved), max(saved)
        return Saving(low_usd_month=low * DISCOUNT_FLOOR if low > 0 else low, high_usd_month=high)

    @property
    def gain_usd_month(self) -> float:
        return self.case.usd_month(self.now.cost_usd_gb_s - self.proposed.cost_usd_gb_s)


def advise_remove(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Advise to provision nothing where nothing ran on it, or where on demand is cheaper."""
    cases = cases_of(signals)
    if isinstance(cases, str):
        return Abstention(reason=cases)
    provisioned = [case for case in cases if case.level > 0]
    weighed = [_without(case, fields) for case in provisioned]
    return _best(
        [w for w in weighed if isinstance(w, Option)],
        [w for w in weighed if isinstance(w, str)],
        fields,
        kind=ChangeKind.REMOVE_PROVISIONED,
        none="nothing is provisioned for an alias that could be removed",
    )


def _without(case: Case, fields: Mapping[str, Any]) -> Option | str:
    name, use = case.name, case.use
    if use.ran is None or use.spilled is None:
        return f"{name}: how often it was used was not answered completely"
    stood = timedelta(0) if use.stood_since is None else case.as_of - use.stood_since
    if stood < IDLE_FOR and use.state.target is None:
        return f"{name}: it was changed {stood.days} days ago, {IDLE_FOR.days} are needed to tell"
    terms = _terms(case, max_spillover=ALL_WEEK)
    week = week_of(case.demand, terms)
    is_idle = use.ran + use.spilled == 0 and not any(case.demand.means)
    if isinstance(week, str) and not is_idle:
        return f"{name}: {week}"
    if is_idle or isinstance(week, str):
        return _idle(case)
    option = _option(case, week, terms, schedule=None, level=0)
    if option.gain_usd_month <= 0:
        return f"{name}: it costs less than running on demand"
    price = _price_of_cold_start(option, option.now, case.schedule, case.level)
    allowed = fields["max_price_per_cold_start"]
    if price is not None and price <= allowed:
        return (
            f"{name}: justified only for latency: each cold start that it avoids costs "
            f"{_usd(price)}, and the policy allows {_usd(allowed)}"
        )
    return replace(option, verdict=ProvisionedVerdict.UNJUSTIFIED)


def _idle(case: Case) -> Option:
    ready = case.rates.provisioned * case.level
    nothing = Prospect(
        cost_usd_gb_s=0.0, needed_mean=0.0, spillover=0.0, utilisation=None, level_mean=0.0
    )
    return Option(
        case=case,
        verdict=ProvisionedVerdict.IDLE,
        schedule=None,
        level=0,
        week=None,
        now=replace(nothing, cost_usd_gb_s=ready, utilisation=0.0, level_mean=float(case.level)),
        proposed=nothing,
        on_demand=nothing,
        basis=("four weeks without a single invocation of it",),
    )


def advise_reduce(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Advise a lower level where much of it was never busy."""
    cases = cases_of(signals)
    if isinstance(cases, str):
        return Abstention(reason=cases)
    weighed = [_lower(case, fields) for case in cases if case.level > 1]
    return _best(
        [w for w in weighed if isinstance(w, Option)],
        [w for w in weighed if isinstance(w, str)],
        fields,
        kind=ChangeKind.REDUCE_PROVISIONED,
        none="nothing is provisioned for an alias that could be lowered",
    )


def _lower(case: Case, fields: Mapping[str, Any]) -> Option | str:
    name, peak = case.name, case.use.peak
    if case.use.state.target is not None:
        return f"{name}: it is scaled already"
    if peak is None:
        return f"{name}: how much was busy at once was not answered completely"
    if not peak:
        return f"{name}: nothing ran on it, which another policy is about"
    if case.use.spilled is None or case.use.spilled > 0:
        return f"{name}: some of its work found all of it busy, or nobody can tell"
    if peak >= case.level * UNDER_USED:
        return f"{name}: {peak:g} of {case.level} were busy at once"
    level = math.ceil(peak * fields["headroom"])
    terms = _terms(case, max_spillover=ALL_WEEK)
    week = week_of(case.demand, terms)
    if isinstance(week, str):
        return f"{name}: {week}"
    found = _option(case, week, terms, schedule=None, level=level)
    words = f"at most {peak:g} were busy at once in four weeks, times {fields['headroom']:g}"
    return replace(found, verdict=ProvisionedVerdict.UNDER_USED, basis=(*found.basis, words))


def advise_schedule(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Advise a weekly schedule, or one better level, where the gain is worth a change."""
    cases = cases_of(signals)
    if isinstance(cases, str):
        return Abstention(reason=cases)
    weighed = [_scheduled(case, fields) for case in cases]
    return _best(
        [w for w in weighed if isinstance(w, Option)],
        [w for w in weighed if isinstance(w, str)],
        fields,
        kind=ChangeKind.SCHEDULE_PROVISIONED,
        none="it has no alias that serves a version",
    )


def _scheduled(case: Case, fields: Mapping[str, Any]) -> Option | str:
    """Weigh the schedule that keeps spillover in its bound, else the one that costs least."""
    name = case.name
    why = f"{name}: nothing to schedule"
    for spillover in (fields["max_spillover"], ALL_WEEK):
        terms = _terms(
            case,
            max_spillover=spillover,
            timezone=fields["timezone"],
            changes_per_day=int(fields["changes_per_day"]),
            most=int(fields["max_level"]),
        )
        found, week = synthesise(case.demand, terms), week_of(case.demand, terms)
        if isinstance(found, str) or isinstance(week, str):
            return f"{name}: {found if isinstance(found, str) else week}"
        option = _option(
            case, week, terms, schedule=found.schedule, level=found.level or 0, basis=found.basis
        )
        if found.schedule is None:
            why = f"{name}: the best is {found.level} all week"
            continue
        why = _too_dear(option, fields) or _too_little(option, fields) or ""
        if not why:
            return option
    return why


def _too_dear(option: Option, fields: Mapping[str, Any]) -> str | None:
    """Say that it costs more than on demand, and more for each cold start than is allowed."""
    price = _price_of_cold_start(option, option.proposed, option.schedule, option.level)
    allowed = fields["max_price_per_cold_start"]
    if price is None or price <= allowed:
        return None
    return (
        f"{option.case.name}: a schedule would be justified only for latency: each "
        f"cold start that it avoids costs {_usd(price)}, and the policy allows {_usd(allowed)}"
    )


def _too_little(option: Option, fields: Mapping[str, Any]) -> str | None:
    """Say that the gain is not worth a change; one that ends spillover needs none."""
    if option.verdict is ProvisionedVerdict.SPILLING:
        return None
    now = option.case.usd_month(option.now.cost_usd_gb_s)
    least = max(fields["min_saving_usd"], now * fields["min_gain"])
    if option.gain_usd_month >= least:
        return None
    return (
        f"{option.case.name}: a schedule saves {_usd(option.gain_usd_month)} a "
        f"month, {_usd(least)} are asked for"
    )


def _terms(
    case: Case,
    *,
    max_spillover: float,
    timezone: str = "UTC",
    changes_per_day: int = 8,
    most: int | None = None,
) -> ScheduleTerms:
    highest = case.highest if most is None else min(case.highest, most)
    return ScheduleTerms(
        rates=case.rates,
        timezone=timezone,
        highest=highest,
        max_spillover=max_spillover,
        changes_per_day=changes_per_day,
    )


def _option(
    case: Case,
    week: TypicalWeek,
    terms: ScheduleTerms,
    *,
    schedule: WeeklySchedule | None,
    level: int,
    basis: tuple[str, ...] = (),
) -> Option:
    now = outlook_of(case.schedule or case.level, week, terms)
    verdict = ProvisionedVerdict.FINE
    if case.level and now.spillover > terms.max_spillover:
        verdict = ProvisionedVerdict.SPILLING
    elif case.level and (now.utilisation or 0.0) < case.rates.break_even:
        verdict = ProvisionedVerdict.UNDER_USED
    return Option(
        case=case,
        verdict=verdict,
        schedule=schedule,
        level=level,
        week=week,
        now=now,
        proposed=outlook_of(level if schedule is None else schedule, week, terms),
        on_demand=outlook_of(0, week, terms),
        basis=basis,
    )


def _price_of_cold_start(
    option: Option, prospect: Prospect, schedule: WeeklySchedule | None, level: int
) -> float | None:
    """Return what each cold start costs that a way of provisioning avoids, over running on demand;
    None: it costs no more than that.
    """
    case = option.case
    more = case.usd_month(prospect.cost_usd_gb_s - option.on_demand.cost_usd_gb_s)
    if more <= 0:
        return None
    avoided = case.cold_starts_month(None, 0) - case.cold_starts_month(schedule, level)
    return more / avoided if avoided > 0 else math.inf


def _best(
    options: Sequence[Option],
    reasons: Sequence[str],
    fields: Mapping[str, Any],
    *,
    kind: ChangeKind,
    none: str,
) -> Recommendation | Abstention:
    """Return the option that gains most, if any gains enough."""
    worth = [o for o in options if o.verdict is ProvisionedVerdict.SPILLING or _gains(o, fields)]
    if worth:
        return _recommended(max(worth, key=lambda option: option.gain_usd_month), kind)
    least = _usd(fields["min_saving_usd"])
    little = [
        f"{o.case.name}: it would save {_usd(o.gain_usd_month)} a month, {least} are asked for"
        for o in options
    ]
    return Abstention(reason="; ".join([*reasons, *little]) or none)


def _gains(option: Option, fields: Mapping[str, Any]) -> bool:
    return bool(option.gain_usd_month >= max(fields["min_saving_usd"], 0.01))


def _recommended(option: Option, kind: ChangeKind) -> Recommendation:
    advice = advice_of(option)
    after = {"provisioned": option.level}
    if option.schedule is not None:
        levels = [change.minimum for change in option.schedule.changes]
        after = {"minimum": min(levels), "maximum": max(levels)}
    return Recommendation(
        kind=kind,
        after=after,
        saving=option.saving,
        reasons=_reasons(advice),
        cost_usd_month=advice.now.cost_usd_month,
        provisioned=advice,
    )


def advice_of(option: Option) -> ProvisionedAdvice:
    """Return what is said of an option."""
    state, target = option.case.use.state, option.case.use.state.target
    is_scheduled, week = target is not None and bool(target.actions), option.week
    return ProvisionedAdvice(
        qualifier=state.qualifier,
        verdict=option.verdict,
        level=None if is_scheduled else state.requested,
        schedule=option.schedule,
        slot_minutes=HOUR if week is None else week.slot_minutes,
        demand=() if week is None else _rounded(week.typical),
        demand_high=() if week is None else _rounded(week.high(HIGH)),
        before=state,
        now=_outlook(option.now, option.case),
        proposed=_outlook(option.proposed, option.case),
        on_demand=_outlook(option.on_demand, option.case),
        rates=option.case.rates,
        memory_gb=option.case.memory_gb,
        cold_start_usd=_finite(
            _price_of_cold_start(option, option.proposed, option.schedule, option.level)
        ),
        basis=option.basis,
    )


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, 3) for value in values)


def _finite(price: float | None) -> float | None:
    return None if price is None or math.isinf(price) else price


def _outlook(prospect: Prospect, case: Case) -> Outlook:
    return Outlook(
        cost_usd_month=round(case.usd_month(prospect.cost_usd_gb_s), 2),
        spillover=round(prospect.spillover, 4),
        utilisation=None if prospect.utilisation is None else round(prospect.utilisation, 4),
        level_mean=round(prospect.level_mean, 2),
    )


def _reasons(advice: ProvisionedAdvice) -> tuple[str, ...]:
    """Say the sums, so that a person can redo them."""
    now, then = advice.now, advice.proposed
    busy = "" if now.utilisation is None else f", busy {now.utilisation:.0%} of the time"
    return (
        f"{advice.qualifier}: {advice.verdict.value}: {now.level_mean:g} provisioned on average"
        f"{busy}; it pays from {advice.rates.break_even:.0%} on here",
        f"${now.cost_usd_month:.2f} a month now, ${then.cost_usd_month:.2f} as proposed, "
        f"${advice.on_demand.cost_usd_month:.2f} on demand",
        f"{then.spillover:.1%} of the demand is expected to run on demand",
        *advice.basis,
    )


def _usd(value: float) -> str:
    if math.isinf(value):
        return "more than can be said"
    return f"${value:.2f}" if value >= 0.01 or value <= 0 else f"${value:.6f}"
