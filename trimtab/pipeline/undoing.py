"""How is a change taken back? Our share of the traffic first, then what it wrote, unless somebody
else changed the function since (S13).

It runs under a status of its own, in the role that may only put back.
"""

from dataclasses import replace

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import ConflictError, NotFoundError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.round_events import CANARY_STARTED
from trimtab.domain.wire import to_wire
from trimtab.pipeline.canary import is_being_undone, why_modified, why_moved
from trimtab.pipeline.ending import end, move, overtaken, waiting
from trimtab.pipeline.on_record import OnRecord
from trimtab.pipeline.writing import (
    Bench,
    Ended,
    adopt,
    back,
    canary_versions,
    carry_out,
    published_version,
    record,
    without_canary,
)
from trimtab.remediations import KINDS

UNDOABLE = (
    RoundStatus.APPLYING,
    RoundStatus.CANARY,
    RoundStatus.NOTICE,
    RoundStatus.QUARANTINE,
    RoundStatus.WATCHING,
    RoundStatus.VERIFIED,
    RoundStatus.UNPROVEN,
    RoundStatus.UNDO_STOPPED,
    RoundStatus.UNDOING,
)
"""Where a round may stand for its undo to begin, or to go on."""


def put_back(known: OnRecord, bench: Bench, reason: str) -> Outcome:
    """Undo under a status of its own, which holds the lock of the function until it has ended."""
    remediation = known.remediation
    try:
        move(remediation, bench, from_=UNDOABLE, to=RoundStatus.UNDOING)
    except ConflictError as error:
        return Outcome(word=OutcomeWord.NOT_WRITTEN, reason=str(error))
    stops = sum(1 for e in known.entries if e.event == RoundStatus.UNDO_STOPPED.value)
    data = {"undo": to_wire(remediation.undo)}
    record(remediation, bench, "undo_intended", data, key=str(stops or ""))
    bench = replace(bench, actuator=bench.restorer())
    try:
        bench.actuator.settle()
    except NotFoundError as error:
        gone = f"nothing is left to take back: {error}"
        return end(remediation, bench, RoundStatus.GIVEN_UP, gone, from_=(RoundStatus.UNDOING,))
    ended = _without_canary(known, bench) or _why_not_put_back(known, bench)
    ended = ended or carry_out(remediation, bench, back(remediation), while_=RoundStatus.UNDOING)
    if ended.is_overtaken:
        return overtaken(remediation, bench)
    if ended.is_waiting:
        return waiting(ended)
    undoing = (RoundStatus.UNDOING,)
    if ended.stopped is not None:
        is_undo = known.has("applied")
        why = ended.stopped if is_undo else _with_reason(reason, ended.stopped)
        word = OutcomeWord.NOT_WRITTEN if is_undo else OutcomeWord.UNKNOWN
        return end(remediation, bench, RoundStatus.UNDO_STOPPED, why, from_=undoing, word=word)
    if not (known.has("applied") or known.has(CANARY_STARTED)):
        return end(remediation, bench, RoundStatus.NOT_WRITTEN, reason, from_=undoing)
    bench.desk.remember(
        remediation.finding_id,
        cooling_until=bench.clock.now() + remediation.rests_for,
        refuse_change=remediation.change_id,
    )
    return end(remediation, bench, RoundStatus.UNDONE, reason, from_=undoing)


def _with_reason(reason: str, stopped: str) -> str:
    """Say why it was taken back and what stopped that, once where both are the same."""
    return reason if reason.endswith(stopped) else f"{reason}; taking it back: {stopped}"


def _without_canary(known: OnRecord, bench: Bench) -> Ended | None:
    """Take the traffic of our canary away, whatever else somebody changed (S13); an answer says
    why it could not be.
    """
    ours, undoing = canary_versions(known.entries), RoundStatus.UNDOING
    if not ours:
        return None
    leg = without_canary(known.remediation, ours)
    ended = carry_out(known.remediation, bench, leg, while_=undoing)
    return ended if ended.stopped is not None else None


def _why_not_put_back(known: OnRecord, bench: Bench) -> Ended | None:
    """Say what keeps the first write of an undo from being made: somebody else's change (S13), or
    one that nobody vouched for as ours (S26). Who tries a stopped undo again has seen that.
    """
    remediation, state = known.remediation, bench.actuator.settle()
    published = published_version(remediation, bench)
    foreign = KINDS[remediation.kind].foreign_change(remediation, state, published)
    since = foreign or _changed_since(known, state)
    if since is not None:
        return Ended(state=state, written=0, stopped=since, is_foreign=True)
    if is_being_undone(known) or known.has(RoundStatus.UNDO_STOPPED.value):
        return None
    return adopt(remediation, bench, state, published)


def _changed_since(known: OnRecord, state: FunctionState) -> str | None:
    """Say whether somebody changed the function after our last write, in whatever setting: its
    environment cannot be compared, but its last modification can. A person who tries a stopped undo
    again has seen that.
    """
    if is_being_undone(known) or known.has(RoundStatus.UNDO_STOPPED.value):
        return None
    return why_moved(known, state) or why_modified(known, state)
