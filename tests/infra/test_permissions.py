"""Does every role do what it must and nothing else?"""

from __future__ import annotations

from dataclasses import fields

import pytest

from infra.functions import SIZES
from infra.names import READ_STACK, role_name
from infra.permissions import EVIDENCE, NEEDS
from infra.state_access import STATE, Items
from tests.infra.templates import (
    Statement,
    all_templates,
    allowed,
    hub,
    listed,
    logical_id,
    of_type,
    role_names,
    roles_allowed,
    statements,
    text,
)
from trimtab.settings import HANDLERS, variable

ON_EVERYTHING = {
    "organizations:ListAccounts": "lists the whole Organization",
    "organizations:ListAccountsForParent": "units are known only once they are listed",
    "organizations:ListOrganizationalUnitsForParent": "as above",
    "organizations:ListParents": "as above",
    "organizations:ListRoots": "takes no ARN",
    "lambda:ListFunctions": "takes no ARN: whatever an earlier drill left is found by its name",
    "pricing:GetProducts": "takes no ARN: prices are public",
    "states:SendTaskSuccess": "has no resource type: the random task token is the permission",
    "logs:CreateLogDelivery": "how a state machine's own logging is set up; takes no ARN",
    "logs:GetLogDelivery": "as above",
    "logs:UpdateLogDelivery": "as above",
    "logs:DeleteLogDelivery": "as above",
    "logs:ListLogDeliveries": "as above",
    "logs:PutResourcePolicy": "as above",
    "logs:DescribeResourcePolicies": "as above",
    "logs:DescribeLogGroups": "as above",
    "application-autoscaling:DescribeScalableTargets": "lists by service, not by function",
    "application-autoscaling:DescribeScalingPolicies": "as above",
    "application-autoscaling:DescribeScheduledActions": "as above",
    "cloudformation:DescribeStackResources": "which stack has a function is what is asked",
    "cloudformation:DescribeStacks": "as above",
    "cloudtrail:LookupEvents": "takes no ARN",
    "codedeploy:BatchGetDeployments": "which deployments are under way is what is asked",
    "codedeploy:ListDeployments": "as above",
    "lambda:GetAccountSettings": "takes no ARN",
    "cloudwatch:GetMetricData": "takes no ARN",
    "ec2:DescribeSecurityGroups": "takes no ARN; Lambda asks it in the name of the caller",
    "ec2:DescribeSubnets": "as above",
    "ec2:DescribeVpcs": "as above",
    "lambda:CreateEventSourceMapping": "takes no ARN; narrowed by the function it feeds",
    "lambda:ListEventSourceMappings": "takes no ARN",
}
"""Why an action may be allowed on every resource. The read role has a test of its own."""

ANY_OF = {"kms:GenerateDataKey*", "kms:ReEncrypt*"}
"""The action patterns that are allowed; AWS services call one or the other of each."""

HANDLER_NAMES = sorted(HANDLERS)


def test_sizes_needs_and_settings_speak_of_the_same_handlers() -> None:
    assert set(SIZES) == set(NEEDS) == set(HANDLERS)


@pytest.mark.parametrize("handler", HANDLER_NAMES)
def test_a_handler_runs_as_a_role_of_its_own_with_a_fixed_name(handler: str) -> None:
    function = of_type("Lambda::Function")[logical_id(f"trimtab-{handler}", key="FunctionName")]
    role = logical_id(role_name(handler), key="RoleName")
    assert function["Properties"]["Handler"] == f"handlers.{handler}.handler"
    assert text(function["Properties"]["Role"]) == f"{{{role}.Arn}}"
    users = [
        f for f in of_type("Lambda::Function").values() if role in text(f["Properties"]["Role"])
    ]
    assert len(users) == 1


@pytest.mark.parametrize("handler", HANDLER_NAMES)
def test_a_handler_gets_the_variables_its_settings_read_and_no_others(handler: str) -> None:
    function = of_type("Lambda::Function")[logical_id(f"trimtab-{handler}", key="FunctionName")]
    given = function["Properties"]["Environment"]["Variables"]
    wanted = {variable(f.name) for f in fields(HANDLERS[handler])}
    powertools = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}
    assert set(given) == wanted | powertools


