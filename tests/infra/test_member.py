"""Do the member roles trust exactly the hub, and may they do exactly what is declared?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from infra import names
from infra.dependencies import SERVICES
from infra.member import (
    CHANGERS,
    OWN_ROLE_ACTIONS,
    READ_ACTIONS,
    READERS,
    RESTORERS,
    is_read,
)
from infra.names import (
    CHANGE_STACK,
    IMPORT_STACK,
    KILL_SWITCH_STACK,
    READ_STACK,
    RESTORE_STACK,
    function_name,
    role_name,
)
from infra.options import OptionError, Options
from tests.infra.templates import (
    UNITS,
    USUAL,
    allowed,
    hub,
    listed,
    of_type,
    statements,
    template,
    text,
)
from trimtab.aws.probes import TRIES
from trimtab.flows import doctor
from trimtab.remediations import (
    BACKUP_ACTIONS,
    FORWARD_ONLY,
    NEVER_RESTORED,
    RESTORE_ACTIONS,
    TAKES_NO_ARN,
    all_iam_actions,
    restore_iam_actions,
)

ROLES = [
    (READ_STACK, "trimtab-read", ["trimtab-scan", "trimtab-watch", "trimtab-doctor"]),
    (CHANGE_STACK, "trimtab-change", ["trimtab-apply", "trimtab-backup"]),
    (RESTORE_STACK, "trimtab-restore", ["trimtab-apply", "trimtab-restorer"]),
    (IMPORT_STACK, "trimtab-import", ["trimtab-deliver"]),
]
STACKS = [stack for stack, _, _ in ROLES]
WRITING = [(CHANGE_STACK, "trimtab-change"), (RESTORE_STACK, "trimtab-restore")]


def denied(stack: str, role: str) -> dict[str, list[Any]]:
    """Return the conditions under which each action is denied."""
    found: dict[str, list[Any]] = {}
    for statement in statements(role, template(stack)):
        if statement["Effect"] == "Deny" and statement["Resource"] == "*":
            for action in listed(statement["Action"]):
                found.setdefault(action, []).append(statement.get("Condition"))
    return found


@pytest.mark.parametrize(("stack", "role", "trusted"), ROLES)
def test_a_role_trusts_named_roles_of_the_hub_and_asks_for_organization_and_external_id(
    stack: str, role: str, trusted: list[str]
) -> None:
    (resource,) = of_type("IAM::Role", template(stack)).values()
    assert resource["Properties"]["RoleName"] == role
    (trust,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
    assert text(trust["Principal"]["AWS"]) == "arn:{AWS::Partition}:iam::{HubAccount}:root"
    conditions = trust["Condition"]
    assert set(conditions) == {"ArnEquals", "StringEquals"}
    assert listed(conditions["ArnEquals"]["aws:PrincipalArn"]) == [
        f"arn:{{AWS::Partition}}:iam::{{HubAccount}}:role/{name}" for name in trusted
    ]
    assert conditions["StringEquals"] == {
        "aws:PrincipalOrgID": {"Ref": "OrganizationId"},
        "sts:ExternalId": {"Ref": "ExternalId"},
    }


@pytest.mark.parametrize("stack", STACKS)
def test_a_member_stack_asks_for_three_things_and_guesses_none(stack: str) -> None:
    parameters = template(stack)["Parameters"]
    assert set(parameters) == {"HubAccount", "OrganizationId", "ExternalId"}
    assert not [name for name, parameter in parameters.items() if "Default" in parameter]
    assert set(template(stack)["Resources"]) == set(of_type("IAM::Role", template(stack)))


def test_the_read_role_reads_what_the_adapters_read() -> None:
    source = template(READ_STACK)
    actions = {action for action, resource in allowed("trimtab-read", source) if resource == "*"}
    assert actions == set(READ_ACTIONS)
    verbs = ("Get", "List", "Describe", "Lookup", "StartQuery", "StopQuery")
    assert all(action.partition(":")[2].startswith(verbs) for action in actions)


def test_the_read_role_asks_iam_about_the_member_roles_alone() -> None:
    about = {
        (action, resource)
        for action, resource in allowed("trimtab-read", template(READ_STACK))
        if action.startswith("iam:") and action not in READ_ACTIONS
    }
    roles = "arn:{AWS::Partition}:iam::{AWS::AccountId}:role/"
    assert about == {
        (action, f"{roles}{name}")
        for action in OWN_ROLE_ACTIONS
        for name in ("trimtab-read", "trimtab-change", "trimtab-restore")
    }


def test_the_doctor_tries_or_simulates_every_action_of_the_read_role() -> None:
    assert set(TRIES) | set(doctor.SIMULATED) == set(READ_ACTIONS)
    assert not set(TRIES) & set(doctor.SIMULATED)


def test_the_zip_holds_the_models_of_every_service_that_the_doctor_asks() -> None:
    assert {how.service for how in TRIES.values()} | {"iam"} <= SERVICES


def test_the_doctor_knows_roles_and_stacks_by_the_names_they_are_deployed_with() -> None:
    assert (doctor.READ_ROLE, doctor.READ_STACK) == (names.READ_ROLE, READ_STACK)
    assert (doctor.CHANGE_ROLE, doctor.CHANGE_STACK) == (names.CHANGE_ROLE, CHANGE_STACK)
    assert (doctor.RESTORE_ROLE, doctor.RESTORE_STACK) == (names.RESTORE_ROLE, RESTORE_STACK)
    assert tuple(map(function_name, READERS)) == doctor.READERS
    assert tuple(map(role_name, CHANGERS)) == doctor.CHANGERS
    assert tuple(map(role_name, RESTORERS)) == doctor.RESTORERS


def test_s16_the_read_role_cannot_open_encrypted_variables() -> None:
    assert denied(READ_STACK, "trimtab-read") == {"kms:Decrypt": [None]}


def test_s1_the_change_role_may_do_what_the_remediations_declare_and_read_for_a_backup() -> None:
    actions = {action for action, _ in allowed("trimtab-change", template(CHANGE_STACK))}
    assert actions == {*all_iam_actions(), *BACKUP_ACTIONS}
    added = {*BACKUP_ACTIONS} - {*all_iam_actions()}
    assert all(is_read(action) for action in added - {"kms:Decrypt"})


def test_s13_the_restore_role_puts_back_and_makes_what_was_removed() -> None:
    actions = {action for action, _ in allowed("trimtab-restore", template(RESTORE_STACK))}
    assert actions == {*all_iam_actions()} - {*FORWARD_ONLY} | {*RESTORE_ACTIONS}
    actions -= {*RESTORE_ACTIONS}
    assert {action for action in actions if not is_read(action)} == {
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:DeregisterScalableTarget",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:PutMetricAlarm",
        "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
    }


def conditions_of(action: str, role: str, stack: str) -> list[Any]:
    return [
        s.get("Condition")
        for s in statements(role, template(stack))
        if s["Effect"] == "Allow" and action in listed(s["Action"])
    ]


@pytest.mark.parametrize(("stack", "role"), WRITING)
def test_s16_keys_are_used_by_a_service_and_never_by_the_role_itself(stack: str, role: str) -> None:
    for action in ("kms:Decrypt", "kms:Encrypt", "kms:CreateGrant"):
        for condition in conditions_of(action, role, stack):
            assert list(condition["StringLike"]) == ["kms:ViaService"]


def test_s14_the_restore_role_passes_a_role_to_lambda_alone() -> None:
    (condition,) = conditions_of("iam:PassRole", "trimtab-restore", RESTORE_STACK)
    assert condition == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    assert not conditions_of("iam:PassRole", "trimtab-change", CHANGE_STACK)


def test_s14_the_restore_role_takes_nothing_away_and_runs_nothing() -> None:
    found = denied(RESTORE_STACK, "trimtab-restore")
    assert found == {action: [None] for action in NEVER_RESTORED}
    assert not {*NEVER_RESTORED} & {*RESTORE_ACTIONS, *restore_iam_actions()}


@pytest.mark.parametrize(("stack", "role"), WRITING)
def test_s14_no_role_may_delete_while_nothing_backs_a_function_up(stack: str, role: str) -> None:
    assert {"lambda:DeleteFunction", "lambda:DeleteAlias"} <= denied(stack, role).keys()
    assert [action for action in all_iam_actions() if ":Delete" in action] == [
        "application-autoscaling:DeleteScheduledAction",
        "cloudwatch:DeleteAlarms",
        "lambda:DeleteProvisionedConcurrencyConfig",
    ], "what an undo puts back with one call"


def test_s15_no_role_may_throttle_while_no_quarantine_releases_itself() -> None:
    limits = {"lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"}
    assert limits <= denied(CHANGE_STACK, "trimtab-change").keys()
    assert not limits & set(all_iam_actions())


def test_only_what_is_declared_can_be_forward_only() -> None:
    assert set(FORWARD_ONLY) < set(all_iam_actions())


OF_NO_FUNCTION = {
    *TAKES_NO_ARN,
    "lambda:CreateEventSourceMapping",
    "lambda:GetLayerVersion",
    "lambda:ListEventSourceMappings",
}
"""A mapping is narrowed by the function it feeds; a layer may be another account's."""
BESIDE = ("lambda:ListTags", "lambda:PutFunctionCodeSigningConfig", "lambda:TagResource")
OF_ANOTHER_KIND = ("event-source-mapping:*", "code-signing-config:*")


