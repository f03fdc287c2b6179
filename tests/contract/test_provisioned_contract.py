"""Does the fake Lambda say of provisioned concurrency what recorded AWS says?"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.contract.test_fake_lambda import RECORDED, keys, refused, said
from tests.fakes.builders import TARGET
from tests.fakes.clock import FakeClock
from tests.fakes.fake_lambda import FakeLambda
from tests.fakes.lambda_provisioned import INIT_FAILURE

pytestmark = pytest.mark.contract

FILES = ("localstack_test_lambda_api.json", "localstack_test_lambda.json")
FIGURES = (
    "RequestedProvisionedConcurrentExecutions",
    "AllocatedProvisionedConcurrentExecutions",
    "AvailableProvisionedConcurrentExecutions",
    "Status",
)


@pytest.fixture(scope="module")
def recorded() -> Callable[[str], Mapping[str, Any]]:
    """Return the steps of one recorded test by the end of its name."""
    found: dict[str, Any] = {}
    for name in FILES:
        if not (RECORDED / name).exists():
            pytest.skip(f"the recorded answers are not there: {name}")
        found |= json.loads((RECORDED / name).read_text())
    return lambda part: next(
        t["recorded-content"] for name, t in found.items() if name.endswith(part) and t
    )


@pytest.fixture
def aws() -> FakeLambda:
    """A function with a version and an alias on it."""
    aws = FakeLambda(TARGET, FakeClock(), polls_to_settle=0)
    aws.add("orders")
    aws.publish("orders")
    aws.alias("orders", "live", "1")
    return aws


def put(aws: FakeLambda, qualifier: str, count: int = 1, name: str = "orders") -> Any:
    return aws.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count
    )


def get(aws: FakeLambda, qualifier: str, name: str = "orders") -> Any:
    return aws.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)


def delete(aws: FakeLambda, qualifier: str, name: str = "orders") -> Any:
    return aws.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)


def figures(answer: Mapping[str, Any]) -> list[Any]:
    return [answer[name] for name in FIGURES]


def test_nothing_of_a_request_is_there_before_all_of_it_is(aws: FakeLambda, recorded: Any) -> None:
    steps = recorded("::test_provisioned_concurrency")
    answers = (put(aws, "live", 5), get(aws, "live"), get(aws, "live"))
    told = ("put_provisioned_5", "get_provisioned_prewait", "get_provisioned_postwait")
    for answer, step in zip(answers, told, strict=True):
        assert keys(answer) == keys(steps[step])
        assert figures(answer) == figures(steps[step])
        status = steps[step]["ResponseMetadata"]["HTTPStatusCode"]
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_function_that_cannot_start_gets_none_of_it(aws: FakeLambda, recorded: Any) -> None:
    told = recorded("::test_provisioned_concurrency_init_failure")["get_provisioned_postwait"]
    aws.fail_allocation("orders", "live")
    put(aws, "live")
    aws.allocate()
    answer = get(aws, "live")
    assert figures(answer) == figures(told)
    assert keys(answer) == keys(told)
    assert answer["StatusReason"] == told["StatusReason"] == INIT_FAILURE
    aws.fail_allocation("orders", "live", None)
    put(aws, "live")
    aws.allocate("orders")
    assert get(aws, "live")["Status"] == "READY"


def test_it_moves_with_its_alias(aws: FakeLambda, recorded: Any) -> None:
    steps = recorded("::test_lambda_provisioned_concurrency_moves_with_alias")
    put(aws, "live")
    aws.allocate()
    aws.change("orders", MemorySize=1769)
    assert aws.publish("orders") == "2"
    aws.update_alias("orders", "live", "2")
    told = steps["get_provisioned_config_after_alias_move"]
    assert figures(get(aws, "live")) == figures(told)
    assert refused(lambda: get(aws, "1")) == said(steps["provisioned_concurrency_notfound"])


LIFE: dict[str, Callable[[FakeLambda], Any]] = {
    "put_provisioned_on_version": lambda aws: put(aws, "1"),
    "put_provisioned_on_alias_versionconflict": lambda aws: put(aws, "live"),
    "delete_provisioned_version": lambda aws: delete(aws, "1"),
    "get_provisioned_version_postdelete": lambda aws: get(aws, "1"),
    "put_provisioned_on_alias": lambda aws: put(aws, "live"),
    "put_provisioned_on_version_conflict": lambda aws: put(aws, "1"),
}
"""Step after step, as recorded; a version is provisioned once."""


def test_its_life_is_as_recorded(aws: FakeLambda, recorded: Any) -> None:
    steps = recorded("::test_lambda_provisioned_lifecycle")
    for step, call in LIFE.items():
        if "Error" in steps[step]:
            assert refused(lambda call=call: call(aws)) == said(steps[step]), step
        else:
            answer, told = call(aws), steps[step]
            assert keys(answer) == keys(told), step
            status = told["ResponseMetadata"]["HTTPStatusCode"]
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


NOT_THERE: dict[str, Callable[[FakeLambda], Any]] = {
    "get_provisioned_config_doesnotexist": lambda aws: get(aws, "live"),
    "get_provisioned_functionname_doesnotexist": lambda aws: get(aws, "noalias", "doesnotexist"),
    "get_provisioned_qualifier_doesnotexist": lambda aws: get(aws, "noalias"),
    "get_provisioned_version_doesnotexist": lambda aws: get(aws, "10"),
    "get_provisioned_latest": lambda aws: get(aws, "$LATEST"),
    "delete_provisioned_functionname_doesnotexist": lambda aws: delete(aws, "1", "doesnotexist"),
    "delete_provisioned_qualifier_doesnotexist": lambda aws: delete(aws, "noalias"),
    "delete_provisioned_version_doesnotexist": lambda aws: delete(aws, "10"),
    "delete_provisioned_latest": lambda aws: delete(aws, "$LATEST"),
    "put_provisioned_invalid_param_0": lambda aws: put(aws, "live", 0),
    "put_provisioned_functionname_doesnotexist_alias": lambda aws: put(
        aws, "noalias", 1, "doesnotexist"
    ),
    "put_provisioned_functionname_doesnotexist_version": lambda aws: put(
        aws, "1", 1, "doesnotexist"
    ),
    "put_provisioned_qualifier_doesnotexist": lambda aws: put(aws, "doesnotexist"),
    "put_provisioned_version_doesnotexist": lambda aws: put(aws, "10"),
    "put_provisioned_latest": lambda aws: put(aws, "$LATEST"),
}


@pytest.mark.parametrize("step", NOT_THERE)
def test_what_is_not_there_is_said_as_recorded(aws: FakeLambda, recorded: Any, step: str) -> None:
    told = said(recorded("::test_provisioned_concurrency_exceptions")[step])
    assert refused(lambda: NOT_THERE[step](aws)) == told


def test_deleting_what_is_not_configured_is_no_error(aws: FakeLambda, recorded: Any) -> None:
    steps = recorded("::test_provisioned_concurrency_exceptions")
    told = steps["delete_provisioned_config_doesnotexist"]["ResponseMetadata"]["HTTPStatusCode"]
    assert delete(aws, "live")["ResponseMetadata"]["HTTPStatusCode"] == told == 204


def limits(aws: FakeLambda, **given: int) -> Callable[[], Any]:
    """Prepare a limit and return the put that goes one over it."""
    for name, count in given.items():
        aws.add(name)
        aws.reserve(name, count)
    return lambda: put(aws, "live", 901 - sum(given.values()) + given.get("orders", 0))


def test_it_leaves_a_hundred_unreserved(aws: FakeLambda) -> None:
    """Source: "PutProvisionedConcurrencyConfig", Lambda API reference; read 2026-11-21."""
    one_over = limits(aws, other=300)
    assert refused(one_over)[0] == "InvalidParameterValueException"
    assert put(aws, "live", 600)["Status"] == "IN_PROGRESS"


def test_it_fits_into_what_is_reserved(aws: FakeLambda) -> None:
    aws.reserve("orders", 5)
    code, message, status = refused(lambda: put(aws, "live", 6))
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert "reservedConcurrentExecution" in message
    assert put(aws, "live", 5)["Status"] == "IN_PROGRESS"


def test_one_request_at_a_time_and_the_old_number_meanwhile(aws: FakeLambda) -> None:
    """Source: github.com/hashicorp/terraform-provider-aws/issues/13967, read 2026-11-21."""
    put(aws, "live", 5)
    code, message, status = refused(lambda: put(aws, "live", 6))
    assert (code, status) == ("ResourceConflictException", 409)
    assert message == "A previous request is being processed. Please try again shortly"
    aws.allocate()
    assert figures(put(aws, "live", 6)) == [6, 5, 5, "IN_PROGRESS"]


def test_no_weights_and_no_second_alias_of_the_same_version(aws: FakeLambda) -> None:
    put(aws, "live")
    aws.alias("orders", "other", "1")
    assert refused(lambda: put(aws, "other"))[0] == "ResourceConflictException"
    aws.change("orders", MemorySize=1769)
    aws.publish("orders")
    aws.alias("orders", "split", "2", weights={"1": 0.1})
    code, message, _ = refused(lambda: put(aws, "split"))
    assert code == "InvalidParameterValueException"
    assert message == "Alias with weights can not be used with Provisioned Concurrency"
    put(aws, "2")
    assert refused(lambda: aws.update_alias("orders", "live", "2"))[0] == (
        "ResourceConflictException"
    )
