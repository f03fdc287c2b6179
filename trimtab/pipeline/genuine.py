"""Did a person who was asked really decide this? Ids, time, asker, link and signature (S1)."""

from collections.abc import Mapping

from trimtab.domain.approval import Decision, SignedDecision
from trimtab.domain.remediation import Remediation
from trimtab.ports import Verifier


def why_not_genuine(
    remediation: Remediation,
    signed: SignedDecision,
    links: Mapping[str, str],
    verifier: Verifier,
) -> str | None:
    """Say why a person's yes or no on this round does not count; None: it does (S1)."""
    decision = signed.decision
    if (decision.change_id, decision.round) != (remediation.change_id, remediation.round):
        return f"the decision is about {decision.change_id}, round {decision.round}"
    timing = _why_untimely(decision, remediation)
    if timing is not None:
        return timing
    if decision.approver not in remediation.approval.approvers:
        return f"{decision.approver} was not asked to approve it"
    if links.get(decision.token_hash) != decision.approver:
        return f"no link on record was sent to {decision.approver} that decided this"
    if not verifier.holds(decision.message(), signature=signed.signature, key_id=signed.key_id):
        return "the signature of the decision does not hold"
    return None


def _why_untimely(decision: Decision, remediation: Remediation) -> str | None:
    if decision.decided_at < remediation.planned_at:
        return "it was decided before it was planned: the decision is of another time"
    if decision.decided_at >= remediation.expires_at:
        return f"it was decided after it had expired at {remediation.expires_at.isoformat()}"
    return None
