"""Does each Lambda use what it was granted, and was it granted what it uses? Both, exactly.

Runs last: what all other scenario tests made the Lambdas do counts. What AWS does in the name of a
role, or what cannot happen here, is in two lists; an entry that is not needed fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from infra.names import role_name
from tests.scenario.grants import Call, Grant, Names, grants, parts
from trimtab.settings import HANDLERS

if TYPE_CHECKING:
    from tests.scenario.conftest import Played

pytestmark = pytest.mark.scenario

MEMBER = "222222222222"
DRILLS = "777777777777"
MEMBER_ROLES = ("trimtab-read", "trimtab-change", "trimtab-restore", "trimtab-import")
SERVICE_ROLES = ("trimtab-schedules", "trimtab-scan-machine", "trimtab-change-machine")
"""The emulator starts executions and calls Lambdas without their roles; tests/infra reads them."""

EVERY_LAMBDA = tuple(role_name(handler) for handler in HANDLERS)

TICKING = ("trimtab-watch", "trimtab-reconcile", "trimtab-checkpoint", "trimtab-drill")

POLLING = ("trimtab-ticket", "trimtab-deliver")

BY_AWS: Mapping[tuple[tuple[str, ...], str], str] = {
    (EVERY_LAMBDA, "logs:"): "Lambda writes a function's log in its name",
    (POLLING, "sqs:"): "Lambda polls the queue in the function's name",
    (POLLING, "kms through sqs"): "as above",
    (TICKING, "sqs:SendMessage"): "Lambda hands over a lost tick",
    (TICKING, "kms through sqs"): "as above",
    (("trimtab-read", "trimtab-change", "trimtab-restore"), "lambda:ListTags"): (
        "without it GetFunction leaves the tags out of its answer"
    ),
}
"""What AWS does in the name of a role, by the beginning of the part: the emulator checks nothing.
Source: "Lambda execution role", "Using Lambda with Amazon SQS", "GetFunction", AWS Lambda Developer
Guide and API Reference, read 2026-11-21."""

MOVE = "StateTable change#|function#"

LATE = "the clock's no while reconcile is down, and the Request state asks again"

NOT_HERE: Mapping[tuple[str, str], str] = {
    ("trimtab-discover", "organizations:ListAccounts *"): "a scope without units",
    ("trimtab-discover", "organizations:ListRoots *"): "as above",
    ("trimtab-doctor", "organizations:ListAccounts *"): "as above",
    ("trimtab-doctor", "organizations:ListRoots *"): "as above",
    ("trimtab-change", "kms:Decrypt key/*"): "no function here has a key of its own",
    ("trimtab-change", "lambda:DeleteFunctionConcurrency function:*"): (
        "the restore role lets a function go; this one may too, so that a person can (S15)"
    ),
    ("trimtab-drill", "dynamodb:PutItem PeopleTable"): "everybody who is told has an id already",
    **dict.fromkeys(
        (
            ("trimtab-sandbox", "iam:PassRole role/trimtab-sandbox-function"),
            ("trimtab-sandbox", "kms:Decrypt key/*"),
            ("trimtab-sandbox", "s3:GetObject trimtab-vault-*/????????????/*/*/code/*"),
        ),
        "Lambda uses it in the name of whoever creates a function; the emulator checks nothing",
    ),
    **dict.fromkeys(
        (
            ("trimtab-sandbox", f"lambda:{name} function:trimtab-drill-*")
            for name in (
                "PutFunctionEventInvokeConfig",
                "PutFunctionRecursionConfig",
                "PutRuntimeManagementConfig",
                "TagResource",
                "UpdateFunctionCode",
                "UpdateFunctionConfiguration",
            )
        ),
        "the functions that are drilled here have nothing of the kind: tests of the drill do",
    ),
    **dict.fromkeys(
        (
            ("trimtab-restore", "ec2:DescribeSecurityGroups *"),
            ("trimtab-restore", "ec2:DescribeSubnets *"),
            ("trimtab-restore", "ec2:DescribeVpcs *"),
            ("trimtab-restore", "iam:PassRole role/*"),
            ("trimtab-restore", "kms:CreateGrant key/*"),
            ("trimtab-restore", "kms:Decrypt key/*"),
            ("trimtab-restore", "kms:Encrypt key/*"),
            ("trimtab-restore", "s3:GetObject trimtab-vault-*/222222222222/*"),
        ),
        "Lambda uses it in the name of whoever creates a function; the emulator checks nothing",
    ),
    **dict.fromkeys(
        (
            ("trimtab-restore", "application-autoscaling:PutScalingPolicy scalable-target/*"),
            ("trimtab-restore", "lambda:AddPermission function:*"),
            ("trimtab-restore", "lambda:CreateEventSourceMapping *"),
            ("trimtab-restore", "lambda:CreateFunctionUrlConfig function:*"),
            ("trimtab-restore", "lambda:GetLayerVersion layer:*:*"),
            ("trimtab-restore", "lambda:PutFunctionCodeSigningConfig code-signing-config:*"),
            ("trimtab-restore", "lambda:PutFunctionCodeSigningConfig function:*"),
            ("trimtab-restore", "lambda:PutFunctionEventInvokeConfig function:*"),
            ("trimtab-restore", "lambda:PutFunctionRecursionConfig function:*"),
            ("trimtab-restore", "lambda:PutRuntimeManagementConfig function:*"),
            ("trimtab-restore", "lambda:TagResource event-source-mapping:*"),
            ("trimtab-restore", "lambda:TagResource function:*"),
            ("trimtab-restore", "lambda:UpdateFunctionCode function:*"),
        ),
        "the function that is restored here has nothing of the kind: tests of the restore do",
    ),
    ("trimtab-reconcile", f"dynamodb:PutItem {MOVE}"): "a round that the state table lost",
    ("trimtab-reconcile", "kms:Verify SigningKeyArn"): "a decision that nobody entered",
    **dict.fromkeys(
        (
            ("trimtab-checkpoint", "dynamodb:GetItem HeadsTable"),
            ("trimtab-checkpoint", "dynamodb:PutItem LedgerTable"),
            ("trimtab-checkpoint", "dynamodb:UpdateItem HeadsTable"),
            ("trimtab-checkpoint", "s3:GetObject LedgerBucket/log/*"),
        ),
        "the freeze when the record is not whole",
    ),
    **dict.fromkeys(
        (
            ("trimtab-checkpoint", "s3:GetObjectVersion LedgerBucket/filled/*"),
            ("trimtab-checkpoint", "s3:PutObject LedgerBucket/filled/*"),
            ("trimtab-checkpoint", "s3:PutObject LedgerBucket/log/*"),
        ),
        "an entry that the mirror lacks",
    ),
    ("trimtab-change", "codedeploy:BatchGetDeployments *"): "nobody deploys by CodeDeploy here",
    ("trimtab-change", "cloudformation:DescribeStacks *"): "no stack has a function that is tried",
    ("trimtab-read", "iam:SimulatePrincipalPolicy role/trimtab-read"): (
        "the doctor's question that the emulator does not check"
    ),
    ("trimtab-read", "iam:SimulatePrincipalPolicy role/trimtab-change"): "as above",
    ("trimtab-read", "iam:SimulatePrincipalPolicy role/trimtab-restore"): "as above",
    ("trimtab-deliver", "s3:ListBucket EvidenceBucket"): (
        "without it S3 answers 403 where nothing is yet, and means 404"
    ),
    ("trimtab-scan", "s3:ListBucket EvidenceBucket"): "as above",
    ("trimtab-drill", "s3:ListBucket EvidenceBucket"): "as above",
    ("trimtab-read", "lambda:GetFunctionRecursionConfig *"): (
        "no policy of the demo asks for what only this call tells"
    ),
    ("trimtab-read", "lambda:ListFunctionEventInvokeConfigs *"): "as above",
    **dict.fromkeys(
        (
            ("trimtab-read", "apigateway:GET /apis/*"),
            ("trimtab-read", "apigateway:GET /restapis/*"),
            ("trimtab-read", "cloudformation:ListExports *"),
            ("trimtab-read", "cloudwatch:DescribeAlarms *"),
            ("trimtab-read", "cognito-idp:DescribeUserPool *"),
            ("trimtab-read", "elasticloadbalancing:DescribeTargetGroups *"),
            ("trimtab-read", "elasticloadbalancing:DescribeTargetHealth *"),
            ("trimtab-read", "iot:GetTopicRule *"),
            ("trimtab-read", "iot:ListTopicRules *"),
            ("trimtab-read", "lambda:ListDurableExecutionsByFunction *"),
            ("trimtab-read", "s3:GetBucketNotification *"),
            ("trimtab-read", "states:DescribeStateMachine *"),
        ),
        "nothing of the kind stands in the demo's accounts, or no policy asks for it",
    ),
    ("trimtab-watch", "dynamodb:PutItem PeopleTable"): "the breaker tells the governance team",
    ("trimtab-watch", "dynamodb:DeleteItem StateTable memory#"): "more than twenty measured points",
    ("trimtab-watch", "items address# by BatchGetItem"): "as above: the governance team",
    ("trimtab-watch", "dynamodb:BatchGetItem PeopleTable address#"): "as above",
    ("trimtab-decide", f"dynamodb:UpdateItem {MOVE}"): LATE,
    ("trimtab-decide", f"dynamodb:DeleteItem {MOVE}"): LATE,
    ("trimtab-decide", "items change# by UpdateItem|DeleteItem"): LATE,
    ("trimtab-decide", "items function# by UpdateItem|DeleteItem"): LATE,
    ("trimtab-decide", "dynamodb:PutItem LedgerTable"): LATE,
    ("trimtab-decide", "dynamodb:UpdateItem HeadsTable"): LATE,
    ("trimtab-request", "dynamodb:PutItem LedgerTable"): (
        "the approval stored a decision, crashed, and only then the execution came to wait"
    ),
    ("trimtab-request", "dynamodb:UpdateItem HeadsTable"): "as above",
}
"""What no test can make a Lambda do on this emulator, and why it is granted all the same."""

WHO_IS_FIRST = {
    ("trimtab-reconcile", "states:StartExecution stateMachine:trimtab-change"),
    ("trimtab-watch", "states:StartExecution stateMachine:trimtab-change"),
    ("trimtab-watch", "states:DescribeExecution execution:trimtab-change:*"),
    ("trimtab-reconcile", "states:DescribeExecution execution:trimtab-change:*"),
}
"""Watch and reconcile both start an undo that has not begun: whichever comes first, in this run."""


@pytest.fixture(scope="module")
def calls(played: Played, request: pytest.FixtureRequest) -> list[Call]:
    ran = {item.path.name for item in request.session.items}
    needed = {"test_whole_loop.py", "test_again.py", "test_z_memory.py", "test_z_provisioned.py"}
    needed |= {"test_z_drill.py"}
    if not needed <= ran:
        pytest.skip("only the whole scenario shows what is used: pytest -m scenario tests/scenario")
    return [Call.read(raw) for raw in played.world.emulator.control("calls", {})["calls"]]


@pytest.fixture(scope="module")
def granted(played: Played) -> list[Grant]:
    found: list[Grant] = []
    hub = played.world.emulator.settings.hub_account
    everywhere = ((hub, EVERY_LAMBDA), (MEMBER, MEMBER_ROLES), (DRILLS, ("trimtab-sandbox",)))
    for account, roles in everywhere:
        iam = played.world.emulator.client("iam", account)
        for role in roles:
            names = iam.list_role_policies(RoleName=role)["PolicyNames"]
            documents = [
                iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"] for n in names
            ]
            found += grants(role, documents)
    return found


def is_by_aws(role: str, part: str) -> bool:
    return any(role in roles and part.startswith(begin) for roles, begin in BY_AWS)


BLIND = {("trimtab-read", "iam:SimulatePrincipalPolicy")}
"""Denied here alone: the emulator does not see which role is asked about, so no ARN fits."""


def test_nothing_a_lambda_asked_for_was_denied(calls: list[Call]) -> None:
    assert {(call.role, call.action) for call in calls if not call.allowed} == BLIND


def test_whatever_a_lambda_used_is_in_a_statement_of_its_role(
    calls: list[Call], granted: list[Grant]
) -> None:
    assert {call.role for call in calls} >= set(EVERY_LAMBDA), "the recorder saw every Lambda"
    assert [c for c in calls if not any(grant.covers(c) for grant in granted)] == []


def test_whatever_is_granted_is_used_but_for_what_cannot_be_used_here(
    played: Played, calls: list[Call], granted: list[Grant]
) -> None:
    names = Names(outputs=played.world.outputs)
    told: dict[tuple[str, str], bool] = {}
    for grant in granted:
        for part, used in parts(grant, calls, names):
            told[grant.role, part] = told.get((grant.role, part), False) or used
    unused = {key for key, used in told.items() if not used and not is_by_aws(*key)}
    assert set(told) >= WHO_IS_FIRST
    assert WHO_IS_FIRST - unused, "nobody started the undo"
    unused -= WHO_IS_FIRST
    assert unused == set(NOT_HERE), show(unused ^ set(NOT_HERE))


def show(differing: set[tuple[str, str]]) -> str:
    lines = [
        f"{'no longer so' if key in NOT_HERE else 'granted and not used'}: {key[0]}: {key[1]}"
        for key in sorted(differing)
    ]
    return "\n".join(lines)


def test_every_rule_about_aws_is_needed(
    played: Played, calls: list[Call], granted: list[Grant]
) -> None:
    names = Names(outputs=played.world.outputs)
    unused: set[tuple[str, str]] = {
        (grant.role, part)
        for grant in granted
        for part, used in parts(grant, calls, names)
        if not used
    }
    for roles, begin in BY_AWS:
        assert any(role in roles and part.startswith(begin) for role, part in unused), begin
