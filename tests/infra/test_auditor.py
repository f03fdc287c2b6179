"""Does an auditor get a role that reads, and only where somebody was named?"""

from __future__ import annotations

from dataclasses import replace

from infra.names import AUDITOR_ROLE
from infra.options import Options
from tests.infra.templates import (
    USUAL,
    allowed,
    hub,
    listed,
    logical_id,
    role_names,
    statements,
    text,
)

PRINCIPALS = (
    "arn:aws:iam::999999999999:role/audit",
    "arn:aws:iam::888888888888:user/dana",
)
WITH = replace(USUAL, auditor_principals=PRINCIPALS)

READS = {
    "cloudformation:DescribeStacks",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "kms:Decrypt",
    "kms:GetPublicKey",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
}


def test_nobody_named_means_no_role() -> None:
    assert AUDITOR_ROLE not in role_names()


def test_the_auditor_may_read_and_nothing_else() -> None:
    assert {action for action, _ in allowed(AUDITOR_ROLE, hub(WITH))} == READS
    assert not [r for _, r in allowed(AUDITOR_ROLE, hub(WITH)) if r == "*"]


def test_the_auditor_reads_the_ledger_the_mirror_and_the_evidence_but_not_the_state() -> None:
    places = " ".join(r for _, r in allowed(AUDITOR_ROLE, hub(WITH)))
    for store in ("StoresLedger", "StoresHeads", "StoresMirror", "StoresEvidence"):
        assert store in places
    assert "StoresState" not in places


def test_only_who_was_named_may_become_the_auditor() -> None:
    role = hub(WITH)["Resources"][logical_id(AUDITOR_ROLE, key="RoleName", source=hub(WITH))]
    trusted = [
        arn
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for arn in listed(statement["Principal"]["AWS"])
    ]
    assert sorted(trusted) == sorted(PRINCIPALS)


def test_data_is_decrypted_only_through_the_service_that_holds_it() -> None:
    for statement in statements(AUDITOR_ROLE, hub(WITH)):
        if "kms:Decrypt" in listed(statement["Action"]):
            via = statement["Condition"]["StringEquals"]["kms:ViaService"]
            assert all(text(one).startswith(("s3.", "dynamodb.")) for one in via)


def test_principals_are_given_as_a_list_with_commas() -> None:
    read = Options.read({"auditor_principals": ", ".join(PRINCIPALS)})
    assert read.auditor_principals == PRINCIPALS
