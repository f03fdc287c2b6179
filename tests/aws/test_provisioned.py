"""Is provisioned concurrency, and what scales it, read whole, written once and known as ours?"""

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.cloud import FakeCloud, FakeWorkshop
from trimtab.aws.actuator import AwsActuator
from trimtab.aws.provisioned import last_activity, read_one, read_scaling, resource_of
from trimtab.aws.provisioned_writes import asked_of
from trimtab.aws.session_policy import session_policy
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import AccessDeniedError, PermanentError, RetryableError
from trimtab.domain.provisioned_step import (
    AwaitProvisioned,
    DeleteAction,
    DeregisterTarget,
    ProvisionedStep,
    PutAction,
    RegisterTarget,
    SetProvisioned,
)
from trimtab.domain.terms import ChangeKind, Direction
from trimtab.remediations import KINDS

REGISTER = RegisterTarget(qualifier="live", minimum=5, maximum=5, is_suspended=True)
PUT = PutAction(
    qualifier="live",
    name="trimtab-abc-001",
    schedule="cron(50 7 ? * MON *)",
    timezone="UTC",
    minimum=9,
    maximum=9,
)
DELETE = DeleteAction(qualifier="live", name="trimtab-abc-001")
DEREGISTER = DeregisterTarget(qualifier="live")
SET, REMOVE = SetProvisioned(qualifier="live", level=3), SetProvisioned(qualifier="live", level=0)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def function(cloud: FakeCloud) -> FunctionArn:
    functions = cloud[TARGET].functions
    arn = functions.add("orders")
    functions.publish("orders")
    functions.alias("orders", "live", "1")
    functions.provision("orders", "live", 5)
    return arn


@pytest.fixture
def actuator(cloud: FakeCloud, function: FunctionArn) -> AwsActuator:
    return FakeWorkshop(cloud).open(
        function,
        session="change-r1",
        actions=[],
        direction=Direction.FORWARD,
        qualifier="live",
    )


def write(actuator: AwsActuator, *steps: ProvisionedStep) -> None:
    for step in steps:
        actuator.write(step, state=actuator.settle())


def test_a_state_has_what_is_provisioned_and_what_scales_it(actuator: AwsActuator) -> None:
    write(actuator, REGISTER, PUT)
    (there,) = actuator.state().provisioned or ()
    assert (there.requested, there.allocated, there.status) == (5, 5, "READY")
    assert there.target is not None
    assert (there.target.minimum, there.target.is_suspended) == (5, True)
    (action,) = there.target.actions
    assert (action.name, action.schedule, action.minimum) == (PUT.name, PUT.schedule, 9)


def test_nothing_provisioned_is_nothing_and_not_an_error(
    cloud: FakeCloud, function: FunctionArn
) -> None:
    there = read_one(cloud.clients(TARGET), function, "beta")
    assert (there.requested, there.status, there.target) == (0, "NONE", None)


def test_all_of_a_target_is_read_page_by_page(cloud: FakeCloud, function: FunctionArn) -> None:
    functions, scaling = cloud[TARGET].functions, cloud[TARGET].scaling
    for number in range(5):
        functions.add(f"f{number}")
        functions.publish(f"f{number}")
        functions.alias(f"f{number}", "live", "1")
        named = {
            "ServiceNamespace": "lambda",
            "ResourceId": f"function:f{number}:live",
            "ScalableDimension": "lambda:function:ProvisionedConcurrency",
        }
        scaling.register_scalable_target(**named, MinCapacity=0, MaxCapacity=2)
        scaling.put_scheduled_action(
            **named,
            ScheduledActionName="morning",
            Schedule="cron(0 6 ? * MON *)",
            ScalableTargetAction={"MinCapacity": 2},
        )
        scaling.put_scaling_policy(
            **named,
            PolicyName="track",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 0.7,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
                },
            },
        )
    found = read_scaling(cloud.clients(TARGET), "here")
    assert len(found.targets) == len(found.actions) == len(found.policies) == 5
    target = found.target_of("function:f3:live")
    assert target is not None
    assert [(a.name, a.minimum, a.maximum) for a in target.actions] == [("morning", 2, None)]
    assert list(target.policies or {}) == ["track"]
    assert found.target_of("function:nobody:live") is None


@pytest.mark.parametrize("operation", ["DescribeScheduledActions", "DescribeScalingPolicies"])
def test_s08_a_listing_that_fails_is_no_listing(
    cloud: FakeCloud, actuator: AwsActuator, operation: str
) -> None:
    write(actuator, REGISTER)
    cloud[TARGET].scaling.fail_always(operation, "AccessDeniedException")
    with pytest.raises(AccessDeniedError):
        actuator.state()


def test_each_step_is_one_call_that_is_seen_done(actuator: AwsActuator, cloud: FakeCloud) -> None:
    write(actuator, REGISTER, PUT, DELETE, DEREGISTER, SET)
    (there,) = actuator.settle().provisioned or ()
    assert (there.requested, there.target) == (3, None)
    write(actuator, REMOVE)
    (there,) = actuator.state().provisioned or ()
    assert there.requested == 0
    calls = cloud[TARGET].scaling.calls
    assert {n: c for n, c in calls.items() if not n.startswith("Describe")} == {
        "RegisterScalableTarget": 1,
        "PutScheduledAction": 1,
        "DeleteScheduledAction": 1,
        "DeregisterScalableTarget": 1,
    }


