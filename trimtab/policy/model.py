"""What does a policy bundle say? Policies, fleet, guardrails, owners, exemptions: frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from trimtab.domain.change_spec import FieldValue
from trimtab.domain.checklist import Checklist
from trimtab.domain.evidence import Signals
from trimtab.domain.finding import Assessment, Exemption, Guidance
from trimtab.domain.fleet import Scope
from trimtab.domain.plan import Limits
from trimtab.domain.terms import (
    IRREVERSIBLE,
    ApprovalTerms,
    ChangeKind,
    Identity,
    Mode,
    Severity,
    VerifyTerms,
    Window,
)
from trimtab.policy.condition import Condition
from trimtab.policy.matchers import Matcher
from trimtab.policy.runtimes import SHIPPED_TABLE, RuntimeTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which values are meant. An empty `include` means all; `exclude` wins."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def admits(self, values: tuple[str, ...]) -> bool:
        """Tell whether one of these values is included and none is excluded."""
        for value in values:
            if value in self.exclude:
                return False
        if not self.include:
            return True
        for value in values:  # noqa: SIM110 - a loop, because any() takes three times as long
            if value in self.include:
                return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyScope:
    """Where a policy applies. What is left out does not restrict."""

    organizational_units: Selection = Selection()
    accounts: Selection = Selection()
    regions: Selection = Selection()
    tags: tuple[Matcher, ...] = ()
    """One for each tag, over all tags. All must hold."""


EVERYWHERE = PolicyScope()
"""The one scope that restricts nothing: whoever meets it need not look further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """The kind of change a policy wants, with every field of that kind."""

    kind: ChangeKind
    fields: Mapping[str, FieldValue]
    """Percentages are 0..1. Defaults are filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTerms:
    """Where a ticket goes."""

    sink: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy, ready to judge with."""

    id: str
    title: str
    why: str
    severity: Severity
    mode: Mode
    """As the policy says it; `fleet_rules.effective_mode` lowers it."""
    scope: PolicyScope
    when: Condition
    lookback: timedelta
    change: ChangeRequest | None
    approval: ApprovalTerms | None
    """Never None when there is a change."""
    window: Window | None
    verify: VerifyTerms | None
    """Never None when there is a change."""
    ticket: TicketTerms | None
    guidance: Guidance
    pack: str
    """The folder it stands in: 'cost', 'security', ..."""
    digest: str
    """Of what it says, not of how it is written: comments and order do not count."""

    @property
    def kind(self) -> ChangeKind | None:
        return None if self.change is None else self.change.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGap:
    """An account that cannot be read for now, and who mends that until when (S9)."""

    account: str
    why: str
    owner: str
    until: date
    """Its last day, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """How far policies may go in one OU."""

    every_kind: Mode | None
    """For all kinds of change and for policies without one; None: see `kinds`, then look higher."""
    kinds: Mapping[ChangeKind, Mode]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeTerms:
    """When Trimtab freezes by itself: so many rollbacks within such a time (S20)."""

    rollbacks: int = 2
    within: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityHubTerms:
    """Which findings Security Hub is told of, and in which account."""

    into: str
    """'member': in the account of the function; 'hub': in the hub's own account."""
    from_severity: Severity
    """The least severity that it is told of."""
    policies: tuple[str, ...]
    """Only findings of these; none named: of all policies."""

    def admit(self, *, policy_id: str, severity: Severity) -> bool:
        """Tell whether a finding is one that Security Hub is told of."""
        is_named = not self.policies or policy_id in self.policies
        return is_named and severity.rank >= self.from_severity.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFile:
    """Where, how much, how far: fleet.yaml."""

    scope: Scope
    known_gaps: tuple[KnownGap, ...]
    unmanaged_accounts: frozenset[str]
    unmanaged_organizational_units: frozenset[str]
    default_mode: Mode
    """The ceiling where no OU says otherwise."""
    ceilings: Mapping[str, Ceiling]
    """By OU."""
    limits: Limits
    freeze: FreezeTerms = FreezeTerms()
    security_hub: SecurityHubTerms | None = None
    """None: Security Hub is told nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrails:
    """Floors that no policy undercuts: guardrails.yaml (S29)."""

    approver_domains: tuple[str, ...]
    """Lower case; an address must be in exactly one of these, a subdomain is another domain."""
    needed: int
    identity: Mapping[ChangeKind, Identity]
    """What an approver must prove; a kind that is not here: to hold the link, unless it is
    irreversible: that asks for a sign-in, whatever is said."""
    highest_mode: Mapping[ChangeKind, Mode]
    floors: Mapping[ChangeKind, Mapping[str, FieldValue]]
    """Kind -> field -> least value: lookback, settle, watch, samples and the kind's own fields."""
    can_sign_in: bool = False
    """Whether a provider is configured: the settings say so, never the file."""

    def identity_for(self, kind: ChangeKind) -> Identity:
        return Identity.SIGN_IN if kind in IRREVERSIBLE else self.identity.get(kind, Identity.LINK)

    def highest_for(self, kind: ChangeKind) -> Mode | None:
        """Return how far a kind may go; None: nothing is said, and it can be taken back."""
        return self.highest_mode.get(kind, Mode.TICKET if kind in IRREVERSIBLE else None)

    def asking(
        self, terms: ApprovalTerms, approvers: tuple[str, ...], kind: ChangeKind
    ) -> ApprovalTerms:
        """Return the terms of one change: whom it asks, and what they must prove."""
        return replace(terms, approvers=approvers, identity=self.identity_for(kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRule:
    """Functions that match all that is said belong to these approvers."""

    account: str | None
    region: str | None
    name: str | None
    """A shell pattern over the function's name."""
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who answers for a function: owners.yaml. The map outranks tags (S28)."""

    tags: tuple[str, ...]
    map: tuple[OwnerRule, ...]
    fallback: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Everything under policies/, loaded."""

    policies: tuple[Policy, ...]
    """By id."""
    fleet: FleetFile
    guardrails: Guardrails
    owners: Owners
    exemptions: tuple[Exemption, ...]
    digest: str
    """Names the bundle by what it says."""
    checklists: tuple[Checklist, ...] = ()
    """By id."""
    runtimes: RuntimeTable = SHIPPED_TABLE

    def policy(self, policy_id: str) -> Policy | None:
        """Return the policy of this id; None when the bundle has none."""
        return next((p for p in self.policies if p.id == policy_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """One row of a test file: given a function, expect an answer."""

    file: str
    name: str
    policy: Policy
    signals: Signals
    account: str
    organizational_units: tuple[str, ...]
    region: str
    expect: Assessment
    missing: tuple[str, ...] | None
    """The signals it must name as missing, in order; None: not compared."""
