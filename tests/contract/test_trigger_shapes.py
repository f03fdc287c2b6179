"""Are the fakes of what calls functions asked, and do they answer, as the models of AWS say?

Every request that the trigger sources make is held against the input of its operation in botocore,
and every answer of a fake against the output: a member that AWS does not know fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.fakes.builders import ACCOUNT
from tests.fakes.cloud import FakeClients
from tests.fakes.fake_apis import uri_of
from tests.pipeline.test_triggers import EDGE, NOW
from tests.pipeline.test_triggers_policy import connect, let_all
from tests.pipeline.trigger_place import INVOKE, ROLE, Place
from trimtab.aws.answers import RAW
from trimtab.aws.functions import AwsFunctionSource
from trimtab.domain.arn import Target
from trimtab.pipeline.triggers import graph_of

pytestmark = pytest.mark.contract

SERVICES = (
    "apigateway",
    "apigatewayv2",
    "cloudformation",
    "cloudfront",
    "cloudwatch",
    "cognito-idp",
    "elbv2",
    "events",
    "iot",
    "lambda",
    "pipes",
    "s3",
    "scheduler",
    "sns",
    "stepfunctions",
)
LOOSE = {"lambda"}
"""Answers that are read as they came over the wire: their times are texts."""


class Checked:
    """Hands out clients whose calls are held against the model of their service."""

    def __init__(self, clients: FakeClients) -> None:
        self._clients = clients
        self._session = botocore.session.get_session()
        self.seen: set[str] = set()

    def client(self, service: str) -> Any:
        return _Client(self._clients.client(service), service, self)

    def writer(self, service: str) -> Any:
        raise AssertionError(f"{service} is only read")

    def calls(self) -> Mapping[str, int]:
        return self._clients.calls()

    def operation(self, service: str, name: str) -> Any:
        model = self._session.get_service_model(service)
        plain = name.replace("_", "").lower()
        found = next(one for one in model.operation_names if one.lower() == plain)
        return model.operation_model(found)


class _Client:
    def __init__(self, client: Any, service: str, checked: Checked) -> None:
        self._client, self._service, self._checked = client, service, checked

    def __getattr__(self, name: str) -> Any:
        def call(**asked: Any) -> Any:
            if self._service not in SERVICES:
                return getattr(self._client, name)(**asked)
            operation = self._checked.operation(self._service, name)
            self._checked.seen.add(f"{self._service}:{operation.name}")
            asked_wrong = ParamValidator().validate(asked, operation.input_shape)
            assert not asked_wrong.has_errors(), asked_wrong.generate_report()
            answer = getattr(self._client, name)(**asked)
            if self._service not in LOOSE:
                shown = {k: v for k, v in answer.items() if k != RAW}
                _known(shown, operation.output_shape, f"{self._service}:{operation.name}")
            return answer

        return call


def _known(value: Any, shape: Any, where: str) -> None:
    """Hold an answer against a shape: every member is one of it, and of its type."""
    if shape.type_name == "structure":
        assert isinstance(value, Mapping), where
        for key, inner in value.items():
            assert key in shape.members, f"{where}: there is no {key}"
            _known(inner, shape.members[key], f"{where}.{key}")
    elif shape.type_name == "list":
        for one in value:
            _known(one, shape.member, where)
    elif shape.type_name == "map":
        for one in value.values():
            _known(one, shape.value, where)
    elif shape.type_name == "string" and not isinstance(value, Mapping):
        assert isinstance(value, str), where
    elif shape.type_name == "boolean":
        assert isinstance(value, bool), where


def full(target: Target) -> Place:
    """Build a place in which everything points to one function."""
    place = Place(target=target)
    there, arn = place.here, place.arn
    there.functions.publish("orders")
    there.functions.alias("orders", "live", "1")
    there.functions.feed(arn, f"arn:aws:sqs:{target.region}:{ACCOUNT}:q")
    there.events.put_rule("on-order", arn)
    there.scheduler.put("nightly", arn)
    there.sns.subscribe("news", arn)
    there.pipes.put("to", arn, at=NOW)
    there.cloudfront.put("E1", f"{arn}:1", f"{arn}:2")
    there.rest_apis.put("shop", uri_of(arn), authorizers=[uri_of(arn)])
    there.rest_apis.shift("shop", fn="x")
    there.http_apis.put("web", arn, authorizer=uri_of(arn))
    there.machines.put("flow", {"States": {"A": {"Resource": str(arn)}}})
    token = {"Type": "Custom::X", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}}}
    there.stacks.put_stack("s", {"Resources": {"X": token}}, resources={"F": "orders"})
    imported = {"Type": "Custom::X", "Properties": {"ServiceToken": {"Fn::ImportValue": "f"}}}
    there.stacks.put_stack("t", {"Resources": {"X": imported}})
    there.stacks.exports["f"] = str(arn)
    allow = {"Effect": "Allow", "Action": INVOKE, "Resource": "*"}
    there.iam.put_role(f"{ROLE}/sender", {"Statement": allow})
    there.functions.add("sender", Role=f"{ROLE}/sender")
    connect(place)
    let_all(place)
    return place


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_what_is_asked_and_answered_is_what_the_models_know(region: str) -> None:
    target = Target(account=ACCOUNT, region=region)
    place = full(target)
    place.here.functions.change("orders", DurableConfig={"ExecutionTimeout": 60})
    checked = Checked(FakeClients(place.here))
    source = AwsFunctionSource(target, checked, clock=place.cloud.clock)
    graph = graph_of(source, place.listed(source))
    assert graph.has_live(place.arn) is True
    asked = {
        "apigateway": 4,
        "apigatewayv2": 4,
        "cloudformation": 4,
        "cloudwatch": 1,
        "cognito-idp": 1,
        "elbv2": 2,
        "iot": 2,
        "pipes": 1,
        "s3": 1,
        "sns": 1,
        "stepfunctions": 2,
    } | ({"cloudfront": 1} if target == EDGE else {})
    counted = {name: sum(s.startswith(f"{name}:") for s in checked.seen) for name in asked}
    if target.region != "eu-west-1":
        for name in ("iot", "cognito-idp", "elbv2", "cloudwatch"):
            asked.pop(name), counted.pop(name)
    assert counted == asked
