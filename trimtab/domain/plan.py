"""What will we do, what not, and why? Every finding gets exactly one disposition (S24)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from trimtab.domain.finding import Finding
from trimtab.domain.fleet import Gap
from trimtab.domain.remediation import Remediation


class Disposition(StrEnum):
    PLANNED = "planned"
    HELD_BACK = "held_back"
    SUPPRESSED = "suppressed"
    OBSERVED = "observed"
    TICKETED = "ticketed"
    ALREADY_OPEN = "already_open"
    COOLING_DOWN = "cooling_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds one run, and many. Zero means zero; every limit applies on its own (S9, S27)."""

    per_run: int
    share_of_read: float
    """0..1 of the functions fully read, rounded down."""
    per_account: int
    unverified: int = 10
    """Changes written and not yet verified, in all; checked again at apply."""
    unverified_per_account: int = 3
    per_day: int = 30
    """Changes written in any 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingMemory:
    """What earlier runs left behind for one finding id."""

    open_change: str | None = None
    """The execution name of the change that is open for this *function*."""
    cooling_until: str | None = None
    """ISO moment; a verified or undone change rests until then."""
    refused_changes: tuple[str, ...] = ()
    """Change ids that regressed, were reverted or rejected: not proposed again without a person
    (S25).
    """
    applied_changes: tuple[str, ...] = ()
    """Change ids that were applied and watched to the end: one that is found again came back
    undone."""
    applied_from: tuple[str, ...] = ()
    """Where those began, by `before_id`: a function that is there again came back undone, whatever
    would be proposed by now."""
    reverted_changes: tuple[str, ...] = ()
    """Change ids that somebody else took back: nothing is proposed for the finding without a person
    (S12).
    """
    rounds: Mapping[str, int] | None = None
    """Change id -> the last round used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFinding:
    finding: Finding
    disposition: Disposition
    reason: str
    remediation: Remediation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    run_id: str
    items: tuple[PlannedFinding, ...]
    gaps: tuple[Gap, ...]

    @property
    def remediations(self) -> tuple[Remediation, ...]:
        return tuple(i.remediation for i in self.items if i.remediation is not None)

    def of(self, disposition: Disposition) -> tuple[PlannedFinding, ...]:
        return tuple(i for i in self.items if i.disposition is disposition)
