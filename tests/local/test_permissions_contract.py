"""Do permissions mean here what they mean on AWS? Leading keys, conditional puts, the kill switch,
and the recorder that tells who asked for what.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.names import CHANGE_STACK, KILL_SWITCH_STACK, RESTORE_STACK
from infra.state_access import state_conditions
from tests.infra.templates import template
from tests.local.support import HUB, MEMBER, REGION, settled, trust, zipped
from tests.local.test_emulator_contract import as_role
from trimtab.local.emulator import Emulator
from trimtab.local.organization import Organization

pytestmark = pytest.mark.scenario

DENIED = ("AccessDenied", "AccessDeniedException")


def is_denied(call: Any) -> bool:
    """Tell whether a call is denied; any other refusal fails the caller."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        return True
    return False


def client_of(session: Any, aws: Emulator, service: str) -> Any:
    return session.client(service, endpoint_url=aws.endpoint)


@pytest.fixture(scope="module")
def table(aws: Emulator) -> str:
    keys = [{"AttributeName": n, "KeyType": k} for n, k in (("pk", "HASH"), ("sk", "RANGE"))]
    aws.client("dynamodb").create_table(
        TableName="state",
        KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return "state"


@pytest.fixture(scope="module")
def narrow(aws: Emulator, table: str) -> Any:
    """A client that may use items of changes and functions only."""
    actions = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"]
    policy = {
        "Effect": "Allow",
        "Action": [f"dynamodb:{name}" for name in actions],
        "Resource": f"arn:aws:dynamodb:{REGION}:{HUB}:table/{table}",
        "Condition": state_conditions(("change#", "function#")),
    }
    return client_of(as_role(aws, HUB, "narrow", policy), aws, "dynamodb")


def key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "x"}}


@pytest.mark.parametrize(("pk", "denied"), [("change#1", False), ("finding#1", True)])
def test_every_request_is_held_against_the_keys_it_names(
    narrow: Any, table: str, pk: str, denied: bool
) -> None:
    query = {"KeyConditionExpression": "pk = :pk AND begins_with(sk, :x)"}
    values = {":pk": {"S": pk}, ":x": {"S": "x"}}
    calls = [
        lambda: narrow.get_item(TableName=table, Key=key(pk)),
        lambda: narrow.put_item(TableName=table, Item=key(pk)),
        lambda: narrow.delete_item(TableName=table, Key=key(pk)),
        lambda: narrow.query(TableName=table, ExpressionAttributeValues=values, **query),
        lambda: narrow.batch_get_item(RequestItems={table: {"Keys": [key("change#2"), key(pk)]}}),
    ]
    assert [is_denied(call) for call in calls] == [denied] * len(calls)


def test_each_item_of_a_transaction_is_held_against_its_own_key(narrow: Any, table: str) -> None:
    ours = {"Put": {"TableName": table, "Item": key("change#3")}}
    for pk, denied in (("function#3", False), ("finding#3", True)):
        theirs = {"Delete": {"TableName": table, "Key": key(pk)}}
        items = [ours, theirs]
        assert is_denied(lambda items=items: narrow.transact_write_items(TransactItems=items)) is (
            denied
        )


def test_a_request_without_a_key_is_not_let_through(narrow: Any, table: str) -> None:
    assert is_denied(lambda: narrow.scan(TableName=table))


