"""Is what a schedule provisions there before it is needed? Looked at five minutes before each rise.

A rise is fired ten minutes early, and none of an allocation can be used before all of it is there.
What is missing by then will not be there in time: a person is called, once for each rise.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from trimtab.domain.fleet import FunctionState, provisioned_of
from trimtab.domain.provisioned import LevelChange, WeeklySchedule
from trimtab.domain.provisioned_week import level_at
from trimtab.domain.remediation import Remediation
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.provisioned_watch import state_of
from trimtab.pipeline.record import record_change
from trimtab.ports import FunctionSource, Ledger

ACTOR = "trimtab-watch"
BELOW_PLAN = "below_plan"

LOOKED_FROM, LOOKED_UNTIL = timedelta(minutes=5), timedelta(minutes=10)
"""After a rise was fired: it is needed ten minutes after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowPlan:
    """A rise that will not be there in time."""

    remediation: Remediation
    level: int
    allocated: int
    why: str


def rise_due(schedule: WeeklySchedule, *, now: datetime) -> LevelChange | None:
    """Return the rise that is needed within five minutes; None: none is."""
    change = level_at(schedule, now)
    local = now.astimezone(ZoneInfo(schedule.timezone))
    fired = local.replace(hour=change.at.hour, minute=change.at.minute, second=0, microsecond=0)
    is_due = LOOKED_FROM <= local - fired < LOOKED_UNTIL
    if local.weekday() != change.weekday or not is_due:
        return None
    before = schedule.changes[schedule.changes.index(change) - 1]
    return change if change.minimum > before.minimum else None


def look(
    remediation: Remediation,
    state: FunctionState,
    source: FunctionSource,
    ledger: Ledger,
    *,
    now: datetime,
) -> BelowPlan | None:
    """Look at one schedule whose rise is due; what is missing is entered once, and returned once.

    Raises: OutsideError when Application Auto Scaling cannot be asked why.
    """
    plan = remediation.provisioned
    schedule = None if plan is None else plan.schedule
    rise = None if schedule is None else rise_due(schedule, now=now)
    if plan is None or schedule is None or rise is None:
        return None
    there = provisioned_of(state, plan.qualifier)
    if there.allocated >= rise.minimum:
        return None
    known = read_round(ledger, remediation.change_id, remediation.round)
    day = now.astimezone(ZoneInfo(schedule.timezone)).date().isoformat()
    key = f"{day}T{rise.at.isoformat()}"
    if any(e.event == BELOW_PLAN and e.data["rise"] == key for e in known.entries):
        return None
    said = source.capacity.last_scaling(remediation.function, plan.qualifier)
    why = said or f"{there.status}, {there.requested} asked for"
    data = {"rise": key, "level": rise.minimum, "allocated": there.allocated, "why": why}
    record_change(ledger, remediation, BELOW_PLAN, data, actor=ACTOR, at=now, key=key)
    return BelowPlan(
        remediation=remediation, level=rise.minimum, allocated=there.allocated, why=why
    )


def late_rises(
    remediation: Remediation, source: FunctionSource, ledger: Ledger, *, now: datetime
) -> tuple[BelowPlan, ...]:
    """Look whether what a schedule provisions is there before it is needed, where a rise is due.

    Raises: OutsideError when the alias cannot be read.
    """
    plan = remediation.provisioned
    schedule = None if plan is None else plan.schedule
    if schedule is None or rise_due(schedule, now=now) is None:
        return ()
    found = look(remediation, state_of(source, remediation), source, ledger, now=now)
    return () if found is None else (found,)
