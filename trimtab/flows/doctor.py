"""What is missing in one member account? The roles, their trust, each action, region by region.

Runs in a Lambda of its own: the member roles trust roles of the hub, never a person (decision 12).
Nothing is read that a scan would not read, and nothing of a function but its tags.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.checkup import Answer, Check, Document, Probe, State
from trimtab.domain.errors import AccessDeniedError, NotFoundError, OutsideError
from trimtab.domain.fleet import Account, Targets
from trimtab.domain.iam_document import Narrowing
from trimtab.domain.removal_rights import DELETION, QUARANTINE, change_rights, restore_rights
from trimtab.domain.terms import Mode
from trimtab.flows.denial import above, what_to_do
from trimtab.flows.doctor_removal import (
    Role,
    SignInFacts,
    reaches_removal,
    removals,
    sign_in_facts,
)
from trimtab.flows.trust import Hub, trust_faults
from trimtab.policy.fleet_rules import allowed_address, effective_mode
from trimtab.policy.model import Bundle
from trimtab.ports import AccountSource
from trimtab.remediations import all_iam_actions, restore_iam_actions

READ_ROLE, READ_STACK = "trimtab-read", "trimtab-member-read"
CHANGE_ROLE, CHANGE_STACK = "trimtab-change", "trimtab-member-change"
RESTORE_ROLE, RESTORE_STACK = "trimtab-restore", "trimtab-member-restore"
READERS = ("trimtab-scan", "trimtab-watch", "trimtab-doctor", "trimtab-apply")
CHANGERS = ("trimtab-apply", "trimtab-backup")
RESTORERS = ("trimtab-apply", "trimtab-restorer")
"""Names of `infra.names` and `infra.member`; a test compares them."""

SIMULATED = (
    "apigateway:GET",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:ListExports",
    "cloudfront:ListDistributions",
    "cloudwatch:DescribeAlarms",
    "cognito-idp:DescribeUserPool",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "iot:GetTopicRule",
    "iot:ListTopicRules",
    "lambda:GetAccountSettings",
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionRecursionConfig",
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListDurableExecutionsByFunction",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListTags",
    "lambda:ListVersionsByFunction",
    "pipes:ListPipes",
    "s3:GetBucketNotification",
    "sns:ListSubscriptions",
    "states:DescribeStateMachine",
    "states:ListStateMachines",
)
"""Read actions that are asked of IAM and not tried. Those of Lambda share its small bucket of calls
with the account's own deployments (S21); the others are asked only where a function may be unused,
and of some a denial cannot be told from a thing that is not there."""

READ_WHAT, CHANGE_WHAT, OWNERS_WHAT = "read role", "change role", "owners"
RESTORE_WHAT = "restore role"


class Inside(Protocol):
    """One account and region, entered through the read role."""

    def probes(self) -> tuple[Probe, ...]:
        """Try every read action that can be tried without reading or costing anything."""
        ...

    def has_functions(self) -> bool: ...

    def tags(self) -> Mapping[FunctionArn, Mapping[str, str]]: ...

    def trust(self, role: str) -> Document:
        """Raises: NotFoundError when there is no such role."""
        ...

    def simulate(self, role: str, actions: Sequence[str]) -> tuple[Probe, ...]: ...

    def simulate_rights(self, role: str, rights: Sequence[Narrowing]) -> tuple[Probe, ...]:
        """Ask IAM for each action on its resource, under its condition."""
        ...


class Members(Protocol):
    def enter(self, target: Target) -> Inside: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the check-up of members needs from outside."""

    accounts: AccountSource
    members: Members
    bundle: Bundle
    hub: Hub
    provider: Callable[[], int] | None = None
    """Fetches what a sign-in begins with, and counts the keys; None: nobody can sign in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Whom to look at, and by which rules."""

    targets: Targets
    bundle: str
    """Digest of the bundle that the hub runs by."""
    policies: int
    opens_tickets: bool
    """Some policy may go as far as a ticket, or further, in some account."""
    changed: tuple[str, ...]
    """Accounts in which some policy may go as far as a change."""
    regions: tuple[str, ...]
    """Those that are scanned."""
    removes: bool
    """Some policy may remove functions, in some account."""
    sign_in: SignInFacts


