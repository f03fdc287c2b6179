"""What does a function cost a month? GB-seconds by architecture and region, in USD, at the first
tier.

Source: AWS Lambda pricing, price list publication of 2026-10-01, read 2026-11: x86_64 0.0000166667
and arm64 0.0000133334 USD per GB-second in most regions; higher regions from a community table of
the Price List API. A saving computed from it is before discounts: Savings Plans lower it by up to
17 % and the volume tiers by up to 20 %, which is what DISCOUNT_FLOOR stands for.
"""

USD_PER_GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
REGION_FACTOR = {
    "af-south-1": 1.326,
    "ap-east-1": 1.375,
    "eu-south-1": 1.171,
    "me-south-1": 1.240,
    "me-central-1": 1.240,
}
"""Price of the region over the base price; 1 where not named."""

DISCOUNT_FLOOR = 0.63
"""Least share of the list price anyone pays: 1 - 17 % Savings Plan, times 1 - 20 % volume tier,
rounded down to leave room for private prices; chosen, not measured."""

HOURS_PER_MONTH = 730.0
MB_PER_GB = 1024.0


def usd_per_gb_second(*, region: str, architecture: str) -> float:
    """Return the list price of the first tier."""
    return USD_PER_GB_SECOND[architecture] * REGION_FACTOR.get(region, 1.0)


def gb_seconds(*, memory_mb: float, duration_sum_ms: float) -> float:
    return memory_mb / MB_PER_GB * duration_sum_ms / 1000.0
