"""What when a change can neither be finished nor taken back? A person lets it go (S13).

The function may be gone, its account may have left, or its owner may want it as it is now. Nothing
is written to the function.
"""

from contextlib import suppress

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.digest import content_id
from trimtab.domain.errors import ConflictError, NotFoundError
from trimtab.flows.freeze import EXPOSED
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import record_change
from trimtab.ports import ApprovalDesk, Clock, Ledger

INSTEAD = {
    RoundStatus.PROPOSED: "nothing was written: reject it, or let it expire",
    RoundStatus.APPROVED: "nothing was written: freeze, or take its function out of the policy",
    RoundStatus.NOTICE: "nothing was written: keep it, with trimtab undo",
    RoundStatus.QUARANTINE: "it takes no calls: let it go first, with trimtab undo",
    RoundStatus.CANARY: "a share of its traffic tries it: take that back first, with trimtab undo",
}


def give_up(
    change_id: str, *, by: str, why: str, desk: ApprovalDesk, ledger: Ledger, clock: Clock
) -> Round:
    """End a change of which something was, or may have been, written, and free its function.

    On record first: after a crash the reconciler ends it in the state table. Repeating is harmless.
    Raises: NotFoundError; ConflictError when nothing of it was written, or a share of the traffic
    would go on to what nobody watches any more.
    """
    record = desk.last_round(change_id)
    if record is None:
        raise NotFoundError(f"there is no change {change_id!r}: give its id, whole")
    number = record.remediation.round
    known = read_round(ledger, change_id, number)
    if known.status is not RoundStatus.GIVEN_UP:
        if known.status not in EXPOSED or known.status in INSTEAD:
            name, status = known.remediation.execution_name, known.status
            why_not = INSTEAD.get(status, "it has ended")
            raise ConflictError(f"{name} is {status.value.replace('_', ' ')}: {why_not}")
        plan = known.remediation.removal
        is_held = plan is not None and not plan.versions
        if is_held and known.status is RoundStatus.APPLYING:
            raise ConflictError(
                f"{known.remediation.execution_name}: {INSTEAD[RoundStatus.QUARANTINE]}"
            )
        data, key = {"reason": why}, content_id(why)
        record_change(
            ledger, known.remediation, "given_up", data, actor=by, at=clock.now(), key=key
        )
    with suppress(ConflictError):
        return desk.advance(change_id, number, from_=EXPOSED, to=RoundStatus.GIVEN_UP, note=why)
    return desk.round(change_id, number)
