"""Do a run's counts add up? Functions, verdicts, findings and gaps, each total equal to its parts
(S24).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.arn import Target
from trimtab.domain.caveat import Caveat
from trimtab.domain.finding import Finding, Verdict
from trimtab.domain.fleet import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """One run in figures. `gaps` counts targets and pages, not functions."""

    accounts: int
    left_out: int
    targets: int
    functions: int
    judged: int
    gaps: int
    verdicts: int
    compliant: int
    not_applicable: int
    insufficient_data: int
    findings: int
    planned: int
    held_back: int
    suppressed: int
    observed: int
    ticketed: int
    already_open: int
    cooling_down: int

    def faults(self) -> tuple[str, ...]:
        """Return every sum that does not hold, in words; empty when all do."""
        parts = {
            "functions read = judged": (self.functions, self.judged),
            "verdicts = compliant + not applicable + insufficient data + findings": (
                self.verdicts,
                self.compliant + self.not_applicable + self.insufficient_data + self.findings,
            ),
            "findings = planned + held back + suppressed + observed + ticketed"
            " + already open + cooling down": (
                self.findings,
                self.planned
                + self.held_back
                + self.suppressed
                + self.observed
                + self.ticketed
                + self.already_open
                + self.cooling_down,
            ),
        }
        return tuple(f"{law}: {a} is not {b}" for law, (a, b) in parts.items() if a != b)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One slice of one target, read and judged: what scan hands to plan."""

    target: Target
    as_of: datetime
    functions: int
    verdicts: tuple[Verdict, ...]
    """One for each function and policy, in that order."""
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    calls: Mapping[str, int]
    is_last: bool
    """No further slice of this target follows: the target was read to its end."""
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An execution of a state machine that has not ended."""

    machine: str
    name: str
    started_at: datetime
