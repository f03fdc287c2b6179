"""Did a person who was asked really decide this? Ids, time, asker, link and signature (S1)."""

from collections.abc import Mapping

from trimtab.domain.approval import Decision, DecisionWord, SignedDecision
from trimtab.domain.remediation import Remediation
from trimtab.domain.sign_in import HOLDS_FOR
from trimtab.domain.terms import IRREVERSIBLE, Identity
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
    unproven = _why_unproven(decision, remediation)
    if unproven is not None:
        return unproven
    if not verifier.holds(decision.message(), signature=signed.signature, key_id=signed.key_id):
        return "the signature of the decision does not hold"
    return None


def _why_untimely(decision: Decision, remediation: Remediation) -> str | None:
    if decision.decided_at < remediation.planned_at:
        return "it was decided before it was planned: the decision is of another time"
    if decision.decided_at >= remediation.expires_at:
        return f"it was decided after it had expired at {remediation.expires_at.isoformat()}"
    return None


def _why_unproven(decision: Decision, remediation: Remediation) -> str | None:
    """Say what a yes lacks that the round asks for. A no needs the link alone."""
    if decision.word is not DecisionWord.APPROVED:
        return None
    signed_in = decision.signed_in
    if (decision.auth == Identity.SIGN_IN) != (signed_in is not None):
        return f"it says auth {decision.auth}, and its sign-in says otherwise"
    if signed_in is None:
        is_asked = remediation.approval.identity is Identity.SIGN_IN
        asks = is_asked or remediation.kind in IRREVERSIBLE
        return f"it asks for a sign-in, and auth is {decision.auth}" if asks else None
    if not signed_in.at <= decision.decided_at < signed_in.at + HOLDS_FOR:
        return f"the sign-in of {signed_in.at.isoformat()} did not hold when it was decided"
    return None
