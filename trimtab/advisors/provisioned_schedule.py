"""What is the cheapest weekly schedule of provisioned concurrency for an alias?

From weeks of demand, for a bound on what may spill over to on demand and a number of changes a
day; or why none can be told. Besides: what any other way of provisioning means for the same typical
week. Costs are per GB of memory. No I/O.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from trimtab.advisors.provisioned_demand import DAYS, TypicalWeek, typical_week
from trimtab.advisors.provisioned_levels import Plan, cheapest
from trimtab.advisors.provisioned_terms import Prospect, ScheduleTerms, Synthesis, prospect
from trimtab.advisors.provisioned_times import (
    MOST_ACTIONS,
    TICK_MINUTES,
    billed_and_ready,
    changes_of,
    kept_quiet,
)
from trimtab.advisors.provisioned_tracking import Tracking, tracking_for
from trimtab.domain.provisioned import Demand, WeeklySchedule

HIGH = 0.95
"""What is drawn as not often exceeded: one slot in twenty is above it."""
WORTH = 0.99
"""Where cost alone decides, a level must cost so much less than on demand: chosen, so that what is
gained is more than a rounding error."""
CLOSE = 0.001
"""Spillover so far above its bound is not worth a word: levels are whole environments."""
HOUR, HALF_AN_HOUR = 60, 30


def synthesise(demand: Demand, terms: ScheduleTerms) -> Synthesis | str:
    """Return the cheapest schedule that keeps to the terms, or why none can be told."""
    week = week_of(demand, terms)
    return week if isinstance(week, str) else schedule_for(demand, week, terms)


def schedule_for(demand: Demand, week: TypicalWeek, terms: ScheduleTerms) -> Synthesis:
    """Return the cheapest schedule for the week of this demand that keeps to the terms."""
    plan = plan_for(week, terms)
    alone = by_slot(plan.levels, week, terms)
    tracking = tracking_for(demand, week, terms, alone)
    plan = plan if tracking is None else tracking.plan
    levels = kept_quiet(plan.levels, week.slot_minutes)
    schedule = _schedule(levels, week, terms, tracking)
    if tracking is None:
        proposed = outlook_of(levels[0] if schedule is None else schedule, week, terms)
    else:
        proposed = tracking.seen
    return Synthesis(
        schedule=schedule,
        level=levels[0] if schedule is None else None,
        levels=plan.levels,
        slot_minutes=week.slot_minutes,
        typical=week.typical,
        high=week.high(HIGH),
        proposed=proposed,
        on_demand=outlook_of(0, week, terms),
        price=plan.price,
        basis=_basis(week, terms, proposed, tracking),
    )


def _schedule(
    levels: Sequence[int], week: TypicalWeek, terms: ScheduleTerms, tracking: Tracking | None
) -> WeeklySchedule | None:
    """Return the actions for these levels; None where one level holds and nothing moves it."""
    changes = changes_of(levels, week.slot_minutes)
    if tracking is not None:
        raised = tuple(replace(change, maximum=tracking.maximum) for change in changes)
        return WeeklySchedule(
            timezone=terms.timezone, changes=raised, target_utilisation=tracking.target
        )
    if len(changes) == 1:
        return None
    return WeeklySchedule(timezone=terms.timezone, changes=changes)


def week_of(demand: Demand, terms: ScheduleTerms) -> TypicalWeek | str:
    """Return the typical week that a schedule with these terms is made for.

    Half hours where changes are few and can be placed well; whole hours where every slot may have
    its own, because an hour is told from twice as much.
    """
    step = demand.period_s // 60
    is_fine = terms.changes_per_day is not None and step <= HALF_AN_HOUR
    return typical_week(
        demand, timezone=terms.timezone, slot_minutes=HALF_AN_HOUR if is_fine else HOUR
    )


def plan_for(week: TypicalWeek, terms: ScheduleTerms) -> Plan:
    """Return the cheapest levels; the lowest, where cost alone decides and little is gained."""
    limit = terms.changes_per_day
    if limit is not None or len(week.typical) > MOST_ACTIONS:
        most = MOST_ACTIONS // DAYS
        limit = most if limit is None else min(limit, most)
    plan = cheapest(week, replace(terms, changes_per_day=limit))
    if terms.max_spillover < 1.0:
        return plan
    levels = plan.levels
    found = by_slot(levels, week, terms)
    lowest = (terms.lowest,) * len(levels)
    rest = by_slot(lowest, week, terms)
    if found.cost_usd_gb_s > WORTH * rest.cost_usd_gb_s:
        return Plan(levels=lowest, price=plan.price)
    return plan


def outlook_of(
    provisioned: WeeklySchedule | int, week: TypicalWeek, terms: ScheduleTerms
) -> Prospect:
    """Return what a schedule, or one level all week, means for a typical week."""
    if isinstance(provisioned, int):
        return by_slot((provisioned,) * len(week.typical), week, terms)
    billed, ready = billed_and_ready(provisioned)
    ticks = week.slot_minutes // TICK_MINUTES
    held = Counter((tick // ticks, level) for tick, level in enumerate(ready))
    spilled = sum(week.spilled(slot, level) * count for (slot, level), count in held.items())
    slots = len(week.typical)
    return prospect(
        rates=terms.rates,
        billed=sum(billed) / len(billed),
        needed=week.needed() / slots,
        spilled=spilled / len(ready),
    )


def by_slot(levels: Sequence[int], week: TypicalWeek, terms: ScheduleTerms) -> Prospect:
    """Return what levels mean that are there when their slot begins, with no warm-up billed."""
    slots = len(week.typical)
    return prospect(
        rates=terms.rates,
        billed=sum(levels) / slots,
        needed=week.needed() / slots,
        spilled=sum(week.spilled(slot, level) for slot, level in enumerate(levels)) / slots,
    )


def _basis(
    week: TypicalWeek, terms: ScheduleTerms, proposed: Prospect, tracking: Tracking | None
) -> tuple[str, ...]:
    words = [f"{week.weeks:.1f} weeks of its demand, in {terms.timezone}"]
    if week.odd_days:
        words.append(f"{week.odd_days} days unlike the same days of other weeks left out")
    if tracking is not None:
        words.append("target tracking played through on these weeks, with its lags")
    if proposed.spillover > terms.max_spillover + CLOSE:
        words.append(
            f"{proposed.spillover:.1%} is expected to run on demand, more than the "
            f"{terms.max_spillover:.1%} asked for: no schedule within {terms.highest} environments "
            "keeps to that"
        )
    return tuple(words)
