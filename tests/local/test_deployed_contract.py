"""Each correction behind a deployed stack holds: templates, callbacks, pages, schedules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.support import HUB, REGION, trust
from trimtab.local.deploy import DeployError
from trimtab.local.emulator import Emulator

pytestmark = pytest.mark.scenario

DEPLOY = Callable[..., dict[str, str]]


def role(service: str) -> dict[str, Any]:
    policy = trust({"Service": f"{service}.amazonaws.com"})
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": policy}}


def arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


def function(handler: str) -> dict[str, Any]:
    bucket = {"Fn::Sub": "assets-${AWS::AccountId}-${AWS::Region}"}
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "Handler": f"code.{handler}",
            "Role": arn("FunctionRole"),
            "Timeout": 20,
            "Code": {"S3Bucket": bucket, "S3Key": "code.zip"},
        },
    }


def machine(definition: dict[str, Any], **substitutions: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": arn("MachineRole"),
            "DefinitionString": json.dumps(definition),
            "DefinitionSubstitutions": substitutions,
        },
    }


def ended(client: Any, execution: str) -> dict[str, Any]:
    """The execution once it is no longer running."""
    for _ in range(200):
        found: dict[str, Any] = client.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.05)
    pytest.fail(f"{execution} was still running after ten seconds")


def test_a_template_may_hold_what_the_hub_needs(aws: Emulator, deploy: DEPLOY) -> None:
    recorded = [
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::CloudFormation::StackSet",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::Logs::QueryDefinition",
    ]
    template = {"TemplateName": "ask", "SubjectPart": "Hello", "TextPart": "text"}
    resources = {
        **{f"Recorded{index}": {"Type": kind} for index, kind in enumerate(recorded)},
        "MachineRole": role("states"),
        "Machine": machine({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        "Version": {
            "Type": "AWS::StepFunctions::StateMachineVersion",
            "Properties": {"StateMachineArn": {"Ref": "Machine"}},
        },
        "Template": {"Type": "AWS::SES::Template", "Properties": {"Template": template}},
    }
    outputs = deploy("types", resources, {"Version": {"Ref": "Version"}})
    client = aws.client("stepfunctions")
    started = client.start_execution(stateMachineArn=outputs["Version"])
    assert ended(client, started["executionArn"])["status"] == "SUCCEEDED"
    assert aws.client("ses").get_template(TemplateName="ask")["Template"]["SubjectPart"] == "Hello"


def test_a_failed_stack_names_the_resource_and_the_reason(deploy: DEPLOY) -> None:
    kind = "AWS::StepFunctions::StateMachineVersion"
    broken = {"Type": kind, "Properties": {"StateMachineArn": "arn:aws:states:::nothing"}}
    with pytest.raises(DeployError, match=rf"Broken \({kind}\): .*nothing not found"):
        deploy("broken", {"Broken": broken}, {})


def test_objects_of_a_template_bucket_with_object_lock_cannot_be_deleted(
    aws: Emulator, deploy: DEPLOY
) -> None:
    retention = {"Mode": "COMPLIANCE", "Days": 1}
    properties = {
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": retention},
        },
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    resources = {"Log": {"Type": "AWS::S3::Bucket", "Properties": properties}}
    bucket = deploy("locked", resources, {"Log": {"Ref": "Log"}})["Log"]
    client = aws.client("s3")
    entry = {"Bucket": bucket, "Key": "log/1"}
    version = client.put_object(**entry, Body=b"1", IfNoneMatch="*")["VersionId"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(**entry, Body=b"2", IfNoneMatch="*")
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(**entry, VersionId=version)


def test_a_repeated_start_is_the_same_execution_while_it_runs(
    aws: Emulator, deploy: DEPLOY
) -> None:
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "${echo}", "Payload": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    resources = {
        "FunctionRole": role("lambda"),
        "MachineRole": role("states"),
        "Echo": function("echo"),
        "Machine": machine({"StartAt": "Ask", "States": {"Ask": ask}}, echo=arn("Echo")),
    }
    outputs = deploy("started", resources, {"Machine": {"Ref": "Machine"}})
    client = aws.client("stepfunctions")
    start = {"stateMachineArn": outputs["Machine"], "name": "change-r1", "input": "{}"}
    first = client.start_execution(**start)["executionArn"]
    assert client.start_execution(**start)["executionArn"] == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        client.start_execution(**{**start, "input": '{"other": 1}'})
    client.stop_execution(executionArn=first)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        client.start_execution(**start)


def test_a_callback_task_fails_with_the_exception_of_its_lambda(
    aws: Emulator, deploy: DEPLOY
) -> None:
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "${fail}", "Payload": {"token.$": "$$.Task.Token"}},
        "Catch": [{"ErrorEquals": ["SourceUnavailable"], "Next": "Caught"}],
        "End": True,
    }
    states = {"Ask": ask, "Caught": {"Type": "Pass", "End": True}}
    resources = {
        "FunctionRole": role("lambda"),
        "MachineRole": role("states"),
        "Fail": function("fail"),
        "Version": {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": "Fail"}},
        },
        "Machine": machine({"StartAt": "Ask", "States": states}, fail={"Ref": "Version"}),
    }
    outputs = deploy("failing", resources, {"Machine": {"Ref": "Machine"}})
    client = aws.client("stepfunctions")
    started = client.start_execution(stateMachineArn=outputs["Machine"])
    found = ended(client, started["executionArn"])
    assert found["status"] == "SUCCEEDED"
    assert json.loads(found["output"])["Error"] == "SourceUnavailable"


def test_the_token_of_an_ended_execution_has_timed_out(aws: Emulator, deploy: DEPLOY) -> None:
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken",
        "Parameters": {
            "StateMachineArn": "${child}",
            "Input": {"token.$": "$$.Task.Token"},
        },
        "End": True,
    }
    resources = {
        "MachineRole": role("states"),
        "Child": machine({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        "Machine": machine({"StartAt": "S", "States": {"S": start}}, child={"Ref": "Child"}),
    }
    outputs = deploy("late", resources, {name: {"Ref": name} for name in ("Machine", "Child")})
    client = aws.client("stepfunctions")
    parent = client.start_execution(stateMachineArn=outputs["Machine"])["executionArn"]
    for _ in range(100):
        children = client.list_executions(stateMachineArn=outputs["Child"])["executions"]
        if children:
            break
        time.sleep(0.05)
    given = client.describe_execution(executionArn=children[0]["executionArn"])["input"]
    client.stop_execution(executionArn=parent)
    with pytest.raises(ClientError, match="TaskTimedOut"):
        client.send_task_success(taskToken=json.loads(given)["token"], output="{}")


def test_a_nested_start_under_a_used_name_is_refused_by_its_name(
    aws: Emulator, deploy: DEPLOY
) -> None:
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": "${child}", "Name": "change-r1", "Input.$": "$"},
        "Catch": [
            {"ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException"], "Next": "Caught"}
        ],
        "End": True,
    }
    states = {"Start": start, "Caught": {"Type": "Pass", "End": True}}
    resources = {
        "MachineRole": role("states"),
        "Child": machine({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        "Machine": machine({"StartAt": "Start", "States": states}, child={"Ref": "Child"}),
    }
    outputs = deploy("nested", resources, {"Machine": {"Ref": "Machine"}})
    client = aws.client("stepfunctions")
    ends = []
    for number in range(2):
        begun = client.start_execution(
            stateMachineArn=outputs["Machine"], input=json.dumps({"number": number})
        )
        ends.append(json.loads(ended(client, begun["executionArn"])["output"]))
    assert "ExecutionArn" in ends[0]
    assert ends[1]["Error"] == "StepFunctions.ExecutionAlreadyExistsException"


def test_a_stack_is_updated_in_place_and_no_change_is_no_error(
    aws: Emulator, deploy: DEPLOY
) -> None:
    resources = {"FunctionRole": role("lambda"), "Echo": function("echo")}
    outputs = {"Name": {"Ref": "Echo"}}
    name = deploy("updated", resources, outputs)["Name"]
    assert deploy("updated", resources, outputs) == {"Name": name}
    resources["Echo"]["Properties"]["MemorySize"] = 512
    assert deploy("updated", resources, outputs) == {"Name": name}
    found = aws.client("lambda").get_function_configuration(FunctionName=name)
    assert found["MemorySize"] == 512


def test_a_page_gets_cookies_as_a_list_and_hides_why_it_failed(
    aws: Emulator, deploy: DEPLOY
) -> None:
    resources = {
        "FunctionRole": role("lambda"),
        "Echo": function("echo"),
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {"Name": "pages", "ProtocolType": "HTTP"},
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": arn("Echo"),
                "PayloadFormatVersion": "2.0",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "ANY /approve/{id}",
                "Target": {"Fn::Sub": "integrations/${Integration}"},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
        },
    }
    outputs = deploy("pages", resources, {"Url": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}})
    page = aws.reachable(f"{outputs['Url']}/approve/abc?x=1")
    request = urllib.request.Request(page, headers={"Cookie": "one=1; two=2"})
    with urllib.request.urlopen(request, timeout=20) as response:
        event = json.load(response)
        assert response.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert event["cookies"] == ["one=1", "two=2"]
    assert "cookie" not in event["headers"]
    assert event["pathParameters"] == {"id": "abc"}
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{page}&raise=1", timeout=20)
    with caught.value as answer:
        assert (answer.status, json.load(answer)) == (500, {"message": "Internal Server Error"})


def test_a_schedule_fires_its_target_with_the_context_filled_in(
    aws: Emulator, deploy: DEPLOY
) -> None:
    text = '{"id": "<aws.scheduler.execution-id>", "at": "<aws.scheduler.scheduled-time>"}'
    resources = {
        "MachineRole": role("states"),
        "Machine": machine({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        "Daily": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "Name": "daily",
                "ScheduleExpression": "cron(0 6 * * ? *)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {
                    "Arn": {"Ref": "Machine"},
                    "RoleArn": arn("MachineRole"),
                    "Input": text,
                },
            },
        },
    }
    outputs = deploy("scheduled", resources, {"Machine": {"Ref": "Machine"}})
    aws.control("fire-schedule", {"Account": HUB, "Region": REGION, "Name": "daily"})
    client = aws.client("stepfunctions")
    (started,) = client.list_executions(stateMachineArn=outputs["Machine"])["executions"]
    given = json.loads(ended(client, started["executionArn"])["input"])
    assert "aws.scheduler" not in json.dumps(given)
    assert set(given) == {"id", "at"}


def test_an_email_reaches_the_mailbox_with_both_bodies(aws: Emulator) -> None:
    client = aws.client("sesv2")
    client.create_email_identity(EmailIdentity="trimtab@example.com")
    body = {"Html": {"Data": "<p>Hi</p>"}, "Text": {"Data": "Hi"}}
    client.send_email(
        FromEmailAddress="trimtab@example.com",
        Destination={"ToAddresses": ["owner@example.com"]},
        Content={"Simple": {"Subject": {"Data": "Größe"}, "Body": body}},
        EmailTags=[{"Name": "run", "Value": "1"}],
    )
    (message,) = aws.messages()
    assert (message.to, message.subject) == (("owner@example.com",), "Größe")
    assert (message.html, message.text) == ("<p>Hi</p>", "Hi")
    assert message.sent_at.tzinfo is not None


def test_nothing_is_left_when_the_process_that_started_it_is_killed(
    local_python: Path, tmp_path: Path
) -> None:
    script = (
        "import os, pathlib, signal, sys\n"
        "from trimtab.local.process import EmulatorProcess, EmulatorSettings\n"
        "process = EmulatorProcess(EmulatorSettings(local_python=pathlib.Path(sys.argv[1])))\n"
        "process.start()\n"
        "print(process.endpoint, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    killed = subprocess.run(
        [sys.executable, "-c", script, str(local_python)],
        env=environment, cwd=Path(__file__).resolve().parents[2],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    endpoint = killed.stdout.strip()
    assert endpoint, killed.stderr
    deadline = time.monotonic() + 15
    while list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(endpoint, timeout=2)