def survey(bench: Bench) -> Survey:
    bundle = bench.bundle
    targets = bench.accounts.targets(bundle.fleet.scope)
    accounts = targets.accounts
    return Survey(
        targets=targets,
        bundle=bundle.digest,
        policies=len(bundle.policies),
        opens_tickets=any(_reaches(Mode.TICKET, a, bundle) for a in accounts),
        changed=tuple(a.id for a in accounts if reaches_change(a, bundle)),
        regions=tuple(dict.fromkeys(bundle.fleet.scope.regions)),
        removes=any(reaches_removal(a, bundle) for a in accounts),
        sign_in=sign_in_facts(accounts, bundle, bench.provider),
    )


def examine(account: Account, bench: Bench) -> tuple[Check, ...]:
    """Look at one account in every region of the scope."""
    checks: list[Check] = []
    inside: dict[str, Inside] = {}
    for region in dict.fromkeys(bench.bundle.fleet.scope.regions):
        target = Target(account=account.id, region=region)
        try:
            inside[region] = bench.members.enter(target)
        except OutsideError as error:
            checks.append(_shut(account.id, error))
            break
    readable = {r: door for r, door in inside.items() if _is_open(door, account.id, r, checks)}
    if inside:
        checks += _roles(account, next(iter(inside.values())), bench)
    if readable:
        checks.append(_owners(account.id, tuple(readable.values()), bench.bundle))
    return tuple(checks)


def reaches_change(account: Account, bundle: Bundle) -> bool:
    """Tell whether any policy may go as far as a change in this account."""
    return _reaches(Mode.APPROVE, account, bundle, changes_only=True)


def _reaches(mode: Mode, account: Account, bundle: Bundle, *, changes_only: bool = False) -> bool:
    units, fleet, guardrails = account.organizational_units, bundle.fleet, bundle.guardrails
    return any(
        effective_mode(policy, fleet, guardrails, units)[0].rank >= mode.rank
        for policy in bundle.policies
        if policy.kind is not None or not changes_only
    )


def _shut(account: str, error: OutsideError) -> Check:
    """The door does not say why it is shut: no role, another trust, or a policy above it."""
    if not isinstance(error, AccessDeniedError):
        return _not_checked(account, READ_WHAT, READ_ROLE, error)
    said = f"cannot be assumed: {error}"
    if above(str(error)):
        todo = what_to_do(str(error), role=READ_ROLE, action="sts:AssumeRole", stack=READ_STACK)
    else:
        todo = (
            f"deploy {READ_STACK} of this release there; if it is there, its HubAccount, "
            "OrganizationId or ExternalId is not the hub's"
        )
    return Check(where=account, what=READ_WHAT, state=State.MISSING, said=said, todo=todo)


def _is_open(door: Inside, account: str, region: str, checks: list[Check]) -> bool:
    """Try the actions in one region; False when the region is off or its functions are hidden."""
    where = f"{account}/{region}"
    probes = door.probes()
    if any(p.answer is Answer.REGION_OFF for p in probes):
        said = next(p.said for p in probes if p.answer is Answer.REGION_OFF)
        todo = f"enable {region} in the account, or take it out of regions in fleet.yaml"
        checks.append(Check(where=where, what="region", state=State.MISSING, said=said, todo=todo))
        return False
    faults = [_fault(where, p, READ_ROLE, READ_STACK) for p in probes if not _is_fine(p)]
    notes = "".join(f"; {p.said}" for p in probes if _is_fine(p) and p.said)
    said = f"{sum(map(_is_fine, probes))} of {len(probes)} actions answered{notes}"
    if not faults:
        checks.append(Check(where=where, what=READ_WHAT, state=State.OK, said=said))
    checks += faults
    return all(
        _is_fine(p) for p in probes if p.action in ("lambda:ListFunctions", "tag:GetResources")
    )


def _is_fine(probe: Probe) -> bool:
    return probe.answer is Answer.ALLOWED


def _fault(where: str, probe: Probe, role: str, stack: str) -> Check:
    is_denied = probe.answer is Answer.DENIED
    return Check(
        where=where,
        what=probe.action,
        state=State.MISSING if is_denied else State.UNKNOWN,
        said=probe.said,
        todo=what_to_do(probe.said, role=role, action=probe.action, stack=stack)
        if is_denied
        else "run trimtab doctor again; what cannot be tried can be read in the role's policy",
    )


