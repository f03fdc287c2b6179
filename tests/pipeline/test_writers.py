"""Does a tool that CloudTrail shows own the function, and does silence prove nothing (S12)?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, an_account
from tests.fakes.clock import NOW
from tests.pipeline.house import House, a_bundle, with_fleet
from tests.pipeline.reads import read, signals
from trimtab.aws.sessions import USER_AGENT
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.terms import Mode
from trimtab.pipeline.signals.needs import Needs

BOTO = "Boto3/1.42.0 md/Botocore#1.42.0 md/awscrt#0.27 ua/2.1 os/linux lang/python#3.13"
UPDATE = "UpdateFunctionConfiguration20150331v2"


def written(house: House, user_agent: str = BOTO, **given: Any) -> None:
    usual: dict[str, Any] = {"at": NOW - timedelta(days=3), "function": "orders"}
    house.cloud[TARGET].trail.put(UPDATE, user_agent=user_agent, **usual | given)


def a_house() -> House:
    house = House()
    house.plant()
    return house


def owner(house: House, *, is_unmanaged: bool = True) -> Evidence:
    return signals(house, is_unmanaged=is_unmanaged)["owner.tool"]


TOOLS = [
    (
        "[APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) terraform-provider-"
        "aws/4.67.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go/1.44.261]",
        "Terraform or OpenTofu",
    ),
    ("APN/1.0 HashiCorp/1.0 Terraform/1.8.2 aws-sdk-go-v2/1.36 OpenTofu/1.8.2", "OpenTofu"),
    (
        "APN/1.0 HashiCorp/1.0 Terraform/1.0.5 (+https://www.terraform.io) terraform-provider-"
        "aws/3.56.0 aws-sdk-go/1.40.29 crossplane-provider-jet-aws/v0.4.0",
        "Crossplane",
    ),
    (
        "APN/1.0 Pulumi/1.0 Pulumi-Aws/4.17.0 (+https://www.pulumi.com) aws-sdk-go/1.40.20",
        "Pulumi",
    ),
    ("cloudformation.amazonaws.com", "CloudFormation"),
    ("aws-sdk-js/3.966.0 ua/2.1 lang/js m/E,s,r serverless-framework/4.31.0", "Serverless"),
    (f"{BOTO} aws-sam-cli/1.140.0", "AWS SAM"),
    ("aws-sdk-nodejs/2.1231 linux/v18 cdk-hotswap/success-lambda-function", "AWS CDK"),
    (f"{BOTO} APN/1.0 Ansible/2.15.0 amazon.aws/8.0.0", "Ansible"),
]


@pytest.mark.parametrize(("user_agent", "tool"), TOOLS, ids=[row[1] for row in TOOLS])
@pytest.mark.parametrize("is_unmanaged", [True, False])
def test_s12_a_tool_that_wrote_it_owns_it_even_where_none_is_declared(
    user_agent: str, tool: str, is_unmanaged: bool
) -> None:
    house = a_house()
    written(house, user_agent)
    evidence = owner(house, is_unmanaged=is_unmanaged)
    assert isinstance(evidence, Known)
    assert evidence.source == "CloudTrail"
    assert evidence.value.startswith(tool)
    assert evidence.value.endswith("(UpdateFunctionConfiguration on 2026-10-30)")


def test_s12_a_stack_is_recognised_by_the_service_that_called_for_it() -> None:
    house = a_house()
    written(house, "AWS Internal", userIdentity={"invokedBy": "cloudformation.amazonaws.com"})
    evidence = owner(house)
    assert isinstance(evidence, Known)
    assert evidence.value.startswith("CloudFormation (")


def test_s12_a_tool_is_not_hidden_by_a_later_hand() -> None:
    house = a_house()
    written(house, "APN/1.0 HashiCorp/1.0 Terraform/1.9.8", at=NOW - timedelta(days=60))
    written(house, "console.amazonaws.com", at=NOW - timedelta(days=1))
    evidence = owner(house)
    assert isinstance(evidence, Known)
    assert evidence.value.startswith("Terraform or OpenTofu (")


@pytest.mark.parametrize(
    "user_agent",
    [BOTO, "console.amazonaws.com", "aws-cli/2.27 command/lambda.update-function-code", ""],
)
def test_s12_hands_and_silence_leave_it_at_what_is_declared(user_agent: str) -> None:
    house = a_house()
    written(house, user_agent)
    assert owner(house) == Known(
        value="none", source="fleet.yaml: the account is declared unmanaged"
    )
    assert isinstance(owner(house, is_unmanaged=False), Unknown)


def test_s12_our_own_writes_are_no_tool() -> None:
    house = a_house()
    written(house, f"{BOTO} {USER_AGENT}", username="chg-0123456789abcdef")
    assert owner(house) == Known(
        value="none", source="fleet.yaml: the account is declared unmanaged"
    )


@pytest.mark.parametrize(
    ("given", "pipeline"),
    [
        ({"username": "GitHubActions"}, "GitHub Actions"),
        ({"username": "AWSCodeBuild-27721881"}, "AWS CodeBuild"),
        ({"userIdentity": {"invokedBy": "codepipeline.amazonaws.com"}}, "AWS CodePipeline"),
        ({"userIdentity": {"invokedBy": "codedeploy.amazonaws.com"}}, "AWS CodeDeploy"),
    ],
)
def test_s12_a_pipeline_runs_what_it_is_told_so_the_owner_is_unknown(
    given: dict[str, Any], pipeline: str
) -> None:
    house = a_house()
    written(house, **given)
    evidence = owner(house)
    assert isinstance(evidence, Unknown)
    assert evidence.reason.startswith(f"{pipeline} (UpdateFunctionConfiguration on 2026-10-30)")


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "ReadTimeout"])
@pytest.mark.parametrize("is_unmanaged", [True, False])
def test_s12_a_history_that_cannot_be_read_leaves_the_owner_unknown_and_is_no_gap(
    code: str, is_unmanaged: bool
) -> None:
    house = a_house()
    house.cloud[TARGET].trail.fail_always("LookupEvents", code)
    found = read(house, is_unmanaged=is_unmanaged)
    evidence = found.snapshots[0].signals["owner.tool"]
    assert isinstance(evidence, Unknown)
    assert "cloudtrail:LookupEvents" in evidence.reason
    assert found.gaps == ()


def test_s12_what_a_tool_owns_in_an_unmanaged_account_is_ticketed_with_its_name() -> None:
    house = a_house()
    written(house, "APN/1.0 HashiCorp/1.0 Terraform/1.9.8")
    counts, opened = house.run()
    assert (counts.ticketed, opened) == (1, ())
    assert house.reasons()["orders"][1] == (
        "owned by Terraform or OpenTofu (UpdateFunctionConfiguration on 2026-10-30): "
        "change the memory there"
    )


def test_s12_what_cannot_be_told_is_ticketed_also_in_an_unmanaged_account() -> None:
    house = a_house()
    house.cloud[TARGET].trail.fail_always("LookupEvents", "AccessDeniedException")
    counts, opened = house.run()
    assert (counts.ticketed, opened) == (1, ())
    assert "owner.tool is not known: who wrote it could not" in house.reasons()["orders"][1]


@pytest.mark.parametrize("tags", [{"managed-by": "terraform"}, {}])
def test_s12_cloudtrail_is_not_asked_where_tags_or_a_stack_name_the_owner(
    tags: dict[str, str],
) -> None:
    house = House()
    arn = house.plant(tags=tags)
    house.cloud[TARGET].stacks.own(arn, "shop")
    assert "cloudtrail:LookupEvents" not in read(house, is_unmanaged=False).calls


@pytest.mark.parametrize(
    ("mode", "asked"), [(Mode.OBSERVE, False), (Mode.TICKET, False), (Mode.APPROVE, True)]
)
def test_s12_cloudtrail_is_asked_only_where_a_change_may_come_of_it(
    mode: Mode, asked: bool
) -> None:
    house = House(with_fleet(a_bundle(), default_mode=mode))
    house.plant()
    house.run()
    (part,) = house.parts()
    assert ("cloudtrail:LookupEvents" in part.calls) is asked


def test_a_policy_that_may_not_go_so_far_or_asks_for_no_change_needs_no_history() -> None:
    house = a_house()
    (snapshot,) = read(house).snapshots
    (policy,) = house.bundle.policies
    for policies, changing, wanted in (
        ((policy,), None, True),
        ((policy,), frozenset({policy.id}), True),
        ((policy,), frozenset[str](), False),
        ((replace(policy, change=None),), None, False),
        ((), None, False),
    ):
        needs = Needs(policies=policies, account=an_account(), changing=changing)
        views = {policy.lookback: snapshot.signals}
        assert needs.may_change(snapshot.listed, views) is wanted
