"""Does the fake Application Auto Scaling answer like AWS? By botocore's model, and beside moto.

The steps below are asked of the embedded AWS too (tests/local/test_scaling_contract.py). Both have
one model of the service, so that proves how it is reached, not what it says: that is held against
botocore's model of it, against moto where moto is strict, and against the documentation.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from moto import mock_aws

from tests.fakes.builders import TARGET
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.cloud import FakeTarget
from tests.fakes.failures import READ_TIMEOUT
from tests.fakes.fake_scaling import model
from trimtab.domain.arn import FunctionArn

pytestmark = pytest.mark.contract

NAMED = {
    "ServiceNamespace": "lambda",
    "ResourceId": "function:orders:live",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}
ALL = {"ServiceNamespace": "lambda"}
CRON = "cron(50 7 ? * MON-FRI *)"
UP: dict[str, Any] = {
    "ScheduledActionName": "up",
    "Schedule": CRON,
    "Timezone": "Europe/Berlin",
    "ScalableTargetAction": {"MinCapacity": 5, "MaxCapacity": 5},
}
SUSPENSIONS = (
    "DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended",
)  # fmt: skip
RANGE = {
    "MinCapacity": 0, "MaxCapacity": 3, "SuspendedState": dict.fromkeys(SUSPENSIONS, False),
}  # fmt: skip
"""All said: moto tells of a suspended state only when it was given."""

START = datetime(2030, 1, 1, tzinfo=UTC)
TRACKING = {
    "PolicyName": "track",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 0.7,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
        },
    },
}
NEVER_THE_SAME = frozenset(
    {"ActivityId", "Alarms", "CreationTime", "PolicyARN", "RoleARN", "ScalableTargetARN",
     "ScheduledActionARN", "ResponseMetadata"}
)  # fmt: skip

Step = tuple[str, str, dict[str, Any]]


def action(**changed: Any) -> dict[str, Any]:
    """Return the request of a scheduled action; a change to None leaves something out."""
    return {k: v for k, v in (NAMED | UP | changed).items() if v is not None}


PLAIN: list[Step] = [
    ("register", "register_scalable_target", NAMED | RANGE),
    ("described", "describe_scalable_targets", ALL),
    ("by its resource", "describe_scalable_targets", ALL | {"ResourceIds": [NAMED["ResourceId"]]}),
    ("another's", "describe_scalable_targets", ALL | {"ResourceIds": ["function:orders:v2"]}),
    ("maximum alone", "register_scalable_target", NAMED | {"MaxCapacity": 4}),
    ("only that changed", "describe_scalable_targets", ALL),
    ("suspend", "register_scalable_target",
     NAMED | {"SuspendedState": {"ScheduledScalingSuspended": True}}),
    ("no action yet", "describe_scheduled_actions", ALL),
    ("an action", "put_scheduled_action", action(StartTime=START)),
    ("told with its start", "describe_scheduled_actions", ALL),
    ("by its name", "describe_scheduled_actions", ALL | {"ScheduledActionNames": ["up"]}),
    ("by another name", "describe_scheduled_actions", ALL | {"ScheduledActionNames": ["down"]}),
    ("no such dimension", "register_scalable_target",
     NAMED | {"ScalableDimension": "ecs:service:DesiredCount"}),
    ("a policy", "put_scaling_policy", NAMED | TRACKING),
]  # fmt: skip
"""Where moto is as strict as AWS."""

STRICT: list[Step] = [
    ("resume", "register_scalable_target",
     NAMED | {"SuspendedState": {"ScheduledScalingSuspended": False}}),
    ("no such alias", "register_scalable_target",
     NAMED | {"ResourceId": "function:orders:gone", "MinCapacity": 0, "MaxCapacity": 1}),
    ("$LATEST", "register_scalable_target",
     NAMED | {"ResourceId": "function:orders:$LATEST", "MinCapacity": 0, "MaxCapacity": 1}),
    ("no maximum", "register_scalable_target",
     NAMED | {"ResourceId": "function:orders:1", "MinCapacity": 0}),
    ("upside down", "register_scalable_target", NAMED | {"MinCapacity": 5}),
    ("below zero", "register_scalable_target", NAMED | {"MinCapacity": -1}),
    ("without its start it loses it", "put_scheduled_action",
     action(Schedule=None, Timezone=None, ScalableTargetAction=None)),
    ("the rest stays", "describe_scheduled_actions", ALL),
    ("a colon in its name", "put_scheduled_action", action(ScheduledActionName="a:b")),
    ("a bar in its name", "put_scheduled_action", action(ScheduledActionName="a|b")),
    ("a slash in its name", "put_scheduled_action", action(ScheduledActionName="a/b")),
    ("five fields", "put_scheduled_action", action(Schedule="cron(0 8 ? * MON-FRI)")),
    ("both days", "put_scheduled_action", action(Schedule="cron(0 8 * * * *)")),
    ("no hour 24", "put_scheduled_action", action(Schedule="cron(0 24 ? * * *)")),
    ("no day XYZ", "put_scheduled_action", action(Schedule="cron(0 8 ? * XYZ *)")),
    ("no unit", "put_scheduled_action", action(Schedule="rate(5 weeks)")),
    ("no date", "put_scheduled_action", action(Schedule="at(2026-13-01T00:00:00)")),
    ("no schedule at all", "put_scheduled_action", action(Schedule="daily")),
    ("no such zone", "put_scheduled_action", action(Timezone="Europe/Nowhere")),
    ("nothing to set", "put_scheduled_action",
     action(ScheduledActionName="empty", ScalableTargetAction={})),
    ("set upside down", "put_scheduled_action",
     action(ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 1})),
    ("new without a schedule", "put_scheduled_action",
     action(ScheduledActionName="new", Schedule=None)),
    ("end before start", "put_scheduled_action",
     action(StartTime=START, EndTime=START - timedelta(days=1))),
    ("no target", "put_scheduled_action", action(ResourceId="function:orders:1")),
    ("none such", "delete_scheduled_action", NAMED | {"ScheduledActionName": "down"}),
    ("a rate", "put_scheduled_action",
     action(ScheduledActionName="rate", Schedule="rate(5 minutes)", Timezone=None)),
    ("once", "put_scheduled_action",
     action(ScheduledActionName="once", Schedule="at(2030-01-01T08:00:00)")),
    ("first page", "describe_scheduled_actions", ALL | {"MaxResults": 2}),
    ("second page", "describe_scheduled_actions", ALL | {"MaxResults": 2, "NextToken": "2"}),
    ("no page", "describe_scheduled_actions", ALL | {"NextToken": "x"}),
    ("51 results", "describe_scheduled_actions", ALL | {"MaxResults": 51}),
    ("a dimension of what", "describe_scheduled_actions",
     ALL | {"ScalableDimension": NAMED["ScalableDimension"]}),
    ("of another service", "describe_scalable_targets", {"ServiceNamespace": "ecs"}),
    ("steps", "put_scaling_policy",
     NAMED | {"PolicyName": "steps", "PolicyType": "StepScaling"}),
    ("policies", "describe_scaling_policies", ALL),
    ("no such policy", "delete_scaling_policy", NAMED | {"PolicyName": "other"}),
    ("delete the policy", "delete_scaling_policy", NAMED | {"PolicyName": "track"}),
    ("no policies", "describe_scaling_policies", ALL),
    ("at least 2", "register_scalable_target", NAMED | {"MinCapacity": 2}),
    ("what was done", "describe_scaling_activities", ALL),
    ("deregister", "deregister_scalable_target", NAMED),
    ("deregister again", "deregister_scalable_target", NAMED),
    ("its actions are gone", "describe_scheduled_actions", ALL),
    ("nobody's action", "delete_scheduled_action", NAMED | {"ScheduledActionName": "up"}),
]  # fmt: skip


def plain(value: Any) -> Any:
    """Return an answer without what is never the same twice."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value.astimezone(UTC) if isinstance(value, datetime) else value
    left_out = NEVER_THE_SAME
    if "ActivityId" in value:
        left_out |= {"StartTime", "EndTime"}
    return {k: plain(v) for k, v in value.items() if k not in left_out}


