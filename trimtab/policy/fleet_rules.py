"""How far may a policy go here, and who is asked? Ceilings, modes, unmanaged accounts, approvers.

The strictest of policy, ceiling and guardrail wins; a tag only suggests (S28, S29).
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.terms import ApprovalTerms, ChangeKind, Identity, Mode
from trimtab.policy.model import Ceiling, FleetFile, Guardrails, OwnerRule, Owners, Policy

OWNER = "owner"
"""The word in `approvers` that stands for whoever answers for the function."""

MAX_ADDRESS = 254
"""Source: RFC 5321, section 4.5.3.1.3, less the angle brackets."""
_ADDRESS = re.compile(r"[a-z0-9_%+-]+(\.[a-z0-9_%+-]+)*@(?P<domain>[a-z0-9-]+(\.[a-z0-9-]+)+)")


def ceiling_for(
    fleet: FleetFile, organizational_units: tuple[str, ...], kind: ChangeKind | None
) -> Mode:
    """Return how far a kind of change may go in an account under these OUs, nearest first.

    The nearest OU that says something of this kind decides; without any, the default. A kind of
    None asks for policies without a change.
    """
    return _ceiling(fleet, organizational_units, kind)[0]


def effective_mode(
    policy: Policy,
    fleet: FleetFile,
    guardrails: Guardrails,
    organizational_units: tuple[str, ...],
) -> tuple[Mode, str]:
    """Return the lowest of policy, ceiling and guardrail, and which one it was."""
    ceiling, where = _ceiling(fleet, organizational_units, policy.kind)
    options = [
        (policy.mode, f"policy {policy.id} says {policy.mode.value}"),
        (ceiling, f"fleet.yaml allows {ceiling.value} {where}"),
    ]
    highest = None if policy.kind is None else guardrails.highest_for(policy.kind)
    if policy.kind is not None and highest is not None:
        options.append((highest, f"guardrails.yaml allows {policy.kind.value} {highest.value}"))
    if policy.kind is not None and _nobody_can_sign_in(guardrails, policy.kind):
        options.append(
            (Mode.TICKET, f"no sign-in is configured, and {policy.kind.value} asks for one")
        )
    return min(options, key=lambda option: option[0].rank)


def _nobody_can_sign_in(guardrails: Guardrails, kind: ChangeKind) -> bool:
    return guardrails.identity_for(kind) is Identity.SIGN_IN and not guardrails.can_sign_in


def is_unmanaged(fleet: FleetFile, account: str, organizational_units: tuple[str, ...]) -> bool:
    """Tell whether the account is declared free of infrastructure as code (S12)."""
    return account in fleet.unmanaged_accounts or not (
        fleet.unmanaged_organizational_units.isdisjoint(organizational_units)
    )


def approvers_for(
    owners: Owners,
    guardrails: Guardrails,
    function: FunctionArn,
    tags: Evidence,
    terms: ApprovalTerms,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return whom to ask, each once, and which suggestions were refused.

    'owner' is the first rule of the map that fits, else the first tag with an allowed address, else
    the fallback. Unknown tags suggest nobody.
    """
    wanted: list[str] = []
    refused: list[str] = []
    for approver in terms.approvers:
        if approver == OWNER:
            wanted += _owners_of(owners, guardrails, function, tags, refused)
        else:
            wanted.append(approver)
    allowed: dict[str, None] = {}
    for address in wanted:
        clean = allowed_address(address, guardrails.approver_domains)
        if clean is None:
            refused.append(address)
        else:
            allowed[clean] = None
    return tuple(allowed), tuple(dict.fromkeys(refused))


def owners_of(
    owners: Owners, guardrails: Guardrails, function: FunctionArn, tags: Evidence
) -> tuple[str, ...]:
    """Return who answers for a function: addresses of allowed domains, each once."""
    found = _owners_of(owners, guardrails, function, tags, [])
    clean = (allowed_address(address, guardrails.approver_domains) for address in found)
    return tuple(dict.fromkeys(address for address in clean if address is not None))


def allowed_address(text: str, domains: Iterable[str]) -> str | None:
    """Return a plain address in lower case; None when it is malformed or in no allowed domain.

    A subdomain of an allowed domain is another domain.
    """
    clean = text.strip(" ").lower()
    match = _ADDRESS.fullmatch(clean)
    if match is None or len(clean) > MAX_ADDRESS or match["domain"] not in domains:
        return None
    return clean


def _ceiling(
    fleet: FleetFile, organizational_units: tuple[str, ...], kind: ChangeKind | None
) -> tuple[Mode, str]:
    for unit in organizational_units:
        mode = _said(fleet.ceilings.get(unit), kind)
        if mode is not None:
            return mode, f"in {unit}"
    return fleet.default_mode, "by default"


def _said(ceiling: Ceiling | None, kind: ChangeKind | None) -> Mode | None:
    if ceiling is None:
        return None
    if kind is None:
        return ceiling.every_kind
    return ceiling.kinds.get(kind, ceiling.every_kind)


def _owners_of(
    owners: Owners,
    guardrails: Guardrails,
    function: FunctionArn,
    tags: Evidence,
    refused: list[str],
) -> tuple[str, ...]:
    for rule in owners.map:
        if _fits(rule, function):
            return rule.approvers
    given = tags.value if isinstance(tags, Known) else {}
    for name in owners.tags:
        if name not in given:
            continue
        clean = allowed_address(given[name], guardrails.approver_domains)
        if clean is not None:
            return (clean,)
        refused.append(given[name])
    return owners.fallback


def _fits(rule: OwnerRule, function: FunctionArn) -> bool:
    return (
        (rule.account is None or rule.account == function.account)
        and (rule.region is None or rule.region == function.region)
        and (rule.name is None or fnmatchcase(function.name, rule.name))
    )
