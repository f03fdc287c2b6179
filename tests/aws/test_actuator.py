"""Is each write one guarded call, told honestly, and only of what was read (S26, S22)?"""

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.builders import TARGET, an_arn
from tests.fakes.cloud import FakeCloud, FakeWorkshop
from tests.fakes.failures import FailingClient
from tests.fakes.fake_lambda import FakeLambda
from trimtab.aws.actuator import AwsActuator, AwsWorkshop, session_policy
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import (
    AccessDeniedError,
    NotFoundError,
    PermanentError,
    RetryableError,
    WriteUnknownError,
)
from trimtab.domain.fleet import FunctionState
from trimtab.domain.step import (
    MoveAlias,
    PublishVersion,
    SetMemory,
    Step,
)
from trimtab.domain.terms import Direction

DOWN = SetMemory(memory_mb=1769)
MOVE = MoveAlias(alias="live", from_version="1", to_version="2")
PUBLISH = PublishVersion(code_sha256="b2xkY29kZQ==", memory_mb=1769, description="change-r1")


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def aws(cloud: FakeCloud) -> FakeLambda:
    return cloud[TARGET].functions


@pytest.fixture
def function(aws: FakeLambda) -> FunctionArn:
    return aws.add("orders")


@pytest.fixture
def actuator(cloud: FakeCloud, function: FunctionArn) -> AwsActuator:
    return FakeWorkshop(cloud).open(
        function, session="change-r1", actions=["lambda:GetFunction"], direction=Direction.FORWARD
    )


def two_versions(aws: FakeLambda, **weights: float) -> None:
    aws.publish("orders")
    aws.change("orders", MemorySize=1769)
    aws.publish("orders")
    aws.alias("orders", "live", "1", weights)


def test_a_memory_change_is_one_call_and_settles(aws: FakeLambda, actuator: AwsActuator) -> None:
    actuator.write(DOWN, state=actuator.state())
    state = actuator.settle()
    assert state.configuration.memory_mb == aws.memory_mb("orders") == 1769
    assert state.is_settled
    assert aws.calls["UpdateFunctionConfiguration"] == 1


def test_the_whole_change_behind_an_alias(aws: FakeLambda, actuator: AwsActuator) -> None:
    aws.publish("orders")
    aws.alias("orders", "live", "1")
    actuator.write(DOWN, state=actuator.state())
    actuator.write(PUBLISH, state=actuator.settle())
    assert actuator.published(PUBLISH) == "2"
    actuator.write(MOVE, state=actuator.settle())
    assert aws.served("orders") == {"live": "2"}
    assert (aws.version_memory_mb("orders", "1"), aws.version_memory_mb("orders", "2")) == (
        3008,
        1769,
    )


