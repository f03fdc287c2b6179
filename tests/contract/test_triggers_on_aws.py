"""Do the trigger sources read what AWS's own clients wrote? Against moto, service by service.

HTTP APIs are left out: moto has no authorizers of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.fakes.builders import ACCOUNT, REGION
from tests.fakes.clock import FakeClock
from trimtab.aws.functions import AwsFunctionSource
from trimtab.aws.sessions import HubSession
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import Pointer

pytestmark = pytest.mark.contract

ORDERS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
TARGET = Target(account=ACCOUNT, region=REGION)
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def hub() -> Iterator[HubSession]:
    with mock_aws():
        yield HubSession(region=REGION, sleep=lambda _: None)


def triggers(hub: HubSession) -> AwsFunctionSource:
    return AwsFunctionSource(TARGET, hub.member(ACCOUNT, REGION, None), clock=FakeClock())


def pointers(hub: HubSession) -> dict[TriggerKind, Pointer]:
    wide = triggers(hub).triggers.wide()
    found = wide.pointers.get(FunctionArn.parse(ORDERS), ())
    return {one.kind: one for one in found}


def test_topics_rules_machines_and_apis_that_were_made_are_found(hub: HubSession) -> None:
    sns = hub.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{ORDERS}:live")
    events = hub.client("events")
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": ORDERS}])
    role = hub.client("iam").create_role(RoleName="flow", AssumeRolePolicyDocument=TRUST)
    state = {"Type": "Task", "Resource": ORDERS, "End": True}
    hub.client("stepfunctions").create_state_machine(
        name="flow",
        definition=json.dumps({"StartAt": "A", "States": {"A": state}}),
        roleArn=role["Role"]["Arn"],
    )
    _rest_api(hub)
    found = pointers(hub)
    assert found[TriggerKind.TOPIC].qualifier == "live"
    assert found[TriggerKind.RULE].expression == "rate(1 day)"
    assert found[TriggerKind.STATE_MACHINE].name == "flow"
    assert found[TriggerKind.REST_API].is_on


def _rest_api(hub: HubSession) -> None:
    client = hub.client("apigateway")
    api = client.create_rest_api(name="shop")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    path = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{ORDERS}/invocations"
    client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=path)
    client.create_deployment(restApiId=api, stageName="live")


def test_a_token_in_the_template_of_a_stack_is_found(hub: HubSession) -> None:
    """A custom resource would be called by moto, so the token stands in another one."""
    template = {
        "Parameters": {"Seeder": {"Type": "String"}},
        "Resources": {
            "Seed": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"ServiceToken": {"Ref": "Seeder"}},
            },
        },
    }
    hub.client("cloudformation").create_stack(
        StackName="shop",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Seeder", "ParameterValue": ORDERS}],
    )
    assert pointers(hub)[TriggerKind.STACK].name == "shop"


def test_a_bucket_a_target_group_and_an_alarm_are_looked_at(hub: HubSession) -> None:
    place = {"LocationConstraint": REGION}
    s3 = hub.client("s3")
    s3.create_bucket(Bucket="shop", CreateBucketConfiguration=place)
    found = triggers(hub).triggers.named("s3.amazonaws.com", "arn:aws:s3:::shop")
    assert found is not None
    assert (found.is_there, found.functions) == (True, frozenset())
    gone = triggers(hub).triggers.named("s3.amazonaws.com", "arn:aws:s3:::nobody-has-this")
    assert gone is not None
    assert not gone.is_there
    elb = hub.client("elbv2")
    group = elb.create_target_group(Name="orders", TargetType="lambda")["TargetGroups"][0]
    service = "elasticloadbalancing.amazonaws.com"
    idle = triggers(hub).triggers.named(service, group["TargetGroupArn"])
    assert idle is not None
    assert (idle.is_there, idle.is_on) == (True, False)
    lost = triggers(hub).triggers.named(service, f"{group['TargetGroupArn']}x")
    assert lost is not None
    assert not lost.is_there
    hub.client("cloudwatch").put_metric_alarm(
        AlarmName="late",
        AlarmActions=[ORDERS],
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:late"
    late = triggers(hub).triggers.named("lambda.alarms.cloudwatch.amazonaws.com", arn)
    assert late is not None
    assert late.functions == {ORDERS}