def _roles(account: Account, door: Inside, bench: Bench) -> list[Check]:
    """Look at the roles themselves: whom they trust, and what IAM says they may do."""
    found = _role(account.id, door, bench.hub, READ_WHAT, READ_ROLE, READ_STACK)
    if not reaches_change(account, bench.bundle):
        said = "not needed: no policy may go as far as a change here"
        return [*found, Check(where=account.id, what=CHANGE_WHAT, state=State.OK, said=said)]
    found += _role(account.id, door, bench.hub, CHANGE_WHAT, CHANGE_ROLE, CHANGE_STACK)
    found += _role(account.id, door, bench.hub, RESTORE_WHAT, RESTORE_ROLE, RESTORE_STACK)
    to_restore = restore_rights(bench.hub.account)
    roles = (
        Role(name=CHANGE_ROLE, stack=CHANGE_STACK, rights=change_rights()),
        Role(name=RESTORE_ROLE, stack=RESTORE_STACK, rights=to_restore),
    )

    def simulate(role: str, rights: Sequence[Narrowing]) -> tuple[Probe, ...]:
        door.trust(role)
        return door.simulate_rights(role, rights)

    is_wanted = reaches_removal(account, bench.bundle)
    return found + removals(account.id, roles, simulate, is_wanted=is_wanted)


def _role(account: str, door: Inside, hub: Hub, what: str, role: str, stack: str) -> list[Check]:
    roles = {READ_ROLE: READERS, CHANGE_ROLE: CHANGERS, RESTORE_ROLE: RESTORERS}[role]
    actions = {
        READ_ROLE: SIMULATED,
        CHANGE_ROLE: usual(all_iam_actions()),
        RESTORE_ROLE: usual(restore_iam_actions()),
    }[role]
    try:
        trust = trust_faults(door.trust(role), hub, roles=roles)
    except NotFoundError as error:
        todo = f"deploy the stack {stack} there: add its unit to change_ous, or deploy it by hand"
        return [Check(where=account, what=what, state=State.MISSING, said=str(error), todo=todo)]
    except OutsideError as error:
        return [_not_checked(account, what, role, error)]
    todo = f"deploy the stack {stack} there with the hub's HubAccount, OrganizationId, ExternalId"
    faults = [
        Check(where=account, what=what, state=State.MISSING, said=fault, todo=todo)
        for fault in trust
    ]
    try:
        probes = door.simulate(role, actions)
    except OutsideError as error:
        return [*faults, _not_checked(account, what, role, error)]
    faults += [_fault(account, p, role, stack) for p in probes if not _is_fine(p)]
    said = f"trusts {', '.join(roles)}; IAM allows {len(probes)} actions by simulation"
    return faults or [Check(where=account, what=what, state=State.OK, said=said)]


def usual(actions: Sequence[str]) -> tuple[str, ...]:
    """Return the actions that other changes than a removal need; those are asked for apart."""
    return tuple(action for action in actions if action not in (*DELETION, *QUARANTINE))


def _not_checked(account: str, what: str, role: str, error: OutsideError) -> Check:
    return Check(
        where=account,
        what=what,
        state=State.UNKNOWN,
        said=f"not checked: {error}",
        todo=f"look at role {role} by hand, or bring {READ_STACK} to this release",
    )


def _owners(account: str, doors: Sequence[Inside], bundle: Bundle) -> Check:
    """Is there anybody but the fallback who would be asked about a function of this account?"""
    mapped = any(rule.account in (None, account) for rule in bundle.owners.map)
    try:
        if not any(door.has_functions() for door in doors):
            said = "there are no functions"
            return Check(where=account, what=OWNERS_WHAT, state=State.OK, said=said)
        tags = [given for door in doors for given in door.tags().values()]
    except OutsideError as error:
        todo = "run trimtab doctor again"
        return Check(
            where=account, what=OWNERS_WHAT, state=State.UNKNOWN, said=str(error), todo=todo
        )
    owned = sum(_has_owner(given, bundle) for given in tags)
    if mapped or owned:
        said = f"{owned} functions name an owner by tag" + "; the map has a rule" * mapped
        return Check(where=account, what=OWNERS_WHAT, state=State.OK, said=said)
    names = ", ".join(bundle.owners.tags)
    return Check(
        where=account,
        what=OWNERS_WHAT,
        state=State.MISSING,
        said="nobody but the fallback would be asked",
        todo=f"tag its functions with an allowed address ({names}), or add a rule to owners.yaml",
    )


def _has_owner(tags: Mapping[str, str], bundle: Bundle) -> bool:
    domains = bundle.guardrails.approver_domains
    return any(allowed_address(tags.get(name, ""), domains) for name in bundle.owners.tags)
