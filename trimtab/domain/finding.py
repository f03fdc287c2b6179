"""What does a policy say of a function? Verdict, finding, recommendation, abstention."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import content_id
from trimtab.domain.evidence import Signals
from trimtab.domain.fleet import ListedFunction
from trimtab.domain.memory_curve import MemoryCurve
from trimtab.domain.provisioned import ProvisionedAdvice
from trimtab.domain.removal import OldVersion
from trimtab.domain.terms import ChangeKind, Mode, Severity
from trimtab.domain.wire import ONLY_IF_SAID


class Assessment(StrEnum):
    """The words of AWS Config's ComplianceType."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"
    NOT_APPLICABLE = "not_applicable"
    INSUFFICIENT_DATA = "insufficient_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One condition with the value it was compared with; a group has children."""

    text: str
    """The condition as a person reads it: 'memory.peak_ratio < 60%', 'all of', 'not'."""
    answer: bool | None
    """None is unknown (Kleene)."""
    signal: str | None = None
    value: str | None = None
    """The value with its unit, or the reason why it is unknown."""
    source: str | None = None
    children: tuple["Explanation", ...] = ()

    def leaves(self) -> tuple["Explanation", ...]:
        """Return the conditions that compare a signal, in reading order."""
        if not self.children:
            return (self,)
        return tuple(leaf for child in self.children for leaf in child.leaves())


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One policy's answer for one function."""

    policy_id: str
    function: FunctionArn
    assessment: Assessment
    missing: tuple[str, ...] = ()
    """The signals whose absence made it insufficient data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What a change saves in USD a month: an interval, never a promise. May be negative."""

    low_usd_month: float
    high_usd_month: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The target state an advisor proposes, with the estimated effect."""

    kind: ChangeKind
    after: Mapping[str, int]
    saving: Saving
    reasons: tuple[str, ...]
    """The sums, in words with units, so that a person can redo them."""
    duration_p95_ms: float | None = None
    """None, like the two below: the change leaves the duration alone."""
    predicted_p95_ms: float | None = None
    predicted_p99_ms: float | None = None
    """At the far end of the forecast."""
    curve: MemoryCurve | None = None
    """What a memory size is based on, for the picture and for what is compared afterwards."""
    max_duration_ratio: float | None = None
    """Mean duration afterwards / before, from which on it is taken back; None: the watch compares
    with the terms of the policy alone."""
    cost_usd_month: float | None = None
    """What its compute costs a month as it is, at the list prices and the use of this run: a
    saving that is measured later is a share of it."""
    provisioned: ProvisionedAdvice | None = None
    """What provisioned concurrency is weighed against what, for the picture and the watch."""
    versions: tuple[OldVersion, ...] = field(default=(), metadata=ONLY_IF_SAID)
    """The published versions that nothing needs any more, oldest first."""

    @property
    def growth_p95_ms(self) -> float | None:
        """Return how much slower it may become; None: the change leaves the duration alone."""
        if self.duration_p95_ms is None or self.predicted_p95_ms is None:
            return None
        return self.predicted_p95_ms - self.duration_p95_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """An advisor that does not recommend, and why."""

    reason: str
    curve: MemoryCurve | None = None
    at_stake_usd_month: float | None = None
    """What better evidence might still save; None: it abstains because it knows enough."""
    provisioned: ProvisionedAdvice | None = None
    """What was weighed where provisioned concurrency is as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A person's time-bound 'not this one'. It never has no end (S10)."""

    policy_id: str
    functions: tuple[str, ...]
    """Full ARNs or shell patterns over full ARNs."""
    why: str
    who: str
    ends_at: datetime
    """Covers up to, not including, this moment."""

    @property
    def last_day(self) -> date:
        return last_day(self.ends_at)


def last_day(ends_at: datetime) -> date:
    """Return the last day, UTC, of what covers up to this moment: what a person wrote as end."""
    return (ends_at.astimezone(UTC) - timedelta(microseconds=1)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What a policy tells people to do about its findings, and where to read more."""

    remedy: str | None = None
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A non-compliant verdict with its evidence: what plan needs, and nothing to look up
    elsewhere.
    """

    id: str
    policy_id: str
    policy_digest: str
    title: str
    severity: Severity
    mode: Mode
    """Already lowered by the ceiling of the account's OU and the guardrails."""
    mode_reason: str
    listed: ListedFunction
    signals: Signals
    """The signals the policy and its advisor used."""
    explanation: Explanation
    advice: Recommendation | Abstention | None
    approvers: tuple[str, ...]
    organizational_units: tuple[str, ...]
    """Those above the account, nearest first."""
    suppressed_by: Exemption | None
    as_of: datetime

    @property
    def function(self) -> FunctionArn:
        return self.listed.function


def finding_id(policy_id: str, function: FunctionArn) -> str:
    """Name a finding: the same policy and function give the same id in every run."""
    return content_id({"policy": policy_id, "function": str(function)})
