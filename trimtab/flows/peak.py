"""How is more provisioned on a peak day, beside a schedule? By actions that its owner puts there.

Nothing is written here: the owner does, with credentials of their own. One action raises the level
ten minutes early, one gives it back to the schedule, and each action of the schedule that would be
due in between waits: it starts when it is next due after that. An action of Application Auto
Scaling that repeats is also run at the moment it starts, which is then the right one. Until the
peak, another action stands in for one that waits.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from trimtab.domain.errors import InputError
from trimtab.domain.provisioned import LevelChange, ScheduledAction, WeeklySchedule
from trimtab.domain.provisioned_actions import PEAK, actions_of, schedule_of
from trimtab.domain.provisioned_week import level_at
from trimtab.domain.remediation import Remediation

WARM_UP, A_MINUTE = timedelta(minutes=10), timedelta(minutes=1)
LONGEST = timedelta(days=14)
"""Chosen: what is needed for longer is what the next schedule is for."""
MOST = 3000
"""As much as a policy may let be provisioned."""
MOST_ACTIONS = 200
"""Of one scalable target. Source: "Endpoints and quotas for Application Auto Scaling", read
2026-11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A time in which at least so much is provisioned."""

    starts_at: datetime
    ends_at: datetime
    level: int


def peak_actions(
    remediation: Remediation, peak: Peak, *, now: datetime
) -> tuple[ScheduledAction, ...]:
    """Return the actions to put, in order.

    Raises: InputError for a change without a schedule, and a time that cannot be.
    """
    plan = remediation.provisioned
    if plan is None or plan.schedule is None:
        raise InputError(f"change {remediation.change_id} has no schedule: nothing to raise")
    peak = replace(
        peak, starts_at=peak.starts_at.astimezone(UTC), ends_at=peak.ends_at.astimezone(UTC)
    )
    _check(peak, now)
    schedule, ours = plan.schedule, actions_of(plan.schedule, remediation.change_id)
    raised_at = peak.starts_at - WARM_UP
    last = raised_at - A_MINUTE
    stem = f"{ours[0].name[:-4]}{PEAK}{peak.starts_at:%Y%m%d%H%M}"
    due = [action for action in ours if _next(action, raised_at) <= peak.ends_at]
    waiting = [replace(action, starts_at=_next(action, peak.ends_at)) for action in due]
    standing_in = [
        replace(action, name=f"{stem}{action.name[-4:]}", ends_at=last)
        for action in due
        if now < last and _next(action, now) <= last
    ]
    if len(ours) + len(standing_in) + 2 > MOST_ACTIONS:
        raise InputError(
            f"more than {MOST_ACTIONS} actions would be needed: ask again on the day of the peak"
        )
    level = max(peak.level, _highest(schedule, raised_at, peak.ends_at))
    after = level_at(schedule, peak.ends_at)
    return (
        *standing_in,
        *waiting,
        ScheduledAction(
            name=f"{stem}-up",
            schedule=_at(raised_at),
            timezone="UTC",
            minimum=level,
            maximum=level,
        ),
        ScheduledAction(
            name=f"{stem}-end",
            schedule=_at(peak.ends_at),
            timezone="UTC",
            minimum=after.minimum,
            maximum=after.maximum,
        ),
    )


def _highest(schedule: WeeklySchedule, start: datetime, end: datetime) -> int:
    """Return the most that the schedule itself would provision before the end."""
    within = [level_at(schedule, start)]
    within += [c for c in schedule.changes if _due(c, schedule, start) < end]
    return max(change.maximum for change in within)


def _check(peak: Peak, now: datetime) -> None:
    if peak.ends_at <= peak.starts_at:
        raise InputError("it ends before it starts: see --from and --until")
    if peak.ends_at - peak.starts_at > LONGEST:
        raise InputError(f"it lasts more than {LONGEST.days} days: let a new schedule be found")
    if peak.starts_at - WARM_UP <= now:
        raise InputError("it starts too soon: an allocation takes ten minutes, see --from")
    if not 0 < peak.level <= MOST:
        raise InputError(f"--at-least is from 1 to {MOST}")


def _at(moment: datetime) -> str:
    """Write a moment in UTC: a local hour that clocks repeat would be two."""
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def _next(action: ScheduledAction, after: datetime) -> datetime:
    """Return when one of our repeating actions is next due, not before a moment."""
    schedule = schedule_of((action,))
    assert schedule is not None, "our own actions can be read back"
    return min(_due(change, schedule, after) for change in schedule.changes)


def _due(change: LevelChange, schedule: WeeklySchedule, after: datetime) -> datetime:
    zone = ZoneInfo(schedule.timezone)
    local = after.astimezone(zone)
    ahead = (change.weekday - local.weekday()) % 7
    day = local.date() + timedelta(days=ahead)
    due = datetime.combine(day, time(change.at.hour, change.at.minute), tzinfo=zone)
    if due.astimezone(UTC) < after:
        later = day + timedelta(days=7)
        due = datetime.combine(later, change.at, tzinfo=zone)
    return due.astimezone(UTC)
