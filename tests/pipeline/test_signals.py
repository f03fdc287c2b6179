"""Is each signal known from its best source, or unknown with a reason? (S8, S12)"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, a_listed, an_arn
from tests.fakes.clock import NOW
from tests.pipeline.house import (
    House,
    with_policy,
)
from tests.pipeline.reads import POLICY, a_report, read, signals, watching
from trimtab.domain.errors import RetryableError
from trimtab.domain.evidence import Known, Unknown
from trimtab.domain.fleet import Aside
from trimtab.domain.price import Price, Prices, Rates
from trimtab.pipeline.signals.listed import BUILT, listed_signals
from trimtab.pipeline.signals.memory import report_signals
from trimtab.pipeline.signals.usage import usage_signals


def test_no_candidate_costs_more_than_four_calls_and_four_lookups() -> None:
    for is_unmanaged in (True, False):
        house = House()
        house.plant("orders")
        house.functions.publish("orders")
        house.functions.alias("orders", "live", "1")
        calls = dict(read(house, is_unmanaged=is_unmanaged).calls)
        for bulk in ("lambda:ListFunctions", "tag:GetResources"):
            del calls[bulk]
        del calls["cloudwatch:GetMetricData"]
        assert calls.pop("cloudtrail:LookupEvents") <= 4
        assert sum(calls.values()) <= 4


def test_the_listing_alone_tells_what_a_function_is() -> None:
    listed = a_listed(code_size_bytes=3 * 1024 * 1024, ephemeral_storage_mb=1024)
    found = listed_signals(
        listed, Aside(variables=(), secret_valued=(), has_description=True), at=NOW, wanted=BUILT
    )
    known = {n: e.value for n, e in found.items() if isinstance(e, Known)}
    assert {n: v for n, v in known.items() if n.startswith("function.")} == {
        "function.has_description": True,
        "function.name": "orders",
        "function.memory_mb": 3008,
        "function.timeout_s": 30,
        "function.runtime": "python3.13",
        "function.architecture": "x86_64",
        "function.package_type": "Zip",
        "function.age_days": 90.0,
        "function.code_size_mb": 3.0,
        "function.ephemeral_storage_mb": 1024,
        "function.has_vpc": False,
        "function.kind": "event function",
    }


def test_s08_a_series_that_was_not_answered_completely_is_unknown() -> None:
    house = House()
    house.plant()
    house.cloud[TARGET].metrics.spoil("Duration", "PartialData", FunctionName="orders")
    found = signals(house)
    for name in ("usage.duration_sum_ms", "usage.duration_p95_ms", "usage.duration_p99_ms"):
        assert found[name] == Unknown(reason="CloudWatch did not answer Duration completely")
    assert isinstance(found["usage.invocations"], Known)


def test_a_series_that_is_complete_and_empty_means_no_invocations() -> None:
    house = House(watching('  usage.invocations: "< 5"\n  usage.duration_p95_ms: "> 1s"\n'))
    house.functions.add("quiet")
    found = signals(house, "quiet")
    assert found["usage.invocations"] == Known(value=0, source="CloudWatch Invocations")
    assert found["usage.duration_p95_ms"] == Known(value=None, source="CloudWatch Duration")


def test_percentiles_weigh_by_the_invocations_of_each_day() -> None:
    house = House()
    house.functions.add("orders")
    metrics = house.cloud[TARGET].metrics
    busy, calm = NOW - timedelta(days=1), NOW - timedelta(days=2)
    metrics.put("Invocations", "Sum", {busy: 9000.0, calm: 1000.0}, FunctionName="orders")
    metrics.put("Duration", "p95", {busy: 100.0, calm: 1100.0}, FunctionName="orders")
    metrics.put("Duration", "p99", {busy: 200.0, calm: 1200.0}, FunctionName="orders")
    metrics.put("Duration", "Sum", {busy: 1.0, calm: 2.0}, FunctionName="orders")
    a_report(house, lines=10_000)
    found = signals(house, "orders")
    assert found["usage.duration_p95_ms"] == Known(value=200.0, source="CloudWatch Duration")
    assert found["usage.duration_p99_ms"] == Known(value=1200.0, source="CloudWatch Duration")
    assert found["usage.duration_sum_ms"] == Known(value=3.0, source="CloudWatch Duration")


def test_a_percentile_without_any_invocation_to_weigh_by_is_the_worst_seen() -> None:
    house = House(watching('  usage.duration_p95_ms: "> 1s"\n'))
    house.functions.add("orders")
    points = {NOW - timedelta(days=1): 100.0, NOW - timedelta(days=2): 1100.0}
    house.cloud[TARGET].metrics.put("Duration", "p95", points, FunctionName="orders")
    assert signals(house)["usage.duration_p95_ms"] == Known(
        value=1100.0, source="CloudWatch Duration"
    )


def test_the_peak_comes_from_insights_then_the_optimizer_then_the_logs() -> None:
    house = House()
    arn = house.plant(peak_mb=None)
    a_report(house)
    assert signals(house)["memory.peak_mb"] == Known(value=250.0, source="REPORT lines")
    house.cloud[TARGET].optimizer.put_peak(arn, 280.0)
    assert signals(house)["memory.peak_mb"] == Known(value=280.0, source="Compute Optimizer")
    house.plant(peak_mb=300.0)
    assert signals(house)["memory.peak_mb"] == Known(value=300.0, source="Lambda Insights")


@pytest.mark.parametrize(
    ("seen", "source"), [(14, "Lambda Insights"), (13, "Lambda Insights"), (12, "REPORT lines")]
)
def test_s08_insights_of_too_few_days_do_not_tell_the_peak(seen: int, source: str) -> None:
    house = House()
    house.plant(peak_mb=None)
    a_report(house, used_mb=900.0)
    house.cloud[TARGET].metrics.put_daily(
        "used_memory_max",
        "Maximum",
        300.0,
        end=NOW,
        days=seen,
        namespace="LambdaInsights",
        function_name="orders",
    )
    peak = signals(house)["memory.peak_mb"]
    assert isinstance(peak, Known)
    assert peak.source == source


def test_a_day_without_invocations_is_no_day_of_use_that_insights_missed() -> None:
    house = House(watching('  memory.peak_mb: "> 1 MB"\n'))
    house.functions.add("orders")
    metrics = house.cloud[TARGET].metrics
    seen = {NOW - timedelta(days=1): 300.0}
    metrics.put(
        "used_memory_max", "Maximum", seen, namespace="LambdaInsights", function_name="orders"
    )
    used = {NOW - timedelta(days=days): 0.0 for days in range(2, 9)}
    used[NOW - timedelta(days=1)] = 10.0
    metrics.put("Invocations", "Sum", used, FunctionName="orders")
    assert isinstance(signals(house)["memory.peak_mb"], Known)


@pytest.mark.parametrize(
    ("used", "is_known"), [(None, False), ((), True), ((0,), True), ((5,), False)]
)
def test_s08_a_peak_of_insights_needs_the_days_of_use_to_be_known_and_seen(
    used: tuple[int, ...] | None, is_known: bool
) -> None:
    house = House(watching('  memory.peak_mb: "> 1 MB"\n'))
    house.functions.add("orders")
    metrics = house.cloud[TARGET].metrics
    seen = {NOW - timedelta(days=1): 300.0}
    metrics.put(
        "used_memory_max", "Maximum", seen, namespace="LambdaInsights", function_name="orders"
    )
    if used is None:
        metrics.spoil("Invocations", "PartialData", FunctionName="orders")
    for days in used or ():
        at = NOW - timedelta(days=1 + days)
        metrics.put("Invocations", "Sum", {at: 10.0}, FunctionName="orders")
    assert isinstance(signals(house)["memory.peak_mb"], Known) is is_known


def test_each_source_of_the_peak_is_optional_and_none_is_unknown() -> None:
    house = House()
    house.plant(peak_mb=None)
    house.cloud[TARGET].optimizer.is_enrolled = False
    found = read(house)
    assert found.gaps == ()
    peak = found.snapshots[0].signals["memory.peak_mb"]
    assert isinstance(peak, Unknown)
    assert "neither Insights nor Compute Optimizer knows it" in peak.reason


def test_logs_that_fail_leave_the_peak_unknown() -> None:
    house = House()
    house.plant(peak_mb=None)
    house.cloud[TARGET].logs.fail_always("StartQuery", "AccessDeniedException")
    peak = signals(house)["memory.peak_mb"]
    assert isinstance(peak, Unknown)
    assert "AccessDeniedException" in peak.reason


@pytest.mark.parametrize(("lines", "is_known"), [(12_600, True), (12_599, False), (1, False)])
def test_s08_the_peak_of_some_invocations_is_not_that_of_all(lines: int, is_known: bool) -> None:
    house = House()
    house.plant(peak_mb=None)
    a_report(house, lines=lines)
    peak = signals(house)["memory.peak_mb"]
    assert isinstance(peak, Known) is is_known
    assert is_known or "of 14,000 invocations" in getattr(peak, "reason", "")


def test_more_report_lines_than_invocations_are_not_to_be_trusted() -> None:
    house = House()
    house.plant(peak_mb=None, invocations=100.0)
    a_report(house, lines=1401)
    peak = signals(house)["memory.peak_mb"]
    assert isinstance(peak, Unknown)
    assert "not to be trusted" in peak.reason


def test_log_figures_do_not_replace_a_peak_that_is_known() -> None:
    house = House(watching('  memory.peak_mb: "> 1 MB"\n  logs.out_of_memory: "> 0"\n'))
    house.plant(peak_mb=300.0)
    a_report(house, used_mb=3008.0)
    found = signals(house)
    assert found["memory.peak_mb"] == Known(value=300.0, source="Lambda Insights")
    assert found["logs.out_of_memory"] == Known(value=14_000, source="REPORT lines")


def test_a_policy_about_cost_gets_the_series_that_cost_is_made_of() -> None:
    house = House(watching('  cost.usd_month: "> $0.01"\n'))
    house.plant(peak_mb=None)
    cost = signals(house)["cost.usd_month"]
    assert isinstance(cost, Known)
    compute, requests = 3008 / 1024 * 14 * 200 * 0.0000166667, 14_000 * 0.0000002
    assert cost.value == pytest.approx((compute + requests) * 730 / (14 * 24))


def test_a_cost_is_at_the_prices_that_were_given_and_names_them() -> None:
    dear = Price(usd=1.0, source="price list 2026-11-21")
    rates = Rates(request=dear, provisioned_gb_second=dear)
    prices = Prices(rates={TARGET.region: {"x86_64": rates}}, source="price list 2026-11-21")
    house = House(watching('  cost.requests_usd_month: "> $0.01"\n'))
    house.plant(peak_mb=None)
    found = signals(house, prices=prices)
    assert found["cost.requests_usd_month"] == Known(
        value=14_000 * 730 / (14 * 24), source="CloudWatch Invocations, price list 2026-11-21"
    )
    assert found["price.provisioned_usd_gb_s"] == Known(value=1.0, source=dear.source)
    assert isinstance(found["cost.usd_month"], Unknown)


def test_a_cost_whose_duration_is_unknown_is_unknown() -> None:
    house = House(watching('  cost.usd_month: "> $0.01"\n'))
    house.plant()
    house.cloud[TARGET].metrics.spoil("Duration", "InternalError", FunctionName="orders")
    assert isinstance(signals(house)["cost.usd_month"], Unknown)


def test_cpu_time_is_known_where_insights_says_it() -> None:
    house = House()
    house.plant("orders")
    house.plant("blind")
    metrics = house.cloud[TARGET].metrics
    metrics.put_daily(
        "cpu_total_time",
        "Average",
        20.0,
        end=NOW,
        days=14,
        namespace="LambdaInsights",
        function_name="orders",
    )
    found = {s.function.name: s.signals["cpu.time_mean_ms"] for s in read(house).snapshots}
    assert found["orders"] == Known(value=20.0, source="Lambda Insights")
    assert found["blind"] == Unknown(reason="Lambda Insights is not on for it")


@pytest.mark.parametrize(
    ("tags", "is_unmanaged", "stack", "owner"),
    [
        ({}, True, None, "none"),
        ({}, True, "unseen", "none"),
        ({"aws:cloudformation:stack-name": "shop"}, True, None, "CloudFormation stack shop"),
        ({"managed-by": "Terraform"}, True, None, "terraform (tag managed-by)"),
        ({"terraform": "true"}, True, None, "terraform (tag terraform)"),
        ({"pulumi:project": "x"}, True, None, "pulumi (tag pulumi:project)"),
        ({"Environment": "terraform_1.5"}, True, None, "terraform (tag Environment)"),
        ({"ManagedByTerraform": "yes"}, True, None, "terraform (tag ManagedByTerraform)"),
        ({"built-with": "CDK"}, True, None, "cdk (tag built-with)"),
        ({"team": "sample-orders"}, True, None, "none"),
        ({}, False, "shop", "CloudFormation stack shop"),
        ({}, False, None, None),
    ],
)
def test_s12_ownership_by_code_is_known_none_or_unknown(
    tags: dict[str, str], is_unmanaged: bool, stack: str | None, owner: str | None
) -> None:
    house = House()
    arn = house.plant(tags=tags)
    if stack is not None:
        house.cloud[TARGET].stacks.own(arn, stack)
    evidence = signals(house, is_unmanaged=is_unmanaged)["owner.tool"]
    if owner is None:
        assert isinstance(evidence, Unknown)
    else:
        assert isinstance(evidence, Known)
        assert evidence.value == owner


def test_s12_ownership_is_unknown_where_tags_are() -> None:
    house = House()
    house.plant()
    house.bundle = with_policy(POLICY.replace("  not:\n    function.has_tag: keep-memory\n", ""))
    house.cloud[TARGET].tagging.fail_always("GetResources", "ThrottlingException")
    owner = signals(house)["owner.tool"]
    assert isinstance(owner, Unknown)
    assert "its tags are not known" in owner.reason


def test_an_owned_function_is_not_read_further() -> None:
    house = House()
    house.plant(tags={"aws:cloudformation:stack-name": "shop"})
    found = read(house)
    assert "lambda:GetFunction" not in found.calls
    assert "function.state" not in found.snapshots[0].signals


def test_a_policy_that_asks_for_the_state_has_it_read_whoever_owns_the_function() -> None:
    house = House(watching('  function.state: "Active"\n'))
    house.plant(tags={"aws:cloudformation:stack-name": "shop"})
    state = signals(house)["function.state"]
    assert state == Known(value="Active", source="GetFunction, ListAliases")


class NoLogs:
    """A source whose log figures cannot be read at all."""

    def report_figures(self, functions: Any, *, start: Any, end: Any) -> Any:
        raise RetryableError("logs on purpose")


def test_s08_log_figures_that_cannot_be_read_at_all_are_unknown_with_the_reason() -> None:
    source: Any = NoLogs()
    found = report_signals(source, [an_arn()], invocations={}, at=NOW, lookback=timedelta(days=14))
    for evidence in found[an_arn()].values():
        assert isinstance(evidence, Unknown)
        assert evidence.reason.endswith("logs on purpose")


class Asked:
    """A source that keeps which metrics it was asked for."""

    def __init__(self) -> None:
        self.metrics = set[str]()

    def series(self, queries: Any, **_: Any) -> dict[Any, Any]:
        self.metrics |= {query.metric for query in queries}
        return {}


def test_only_the_metrics_that_are_needed_are_asked_and_paid_for() -> None:
    source: Any = Asked()
    usage_signals(source, {timedelta(days=14): [an_arn()]}, ["usage.errors"], at=NOW)
    assert source.metrics == {"Errors", "Invocations"}


class Periods:
    """A source that only notes with which period it was asked, and knows no point."""

    def __init__(self) -> None:
        self.asked_s: list[int] = []

    def series(self, queries: Any, *, start: datetime, end: datetime, period_s: int) -> Any:
        self.asked_s.append(period_s)
        return {query: () for query in queries}


@pytest.mark.parametrize(
    ("names", "lookback", "period_s"),
    [
        (("usage.invocations", "usage.duration_sum_ms"), timedelta(days=30), 30 * 86_400),
        (("usage.invocations",), timedelta(hours=36), 36 * 3_600),
        (("usage.invocations",), timedelta(minutes=90), 86_400),
        (("usage.invocations", "usage.duration_p95_ms"), timedelta(days=30), 86_400),
        (("memory.peak_mb",), timedelta(days=30), 86_400),
    ],
)
def test_sums_alone_are_read_in_one_period_and_what_is_weighed_by_days_in_days(
    names: tuple[str, ...], lookback: timedelta, period_s: int
) -> None:
    source: Any = Periods()
    usage_signals(source, {lookback: (an_arn(),)}, names, at=NOW)
    assert source.asked_s == [period_s]
