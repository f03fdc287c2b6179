"""Does the embedded AWS remember who wrote a function, as CloudTrail's event history does?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.fakes.builders import a_listed
from tests.local.support import MEMBER, OTHER, REGION, settled, trust
from trimtab.aws.trail import last_writers
from trimtab.domain.arn import FunctionArn
from trimtab.local.emulator import SECRET, Emulator

pytestmark = pytest.mark.scenario


def look_up(aws: Emulator, value: str, *, key: str = "ResourceName", **more: Any) -> Any:
    attribute = {"AttributeKey": key, "AttributeValue": value}
    client = aws.client("cloudtrail", more.pop("account", MEMBER))
    return client.lookup_events(LookupAttributes=[attribute], **more)


def test_writes_are_remembered_with_the_user_agent_and_reads_are_not(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    name = make_function("trailed")
    tool = boto3.session.Session().client(
        "lambda",
        region_name=REGION,
        endpoint_url=aws.endpoint,
        aws_access_key_id=MEMBER,
        aws_secret_access_key=SECRET,
        config=Config(user_agent_extra="HashiCorp/1.0 Terraform/1.9.8"),
    )
    arn = tool.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    tool.update_function_configuration(FunctionName=arn, MemorySize=256)
    settled(tool, name)
    (created,) = look_up(aws, name)["Events"]
    (updated,) = look_up(aws, arn)["Events"]
    assert created["EventName"] == "CreateFunction20150331"
    assert updated["EventName"] == "UpdateFunctionConfiguration20150331v2"
    assert (datetime.now(UTC) - updated["EventTime"]).total_seconds() < 60
    document = json.loads(updated["CloudTrailEvent"])
    assert "Terraform/1.9.8" in document["userAgent"]
    assert document["requestParameters"] == {"functionName": arn}
    assert "Terraform" not in json.loads(created["CloudTrailEvent"])["userAgent"]
    assert look_up(aws, name, account=OTHER)["Events"] == []


def test_sessions_are_found_by_their_name_and_pages_continue(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    name = make_function("paged")
    role = aws.client("iam", MEMBER).create_role(
        RoleName="writer",
        AssumeRolePolicyDocument=json.dumps(trust({"AWS": MEMBER})),
    )["Role"]
    allowed = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
    aws.client("iam", MEMBER).put_role_policy(
        RoleName="writer", PolicyName="all", PolicyDocument=json.dumps({"Statement": [allowed]})
    )
    keys = aws.client("sts", MEMBER).assume_role(RoleArn=role["Arn"], RoleSessionName="change-1")[
        "Credentials"
    ]
    client = boto3.session.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=REGION,
    ).client("lambda", endpoint_url=aws.endpoint)
    for size in (192, 256, 320):
        client.update_function_configuration(FunctionName=name, MemorySize=size)
        settled(client, name)
    page = look_up(aws, "change-1", key="Username", MaxResults=2)
    rest = look_up(aws, "change-1", key="Username", MaxResults=2, NextToken=page["NextToken"])
    events = [*page["Events"], *rest["Events"]]
    assert len(events) == 3
    assert {e["Username"] for e in events} == {"change-1"}
    assert "NextToken" not in rest
    moments = [e["EventTime"] for e in events]
    assert moments == sorted(moments, reverse=True)


def test_s12_the_adapter_reads_the_history_of_the_embedded_aws(
    aws: Emulator, make_function: Callable[..., str]
) -> None:
    name = make_function("adapted")
    configuration = aws.client("lambda", MEMBER).get_function_configuration(FunctionName=name)
    listed = a_listed(function=FunctionArn.parse(configuration["FunctionArn"]))
    now = datetime.now(UTC)
    client = aws.client("cloudtrail", MEMBER)
    (write,) = last_writers(client, listed.function, written_at=listed.last_modified_at, now=now)
    assert (write.event, write.session) == ("CreateFunction", "root")
    assert write.user_agent.startswith("Boto3/")
