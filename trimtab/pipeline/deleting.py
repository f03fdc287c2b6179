"""How is a function deleted, exactly once, and known to be gone? The end of a removal (S6, S26).

The intent is on record first; from then on the function is either still there, and the deletion is
made, or it is gone, and CloudTrail is asked whose doing that was.
"""

from datetime import datetime

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import ConflictError, NotFoundError, OutsideError, RetryableError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import DELETION_INTENDED
from trimtab.domain.step import DeleteFunction, read_step
from trimtab.domain.terms import Direction
from trimtab.pipeline.ending import end, move, overtaken, waiting
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.removal_backup import first_proof
from trimtab.pipeline.removal_checks import REMOVING, give_way
from trimtab.pipeline.removal_record import deletion_of, why_stopped
from trimtab.pipeline.writing import TRAIL_WITHIN, Bench, Leg, carry_out, record
from trimtab.remediations.remove_function import why_not_as_quarantined

GONE = "gone"


def begin(known: OnRecord, bench: Bench) -> Outcome:
    """Enter that everything was checked, then delete."""
    remediation = known.remediation
    data = {"backup_id": first_proof(known)["backup_id"]}
    record(remediation, bench, DELETION_INTENDED, data)
    try:
        move(remediation, bench, from_=REMOVING, to=RoundStatus.APPLYING)
    except ConflictError:
        return overtaken(remediation, bench)
    return delete(read_round(bench.ledger, remediation.change_id, remediation.round), bench)


def delete(known: OnRecord, bench: Bench) -> Outcome:
    """Delete what is still there and as it was checked; conclude when it is gone.

    Raises: RetryableError when the same call should be made again.
    """
    remediation = known.remediation
    try:
        ended = carry_out(
            remediation, bench, _to_deletion(remediation, bench), while_=RoundStatus.APPLYING
        )
    except NotFoundError:
        return conclude(remediation, bench)
    if ended.is_overtaken:
        return overtaken(remediation, bench)
    if ended.is_waiting:
        return waiting(ended)
    now = read_round(bench.ledger, remediation.change_id, remediation.round)
    return give_way(now, bench, ended.stopped or "it is still there")


def _to_deletion(remediation: Remediation, bench: Bench) -> Leg:
    """Look once more, just before the call, at the function and at whether anybody keeps it."""
    step = DeleteFunction(code_sha256=remediation.before.configuration.code_sha256)

    def pick(state: FunctionState, published: str | None) -> DeleteFunction:
        return step

    return Leg(
        direction=Direction.FORWARD,
        pick=pick,
        foreign=lambda state, _: (
            why_stopped(read_round(bench.ledger, remediation.change_id, remediation.round))
            or why_not_as_quarantined(remediation, state)
        ),
    )


def is_gone(bench: Bench) -> bool:
    try:
        bench.actuator.state()
    except NotFoundError:
        return True
    return False


def conclude(remediation: Remediation, bench: Bench) -> Outcome:
    """End the round of a function that is gone, and say by whose doing."""
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    intended = deletion_of(known)
    if intended is None:
        why = "somebody else deleted it"
        return end(remediation, bench, RoundStatus.GIVEN_UP, why, from_=REMOVING)
    whose = _whose(known, bench, intended_at=intended.at)
    if whose is None:
        why = "it is gone; CloudTrail does not name whose doing that was yet"
        return Outcome(word=OutcomeWord.WAITING, reason=why)
    backup_id = first_proof(known)["backup_id"]
    record(remediation, bench, GONE, {"backup_id": backup_id, "deleted_by": whose})
    bench.desk.remember(
        remediation.finding_id, cooling_until=bench.clock.now() + remediation.rests_for
    )
    reason = f"it is deleted ({whose}); trimtab restore brings back what can be"
    return end(
        remediation, bench, RoundStatus.REMOVED, reason, from_=(*REMOVING, RoundStatus.UNDOING)
    )


def _whose(known: OnRecord, bench: Bench, *, intended_at: datetime) -> str | None:
    """Ask CloudTrail, which lags; None: it may still tell. Without it our own record counts."""
    entries = [e for e in known.entries if e.event.startswith("forward_step_")]
    deletions = [e for e in entries if e.data["step"]["is"] == DeleteFunction.__name__]
    step = read_step(deletions[-1].data["step"])
    try:
        if bench.actuator.made(step, since=deletions[0].at):
            return "by our session, as CloudTrail says"
        said = "CloudTrail does not name our session"
    except RetryableError:
        raise
    except OutsideError as error:
        said = f"CloudTrail could not be asked: {error}"
    if bench.clock.now() < intended_at + TRAIL_WITHIN:
        return None
    is_written = any(e.event == "forward_step_written" for e in deletions)
    answer = "Lambda took our call" if is_written else "our call got no answer"
    return f"{answer}, but {said}"
