"""Is a function gone, and by whose doing? One read that finds nothing is not believed (S6, S26)."""

from collections.abc import Sequence
from datetime import datetime

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import NotFoundError, OutsideError, RetryableError
from trimtab.domain.ledger import Entry
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import DeleteFunction, read_step
from trimtab.pipeline.ending import end
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.removal_backup import first_proof
from trimtab.pipeline.removal_record import deletion_of
from trimtab.pipeline.writing import TRAIL_WITHIN, Bench, record

GONE = "gone"

LOOKS = 3
"""How often in a row a function must not be found; chosen."""

OPEN = (
    RoundStatus.APPROVED,
    RoundStatus.APPLYING,
    RoundStatus.NOTICE,
    RoundStatus.QUARANTINE,
    RoundStatus.UNDO_STOPPED,
    RoundStatus.UNDOING,
)
"""Where a removal may stand while it is not over."""


def is_gone(bench: Bench) -> bool:
    """Tell whether several reads in a row find no function."""
    for _ in range(LOOKS):
        try:
            bench.actuator.state()
        except NotFoundError:
            continue
        return False
    return True


def conclude(remediation: Remediation, bench: Bench) -> Outcome:
    """End the round of a function that is gone, and say by whose doing."""
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    intended = deletion_of(known)
    if intended is None:
        why = "somebody else deleted it"
        return end(remediation, bench, RoundStatus.GIVEN_UP, why, from_=OPEN)
    steps = [e for e in known.entries if e.event.startswith("forward_step_")]
    deletions = [e for e in steps if e.data["step"]["is"] == DeleteFunction.__name__]
    whose = whose_doing(deletions, bench, intended_at=intended.at)
    if whose is None:
        why = "it is gone; CloudTrail does not name whose doing that was yet"
        return Outcome(word=OutcomeWord.WAITING, reason=why)
    backup_id = first_proof(known)["backup_id"]
    record(remediation, bench, GONE, {"backup_id": backup_id, "deleted_by": whose})
    bench.desk.remember(
        remediation.finding_id, cooling_until=bench.clock.now() + remediation.rests_for
    )
    reason = f"it is deleted ({whose}); trimtab restore brings back what can be"
    return end(remediation, bench, RoundStatus.REMOVED, reason, from_=OPEN)


def whose_doing(deletions: Sequence[Entry], bench: Bench, *, intended_at: datetime) -> str | None:
    """Ask CloudTrail, which lags; None: it may still tell. Without it our own record counts.
    `deletions` are the entries of this one deletion.
    """
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
