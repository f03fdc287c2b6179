"""When does provisioned concurrency pay for itself? Held against sums done by hand."""

import pytest

from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.price_table import ARM, SHIPPED, TABLE, X86
from trimtab.pipeline.signals.cost import price_signals
from trimtab.policy.derive import evidence_for

NEVER_PAYS = {
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


def break_even(region: str, *, architecture: str = X86, provisioned: int | None = 10) -> Evidence:
    listed: dict[str, Evidence] = {
        "function.kind": Known(value="event function", source="test"),
        "function.architecture": Known(value=architecture, source="test"),
    }
    prices = price_signals(listed, region=region, prices=SHIPPED)
    count = {"concurrency.provisioned": Known(value=provisioned, source="test")}
    return evidence_for("concurrency.break_even_utilisation", prices | count)


def value(evidence: Evidence) -> float | None:
    assert isinstance(evidence, Known)
    found: float | None = evidence.value
    return found


def test_at_the_break_even_both_ways_cost_the_same() -> None:
    """us-east-1, x86_64, USD per GB-second: 4.1667e-6 provisioned, 9.7222e-6 running."""
    busy = value(break_even("us-east-1"))
    assert busy == pytest.approx(0.6, abs=1e-4)
    assert 4.1667e-6 + busy * 9.7222e-6 == pytest.approx(busy * 16.6667e-6, rel=1e-5)


def test_it_differs_by_region_and_in_some_it_never_pays() -> None:
    found = {region: value(break_even(region)) for region, *_, run in TABLE if run is not None}
    assert found["eu-west-1"] == pytest.approx(0.797, abs=0.001)
    assert {region for region, busy in found.items() if busy is not None and busy > 1} == NEVER_PAYS


def test_on_arm_it_is_much_the_same() -> None:
    assert value(break_even("us-east-1", architecture=ARM)) == pytest.approx(0.6, abs=0.001)


def test_s08_without_a_price_it_is_unknown_and_with_nothing_provisioned_there_is_none() -> None:
    assert isinstance(break_even("mars-north-1"), Unknown)
    assert isinstance(break_even("me-central-1"), Unknown)
    assert value(break_even("us-east-1", provisioned=None)) is None
