"""How is a weekly schedule written as scheduled actions, and read back? Six-field cron, both ways.

Source of the form: "Schedule recurring scaling actions using cron expressions", Application Auto
Scaling User Guide, read 2026-11-21: minutes, hours, day of month, month, day of week, year; one of
the two days is a question mark.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from trimtab.domain.provisioned import LevelChange, ScheduledAction, WeeklySchedule

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

OURS = "trimtab-"
"""How the actions of every hub are named; what follows is the id of the change."""

OF_THE_ID = 12
"""Characters of the id of a change in the name of an action; chosen: it is looked for on one alias
alone."""

_CRON = re.compile(r"cron\(([1-5]?\d) (1?\d|2[0-3]) \? \* ([A-Z,]+) \*\)", re.ASCII)


def actions_of(schedule: WeeklySchedule, change_id: str) -> tuple[ScheduledAction, ...]:
    """Return one action for each time and level, on all its days together, in order."""
    days: dict[tuple[time, int, int], list[int]] = {}
    for change in schedule.changes:
        days.setdefault((change.at, change.minimum, change.maximum), []).append(change.weekday)
    in_order = sorted(days.items(), key=lambda item: (item[1], item[0]))
    return tuple(
        ScheduledAction(
            name=f"{OURS}{change_id[:OF_THE_ID]}-{number:03d}",
            schedule=f"cron({at.minute} {at.hour} ? * {_named(weekdays)} *)",
            timezone=schedule.timezone,
            minimum=minimum,
            maximum=maximum,
        )
        for number, ((at, minimum, maximum), weekdays) in enumerate(in_order, start=1)
    )


def _named(weekdays: Sequence[int]) -> str:
    return ",".join(DAYS[day] for day in sorted(weekdays))


def schedule_of(actions: Sequence[ScheduledAction]) -> WeeklySchedule | None:
    """Read a schedule back; None: these are not, or not only, actions as they are written here."""
    zones = {action.timezone for action in actions}
    if len(zones) != 1:
        return None
    changes: list[LevelChange] = []
    for action in actions:
        found = _CRON.fullmatch(action.schedule)
        names = () if found is None else found[3].split(",")
        if found is None or action.minimum is None or action.maximum is None:
            return None
        if action.starts_at is not None or action.ends_at is not None:
            return None
        if not set(names) <= set(DAYS):
            return None
        changes += [
            LevelChange(
                weekday=DAYS.index(name),
                at=time(int(found[2]), int(found[1])),
                minimum=action.minimum,
                maximum=action.maximum,
            )
            for name in names
        ]
    changes.sort(key=lambda change: (change.weekday, change.at))
    return WeeklySchedule(timezone=zones.pop(), changes=tuple(changes))


def is_ours(action: ScheduledAction) -> bool:
    return action.name.startswith(OURS)


PEAK = "-peak-"
"""In the names of the actions of peak days, which an owner puts beside those of a schedule."""


def is_of_peak(action: ScheduledAction) -> bool:
    return is_ours(action) and PEAK in action.name


def plain(actions: Sequence[ScheduledAction]) -> tuple[ScheduledAction, ...]:
    """Leave out what an owner did for a peak day: its own actions, and that others wait for its
    end.
    """
    return tuple(
        replace(action, starts_at=None) if is_ours(action) else action
        for action in actions
        if not is_of_peak(action)
    )


_ONCE = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


def peaks_end_at(actions: Sequence[ScheduledAction]) -> datetime | None:
    """Return when the last peak day is over; None: there is none, past or to come."""
    ends = [
        datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(action.timezone))
        for action in actions
        if is_of_peak(action) and (found := _ONCE.fullmatch(action.schedule))
    ]
    return max(ends, default=None)
