"""Are versions, concurrency, limits and log groups read to the end, and in few calls?"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.builders import TARGET, an_arn
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import AccessDeniedError, NotFoundError, PermanentError, RetryableError
from trimtab.ports import AccountSettings, LogGroup, MetricQuery, ProvisionedConcurrency


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def source(cloud: FakeCloud) -> AwsFunctionSource:
    return FakeFleet(cloud).open(TARGET)


def plant(aws: FakeLambda, name: str, *, versions: int) -> FunctionArn:
    arn = aws.add(name)
    for number in range(versions):
        aws.change(name, CodeSha256=f"code-{number}", CodeSize=1000 + number)
        aws.publish(name)
    return arn


def test_versions_of_all_functions_are_listed_at_once_and_latest_is_none_of_them(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    aws = cloud[TARGET].functions
    arns = [plant(aws, f"f-{n:03d}", versions=n % 3) for n in range(60)]
    found = source.capacity.versions(arns)
    assert [len(found[arn]) for arn in arns] == [n % 3 for n in range(60)]
    first = found[arns[2]][0]
    assert (first.number, first.published_at, first.code_size_bytes) == ("1", NOW, 1000)
    assert source.calls() == {"lambda:ListFunctions": 3}


def test_what_was_read_is_not_read_again(cloud: FakeCloud, source: AwsFunctionSource) -> None:
    arn = plant(cloud[TARGET].functions, "orders", versions=1)
    cloud[TARGET].functions.alias("orders", "live", "1")
    for _ in range(2):
        assert len(source.capacity.versions([arn])[arn]) == 1
        assert len(source.capacity.aliases(arn)) == 1
        assert source.capacity.provisioned_concurrency(arn) == ()
    assert set(source.calls().values()) == {1}


def test_many_versions_are_asked_of_each_function_before_the_listing_costs_more(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    aws = cloud[TARGET].functions
    arns = [plant(aws, f"f-{n}", versions=60) for n in range(4)]
    found = source.capacity.versions(arns[:2])
    assert {arn: len(versions) for arn, versions in found.items()} == dict.fromkeys(arns[:2], 60)
    assert source.calls() == {"lambda:ListFunctions": 2, "lambda:ListVersionsByFunction": 4}


def test_s8_a_function_that_the_listing_left_out_is_asked_by_itself(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    plant(cloud[TARGET].functions, "orders", versions=1)
    with pytest.raises(NotFoundError, match="ListVersionsByFunction"):
        source.capacity.versions([an_arn("gone")])


def test_the_published_version_of_a_managed_instance_is_no_number(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    aws = cloud[TARGET].functions
    arn = plant(aws, "orders", versions=1)
    aws.change("orders", Version="$LATEST.PUBLISHED", FunctionArn=f"{arn}:$LATEST.PUBLISHED")
    aws.add("other")
    assert source.capacity.versions([an_arn("other")])[an_arn("other")] == ()


def test_only_an_optimised_version_has_a_snapshot(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    aws = cloud[TARGET].functions
    arn = plant(aws, "orders", versions=1)
    on = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    aws.change("orders", SnapStart=on, CodeSha256="new")
    aws.publish("orders")
    assert [v.has_snapshot for v in source.capacity.versions([arn])[arn]] == [False, True]


@pytest.mark.parametrize("wrong", [{"LastModified": "long ago"}, {"FunctionArn": "orders"}])
def test_a_version_that_makes_no_sense_is_an_error(
    cloud: FakeCloud, source: AwsFunctionSource, wrong: dict[str, str]
) -> None:
    cloud[TARGET].functions.add("orders", Version="1", **wrong)
    with pytest.raises(PermanentError, match="all versions"):
        source.capacity.versions([an_arn()])


def test_aliases_that_came_with_the_state_are_not_asked_again(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    arn = plant(cloud[TARGET].functions, "orders", versions=1)
    cloud[TARGET].functions.alias("orders", "live", "1")
    state = source.state(arn)
    assert source.capacity.aliases(arn) == state.aliases
    assert source.calls()["lambda:ListAliases"] == 1


def test_reserved_concurrency_of_zero_is_not_none(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    aws = cloud[TARGET].functions
    arn = aws.add("orders")
    assert source.capacity.reserved_concurrency(arn) is None
    aws.reserve("orders", 0)
    assert source.capacity.reserved_concurrency(arn) == 0
    aws.reserve("orders", 7)
    assert source.capacity.reserved_concurrency(arn) == 7


def test_provisioned_concurrency_is_read_to_the_last_page() -> None:
    cloud = FakeCloud()
    aws = cloud[TARGET].functions
    aws._page_size = 1
    arn = plant(aws, "orders", versions=2)
    aws.alias("orders", "live", "2")
    aws.provision("orders", "live", 5)
    aws.provision("orders", "1", 2, at=NOW - timedelta(days=1))
    source = FakeFleet(cloud).open(TARGET)
    live, one = source.capacity.provisioned_concurrency(arn)
    assert live == ProvisionedConcurrency(
        qualifier="live", requested=5, allocated=5, changed_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert (one.qualifier, one.changed_at) == ("1", NOW - timedelta(days=1))
    assert (live.is_on_version, one.is_on_version) == (False, True)
    assert source.calls() == {"lambda:ListProvisionedConcurrencyConfigs": 2}


def test_a_configuration_without_its_date_is_an_error(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    aws = cloud[TARGET].functions
    arn = plant(aws, "orders", versions=1)
    aws.provision("orders", "1", 2)
    aws._functions["orders"].provisioned["1"].last_modified = "long ago"
    with pytest.raises(PermanentError, match="ListProvisionedConcurrencyConfigs"):
        source.capacity.provisioned_concurrency(arn)


def test_the_settings_of_the_account(cloud: FakeCloud, source: AwsFunctionSource) -> None:
    aws = cloud[TARGET].functions
    aws.add("orders", CodeSize=5000)
    aws.reserve("orders", 100)
    assert source.capacity.account_settings() == AccountSettings(
        concurrency_limit=1000,
        unreserved_concurrency=900,
        code_storage_bytes=5000,
        code_storage_limit_bytes=75 * 1024**3,
    )


def test_the_last_two_weeks_of_the_account_and_of_an_alias(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    metrics = cloud[TARGET].metrics
    metrics.put_daily("ClaimedAccountConcurrency", "Maximum", 300.0, end=NOW, days=20)
    metrics.put_daily(
        "Invocations", "Sum", 5.0, end=NOW, days=2, FunctionName="orders", Resource="orders:live"
    )
    usual = {"function": an_arn(), "namespace": "AWS/Lambda"}
    account = MetricQuery(
        **usual, metric="ClaimedAccountConcurrency", statistic="Maximum", is_of_account=True
    )
    alias = MetricQuery(**usual, metric="Invocations", statistic="Sum", alias="live")
    late = source.capacity.late_series([account, alias])
    assert (late.since, late.until) == (NOW - timedelta(days=14), NOW)
    assert [len(late.series[query] or ()) for query in (account, alias)] == [14, 2]
    assert source.capacity.age_days(NOW - timedelta(hours=36)) == 1.5


def test_log_groups_are_asked_by_name_fifty_at_a_time_and_a_missing_one_is_absent(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    logs = cloud[TARGET].logs
    names = [f"/aws/lambda/f-{n:03d}" for n in range(60)]
    for name in names:
        logs.keep(name, 30, storedBytes=7)
    logs.keep("/aws/lambda/unasked", 1)
    logs.groups_per_page = 20
    found = source.capacity.log_groups([*names, names[0], "/missing"])
    assert set(found) == set(names)
    assert found[names[0]] == LogGroup(name=names[0], retention_days=30, stored_bytes=7)
    assert source.calls() == {"logs:DescribeLogGroups": 4}


def test_a_log_group_of_class_delivery_keeps_its_events_for_a_day(
    cloud: FakeCloud, source: AwsFunctionSource
) -> None:
    cloud[TARGET].logs.keep("/delivered", logGroupClass="DELIVERY")
    cloud[TARGET].logs.keep("/kept")
    found = source.capacity.log_groups(["/delivered", "/kept"])
    assert {n: g.retention_days for n, g in found.items()} == {"/delivered": 1, "/kept": None}


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDeniedException", AccessDeniedError), ("TooManyRequestsException", RetryableError)],
)
def test_a_failed_call_names_itself(
    cloud: FakeCloud, source: AwsFunctionSource, code: str, error: type[Exception]
) -> None:
    arn = cloud[TARGET].functions.add("orders")
    asked = {
        "ListFunctions": lambda: source.capacity.versions([arn]),
        "ListAliases": lambda: source.capacity.aliases(arn),
        "GetFunctionConcurrency": lambda: source.capacity.reserved_concurrency(arn),
        "ListProvisionedConcurrencyConfigs": lambda: source.capacity.provisioned_concurrency(arn),
        "GetAccountSettings": source.capacity.account_settings,
    }
    for operation, ask in asked.items():
        cloud[TARGET].functions.fail_next(operation, code)
        with pytest.raises(error, match=operation):
            ask()
    cloud[TARGET].logs.fail_next("DescribeLogGroups", code)
    with pytest.raises(error, match="DescribeLogGroups"):
        source.capacity.log_groups(["/a"])
