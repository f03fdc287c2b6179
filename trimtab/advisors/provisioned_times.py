"""When must the actions of a week fire, and what do they hold ready at each moment?

Levels per slot → changes that Application Auto Scaling can keep to, and back. A rise fires ten
minutes before it is needed; nothing fires in the hours in which clocks change. No I/O.
"""

from collections.abc import Sequence
from datetime import time

from trimtab.domain.provisioned import MINUTES_PER_WEEK, LevelChange, WeeklySchedule

WARM_UP_MINUTES = 10
"""Allocation starts after one or two minutes, goes on at up to 6,000 environments a minute, and
nothing of it can be used before all is there.
Source: AWS Lambda Developer Guide, Configuring provisioned concurrency, read 2026-11."""
QUIET_FROM, QUIET_UNTIL = 60, 180
"""Minutes of the day: most zones change their clocks in between, so that an action there fires
twice or not at all."""
MINUTES_PER_DAY = 24 * 60
MOST_ACTIONS = 200
"""Source: Application Auto Scaling endpoints and quotas, scheduled actions per scalable target,
read 2026-11."""
TICK_MINUTES = 5
"""Provisioned concurrency is billed in steps of five minutes. Source: AWS Lambda pricing, read
2026-11."""


def kept_quiet(levels: Sequence[int], slot_minutes: int) -> tuple[int, ...]:
    """Return the levels with none that would need an action in the quiet hours.

    What is needed in them, or right after, is there before; what is not needed goes after.
    """
    if slot_minutes > QUIET_FROM:
        return tuple(levels)
    kept = list(levels)
    a_day = MINUTES_PER_DAY // slot_minutes
    for midnight in range(0, len(levels), a_day):
        first = midnight + QUIET_FROM // slot_minutes
        after = midnight + QUIET_UNTIL // slot_minutes
        highest = max(levels[first - 1 : after + 1])
        kept[first:after] = [highest] * (after - first)
    return tuple(kept)


def changes_of(levels: Sequence[int], slot_minutes: int) -> tuple[LevelChange, ...]:
    """Return the actions for these levels, in order; one alone where the level never changes."""
    changes = []
    for slot, level in enumerate(levels):
        if level != levels[slot - 1]:
            is_rise = level > levels[slot - 1]
            at = slot * slot_minutes - (WARM_UP_MINUTES if is_rise else 0)
            changes.append(_change(at % MINUTES_PER_WEEK, level))
    if not changes:
        return (_change(QUIET_UNTIL, levels[0]),)
    return tuple(sorted(changes, key=lambda change: (change.weekday, change.at)))


def _change(minute: int, level: int) -> LevelChange:
    day, of_day = divmod(minute, MINUTES_PER_DAY)
    return LevelChange(
        weekday=day, at=time(of_day // 60, of_day % 60), minimum=level, maximum=level
    )


def minute_of(change: LevelChange) -> int:
    """Return the minute of the week at which it fires."""
    return change.weekday * MINUTES_PER_DAY + change.at.hour * 60 + change.at.minute


def billed_and_ready(schedule: WeeklySchedule) -> tuple[list[int], list[int]]:
    """Return by five minutes what is billed, and what can be used: a rise only when it is warm.

    Of what target tracking may move it is the minimum.
    """
    ticks = MINUTES_PER_WEEK // TICK_MINUTES
    billed, ready = [0] * ticks, [0] * ticks
    warm_up = WARM_UP_MINUTES // TICK_MINUTES
    starts = [-(-minute_of(change) // TICK_MINUTES) for change in schedule.changes]
    for number, change in enumerate(schedule.changes):
        end = starts[number + 1] if number + 1 < len(starts) else starts[0] + ticks
        for tick in range(starts[number], end):
            billed[tick % ticks] = change.minimum
    for tick in range(ticks):
        ready[tick] = min(billed[tick - by] for by in range(warm_up + 1))
    return billed, ready