@pytest.mark.parametrize(("stack", "role"), WRITING)
def test_a_role_that_writes_touches_functions_of_its_own_account_only(
    stack: str, role: str
) -> None:
    for action, resource in allowed(role, template(stack)):
        if action.startswith("lambda:") and action not in OF_NO_FUNCTION:
            of_ours = resource.removeprefix("arn:{AWS::Partition}:lambda:*:{AWS::AccountId}:")
            beside = OF_ANOTHER_KIND if action in BESIDE else ()
            assert of_ours in ("function:*", *beside), action


def test_the_change_role_can_never_run_code_of_its_own_or_open_a_function() -> None:
    found = denied(CHANGE_STACK, "trimtab-change")
    for action in ("iam:PassRole", "lambda:AddPermission", "lambda:UpdateFunctionCode"):
        assert found[action] == [None]
    keys = [
        key
        for condition in found["lambda:UpdateFunctionConfiguration"]
        for key in condition["Null"]
    ]
    assert sorted(keys) == [
        "lambda:Layer",
        "lambda:SecurityGroupIds",
        "lambda:SubnetIds",
        "lambda:VpcIds",
    ]


@pytest.mark.parametrize(("stack", "role"), WRITING)
def test_s11_a_role_that_writes_can_never_change_a_hubs_own_functions(
    stack: str, role: str
) -> None:
    source = template(stack)
    (own,) = (
        s
        for s in statements(role, source)
        if s["Effect"] == "Deny" and "function:trimtab-*" in str(s["Resource"])
    )
    others = {"lambda:CreateEventSourceMapping", *TAKES_NO_ARN}
    found = {a for a, _ in allowed(role, source) if a.startswith("lambda:") and a not in others}
    writes = {action for action in found if not is_read(action)}
    assert set(own["Action"]) == writes
    assert "Condition" not in own


