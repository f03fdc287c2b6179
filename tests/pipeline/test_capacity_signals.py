"""What do versions, concurrency, limits and logs tell? Nothing provisioned is not 0 used (S8)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, a_configuration, a_listed
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.pipeline.capacity_desk import Desk, ask
from trimtab.domain.errors import AccessDeniedError
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.pipeline.signals.capacity import READINGS
from trimtab.pipeline.signals.provisioned_use import USE_READINGS
from trimtab.pipeline.signals.reading import FunctionReading, TargetReading
from trimtab.policy.catalog import SIGNALS
from trimtab.policy.catalog_capacity import CAPACITY_SIGNALS
from trimtab.policy.derive import evidence_for

MB = 1024 * 1024
ON = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}


def reason(evidence: Evidence) -> str:
    assert isinstance(evidence, Unknown), evidence
    return evidence.reason


VERSIONS, ALIASES = "published versions", "aliases"
CONFIGURED, USE = "provisioned concurrency", "use of provisioned concurrency"


def test_every_signal_that_is_read_is_told_by_one_reading_and_every_reading_tells_some() -> None:
    rows = {row.name for row in CAPACITY_SIGNALS if not row.derived_from}
    readings = (*READINGS, *USE_READINGS)
    assert set().union(*(reading.tells for reading in readings)) == rows


def test_the_readings_are_in_the_order_of_what_they_cost() -> None:
    is_of_one = [isinstance(reading, FunctionReading) for reading in READINGS]
    assert is_of_one == sorted(is_of_one)


def test_a_function_without_versions_is_settled_by_the_listing() -> None:
    desk = Desk()
    assert desk.values(VERSIONS) == {
        "version.count": 0,
        "version.code_size_mb": 0,
        "version.snapstart_count": 0,
        "version.unaliased_count": 0,
        "version.oldest_unaliased_age_days": None,
        "version.snapstart_unaliased_count": 0,
        "concurrency.provisioned": None,
        "concurrency.provisioned_allocated": None,
        "concurrency.provisioned_stale_count": None,
        "concurrency.provisioned_invocations": None,
        "concurrency.spillover_invocations": None,
        "concurrency.provisioned_utilisation_mean": None,
        "concurrency.provisioned_utilisation_peak": None,
    }
    calls = dict(desk.source.calls())
    assert calls == {"lambda:ListFunctions": 2}, "one page of functions, one of versions"


def test_versions_are_counted_and_those_that_no_alias_serves_too() -> None:
    desk = Desk(CodeSize=2 * MB).published(2).published(2, SnapStart=ON)
    desk.aws.alias("orders", "live", "4", weights={"1": 0.1})
    desk.aws.alias("orders", "head", "$LATEST")
    desk.cloud.clock.advance(timedelta(days=40))
    found = desk.values(VERSIONS, ALIASES)
    assert found == {
        "version.count": 4,
        "version.code_size_mb": 8.0,
        "version.snapstart_count": 2,
        "alias.count": 2,
        "alias.names": ["head", "live"],
        "version.unaliased_count": 2,
        "version.oldest_unaliased_age_days": 40.0,
        "version.snapstart_unaliased_count": 1,
    }


def test_an_image_takes_no_code_storage() -> None:
    desk = Desk(PackageType="Image", CodeSize=0).published()
    assert desk.values(VERSIONS)["version.code_size_mb"] is None


def test_where_every_version_is_served_there_is_no_oldest() -> None:
    desk = Desk().published()
    desk.aws.alias("orders", "live", "1")
    found = desk.values(ALIASES)
    assert found["version.unaliased_count"] == 0
    assert found["version.oldest_unaliased_age_days"] is None


@pytest.mark.parametrize(("reserved", "is_off"), [(None, False), (0, True), (5, False)])
def test_reserved_concurrency(reserved: int | None, is_off: bool) -> None:
    desk = Desk()
    desk.aws.reserve("orders", reserved)
    assert desk.values("reserved concurrency") == {
        "concurrency.reserved": reserved,
        "concurrency.is_throttled_off": is_off,
    }


def test_the_limits_of_the_account() -> None:
    desk = Desk(CodeSize=15 * 1024 * MB)
    desk.aws.reserve("orders", 100)
    assert desk.values("account settings") == {
        "account.concurrency_limit": 1000,
        "account.unreserved_concurrency": 900,
        "account.code_storage_ratio": 0.2,
        "account.code_storage_limit_mb": 75 * 1024.0,
    }


def test_the_concurrency_of_the_account_is_its_highest_and_none_where_nothing_ran() -> None:
    desk = Desk()
    assert desk.values("claimed concurrency") == {"account.concurrency_claimed": None}
    points = {NOW - timedelta(days=n): float(100 * n) for n in (1, 9, 5)}
    desk.metrics.put("ClaimedAccountConcurrency", "Maximum", points)
    assert desk.values("claimed concurrency") == {"account.concurrency_claimed": 900.0}
    desk.metrics.spoil("ClaimedAccountConcurrency", "PartialData")
    (lost,) = desk.read("claimed concurrency").values()
    assert "not answer ClaimedAccountConcurrency" in reason(lost)


def test_a_log_group_without_retention_is_told_apart_from_none_at_all() -> None:
    desk = Desk()
    missing = dict.fromkeys(("logs.has_retention", "logs.retention_days", "logs.stored_mb"))
    assert desk.values("log groups") == missing | {"logs.group_exists": False}
    desk.logs.keep("/aws/lambda/orders", storedBytes=3 * MB)
    endless = {"logs.has_retention": False, "logs.retention_days": None, "logs.stored_mb": 3.0}
    assert desk.values("log groups") == endless | {"logs.group_exists": True}
    desk.logs.keep("/aws/lambda/orders", 30)
    assert desk.values("log groups")["logs.retention_days"] == 30
    assert desk.values("log groups")["logs.has_retention"] is True


def test_a_function_that_logs_elsewhere_is_judged_by_that_group() -> None:
    desk = Desk(LoggingConfig={"LogFormat": "JSON", "LogGroup": "/shared"})
    desk.logs.keep("/aws/lambda/orders", 30)
    desk.logs.keep("/shared")
    assert desk.values("log groups")["logs.has_retention"] is False


def test_a_function_that_names_no_group_logs_under_its_own_name() -> None:
    cloud = FakeCloud()
    cloud[TARGET].logs.keep("/aws/lambda/orders", 30)
    listed = a_listed(configuration=a_configuration())
    found = ask("log groups", FakeFleet(cloud).open(TARGET), listed)
    assert found["logs.retention_days"] == Known(value=30, source="DescribeLogGroups")


# -- Provisioned concurrency ------------------------------------------------------------------


def test_what_is_provisioned_is_summed_up_over_aliases_and_versions() -> None:
    desk = Desk().provisioned(count=8)
    desk.published(2)
    desk.aws.provision("orders", "2", 3)
    desk.aws.provision("orders", "1", 1)
    assert desk.values(CONFIGURED) == {
        "concurrency.provisioned": 12,
        "concurrency.provisioned_allocated": 12,
        "concurrency.provisioned_stale_count": 1,
    }


def test_what_is_on_an_alias_is_never_stale_and_costs_no_call_for_aliases() -> None:
    desk = Desk().provisioned()
    assert desk.values(CONFIGURED)["concurrency.provisioned_stale_count"] == 0
    assert "lambda:ListAliases" not in desk.source.calls()


@pytest.mark.parametrize("what", [CONFIGURED, USE])
def test_nothing_provisioned_is_no_figure_at_all(what: str) -> None:
    desk = Desk().published()
    found = desk.values(what)
    assert found
    assert set(found.values()) == {None}
    assert "cloudwatch:GetMetricData" not in desk.source.calls()


def test_the_use_is_summed_up_over_all_the_time_not_over_the_days_that_have_figures() -> None:
    desk = Desk().provisioned(count=10)
    day_ms = 86_400_000.0
    when = {NOW - timedelta(days=1): 5 * day_ms}
    desk.metrics.put("Duration", "Sum", when, FunctionName="orders", Resource="orders:live")
    found = desk.values(USE)
    assert found["concurrency.provisioned_utilisation_mean"] == pytest.approx(5 / 140)


def test_use_spillover_and_peak() -> None:
    desk = Desk().provisioned()
    desk.used(ran=90.0, spilled=10.0, fullest=0.7)
    found = desk.read(CONFIGURED, USE)
    assert value(found, "concurrency.provisioned_invocations") == 1260.0
    assert value(found, "concurrency.spillover_invocations") == 140.0
    assert value(found, "concurrency.spillover_rate") == pytest.approx(0.1)
    assert value(found, "concurrency.provisioned_utilisation_peak") == 0.7
    calls = desk.source.calls()
    assert calls["lambda:ListProvisionedConcurrencyConfigs"] == 1
    assert calls["cloudwatch:GetMetricData"] == 1


def value(found: Mapping[str, Evidence], name: str) -> Any:
    evidence = evidence_for(name, found)
    assert isinstance(evidence, Known), evidence
    return evidence.value


def test_idle_is_zero_where_no_series_says_otherwise() -> None:
    found = Desk().provisioned().values(USE)
    assert found == {
        "concurrency.provisioned_invocations": 0,
        "concurrency.spillover_invocations": 0,
        "concurrency.provisioned_utilisation_mean": 0.0,
        "concurrency.provisioned_utilisation_peak": 0.0,
    }


@pytest.mark.parametrize(
    ("metric", "by"), [("Invocations", "live"), ("ProvisionedConcurrencyInvocations", None)]
)
def test_s8_zero_is_unknown_where_another_series_contradicts_it(
    metric: str, by: str | None
) -> None:
    desk = Desk().provisioned()
    desk.put(5.0, metric, by=by)
    found = desk.read(USE)
    for name in ("provisioned_invocations", "provisioned_utilisation_peak"):
        assert "counts more invocations" in reason(found[f"concurrency.{name}"])


def test_what_is_on_a_version_is_looked_for_under_the_aliases_that_serve_it_too() -> None:
    desk = Desk().provisioned("1")
    desk.published(1)
    desk.aws.alias("orders", "canary", "2", weights={"1": 0.5})
    desk.aws.alias("orders", "other", "2")
    desk.used(ran=10.0, fullest=0.5)
    desk.used(ran=1.0, by="canary", fullest=0.4)
    desk.used(ran=1000.0, by="other")
    desk.put(11.0, "ProvisionedConcurrencyInvocations", by=None)
    found = desk.values(USE)
    assert found["concurrency.provisioned_invocations"] == 14 * 11.0


def test_s8_figures_from_before_a_change_do_not_tell() -> None:
    changed = {"at": NOW - timedelta(days=3)}
    idle = dict(Desk().provisioned(**changed).read(USE))
    told = idle.pop("concurrency.spillover_invocations")
    assert told == Known(value=0, source="CloudWatch ProvisionedConcurrencySpilloverInvocations")
    assert {reason(e) for e in idle.values()} == {
        "what is provisioned was changed 3 days ago: the last 14 days do not tell"
    }
    busy = Desk().provisioned(**changed)
    busy.used(ran=5.0, spilled=5.0, fullest=1.0)
    found = busy.read(USE)
    assert value(found, "concurrency.spillover_rate") == 0.5
    assert "3 days ago" in reason(found["concurrency.provisioned_utilisation_peak"])


@pytest.mark.parametrize(
    ("metric", "lost"),
    [
        ("Invocations", {"provisioned_invocations", "provisioned_utilisation_peak"}),
        ("Duration", {"provisioned_utilisation_mean"}),
        ("ProvisionedConcurrencyUtilization", {"provisioned_utilisation_peak"}),
        (
            "ProvisionedConcurrencySpilloverInvocations",
            {"spillover_invocations", "provisioned_invocations", "provisioned_utilisation_peak"},
        ),
    ],
)
def test_s8_a_series_that_is_not_complete_is_unknown(metric: str, lost: set[str]) -> None:
    desk = Desk().provisioned()
    desk.used(ran=5.0, fullest=0.5)
    desk.metrics.spoil(metric, "PartialData", FunctionName="orders", Resource="orders:live")
    unknown = {n.partition(".")[2]: e for n, e in desk.read(USE).items() if isinstance(e, Unknown)}
    assert set(unknown) == lost
    assert {reason(e) for e in unknown.values()} == {
        f"CloudWatch did not answer {metric} completely"
    }


def test_s8_the_series_of_the_whole_function_has_to_be_complete_too() -> None:
    desk = Desk().provisioned()
    desk.metrics.spoil("ProvisionedConcurrencyInvocations", "PartialData", FunctionName="orders")
    assert "completely" in reason(desk.read(USE)["concurrency.provisioned_invocations"])


def test_s8_use_without_a_figure_of_how_full_it_was_is_unknown() -> None:
    desk = Desk().provisioned()
    desk.used(ran=5.0)
    found = desk.read(USE)
    assert "no figure" in reason(found["concurrency.provisioned_utilisation_peak"])


# -- What it costs, and what fails ---------------------------------------------------------------


def test_no_function_costs_more_than_four_calls_and_one_without_versions_none() -> None:
    desk = Desk().provisioned("1")
    desk.read(ALIASES, "reserved concurrency", CONFIGURED, USE)
    calls = dict(desk.source.calls())
    del calls["lambda:ListFunctions"]
    assert calls == {
        "lambda:ListAliases": 1,
        "lambda:GetFunctionConcurrency": 1,
        "lambda:ListProvisionedConcurrencyConfigs": 1,
        "cloudwatch:GetMetricData": 1,
    }


@pytest.mark.parametrize("reading", READINGS, ids=lambda r: r.what)
def test_s8_a_denied_call_is_raised_and_never_an_answer(
    reading: TargetReading | FunctionReading,
) -> None:
    desk = Desk().provisioned()
    desk.read()
    for operation in (
        "ListFunctions",
        "ListAliases",
        "GetFunctionConcurrency",
        "ListProvisionedConcurrencyConfigs",
        "GetAccountSettings",
    ):
        desk.aws.fail_always(operation, "AccessDeniedException")
    desk.logs.fail_always("DescribeLogGroups", "AccessDeniedException")
    desk.metrics.fail_always("GetMetricData", "AccessDeniedException")
    with pytest.raises(AccessDeniedError):
        ask(reading.what, desk.source, a_listed())


def test_known_values_have_the_types_that_the_catalog_names() -> None:
    desk = Desk().provisioned()
    desk.published(1)
    desk.used(ran=5.0, fullest=0.5)
    desk.logs.keep("/aws/lambda/orders", 30)
    desk.metrics.put_daily("ClaimedAccountConcurrency", "Maximum", 9.0, end=NOW, days=3)
    found = desk.values(*(reading.what for reading in READINGS))
    kinds = {"flag": bool, "texts": list}
    for name, known in found.items():
        wanted = kinds.get(SIGNALS[name].type.value, int | float)
        assert known is None or isinstance(known, wanted), name
