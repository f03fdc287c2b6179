"""What may the keepers of the vaults do? One puts backups away, two others open them.

Each reaches the buckets and keys of the hub's region and of the further ones that have a vault, and
no other.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from infra.names import VAULT_ALIAS, VAULT_BUCKET
from infra.vault import Vault

OURS = {"StringEquals": {"s3:ResourceAccount": Aws.ACCOUNT_ID}}
"""Anybody may have a bucket of a name that nobody has: before its stack is deployed, or when it is
deleted. Source: Service Authorization Reference, Amazon S3, by which the tests know the key."""
LISTING = OURS | {"StringLike": {"s3:prefix": ["manifests/*"]}}


def filling(vault: Vault, regions: tuple[str, ...]) -> list[iam.PolicyStatement]:
    """Put backups away. Whoever may do this cannot open one."""
    here = [
        _allow("s3:PutObject", vault.bucket.arn_for_objects("*"), OURS),
        _own_key("kms:GenerateDataKey", vault),
    ]
    return here + [
        statement
        for region in regions
        for statement in (
            _allow("s3:PutObject", f"{_bucket_in(region)}/*", OURS),
            _key_in(region, "kms:GenerateDataKey"),
        )
    ]


def opening(vault: Vault, regions: tuple[str, ...]) -> list[iam.PolicyStatement]:
    """Read backups. Whoever may do this cannot write or delete one."""
    here = [
        _allow("s3:GetObject", vault.bucket.arn_for_objects("*"), OURS),
        _allow("s3:ListBucket", vault.bucket.bucket_arn, LISTING),
        _own_key("kms:Decrypt", vault),
    ]
    return here + [
        statement
        for region in regions
        for statement in (
            _allow("s3:GetObject", f"{_bucket_in(region)}/*", OURS),
            _allow("s3:ListBucket", _bucket_in(region), LISTING),
            _key_in(region, "kms:Decrypt"),
        )
    ]


def _bucket_in(region: str) -> str:
    return f"arn:{Aws.PARTITION}:s3:::{VAULT_BUCKET.replace('{region}', region)}"


def _own_key(action: str, vault: Vault) -> iam.PolicyStatement:
    via = [f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"]
    return _allow(action, vault.key.key_arn, {"StringEquals": {"kms:ViaService": via}})


def _key_in(region: str, action: str) -> iam.PolicyStatement:
    """Use the key of another region's vault, whose ARN is known only there: the one that has the
    alias, through the S3 of that region, for objects of that bucket.

    Source: "Use aliases to control access to KMS keys" and "Amazon S3 encryption context", AWS KMS
    and Amazon S3 guides; written from memory.
    """
    conditions = {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": [VAULT_ALIAS]},
        "StringEquals": {"kms:ViaService": [f"s3.{region}.{Aws.URL_SUFFIX}"]},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": f"{_bucket_in(region)}/*"},
    }
    return _allow(action, f"arn:{Aws.PARTITION}:kms:{region}:{Aws.ACCOUNT_ID}:key/*", conditions)


def _allow(
    action: str, resource: str, conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[action], resources=[resource], conditions=conditions)