@pytest.mark.parametrize("step", [REGISTER, PUT, DELETE, DEREGISTER, SET, REMOVE])
def test_s26_cloudtrail_tells_our_step_from_another_session(
    actuator: AwsActuator, cloud: FakeCloud, function: FunctionArn, step: ProvisionedStep
) -> None:
    began = cloud.clock.now()
    before = [REGISTER, PUT] if step in (DELETE, DEREGISTER, PUT) else []
    write(actuator, *[s for s in before if s != step])
    assert not actuator.made(step, since=began)
    write(actuator, step)
    assert actuator.made(step, since=began)
    other = FakeWorkshop(cloud).open(
        function, session="other-r1", actions=[], direction=Direction.FORWARD, qualifier="live"
    )
    assert not other.made(step, since=began)
    assert not actuator.made(step, since=began + timedelta(days=1))


@pytest.mark.parametrize("step", [REGISTER, PUT, DELETE, DEREGISTER, SET, REMOVE])
def test_a_trial_changes_nothing(
    actuator: AwsActuator, cloud: FakeCloud, step: ProvisionedStep
) -> None:
    before = actuator.state()
    actuator.probe(step)
    assert actuator.state().provisioned == before.provisioned


def test_a_trial_shows_what_is_denied(actuator: AwsActuator, cloud: FakeCloud) -> None:
    cloud[TARGET].scaling.fail_always("PutScheduledAction", "AccessDeniedException")
    with pytest.raises(AccessDeniedError):
        actuator.probe(PUT)


def test_a_trial_reads_the_permissions_that_a_validation_error_names(
    actuator: AwsActuator, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaling = cloud[TARGET].scaling

    def refuse(**asked: Any) -> Any:
        from tests.fakes.failures import client_error  # noqa: PLC0415

        raise client_error(
            "ValidationException",
            "User is missing the following permissions: cloudwatch:PutMetricAlarm.",
            "RegisterScalableTarget",
        )

    monkeypatch.setattr(scaling, "register_scalable_target", refuse)
    with pytest.raises(AccessDeniedError, match="cloudwatch:PutMetricAlarm"):
        actuator.probe(REGISTER)


def test_a_trial_that_is_taken_is_a_reason_to_stop(
    actuator: AwsActuator, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud[TARGET].scaling, "delete_scheduled_action", lambda **asked: {})
    with pytest.raises(PermanentError, match="takes what cannot be right"):
        actuator.probe(DELETE)


def test_waiting_ends_when_all_of_it_is_there(actuator: AwsActuator, cloud: FakeCloud) -> None:
    cloud[TARGET].functions.reads_to_allocate = 3
    write(actuator, SET)
    write(actuator, AwaitProvisioned(qualifier="live", level=3))
    (there,) = actuator.state().provisioned or ()
    assert there.allocated == 3


def test_waiting_for_what_fails_or_takes_too_long_ends(
    actuator: AwsActuator, cloud: FakeCloud
) -> None:
    functions = cloud[TARGET].functions
    with pytest.raises(RetryableError, match="are not ready after"):
        write(actuator, AwaitProvisioned(qualifier="live", level=4))
    functions.fail_allocation("orders", "live", "no room")
    write(actuator, SET)
    with pytest.raises(PermanentError, match="could not allocate 3"):
        write(actuator, AwaitProvisioned(qualifier="live", level=3))
    with pytest.raises(TypeError):
        asked_of(AwaitProvisioned(qualifier="live", level=3), an_arn())


def an_arn() -> FunctionArn:
    return FunctionArn(partition="aws", region="eu-west-1", account="1" * 12, name="orders")


def test_an_activity_is_told_unless_it_went_well(
    actuator: AwsActuator, cloud: FakeCloud, function: FunctionArn
) -> None:
    resource = resource_of(function, "live")
    clients = cloud.clients(TARGET)
    assert last_activity(clients, resource) is None
    raised = RegisterTarget(qualifier="live", minimum=8, maximum=8, is_suspended=False)
    cloud[TARGET].functions.fail_allocation("orders", "live", "no room")
    write(actuator, raised)
    actuator.settle()
    cloud[TARGET].scaling.tick()
    said = last_activity(clients, resource)
    assert said is not None
    assert "no room" in said or "InProgress" in said


def test_a_session_is_narrowed_by_namespace_and_dimension() -> None:
    kind = KINDS[ChangeKind.SCHEDULE_PROVISIONED]
    policy = session_policy(an_arn(), kind.iam_actions)
    by_action = {a: s for s in policy["Statement"] for a in s["Action"]}
    register = by_action["application-autoscaling:RegisterScalableTarget"]
    assert register["Resource"] == [
        "arn:aws:application-autoscaling:eu-west-1:111111111111:scalable-target/*"
    ]
    assert register["Condition"]["StringEquals"] == {
        "application-autoscaling:scalable-dimension": "lambda:function:ProvisionedConcurrency",
        "application-autoscaling:service-namespace": "lambda",
    }
    linked = by_action["iam:CreateServiceLinkedRole"]
    assert linked["Condition"] == {
        "StringEquals": {"iam:AWSServiceName": "lambda.application-autoscaling.amazonaws.com"}
    }
    put = by_action["lambda:PutProvisionedConcurrencyConfig"]
    assert put["Resource"] == [str(an_arn()), f"{an_arn()}:*"]
    assert by_action["cloudtrail:LookupEvents"]["Resource"] == ["*"]
