"""What is one way of provisioning an alias worth, beside what is there and beside none?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.advisors.provisioned_case import Case
from trimtab.advisors.provisioned_demand import TypicalWeek
from trimtab.advisors.provisioned_schedule import HIGH, HOUR, outlook_of
from trimtab.advisors.provisioned_terms import Prospect, ScheduleTerms
from trimtab.domain.finding import Recommendation, Saving
from trimtab.domain.price import DISCOUNT_FLOOR
from trimtab.domain.provisioned import (
    Outlook,
    ProvisionedAdvice,
    ProvisionedVerdict,
    WeeklySchedule,
)
from trimtab.domain.terms import ChangeKind

CENT = 0.01


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
    def must_gain(self) -> bool:
        """Tell whether it is for its saving, not to end spillover or to buy fewer cold starts."""
        is_bought = self.verdict is ProvisionedVerdict.FOR_LATENCY and not self.case.is_provisioned
        return not is_bought and self.verdict is not ProvisionedVerdict.SPILLING

    @property
    def gain_usd_month(self) -> float:
        return self.case.usd_month(self.now.cost_usd_gb_s - self.proposed.cost_usd_gb_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """An alias that is left as it is, and why."""

    why: str
    option: Option | None = None
    """What was weighed; None: it could not be."""


def option_of(
    case: Case,
    week: TypicalWeek,
    terms: ScheduleTerms,
    *,
    schedule: WeeklySchedule | None,
    level: int,
    allowed: float = 1.0,
    basis: tuple[str, ...] = (),
) -> Option:
    """Weigh one; `allowed`: the spillover beyond which what is there now is called spilling."""
    now = outlook_of(case.schedule or case.level, week, terms)
    verdict = ProvisionedVerdict.FINE
    if case.is_provisioned and now.spillover > allowed:
        verdict = ProvisionedVerdict.SPILLING
    elif case.is_provisioned and (now.utilisation or 0.0) < case.rates.break_even <= 1.0:
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


def price_of_cold_start(
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


def recommended(option: Option, kind: ChangeKind) -> Recommendation:
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
            price_of_cold_start(option, option.proposed, option.schedule, option.level)
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
    busy = "" if now.utilisation is None else f", {now.utilisation:.0%} of it busy"
    return (
        f"{advice.qualifier}: {advice.verdict.value}: {now.level_mean:g} provisioned on average"
        f"{busy}; in this region it costs less than on demand from "
        f"{advice.rates.break_even:.0%} on",
        f"${now.cost_usd_month:.2f} a month now, ${then.cost_usd_month:.2f} as proposed, "
        f"${advice.on_demand.cost_usd_month:.2f} on demand",
        f"{then.spillover:.1%} of the demand is expected to run on demand",
        *advice.basis,
    )


def usd(value: float) -> str:
    if math.isinf(value):
        return "more than can be said"
    return f"${value:.2f}" if value >= CENT or value <= 0 else f"${value:.6f}"
