"""Is the vault closed to all but its two keepers, and does it keep what it is told to?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.options import OptionError, Options
from tests.infra.templates import USUAL, Resource, allowed, hub, of_type, role_names, text


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
