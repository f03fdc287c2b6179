"""Do the stores outlive mistakes, and can nobody quietly alter the record?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.infra.templates import USUAL, Resource, hub, listed, of_type, text

STORES = ("DynamoDB::Table", "S3::Bucket", "KMS::Key", "SecretsManager::Secret", "Logs::LogGroup")
LEAVING = Path(__file__).resolve().parents[2] / "docs" / "upgrading.md"
TABLES = ("StoresLedger", "StoresHeads", "StoresState")


def named(kind: str, start: str) -> Resource:
    (found,) = (r for name, r in of_type(kind).items() if name.startswith(start))
    return found


def policy_of(bucket: str) -> list[Resource]:
    (found,) = (
        p["Properties"]
        for p in of_type("S3::BucketPolicy").values()
        if text(p["Properties"]["Bucket"]).startswith(f"{{{bucket}")
    )
    return list(found["PolicyDocument"]["Statement"])


@pytest.mark.parametrize("kind", STORES)
def test_a_store_stays_when_the_stack_goes(kind: str) -> None:
    assert of_type(kind)
    for name, resource in of_type(kind).items():
        assert resource["DeletionPolicy"] == "Retain", name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_who_leaves_is_told_of_every_table_and_of_both_public_keys() -> None:
    told = LEAVING.read_text(encoding="utf-8").partition("## Leaving")[2]
    outputs = hub()["Outputs"]
    tables = [name for name in outputs if name.endswith("Table")]
    keys = [name for name in outputs if name.endswith("KeyArn")]
    assert (len(tables), len(keys)) == (len(of_type("DynamoDB::Table")), 2)
    assert [name for name in (*tables, *keys) if name not in told] == []


@pytest.mark.parametrize("start", TABLES)
def test_a_table_can_be_restored_and_not_be_dropped(start: str) -> None:
    properties = named("DynamoDB::Table", start)["Properties"]
    recovery = properties["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"] is True
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"]["SSEType"] == "KMS"
    assert "KMSMasterKeyId" in properties["SSESpecification"]


def test_s16_the_name_table_has_no_backup_that_would_keep_an_erased_name() -> None:
    properties = named("DynamoDB::Table", "StoresPeople")["Properties"]
    recovery = properties["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"] is False
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["SSESpecification"]["SSEType"] == "KMS"
    assert keys_of(properties["KeySchema"]) == ["pk"]


def keys_of(schema: list[Resource]) -> list[str]:
    return [part["AttributeName"] for part in schema]


def test_the_tables_have_the_keys_and_indexes_the_adapters_use() -> None:
    ledger, heads, state = (named("DynamoDB::Table", start)["Properties"] for start in TABLES)
    assert keys_of(ledger["KeySchema"]) == ["chain", "seq"]
    assert {i["IndexName"]: keys_of(i["KeySchema"]) for i in ledger["GlobalSecondaryIndexes"]} == {
        "by_function": ["function", "at"],
        "by_actor": ["actor", "at"],
        "by_day": ["day", "at"],
    }
    assert keys_of(heads["KeySchema"]) == ["chain"]
    assert keys_of(state["KeySchema"]) == ["pk", "sk"]
    assert state["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    (index,) = state["GlobalSecondaryIndexes"]
    assert (index["IndexName"], keys_of(index["KeySchema"])) == ("open", ["open_status", "due_at"])


def test_every_key_is_rotated_but_the_one_that_cannot_be() -> None:
    for key in of_type("KMS::Key").values():
        properties = key["Properties"]
        if properties.get("KeyUsage") == "SIGN_VERIFY":
            assert properties["KeySpec"] == "ECC_NIST_P256"
        else:
            assert properties["EnableKeyRotation"] is True


def test_the_ledger_has_a_key_of_its_own() -> None:
    def key(start: str) -> str:
        return text(
            named("DynamoDB::Table", start)["Properties"]["SSESpecification"]["KMSMasterKeyId"]
        )

    assert key("StoresLedger") == key("StoresHeads") != key("StoresState")


@pytest.mark.parametrize("start", ["StoresEvidence", "StoresMirror", "Vault"])
def test_a_bucket_is_closed_versioned_and_encrypted(start: str) -> None:
    properties = named("S3::Bucket", start)["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    assert any(s.get("Condition") == insecure for s in policy_of(start))


def test_s17_nothing_can_be_deleted_from_the_mirror() -> None:
    (deny,) = (s for s in policy_of("StoresMirror") if s.get("Sid") == "NothingIsDeleted")
    assert (deny["Effect"], deny["Principal"]) == ("Deny", {"AWS": "*"})
    assert "Condition" not in deny
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration"} <= set(
        listed(deny["Action"])
    )
    assert any(resource.endswith("/*") for resource in listed(deny["Resource"]))


def denials(production: bool) -> dict[str, Resource]:
    template = hub(replace(USUAL, production=production))
    (policy,) = (
        p["Properties"]["PolicyDocument"]["Statement"]
        for p in of_type("S3::BucketPolicy", template).values()
        if text(p["Properties"]["Bucket"]).startswith("{StoresMirror")
    )
    return {s["Sid"]: s for s in policy if s["Effect"] == "Deny" and "Sid" in s}


def test_s17_an_entry_of_the_mirror_is_put_only_where_nothing_is() -> None:
    deny = denials(production=False)["NothingIsWrittenTwice"]
    assert (deny["Action"], deny["Principal"]) == ("s3:PutObject", {"AWS": "*"})
    assert deny["Condition"] == {"Null": {"s3:if-none-match": "true"}}


@pytest.mark.parametrize("production", [False, True])
def test_s17_nothing_in_the_mirror_is_unlocked_before_its_time(production: bool) -> None:
    deny = denials(production)["NothingIsUnlocked"]
    assert "Condition" not in deny
    denied = set(listed(deny["Action"]))
    assert {"s3:PutObjectRetention", "s3:BypassGovernanceRetention"} <= denied
    assert ("s3:PutBucketObjectLockConfiguration" in denied) is production


def test_s17_checkpoints_are_added_by_their_lambda_alone() -> None:
    (deny,) = (s for s in policy_of("StoresMirror") if s.get("Sid") == "OnlyCheckpointsAreAdded")
    assert (deny["Effect"], deny["Action"]) == ("Deny", "s3:PutObject")
    ends = {resource.partition("/")[2] for resource in listed(deny["Resource"])}
    assert ends == {"checkpoints/*", "heads/*", "filled/*"}
    (role,) = deny["Condition"]["ArnNotEquals"].values()
    assert text(role).endswith(":role/trimtab-checkpoint")


@pytest.mark.parametrize(("production", "days"), [(False, 1), (True, 400)])
def test_the_mirror_is_locked_for_a_day_and_in_production_for_400(
    production: bool, days: int
) -> None:
    template = hub(replace(USUAL, production=production))
    (mirror,) = (
        bucket["Properties"]
        for name, bucket in of_type("S3::Bucket", template).items()
        if name.startswith("StoresMirror")
    )
    assert mirror["ObjectLockEnabled"] is True
    rule = mirror["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert rule == {"Mode": "COMPLIANCE", "Days": days}


@pytest.mark.parametrize("kind", ["SQS::Queue", "SNS::Topic", "SecretsManager::Secret"])
def test_what_carries_findings_is_encrypted_with_our_key(kind: str) -> None:
    for resource in of_type(kind).values():
        properties = resource["Properties"]
        assert properties.keys() & {"KmsMasterKeyId", "KmsKeyId"}


def test_every_log_is_encrypted_and_ends() -> None:
    for log in of_type("Logs::LogGroup").values():
        assert "KmsKeyId" in log["Properties"]
        assert log["Properties"]["RetentionInDays"] == 400