def test_there_is_one_lambda_per_handler_and_no_hidden_one() -> None:
    names = {f["Properties"].get("FunctionName") for f in of_type("Lambda::Function").values()}
    assert names == {f"trimtab-{handler}" for handler in HANDLERS}


def test_nothing_is_allowed_on_every_resource_without_a_reason() -> None:
    found = {
        (role, action)
        for stack, source in all_templates().items()
        if stack != READ_STACK
        for role in role_names(source)
        for action, resource in allowed(role, source)
        if resource == "*" and action not in ON_EVERYTHING
    }
    assert not found


def test_no_reason_is_left_for_what_is_not_allowed_any_more() -> None:
    used = {
        action
        for source in all_templates().values()
        for role in role_names(source)
        for action, resource in allowed(role, source)
        if resource == "*"
    }
    assert set(ON_EVERYTHING) <= used


def test_no_action_is_a_pattern_but_the_two_of_kms() -> None:
    found = {
        action
        for source in all_templates().values()
        for role in role_names(source)
        for action, _ in allowed(role, source)
        if "*" in action and action not in ANY_OF
    }
    assert not found


def test_no_role_carries_a_managed_policy() -> None:
    roles = [
        r for source in all_templates().values() for r in of_type("IAM::Role", source).values()
    ]
    assert not [r for r in roles if "ManagedPolicyArns" in r["Properties"]]


def test_the_approval_alone_may_sign_and_whoever_enters_or_follows_a_decision_verifies() -> None:
    assert roles_allowed("kms:Sign", "StoresSigningKey") == {"trimtab-approval"}
    verifying = {"apply", "approval", "decide", "reconcile", "request"}
    found = roles_allowed("kms:Verify", "StoresSigningKey")
    assert found == {role_name(handler) for handler in verifying}


def test_s17_the_checkpoint_lambda_alone_may_sign_checkpoints() -> None:
    assert roles_allowed("kms:Sign", "StoresCheckpointKey") == {"trimtab-checkpoint"}
    assert roles_allowed("kms:Sign") == {"trimtab-approval", "trimtab-checkpoint"}


