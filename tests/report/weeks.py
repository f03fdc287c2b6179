"""Which weeks of provisioned concurrency may there be? A believable one, and every edge."""

import math
from dataclasses import replace
from datetime import time
from typing import Any

from tests.report.things import a_configuration, a_remediation
from trimtab.domain.finding import Recommendation, Saving
from trimtab.domain.provisioned import (
    LevelChange,
    Outlook,
    ProvisionedAdvice,
    ProvisionedPlan,
    ProvisionedRates,
    ProvisionedState,
    ProvisionedVerdict,
    WeeklySchedule,
)
from trimtab.domain.remediation import BeforeImage, Remediation
from trimtab.domain.terms import ChangeKind
from trimtab.report.provisioned_words import Shown

ZONE = "Europe/Berlin"
BASIS = (
    "20,160 minutes of 14 days, 3 of them not known",
    "eu-west-1, arm64, list prices of 2026-11-01",
)
SLOT = 30


def a_change(day: int, at: str, minimum: int, maximum: int | None = None) -> LevelChange:
    return LevelChange(
        weekday=day,
        at=time.fromisoformat(at),
        minimum=minimum,
        maximum=minimum if maximum is None else maximum,
    )


def a_schedule(*changes: LevelChange, **given: Any) -> WeeklySchedule:
    if not changes:
        working = [(d, at, n) for d in range(5) for at, n in (("07:50", 12), ("18:10", 4))]
        changes = (*(a_change(*one) for one in working), a_change(5, "00:00", 2))
    return WeeklySchedule(**{"timezone": ZONE, "changes": tuple(changes), **given})


def busy_at(slot: int, *, most: float = 9.0, slots: int = 336) -> float:
    """Return what an office needs: much by day, little by night and at the weekend."""
    day, hour = divmod(slot * 24 * 7 / slots, 24)
    if day >= 5:
        return most * 0.12
    return most * (0.1 + 0.9 * max(0.0, math.sin(math.pi * (hour - 6) / 14)))


def an_outlook(usd: float, *, spillover: float = 0.002, **given: Any) -> Outlook:
    usual: dict[str, Any] = {
        "cost_usd_month": usd,
        "spillover": spillover,
        "utilisation": 0.18,
        "level_mean": 14.0,
    }
    return Outlook(**usual | given)


RATES = ProvisionedRates(
    on_demand=0.0000133334, provisioned=0.0000033334, provisioned_run=0.0000077778
)
ON_DEMAND = an_outlook(49.3, spillover=1.0, utilisation=None, level_mean=0.0)


def a_state(requested: int = 14, **given: Any) -> ProvisionedState:
    usual: dict[str, Any] = {
        "qualifier": "live",
        "requested": requested,
        "allocated": requested,
        "status": "READY" if requested else "NONE",
        "target": None,
    }
    return ProvisionedState(**usual | given)


def an_advice(*, slots: int = 336, most: float = 9.0, **given: Any) -> ProvisionedAdvice:
    usual: dict[str, Any] = {
        "qualifier": "live",
        "verdict": ProvisionedVerdict.UNDER_USED,
        "level": 14,
        "schedule": a_schedule(),
        "slot_minutes": 7 * 24 * 60 // max(slots, 1),
        "demand": tuple(busy_at(n, most=most, slots=slots) for n in range(slots)),
        "demand_high": tuple(busy_at(n, most=most * 1.25, slots=slots) for n in range(slots)),
        "before": a_state(given.get("level", 14) or 0),
        "now": an_outlook(141.2),
        "proposed": an_outlook(88.4, spillover=0.011, utilisation=0.613, level_mean=6.4),
        "on_demand": ON_DEMAND,
        "rates": RATES,
        "memory_gb": 0.5,
        "cold_start_usd": 0.0021,
        "basis": BASIS,
    }
    return ProvisionedAdvice(**usual | given)


AFTER: dict[str, int] = {"minimum": 2, "maximum": 12}


def seen(advice: ProvisionedAdvice | None = None, after: dict[str, int] | None = AFTER) -> Shown:
    return Shown(advice=an_advice() if advice is None else advice, after=after)


def constant(level: int, **given: Any) -> Shown:
    return seen(an_advice(schedule=None, **given), {"provisioned": level})


MOVING = a_schedule(a_change(0, "06:00", 2, 12), a_change(4, "20:00", 1, 3), target_utilisation=0.7)

