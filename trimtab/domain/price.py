"""What does a function cost a month? The prices of Lambda by region and architecture, in USD.

List prices of the first volume tier, what one more of each costs: before the free tier, which an
organization has once, before the tiers above and before Savings Plans. DISCOUNT_FLOOR stands for
those.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DISCOUNT_FLOOR = 0.63
"""Least share of the list price anyone pays: 1 - 17 % Savings Plan, times 1 - 20 % volume tier,
rounded down to leave room for private prices; chosen, not measured."""

HOURS_PER_MONTH = 730.0
MB_PER_GB = 1024.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit costs, and who says so."""

    usd: float
    source: str
    """'price list 2026-11-21', 'shipped prices of 2026-11-21'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What Lambda asks for in one region, on one architecture. None: not known."""

    gb_second: Price | None = None
    """Compute, on demand."""
    request: Price | None = None
    storage_gb_second: Price | None = None
    """Ephemeral storage beyond what is free."""
    provisioned_gb_second: Price | None = None
    """Keeping provisioned concurrency ready, whether or not it is used."""
    provisioned_run_gb_second: Price | None = None
    """What runs on it, besides."""


UNKNOWN_RATES = Rates()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """All prices in use at one time. Plain data: a run keeps those it judged by."""

    rates: Mapping[str, Mapping[str, Rates]]
    """Region -> architecture -> rates."""
    source: str
    """In a word, for people."""
    notes: tuple[str, ...] = ()
    """What was refused of a price list, or why there is none."""

    def of(self, region: str, architecture: str) -> Rates:
        """Return the rates; where none are known no price is, never that of another region."""
        return self.rates.get(region, {}).get(architecture, UNKNOWN_RATES)


def gb_seconds(*, memory_mb: float, duration_sum_ms: float) -> float:
    return memory_mb / MB_PER_GB * duration_sum_ms / 1000.0
