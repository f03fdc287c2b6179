"""Could all working days be alike, and both days of the weekend? A schedule that people can read.

What a week needs differs a little from day to day, much of it by chance. So days are made alike
where that costs about as little. No I/O.
"""

from collections.abc import Iterator
from dataclasses import replace

from trimtab.domain.provisioned import LevelChange, WeeklySchedule

WORKING, WEEKEND = range(5), range(5, 7)


def alike(schedule: WeeklySchedule) -> Iterator[WeeklySchedule]:
    """Yield the schedules in which every working day is as one of them, and the weekend too."""
    by_day = {day: [c for c in schedule.changes if c.weekday == day] for day in range(7)}
    for work in WORKING:
        for rest in WEEKEND:
            changes = tuple(
                replace(change, weekday=day)
                for day in range(7)
                for change in by_day[work if day in WORKING else rest]
            )
            found = without_repeats(changes)
            if len(found) > 1:
                yield replace(schedule, changes=found)


def without_repeats(changes: tuple[LevelChange, ...]) -> tuple[LevelChange, ...]:
    """Leave out changes to the level that holds already; the last of a week holds on into it."""
    return tuple(
        change
        for n, change in enumerate(changes)
        if (change.minimum, change.maximum) != (changes[n - 1].minimum, changes[n - 1].maximum)
    )
