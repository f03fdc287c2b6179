"""What was left half done? Expires rounds nobody answered and tells executions that were not told
(S4, S6).
"""

from dataclasses import dataclass

from trimtab.domain.approval import UNTOLD, RoundStatus
from trimtab.flows.decide import expire, settle
from trimtab.ports import ApprovalDesk, Clock, Executions, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """How many rounds were expired and how many waiting executions were told."""

    expired: int
    told: int


def reconcile(
    desk: ApprovalDesk, ledger: Ledger, executions: Executions, clock: Clock
) -> Reconciled:
    """Walk the open rounds once. Everything it does is safe to repeat."""
    expired, told = 0, 0
    for listed in desk.open_rounds((RoundStatus.PROPOSED, RoundStatus.APPROVED, *UNTOLD)):
        now = clock.now()
        record = desk.round(listed.remediation.change_id, listed.remediation.round)
        after = expire(record, desk, now=now)
        expired += after.status is RoundStatus.EXPIRED and record.status is RoundStatus.PROPOSED
        if after.decision is not None and not after.signalled:
            told += settle(after, ledger, desk, executions, at=now)
    return Reconciled(expired=expired, told=told)
