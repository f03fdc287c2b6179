"""Is a version read whole, with all that names it, and only ever deleted by its number? (S1, S8)"""

import json

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.cloud import FakeCloud, FakeFleet, FakeWorkshop
from tests.fakes.failures import READ_TIMEOUT
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws.actuator import AwsActuator
from trimtab.aws.removal_writes import write_removal
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import (
    AccessDeniedError,
    InputError,
    NotFoundError,
    PermanentError,
    WriteUnknownError,
)
from trimtab.domain.step import DeleteVersion
from trimtab.domain.terms import Direction

NAME = "orders"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def aws(cloud: FakeCloud) -> FakeLambda:
    return cloud[TARGET].functions


@pytest.fixture
def function(aws: FakeLambda) -> FunctionArn:
    function = aws.add(NAME)
    for n in range(3):
        aws.change(NAME, CodeSha256=f"Y29kZ{n}==")
        aws.publish(NAME)
    return function


@pytest.fixture
def actuator(cloud: FakeCloud, function: FunctionArn) -> AwsActuator:
    return FakeWorkshop(cloud).open(
        function, session="change-r1", actions=["lambda:GetFunction"], direction=Direction.FORWARD
    )


def test_a_version_that_nothing_names_has_no_users(
    actuator: AwsActuator, aws: FakeLambda, cloud: FakeCloud, function: FunctionArn
) -> None:
    raw = aws._functions[NAME].versions["2"]
    seen = actuator.version("2")
    assert (seen.number, seen.code_sha256, seen.revision_id, seen.users) == (
        "2",
        raw["CodeSha256"],
        raw["RevisionId"],
        (),
    )
    assert FakeFleet(cloud).open(TARGET).version(function, "2") == seen


def test_whatever_names_a_version_besides_an_alias_is_a_user(
    actuator: AwsActuator, aws: FakeLambda, function: FunctionArn
) -> None:
    aws.put_provisioned_concurrency_config(
        FunctionName=NAME, Qualifier="2", ProvisionedConcurrentExecutions=1
    )
    aws.feed(function, "arn:aws:sqs:eu-west-1:111111111111:jobs", qualifier="2")
    aws.permit(NAME, {"Sid": "s", "Effect": "Allow", "Principal": "*"}, alias="2")
    assert actuator.version("2").users == (
        "provisioned concurrency is configured for it",
        "event source mapping uuid-0",
        "a resource policy of its own lets somebody call it",
    )
    assert actuator.version("1").users == ()


def test_every_page_is_read(aws: FakeLambda, actuator: AwsActuator, function: FunctionArn) -> None:
    aws._page_size = 1
    for qualifier in ("1", "3"):
        aws.put_provisioned_concurrency_config(
            FunctionName=NAME, Qualifier=qualifier, ProvisionedConcurrentExecutions=1
        )
    for n in range(3):
        aws.feed(function, f"arn:aws:sqs:eu-west-1:111111111111:q{n}", qualifier="3")
    assert len(actuator.version("3").users) == 4
    assert actuator.version("2").users == ()
    assert actuator.version_numbers() == ("1", "2", "3")


@pytest.mark.parametrize(
    "operation",
    [
        "GetFunctionConfiguration",
        "ListProvisionedConcurrencyConfigs",
        "ListEventSourceMappings",
        "GetPolicy",
    ],
)
def test_s08_what_cannot_be_read_is_never_nothing(
    aws: FakeLambda, actuator: AwsActuator, operation: str
) -> None:
    aws.fail_always(operation, "AccessDeniedException")
    with pytest.raises(AccessDeniedError):
        actuator.version("2")


def test_s08_the_numbers_that_cannot_be_listed_are_not_none(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    aws.fail_always("ListVersionsByFunction", "AccessDeniedException")
    with pytest.raises(AccessDeniedError):
        actuator.version_numbers()


def test_a_version_that_is_not_there_is_not_found(actuator: AwsActuator) -> None:
    with pytest.raises(NotFoundError):
        actuator.version("9")
    with pytest.raises(InputError):
        actuator.version("$LATEST")


def test_s01_one_version_is_deleted_and_nothing_else(
    aws: FakeLambda, actuator: AwsActuator, cloud: FakeCloud
) -> None:
    actuator.write(DeleteVersion(version="2", code_sha256="x"), state=None)
    assert sorted(aws._functions[NAME].versions) == ["1", "3"]
    event = json.loads(cloud[TARGET].trail._events[-1]["CloudTrailEvent"])
    assert event["requestParameters"]["qualifier"] == "2"


class Careless:
    """A client that would delete whatever it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def delete_function(self, **asked: str) -> None:
        self.asked.append(asked)


@pytest.mark.parametrize("number", ["$LATEST", "", "live", None])
def test_s01_a_step_that_was_forged_past_its_type_deletes_nothing(number: str) -> None:
    step, client = DeleteVersion(version="2", code_sha256="x"), Careless()
    object.__setattr__(step, "version", number)
    with pytest.raises(InputError):
        write_removal(client, NAME, step)
    assert client.asked == []


def test_s01_the_call_always_carries_the_number() -> None:
    client = Careless()
    write_removal(client, NAME, DeleteVersion(version="2", code_sha256="x"))
    assert client.asked == [{"FunctionName": NAME, "Qualifier": "2"}]


def test_s26_a_conflict_or_no_answer_is_unknown_and_a_refusal_is_not(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    aws.alias(NAME, "live", "2")
    step = DeleteVersion(version="2", code_sha256="x")
    with pytest.raises(WriteUnknownError):
        actuator.write(step, state=None)
    aws.fail_next("DeleteFunction", READ_TIMEOUT)
    with pytest.raises(WriteUnknownError):
        actuator.write(step, state=None)
    aws.fail_next("DeleteFunction", "InvalidParameterValueException")
    with pytest.raises(PermanentError):
        actuator.write(step, state=None)
    assert "2" in aws._functions[NAME].versions


def test_s26_cloudtrail_tells_one_version_from_another_and_from_the_function(
    actuator: AwsActuator, cloud: FakeCloud
) -> None:
    since = cloud.clock.now()
    one, other = (DeleteVersion(version=n, code_sha256="x") for n in "12")
    actuator.write(one, state=None)
    assert actuator.made(one, since=since)
    assert not actuator.made(other, since=since)
