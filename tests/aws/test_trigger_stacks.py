"""Is the function of a custom resource found, however the template names it?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_arn
from tests.fakes.cloud import FakeClients, FakeCloud, FakeTarget
from trimtab.aws import trigger_stacks
from trimtab.aws.trigger_stacks import StackReader
from trimtab.domain.errors import PermanentError
from trimtab.ports import Seen

ARN = str(an_arn())


@pytest.fixture
def here() -> FakeTarget:
    return FakeCloud()[TARGET]


def read(here: FakeTarget) -> Seen:
    return StackReader(FakeClients(here), TARGET, lambda: None).read()


def with_token(token: Any, **more: Any) -> dict[str, Any]:
    resource = {"Type": "Custom::Seed", "Properties": {"ServiceToken": token}} | more
    return {"Resources": {"Seed": resource}}


TOKENS: list[tuple[str, Any]] = [
    ("plain", ARN),
    ("parameter", {"Ref": "Given"}),
    ("attribute", {"Fn::GetAtt": ["Fn", "Arn"]}),
    ("attribute as text", {"Fn::GetAtt": "Fn.Arn"}),
    ("resource", {"Ref": "Fn"}),
    ("export", {"Fn::ImportValue": "seeder"}),
    ("export by parts", {"Fn::ImportValue": {"Fn::Sub": "${Prefix}er"}}),
    ("by its name", "orders"),
    ("filled", {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:orders"}),
    (
        "joined",
        {"Fn::Join": [":", ["arn:aws:lambda", {"Ref": "AWS::Region"}, ACCOUNT, "function:orders"]]},
    ),
    ("of a resource", {"Fn::Sub": "${Fn.Arn}"}),
]


@pytest.mark.parametrize(("name", "token"), TOKENS, ids=[name for name, _ in TOKENS])
def test_a_token_is_followed_to_its_function(here: FakeTarget, name: str, token: Any) -> None:
    here.stacks.exports["seeder"] = ARN
    here.stacks.put_stack(
        "shop",
        with_token(token),
        resources={"Fn": "orders"},
        parameters={"Given": ARN, "Prefix": "seed"},
    )
    seen = read(here)
    assert [(one.function, one.name) for one in seen.pointers] == [(an_arn(), "shop")]
    assert seen.hidden == ()


YAML = f"""
AWSTemplateFormatVersion: 2010-09-09
Conditions: {{Small: !Equals [!Ref Size, small]}}
Resources:
  Fn: {{Type: AWS::Lambda::Function, Properties: {{MemorySize: 128}}}}
  Att: {{Type: Custom::A, Properties: {{ServiceToken: !GetAtt Fn.Arn}}}}
  Sub: {{Type: Custom::B, Properties: {{ServiceToken: !Sub "${{Own}}:function:refunds"}}}}
  Made: {{Type: AWS::CloudFormation::Macro, Properties: {{FunctionName: !Ref Given, Name: m}}}}
  Hook: {{Type: AWS::CloudFormation::LambdaHook, Properties: {{LambdaFunction: hooked}}}}
  Topic: {{Type: Custom::C, Properties: {{ServiceToken: "arn:aws:sns:{REGION}:{ACCOUNT}:t"}}}}
  Mapped: {{Type: Custom::D, Properties: {{ServiceToken: !Transform {{Name: x}}}}}}
  Bare: {{Type: AWS::SNS::Topic}}
"""


def test_short_forms_macros_and_hooks_are_read_and_a_topic_is_no_function(
    here: FakeTarget,
) -> None:
    here.stacks.put_stack(
        "shop", YAML, resources={"Fn": "orders"}, parameters={"Given": "made", "Own": ACCOUNT}
    )
    seen = read(here)
    names = {one.function.name for one in seen.pointers}
    assert names == {"orders", "refunds", "made", "hooked"}
    (hidden,) = seen.hidden
    assert "Mapped" in hidden.error


UNCLEAR: list[Any] = [
    {"Fn::ImportValue": "nowhere"},
    {"Fn::ImportValue": {"Ref": "Nothing"}},
    {"Fn::FindInMap": ["a", "b", "c"]},
    {"Fn::Sub": "${Nothing}"},
    {"Fn::Sub": ["${a}", {"a": "b"}]},
    {"Fn::Join": ["", [{"Ref": "Nothing"}]]},
    {"Ref": "Empty"},
    {"a": 1, "b": 2},
    7,
    "",
]


@pytest.mark.parametrize("token", UNCLEAR, ids=repr)
def test_s08_a_token_that_cannot_be_followed_hides_and_names_the_call(
    here: FakeTarget, token: Any
) -> None:
    here.stacks.put_stack(
        "shop", with_token(token), resources={"Seed": "x"}, parameters={"Empty": ""}
    )
    (hidden,) = read(here).hidden
    assert hidden.error.startswith(f"cloudformation:GetTemplate shop in {TARGET}: Seed")


def test_a_resource_whose_condition_left_it_out_needs_nothing(here: FakeTarget) -> None:
    template = with_token({"Fn::GetAtt": ["Fn", "Arn"]}, Condition="Small")
    here.stacks.put_stack("without", template)
    assert read(here) == Seen()
    here.stacks.put_stack("with", template, resources={"Seed": "x"})
    assert len(read(here).hidden) == 1


def test_stacks_without_resources_are_not_asked(here: FakeTarget) -> None:
    here.stacks.put_stack("gone", with_token(ARN), status="DELETE_COMPLETE")
    here.stacks.put_stack("planned", with_token(ARN), status="REVIEW_IN_PROGRESS")
    assert read(here) == Seen()
    assert here.stacks.calls["GetTemplate"] == 0


@pytest.mark.parametrize("template", ["- a list", "Resources: 7", "a: !X [", "a: &b [*b]"])
def test_s08_what_is_no_template_hides(here: FakeTarget, template: str) -> None:
    here.stacks.put_stack("shop", template)
    seen = read(here)
    assert len(seen.hidden) == (0 if template.startswith("a: &") else 1)


def test_s08_a_failed_lookup_inside_a_stack_hides_that_stack(here: FakeTarget) -> None:
    here.stacks.put_stack("shop", with_token({"Fn::GetAtt": ["Fn", "Arn"]}))
    here.stacks.fail_always("DescribeStackResources", "ThrottlingException")
    (hidden,) = read(here).hidden
    assert hidden.source == "CloudFormation stack shop"


def test_more_stacks_than_are_read_are_said(
    here: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigger_stacks, "MOST_STACKS", 1)
    for name in ("a", "b"):
        here.stacks.put_stack(name, with_token(ARN))
    with pytest.raises(PermanentError, match="more than 1 stacks"):
        read(here)
