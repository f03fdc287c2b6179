"""Do the shipped policies on capacity find what is wrong in AWS's answers, and nothing else?"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.clock import NOW
from tests.pipeline.capacity_desk import READINGS, Desk
from tests.pipeline.reads import a_report
from tests.pipeline.test_shipped_policies import CAREFUL, house, plant, said
from tests.policy.test_shipped import SHIPPED, bundle_in
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Assessment
from trimtab.policy.evaluate import judge

MB = 1024 * 1024
ON = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
BUSY: dict[str, Any] = {
    "function.kind": "event function",
    "function.tags": {"criticality": "high"},
    "runtime.family": "python",
    "price.compute_usd_gb_s": 16.6667e-6,
    "price.provisioned_usd_gb_s": 4.646e-6,
    "price.provisioned_run_usd_gb_s": 10.8407e-6,
    "usage.invocations": 1000.0,
    "concurrency.peak": 300.0,
}


def verdict(policy_id: str, desk: Desk, **usage: Any) -> Assessment:
    """Judge the function of this desk by one shipped policy, over the readings themselves."""
    policy = bundle_in(SHIPPED).policy(policy_id)
    assert policy is not None
    given = BUSY | {name.replace("__", "."): value for name, value in usage.items()}
    signals: dict[str, Evidence] = {n: Known(value=v, source="test") for n, v in given.items()}
    signals |= desk.read(*(reading.what for reading in READINGS))
    return judge(policy, signals, applies=True).assessment


def in_use(desk: Desk) -> Desk:
    """Keep all that is provisioned busy, most of the time."""
    desk.used(ran=1000.0, busy_ms=9 * 86_400_000.0, fullest=0.9)
    return desk


def spilling(desk: Desk) -> Desk:
    desk.used(ran=1000.0, spilled=100.0, busy_ms=9 * 86_400_000.0, fullest=1.0)
    return desk


def hardly_used(desk: Desk) -> Desk:
    desk.used(ran=10.0, busy_ms=86_400_000.0, fullest=0.2)
    return desk


def aged(desk: Desk) -> Desk:
    desk.cloud.clock.advance(timedelta(days=60))
    return desk


def keeping(desk: Desk, days: int | None) -> Desk:
    desk.logs.keep("/aws/lambda/orders", days)
    return desk


def reserving(desk: Desk, count: int | None) -> Desk:
    desk.aws.reserve("orders", count)
    return desk


def near_its_limit(desk: Desk, claimed: float) -> Desk:
    desk.metrics.put_daily("ClaimedAccountConcurrency", "Maximum", claimed, end=NOW, days=3)
    return desk


def filling(desk: Desk) -> Desk:
    desk.aws.code_storage_limit = 50 * MB
    return desk


CASES: dict[str, tuple[Callable[[], Desk], Callable[[], Desk]]] = {
    "pc-idle": (lambda: Desk().provisioned(), lambda: in_use(Desk().provisioned())),
    "pc-underused": (
        lambda: hardly_used(Desk().provisioned()),
        lambda: in_use(Desk().provisioned()),
    ),
    "pc-cheaper-on-demand": (
        lambda: hardly_used(Desk().provisioned()),
        lambda: in_use(Desk().provisioned()),
    ),
    "pc-spillover": (
        lambda: spilling(Desk().provisioned()),
        lambda: in_use(Desk().provisioned()),
    ),
    "pc-on-stale-version": (
        lambda: Desk().provisioned("2").published(3),
        lambda: Desk().provisioned("1"),
    ),
    "old-versions": (lambda: aged(Desk().published(6)), lambda: aged(Desk().published(5))),
    "snapstart-stale-versions": (
        lambda: Desk(SnapStart=ON).published(2),
        lambda: Desk(SnapStart=ON).published(1),
    ),
    "log-retention-missing": (lambda: keeping(Desk(), None), lambda: keeping(Desk(), 30)),
    "log-group-missing": (Desk, lambda: keeping(Desk(), None)),
    "reserved-concurrency-missing": (Desk, lambda: reserving(Desk(), 5)),
    "concurrency-near-account-limit": (
        lambda: near_its_limit(Desk(), 900.0),
        lambda: near_its_limit(Desk(), 500.0),
    ),
    "code-storage-full": (
        lambda: filling(Desk(CodeSize=10 * MB).published(4)),
        lambda: Desk(CodeSize=10 * MB).published(4),
    ),
}


@pytest.mark.parametrize("policy_id", CASES)
def test_a_careless_function_is_found_and_a_careful_one_is_clean(policy_id: str) -> None:
    careless, careful = CASES[policy_id]
    assert verdict(policy_id, careless()) is Assessment.NON_COMPLIANT
    assert verdict(policy_id, careful()) is Assessment.COMPLIANT


def test_a_function_that_is_switched_off_is_found_and_an_unused_one_is_clean() -> None:
    unused = {"usage__invocations": 0.0}
    off = verdict("reserved-concurrency-zero", reserving(Desk(), 0), **unused)
    assert off is Assessment.NON_COMPLIANT
    assert verdict("reserved-concurrency-zero", Desk(), **unused) is Assessment.COMPLIANT


@pytest.mark.parametrize("policy_id", [p for p in CASES if p.startswith("pc-")])
def test_without_provisioned_concurrency_its_policies_do_not_apply(policy_id: str) -> None:
    assert verdict(policy_id, Desk()) is Assessment.NOT_APPLICABLE
    assert verdict(policy_id, Desk().published()) is Assessment.NOT_APPLICABLE


def test_s8_provisioned_concurrency_that_was_changed_lately_is_not_judged() -> None:
    changed = Desk().provisioned(at=NOW - timedelta(days=2))
    assert verdict("pc-idle", changed) is Assessment.INSUFFICIENT_DATA


def test_a_scan_finds_what_fails_is_throttled_or_runs_out_of_time_or_memory() -> None:
    fleet = house()
    plant(fleet, "failing", **CAREFUL | {"duration_ms": 9_500.0, "peak_mb": 3000.0})
    metrics = fleet.cloud[TARGET].metrics
    daily = {("Errors", "Sum"): 500.0, ("Throttles", "Sum"): 100.0, ("Duration", "Maximum"): 30e3}
    for (metric, statistic), value in daily.items():
        metrics.put_daily(metric, statistic, value, end=NOW, days=14, FunctionName="failing")
    a_report(fleet, "failing", lines=12_000)
    a_report(fleet, "failing", lines=2_000, is_timeout=True)
    fleet.scan()
    assert said(fleet, Assessment.NON_COMPLIANT) == {
        "failing": {
            "error-rate-high",
            "memory-starved",
            "throttled",
            "timeout-rate-high",
            "timeout-too-close",
        }
    }


def test_no_log_is_paid_for_where_hardly_anything_fails() -> None:
    fleet = house()
    plant(fleet, "working", **CAREFUL)
    for (metric, statistic), value in {
        ("Errors", "Sum"): 5.0,
        ("Duration", "Maximum"): 30_000.0,
    }.items():
        fleet.cloud[TARGET].metrics.put_daily(
            metric, statistic, value, end=NOW, days=14, FunctionName="working"
        )
    fleet.scan()
    assert {"timeout-rate-high", "memory-starved"} <= said(fleet, Assessment.COMPLIANT)["working"]
    assert "StartQuery" not in fleet.cloud[TARGET].logs.calls
