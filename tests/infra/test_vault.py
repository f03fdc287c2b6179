"""Is the vault closed to all but its two keepers, and does it keep what it is told to?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.names import VAULT_ALIAS, vault_stack
from infra.options import OptionError, Options
from tests.infra.templates import (
    USUAL,
    Resource,
    allowed,
    hub,
    listed,
    of_type,
    role_names,
    statements,
    template,
    text,
)

AWAY = "us-east-1"


def test_s14_whoever_fills_the_vault_cannot_open_it_and_the_other_way_round() -> None:
    vault = {
        role: {a for a, r in allowed(role) if "{Vault" in r and a.startswith(("kms:", "s3:"))}
        for role in role_names()
    }
    assert {role: actions for role, actions in vault.items() if actions} == {
        "trimtab-backup": {"kms:GenerateDataKey", "s3:PutObject"},
        "trimtab-drill": {"kms:Decrypt", "s3:GetObject", "s3:ListBucket"},
        "trimtab-restorer": {"kms:Decrypt", "s3:GetObject", "s3:ListBucket"},
    }


def vault(options: Options = USUAL) -> Resource:
    (found,) = (
        bucket["Properties"]
        for name, bucket in of_type("S3::Bucket", hub(options)).items()
        if name.startswith("Vault")
    )
    return dict(found)


def key_statements() -> dict[str, Resource]:
    (key,) = (k for name, k in of_type("KMS::Key").items() if name.startswith("Vault"))
    found = key["Properties"]["KeyPolicy"]["Statement"]
    return {s["Sid"]: s for s in found if "Sid" in s}


def test_s14_the_key_of_the_vault_refuses_to_decrypt_for_all_but_a_restore() -> None:
    deny = key_statements()["OnlyARestoreOpens"]
    assert (deny["Effect"], deny["Action"]) == ("Deny", "kms:Decrypt")
    names = [text(arn) for arn in deny["Condition"]["ArnNotLike"]["aws:PrincipalArn"]]
    assert [name.rpartition("/")[2] for name in names] == [
        "trimtab-restorer",
        "trimtab-drill",
        "trimtab-restore",
    ]


def test_s18_a_member_opens_what_lies_under_its_own_number_alone() -> None:
    allow = key_statements()["MembersOpenTheirOwn"]
    (context,) = allow["Condition"]["StringLike"].values()
    assert text(context).endswith("/${aws:PrincipalAccount}/*")
    assert allow["Condition"]["StringEquals"]["aws:PrincipalOrgID"] == "o-a1b2c3d4e5"
    assert vault()["BucketEncryption"]["ServerSideEncryptionConfiguration"][0].get(
        "BucketKeyEnabled"
    ) in (None, False), "one key for the whole bucket would open it as a whole"


def test_a_backup_ends_when_the_option_says() -> None:
    for days in (400, 90):
        (rule,) = vault(replace(USUAL, vault_days=days))["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"] == days


@pytest.mark.parametrize("days", ["89", "x", "-1"])
def test_a_vault_that_keeps_less_than_an_undo_is_refused(days: str) -> None:
    assert Options.read({"vault_days": "90"}).vault_days == 90
    with pytest.raises(OptionError, match="vault_days"):
        Options.read({"vault_days": days})


def further(kind: str) -> dict[str, Resource]:
    return of_type(kind, template(vault_stack(AWAY)))


def test_the_vault_of_a_further_region_is_made_like_the_hubs() -> None:
    for kind in ("S3::Bucket", "S3::BucketPolicy", "KMS::Key", "KMS::Alias"):
        own = {n: r for n, r in of_type(kind).items() if n.startswith("Vault")}
        assert own
        assert further(kind) == own
    assert {r["Type"] for r in template(vault_stack(AWAY))["Resources"].values()} == {
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::KMS::Key",
        "AWS::KMS::Alias",
    }


def test_a_vault_outlives_its_stack() -> None:
    for resource in (*further("S3::Bucket").values(), *further("KMS::Key").values()):
        assert resource["DeletionPolicy"] == "Retain"


def test_s14_each_keeper_reaches_the_named_regions_and_one_thing_in_each() -> None:
    reached = {
        role: {(a, r) for a, r in allowed(role) if a.startswith(("kms:", "s3:")) and AWAY in r}
        for role in role_names()
    }
    bucket = f"arn:{{AWS::Partition}}:s3:::trimtab-vault-{{AWS::AccountId}}-{AWAY}"
    key = f"arn:{{AWS::Partition}}:kms:{AWAY}:{{AWS::AccountId}}:key/*"
    opens = {("s3:GetObject", f"{bucket}/*"), ("s3:ListBucket", bucket), ("kms:Decrypt", key)}
    assert {role: found for role, found in reached.items() if found} == {
        "trimtab-backup": {("s3:PutObject", f"{bucket}/*"), ("kms:GenerateDataKey", key)},
        "trimtab-drill": opens,
        "trimtab-restorer": opens,
    }


def test_s16_a_bucket_of_another_account_by_the_name_of_a_vault_gets_no_backup() -> None:
    """Its name can be taken by anybody where the stack is not deployed, or the bucket deleted."""
    found = [
        s
        for role in ("trimtab-backup", "trimtab-drill", "trimtab-restorer")
        for s in statements(role)
        if ("{Vault" in text(s.get("Resource")) or "trimtab-vault-" in text(s.get("Resource")))
        and all(action.startswith("s3:") for action in listed(s["Action"]))
    ]
    assert len(found) == 10
    for statement in found:
        owner = statement["Condition"]["StringEquals"]["s3:ResourceAccount"]
        assert text(owner) == "{AWS::AccountId}"


def test_s14_a_key_of_another_region_is_used_for_its_vault_alone() -> None:
    for role in ("trimtab-backup", "trimtab-drill", "trimtab-restorer"):
        (found,) = (
            s
            for s in statements(role)
            if AWAY in text(s["Resource"])
            and "Action" in s
            and listed(s["Action"])[0].startswith("kms:")
        )
        condition = found["Condition"]
        assert condition["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": [VAULT_ALIAS]}
        assert listed(condition["StringEquals"]["kms:ViaService"]) == [
            f"s3.{AWAY}.{{AWS::URLSuffix}}"
        ]
        context = text(condition["StringLike"]["kms:EncryptionContext:aws:s3:arn"])
        assert context.endswith(f":::trimtab-vault-{{AWS::AccountId}}-{AWAY}/*")


def test_without_further_regions_there_is_one_vault_and_the_hub_says_so() -> None:
    alone = hub(replace(USUAL, vault_regions=()))
    assert alone["Outputs"]["VaultRegions"]["Value"] == "none"
    assert hub()["Outputs"]["VaultRegions"]["Value"] == AWAY
    assert not any(AWAY in r for role in role_names(alone) for _, r in allowed(role, alone))


def test_s18_a_member_opens_its_own_in_any_region() -> None:
    source = template("trimtab-member-restore")
    (objects,) = (r for a, r in allowed("trimtab-restore", source) if a == "s3:GetObject")
    assert objects == "arn:{AWS::Partition}:s3:::trimtab-vault-*/{AWS::AccountId}/*"


@pytest.mark.parametrize("regions", ["eu-west", "*", "eu-west-1,everywhere"])
def test_what_is_no_region_gets_no_vault(regions: str) -> None:
    read = Options.read({"vault_regions": "eu-west-1, us-gov-west-1,eu-west-1"})
    assert read.vault_regions == ("eu-west-1", "us-gov-west-1")
    with pytest.raises(OptionError, match="vault_regions"):
        Options.read({"vault_regions": regions})
