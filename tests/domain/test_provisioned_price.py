"""When does provisioned concurrency pay for itself? Held against sums done by hand."""

import pytest

from trimtab.domain.price import usd_per_gb_second
from trimtab.domain.provisioned_price import BREAK_EVEN


def test_at_the_break_even_both_ways_cost_the_same() -> None:
    """us-east-1, x86_64, USD per GB-second: 4.1667e-6 provisioned, 9.7222e-6 running."""
    busy = BREAK_EVEN["us-east-1"]
    provisioned = 4.1667e-6 + busy * 9.7222e-6
    on_demand = busy * usd_per_gb_second(region="us-east-1", architecture="x86_64")
    assert provisioned == pytest.approx(on_demand, rel=1e-5)


def test_it_differs_by_region_and_in_some_it_never_pays() -> None:
    assert BREAK_EVEN["eu-west-1"] == pytest.approx(0.797, abs=0.001)
    assert {region for region, busy in BREAK_EVEN.items() if busy > 1} == {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-4",
        "ap-southeast-5",
        "eu-central-1",
        "eu-central-2",
        "sa-east-1",
    }
