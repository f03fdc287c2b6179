"""Does a scan see everything, pay for little, and turn every failure into a gap or an unknown?"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_account, an_arn
from tests.fakes.clock import NOW
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.house import (
    FILES,
    OTHER_ACCOUNT,
    OTHER_REGION,
    House,
    a_bundle,
    with_fleet,
    with_policy,
)
from trimtab.domain.arn import Target
from trimtab.domain.errors import NotFoundError, RetryableError
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Inventory
from trimtab.domain.wire import to_wire
from trimtab.pipeline import inventory as stage
from trimtab.pipeline import keys
from trimtab.pipeline.inventory import inventory
from trimtab.pipeline.needs import DEFAULT_LOOKBACK, Needs
from trimtab.pipeline.scan import Cursor, account_of, scan
from trimtab.pipeline.signals.memory import report_signals
from trimtab.policy.model import Bundle, PolicyScope

POLICY = FILES["cost/memory-oversized.yaml"]


def watching(when: str) -> Bundle:
    """Load a bundle whose one policy only observes."""
    return with_policy(
        f"id: watch\ntitle: t\nwhy: w\nseverity: low\nmode: observe\nlookback: 14d\nwhen:\n{when}",
        name="watch",
    )


def read(house: House, *, is_unmanaged: bool = True, **given: Any) -> Inventory:
    needs = Needs(policies=house.bundle.policies, account=an_account())
    return inventory(
        TARGET,
        house.fleet.open(TARGET),
        needs,
        clock=house.clock,
        is_unmanaged=is_unmanaged,
        **given,
    )


def signals(house: House, name: str = "orders", **given: Any) -> Mapping[str, Evidence]:
    found = {s.function.name: s.signals for s in read(house, **given).snapshots}
    return found[name]


def a_report(house: House, name: str = "orders", *, lines: int = 10, **given: Any) -> None:
    usual: dict[str, Any] = {"at": NOW - timedelta(days=1), "memory_mb": 3008, "used_mb": 250.0}
    house.cloud[TARGET].logs.add(f"/aws/lambda/{name}", *[ReportLine(**usual | given)] * lines)


def test_a_function_is_listed_with_what_its_policies_need() -> None:
    house = House()
    house.plant(tags={"team": "shop"})
    found = signals(house)
    assert found["function.memory_mb"] == Known(value=3008, source="ListFunctions")
    assert found["function.tags"] == Known(value={"team": "shop"}, source="Resource tagging API")
    assert found["usage.invocations"] == Known(value=14_000, source="CloudWatch Invocations")
    assert found["memory.peak_mb"] == Known(value=300.0, source="Lambda Insights")
    assert found["function.state"] == Known(value="Active", source="GetFunction, ListAliases")
    assert found["usage.duration_p95_ms"] == Known(value=400.0, source="CloudWatch Duration")


def test_an_empty_target_is_read_with_one_call() -> None:
    house = House()
    found = read(house)
    assert (found.snapshots, found.gaps) == ((), ())
    assert found.calls == {"lambda:ListFunctions": 1}


def test_only_what_can_still_change_a_verdict_is_read() -> None:
    house = House()
    house.plant("small", memory_mb=128)
    assert read(house).calls == {"lambda:ListFunctions": 1}
    house.plant("idle", invocations=1.0)
    calls = read(house).calls
    assert "lambda:GetFunction" not in calls
    assert "logs:StartQuery" not in calls
    assert calls["cloudwatch:GetMetricData"] == 1


def test_calls_of_a_scan_keep_within_the_figure() -> None:
    house = House()
    for n in range(120):
        house.plant(f"f{n:03d}", tags={"n": str(n)}, peak_mb=None if n % 2 else 300.0)
        if n % 2:
            a_report(house, f"f{n:03d}")
    for n in range(0, 120, 10):
        house.functions.publish(f"f{n:03d}")
        house.functions.alias(f"f{n:03d}", "live", "1")
    house.cloud[TARGET].logs.polls_to_complete = 2
    found = read(house)
    assert found.gaps == ()
    calls = dict(found.calls)
    candidates, undecided_by_insights = 120, 60
    assert calls.pop("lambda:ListFunctions") == 3
    assert calls.pop("resourcegroupstaggingapi:GetResources") == 2
    metrics = 120 * len(
        {
            *("usage.invocations", "usage.duration_sum_ms", "usage.duration_p95_ms"),
            *("usage.duration_p99_ms", "memory.peak_mb", "cpu.time_mean_ms"),
        }
    )
    assert calls.pop("cloudwatch:GetMetricData") == -(-metrics // 500)
    assert calls.pop("compute-optimizer:GetLambdaFunctionRecommendations") == 1
    queries = 2 * -(-undecided_by_insights // 50)
    assert calls.pop("logs:StartQuery") == queries
    assert calls.pop("logs:GetQueryResults") == queries * 3
    assert sum(calls.values()) <= 4 * candidates
    assert all(name.startswith("lambda:") for name in calls)


def test_no_candidate_costs_more_than_four_calls() -> None:
    for is_unmanaged in (True, False):
        house = House()
        house.plant("orders")
        house.functions.publish("orders")
        house.functions.alias("orders", "live", "1")
        calls = dict(read(house, is_unmanaged=is_unmanaged).calls)
        for bulk in ("lambda:ListFunctions", "resourcegroupstaggingapi:GetResources"):
            del calls[bulk]
        del calls["cloudwatch:GetMetricData"]
        assert sum(calls.values()) <= 4


def test_s08_a_page_that_fails_is_a_gap_and_what_was_listed_before_is_judged() -> None:
    house = House()
    for n in range(60):
        house.plant(f"f{n:03d}")
    house.functions.before_next("ListFunctions", lambda: None)
    house.functions.before_next(
        "ListFunctions", lambda: house.functions.fail_next("ListFunctions", "ServiceException")
    )
    found = read(house)
    assert len(found.snapshots) == 50
    assert [gap.what for gap in found.gaps] == ["ListFunctions from 50"]
    assert found.next_marker is None


def test_s08_a_target_that_cannot_be_listed_is_a_gap() -> None:
    house = House()
    house.functions.fail_always("ListFunctions", "AccessDeniedException")
    found = read(house)
    (gap,) = found.gaps
    assert (gap.account, gap.region, gap.what, gap.function) == (ACCOUNT, REGION, "target", None)
    assert "AccessDeniedException" in gap.error
    assert found.snapshots == ()


FAILURES = [
    ("tagging", "GetResources", "tags", "function.tags"),
    ("metrics", "GetMetricData", "GetMetricData", "usage.invocations"),
    ("metrics", "GetMetricData", "GetMetricData", "usage.duration_p99_ms"),
]


@pytest.mark.parametrize(("client", "operation", "what", "signal"), FAILURES)
def test_s08_a_bulk_call_that_fails_is_a_gap_and_its_signals_are_unknown(
    client: str, operation: str, what: str, signal: str
) -> None:
    house = House()
    house.plant()
    getattr(house.cloud[TARGET], client).fail_always(operation, "AccessDeniedException")
    found = read(house)
    assert [gap.what for gap in found.gaps] == [what]
    (snapshot,) = found.snapshots
    evidence = snapshot.signals[signal]
    assert isinstance(evidence, Unknown)
    assert "AccessDeniedException" in evidence.reason


@pytest.mark.parametrize("operation", ["GetFunction", "ListAliases"])
def test_s08_a_function_that_cannot_be_read_deeply_is_a_gap_of_its_own(operation: str) -> None:
    house = House()
    house.plant("orders")
    house.plant("stable")
    house.functions.fail_next(operation, "ThrottlingException")
    found = read(house)
    (gap,) = found.gaps
    assert (gap.what, gap.function) == ("function", str(an_arn("orders")))
    orders, stable = found.snapshots
    for name in ("owner.tool", "function.state", "function.aliases", "function.alias_obstacle"):
        assert isinstance(orders.signals[name], Unknown)
        assert isinstance(stable.signals[name], Known)


def test_s08_whatever_fails_no_signal_becomes_zero() -> None:
    for client, operation in (
        ("tagging", "GetResources"),
        ("metrics", "GetMetricData"),
        ("optimizer", "GetLambdaFunctionRecommendations"),
        ("logs", "StartQuery"),
        ("logs", "GetQueryResults"),
    ):
        house = House()
        house.plant(peak_mb=None)
        a_report(house)
        getattr(house.cloud[TARGET], client).fail_always(operation, "AccessDeniedException")
        for name, evidence in signals(house).items():
            if name.startswith(("usage.invocations", "usage.duration", "memory.", "cpu.")):
                assert not isinstance(evidence, Known) or evidence.value > 0, name


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
    a_report(house)
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
    assert found["logs.out_of_memory"] == Known(value=10, source="REPORT lines")


def test_a_policy_about_cost_gets_the_series_that_cost_is_made_of() -> None:
    house = House(watching('  cost.usd_month: "> $0.01"\n'))
    house.plant(peak_mb=None)
    cost = signals(house)["cost.usd_month"]
    assert isinstance(cost, Known)
    assert cost.value == pytest.approx(3008 / 1024 * 14 * 200 * 0.0000166667 * 730 / (14 * 24))


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
    assert isinstance(found.snapshots[0].signals["function.state"], Unknown)


def test_s11_an_unknown_kind_is_unknown_by_its_raw_answer() -> None:
    house = House()
    house.plant(DurableConfig={"ExecutionTimeout": 5})
    kind = signals(house)["function.kind"]
    assert kind == Unknown(reason="it is a durable function")


def test_a_function_that_changed_since_it_was_listed_is_judged_as_it_is_now() -> None:
    house = House()
    house.plant(memory_mb=3008)
    house.functions.before_next(
        "GetFunction", lambda: house.functions.change("orders", MemorySize=2048)
    )
    (snapshot,) = read(house).snapshots
    assert snapshot.listed.configuration.memory_mb == 2048
    assert snapshot.signals["function.memory_mb"] == Known(value=2048, source="ListFunctions")


def test_a_container_image_has_no_runtime_of_its_own() -> None:
    house = House()
    house.plant(Runtime=None, PackageType="Image")
    assert signals(house)["function.runtime"] == Known(
        value="container image", source="ListFunctions"
    )


def test_s08_when_the_time_runs_out_the_cursor_says_where_to_go_on() -> None:
    house = House()
    for n in range(120):
        house.plant(f"f{n:03d}", memory_mb=128)
    house.clock.leave(timedelta(seconds=59))
    first = read(house)
    assert (len(first.snapshots), first.next_marker) == (50, "50")
    house.clock.leave(timedelta(seconds=60))
    rest = read(house, marker=first.next_marker)
    assert (len(rest.snapshots), rest.next_marker) == (70, None)
    house.clock.leave(timedelta.max)
    whole = read(house)
    names = [s.function for s in (*first.snapshots, *rest.snapshots)]
    assert names == [s.function for s in whole.snapshots]


def test_a_slice_ends_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "SLICE", 100)
    house = House()
    for n in range(120):
        house.plant(f"f{n:03d}", memory_mb=128)
    first = read(house)
    assert (len(first.snapshots), first.next_marker) == (100, "100")


def test_the_longest_lookback_of_any_policy_counts() -> None:
    policy = a_bundle().policies[0]
    longer = replace(policy, lookback=timedelta(days=30))
    assert Needs(policies=(policy, longer), account=an_account()).lookback == timedelta(days=30)
    assert Needs(policies=(), account=an_account()).lookback == DEFAULT_LOOKBACK


def test_a_policy_that_is_out_of_scope_asks_for_nothing() -> None:
    elsewhere = PolicyScope(accounts=replace(PolicyScope().accounts, include=(OTHER_ACCOUNT,)))
    house = House(a_bundle(scope=elsewhere))
    house.plant()
    found = read(house)
    assert found.calls == {"lambda:ListFunctions": 1}


def test_s08_a_scope_by_tags_that_cannot_be_read_is_insufficient_data() -> None:
    text = POLICY.replace("when:", "scope:\n  tags: {team: shop}\nwhen:")
    house = House(with_policy(text))
    house.plant(tags={"team": "shop"})
    house.cloud[TARGET].tagging.fail_always("GetResources", "AccessDeniedException")
    house.scan()
    (verdict,) = house.parts()[0].verdicts
    assert verdict.assessment is Assessment.INSUFFICIENT_DATA
    assert verdict.missing == ("function.tags",)


def test_scan_stores_every_slice_as_a_part_and_continues_to_the_same_functions() -> None:
    house = House()
    for n in range(120):
        house.plant(f"f{n:03d}")
    house.discover()
    bench = house.scan_bench()
    house.clock.leave(timedelta(seconds=30))
    cursor = scan("run-1", TARGET, None, bench)
    assert cursor == Cursor(marker="50", part=2)
    cursor = scan("run-1", TARGET, cursor, bench)
    assert cursor == Cursor(marker="100", part=3)
    assert scan("run-1", TARGET, cursor, bench) is None
    parts = house.parts()
    assert [p.functions for p in parts] == [50, 50, 20]
    assert [p.is_last for p in parts] == [False, False, True]
    sliced = [to_wire(v) for p in parts for v in p.verdicts]
    house.clock.leave(timedelta.max)
    house.scan("run-2")
    assert sliced == [to_wire(v) for p in house.parts("run-2") for v in p.verdicts]


def test_s08_an_account_that_denies_its_role_is_a_gap_and_the_run_goes_on() -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    other = Target(account=OTHER_ACCOUNT, region=REGION)
    house.plant(target=TARGET)
    house.cloud.deny(other)
    counts, opened = house.run()
    assert (counts.gaps, counts.planned, counts.functions) == (1, 1, 1)
    assert counts.faults() == ()
    lost = next(p for p in house.parts() if p.target == other)
    assert (lost.functions, lost.is_last, lost.gaps[0].what) == (0, True, "target")
    assert len(opened) == 1


def test_s30_a_target_that_this_run_did_not_discover_is_refused() -> None:
    house = House()
    house.plant()
    house.discover()
    for target in (
        Target(account=OTHER_ACCOUNT, region=REGION),
        Target(account=ACCOUNT, region=OTHER_REGION),
    ):
        with pytest.raises(NotFoundError, match="did not discover"):
            scan("run-1", target, None, house.scan_bench())
        with pytest.raises(NotFoundError):
            account_of("run-1", target, house.store)
    with pytest.raises(NotFoundError):
        scan("run-9", TARGET, None, house.scan_bench())
    assert house.fleet.opened == []


def test_s18_functions_of_one_name_in_two_accounts_and_regions_never_mix() -> None:
    house = House(
        a_bundle(regions=(REGION, OTHER_REGION)),
        accounts=(an_account(), an_account(OTHER_ACCOUNT)),
    )
    places = [
        Target(account=a, region=r)
        for a in (ACCOUNT, OTHER_ACCOUNT)
        for r in (REGION, OTHER_REGION)
    ]
    for n, place in enumerate(places):
        house.plant("orders", target=place, memory_mb=3000 + n, peak_mb=300.0 + n)
    counts, opened = house.run()
    assert counts.planned == 4
    assert len({r.change_id for r in opened}) == len({r.finding_id for r in opened}) == 4
    by_place = {r.function.target: r for r in opened}
    for n, place in enumerate(places):
        change = by_place[place]
        assert change.before.configuration.memory_mb == 3000 + n
        assert f"peak memory {300 + n} MB" in change.recommendation.reasons[0]
        house.answer(change)
    first = by_place[places[0]]
    house.carry(first)
    assert [house.cloud[p].functions.memory_mb("orders") for p in places] == [
        1769,
        3001,
        3002,
        3003,
    ]
    assert house.status(by_place[places[3]]) == "approved"


def test_what_is_exempt_by_tag_is_counted_and_never_planned() -> None:
    house = House()
    house.plant(tags={"trimtab:exempt": "memory-oversized:2026-11-30"})
    counts, opened = house.run()
    assert (counts.suppressed, opened) == (1, ())


def test_s12_a_managed_account_is_ticketed_because_nothing_proves_the_owner() -> None:
    house = House(with_fleet(a_bundle(), unmanaged_accounts=frozenset()))
    house.plant()
    counts, _ = house.run()
    assert counts.ticketed == 1
    assert "owner.tool is not known" in house.reasons()["orders"][1]


def test_manifest_keys_name_account_region_and_number() -> None:
    assert keys.part("r", TARGET, 2) == f"runs/r/parts/{ACCOUNT}/{REGION}/0002.json.gz"
    assert keys.manifest("r") == "runs/r/manifest.json"


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


def test_a_snapshot_shows_its_function_and_not_its_signals() -> None:
    house = House()
    house.plant()
    (snapshot,) = read(house).snapshots
    assert repr(snapshot).startswith(f"Snapshot({an_arn()}, ")
