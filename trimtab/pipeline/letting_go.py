"""How is a function let go that was to be removed? At once, whatever else is known (S13, S15).

It neither waits for a settled function nor asks whose write it was: nothing needs an owner to take
calls again. The limit is removed first, even where a read does not show it, because a read may lag
behind our own write; then what was reserved is set again, unless somebody set something else.
"""

from dataclasses import replace

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import (
    ConflictError,
    NotFoundError,
    OutsideError,
    PermanentError,
    RetryableError,
    WriteUnknownError,
)
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.round_events import REMOVAL_STOPPED
from trimtab.domain.step import SetReserved
from trimtab.domain.terms import Direction
from trimtab.domain.wire import to_wire
from trimtab.pipeline.ending import end, move, overtaken
from trimtab.pipeline.freeze import read_freeze
from trimtab.pipeline.gone import OPEN, conclude, is_gone
from trimtab.pipeline.on_record import OnRecord
from trimtab.pipeline.removal_record import throttled_since
from trimtab.pipeline.removal_signs import KEPT
from trimtab.pipeline.writing import Bench, record
from trimtab.remediations.remove_function import plan_of

DELETING = "Deleting"
"""Source: Lambda API, State (botocore 1.44.5)."""


def let_go(known: OnRecord, bench: Bench, reason: str) -> Outcome:
    """End a removal before its deletion, under a status of its own.

    Raises: RetryableError when the same call should be made again.
    """
    remediation = known.remediation
    try:
        move(remediation, bench, from_=OPEN, to=RoundStatus.UNDOING)
    except ConflictError:
        return overtaken(remediation, bench)
    stops = sum(1 for e in known.entries if e.event == RoundStatus.UNDO_STOPPED.value)
    data = {"undo": to_wire(remediation.undo)}
    record(remediation, bench, "undo_intended", data, key=str(stops or ""))
    undoing = (RoundStatus.UNDOING,)
    if throttled_since(known) is None:
        remember(known, bench)
        return end(remediation, bench, RoundStatus.NOT_WRITTEN, reason, from_=undoing)
    freeze = read_freeze(bench.ledger)
    if freeze.stops_undo:
        return Outcome(word=OutcomeWord.WAITING, reason=str(freeze))
    bench = replace(bench, actuator=bench.restorer())
    try:
        _free(known, bench)
    except NotFoundError as error:
        if not is_gone(bench):
            raise RetryableError(f"{remediation.function}: {error}") from error
        return conclude(remediation, bench)
    except PermanentError as error:
        why = f"{reason}; letting it go: {error}"
        word = OutcomeWord.UNKNOWN
        return end(remediation, bench, RoundStatus.UNDO_STOPPED, why, from_=undoing, word=word)
    remember(known, bench)
    return end(remediation, bench, RoundStatus.UNDONE, reason, from_=undoing)


def _free(known: OnRecord, bench: Bench) -> None:
    """Remove the limit, then set what was reserved before.

    Raises: NotFoundError when there is no function; PermanentError; RetryableError.
    """
    before = plan_of(known.remediation).reserved
    state = _read(bench)
    if state is not None and state.state == DELETING:
        raise RetryableError(f"{known.remediation.function} is being deleted: look again")
    if state is not None and state.reserved_concurrency not in (0, None, before):
        return
    _write(known, bench, SetReserved(reserved=None))
    if before is not None:
        _write(known, bench, SetReserved(reserved=before))


def _read(bench: Bench) -> FunctionState | None:
    """Read what is reserved now; None: it cannot be read, which keeps nobody from letting go."""
    try:
        return bench.actuator.state()
    except (NotFoundError, RetryableError):
        raise
    except OutsideError:
        return None


def _write(known: OnRecord, bench: Bench, step: SetReserved) -> None:
    data = {"step": to_wire(step), "revision_id": ""}
    key = f"{step.reserved}"
    record(known.remediation, bench, f"{Direction.UNDO.value}_step_intended", data, key=key)
    try:
        bench.actuator.write(step, state=None)
    except WriteUnknownError as error:
        raise RetryableError(f"{step} got no clear answer: it is made again") from error
    record(known.remediation, bench, f"{Direction.UNDO.value}_step_written", data, key=key)


def remember(known: OnRecord, bench: Bench) -> None:
    """Leave the function alone for a while; what a person kept is not proposed again (S25)."""
    remediation, stopped = known.remediation, known.last(REMOVAL_STOPPED)
    by_person = stopped is None or stopped.data["what"] == KEPT
    bench.desk.remember(
        remediation.finding_id,
        cooling_until=bench.clock.now() + remediation.rests_for,
        refuse_change=remediation.change_id if by_person else None,
    )
