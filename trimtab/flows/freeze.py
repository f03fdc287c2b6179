"""What does a freeze leave exposed, and what does a person do about a refused change? (S20, S25)"""

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.errors import ConflictError, NotFoundError
from trimtab.domain.remediation import before_id
from trimtab.pipeline.record import record_change
from trimtab.ports import ApprovalDesk, Clock, Ledger

EXPOSED = (
    RoundStatus.APPLYING,
    RoundStatus.CANARY,
    RoundStatus.QUARANTINE,
    RoundStatus.WATCHING,
    RoundStatus.UNDOING,
    RoundStatus.UNDO_STOPPED,
)
"""Where a function carries a change that only an undo takes back."""


UNHELD = (RoundStatus.STALE, RoundStatus.NOT_WRITTEN)
"""Ends after which a change is proposed again by itself."""


def exposed(desk: ApprovalDesk) -> tuple[Round, ...]:
    """Return the rounds that a hard freeze leaves without a way back."""
    return desk.open_rounds(EXPOSED)


def allow(
    change_id: str, *, by: str, why: str, desk: ApprovalDesk, ledger: Ledger, clock: Clock
) -> Round:
    """Let a change be proposed again that was rejected, taken back or undone by somebody else.

    On record first. It is only proposed again where its policy still finds it, and asked about like
    any other.
    Raises: NotFoundError; ConflictError when the change is open, or nothing holds it back.
    """
    record = desk.last_round(change_id)
    if record is None:
        raise NotFoundError(f"there is no change {change_id!r}: give its id, whole")
    remediation = record.remediation
    if record.status.is_open:
        raise ConflictError(
            f"{remediation.execution_name} is {record.status.value}: it is still open"
        )
    if record.status in UNHELD:
        name, status = remediation.execution_name, record.status.value.replace("_", " ")
        raise ConflictError(f"{name} is {status}: nothing holds it back, a scan may propose it")
    now = clock.now()
    data = {"why": why}
    record_change(ledger, remediation, "allowed", data, actor=by, at=now, key=now.isoformat())
    began = before_id(remediation.before)
    desk.forgive(remediation.finding_id, change_id, applied_from=began)
    return record
