"""What speaks against the next stage of a removal, on fresh reads, and how does it end? (S5)"""

from datetime import datetime, timedelta

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import PermanentError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome
from trimtab.domain.remediation import Remediation
from trimtab.pipeline.approve import why_not_by_its_tags
from trimtab.pipeline.ending import end
from trimtab.pipeline.letting_go import let_go, remember
from trimtab.pipeline.on_record import OnRecord
from trimtab.pipeline.preflight import why_runtime_blocks
from trimtab.pipeline.removal_backup import read_back, why_differs, why_not_restorable
from trimtab.pipeline.removal_record import LAST_CALL, everybody_told_at, throttled_since
from trimtab.pipeline.writing import Bench
from trimtab.remediations import KINDS
from trimtab.remediations.remove_function import plan_of, why_not_as_quarantined

REMOVING = (
    RoundStatus.APPROVED,
    RoundStatus.NOTICE,
    RoundStatus.QUARANTINE,
    RoundStatus.APPLYING,
)
"""Where a removal may stand when it goes on."""


def why_not_on(remediation: Remediation, bench: Bench, state: FunctionState) -> str | None:
    """Say why the function is not what was approved, by its tags, its runtime and itself."""
    tags = why_not_by_its_tags(remediation, bench.bundle, tags=state.tags, now=bench.clock.now())
    return (
        tags
        or why_runtime_blocks(state.runtime, bench.bundle.runtimes, at=bench.clock.now())
        or KINDS[remediation.kind].stale(remediation, state)
    )


def why_not_unused(remediation: Remediation, bench: Bench) -> str | None:
    """Judge it anew by its policy; what cannot be judged does not hold (S8).

    Raises: RetryableError when the same call should be made again.
    """
    try:
        return bench.look(remediation)
    except PermanentError as error:
        return f"whether it is still unused cannot be known: {error}"


def why_not_deleted(
    known: OnRecord, bench: Bench, state: FunctionState, *, backed_up_since: datetime
) -> str | None:
    """Say what speaks against the deletion at the end of a quarantine."""
    remediation, now = known.remediation, bench.clock.now()
    tags = why_not_by_its_tags(remediation, bench.bundle, tags=state.tags, now=now)
    why = tags or why_not_as_quarantined(remediation, state)
    if why is not None:
        return why
    last = read_back(known, since=backed_up_since)
    if last is None:
        return "it could not be backed up and read back once more"
    return (
        why_differs(last)
        or why_not_restorable(last)
        or _why_not_told(known, now=now)
        or _why_outside(remediation, now=now)
        or why_not_unused(remediation, bench)
    )


def _why_not_told(known: OnRecord, *, now: datetime) -> str | None:
    last_call = plan_of(known.remediation).last_call
    told_at = everybody_told_at(known, LAST_CALL)
    if told_at is not None and now - told_at >= last_call:
        return None
    hours = last_call / timedelta(hours=1)
    return f"its approvers were not told {hours:.0f} hours before that it would be deleted"


def _why_outside(remediation: Remediation, *, now: datetime) -> str | None:
    window = remediation.window
    if window is None or window.is_open(now):
        return None
    return f"its change window is closed until {window.opens_at(now).isoformat()}"


def give_way(known: OnRecord, bench: Bench, reason: str) -> Outcome:
    """End a removal: let the function go if it may be in quarantine, and leave it alone a while."""
    if throttled_since(known) is not None:
        return let_go(known, bench, reason)
    remember(known, bench)
    return end(known.remediation, bench, RoundStatus.STALE, reason, from_=REMOVING)
