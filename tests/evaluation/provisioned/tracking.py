"""What would target tracking have done? Alarms and allocation, minute by minute, from their rules.

Written apart from the advisor's own, so that it does not judge itself: points are kept and looked
at as CloudWatch does, a point is there a minute late, what is asked for is of use after it was
allocated as a whole, and idle minutes have no point.
"""

from math import ceil

from tests.evaluation.provisioned.scoring import Score
from tests.evaluation.provisioned.series import Series
from trimtab.advisors.provisioned_times import TICK_MINUTES, billed_and_ready
from trimtab.domain.provisioned import MINUTES_PER_WEEK, WeeklySchedule

LATE_MINUTES = 1
ALLOCATED_AFTER = 2
OUT, IN = 3, 15


def score_tracked(series: Series, schedule: WeeklySchedule, *, is_warm_up_billed: bool) -> Score:
    """Score a schedule whose levels target tracking may exceed, up to their maximum."""
    target = schedule.target_utilisation
    assert target is not None
    most = schedule.changes[0].maximum
    billed_floor, ready_floor = billed_and_ready(schedule)
    shift = 0 if is_warm_up_billed else 10 // TICK_MINUTES
    level = tracked = 0
    coming: tuple[int, int] | None = None
    points: list[float | None] = []
    billed = spilled = 0.0
    now = 0
    for start, need in zip(series.minutes_after, series.after, strict=True):
        for minute in range(start, start + series.step_minutes):
            tick = minute % MINUTES_PER_WEEK // TICK_MINUTES
            floor = ready_floor[tick]
            if coming and now >= coming[0]:
                tracked, coming = coming[1], None
            tracked = min(max(tracked, floor), most)
            level = tracked
            early = billed_floor[tick] if not shift else floor
            billed += max(level, early, coming[1] if coming else 0)
            spilled += max(need - level, 0.0)
            points.append(min(need, level) / level if level and need > 0 else None)
            seen = points[: len(points) - LATE_MINUTES][-IN:]
            tracked, coming = _react(tracked, coming, seen, target, floor, most, now)
            if coming is None and tracked < level:
                points.extend([None] * IN)
            now += 1
    minutes = series.step_minutes
    return Score(needed=sum(series.after), billed=billed / minutes, spilled=spilled / minutes)


def _react(
    tracked: int,
    coming: tuple[int, int] | None,
    seen: list[float | None],
    target: float,
    floor: int,
    most: int,
    now: int,
) -> tuple[int, tuple[int, int] | None]:
    """Return the capacity and what is being allocated, after the alarms have looked."""
    last = [point for point in seen[-OUT:] if point is not None]
    if len(last) == OUT and min(last) > target and coming is None:
        wanted = min(ceil(tracked * last[-1] / target), most)
        return tracked, (now + 1 + ALLOCATED_AFTER, wanted) if wanted > tracked else None
    low = [point for point in seen if point is not None]
    if len(low) == IN and max(low) < 0.9 * target and coming is None:
        return max(ceil(tracked * low[-1] / target), floor), None
    return tracked, coming
