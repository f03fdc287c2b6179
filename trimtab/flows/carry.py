"""How does a change get from the ledger to the function? Read it, approve it anew, open the
function, apply.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import ConflictError, OutsideError, PermanentError, RetryableError
from trimtab.domain.freeze import Freeze
from trimtab.domain.ledger import Entry
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import CANARY_STARTED, CANARY_STOPPED
from trimtab.domain.terms import Direction
from trimtab.pipeline import apply as stage
from trimtab.pipeline.approve import ApprovedRemediation, Refusal, approve
from trimtab.pipeline.freeze import read_freeze
from trimtab.pipeline.on_record import ENDS, OnRecord, read_round
from trimtab.pipeline.record import record_change
from trimtab.pipeline.writing import (
    LEASE,
    Look,
    LookAtVersions,
    ReadReferences,
    not_looked,
    not_read,
)
from trimtab.policy.model import Bundle
from trimtab.ports import Actuator, ApprovalDesk, Clock, Ledger, People, Verifier, Workshop
from trimtab.remediations import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What carrying out a change needs from outside."""

    workshop: Workshop
    ledger: Ledger
    desk: ApprovalDesk
    people: People
    verifier: Callable[[], Verifier]
    bundle: Bundle
    clock: Clock
    holder: str
    """Names this one call: of two at once only one writes (S19)."""
    look: Look = not_looked
    """Judges a function once more before it is removed."""
    look_at_versions: LookAtVersions = not_looked
    """The same for single versions."""
    references: ReadReferences = not_read


def carry(change_id: str, number: int, direction: Direction, bench: Bench) -> Outcome:
    """Apply or undo one round; all it relies on comes from the ledger, nothing from the event.

    A change of which a write was begun and that may not go on is taken back.
    Raises: TamperedError when the chain is not whole; RetryableError to be called again.
    """
    function = str(read_round(bench.ledger, change_id, number).remediation.function)
    now = bench.clock.now()
    if not bench.desk.hold(function, holder=bench.holder, now=now, until=now + LEASE):
        raise RetryableError(f"{function}: another call is writing it; try again later")
    try:
        return _carry(change_id, number, direction, bench)
    finally:
        # A lease that cannot be given back ends by itself; what was done stays as it was answered.
        with suppress(OutsideError):
            bench.desk.let_go(function, holder=bench.holder)


def _carry(change_id: str, number: int, direction: Direction, bench: Bench) -> Outcome:
    """Read the round and go on with it, alone: what is read is what any earlier call left (S19)."""
    known = read_round(bench.ledger, change_id, number)
    if direction is Direction.FORWARD and known.end is not None:
        return _close(known.remediation, known.end, bench)
    applied = known.last("applied")
    if direction is Direction.FORWARD and applied is not None:
        return _applied_before(known, applied, bench)
    freeze = read_freeze(bench.ledger)
    if direction is Direction.FORWARD and freeze.may_pass:
        return Outcome(word=OutcomeWord.WAITING, reason=str(freeze))
    approved = refused = _approve(known, direction, freeze, bench)
    if isinstance(approved, Refusal) and known.has(stage.WRITING):
        direction = Direction.UNDO
        approved = _approve(known, direction, freeze, bench)
    if direction is Direction.UNDO and freeze.stops_undo:
        return Outcome(word=OutcomeWord.WAITING, reason=str(freeze))
    if isinstance(refused, Refusal) and known.has(CANARY_STARTED):
        _stop_canary(known.remediation, refused, bench)
    if isinstance(approved, Refusal) and known.decision is None:
        return Outcome(word=OutcomeWord.NOT_WRITTEN, reason=approved.reason)
    if isinstance(approved, Refusal):
        return _refused(known.remediation, approved, direction, bench)
    return _apply(approved, known, bench)


def _stop_canary(remediation: Remediation, refusal: Refusal, bench: Bench) -> None:
    """Enter why the rest of the traffic may not follow any more: it is said when all is back."""
    now, data = bench.clock.now(), {"reason": refusal.reason}
    record_change(bench.ledger, remediation, CANARY_STOPPED, data, actor=stage.ACTOR, at=now)


