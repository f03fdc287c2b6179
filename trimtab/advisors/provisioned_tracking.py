"""Would target tracking, above the levels of a schedule, cost less for the same spillover?

It is played through, minute by minute, on the weeks that were seen, with its lags: demand that
rises runs on demand until an alarm has seen it and more is allocated. Bursts of an hour are worth
it, bursts of a minute are not. No I/O.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from zoneinfo import ZoneInfo

from trimtab.advisors.provisioned_demand import TypicalWeek, local_minutes
from trimtab.advisors.provisioned_levels import Plan, cheapest
from trimtab.advisors.provisioned_terms import Prospect, ScheduleTerms, prospect
from trimtab.domain.provisioned import MINUTES_PER_WEEK, Demand

HIGHEST_STEP_MINUTES = 5
"""Alarms look at minutes: what is known by more than this does not tell what they see."""
OUT_POINTS, IN_POINTS = 3, 15
IN_BELOW = 0.9
"""Three one-minute points above the target scale out, fifteen below nine tenths of it scale in.
Source: Application Auto Scaling User Guide, target tracking scaling policies; the alarms that it
makes, read 2026-11."""
METRIC_MINUTES = 1
ALLOCATION_MINUTES = 2
"""A point is there a minute later; allocation is prepared for one or two minutes.
Source: AWS Lambda Developer Guide, Configuring provisioned concurrency, read 2026-11."""
TARGETS = (0.6, 0.75, 0.9)
"""Lambda takes 0.1 to 0.9."""
LOOSER = (2.0, 8.0)
"""The schedule below it may spill so many times over the bound; tracking makes up for it."""

ROOM = 1.05
"""So much dearer than what the schedule alone is expected to cost it may be: where weeks differ,
more is spilled than was expected, by schedules 1.4 to 5 times as much, by tracking 1.2 to 1.7
times. NAB tweets, the last two training weeks forecast from four before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """Levels to hold at least, and what may be added to them."""

    plan: Plan
    maximum: int
    target: float
    seen: Prospect
    """What it would have come to in the weeks that were seen, at the height of the typical one."""


@dataclass(slots=True)
class _Capacity:
    """One alias with a target tracking policy, in one minute after the other."""

    target: float
    maximum: int
    level: int = 0
    above: int = 0
    below: int = 0
    coming: int = 0
    """What is being allocated; billed, of no use yet."""
    ready_in: int = 0

    def hold(self, floor: int) -> None:
        """Start a period with this minimum."""
        self.level = min(max(self.level, floor), self.maximum)

    def is_settled(self, need: float, floor: int) -> bool:
        """Whether nothing can change while so much is needed."""
        if self.ready_in:
            return False
        if need > self.target * self.level:
            return self.level >= self.maximum
        if 0.0 < need < IN_BELOW * self.target * self.level:
            return self.level <= floor
        return True

    def pass_minute(self, need: float, floor: int) -> None:
        if self.ready_in:
            self.ready_in -= 1
            if not self.ready_in:
                self.level, self.coming = max(self.coming, self.level), 0
        is_above = need > self.target * self.level
        self.above = self.above + 1 if is_above else 0
        is_below = 0.0 < need < IN_BELOW * self.target * self.level
        self.below = self.below + 1 if is_below else 0
        if self.above >= OUT_POINTS + METRIC_MINUTES and not self.ready_in:
            wanted = min(ceil(min(need, self.level) / self.target), self.maximum)
            if wanted > self.level:
                self.coming, self.ready_in = wanted, ALLOCATION_MINUTES
        elif self.below >= IN_POINTS + METRIC_MINUTES:
            self.level = max(ceil(need / self.target), floor)
            self.below = 0


def tracking_for(
    demand: Demand, week: TypicalWeek, terms: ScheduleTerms, alone: Prospect
) -> Tracking | None:
    """Return the cheapest tracking that kept the bound; None: the schedule alone does as well."""
    step = demand.period_s // 60
    if not terms.may_track or step > HIGHEST_STEP_MINUTES or terms.max_spillover >= 1.0:
        return None
    points = [
        (minute % MINUTES_PER_WEEK // week.slot_minutes, value)
        for minute, value in local_minutes(demand, ZoneInfo(terms.timezone))
        if value is not None
    ]
    peak = max(value for _, value in points)
    found: list[Tracking] = []
    for times in LOOSER:
        looser = replace(terms, max_spillover=min(terms.max_spillover * times, 1.0))
        plan = cheapest(week, replace(looser, lowest=max(terms.lowest, 1)))
        for target in TARGETS:
            maximum = max(min(ceil(peak / target), terms.highest), *plan.levels)
            seen = _played(points, plan.levels, _Capacity(target, maximum), terms=terms, step=step)
            seen = _at_height(seen, alone.needed_mean)
            found.append(Tracking(plan=plan, maximum=maximum, target=target, seen=seen))
    kept = [way for way in found if way.seen.spillover <= terms.max_spillover]
    if not kept:
        return None
    best = min(kept, key=lambda way: way.seen.cost_usd_gb_s)
    is_needed = alone.spillover > terms.max_spillover
    is_cheaper = best.seen.cost_usd_gb_s < ROOM * alone.cost_usd_gb_s
    return best if is_needed or is_cheaper else None


def _at_height(seen: Prospect, needed: float) -> Prospect:
    """Return the same for a week that needs so much: a schedule is told for that one."""
    factor = needed / seen.needed_mean if seen.needed_mean > 0.0 else 0.0
    return replace(
        seen,
        cost_usd_gb_s=seen.cost_usd_gb_s * factor,
        needed_mean=needed,
        level_mean=seen.level_mean * factor,
    )


def _played(
    points: Iterable[tuple[int, float]],
    levels: Sequence[int],
    capacity: _Capacity,
    *,
    terms: ScheduleTerms,
    step: int,
) -> Prospect:
    """Return what tracking above these levels would have come to."""
    billed = needed = spilled = minutes = 0.0
    for slot, need in points:
        floor = levels[slot]
        capacity.hold(floor)
        minutes += step
        needed += need * step
        if capacity.is_settled(need, floor):
            capacity.above = capacity.below = 0
            billed += capacity.level * step
            spilled += max(need - capacity.level, 0.0) * step
            continue
        for _ in range(step):
            capacity.pass_minute(need, floor)
            billed += max(capacity.level, capacity.coming)
            spilled += max(need - capacity.level, 0.0)
    return prospect(
        rates=terms.rates,
        billed=billed / minutes,
        needed=needed / minutes,
        spilled=spilled / minutes,
    )
