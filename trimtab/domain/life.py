"""What becomes of a finding from run to run? Opened, still there, resolved, reopened.

Unknown is never clean (S8): a finding that a run could not judge stays, with the reason beside it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.finding import Finding
from trimtab.domain.terms import Severity

FORGOTTEN_AFTER = timedelta(days=180)
"""How long a resolved finding is remembered; found again later it opens as a new one. Chosen: two
quarters, so that functions that come and go do not fill the records."""


class FindingStatus(StrEnum):
    OPENED = "opened"
    STILL_THERE = "still_there"
    RESOLVED = "resolved"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLife:
    """One finding over all runs. Its id is the one that its ticket hangs on."""

    id: str
    policy_id: str
    function: FunctionArn
    title: str
    severity: Severity
    because: str
    """What decided when it was last seen, in one line."""
    status: FindingStatus
    first_seen_at: datetime
    last_seen_at: datetime
    runs_in_a_row: int
    """How many of the last runs saw it without a break; 0: the last one could not say."""
    suppressed_until: datetime | None = None
    """An exemption covers it up to this moment; it is there all the same."""
    unseen_because: str | None = None
    """Why the last run could not say whether it is still there; None: it was seen, or resolved."""
    resolved_at: datetime | None = None
    resolved_because: str | None = None

    @property
    def is_active(self) -> bool:
        return self.status is not FindingStatus.RESOLVED

    def is_suppressed(self, *, at: datetime) -> bool:
        """Tell whether an exemption covers it: not any more when it ended unseen (S10)."""
        return self.suppressed_until is not None and at < self.suppressed_until

    def unseen(self, why: str) -> "FindingLife":
        """Keep it, though a run could not say: it counts as still there."""
        return replace(self, status=FindingStatus.STILL_THERE, runs_in_a_row=0, unseen_because=why)

    def resolved(self, why: str, *, at: datetime) -> "FindingLife":
        return replace(
            self,
            status=FindingStatus.RESOLVED,
            runs_in_a_row=0,
            suppressed_until=None,
            unseen_because=None,
            resolved_at=at,
            resolved_because=why,
        )

    def is_forgotten(self, *, at: datetime) -> bool:
        return self.resolved_at is not None and at - self.resolved_at > FORGOTTEN_AFTER


def seen(finding: Finding, before: FindingLife | None, *, because: str) -> FindingLife:
    """Return the life of a finding that a run found."""
    status = FindingStatus.OPENED
    if before is not None:
        status = FindingStatus.STILL_THERE if before.is_active else FindingStatus.REOPENED
    exemption = finding.suppressed_by
    return FindingLife(
        id=finding.id,
        policy_id=finding.policy_id,
        function=finding.function,
        title=finding.title,
        severity=finding.severity,
        because=because,
        status=status,
        first_seen_at=finding.as_of if before is None else before.first_seen_at,
        last_seen_at=finding.as_of,
        runs_in_a_row=1 if before is None else before.runs_in_a_row + 1,
        suppressed_until=None if exemption is None else exemption.ends_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFindings:
    """All findings of one target that are remembered, as one run left them."""

    target: Target
    run_id: str
    as_of: datetime
    """The run's moment: the same however often the run is concluded, later for a later run."""
    findings: tuple[FindingLife, ...]
    """By id."""

    def counts(self) -> "LifeCounts":
        """Count what the run did to them; what was resolved by earlier runs is not counted."""
        active = [f for f in self.findings if f.is_active]
        found = [f for f in active if f.unseen_because is None]
        return LifeCounts(
            opened=sum(f.status is FindingStatus.OPENED for f in found),
            still_there=sum(f.status is FindingStatus.STILL_THERE for f in found),
            reopened=sum(f.status is FindingStatus.REOPENED for f in found),
            resolved=sum(f.resolved_at == self.as_of for f in self.findings),
            unseen=len(active) - len(found),
        )

    def moved(self) -> tuple[FindingLife, ...]:
        """Return the findings whose status this run changed."""
        fresh = (FindingStatus.OPENED, FindingStatus.REOPENED)
        return tuple(f for f in self.findings if f.status in fresh or f.resolved_at == self.as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeCounts:
    """One run in figures. Findings of the run = opened + still there + reopened."""

    opened: int = 0
    still_there: int = 0
    reopened: int = 0
    resolved: int = 0
    unseen: int = 0
    """There before, and the run could not say: no more clean than the others."""

    def plus(self, other: "LifeCounts") -> "LifeCounts":
        return LifeCounts(
            opened=self.opened + other.opened,
            still_there=self.still_there + other.still_there,
            reopened=self.reopened + other.reopened,
            resolved=self.resolved + other.resolved,
            unseen=self.unseen + other.unseen,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLife:
    """What one run did to the findings of all targets."""

    run_id: str
    counts: LifeCounts
    moved: tuple[FindingLife, ...]
    """Opened, reopened and resolved, in this run."""
    overtaken: tuple[str, ...]
    """Targets that a later run had settled already: nothing of them is counted here."""
