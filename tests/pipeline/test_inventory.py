"""Does a scan see everything, pay for little, and turn every failure into a gap or an unknown?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_account, an_arn
from tests.pipeline.house import (
    OTHER_ACCOUNT,
    House,
    a_bundle,
)
from tests.pipeline.reads import a_report, read, signals, watching
from trimtab.domain.evidence import Known, Unknown
from trimtab.pipeline.signals.needs import DEFAULT_LOOKBACK, Needs
from trimtab.policy.model import PolicyScope


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
    found = read(house, at_most=120)
    assert found.gaps == ()
    calls = dict(found.calls)
    candidates, undecided_by_insights = 120, 60
    assert calls.pop("lambda:ListFunctions") == 3
    assert calls.pop("tag:GetResources") == 2
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
    assert calls.pop("cloudtrail:LookupEvents") == 2 * candidates
    assert sum(calls.values()) <= 4 * candidates
    assert all(name.startswith("lambda:") for name in calls)


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
    assert (gap.what, gap.function) == ("state", str(an_arn("orders")))
    orders, stable = found.snapshots
    for name in ("function.state", "function.aliases", "function.alias_obstacle"):
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
            if name.startswith(("usage.invocations", "usage.duration", "memory.peak", "cpu.")):
                assert not isinstance(evidence, Known) or evidence.value > 0, name


def test_s11_an_unknown_kind_is_unknown_by_its_raw_answer() -> None:
    house = House()
    house.plant(DurableConfig={"ExecutionTimeout": 5})
    kind = signals(house)["function.kind"]
    assert kind == Unknown(reason="it is a durable function")


def test_s11_a_function_that_became_an_unknown_kind_since_it_was_listed_is_one() -> None:
    house = House()
    house.plant()
    durable = {"ExecutionTimeout": 5}
    house.functions.before_next(
        "GetFunction", lambda: house.functions.change("orders", DurableConfig=durable)
    )
    assert signals(house)["function.kind"] == Unknown(reason="it is a durable function")


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
    whole = read(house, at_most=120)
    names = [s.function for s in (*first.snapshots, *rest.snapshots)]
    assert names == [s.function for s in whole.snapshots]


def test_a_slice_ends_when_it_is_full() -> None:
    house = House()
    for n in range(120):
        house.plant(f"f{n:03d}", memory_mb=128)
    first = read(house, at_most=100)
    assert (len(first.snapshots), first.next_marker) == (100, "100")


def test_the_lookbacks_of_the_policies_are_read_the_longest_first() -> None:
    policy = a_bundle().policies[0]
    longer = replace(policy, id="longer", lookback=timedelta(days=30))
    needs = Needs(policies=(policy, longer), account=an_account())
    assert needs.lookbacks == (timedelta(days=30), timedelta(days=14))
    assert Needs(policies=(), account=an_account()).lookbacks == (DEFAULT_LOOKBACK,)


def test_a_policy_that_is_out_of_scope_asks_for_nothing() -> None:
    elsewhere = PolicyScope(accounts=replace(PolicyScope().accounts, include=(OTHER_ACCOUNT,)))
    house = House(a_bundle(scope=elsewhere))
    house.plant()
    found = read(house)
    assert found.calls == {"lambda:ListFunctions": 1}


def test_a_snapshot_shows_its_function_and_not_its_signals() -> None:
    house = House()
    house.plant()
    (snapshot,) = read(house).snapshots
    assert repr(snapshot).startswith(f"Snapshot({an_arn()}, ")


def test_a_policy_that_asks_for_the_owner_has_the_tags_read_first() -> None:
    house = House(watching('  owner.tool: "none"\n'))
    house.plant(tags={"managed-by": "terraform"})
    owner = signals(house)["owner.tool"]
    assert owner == Known(value="terraform (tag managed-by)", source="tags")


def test_s10_the_tags_of_a_finding_are_read_whatever_made_it_one() -> None:
    house = House(watching('  usage.invocations: "= 0"\n'))
    house.plant(invocations=0, tags={"team": "shop"})
    found = read(house)
    assert found.snapshots[0].signals["function.tags"] == Known(
        value={"team": "shop"}, source="Resource tagging API"
    )
    assert found.calls["tag:GetResources"] == 1


def test_s08_functions_that_the_time_did_not_reach_are_gaps() -> None:
    house = House(watching('  function.state: "Active"\n'))
    house.plant()
    house.clock.leave(timedelta(seconds=59))
    found = read(house)
    (gap,) = found.gaps
    assert (gap.what, gap.function) == ("state", str(an_arn()))
    assert "ran out" in gap.error
