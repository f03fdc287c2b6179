"""Is the state of one function read whole, cheaply, and honestly about what stands in the way?"""

from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.clock import NOW
from tests.fakes.cloud import FakeCloud, FakeFleet
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.errors import AccessDeniedError, NotFoundError, RetryableError
from trimtab.domain.wire import to_wire

SECRET = {"Environment": {"Variables": {"TOKEN": "s3cr3t-value"}}}


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def aws(cloud: FakeCloud) -> FakeLambda:
    return cloud[TARGET].functions


@pytest.fixture
def source(cloud: FakeCloud) -> AwsFunctionSource:
    return FakeFleet(cloud).open(TARGET)


def with_alias(aws: FakeLambda, **raw: Any) -> Any:
    function = aws.add("orders", **raw)
    aws.alias("orders", "live", aws.publish("orders"))
    return function


def test_the_usual_function_takes_two_calls(aws: FakeLambda, source: AwsFunctionSource) -> None:
    state = source.state(aws.add("orders", tags={"team": "shop"}))
    assert source.calls() == {"lambda:GetFunction": 1, "lambda:ListAliases": 1}
    assert (state.state, state.last_update_status, state.is_settled) == (
        "Active",
        "Successful",
        True,
    )
    assert state.tags == {"team": "shop"}
    assert state.read_at == NOW
    assert (state.aliases, state.versions, state.obstacles) == ((), {}, ())


def test_a_function_with_one_served_version_takes_four(
    aws: FakeLambda, source: AwsFunctionSource
) -> None:
    function = with_alias(aws)
    aws.alias("orders", "beta", "1")
    state = source.state(function)
    assert sum(source.calls().values()) == 4
    assert {a.name: a.version for a in state.aliases} == {"beta": "1", "live": "1"}
    assert state.versions == {"1": state.configuration}
    assert state.same_environment == {"1"}
    assert state.obstacles == ()


def test_an_alias_on_latest_serves_no_version(aws: FakeLambda, source: AwsFunctionSource) -> None:
    function = aws.add("orders")
    aws.alias("orders", "dev", "$LATEST")
    state = source.state(function)
    assert (state.versions, state.obstacles) == ({}, ())
    assert sum(source.calls().values()) == 2


def test_more_aliases_than_a_page_are_all_read(cloud: FakeCloud) -> None:
    aws = cloud[TARGET].functions
    function = aws.add("orders")
    for n in range(51):
        aws.alias("orders", f"alias-{n}", "$LATEST")
    source = FakeFleet(cloud).open(TARGET)
    assert len(source.state(function).aliases) == 51
    assert source.calls()["lambda:ListAliases"] == 2


def test_s22_a_weighted_alias_is_an_obstacle_and_its_versions_are_not_read(
    aws: FakeLambda, source: AwsFunctionSource
) -> None:
    function = with_alias(aws)
    aws.change("orders", MemorySize=1769)
    aws.alias("orders", "live", "1", weights={aws.publish("orders"): 0.1})
    state = source.state(function)
    assert state.aliases[0].weights == {"2": 0.1}
    assert state.versions == {}
    assert state.obstacles == ("alias live splits its traffic between two versions",)


def test_s16_environments_are_compared_and_dropped(
    aws: FakeLambda, source: AwsFunctionSource
) -> None:
    function = with_alias(aws, **SECRET)
    assert source.state(function).same_environment == {"1"}
    aws.change("orders", Environment={"Variables": {"TOKEN": "other-value"}})
    state = source.state(function)
    assert state.same_environment == frozenset()
    assert state.versions["1"] == state.configuration
    for value in ("s3cr3t-value", "other-value"):
        assert value not in str(to_wire(state))


def test_an_environment_that_cannot_be_read_is_never_proven_equal(
    aws: FakeLambda, source: AwsFunctionSource
) -> None:
    error = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "kms:Decrypt"}}
    state = source.state(with_alias(aws, Environment=error))
    assert state.same_environment == frozenset()


def test_snapstart_is_an_obstacle(aws: FakeLambda, source: AwsFunctionSource) -> None:
    state = source.state(with_alias(aws, SnapStart={"ApplyOn": "PublishedVersions"}))
    assert "SnapStart" in state.obstacles[0]


def test_another_runtime_version_is_an_obstacle(aws: FakeLambda, source: AwsFunctionSource) -> None:
    function = with_alias(aws)
    aws.change("orders", RuntimeVersionConfig={"RuntimeVersionArn": "arn:newer"})
    assert source.state(function).obstacles == (
        "$LATEST has another runtime version than version 1",
    )


@pytest.mark.parametrize("qualifier", ["live", "1"])
def test_provisioned_concurrency_is_an_obstacle(
    aws: FakeLambda, source: AwsFunctionSource, qualifier: str
) -> None:
    function = with_alias(aws)
    aws.provision("orders", qualifier, 5)
    assert "provisioned concurrency" in source.state(function).obstacles[0]


def test_an_answer_that_there_is_no_provisioned_concurrency_is_no_error(
    aws: FakeLambda, source: AwsFunctionSource
) -> None:
    function = with_alias(aws)
    code = "ProvisionedConcurrencyConfigNotFoundException"
    aws.fail_next("ListProvisionedConcurrencyConfigs", code)
    assert source.state(function).obstacles == ()


def test_tags_that_could_not_be_read_are_unknown_and_none_are_none(
    aws: FakeLambda, source: AwsFunctionSource
) -> None:
    function = aws.add("orders")
    assert source.state(function).tags == {}
    aws.lose_tags("orders")
    assert source.state(function).tags is None


def test_s11_an_unknown_kind_shows_in_the_state_too(
    aws: FakeLambda, source: AwsFunctionSource
) -> None:
    function = aws.add("orders", DurableConfig={"ExecutionTimeout": 60})
    assert source.state(function).unknown_kind == "it is a durable function"


@pytest.mark.parametrize(
    "operation",
    [
        "GetFunction",
        "ListAliases",
        "GetFunctionConfiguration",
        "ListProvisionedConcurrencyConfigs",
    ],
)
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDeniedException", AccessDeniedError),
        ("TooManyRequestsException", RetryableError),
        ("ReadTimeout", RetryableError),
    ],
)
def test_s8_a_state_is_read_whole_or_not_at_all(
    aws: FakeLambda,
    source: AwsFunctionSource,
    operation: str,
    code: str,
    expected: type[Exception],
) -> None:
    function = with_alias(aws)
    aws.fail_next(operation, code)
    with pytest.raises(expected, match="orders"):
        source.state(function)


def test_a_function_that_is_gone_is_not_found(aws: FakeLambda, source: AwsFunctionSource) -> None:
    function = aws.add("orders")
    aws.remove("orders")
    with pytest.raises(NotFoundError):
        source.state(function)