def test_s20_the_kill_switch_denies_the_change_role_all_but_its_reads_and_leaves_restore() -> None:
    (policy,) = of_type("IAM::ManagedPolicy", template(KILL_SWITCH_STACK)).values()
    assert policy["Properties"]["Roles"] == ["trimtab-change"]
    assert policy["Properties"]["ManagedPolicyName"] == "trimtab-kill-switch"
    (deny,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Resource"]) == ("Deny", "*")
    assert "Condition" not in deny
    writes = {
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:RegisterScalableTarget",
        "cloudtrail:LookupEvents",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:PutMetricAlarm",
        "iam:CreateServiceLinkedRole",
        "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:PublishVersion",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionConfiguration",
    }
    assert set(deny["NotAction"]) == set(all_iam_actions()) - writes


@pytest.mark.parametrize("stack", STACKS)
def test_the_organization_gets_the_very_template_of_one_account(stack: str) -> None:
    with_import = replace(USUAL, security_hub="member")
    (stack_set,) = (
        s["Properties"]
        for s in of_type("CloudFormation::StackSet", hub(with_import)).values()
        if s["Properties"]["StackSetName"] == stack
    )
    assert json.loads(stack_set["TemplateBody"]) == template(stack)
    assert stack_set["PermissionModel"] == "SERVICE_MANAGED"
    assert stack_set["CallAs"] == "DELEGATED_ADMIN"
    assert stack_set["AutoDeployment"]["Enabled"] is True
    (group,) = stack_set["StackInstancesGroup"]
    assert group["DeploymentTargets"] == {"OrganizationalUnitIds": list(UNITS)}
    given = {p["ParameterKey"]: text(p["ParameterValue"]) for p in stack_set["Parameters"]}
    assert given == {
        "HubAccount": "{AWS::AccountId}",
        "OrganizationId": "o-a1b2c3d4e5",
        "ExternalId": "an-external-id",
    }


def test_without_units_there_is_no_stack_set() -> None:
    assert not of_type("CloudFormation::StackSet", hub(replace(USUAL, target_ous=())))


def test_the_import_role_may_import_findings_of_its_own_account_and_nothing_else() -> None:
    account = "{AWS::AccountId}"
    product = f"arn:{{AWS::Partition}}:securityhub:*:{account}:product/{account}/default"
    assert list(allowed("trimtab-import", template(IMPORT_STACK))) == [
        ("securityhub:BatchImportFindings", product)
    ]


@pytest.mark.parametrize(("choice", "has"), [("off", False), ("hub", False), ("member", True)])
def test_no_account_gets_the_import_role_unless_members_are_to_be_told(
    choice: str, has: bool
) -> None:
    assert (IMPORT_STACK in units_of(replace(USUAL, security_hub=choice))) is has


def units_of(options: Options) -> dict[str, list[str]]:
    """Return where each StackSet goes."""
    return {
        s["Properties"]["StackSetName"]: s["Properties"]["StackInstancesGroup"][0][
            "DeploymentTargets"
        ]["OrganizationalUnitIds"]
        for s in of_type("CloudFormation::StackSet", hub(options)).values()
    }


def test_the_change_role_can_be_kept_to_some_units_and_restore_goes_with_it() -> None:
    assert units_of(replace(USUAL, change_ous=UNITS[1:])) == {
        READ_STACK: list(UNITS),
        CHANGE_STACK: list(UNITS[1:]),
        RESTORE_STACK: list(UNITS[1:]),
    }


def test_s20_restore_can_stay_where_the_change_role_was_taken_away() -> None:
    found = units_of(replace(USUAL, change_ous=UNITS[1:], restore_ous=UNITS))
    assert found[CHANGE_STACK] == list(UNITS[1:])
    assert found[RESTORE_STACK] == list(UNITS)


@pytest.mark.parametrize(
    ("context", "missing"),
    [
        ({"target_ous": "ou-a,ou-b", "restore_ous": "ou-a"}, "ou-b"),
        ({"target_ous": "ou-a", "change_ous": "ou-a", "restore_ous": ""}, "ou-a"),
    ],
)
def test_s20_a_unit_that_could_be_changed_and_not_put_back_is_refused(
    context: dict[str, str], missing: str
) -> None:
    with pytest.raises(OptionError, match=rf"restore_ous lacks {missing}: .* a way back"):
        Options.read(context)
