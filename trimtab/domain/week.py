"""Which level holds when in a week, and which days are alike? For whoever shows a schedule."""

from dataclasses import dataclass

from trimtab.domain.provisioned import MINUTES_PER_WEEK, LevelChange, WeeklySchedule

DAYS_PER_WEEK = 7
MINUTES_PER_DAY = MINUTES_PER_WEEK // DAYS_PER_WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeDays:
    """Days on which the level changes in the same way."""

    days: tuple[int, ...]
    """0 is Monday."""
    changes: tuple[LevelChange, ...]
    """Those of the first of them; empty where one level holds all day."""
    level: LevelChange
    """What holds at their beginning."""


def minute_of(change: LevelChange) -> int:
    """Return when a change happens, in minutes since Monday 0:00."""
    return change.weekday * MINUTES_PER_DAY + change.at.hour * 60 + change.at.minute


def holds_at(schedule: WeeklySchedule, minute: float) -> LevelChange:
    """Return the change that holds at a minute of the week."""
    earlier = [c for c in schedule.changes if minute_of(c) <= minute]
    return earlier[-1] if earlier else schedule.changes[-1]


def alike(schedule: WeeklySchedule) -> tuple[AlikeDays, ...]:
    """Return the days of a week, equal ones together, in the order of their first."""
    found: dict[tuple[object, ...], list[int]] = {}
    for day in range(DAYS_PER_WEEK):
        changes = _within(schedule, day)
        level = holds_at(schedule, day * MINUTES_PER_DAY)
        same = (
            tuple((c.at, c.minimum, c.maximum) for c in changes)
            if changes
            else (level.minimum, level.maximum)
        )
        found.setdefault(same, []).append(day)
    return tuple(
        AlikeDays(
            days=tuple(days),
            changes=_within(schedule, days[0]),
            level=holds_at(schedule, days[0] * MINUTES_PER_DAY),
        )
        for days in found.values()
    )


def _within(schedule: WeeklySchedule, day: int) -> tuple[LevelChange, ...]:
    """Return the changes of a day; none where all of it has the level of its beginning."""
    changes = tuple(c for c in schedule.changes if c.weekday == day)
    is_whole = all(minute_of(c) == day * MINUTES_PER_DAY for c in changes)
    return () if is_whole else changes


def runs(days: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return days in a row as (first, last): Monday to Thursday and Saturday."""
    found: list[tuple[int, int]] = []
    for day in days:
        if found and found[-1][1] == day - 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(found)
