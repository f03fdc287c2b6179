"""May this change be written? Stage 5 of 8: remediation + signed decision → ApprovedRemediation,
or a refusal.

The gate is a type: `apply` takes nothing else, and nothing but `approve` can build one (S1). It is
built anew from the ledger inside `apply`, never read back from storage.
"""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from datetime import datetime

from trimtab.domain.approval import DecisionWord, SignedDecision
from trimtab.domain.evidence import Known
from trimtab.domain.freeze import Freeze
from trimtab.domain.person import ERASED
from trimtab.domain.remediation import Remediation, digest_holds
from trimtab.domain.terms import Direction, Identity, Mode
from trimtab.pipeline.genuine import why_not_genuine
from trimtab.policy.evaluate import in_scope
from trimtab.policy.exemption_rules import exemption_for
from trimtab.policy.fleet_rules import allowed_address, effective_mode, is_unmanaged
from trimtab.policy.model import Bundle, Policy
from trimtab.policy.tool_tags import tool_in_tags
from trimtab.ports import Verifier

_SEAL = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedRemediation:
    """A remediation that a person approved, whose signature was checked just now."""

    remediation: Remediation
    decision: SignedDecision
    direction: Direction
    seal: InitVar[object]
    """Kept nowhere, so that no copy with another remediation passes the gate either."""

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only approve() builds an ApprovedRemediation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing is written, for people."""

    reason: str


def approve(  # noqa: PLR0913 - all that a yes depends on
    remediation: Remediation,
    signed: SignedDecision | None,
    *,
    links: Mapping[str, str],
    addresses: Mapping[str, str],
    direction: Direction,
    verifier: Verifier,
    bundle: Bundle,
    freeze: Freeze,
    now: datetime,
) -> ApprovedRemediation | Refusal:
    """Check digest, decision, signature and link; forward also freeze, date, window and policy.

    `links` are those on record: hash of the token -> whom it was sent to, by id. `addresses` are
    those of the approvers by id, as the name table has them now; only forward asks for them.
    """
    reason = _why_not_approved(remediation, signed, links, verifier)
    if reason is None and direction is Direction.FORWARD:
        reason = (
            str(freeze)
            if freeze.stops_forward
            else _why_not_by_its_approvers(remediation, addresses, bundle)
            or _why_not_now(remediation, bundle, now)
        )
    if signed is None or reason is not None:
        return Refusal(reason=reason or "no decision is in the ledger")
    return ApprovedRemediation(
        remediation=remediation, decision=signed, direction=direction, seal=_SEAL
    )


def _why_not_approved(
    remediation: Remediation,
    signed: SignedDecision | None,
    links: Mapping[str, str],
    verifier: Verifier,
) -> str | None:
    if not digest_holds(remediation):
        return "the stored change is not what its id names: it was altered"
    if signed is None:
        return "no decision is in the ledger"
    if signed.decision.word is not DecisionWord.APPROVED:
        return f"it was {signed.decision.word.value}"
    return why_not_genuine(remediation, signed, links, verifier)


def _why_not_by_its_approvers(
    remediation: Remediation, addresses: Mapping[str, str], bundle: Bundle
) -> str | None:
    for person in remediation.approval.approvers:
        address = addresses.get(person)
        if address is None:
            return f"{person}, who was asked to approve it, was {ERASED}: the next scan asks anew"
        if allowed_address(address, bundle.guardrails.approver_domains) is None:
            return "an approver is no longer in an allowed domain"
    return None


def _why_not_now(remediation: Remediation, bundle: Bundle, now: datetime) -> str | None:
    if now >= remediation.apply_by:
        return f"it had to be applied before {remediation.apply_by.isoformat()}"
    limits = bundle.fleet.limits
    per_run = (limits.per_run, limits.per_account, limits.share_of_read)
    over_runs = (limits.unverified, limits.unverified_per_account, limits.per_day)
    if min(*per_run, *over_runs) <= 0:
        return "the limits are zero by now"
    target, scope = remediation.function.target, bundle.fleet.scope
    units = set(scope.organizational_units)
    is_left_out = target.account in scope.exclude_accounts or target.region not in scope.regions
    if is_left_out or (units and units.isdisjoint(remediation.organizational_units)):
        return f"fleet.yaml no longer has {target} in its scope"
    # A removal pauses for days: it looks at its window itself, before each write.
    is_paced = remediation.removal is not None
    if remediation.window is not None and not is_paced and not remediation.window.is_open(now):
        opens = remediation.window.opens_at(now)
        return f"its change window is closed until {opens.isoformat()}"
    policy = bundle.policy(remediation.policy_id)
    if policy is None or policy.digest != remediation.policy_digest:
        return f"policy {remediation.policy_id} was changed or removed since"
    mode, reason = effective_mode(
        policy,
        bundle.fleet,
        bundle.guardrails,
        organizational_units=remediation.organizational_units,
    )
    if mode.rank < Mode.APPROVE.rank:
        return f"the mode is now {mode.value}: {reason}"
    asked, now_asked = (
        remediation.approval.identity,
        bundle.guardrails.identity_for(remediation.kind),
    )
    if now_asked is Identity.SIGN_IN and asked is not Identity.SIGN_IN:
        return f"guardrails.yaml asks for a sign-in by now, and it was asked for with {asked.value}"
    return None


def why_not_by_its_tags(
    remediation: Remediation, bundle: Bundle, *, tags: Mapping[str, str] | None, now: datetime
) -> str | None:
    """Say what the function's tags, as just read, forbid by now: an owner, an exemption, a scope.

    None: nothing. Tags that could not be read forbid everything.
    """
    if tags is None:
        return "its tags could not be read, so nobody can say who owns it or whether it is exempt"
    function = remediation.function
    tool = tool_in_tags(tags)
    if tool is not None:
        return f"it is owned by {tool} by now"
    if not is_unmanaged(bundle.fleet, function.account, remediation.organizational_units):
        return "its account is no longer declared free of infrastructure as code"
    return _why_exempt(remediation, bundle, tags=tags, now=now)


def _why_exempt(
    remediation: Remediation, bundle: Bundle, *, tags: Mapping[str, str], now: datetime
) -> str | None:
    policy: Policy | None = bundle.policy(remediation.policy_id)
    if policy is None:
        return f"policy {remediation.policy_id} was removed since"
    function, read = remediation.function, Known(value=tags, source="GetFunction")
    if not in_scope(
        policy,
        account=function.account,
        organizational_units=remediation.organizational_units,
        region=function.region,
        tags=read,
    ):
        return f"by its tags it is out of the scope of policy {policy.id} by now"
    exemption = exemption_for(bundle.exemptions, policy, function=function, tags=read, now=now)
    return None if exemption is None else f"it is exempt by now: {exemption.why}"