def _approve(
    known: OnRecord, direction: Direction, freeze: Freeze, bench: Bench
) -> ApprovedRemediation | Refusal:
    """Approve anew. The way back asks nobody's address: an erasure must not stand in it."""
    addresses: Mapping[str, str] = {}
    if direction is Direction.FORWARD:
        try:
            addresses = bench.people.addresses(known.remediation.approval.approvers)
        except PermanentError as error:
            return Refusal(reason=f"whether its approvers may approve cannot be read: {error}")
    return approve(
        known.remediation,
        known.decision,
        links=known.links,
        addresses=addresses,
        direction=direction,
        verifier=bench.verifier(),
        bundle=bench.bundle,
        freeze=freeze,
        now=bench.clock.now(),
    )


def _apply(approved: ApprovedRemediation, known: OnRecord, bench: Bench) -> Outcome:
    """Open the function and write. One that cannot be opened, and was not written, ends here."""
    remediation = known.remediation
    try:
        actuator = _open(remediation, approved.direction, bench)
    except PermanentError as error:
        if approved.direction is Direction.UNDO or known.has(stage.WRITING):
            raise
        return _refused(remediation, Refusal(reason=str(error)), approved.direction, bench)
    return stage.apply(
        approved,
        stage.Bench(
            actuator=actuator,
            restorer=cache(lambda: _open(remediation, Direction.UNDO, bench)),
            holder=bench.holder,
            ledger=bench.ledger,
            desk=bench.desk,
            bundle=bench.bundle,
            clock=bench.clock,
            look=bench.look,
            look_at_versions=bench.look_at_versions,
            references=bench.references,
        ),
    )


def _open(remediation: Remediation, direction: Direction, bench: Bench) -> Actuator:
    return bench.workshop.open(
        remediation.function,
        session=remediation.execution_name,
        actions=KINDS[remediation.kind].iam_actions,
        direction=direction,
        qualifier=None if remediation.provisioned is None else remediation.provisioned.qualifier,
    )


def _close(remediation: Remediation, ended: Entry, bench: Bench) -> Outcome:
    """Bring the state table in line with an end that is on record already."""
    status, reason = ENDS[ended.event], str(ended.data.get("reason", ""))
    _advance(remediation, status, reason, bench)
    word = OutcomeWord.STALE if status is RoundStatus.STALE else OutcomeWord.NOT_WRITTEN
    return Outcome(word=word, reason=f"it ended before as {status.value}: {reason}")


def _applied_before(known: OnRecord, applied: Entry, bench: Bench) -> Outcome:
    """Answer a forward call for a change that is on record as applied: whatever stops forward
    writes by now takes nothing back that is done (S20). A crash may have kept the state table
    behind.
    """
    remediation = known.remediation
    with suppress(ConflictError):
        bench.desk.advance(
            remediation.change_id,
            remediation.round,
            from_=(RoundStatus.APPLYING,),
            to=RoundStatus.WATCHING,
            applied_at=applied.at,
        )
    word = stage.WORDS.get(known.status, OutcomeWord.NOT_WRITTEN)
    return Outcome(word=word, reason=f"round is {known.status.value}: done")


def _refused(
    remediation: Remediation, refusal: Refusal, direction: Direction, bench: Bench
) -> Outcome:
    """Write down why nothing is written; a forward change that no longer holds is stale (S5)."""
    record_change(
        bench.ledger,
        remediation,
        f"{direction.value}_refused",
        {"reason": refusal.reason},
        actor=stage.ACTOR,
        at=bench.clock.now(),
        key=refusal.reason,
    )
    is_stale = direction is Direction.FORWARD and _advance(
        remediation, RoundStatus.STALE, refusal.reason, bench
    )
    word = OutcomeWord.STALE if is_stale else OutcomeWord.NOT_WRITTEN
    return Outcome(word=word, reason=refusal.reason)


def _advance(remediation: Remediation, status: RoundStatus, note: str, bench: Bench) -> bool:
    """End a round that is approved or being applied; False: it stands elsewhere already."""
    try:
        bench.desk.advance(
            remediation.change_id,
            remediation.round,
            from_=stage.BEGUN,
            to=status,
            note=note,
        )
    except ConflictError:
        return False
    return True