def test_s26_a_change_by_someone_else_since_the_read_is_unknown_and_nothing_is_written(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    two_versions(aws)
    state = actuator.state()
    aws.change("orders", Timeout=31)
    aws.alias("orders", "live", "1")
    for step in (SetMemory(memory_mb=512), PUBLISH, MOVE):
        with pytest.raises(WriteUnknownError, match="PreconditionFailedException"):
            actuator.write(step, state=state)
    assert aws.memory_mb("orders") == 1769
    assert aws.served("orders") == {"live": "1"}
    assert actuator.published(PUBLISH) is None


def test_s26_an_update_in_progress_is_unknown(aws: FakeLambda, actuator: AwsActuator) -> None:
    aws.polls_to_settle = 5
    actuator.write(DOWN, state=actuator.state())
    with pytest.raises(WriteUnknownError, match="ResourceConflictException"):
        actuator.write(SetMemory(memory_mb=512), state=actuator.state())
    assert aws.memory_mb("orders") == 1769


def test_the_revision_of_the_answer_is_stale_once_it_settled(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    actuator.write(DOWN, state=actuator.state())
    during = actuator.state()
    assert during.last_update_status == "InProgress"
    after = actuator.settle()
    assert after.revision_id != during.revision_id
    with pytest.raises(WriteUnknownError):
        actuator.write(SetMemory(memory_mb=512), state=during)


FAILURES = [
    ("TooManyRequestsException", RetryableError),
    ("AccessDeniedException", AccessDeniedError),
    ("InvalidParameterValueException", PermanentError),
    ("ResourceNotFoundException", NotFoundError),
    ("ServiceException", WriteUnknownError),
    ("ReadTimeout", WriteUnknownError),
    ("ConnectionClosed", WriteUnknownError),
]
STEPS: list[tuple[str, Step]] = [
    ("UpdateFunctionConfiguration", DOWN),
    ("PublishVersion", PUBLISH),
    ("UpdateAlias", MOVE),
]


@pytest.mark.parametrize(("operation", "step"), STEPS, ids=[name for name, _ in STEPS])
@pytest.mark.parametrize(("code", "expected"), FAILURES, ids=[code for code, _ in FAILURES])
def test_s26_every_failure_of_a_write_is_told_for_what_it_is(
    aws: FakeLambda,
    actuator: AwsActuator,
    operation: str,
    step: Step,
    code: str,
    expected: type[Exception],
) -> None:
    two_versions(aws)
    state = actuator.state()
    aws.fail_next(operation, code)
    with pytest.raises(expected, match="orders") as caught:
        actuator.write(step, state=state)
    assert type(caught.value) is expected
    assert aws.calls[operation] == 1


@pytest.mark.parametrize("code", ["ReadTimeout", "ConnectionClosed", "ServiceException"])
def test_s26_a_lost_answer_may_hide_a_write_that_landed(
    aws: FakeLambda, actuator: AwsActuator, code: str
) -> None:
    aws.fail_next("UpdateFunctionConfiguration", code, after_landing=True)
    with pytest.raises(WriteUnknownError):
        actuator.write(DOWN, state=actuator.state())
    assert actuator.settle().configuration.memory_mb == 1769


@pytest.mark.parametrize("step", [DOWN, PUBLISH])
def test_nothing_is_written_without_a_revision_id(
    aws: FakeLambda, actuator: AwsActuator, step: Step
) -> None:
    aws.change("orders", MemorySize=3008)
    state = actuator.state()
    bare = FunctionState(
        **{name: getattr(state, name) for name in FunctionState.__slots__} | {"revision_id": ""}
    )
    with pytest.raises(PermanentError, match="no RevisionId"):
        actuator.write(step, state=bare)
    assert not {"UpdateFunctionConfiguration", "PublishVersion"} & set(aws.calls)


def test_s22_an_alias_that_serves_something_else_is_left_alone(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    two_versions(aws)
    aws.alias("orders", "live", "2")
    with pytest.raises(PermanentError, match="no longer serves version 1"):
        actuator.write(MOVE, state=actuator.state())
    assert aws.calls["UpdateAlias"] == 0


def test_moving_an_alias_clears_its_weights(aws: FakeLambda, actuator: AwsActuator) -> None:
    two_versions(aws, **{"2": 0.1})
    actuator.write(MOVE, state=actuator.state())
    (alias,) = actuator.state().aliases
    assert (alias.version, alias.weights) == ("2", {})


def test_s22_other_code_than_approved_is_not_published(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    aws.change("orders", CodeSha256="bmV3Y29kZQ==")
    with pytest.raises(PermanentError, match="CodeSHA256"):
        actuator.write(PUBLISH, state=actuator.state())


def test_settling_waits_as_long_as_it_takes(
    cloud: FakeCloud, aws: FakeLambda, actuator: AwsActuator
) -> None:
    aws.polls_to_settle = 30
    actuator.write(DOWN, state=actuator.state())
    assert actuator.settle().is_settled
    assert sum(cloud.clock.slept_s) == 30


def test_settling_that_takes_too_long_is_to_be_tried_again(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    aws.polls_to_settle = 10_000
    actuator.write(DOWN, state=actuator.state())
    with pytest.raises(RetryableError, match="still in progress after 180 s"):
        actuator.settle()


def test_a_failed_update_is_settled_and_says_so(aws: FakeLambda, actuator: AwsActuator) -> None:
    aws.change("orders", LastUpdateStatus="Failed")
    state = actuator.settle()
    assert state.last_update_status == "Failed"
    assert not state.is_settled


def test_our_version_is_found_among_many_and_latest_is_not_one(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    aws.change("orders", Description="change-r1", MemorySize=1769)
    assert actuator.published(PUBLISH) is None
    for n in range(60):
        aws.change("orders", Timeout=31 if n in (10, 57) else 32 + n, Description="")
        aws.publish("orders", "change-r1" if n in (10, 57) else f"release {n}")
    aws.change("orders", Timeout=31)
    assert actuator.published(PUBLISH) == "58"
    other = replace(PUBLISH, description="nothing")
    assert actuator.published(other) is None


def test_a_version_of_somebody_else_with_our_description_is_not_ours(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    aws.publish("orders", "change-r1")
    assert actuator.published(PUBLISH) is None, "it has another memory size"


def test_an_unanswered_list_of_versions_is_not_no_version(
    aws: FakeLambda, actuator: AwsActuator
) -> None:
    aws.fail_next("ListVersionsByFunction", "TooManyRequestsException")
    with pytest.raises(RetryableError):
        actuator.published(PUBLISH)


def test_a_session_is_narrowed_to_one_function_and_the_declared_actions() -> None:
    actions = ["lambda:UpdateAlias", "cloudwatch:GetMetricData", "lambda:GetFunction"]
    assert session_policy(an_arn(), actions) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["lambda:GetFunction", "lambda:UpdateAlias"],
                "Resource": [str(an_arn()), f"{an_arn()}:*"],
            },
            {"Effect": "Allow", "Action": ["cloudwatch:GetMetricData"], "Resource": ["*"]},
        ],
    }
    assert len(session_policy(an_arn(), ["lambda:GetFunction"])["Statement"]) == 1


@pytest.mark.parametrize(
    ("direction", "role"),
    [(Direction.FORWARD, "trimtab-change"), (Direction.UNDO, "trimtab-restore")],
)
def test_the_workshop_enters_through_the_role_of_the_direction_under_the_name_of_the_change(
    direction: Direction, role: str
) -> None:
    class Hub:
        asked: dict[str, Any]

        def assume(self, **asked: Any) -> Any:
            self.asked = asked

    hub: Any = Hub()
    workshop = AwsWorkshop(
        hub,
        change_role="trimtab-change",
        restore_role="trimtab-restore",
        external_id="x",
        clock=FakeCloud().clock,
    )
    actions = ["lambda:GetFunction"]
    workshop.open(an_arn(), session="abc-r1", actions=actions, direction=direction)
    assert hub.asked == {
        "account": TARGET.account,
        "role": role,
        "region": TARGET.region,
        "session_name": "abc-r1",
        "external_id": "x",
        "policy": session_policy(an_arn(), ["lambda:GetFunction"]),
    }


def test_metrics_are_read_in_the_same_session(actuator: AwsActuator) -> None:
    assert actuator.series([], start=None, end=None, period_s=60) == {}  # type: ignore[arg-type]


def test_the_fakes_count_what_fails_too() -> None:
    client = FailingClient()
    client.fail_always("A", "ServiceException")
    with pytest.raises(Exception, match="ServiceException"):
        client.run("A", dict)
    assert client.calls["A"] == 1