WEEKS: dict[str, Shown] = {
    "usual": seen(),
    "target-tracking": seen(an_advice(schedule=MOVING), {"minimum": 1, "maximum": 12}),
    "reduce": constant(5),
    "remove": constant(0, verdict=ProvisionedVerdict.IDLE, demand=(), demand_high=()),
    "nothing-proposed": seen(an_advice(verdict=ProvisionedVerdict.FINE, schedule=None), None),
    "from-nothing": seen(an_advice(level=0, now=ON_DEMAND)),
    "ours-now": seen(an_advice(level=None, now=an_outlook(90.0, level_mean=6.43))),
    "latency": seen(an_advice(verdict=ProvisionedVerdict.FOR_LATENCY, cold_start_usd=0.08)),
    "five-minutes": seen(an_advice(slots=2016)),
    "thousands": seen(
        an_advice(
            most=2_800.0,
            level=3_000,
            schedule=a_schedule(a_change(0, "07:00", 2_900), a_change(0, "19:00", 40)),
            now=an_outlook(1_234_567.0),
        ),
        {"minimum": 40, "maximum": 2_900},
    ),
    "one-change": seen(
        an_advice(schedule=a_schedule(a_change(2, "12:00", 3))), {"minimum": 3, "maximum": 3}
    ),
    "nothing-known": constant(2, demand=(), demand_high=(), basis=()),
    "gaps": constant(2, demand=(1.0, math.nan, 3.0), demand_high=(math.inf, 2.0, math.nan)),
    "not-numbers": seen(
        an_advice(
            demand=(math.nan,) * 168,
            demand_high=(math.nan,) * 168,
            now=an_outlook(math.nan, utilisation=math.nan),
            proposed=an_outlook(math.inf),
            on_demand=an_outlook(math.nan, utilisation=None),
            level=None,
        )
    ),
    "long-zone": seen(an_advice(schedule=a_schedule(timezone="America/Argentina/ComodRivadavia"))),
    "free": constant(3, now=an_outlook(0.0), proposed=an_outlook(-1.0), on_demand=an_outlook(0.0)),
}

REASONS = (
    "14 provisioned all the time are 18 % busy; below 60 % on demand costs less",
    "Monday to Friday 8:00 to 18:00 needs up to 11.2, other hours up to 1.2",
)
KINDS = {
    "usual": ChangeKind.SCHEDULE_PROVISIONED,
    "reduce": ChangeKind.REDUCE_PROVISIONED,
    "remove": ChangeKind.REMOVE_PROVISIONED,
}


def a_recommendation(week: Shown, kind: ChangeKind) -> Recommendation:
    assert week.after is not None
    return Recommendation(
        kind=kind,
        after=week.after,
        saving=Saving(low_usd_month=41.0, high_usd_month=53.0),
        reasons=REASONS,
        provisioned=week.advice,
    )


def a_provisioned_change(what: str = "usual", **fields: Any) -> Remediation:
    """Return a believable change of what is provisioned."""
    week = WEEKS[what]
    kind = KINDS.get(what, ChangeKind.SCHEDULE_PROVISIONED)
    advice = week.advice
    before = fields.pop("state", advice.before)
    given: dict[str, Any] = {
        "policy_id": "provisioned-under-used",
        "title": "Provisioned concurrency is busy less than pays",
        "kind": kind,
        "before": BeforeImage(
            configuration=a_configuration(), aliases={"live": "12"}, provisioned=before
        ),
        "after": week.after,
        "undo": {"provisioned": before.requested},
        "recommendation": a_recommendation(week, kind),
        "provisioned": ProvisionedPlan(
            qualifier=before.qualifier, level=week.level, schedule=week.schedule
        ),
        "risks": ("What comes outside of the hours of the weeks before finds less ready.",),
    }
    return a_remediation(**given | fields)


def hostile(text: str) -> Remediation:
    """Return a change in which every text from outside is this one."""
    change = a_provisioned_change(state=a_state(qualifier=text))
    schedule = a_schedule(timezone=text)
    advice = an_advice(qualifier=text, basis=(text,), schedule=schedule)
    return replace(
        change,
        provisioned=ProvisionedPlan(qualifier=text, level=None, schedule=schedule),
        recommendation=replace(change.recommendation, provisioned=advice, reasons=(text,)),
    )
