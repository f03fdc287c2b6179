"""Did the change hurt? Figures before and after, compared; healthy, regressed, or too little to
tell (S13).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trimtab.domain.evidence import NOT_ASKED, Evidence


class Health(StrEnum):
    HEALTHY = "healthy"
    REGRESSED = "regressed"
    INSUFFICIENT_DATA = "insufficient_data"
    REVERTED = "reverted"
    """Somebody else took the change back while it was watched: there is nothing left to judge."""
    WATCHING = "watching"
    """The watch is not over and nothing is wrong so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one function did in one span of time. Each unknown stays unknown."""

    invocations: Evidence
    errors: Evidence
    throttles: Evidence
    duration_p95_ms: Evidence
    out_of_memory: Evidence
    duration_mean_ms: Evidence = NOT_ASKED
    """Entries of older releases lack it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The same hours and weekdays of the weeks before, read just before the write."""

    figures: Figures
    watch_from: datetime
    """When the settling ends and the watch begins."""
    watch_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One figure, before and after."""

    figure: str
    before: float | None
    after: float | None
    answer: Health
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    health: Health
    comparisons: tuple[Comparison, ...]
    at: datetime
