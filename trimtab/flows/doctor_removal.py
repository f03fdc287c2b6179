"""Could a removal work? Rights in each account, a vault in each region, a provider to sign in at.

What is missing is a fault only where a policy may remove, or ask for a sign-in; elsewhere it is
said as what is to be done first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from trimtab.domain.checkup import HUB, Answer, Check, Probe, State
from trimtab.domain.errors import InputError, NotFoundError, OutsideError
from trimtab.domain.fleet import Account
from trimtab.domain.iam_document import Narrowing
from trimtab.domain.terms import IRREVERSIBLE, ChangeKind, Identity, Mode
from trimtab.flows.denial import what_to_do
from trimtab.policy.fleet_rules import effective_mode
from trimtab.policy.model import Bundle

REMOVALS_WHAT, VAULTS_WHAT, SIGN_IN_WHAT = "removals", "vaults", "sign-in"
LOOK_BY_HAND = "let your own role look at it, or look by hand"
NOT_ALLOWED = "no removal may go beyond a ticket here"
SIGN_IN_TODO = "deploy with -c oidc_issuer= and -c oidc_client_id=: docs/deploying.md, sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role in a member account, and what it needs for a removal."""

    name: str
    stack: str
    rights: Sequence[Narrowing]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFacts:
    """How signing in stands, as the hub sees it."""

    is_wanted: bool
    """Some policy may change what asks for a sign-in, if only somebody could."""
    is_configured: bool
    fault: str | None = None
    """Why a sign-in would fail at the provider; None: what it begins with can be fetched."""


def reaches_removal(account: Account, bundle: Bundle) -> bool:
    """Tell whether a policy may remove functions, or versions of them, here; whether anybody can
    sign in is asked apart.
    """
    return _reaches(account, bundle, lambda kind: kind in IRREVERSIBLE)


def wants_sign_in(account: Account, bundle: Bundle) -> bool:
    identity = bundle.guardrails.identity_for
    return _reaches(account, bundle, lambda kind: identity(kind) is Identity.SIGN_IN)


def _reaches(account: Account, bundle: Bundle, fits: Callable[[ChangeKind], bool]) -> bool:
    units, guardrails = account.organizational_units, replace(bundle.guardrails, can_sign_in=True)
    return any(
        effective_mode(policy, bundle.fleet, guardrails, units)[0].rank >= Mode.APPROVE.rank
        for policy in bundle.policies
        if policy.kind is not None and fits(policy.kind)
    )


def sign_in_facts(
    accounts: Sequence[Account], bundle: Bundle, provider: Callable[[], int] | None
) -> SignInFacts:
    """Fetch what a sign-in begins with. `provider` counts its keys; None: none is configured."""
    is_wanted = any(wants_sign_in(account, bundle) for account in accounts)
    if provider is None:
        return SignInFacts(is_wanted=is_wanted, is_configured=False)
    try:
        provider()
    except (OutsideError, InputError) as error:
        return SignInFacts(is_wanted=is_wanted, is_configured=True, fault=str(error))
    return SignInFacts(is_wanted=is_wanted, is_configured=True)


def removals(
    account: str,
    roles: Sequence[Role],
    simulate: Callable[[str, Sequence[Narrowing]], tuple[Probe, ...]],
    *,
    is_wanted: bool,
) -> list[Check]:
    """Ask IAM for every right of a removal; a role that is not there is told elsewhere."""
    faults: list[Check] = []
    asked, is_whole = 0, True
    for role in roles:
        try:
            probes = simulate(role.name, role.rights)
        except NotFoundError:
            is_whole = False
            continue
        except OutsideError as error:
            faults.append(_unknown(account, role, error))
            continue
        asked += len(probes)
        faults += [_fault(account, p, role) for p in probes if p.answer is not Answer.ALLOWED]
    if is_wanted and (faults or not is_whole):
        return faults
    if is_wanted:
        said = f"IAM allows {asked} actions of a backup, a deletion and a restore by simulation"
    else:
        lacks, unknown = _whats(faults, State.MISSING), _whats(faults, State.UNKNOWN)
        said = NOT_ALLOWED
        said += f"; before one may, this is missing: {lacks}" if lacks else ""
        said += f"; not known: {unknown}" if unknown else ""
    return [Check(where=account, what=REMOVALS_WHAT, state=State.OK, said=said)]


def _whats(faults: Sequence[Check], state: State) -> str:
    return ", ".join(dict.fromkeys(fault.what for fault in faults if fault.state is state))


def _fault(account: str, probe: Probe, role: Role) -> Check:
    is_denied = probe.answer is Answer.DENIED
    todo = what_to_do(probe.said, role=role.name, action=probe.action, stack=role.stack)
    return Check(
        where=account,
        what=probe.action,
        state=State.MISSING if is_denied else State.UNKNOWN,
        said=f"{role.name}: {probe.said}",
        todo=todo if is_denied else "run trimtab doctor again",
    )


def _unknown(account: str, role: Role, error: OutsideError) -> Check:
    return Check(
        where=account,
        what=REMOVALS_WHAT,
        state=State.UNKNOWN,
        said=f"not checked: {error}",
        todo=f"look at role {role.name} by hand, or run trimtab doctor again",
    )


def vaults(
    regions: Sequence[str], look: Callable[[str], str | None], *, is_wanted: bool
) -> list[Check]:
    """Say which scanned regions have no vault. `look` says what one lacks; None: nothing."""
    checks: list[Check] = []
    lacking: list[str] = []
    for region in regions:
        try:
            fault = look(region)
        except OutsideError as error:
            checks.append(_vault_row(region, State.UNKNOWN, f"not checked: {error}", LOOK_BY_HAND))
            continue
        if fault is not None:
            lacking.append(region)
        if fault is not None and is_wanted:
            said = f"no function of {region} can be backed up, or removed"
            checks.append(_vault_row(region, State.MISSING, said, fault))
    if checks:
        return checks
    said = f"one in each of {len(regions)} scanned regions"
    if lacking:
        said = f"none in {', '.join(lacking)}; no policy may remove a function yet"
    return [Check(where=HUB, what=VAULTS_WHAT, state=State.OK, said=said)]


def _vault_row(region: str, state: State, said: str, todo: str) -> Check:
    return Check(where=HUB, what=f"vault in {region}", state=state, said=said, todo=todo)


def sign_in(facts: SignInFacts) -> Check:
    """Say whether anybody can sign in: what asks for it stays a ticket where nobody can."""
    state = State.MISSING if facts.is_wanted else State.OK
    if not facts.is_configured:
        said = "none is configured: removals, and what else asks for a sign-in, stay tickets"
        todo = SIGN_IN_TODO if facts.is_wanted else ""
        return Check(where=HUB, what=SIGN_IN_WHAT, state=state, said=said, todo=todo)
    if facts.fault is not None:
        todo = "mend it at the provider, or oidc_issuer" if facts.is_wanted else ""
        return Check(where=HUB, what=SIGN_IN_WHAT, state=state, said=facts.fault, todo=todo)
    said = "the provider's addresses and keys can be fetched"
    return Check(where=HUB, what=SIGN_IN_WHAT, state=State.OK, said=said)
