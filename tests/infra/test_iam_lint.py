"""Does every policy say something that AWS understands, and no more than it has a reason for?

A linter of our own: Parliament is no longer kept, and AWS's policy validator asks AWS. An action
that does not exist, a condition key that is never filled in, or a resource of the wrong type are
accepted by AWS without a word; the statement then just never holds.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from infra.scp import FILE, MUST_PASS, rendered
from tests.infra.iam import allows_key, expanded, fits, statements

GLOBAL_KEYS = {
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:ResourceTag/trimtab:drill",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
}
"""The keys for every service that we use."""

WIDER_THAN_NEEDED = {
    "cloudformation:DescribeStacks": "asks by the stack that has the function, whichever it is",
    "codedeploy:BatchGetDeployments": "a deployment under way may be of any group",
    "codedeploy:ListDeployments": "as above",
    "cloudformation:DescribeStackResources": "asks by the function, so the stack is not known",
    "lambda:GetFunction": "the read role reads every function of its account",
    "lambda:GetFunctionConcurrency": "as above",
    "lambda:GetFunctionConfiguration": "as above",
    "lambda:GetFunctionRecursionConfig": "as above",
    "lambda:GetPolicy": "as above",
    "lambda:ListAliases": "as above",
    "lambda:ListFunctionEventInvokeConfigs": "as above",
    "lambda:ListFunctionUrlConfigs": "as above",
    "lambda:ListProvisionedConcurrencyConfigs": "as above",
    "lambda:ListTags": "as above",
    "events:ListTargetsByRule": "every rule may call a function",
    "scheduler:GetSchedule": "every schedule may call a function",
    "lambda:ListVersionsByFunction": "as above",
    "cloudformation:GetTemplate": "any stack may need a function",
    "cognito-idp:DescribeUserPool": "a policy of a function names it",
    "iot:GetTopicRule": "as above",
    "s3:GetBucketNotification": "as above",
    "lambda:ListDurableExecutionsByFunction": "the read role reads every function of its account",
    "states:DescribeStateMachine": "any machine may call a function",
    "logs:GetQueryResults": "asks by the query, so the group is not known",
    "logs:StartQuery": "a function may log to any group",
    "organizations:ListAccountsForParent": "units are known only once they are listed",
    "organizations:ListOrganizationalUnitsForParent": "as above",
    "organizations:ListParents": "as above",
    "cloudwatch:DescribeAlarms": "a policy of a function names the alarm",
    "cloudwatch:GetMetricData": "metrics themselves have no ARN; the type is of something else",
}
"""Allowed on every resource although AWS would take an ARN."""


def test_every_action_exists() -> None:
    found = [(f.where, a) for f in statements() for a in f.actions if a != "*" and not expanded(a)]
    assert not found


def test_no_role_is_allowed_every_action_or_all_of_a_service() -> None:
    found = [
        (f.where, action)
        for f in statements()
        if f.is_of_identity and f.statement["Effect"] == "Allow"
        for action in f.actions
        if action == "*" or action.endswith(":*")
    ]
    assert not found
    assert not [
        f.where for f in statements() if "NotAction" in f.statement and _allows(f.statement)
    ]
    assert not [f.where for f in statements() if "NotResource" in f.statement]


def _allows(statement: dict[str, object]) -> bool:
    return statement["Effect"] == "Allow"


def test_every_condition_key_is_one_that_aws_fills_in_for_each_action() -> None:
    found = [
        (f.where, key, action)
        for f in statements()
        for key in f.condition_keys
        for pattern in f.actions
        for action, details in expanded(pattern)
        if not allows_key(key, details, action)
        and not (pattern.endswith("*") and any(allows_key(key, d, a) for a, d in expanded(pattern)))
    ]
    assert not found


def test_every_global_key_is_known_by_its_right_name() -> None:
    keys = {k for f in statements() for k in f.condition_keys if k.lower().startswith("aws:")}
    assert keys <= GLOBAL_KEYS


def test_every_allowed_action_can_be_allowed_on_one_of_its_resources() -> None:
    found = [
        (f.where, action, f.resources)
        for f in statements()
        if f.is_of_identity
        for pattern in f.actions
        for action, details in expanded(pattern)
        if not any(fits(action, details, resource) for resource in f.resources)
    ]
    assert not found


def test_every_resource_is_of_use_to_one_of_the_actions() -> None:
    found = [
        (f.where, resource)
        for f in statements()
        if f.is_of_identity
        for resource in f.resources
        if not any(fits(a, d, resource) for pattern in f.actions for a, d in expanded(pattern))
    ]
    assert not found


def test_an_action_is_allowed_on_everything_only_if_it_knows_no_resource_or_for_a_reason() -> None:
    wide = {
        action
        for f in statements()
        if f.is_of_identity and _allows(f.statement) and "*" in f.resources
        for pattern in f.actions
        for action, details in expanded(pattern)
        if details["resourceTypes"]
    }
    assert wide == set(WIDER_THAN_NEEDED)


def test_ids_are_plain_and_once_each_in_their_policy() -> None:
    for found in statements():
        sid = found.statement.get("Sid")
        assert sid is None or re.fullmatch(r"[A-Za-z0-9]+", sid), found.where


def test_the_rendered_scp_is_what_is_in_the_repository_and_fits() -> None:
    assert FILE.read_text(encoding="utf-8") == rendered(), "run: python -m infra.scp"
    compact = json.dumps(json.loads(rendered()), separators=(",", ":"))
    assert len(compact) <= 5120


def test_s20_the_scp_lets_an_owner_throw_the_kill_switch_and_nothing_else() -> None:
    (attach,) = (
        s
        for s in json.loads(rendered())["Statement"]
        if "iam:AttachRolePolicy" in s["Action"]
        and any("trimtab-change" in r for r in s["Resource"])
    )
    unless = attach["Condition"]["ArnNotLike"]
    assert unless["iam:PolicyARN"] == "arn:*:iam::*:policy/trimtab-kill-switch"
    assert unless["aws:PrincipalArn"] == "arn:*:iam::*:role/stacksets-exec-*"


def test_the_docs_list_the_calls_that_a_policy_of_the_organization_must_let_through() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "permissions.md").read_text(
        encoding="utf-8"
    )
    rows = dict(re.findall(r"^\| `(trimtab-\w+)` \| ((?:`[\w-]+:\w+` ?)+)\|$", page, re.MULTILINE))
    for role in ("trimtab-read", "trimtab-change", "trimtab-restore"):
        assert sorted(re.findall(r"`([\w-]+:\w+)`", rows[role])) == sorted(MUST_PASS[role]), role
