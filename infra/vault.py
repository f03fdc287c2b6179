"""Where are the backups kept, and who can open them? One Lambda writes, another one reads.

Objects are encrypted one by one, with their own names as context, so that the restore role of an
account can open the code of its own functions and nothing else. Everything here outlives the stack.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.names import RESTORE_ROLE, VAULT_BUCKET, role_arn

REPLACED_DAYS = 30
"""How long a version stays that was put again. Chosen, as for the evidence."""
MEMBER_ROLES = f"arn:{Aws.PARTITION}:iam::*:role/{RESTORE_ROLE}"


class Vault(Construct):
    """The bucket of one region and its key."""

    def __init__(self, scope: Construct, *, days: int, organization_id: str | None) -> None:
        """`organization_id`: whose accounts may fetch their own code; None: no other account."""
        super().__init__(scope, "Vault")
        self.key = kms.Key(
            self,
            "Key",
            description="Trimtab: backups of functions; two Lambdas may use it, one each way",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=VAULT_BUCKET.replace("{region}", Aws.REGION),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=False,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(days),
                    noncurrent_version_expiration=cdk.Duration.days(REPLACED_DAYS),
                )
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self.key.add_to_resource_policy(_nobody_else_opens())
        if organization_id is not None:
            self.bucket.add_to_resource_policy(_members_fetch(self.bucket, organization_id))
            self.key.add_to_resource_policy(_members_open(organization_id))


def _nobody_else_opens() -> iam.PolicyStatement:
    """Deny opening a backup to all but the reader and the members, administrators included."""
    return iam.PolicyStatement(
        sid="OnlyARestoreOpens",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["kms:Decrypt"],
        resources=["*"],
        conditions={"ArnNotLike": {"aws:PrincipalArn": [role_arn("restore"), MEMBER_ROLES]}},
    )


def _members_fetch(bucket: s3.Bucket, organization_id: str) -> iam.PolicyStatement:
    """Let the restore role of an account read below its own account number: Lambda fetches code in
    the name of whoever creates the function.
    """
    return iam.PolicyStatement(
        sid="MembersFetchTheirOwn",
        principals=[iam.AnyPrincipal()],
        actions=["s3:GetObject"],
        resources=[bucket.arn_for_objects("${aws:PrincipalAccount}/*")],
        conditions=_members(organization_id),
    )


def _members_open(organization_id: str) -> iam.PolicyStatement:
    bucket = f"arn:{Aws.PARTITION}:s3:::{VAULT_BUCKET.replace('{region}', Aws.REGION)}"
    context = {"kms:EncryptionContext:aws:s3:arn": f"{bucket}/${{aws:PrincipalAccount}}/*"}
    via = {"kms:ViaService": f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"}
    members = _members(organization_id)
    return iam.PolicyStatement(
        sid="MembersOpenTheirOwn",
        principals=[iam.AnyPrincipal()],
        actions=["kms:Decrypt"],
        resources=["*"],
        conditions={
            "StringEquals": members["StringEquals"] | via,
            "ArnLike": members["ArnLike"],
            "StringLike": context,
        },
    )


def _members(organization_id: str) -> dict[str, dict[str, str]]:
    return {
        "StringEquals": {"aws:PrincipalOrgID": organization_id},
        "ArnLike": {"aws:PrincipalArn": MEMBER_ROLES},
    }