@pytest.mark.parametrize(
    ("key", "signer"), [("SigningKey", "approval"), ("CheckpointKey", "checkpoint")]
)
def test_a_signing_key_itself_refuses_everyone_but_its_lambda(key: str, signer: str) -> None:
    (found,) = (
        k["Properties"] for n, k in of_type("KMS::Key").items() if n.startswith(f"Stores{key}")
    )
    assert (found["KeySpec"], found["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    (deny,) = (s for s in found["KeyPolicy"]["Statement"] if s["Effect"] == "Deny")
    assert (deny["Action"], deny["Principal"]) == ("kms:Sign", {"AWS": "*"})
    (condition,) = deny["Condition"]["ArnNotEquals"].values()
    assert text(condition).endswith(f":role/trimtab-{signer}")


def test_s17_the_checkpoint_lambda_deletes_and_replaces_nothing() -> None:
    actions = {a for a, _ in allowed("trimtab-checkpoint") if not a.startswith(("kms:", "logs:"))}
    assert actions == {
        # The freeze that it enters where the record is not whole.
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "s3:GetObject",
        "dynamodb:Query",
        "dynamodb:Scan",
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
        "s3:PutObject",
        "sqs:SendMessage",
    }


def test_apply_and_backup_alone_may_assume_the_change_role() -> None:
    found = roles_allowed("sts:AssumeRole", ":role/trimtab-change")
    assert found == {"trimtab-apply", "trimtab-backup"}


def test_apply_and_restore_alone_may_assume_the_restore_role() -> None:
    found = roles_allowed("sts:AssumeRole", ":role/trimtab-restore")
    assert found == {"trimtab-apply", "trimtab-restorer"}


def test_who_registers_decides_or_finishes_may_wake_the_waiting_execution() -> None:
    wakers = {"trimtab-request", "trimtab-approval", "trimtab-reconcile"}
    assert roles_allowed("states:SendTaskSuccess") == wakers


def test_who_scans_watches_heals_or_judges_anew_alone_may_assume_the_read_role() -> None:
    assert roles_allowed("sts:AssumeRole", ":role/trimtab-read") == {
        "trimtab-apply",
        "trimtab-doctor",
        "trimtab-scan",
        "trimtab-watch",
    }


def test_no_role_may_assume_any_other_role() -> None:
    reachable = {r for role in role_names() for a, r in allowed(role) if a == "sts:AssumeRole"}
    names = {r.rpartition(":role/")[2] for r in reachable}
    assert names == {"trimtab-read", "trimtab-change", "trimtab-restore"}


def test_the_doctor_reads_the_organization_and_enters_members_and_nothing_else() -> None:
    actions = {action for action, _ in allowed("trimtab-doctor")}
    assert {a for a in actions if not a.startswith(("organizations:List", "logs:"))} == {
        "sts:AssumeRole"
    }


def test_no_role_of_the_hub_may_change_a_lambda() -> None:
    actions = {a for role in role_names() for a, _ in allowed(role) if a.startswith("lambda:")}
    assert actions == {"lambda:InvokeFunction"}


def ledger_writes() -> list[tuple[str, str, object]]:
    """Return (role, action, condition) of everything but reads on the ledger's table."""
    table = logical_id_of_ledger()
    return [
        (role, action, statement.get("Condition"))
        for role in role_names()
        for statement in statements(role)
        for action in listed(statement["Action"])
        if any(table in resource for resource in listed(statement["Resource"]))
        and action not in ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
    ]


def logical_id_of_ledger() -> str:
    (found,) = (name for name in of_type("DynamoDB::Table") if name.startswith("StoresLedger"))
    return found


def test_s17_an_entry_can_only_be_put_and_only_inside_a_transaction() -> None:
    inside = {"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}}
    writes = ledger_writes()
    assert {(action, str(condition)) for _, action, condition in writes} == {
        ("dynamodb:PutItem", str(inside))
    }
    assert {role for role, _, _ in writes} == {
        role_name(handler) for handler in HANDLERS if writes_ledger(handler)
    }


def writes_ledger(handler: str) -> bool:
    return "ledger_table" in slots(handler)


def slots(handler: str) -> set[str]:
    return {f.name for f in fields(HANDLERS[handler])}


@pytest.mark.parametrize(
    ("need", "setting"),
    [
        ("ledger", "ledger_table"),
        ("sign_checkpoints", "checkpoint_key"),
        ("read_role", "read_role"),
        ("change_role", "change_role"),
        ("restore_role", "restore_role"),
        ("email", "sender"),
        ("send_tickets", "ticket_queue_url"),
        ("send_deliveries", "delivery_queue_url"),
        ("import_findings", "import_role"),
        ("ticket_token", "ticket_secret"),
        ("start_change", "change_machine"),
    ],
)
def test_who_is_told_of_a_thing_may_use_it_and_the_other_way_round(need: str, setting: str) -> None:
    told = {handler for handler in HANDLERS if setting in slots(handler)}
    assert {handler for handler, needs in NEEDS.items() if need in needs} == told


def test_who_is_told_of_the_evidence_or_the_state_may_use_it_and_the_other_way_round() -> None:
    assert set(EVIDENCE) == {h for h in HANDLERS if "evidence_bucket" in slots(h)}
    assert set(STATE) == {h for h in HANDLERS if "state_table" in slots(h)}


def state_statements(handler: str) -> list[Statement]:
    """Return what a handler may do on the items of the state table."""
    (table,) = (f"{{{name}.Arn}}" for name in of_type("DynamoDB::Table") if "State" in name)
    return [s for s in statements(role_name(handler)) if listed(s["Resource"]) == [table]]


@pytest.mark.parametrize("handler", sorted(STATE))
def test_a_handler_reaches_only_its_own_kinds_of_items(handler: str) -> None:
    wanted = [a for a in STATE[handler] if isinstance(a, Items)]
    found = state_statements(handler)
    assert len(found) == len(wanted)
    for statement, items in zip(found, wanted, strict=True):
        assert listed(statement["Action"]) == [f"dynamodb:{name}" for name in items.actions]
        keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        assert listed(keys) == [f"{prefix}*" for prefix in items.prefixes]
        assert statement["Condition"]["Null"] == {"dynamodb:LeadingKeys": "false"}


def test_s02_the_approval_alone_reads_links_and_notify_alone_writes_them() -> None:
    reach = {
        (handler, action)
        for handler, accesses in STATE.items()
        for access in accesses
        if isinstance(access, Items) and "link#" in access.prefixes
        for action in access.actions
    }
    assert reach == {("approval", "GetItem"), ("notify", "UpdateItem")}


def test_who_is_told_of_the_ledger_enters_into_it() -> None:
    told = {handler for handler in HANDLERS if writes_ledger(handler)}
    assert {handler for handler, needs in NEEDS.items() if "ledger" in needs} == told


def people_statements(handler: str) -> list[tuple[str, Statement]]:
    """Return what a handler may do with the name table: action and statement."""
    (table,) = (f"{{{name}.Arn}}" for name in of_type("DynamoDB::Table") if "People" in name)
    found = [s for s in statements(role_name(handler)) if listed(s["Resource"]) == [table]]
    return [(action, s) for s in found for action in listed(s["Action"])]


def test_s16_who_is_told_of_the_name_table_may_use_it_and_nobody_erases() -> None:
    told = {handler for handler in HANDLERS if "people_table" in slots(handler)}
    namers = {handler for handler in HANDLERS if "name_people" in NEEDS[handler]}
    readers = {handler for handler in HANDLERS if "read_names" in NEEDS[handler]}
    assert (namers, readers) == (
        {"drill", "plan", "watch"},
        {"apply", "approval", "notify", "watch"},
    )
    assert told == namers | readers
    for handler in HANDLERS:
        wanted = {"dynamodb:BatchGetItem"} if handler in told else set()
        wanted |= {"dynamodb:PutItem"} if handler in namers else set()
        assert {action for action, _ in people_statements(handler)} == wanted


def test_s16_who_reads_names_cannot_ask_for_the_id_of_an_address() -> None:
    def keys(handler: str) -> list[str]:
        found = []
        for action, statement in people_statements(handler):
            if action == "dynamodb:BatchGetItem":
                assert statement["Condition"]["Null"] == {"dynamodb:LeadingKeys": "false"}
                like = statement["Condition"]["ForAllValues:StringLike"]
                found += listed(like["dynamodb:LeadingKeys"])
        return sorted(found)

    assert keys("apply") == keys("approval") == keys("notify") == ["person#*"]
    assert keys("plan") == keys("drill") == ["address#*"]
    assert keys("watch") == ["address#*", "person#*"]


def test_nobody_may_delete_from_a_bucket() -> None:
    assert not {
        (role, action)
        for role in role_names()
        for action, _ in allowed(role)
        if action.startswith("s3:Delete") or "Retention" in action
    }


def test_emails_come_from_our_address_only() -> None:
    senders = {"trimtab-drill", "trimtab-notify", "trimtab-watch"}
    for role in senders:
        (send,) = (s for s in statements(role) if "ses:SendEmail" in listed(s["Action"]))
        assert send["Condition"] == {"StringEquals": {"ses:FromAddress": "trimtab@example.com"}}
    assert roles_allowed("ses:SendEmail") == senders


def test_a_key_is_used_only_through_a_service_but_for_signing() -> None:
    for role in role_names():
        for statement in statements(role):
            actions = set(listed(statement["Action"]))
            if any(a.startswith("kms:") for a in actions) and not actions & {
                "kms:Sign",
                "kms:Verify",
            }:
                assert "kms:ViaService" in statement["Condition"]["StringEquals"], role


def test_services_that_act_for_us_act_for_this_account_only() -> None:
    for role in of_type("IAM::Role").values():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if trust["Principal"]["Service"] != "lambda.amazonaws.com":
            account = trust["Condition"]["StringEquals"]["aws:SourceAccount"]
            assert account == {"Ref": "AWS::AccountId"}


def test_no_template_names_a_partition() -> None:
    for stack, source in all_templates().items():
        assert "arn:aws:" not in str(source["Resources"]), stack
    assert "arn:aws:" not in str(hub()["Outputs"])