def outcome(client: Any, step: Step) -> Any:
    """Return the answer to one step so that two can be compared."""
    return plain(ask(client, step))


def ask(client: Any, step: Step) -> Any:
    """Return the answer to one step, or code, message and status of its refusal."""
    _, operation, asked = step
    try:
        return getattr(client, operation)(**asked)
    except ClientError as error:
        answer = error.response
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        return answer["Error"]["Code"], answer["Error"]["Message"], status


def a_target(*, per_page: int = 50) -> tuple[FakeTarget, FunctionArn, FakeClock]:
    """Return a target with one function, its version 1 and its alias live."""
    clock = FakeClock()
    target = FakeTarget(TARGET, clock)
    function = target.functions.add("orders")
    target.functions.publish("orders")
    target.functions.alias("orders", "live", "1")
    target.scaling.per_page = per_page
    return target, function, clock


def test_the_fake_and_moto_answer_the_plain_steps_alike() -> None:
    target, _, _ = a_target()
    with mock_aws():
        client = boto3.client(
            "application-autoscaling",
            region_name=TARGET.region,
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        for step in PLAIN:
            assert outcome(target.scaling, step) == outcome(client, step), step[0]
        client.close()


def test_every_answer_has_the_members_of_botocores_model() -> None:
    target, _, _ = a_target()
    unknown: list[str] = []
    for step in [*PLAIN, *STRICT]:
        name = "".join(word.title() for word in step[1].split("_"))
        answer = ask(target.scaling, step)
        if isinstance(answer, tuple):
            codes = {shape.name for shape in model().operation_model(name).error_shapes}
            unknown += {answer[0]} - codes
        else:
            answer.pop("ResponseMetadata")
            unknown += _unknown(model().operation_model(name).output_shape, answer, name)
    assert not unknown


def _unknown(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from (f"{path} lacks {name}" for name in shape.required_members if name not in value)
        for name, member in value.items():
            if name in shape.members:
                yield from _unknown(shape.members[name], member, f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif shape.type_name == "list":
        for each in value:
            yield from _unknown(shape.member, each, path)


def test_what_the_model_does_not_allow_is_no_call() -> None:
    target, _, _ = a_target()
    with pytest.raises(ParamValidationError, match="MinCapacity"):
        target.scaling.register_scalable_target(**NAMED, MinCapacity="1", MaxCapacity=2)
    assert not target.scaling.calls


def test_more_than_two_hundred_actions_are_refused() -> None:
    target, _, _ = a_target()
    target.scaling.register_scalable_target(**NAMED, MinCapacity=0, MaxCapacity=1)
    for n in range(200):
        target.scaling.put_scheduled_action(**action(ScheduledActionName=f"n{n}"))
    target.scaling.put_scheduled_action(**action(ScheduledActionName="n7"))
    with pytest.raises(ClientError, match="LimitExceededException"):
        target.scaling.put_scheduled_action(**action(ScheduledActionName="n200"))


def test_a_failure_before_or_after_the_call_landed() -> None:
    target, function, _ = a_target()
    scaling = target.scaling
    scaling.fail_next("RegisterScalableTarget", "ConcurrentUpdateException")
    with pytest.raises(ClientError, match="ConcurrentUpdateException"):
        scaling.register_scalable_target(**NAMED, MinCapacity=0, MaxCapacity=1)
    assert scaling.range_of(function, "live") is None
    scaling.fail_next("RegisterScalableTarget", READ_TIMEOUT, after_landing=True)
    with pytest.raises(Exception, match="Read timeout"):
        scaling.register_scalable_target(**NAMED, MinCapacity=0, MaxCapacity=1)
    assert scaling.range_of(function, "live") == (0, 1)


def test_registering_moves_what_is_provisioned_into_its_range() -> None:
    target, function, _ = a_target()
    target.functions.provision("orders", "live", 8)
    target.scaling.register_scalable_target(**NAMED, MinCapacity=0, MaxCapacity=10)
    assert not target.scaling.activities(function, "live")
    target.scaling.register_scalable_target(**NAMED, MaxCapacity=3)
    found = target.functions.provisioned("orders", "live")
    assert found is not None
    assert (found.requested, found.allocated, found.status) == (3, 8, "IN_PROGRESS")
    (doing,) = target.scaling.activities(function, "live")
    assert (doing["StatusCode"], doing["Cause"]) == ("InProgress", "maximum capacity was set to 3")
    target.functions.allocate()
    (done,) = target.scaling.activities(function, "live")
    assert done["StatusCode"] == "Successful"
    target.scaling.register_scalable_target(**NAMED, MinCapacity=0, MaxCapacity=0)
    assert target.functions.provisioned("orders", "live") is None


def test_deregistering_leaves_what_is_provisioned() -> None:
    target, function, _ = a_target()
    target.scaling.register_scalable_target(**NAMED, MinCapacity=2, MaxCapacity=2)
    target.scaling.deregister_scalable_target(**NAMED)
    assert target.functions.provisioned("orders", "live") is not None
    assert target.scaling.range_of(function, "live") is None


def down(**changed: Any) -> dict[str, Any]:
    return action(
        ScheduledActionName="down",
        Schedule="cron(0 19 ? * MON-FRI *)",
        ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 0},
    ) | {k: v for k, v in changed.items() if v is not None}


def scheduled() -> tuple[FakeTarget, FunctionArn, FakeClock]:
    """Return a target that is up on working days from 07:50 to 19:00 in Berlin."""
    target, function, clock = a_target()
    target.scaling.register_scalable_target(**NAMED, MinCapacity=0, MaxCapacity=0)
    target.scaling.put_scheduled_action(**action())
    target.scaling.put_scheduled_action(**down())
    return target, function, clock


def requested(target: FakeTarget) -> int:
    found = target.functions.provisioned("orders", "live")
    return 0 if found is None else found.requested


def test_an_action_overwrites_the_range_for_good_and_moves_what_is_provisioned() -> None:
    target, function, _ = scheduled()
    assert NOW.weekday() == 0
    evening = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)
    assert target.scaling.tick(evening) == [(evening, NAMED["ResourceId"], "down")]
    assert requested(target) == 0
    morning = datetime(2026, 11, 3, 6, 50, tzinfo=UTC)
    assert target.scaling.tick(morning - timedelta(minutes=1)) == []
    assert target.scaling.tick(morning) == [(morning, NAMED["ResourceId"], "up")]
    assert (requested(target), target.scaling.range_of(function, "live")) == (5, (5, 5))
    assert target.scaling.tick(morning + timedelta(hours=4)) == []
    found = target.functions.provisioned("orders", "live")
    assert found is not None
    assert (found.allocated, found.status) == (5, "READY")
    moved, fired = target.scaling.activities(function, "live")[:2]
    assert fired["Cause"] == "scheduled action name up was triggered"
    assert (moved["Cause"], moved["StatusCode"]) == ("minimum capacity was set to 5", "Successful")
    target.scaling.tick(morning + timedelta(days=1, hours=-11))
    assert (requested(target), target.scaling.range_of(function, "live")) == (0, (0, 0))


def test_clocks_change_and_the_hour_stays() -> None:
    target, _, _ = scheduled()
    moments = [at for at, _, name in target.scaling.tick(NOW + timedelta(days=180)) if name == "up"]
    by_month = {at.month: at.hour for at in moments}
    assert (by_month[12], by_month[4]) == (6, 5)
    assert {at.weekday() for at in moments} == {0, 1, 2, 3, 4}


def test_while_suspended_nothing_fires_and_nothing_is_made_up_for() -> None:
    target, _, _ = scheduled()
    target.scaling.register_scalable_target(
        **NAMED, SuspendedState={"ScheduledScalingSuspended": True}
    )
    assert target.scaling.tick(NOW + timedelta(days=1)) == []
    target.scaling.register_scalable_target(
        **NAMED, SuspendedState={"ScheduledScalingSuspended": False}
    )
    assert target.scaling.tick(NOW + timedelta(days=1)) == []
    assert target.scaling.tick(NOW + timedelta(days=2))


def test_an_action_fires_at_its_start_too_and_not_after_its_end_and_at_fires_once() -> None:
    """Source: "Scheduled scaling", Application Auto Scaling user guide, read 2026-11-22."""
    target, _, _ = a_target()
    target.scaling.register_scalable_target(**NAMED, MinCapacity=0, MaxCapacity=0)
    start, end = NOW + timedelta(days=1, hours=3), NOW + timedelta(days=3)
    target.scaling.put_scheduled_action(**action(StartTime=start, EndTime=end))
    once = action(ScheduledActionName="once", Schedule="at(2026-11-05T09:00:00)")
    target.scaling.put_scheduled_action(**once)
    fired = [(at.day, name) for at, _, name in target.scaling.tick(NOW + timedelta(days=30))]
    assert fired == [(3, "up"), (4, "up"), (5, "up"), (5, "once")]


def test_what_lambda_refuses_is_a_failed_activity_and_the_range_stays_overwritten() -> None:
    target, function, _ = scheduled()
    target.functions.reserve("orders", 4)
    target.scaling.tick(datetime(2026, 11, 3, 6, 50, tzinfo=UTC))
    (failed, *_) = target.scaling.activities(function, "live")
    assert failed["StatusCode"] == "Failed"
    assert "reservedConcurrentExecution" in failed["StatusMessage"]
    assert (requested(target), target.scaling.range_of(function, "live")) == (0, (5, 5))


def test_an_allocation_that_fails_is_a_failed_activity() -> None:
    target, function, _ = scheduled()
    target.functions.fail_allocation("orders", "live")
    target.scaling.tick(datetime(2026, 11, 3, 8, 0, tzinfo=UTC))
    (failed, *_) = target.scaling.activities(function, "live")
    assert failed["StatusCode"] == "Failed"
    assert "FUNCTION_ERROR_INIT_FAILURE" in failed["StatusMessage"]


def test_a_minimum_above_the_maximum_fails_when_it_fires() -> None:
    target, function, _ = a_target()
    target.scaling.register_scalable_target(**NAMED, MinCapacity=0, MaxCapacity=1)
    target.scaling.put_scheduled_action(**action(ScalableTargetAction={"MinCapacity": 2}))
    target.scaling.tick(NOW + timedelta(days=1))
    (failed,) = target.scaling.activities(function, "live")
    assert failed["StatusCode"] == "Failed"
    assert target.scaling.range_of(function, "live") == (0, 1)


def test_cloudtrail_names_the_service_linked_role() -> None:
    target, _, _ = a_target()
    target.scaling.register_scalable_target(**NAMED, MinCapacity=2, MaxCapacity=2)
    written, _ = target.trail.lookup_events()["Events"]
    assert written["EventName"] == "PutProvisionedConcurrencyConfig20190930"
    assert "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency" in written["CloudTrailEvent"]
    assert not target.functions.calls
