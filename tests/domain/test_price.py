"""Are the shipped prices whole, plain, and of their own region only?"""

import pytest

from trimtab.domain.price import UNKNOWN_RATES, Prices, Rates, gb_seconds
from trimtab.domain.price_table import ARM, ARM_PROVISIONED, SHIPPED, X86
from trimtab.domain.wire import from_wire, to_wire


def usd(region: str, architecture: str, name: str) -> float:
    price = getattr(SHIPPED.of(region, architecture), name)
    assert price.source == SHIPPED.source == "shipped prices of 2026-11-21"
    return float(price.usd)


def test_gb_seconds_count_the_memory_that_is_configured() -> None:
    assert gb_seconds(memory_mb=2048, duration_sum_ms=1500) == 3.0


@pytest.mark.parametrize(
    ("region", "architecture", "name", "expected"),
    [
        ("us-east-1", X86, "gb_second", 0.0000166667),
        ("us-east-1", ARM, "gb_second", 0.0000133334),
        ("us-east-1", X86, "request", 0.0000002),
        ("us-east-1", X86, "storage_gb_second", 0.0000000309),
        ("us-east-1", X86, "provisioned_gb_second", 0.0000041667),
        ("us-east-1", ARM, "provisioned_gb_second", 0.0000033334),
        ("ap-northeast-1", X86, "provisioned_gb_second", 0.0000053835),
        ("ap-northeast-1", ARM, "provisioned_gb_second", 0.0000043068),
        ("af-south-1", X86, "gb_second", 0.0000221),
    ],
)
def test_a_shipped_price_is_that_of_its_source(
    region: str, architecture: str, name: str, expected: float
) -> None:
    assert usd(region, architecture, name) == pytest.approx(expected, rel=1e-4)


def test_arm64_is_never_dearer() -> None:
    for region in SHIPPED.rates:
        assert usd(region, ARM, "gb_second") < usd(region, X86, "gb_second")
    assert ARM_PROVISIONED < 1


def test_s08_a_region_or_architecture_that_nobody_knows_has_no_price() -> None:
    assert SHIPPED.of("xx-east-1", X86) == UNKNOWN_RATES == Rates()
    assert SHIPPED.of("us-east-1", "riscv") == UNKNOWN_RATES
    assert SHIPPED.of("me-central-1", X86).request is None


def test_prices_travel_without_loss() -> None:
    assert from_wire(Prices, to_wire(SHIPPED)) == SHIPPED
