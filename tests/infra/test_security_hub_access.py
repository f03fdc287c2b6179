"""May anybody tell Security Hub only where a person switched that on?"""

from __future__ import annotations

from dataclasses import replace

from tests.infra.templates import (
    USUAL,
    allowed,
    hub,
    roles_allowed,
)

IMPORT = "securityhub:BatchImportFindings"


def test_security_hub_is_out_of_reach_unless_it_was_switched_on() -> None:
    assert not roles_allowed(IMPORT)
    assert not roles_allowed("sts:AssumeRole", ":role/trimtab-import")


def of_deliver(security_hub: str) -> set[tuple[str, str]]:
    whole = hub(replace(USUAL, security_hub=security_hub))
    both = [(IMPORT, ""), ("sts:AssumeRole", "")]
    return {
        (action, resource)
        for action, resource in allowed("trimtab-deliver", whole)
        if (action, "") in both
    }


def test_switched_on_for_members_deliver_may_enter_the_import_role_and_import_nothing_itself() -> (
    None
):
    role = "arn:{AWS::Partition}:iam::*:role/trimtab-import"
    assert of_deliver("member") == {("sts:AssumeRole", role)}


def test_switched_on_for_the_hub_deliver_may_import_into_its_own_account_alone() -> None:
    account = "{AWS::AccountId}"
    product = f"arn:{{AWS::Partition}}:securityhub:*:{account}:product/{account}/default"
    assert of_deliver("hub") == {(IMPORT, product)}


def test_deliver_reads_and_writes_findings_and_no_run() -> None:
    evidence = {
        resource.partition("/")[2]
        for action, resource in allowed("trimtab-deliver")
        if action in ("s3:GetObject", "s3:PutObject") and "Evidence" in resource
    }
    assert evidence == {"findings/*"}
