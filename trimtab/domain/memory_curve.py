"""How long does a function take at each memory size? What was measured, and what is forecast.

Ratios are of the function's present duration or cost: 1.0 is as now, 0.8 a fifth less.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What is expected, and the ends between which it lies nine times out of ten."""

    low: float
    expected: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPoint:
    """How long the function took at one size, over many invocations of one code."""

    memory_mb: int
    duration_mean_ms: float
    """Warm: without init."""
    duration_p95_ms: float | None
    """None: the source does not tell."""
    invocations: int
    source: str
    """'metrics', 'REPORT lines', 'change abc-r1', 'power tuning'."""
    measured_at: datetime | None = None
    code_sha256: str | None = None
    """The code it was measured with; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRecord:
    """What is on record of a function's sizes: nothing is lost when its size changes."""

    points: tuple[MeasuredPoint, ...] = ()
    baseline: MeasuredPoint | None = None
    """As it ran before the first change of a series: every later slowdown counts from here."""
    code_sha256: str | None = None
    """The code it has now; None: not known."""


NO_RECORD = MemoryRecord()


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeForecast:
    """What one size would mean."""

    memory_mb: int
    slowdown: Interval
    """Duration there / duration now, warm."""
    duration_p95_ms: Interval
    cost: Interval
    """Cost of an invocation there / now."""
    holds: float | None = None
    """How likely it is to stay within the slowdown and to save enough; None: nobody asked."""
    why_not: str | None = None
    """Why it is not proposed; None: it could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCurve:
    """A function's duration and cost over memory, as far as it can be told."""

    memory_mb: int
    """The size it has."""
    chosen_mb: int | None
    """The size that is proposed; None: none is."""
    points: tuple[MeasuredPoint, ...]
    forecasts: tuple[SizeForecast, ...]
    """By size, smallest first."""
    basis: tuple[str, ...]
    """What the forecast is based on, in words."""

    def at(self, memory_mb: int) -> SizeForecast | None:
        return next((f for f in self.forecasts if f.memory_mb == memory_mb), None)
