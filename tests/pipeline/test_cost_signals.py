"""Is a cost usage times the right price, zero only where that is sure, and else unknown? (S8)"""

from datetime import timedelta
from typing import Any

import pytest

from trimtab.domain.evidence import NOT_ASKED, Evidence, Known, Unknown
from trimtab.domain.price import HOURS_PER_MONTH
from trimtab.domain.price_table import SHIPPED
from trimtab.pipeline.signals.cost import COST_SIGNALS, cost_signals, price_signals
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.derive import base_signals, evidence_for

MONTH = timedelta(hours=HOURS_PER_MONTH)
USUAL: dict[str, Any] = {
    "function.kind": "event function",
    "function.architecture": "x86_64",
    "function.memory_mb": 1024,
    "function.ephemeral_storage_mb": 512 + 1024,
    "usage.duration_sum_ms": 1_000_000_000,
    "usage.invocations": 10_000_000,
}


def signals(**given: Any) -> dict[str, Evidence]:
    values = USUAL | {name.replace("__", "."): value for name, value in given.items()}
    return {
        name: value if isinstance(value, Unknown) else Known(value=value, source=name.split(".")[0])
        for name, value in values.items()
    }


def costs(
    region: str = "us-east-1", lookback: timedelta = MONTH, **given: Any
) -> dict[str, Evidence]:
    return cost_signals(signals(**given), region=region, lookback=lookback, prices=SHIPPED)


def usd(name: str, region: str = "us-east-1", lookback: timedelta = MONTH, **given: Any) -> float:
    found = costs(region, lookback, **given)[f"cost.{name}"]
    assert isinstance(found, Known), found
    return float(found.value)


def why(name: str, region: str = "us-east-1", **given: Any) -> str:
    found = costs(region, **given)[f"cost.{name}"]
    assert isinstance(found, Unknown), found
    return found.reason


def test_every_part_is_units_times_the_price_of_its_region() -> None:
    assert usd("compute_usd_month") == pytest.approx(16.6667)
    assert usd("requests_usd_month") == pytest.approx(2.0)
    assert usd("ephemeral_usd_month") == pytest.approx(0.0309)
    assert usd("usd_month") == pytest.approx(16.6667 + 2.0 + 0.0309)
    assert usd("compute_usd_month", function__architecture="arm64") == pytest.approx(13.3334)
    assert usd("compute_usd_month", "af-south-1") == pytest.approx(22.1)


def test_a_window_is_scaled_to_a_month() -> None:
    for name in ("compute_usd_month", "requests_usd_month", "ephemeral_usd_month", "usd_month"):
        assert usd(name, lookback=MONTH / 2) == pytest.approx(2 * usd(name))


def test_the_source_names_the_usage_and_the_prices_once() -> None:
    found = costs()["cost.usd_month"]
    assert isinstance(found, Known)
    assert found.source == "function, usage, shipped prices of 2026-11-21"


@pytest.mark.parametrize(
    ("storage_mb", "expected"), [(512, 0.0), (513, 0.0309 / 1024), (None, 0.0)]
)
def test_storage_is_paid_beyond_512_mb(storage_mb: int | None, expected: float) -> None:
    found = usd("ephemeral_usd_month", function__ephemeral_storage_mb=storage_mb)
    assert found == pytest.approx(expected)


def test_s08_a_region_without_a_price_costs_an_unknown_amount_and_not_anothers() -> None:
    assert why("compute_usd_month", "xx-east-1") == (
        "the price of a GB-second on x86_64 in xx-east-1 is not known"
    )
    assert "a request" in why("requests_usd_month", "me-central-1")
    assert "ephemeral storage" in why("ephemeral_usd_month", "me-central-1")
    assert "a request" in why("usd_month", "me-central-1")
    assert usd("compute_usd_month", "me-central-1") == pytest.approx(20.6667)


def test_what_was_surely_not_used_costs_nothing_at_any_price() -> None:
    idle = {"usage__invocations": 0, "usage__duration_sum_ms": 0}
    assert usd("usd_month", "xx-east-1", **idle) == 0.0


@pytest.mark.parametrize("name", ["function.kind", "function.architecture"])
def test_s08_what_another_kind_costs_is_another_sum(name: str) -> None:
    other = Unknown(reason="it runs on Lambda Managed Instances")
    given = {name.replace(".", "__"): other}
    assert costs(**given) == dict.fromkeys(COST_SIGNALS, other)
    found = price_signals(signals(**given), region="us-east-1", prices=SHIPPED)
    assert set(found.values()) == {other}


def test_s08_usage_that_is_unknown_makes_what_hangs_on_it_unknown() -> None:
    lost = Unknown(reason="CloudWatch did not answer Duration completely")
    found = costs(usage__duration_sum_ms=lost)
    assert found["cost.compute_usd_month"] == found["cost.usd_month"] == lost
    assert isinstance(found["cost.requests_usd_month"], Known)


def test_usage_that_was_not_asked_leaves_the_cost_not_asked() -> None:
    listed = {name: e for name, e in signals().items() if not name.startswith("usage.")}
    found = cost_signals(listed, region="us-east-1", lookback=MONTH, prices=SHIPPED)
    assert found == dict.fromkeys(COST_SIGNALS, NOT_ASKED)


def provisioned(concurrency: int | None, region: str = "us-east-1") -> dict[str, Evidence]:
    found: dict[str, Evidence] = signals() | costs(region)
    found["concurrency.provisioned"] = Known(value=concurrency, source="configs")
    return found | price_signals(signals(), region=region, prices=SHIPPED)


def test_provisioned_concurrency_costs_its_memory_all_month() -> None:
    found = provisioned(10)
    alone = evidence_for("cost.provisioned_usd_month", found)
    total = evidence_for("cost.total_usd_month", found)
    assert isinstance(alone, Known)
    assert isinstance(total, Known)
    assert alone.value == pytest.approx(10 * 730 * 3600 * 0.0000041667)
    assert total.value == pytest.approx(alone.value + 18.6976)


def test_without_any_there_is_no_such_cost_and_the_total_is_the_rest() -> None:
    found = provisioned(None)
    alone = evidence_for("cost.provisioned_usd_month", found)
    total = evidence_for("cost.total_usd_month", found)
    assert (isinstance(alone, Known), alone.value if isinstance(alone, Known) else 0) == (
        True,
        None,
    )
    assert isinstance(total, Known)
    assert total.value == pytest.approx(18.6976)


def test_s08_the_total_is_unknown_while_either_part_is() -> None:
    found = provisioned(10, "me-central-1")
    assert isinstance(evidence_for("cost.provisioned_usd_month", found), Unknown)
    assert isinstance(evidence_for("cost.total_usd_month", found), Unknown)


def test_a_total_of_a_cost_that_has_no_value_has_none_either() -> None:
    found: dict[str, Evidence] = dict.fromkeys(
        ("cost.usd_month", "cost.provisioned_usd_month"), Known(value=None, source="x")
    )
    assert evidence_for("cost.total_usd_month", found) == Known(value=None, source="x")


def test_the_usual_cost_asks_for_no_call_per_function() -> None:
    assert base_signals(("cost.usd_month",)) == {"cost.usd_month"}
    assert SIGNALS["cost.usd_month"].tier < SIGNALS["cost.total_usd_month"].tier
    assert set(SIGNALS) >= COST_SIGNALS
