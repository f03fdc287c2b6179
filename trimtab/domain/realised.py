"""What did a change really save? Billed GB-seconds of an invocation, before and after."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: what the function did at one size."""

    memory_mb: int
    invocations: float
    duration_mean_ms: float
    """Of the handler, without init."""
    duration_p95_ms: float | None
    gb_s_per_invocation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RealisedSaving:
    """The hours of the watch beside the same hours of the weeks before."""

    before: Side
    after: Side
    basis: str
    """What the GB-seconds are made of, in words."""
    usd_month: float | None
    """At the prices and the use of the run that proposed the change; None: the run kept neither."""
    predicted_low_usd_month: float
    predicted_high_usd_month: float

    @property
    def share(self) -> float:
        """The part of the billed GB-seconds that is saved; below zero it costs more."""
        return 1.0 - self.after.gb_s_per_invocation / self.before.gb_s_per_invocation
