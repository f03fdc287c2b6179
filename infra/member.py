"""What may the hub do in a member account? Three roles, a stack each, and a fourth where wanted.

*Read* looks, *change* writes what was approved, *restore* puts a function back to what it was. An
account that loses the change role, or stops it (`kill_switch`), keeps the way back: an undo runs
through restore, which also makes removed functions anew, and deletes none. *Import*,
only where it is switched on, hands findings to the account's own Security Hub; read stays
read-only.

The very same templates go to one account by hand and to the Organization by StackSet. Trust is by
the name of a hub role, not by its ARN as principal: that would break when the role is made anew.
"""

from __future__ import annotations

import tempfile
from typing import Any

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import member_vault
from infra.names import (
    CHANGE_ROLE,
    CHANGE_STACK,
    IMPORT_ROLE,
    IMPORT_STACK,
    READ_ROLE,
    READ_STACK,
    RESTORE_ROLE,
    RESTORE_STACK,
    role_arn,
)
from trimtab.remediations import (
    NEVER,
    NEVER_RESTORED,
    TAKES_NO_ARN,
    all_iam_actions,
    granted,
    restore_iam_actions,
)

READERS = ("scan", "watch", "doctor", "apply")
CHANGERS = ("apply", "backup")
RESTORERS = ("apply", "restore")
IMPORTERS = ("deliver",)

READ_ACTIONS = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingActivities",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:ListExports",
    "cloudfront:ListDistributions",
    "cloudtrail:LookupEvents",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cognito-idp:DescribeUserPool",
    "compute-optimizer:GetLambdaFunctionRecommendations",
    "ec2:DescribeSubnets",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "events:ListEventBuses",
    "events:ListRules",
    "events:ListTargetsByRule",
    "iam:GetAccountAuthorizationDetails",
    "iot:GetTopicRule",
    "iot:ListTopicRules",
    "lambda:GetAccountSettings",
    "lambda:GetFunction",
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionRecursionConfig",
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListDurableExecutionsByFunction",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListFunctions",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListTags",
    "lambda:ListVersionsByFunction",
    "logs:DescribeLogGroups",
    "logs:GetQueryResults",
    "logs:StartQuery",
    "pipes:ListPipes",
    "s3:GetBucketNotification",
    "scheduler:GetSchedule",
    "scheduler:ListSchedules",
    "sns:ListSubscriptions",
    "states:DescribeStateMachine",
    "states:ListStateMachines",
    "tag:GetResources",
)
"""What the adapters read; tests/scenario compares it with what they call."""

API_ACTIONS = ("apigateway:GET",)
API_PATHS = ("/apis", "/apis/*", "/restapis", "/restapis/*")
"""One action reads all of API Gateway, the values of API keys too: of that no more than the APIs.

Source: "Actions, resources, and condition keys for Amazon API Gateway Management", Service
Authorization Reference; written from memory.
"""

IMPORT_ACTIONS = ("securityhub:BatchImportFindings",)

OWN_ROLE_ACTIONS = ("iam:GetRole", "iam:SimulatePrincipalPolicy")
"""What the doctor asks of IAM, about the member roles alone."""

UNTOUCHED = ("lambda:Layer", "lambda:SecurityGroupIds", "lambda:SubnetIds", "lambda:VpcIds")
"""Condition keys of an update that are there only when it sets layers or the network.

Source: "Actions, resources, and condition keys for AWS Lambda", Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html,
read 2026-11-21.
"""


class MemberStack(cdk.Stack):
    """What both stacks share: parameters and trust."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(
            scope,
            name,
            stack_name=name,
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self._hub = self._parameter("HubAccount", "Account that Trimtab's hub runs in", r"\d{12}")
        self._organization = self._parameter(
            "OrganizationId", "Organization that the hub belongs to", "o-[a-z0-9]{10,32}"
        )
        self._external_id = self._parameter(
            "ExternalId", "What the hub says when it assumes the role", r"[\w+=,.@:/-]{2,1224}"
        )

    def role(
        self, name: str, *, trusts: tuple[str, ...], statements: list[iam.PolicyStatement]
    ) -> None:
        """Make the role that these handlers of the hub may assume."""
        hub = iam.AccountPrincipal(self._hub)
        trusted = [role_arn(handler, account=self._hub) for handler in trusts]
        conditions = {
            "ArnEquals": {"aws:PrincipalArn": trusted},
            "StringEquals": {
                "aws:PrincipalOrgID": self._organization,
                "sts:ExternalId": self._external_id,
            },
        }
        iam.Role(
            self,
            "Role",
            role_name=name,
            assumed_by=iam.PrincipalWithConditions(hub, conditions),
            inline_policies={"needs": iam.PolicyDocument(statements=statements)},
            max_session_duration=cdk.Duration.hours(1),
        )

    def _parameter(self, name: str, description: str, pattern: str) -> str:
        parameter = cdk.CfnParameter(
            self, name, type="String", description=description, allowed_pattern=pattern
        )
        return parameter.value_as_string


class MemberReadStack(MemberStack):
    """The role that scan, watch and doctor assume."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, READ_STACK)
        read = iam.PolicyStatement(actions=list(READ_ACTIONS), resources=["*"])
        # Without it the values of encrypted environment variables stay closed.
        no_decrypt = iam.PolicyStatement(
            effect=iam.Effect.DENY, actions=["kms:Decrypt"], resources=["*"]
        )
        about_ourselves = iam.PolicyStatement(
            actions=list(OWN_ROLE_ACTIONS),
            resources=[
                f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{name}"
                for name in (READ_ROLE, CHANGE_ROLE, RESTORE_ROLE)
            ],
        )
        apis = iam.PolicyStatement(
            actions=list(API_ACTIONS),
            resources=[f"arn:{Aws.PARTITION}:apigateway:*::{path}" for path in API_PATHS],
        )
        statements = [read, apis, about_ourselves, no_decrypt]
        self.role(READ_ROLE, trusts=READERS, statements=statements)


