"""Can a restore drill do anything but make and remove functions of its own, in one account?"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from infra.names import SANDBOX_STACK
from infra.vault import CODE
from tests.infra.templates import (
    USUAL,
    Statement,
    allowed,
    hub,
    listed,
    of_type,
    role_names,
    statements,
    template,
    text,
)
from trimtab.domain.backup_actions import DRILL_NEVER
from trimtab.domain.drill import MARK, PREFIX
from trimtab.pipeline.backup import CODE as CODE_FOLDER

ACCOUNT = "777777777777"
WITH = replace(USUAL, sandbox_account=ACCOUNT)
ROLE = "trimtab-sandbox"
SANDBOX = template(SANDBOX_STACK)
READS = ("Describe", "Get", "List")


def by_effect(effect: str) -> list[Statement]:
    return [s for s in statements(ROLE, SANDBOX) if s["Effect"] == effect]


def test_s18_only_functions_of_a_drill_can_be_written() -> None:
    written = {
        (action, resource)
        for action, resource in allowed(ROLE, SANDBOX)
        if action.startswith("lambda:") and not action.partition(":")[2].startswith(READS)
    }
    assert written
    assert {resource.rpartition(":")[2] for _, resource in written} == {f"{PREFIX}*"}
    assert all("{AWS::AccountId}" in resource for _, resource in written)


def test_s18_only_what_carries_the_mark_can_be_deleted() -> None:
    deleting = [s for s in by_effect("Allow") if any("Delete" in a for a in listed(s["Action"]))]
    (statement,) = deleting
    assert listed(statement["Action"]) == ["lambda:DeleteFunction"]
    assert statement["Condition"] == {"StringLike": {f"aws:ResourceTag/{MARK}": "?*"}}


def test_s18_nothing_that_would_run_a_function_or_take_its_mark_is_allowed() -> None:
    (deny,) = by_effect("Deny")
    assert set(listed(deny["Action"])) == set(DRILL_NEVER)
    assert listed(deny["Resource"]) == ["*"]
    assert not {action for action, _ in allowed(ROLE, SANDBOX)} & set(DRILL_NEVER)


def test_s18_the_hubs_drill_alone_enters_and_passes_a_role_that_may_do_nothing() -> None:
    roles = {
        r["Properties"]["RoleName"]: r["Properties"] for r in of_type("IAM::Role", SANDBOX).values()
    }
    (trust,) = roles[ROLE]["AssumeRolePolicyDocument"]["Statement"]
    (who,) = listed(trust["Condition"]["ArnEquals"]["aws:PrincipalArn"])
    assert who.endswith(":role/trimtab-drill")
    assert {"aws:PrincipalOrgID", "sts:ExternalId"} <= set(trust["Condition"]["StringEquals"])
    idle = roles["trimtab-sandbox-function"]
    assert not {"Policies", "ManagedPolicyArns"} & set(idle)
    (passed,) = {r for action, r in allowed(ROLE, SANDBOX) if action == "iam:PassRole"}
    assert passed.endswith(":role/trimtab-sandbox-function")
    assert not of_type("IAM::Policy", SANDBOX)


def test_s16_the_sandbox_fetches_code_and_no_document() -> None:
    code = f"111111111111/eu-west-1/orders/{CODE_FOLDER}{'a' * 64}"
    others = (
        f"111111111111/eu-west-1/orders/{'a' * 64}",
        f"111111111111/eu-west-1/code/{'a' * 64}",
        f"manifests/111111111111/eu-west-1/code/{'a' * 64}",
        f"manifests/111111111111/eu-west-1/orders/{'a' * 64}",
    )
    (fetched,) = {r for action, r in allowed(ROLE, SANDBOX) if action == "s3:GetObject"}
    for pattern in (CODE, fetched.partition("trimtab-vault-*/")[2]):
        assert fnmatchcase(code, pattern)
        assert not [key for key in others if fnmatchcase(key, pattern)]


def vault_statements(kind: str, key: str) -> dict[str, Statement]:
    found = [
        s
        for name, resource in of_type(kind, hub(WITH)).items()
        if name.startswith("Vault")
        for s in resource["Properties"][key]["Statement"]
    ]
    return {s["Sid"]: s for s in found if "Sid" in s}


def test_s16_the_vault_opens_to_the_sandboxs_role_by_name_and_no_further() -> None:
    fetch = vault_statements("S3::BucketPolicy", "PolicyDocument")["SandboxFetchesCode"]
    opens = vault_statements("KMS::Key", "KeyPolicy")["SandboxOpensCode"]
    assert listed(fetch["Resource"])[0].endswith(f"/{CODE}")
    assert text(opens["Condition"]["StringLike"]["kms:EncryptionContext:aws:s3:arn"]).endswith(CODE)
    assert "kms:ViaService" in opens["Condition"]["StringEquals"]
    for statement in (fetch, opens):
        assert text(statement["Principal"]["AWS"]).endswith(f"::{ACCOUNT}:root")
        who = text(statement["Condition"]["ArnEquals"]["aws:PrincipalArn"])
        assert who.endswith(f"::{ACCOUNT}:role/{ROLE}")
    deny = vault_statements("KMS::Key", "KeyPolicy")["OnlyARestoreOpens"]
    names = [text(arn) for arn in deny["Condition"]["ArnNotLike"]["aws:PrincipalArn"]]
    assert names[-1].endswith(f"::{ACCOUNT}:role/{ROLE}")


def test_s18_drill_enters_that_account_alone_and_none_when_none_is_named() -> None:
    def entered(options: object) -> set[str]:
        return {
            resource
            for role in role_names(hub(options))  # type: ignore[arg-type]
            for action, resource in allowed(role, hub(options))  # type: ignore[arg-type]
            if action == "sts:AssumeRole" and ROLE in resource
        }

    assert entered(USUAL) == set()
    assert {resource.partition(":iam:")[2] for resource in entered(WITH)} == {
        f":{ACCOUNT}:role/{ROLE}"
    }
    without = vault_statements
    assert without("S3::BucketPolicy", "PolicyDocument")
    plain = [
        s
        for b in of_type("S3::BucketPolicy").values()
        for s in b["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert not [s for s in plain if s.get("Sid") == "SandboxFetchesCode"]


@pytest.mark.parametrize(
    ("days", "expected"), [(7, "rate(7 days)"), (1, "rate(1 day)"), (None, None)]
)
def test_drills_come_as_often_as_the_option_says(days: int | None, expected: str | None) -> None:
    source = hub(replace(USUAL, drill_days=days))
    found = {
        s["Properties"]["Name"]: s["Properties"]["ScheduleExpression"]
        for s in of_type("Scheduler::Schedule", source).values()
    }
    assert found.get("trimtab-drill") == expected
    assert "trimtab-expiry" in found, "backups end, drill or no drill"
    alarms = {
        a["Properties"]["AlarmName"]: a["Properties"]
        for a in of_type("CloudWatch::Alarm", source).values()
    }
    overdue = alarms.get("trimtab-drill-overdue")
    assert (overdue is None) == (days is None)
    if days is not None:
        assert overdue is not None
        assert overdue["Threshold"] == days + 2
    assert alarms["trimtab-expiry-silent"]["TreatMissingData"] == "breaching"
