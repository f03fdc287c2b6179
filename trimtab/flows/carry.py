"""How does a change get from the ledger to the function? Read it, approve it anew, open the
function, apply.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from trimtab.domain.approval import RoundStatus, SignedDecision
from trimtab.domain.errors import ConflictError, NotFoundError, TamperedError
from trimtab.domain.ledger import Entry, chain_faults, change_chain
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import from_wire
from trimtab.pipeline import apply as stage
from trimtab.pipeline.approve import Direction, Refusal, approve
from trimtab.pipeline.record import withdrawn_runs
from trimtab.policy.model import Bundle
from trimtab.ports import ApprovalDesk, Clock, Ledger, Verifier, Workshop
from trimtab.remediations import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What carrying out a change needs from outside."""

    workshop: Workshop
    ledger: Ledger
    desk: ApprovalDesk
    verifier: Callable[[], Verifier]
    bundle: Bundle
    clock: Clock


def carry(change_id: str, number: int, direction: Direction, bench: Bench) -> Outcome:
    """Apply or undo one round; everything it relies on comes from the ledger, nothing from the
    event.

    A change that was begun and may not go on is taken back: nothing is left half done.

    Raises: TamperedError when the chain is not whole; RetryableError to be called again.
    """
    remediation, signed, ended = _from_ledger(change_id, number, bench.ledger)
    if direction is Direction.FORWARD and ended is not None:
        return _close(remediation, ended, bench)
    approved = approve(
        remediation,
        signed,
        direction=direction,
        verifier=bench.verifier(),
        bundle=bench.bundle,
        now=bench.clock.now(),
    )
    if isinstance(approved, Refusal):
        begun = bench.desk.round(change_id, number).status is RoundStatus.APPLYING
        if direction is Direction.FORWARD and begun:
            return carry(change_id, number, Direction.UNDO, bench)
        return _refused(remediation, approved, direction, bench)
    kind = KINDS[remediation.kind]
    actuator = bench.workshop.open(
        remediation.function, session=remediation.execution_name, actions=kind.iam_actions
    )
    return stage.apply(
        approved,
        stage.Bench(
            actuator=actuator,
            ledger=bench.ledger,
            desk=bench.desk,
            bundle=bench.bundle,
            clock=bench.clock,
        ),
    )


ENDS = {
    "stale": RoundStatus.STALE,
    "forward_refused": RoundStatus.STALE,
    "not_written": RoundStatus.NOT_WRITTEN,
    "undone": RoundStatus.UNDONE,
    "undo_stopped": RoundStatus.UNDO_STOPPED,
}
"""Entries after which a round is never applied again, whatever the state table says of it."""


def _close(remediation: Remediation, ended: Entry, bench: Bench) -> Outcome:
    """Bring the state table in line with an end that is on record already."""
    status, reason = ENDS[ended.event], str(ended.data.get("reason", ""))
    with suppress(ConflictError):
        bench.desk.advance(
            remediation.change_id,
            remediation.round,
            from_=(RoundStatus.APPROVED, RoundStatus.APPLYING),
            to=status,
            note=reason,
        )
    word = OutcomeWord.STALE if status is RoundStatus.STALE else OutcomeWord.NOT_WRITTEN
    return Outcome(word=word, reason=f"it ended before as {status.value}: {reason}")


def _from_ledger(
    change_id: str, number: int, ledger: Ledger
) -> tuple[Remediation, SignedDecision | None, Entry | None]:
    """Return the change, its decision, and the entry that ended the round, as far as there are."""
    chain = change_chain(change_id)
    entries, head = ledger.entries(chain), ledger.head(chain)
    if not entries and head is None:
        raise NotFoundError(f"there is no change {change_id}")
    faults = chain_faults(entries, head)
    if faults:
        raise TamperedError(f"{chain}, entry {faults[0].seq}: {faults[0].what}")
    proposals = (
        from_wire(Remediation, entry.data["remediation"])
        for entry in _of_round(entries, "proposed", number)
    )
    withdrawn = withdrawn_runs(entries, number)
    opened = [proposal for proposal in proposals if proposal.run_id not in withdrawn]
    if not opened:
        raise NotFoundError(f"{chain} has no round {number}")
    decided = _of_round(entries, "decided", number)
    signed = from_wire(SignedDecision, decided[0].data["signed"]) if decided else None
    ends = [e for event in ENDS for e in _of_round(entries, event, number)]
    return opened[-1], signed, ends[-1] if ends else None


def _of_round(entries: Sequence[Entry], event: str, number: int) -> list[Entry]:
    return [e for e in entries if e.event == event and e.data["round"] == number]


def _refused(
    remediation: Remediation, refusal: Refusal, direction: Direction, bench: Bench
) -> Outcome:
    """Write down why nothing is written; a forward change that no longer holds is stale (S5)."""
    bench.ledger.append(
        change_chain(remediation.change_id),
        event=f"{direction.value}_refused",
        actor=stage.ACTOR,
        data={"round": remediation.round, "reason": refusal.reason},
        at=bench.clock.now(),
        function=str(remediation.function),
        once=f"r{remediation.round}-{direction.value}-refused-{refusal.reason}",
    )
    if direction is Direction.FORWARD:
        try:
            bench.desk.advance(
                remediation.change_id,
                remediation.round,
                from_=(RoundStatus.APPROVED,),
                to=RoundStatus.STALE,
                note=refusal.reason,
            )
        except ConflictError:
            return Outcome(word=OutcomeWord.NOT_WRITTEN, reason=refusal.reason)
        return Outcome(word=OutcomeWord.STALE, reason=refusal.reason)
    return Outcome(word=OutcomeWord.NOT_WRITTEN, reason=refusal.reason)
