"""What did a scan that only looks see? A line for each verdict, the gaps, and the sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.caveat import Caveat
from trimtab.domain.finding import Assessment, Saving
from trimtab.domain.fleet import Gap
from trimtab.domain.terms import Mode, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One policy's answer for one function, and why."""

    function: FunctionArn
    policy_id: str
    severity: Severity
    assessment: Assessment
    because: str
    missing: tuple[str, ...]
    suppressed_until: datetime | None
    """An exemption covers the finding up to this moment; None: none does."""
    suppressed_why: str = ""
    """Why it is exempt, in the words of the exemption."""
    suppressed_by: str = ""
    """Who says so."""
    saving: Saving | None = None
    """What the policy's change would save; None: no change is known for it."""
    not_proposed: str = ""
    """Why no change is advised; empty: one is, or the policy has none."""
    mode: Mode = Mode.OBSERVE
    """How far a finding may go here: policy, ceiling and guardrail together."""

    @property
    def is_finding(self) -> bool:
        return self.assessment is Assessment.NON_COMPLIANT and self.suppressed_until is None

    @property
    def may_be_proposed(self) -> bool:
        """Tell whether a run may propose a change here, if nothing else stands in its way."""
        return self.mode.rank >= Mode.APPROVE.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One target as it was seen."""

    target: Target
    account_name: str
    as_of: datetime
    functions: int
    lines: tuple[Line, ...]
    """One for each function and policy, in that order."""
    gaps: tuple[Gap, ...]
    """What could not be read, and every function that is not judged for it (S8)."""
    calls: Mapping[str, int]
    caveats: tuple[Caveat, ...] = ()
    asked: Mapping[str, int] = field(default_factory=dict)
    """Of how many functions each question was asked, by its name."""
    spared: Mapping[str, int] = field(default_factory=dict)
    """For how many of them an earlier answer was taken."""
    usd_month: Mapping[str, float] = field(default_factory=dict)
    """What its use costs a month at list price, by ARN; what is not here is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One scan in figures. Verdicts = compliant + not applicable + insufficient data + findings +
    suppressed.
    """

    accounts: int
    targets: int
    functions: int
    compliant: int
    not_applicable: int
    insufficient_data: int
    findings: int
    suppressed: int
    gaps: int
    calls: int
    by_severity: Mapping[str, int]
    """Findings, without those suppressed."""

    @property
    def verdicts(self) -> int:
        return (
            self.compliant
            + self.not_applicable
            + self.insufficient_data
            + self.findings
            + self.suppressed
        )
