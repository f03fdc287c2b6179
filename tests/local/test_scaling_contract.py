"""Does the embedded AWS scale as the fake does? And Lambda beside it, and who may set it up?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.test_provisioned_contract import FIGURES, LIFE, NOT_THERE
from tests.contract.test_scaling_contract import (
    ALL,
    NAMED,
    PLAIN,
    STRICT,
    TRACKING,
    a_target,
    action,
    down,
    outcome,
)
from tests.fakes.builders import TARGET
from tests.fakes.clock import FakeClock
from tests.fakes.fake_lambda import FakeLambda
from tests.local.support import MEMBER, REGION
from tests.local.test_emulator_contract import as_role
from trimtab.local.emulator import Emulator
from trimtab.local.scaling.records import PRINCIPAL, SERVICE_LINKED_ROLE

pytestmark = pytest.mark.scenario

SERVICE = "application-autoscaling"
NEVER_SENT = {"put_provisioned_invalid_param_0"}
"""What botocore itself refuses before it is sent."""


@pytest.fixture(scope="module")
def orders(aws: Emulator, make_function: Callable[..., str]) -> str:
    """A function with a version, and the alias live on it."""
    return published(aws, make_function, "orders")


def published(aws: Emulator, make_function: Callable[..., str], name: str) -> str:
    client = aws.client("lambda", MEMBER)
    client.publish_version(FunctionName=make_function(name))
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def named(name: str) -> dict[str, Any]:
    return NAMED | {"ResourceId": f"function:{name}:live"}


def tick(aws: Emulator, now: datetime) -> list[str]:
    asked = {"Account": MEMBER, "Region": REGION, "Now": now.isoformat()}
    return [each["ScheduledActionName"] for each in aws.control("scaling-tick", asked)["Fired"]]


def read(aws: Emulator, name: str) -> Any:
    client = aws.client("lambda", MEMBER)
    return client.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")


def settled_read(aws: Emulator, name: str) -> Any:
    for _ in range(100):
        found = read(aws, name)
        if found["Status"] != "IN_PROGRESS":
            return found
        time.sleep(0.05)
    pytest.fail(f"{name} was still being allocated after five seconds")


def test_every_step_is_answered_as_the_fake_answers_it(aws: Emulator, orders: str) -> None:
    target, _, _ = a_target()
    client = aws.client(SERVICE, MEMBER)
    for step in [*PLAIN, *STRICT]:
        expected = outcome(target.scaling, step)
        target.functions.allocate()
        if step[0] == "what was done":
            settled_read(aws, orders)
        assert outcome(client, step) == expected, step[0]
    aws.client("lambda", MEMBER).delete_provisioned_concurrency_config(
        FunctionName=orders, Qualifier="live"
    )


def test_actions_fire_and_provision(aws: Emulator, make_function: Callable[..., str]) -> None:
    name = published(aws, make_function, "fires")
    client = aws.client(SERVICE, MEMBER)
    client.register_scalable_target(**named(name), MinCapacity=0, MaxCapacity=0)
    client.put_scheduled_action(**action() | named(name))
    client.put_scheduled_action(**down() | named(name))
    monday = datetime.now(UTC) + timedelta(days=14 - datetime.now(UTC).weekday())
    noon = monday.replace(hour=12, minute=0, second=0, microsecond=0)
    fired = tick(aws, noon)
    assert (fired[-1], set(fired)) == ("up", {"up", "down"})
    assert tick(aws, noon) == []
    found = read(aws, name)
    assert [found[figure] for figure in FIGURES] == [5, 5, 5, "READY"]
    (target,) = client.describe_scalable_targets(
        ServiceNamespace="lambda", ResourceIds=[named(name)["ResourceId"]]
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (5, 5)
    assert tick(aws, noon.replace(hour=20)) == ["down"]
    listed = aws.client("lambda", MEMBER).list_provisioned_concurrency_configs(FunctionName=name)
    assert listed["ProvisionedConcurrencyConfigs"] == []
    newest, *_ = client.describe_scaling_activities(
        ServiceNamespace="lambda", ResourceId=named(name)["ResourceId"]
    )["ScalingActivities"]
    assert newest["Cause"] == "maximum capacity was set to 0"
    assert newest["StatusCode"] == "Successful"


def test_another_account_and_region_have_their_own(aws: Emulator, orders: str) -> None:
    client = aws.client(SERVICE, MEMBER)
    client.register_scalable_target(**named(orders), MinCapacity=0, MaxCapacity=0)
    assert client.describe_scalable_targets(**ALL)["ScalableTargets"]
    for account, region in ((None, REGION), (MEMBER, "us-east-1")):
        elsewhere = aws.client(SERVICE, account, region)
        assert elsewhere.describe_scalable_targets(**ALL)["ScalableTargets"] == []
    client.deregister_scalable_target(**named(orders))


def test_a_failing_allocation_is_a_failed_activity(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    name = published(aws, make_function, "fails")
    why = {"FunctionName": name, "StatusReason": "FUNCTION_ERROR_INIT_FAILURE"}
    aws.control("provisioned-concurrency", {"Account": MEMBER, "Region": REGION} | why)
    client = aws.client(SERVICE, MEMBER)
    client.register_scalable_target(**named(name), MinCapacity=1, MaxCapacity=1)
    found = settled_read(aws, name)
    assert (found["Status"], found["StatusReason"]) == ("FAILED", why["StatusReason"])
    (activity,) = client.describe_scaling_activities(
        ServiceNamespace="lambda", ResourceId=named(name)["ResourceId"]
    )["ScalingActivities"]
    assert activity["StatusCode"] == "Failed"
    client.deregister_scalable_target(**named(name))


def answer(call: Callable[[], Any]) -> Any:
    try:
        return call()["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        told = error.response
        return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("step", sorted(NOT_THERE.keys() - NEVER_SENT))
def test_lambda_says_what_is_not_there_as_recorded(aws: Emulator, orders: str, step: str) -> None:
    fake = FakeLambda(TARGET, FakeClock(), polls_to_settle=0)
    fake.add(orders)
    fake.publish(orders)
    fake.alias(orders, "live", "1")
    client = aws.client("lambda", MEMBER)
    assert answer(lambda: NOT_THERE[step](client)) == answer(lambda: NOT_THERE[step](fake))


def test_the_life_of_provisioned_concurrency_is_as_recorded(aws: Emulator, orders: str) -> None:
    fake = FakeLambda(TARGET, FakeClock(), polls_to_settle=0)
    fake.add(orders)
    fake.publish(orders)
    fake.alias(orders, "live", "1")
    client = aws.client("lambda", MEMBER)
    for step, call in LIFE.items():
        told = answer(lambda call=call: call(fake))
        assert answer(lambda call=call: call(client)) == told, step
    settled_read(aws, orders)
    again = {"FunctionName": orders, "Qualifier": "live", "ProvisionedConcurrentExecutions": 3}
    put = client.put_provisioned_concurrency_config(**again)
    assert [put[figure] for figure in FIGURES] == [3, 1, 1, "IN_PROGRESS"]
    assert put["LastModified"]
    assert answer(lambda: client.put_provisioned_concurrency_config(**again)) == (
        "ResourceConflictException",
        409,
    )
    assert [settled_read(aws, orders)[figure] for figure in FIGURES] == [3, 3, 3, "READY"]
    too_many = again | {"ProvisionedConcurrentExecutions": 901}
    assert answer(lambda: client.put_provisioned_concurrency_config(**too_many)) == (
        "InvalidParameterValueException",
        400,
    )
    client.delete_provisioned_concurrency_config(FunctionName=orders, Qualifier="live")


def test_it_moves_with_its_alias_and_goes_with_it(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    name = published(aws, make_function, "moves")
    client = aws.client("lambda", MEMBER)
    client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=2
    )
    settled_read(aws, name)
    client.update_function_configuration(FunctionName=name, MemorySize=256)
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    client.publish_version(FunctionName=name)
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert [read(aws, name)[figure] for figure in FIGURES] == [2, 2, 2, "IN_PROGRESS"]
    assert settled_read(aws, name)["Status"] == "READY"
    client.delete_alias(FunctionName=name, Name="live")
    listed = client.list_provisioned_concurrency_configs(FunctionName=name)
    assert listed["ProvisionedConcurrencyConfigs"] == []


ASK = {"Effect": "Allow", "Action": f"{SERVICE}:*", "Resource": "*"}
ALARMS = {
    "Effect": "Allow",
    "Action": [
        f"cloudwatch:{verb}" for verb in ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms")
    ],
    "Resource": "*",
}
ROLE_OF_SCALING = {
    "Effect": "Allow",
    "Action": ["iam:CreateServiceLinkedRole", "iam:GetRole"],
    "Resource": f"arn:aws:iam::*:role/aws-service-role/{PRINCIPAL}/{SERVICE_LINKED_ROLE}",
}


def lambda_rights(name: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": [
            f"lambda:{verb}ProvisionedConcurrencyConfig" for verb in ("Put", "Get", "Delete")
        ],
        "Resource": f"arn:aws:lambda:*:*:function:{name}:*",
    }


def client_with(aws: Emulator, role: str, account: str, *statements: dict[str, Any]) -> Any:
    """Return a client of a role with these rights."""
    session = as_role(aws, account, role, statements[0])
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    aws.client("iam", account).put_role_policy(
        RoleName=role, PolicyName="allowed", PolicyDocument=json.dumps(policy)
    )
    return session.client(SERVICE, endpoint_url=aws.endpoint)


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_who_sets_scaling_up_needs_the_rights_it_will_use(aws: Emulator, orders: str) -> None:
    asked = {**named(orders), "MinCapacity": 0, "MaxCapacity": 0}
    nobody = client_with(aws, "scaling-nobody", MEMBER, lambda_rights(orders))
    code, _ = refused(lambda: nobody.register_scalable_target(**asked))
    assert code == "AccessDeniedException"
    half = client_with(aws, "scaling-half", MEMBER, ASK, ROLE_OF_SCALING)
    code, message = refused(lambda: half.register_scalable_target(**asked))
    assert code == "ValidationException"
    assert "User is missing the following permissions" in message
    assert "lambda:PutProvisionedConcurrencyConfig" in message
    rights = (ASK, lambda_rights(orders), ROLE_OF_SCALING)
    quiet = client_with(aws, "scaling-quiet", MEMBER, *rights)
    for call in (
        lambda: quiet.register_scalable_target(**asked),
        lambda: quiet.put_scaling_policy(**named(orders) | TRACKING),
    ):
        code, message = refused(call)
        assert (code, "cloudwatch:PutMetricAlarm" in message) == ("ValidationException", True)
        assert "lambda:" not in message
    full = client_with(aws, "scaling-full", MEMBER, *rights, ALARMS)
    full.register_scalable_target(**asked)
    full.put_scheduled_action(**action() | named(orders))
    full.deregister_scalable_target(**named(orders))
    for client in (nobody, half, quiet, full):
        client.close()


OTHER = "444444444444"


def test_the_service_linked_role_is_made_for_who_may_make_it(aws: Emulator) -> None:
    iam, functions = aws.client("iam", OTHER), aws.client("lambda", OTHER)
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions.create_function(
        FunctionName="orders",
        Runtime="python3.13",
        Handler="code.handle",
        Role=role,
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="orders")
    functions.publish_version(FunctionName="orders")
    functions.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    asked = {**NAMED, "MinCapacity": 0, "MaxCapacity": 0}
    without = client_with(aws, "without", OTHER, ASK, ALARMS, lambda_rights("orders"))
    code, message = refused(lambda: without.register_scalable_target(**asked))
    assert (code, SERVICE_LINKED_ROLE in message) == ("ValidationException", True)
    assert refused(lambda: iam.get_role(RoleName=SERVICE_LINKED_ROLE))[0] == "NoSuchEntity"
    condition = {"Condition": {"StringLike": {"iam:AWSServiceName": PRINCIPAL}}}
    maker = client_with(
        aws, "maker", OTHER, ASK, ALARMS, lambda_rights("orders"), ROLE_OF_SCALING | condition
    )
    maker.register_scalable_target(**asked)
    made = iam.get_role(RoleName=SERVICE_LINKED_ROLE)["Role"]
    assert made["Path"] == f"/aws-service-role/{PRINCIPAL}/"
    assert made["Arn"].endswith(f"{made['Path']}{SERVICE_LINKED_ROLE}")
    assert refused(lambda: iam.create_service_linked_role(AWSServiceName=PRINCIPAL))[0] == (
        "InvalidInput"
    )
    without.register_scalable_target(**asked)
    for client in (without, maker):
        client.close()


def test_condition_keys_of_scaling_are_filled_in(aws: Emulator, orders: str) -> None:
    keys = {
        f"{SERVICE}:service-namespace": "lambda",
        f"{SERVICE}:scalable-dimension": NAMED["ScalableDimension"],
    }
    narrow = ASK | {
        "Resource": f"arn:aws:{SERVICE}:{REGION}:{MEMBER}:scalable-target/*",
        "Condition": {"StringEquals": keys},
    }
    client = client_with(aws, "scaling-narrow", MEMBER, narrow, ALARMS, lambda_rights(orders))
    client.register_scalable_target(**named(orders), MinCapacity=0, MaxCapacity=0)
    client.put_scheduled_action(**action() | named(orders))
    client.delete_scheduled_action(**named(orders), ScheduledActionName="up")
    assert refused(lambda: client.describe_scalable_targets(**ALL))[0] == "AccessDeniedException"
    client.deregister_scalable_target(**named(orders))
    client.close()


def test_cloudtrail_names_the_service_linked_role(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    name = published(aws, make_function, "told")
    client = aws.client(SERVICE, MEMBER)
    client.register_scalable_target(**named(name), MinCapacity=1, MaxCapacity=1)
    events = aws.client("cloudtrail", MEMBER).lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}]
    )["Events"]
    assert events[0]["EventName"] == "PutProvisionedConcurrencyConfig20190930"
    assert SERVICE_LINKED_ROLE in events[0]["CloudTrailEvent"]
    client.deregister_scalable_target(**named(name))