class MemberChangeStack(MemberStack):
    """The role that apply assumes to go forward: what the remediations declare, and a few things
    never. Backup assumes it to read all of a function that is to be removed.
    """

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, CHANGE_STACK)
        statements = [*_writing(all_iam_actions()), *member_vault.reading_all()]
        self.role(CHANGE_ROLE, trusts=CHANGERS, statements=statements)


class MemberRestoreStack(MemberStack):
    """The role that apply assumes to take a change back, and restore to make a function anew.

    For apply it may do whatever the remediations declare but what only a forward change needs, and
    the session policy of each undo holds it to that. It can set a memory size like the change role:
    IAM has no condition for the value. That it puts back what was there before is up to apply, from
    the ledger.
    """

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, RESTORE_STACK)
        declared = _writing(
            restore_iam_actions(),
            never=NEVER_RESTORED,
            untouched=(),
            besides=member_vault.WRITE_FUNCTION,
        )
        statements = [*declared, *member_vault.making()]
        self.role(RESTORE_ROLE, trusts=RESTORERS, statements=statements)


class MemberImportStack(MemberStack):
    """The role that deliver assumes: one call, on the product that every account has of its own."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, IMPORT_STACK)
        own = iam.PolicyStatement(actions=list(IMPORT_ACTIONS), resources=[own_product()])
        self.role(IMPORT_ROLE, trusts=IMPORTERS, statements=[own])


def own_product() -> str:
    """Return the default product of this account's Security Hub, in any region."""
    account = Aws.ACCOUNT_ID
    return f"arn:{Aws.PARTITION}:securityhub:*:{account}:product/{account}/default"


def is_read(action: str) -> bool:
    return action.partition(":")[2].startswith(("BatchGet", "Describe", "Get", "List"))


def _writing(
    declared: tuple[str, ...],
    *,
    never: tuple[str, ...] = NEVER,
    untouched: tuple[str, ...] = UNTOUCHED,
    besides: tuple[str, ...] = (),
) -> list[iam.PolicyStatement]:
    """Allow what is declared; deny what leads to running code, and every change of ourselves."""
    functions = f"arn:{Aws.PARTITION}:lambda:*:{Aws.ACCOUNT_ID}:function:*"
    on_functions = [a for a in declared if a.startswith("lambda:") and a not in TAKES_NO_ARN]
    elsewhere = [action for action in declared if action not in on_functions]
    statements = [
        iam.PolicyStatement(actions=on_functions, resources=[functions]),
        iam.PolicyStatement(effect=iam.Effect.DENY, actions=list(never), resources=["*"]),
        _never_ourselves([*on_functions, *besides], functions),
        *(_deny_update_with(key) for key in untouched),
    ]
    statements += [
        iam.PolicyStatement(
            actions=list(grant.actions),
            resources=[grant.resource],
            conditions=dict(grant.condition) or None,
        )
        for grant in granted(elsewhere, partition=Aws.PARTITION, region="*", account=Aws.ACCOUNT_ID)
    ]
    return statements


def _never_ourselves(actions: list[str], functions: str) -> iam.PolicyStatement:
    """Deny every change of a hub's own functions, which are named trimtab-* (S11)."""
    writes = sorted({action for action in actions if not is_read(action)})
    return iam.PolicyStatement(
        effect=iam.Effect.DENY, actions=writes, resources=[f"{functions[:-1]}trimtab-*"]
    )


def _deny_update_with(key: str) -> iam.PolicyStatement:
    """Deny an update that carries this condition key; one statement each, as conditions add up."""
    return iam.PolicyStatement(
        effect=iam.Effect.DENY,
        actions=["lambda:UpdateFunctionConfiguration"],
        resources=["*"],
        conditions={"Null": {key: "false"}},
    )


ROLES = (MemberReadStack, MemberChangeStack, MemberRestoreStack, MemberImportStack)


def templates() -> dict[str, dict[str, Any]]:
    """Return the templates of the roles as they are deployed, by the name of their stack."""
    with tempfile.TemporaryDirectory() as outdir:
        app = cdk.App(analytics_reporting=False, tree_metadata=False, outdir=outdir)
        for stack in ROLES:
            stack(app)
        assembly = app.synth()
        names = (READ_STACK, CHANGE_STACK, RESTORE_STACK, IMPORT_STACK)
        return {name: assembly.get_stack_by_name(name).template for name in names}