def test_a_put_that_does_not_ask_whether_something_is_there_can_be_denied(aws: Emulator) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="log", CreateBucketConfiguration={"LocationConstraint": REGION})
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::log/*",
        "Condition": {"Null": {"s3:if-none-match": "true"}},
    }
    s3.put_bucket_policy(Bucket="log", Policy=json.dumps({"Statement": [deny]}))
    allow = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::log/*"}
    writer = client_of(as_role(aws, HUB, "writer", allow), aws, "s3")
    assert is_denied(lambda: writer.put_object(Bucket="log", Key="a", Body=b"1"))
    assert not is_denied(
        lambda: writer.put_object(Bucket="log", Key="a", Body=b"1", IfNoneMatch="*")
    )


def test_the_recorder_tells_the_actions_behind_the_calls(narrow: Any, aws: Emulator) -> None:
    calls = [c for c in aws.control("calls", {})["calls"] if c["role"] == "narrow"]
    seen = {(c["action"], tuple(c["keys"]), c["allowed"]) for c in calls}
    assert ("dynamodb:PutItem", ("change#",), True) in seen
    assert ("dynamodb:DeleteItem", ("finding#",), False) in seen
    assert ("dynamodb:Scan", (), False) in seen
    assert not [action for action, _, _ in seen if "Transact" in action]


# -- The kill switch, on the very templates -------------------------------------------------------


@pytest.fixture(scope="module")
def member(aws: Emulator, organization: Organization) -> Iterator[dict[str, Any]]:
    """A Lambda client of each role that writes, as apply would assume it, and a function."""
    assert organization.hub.id == HUB
    given = {"HubAccount": HUB, "OrganizationId": organization.id, "ExternalId": "word"}
    parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()]
    for stack in (CHANGE_STACK, RESTORE_STACK):
        deploy(aws, stack, parameters)
    apply = as_role(
        aws, HUB, "trimtab-apply", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    )
    clients = {}
    for role in ("trimtab-change", "trimtab-restore"):
        keys = client_of(apply, aws, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{MEMBER}:role/{role}",
            RoleSessionName="some-change",
            ExternalId="word",
        )["Credentials"]
        session = boto3.session.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=REGION,
        )
        clients[role] = client_of(session, aws, "lambda")
    owner = aws.client("lambda", MEMBER)
    app = aws.client("iam", MEMBER).create_role(
        RoleName="app",
        AssumeRolePolicyDocument=json.dumps(trust({"Service": "lambda.amazonaws.com"})),
    )
    owner.create_function(
        FunctionName="shop",
        Runtime="python3.13",
        Handler="code.handle",
        Role=app["Role"]["Arn"],
        Code={"ZipFile": zipped("def handle(event, context): return 1")},
    )
    settled(owner, "shop")
    yield clients
    for client in clients.values():
        client.close()


def deploy(aws: Emulator, stack: str, parameters: list[dict[str, str]]) -> None:
    client = aws.client("cloudformation", MEMBER)
    client.create_stack(
        StackName=stack,
        TemplateBody=json.dumps(template(stack)),
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    client.get_waiter("stack_create_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 0, "MaxAttempts": 200}
    )


def writes(aws: Emulator, client: Any, memory_mb: int) -> list[bool]:
    """Tell which of the two writes of a change are denied: memory, publishing."""
    size = {"FunctionName": "shop", "MemorySize": memory_mb}
    memory = is_denied(lambda: client.update_function_configuration(**size))
    settled(aws.client("lambda", MEMBER), "shop")
    return [memory, is_denied(lambda: client.publish_version(FunctionName="shop"))]


def test_s20_the_kill_switch_stops_forward_writes_and_leaves_the_way_back(
    aws: Emulator, member: dict[str, Any]
) -> None:
    change, restore = member["trimtab-change"], member["trimtab-restore"]
    assert writes(aws, change, 256) == [False, False]
    assert writes(aws, restore, 512) == [False, False], "it publishes what it makes anew"
    deploy(aws, KILL_SWITCH_STACK, [])
    assert writes(aws, change, 256) == [True, True]
    assert not is_denied(lambda: change.get_function(FunctionName="shop"))
    assert writes(aws, restore, 128) == [False, False]
    client = aws.client("cloudformation", MEMBER)
    client.delete_stack(StackName=KILL_SWITCH_STACK)
    client.get_waiter("stack_delete_complete").wait(
        StackName=KILL_SWITCH_STACK, WaiterConfig={"Delay": 0, "MaxAttempts": 200}
    )
    assert writes(aws, change, 256) == [False, False]
