"""Where are the backups kept, and who can open them? One Lambda writes, two others read.

Objects are encrypted one by one, with their own names as context, so that the restore role of an
account can open the code of its own functions and nothing else, and the sandbox of the drills any
code and no document. Everything here outlives the stack.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.names import (
    RESTORE_ROLE,
    SANDBOX_ROLE,
    VAULT_ALIAS,
    VAULT_BUCKET,
    role_arn,
    vault_stack,
)
from infra.options import Options
from infra.parameters import organization_of

REPLACED_DAYS = 30
"""How long a version stays that was put again. Chosen, as for the evidence."""
CODE = "????????????/*/*/code/*"
"""Code of any account, region and function. Manifests have another beginning, documents no such
folder, also those of a function that is called code."""
MEMBER_ROLES = f"arn:{Aws.PARTITION}:iam::*:role/{RESTORE_ROLE}"


class Vault(Construct):
    """The bucket of one region and its key."""

    def __init__(
        self, scope: Construct, *, days: int, organization_id: str | None, sandbox: str | None
    ) -> None:
        """`organization_id`: whose accounts may fetch their own code; None: no other account.

        `sandbox`: the account of the drills; None: there is none.
        """
        super().__init__(scope, "Vault")
        self.key = kms.Key(
            self,
            "Key",
            description="Trimtab: backups of functions; three Lambdas may use it, each one way",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        alias = kms.CfnAlias(self, "Alias", alias_name=VAULT_ALIAS, target_key_id=self.key.key_id)
        alias.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
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
        self.key.add_to_resource_policy(_nobody_else_opens(sandbox))
        if organization_id is not None:
            self.bucket.add_to_resource_policy(_members_fetch(self.bucket, organization_id))
            self.key.add_to_resource_policy(_members_open(organization_id))
        if sandbox is not None:
            self.bucket.add_to_resource_policy(_sandbox_fetches(self.bucket, sandbox))
            self.key.add_to_resource_policy(_sandbox_opens(sandbox))


class VaultStack(cdk.Stack):
    """The vault of one more region, in the hub's account: Lambda takes code from its own alone."""

    def __init__(self, scope: Construct, region: str, *, options: Options) -> None:
        super().__init__(
            scope,
            vault_stack(region),
            stack_name=vault_stack(region),
            env=cdk.Environment(region=region),
            description=f"Trimtab: backups of the functions of {region}; deploy it there",
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self.vault = Vault(
            self,
            days=options.vault_days,
            organization_id=organization_of(self, options),
            sandbox=options.sandbox_account,
        )


def _nobody_else_opens(sandbox: str | None) -> iam.PolicyStatement:
    """Deny opening a backup to all but the readers and the members, administrators included."""
    readers = [role_arn("restore"), role_arn("drill"), MEMBER_ROLES]
    readers += [] if sandbox is None else [_sandbox_role(sandbox)]
    return iam.PolicyStatement(
        sid="OnlyARestoreOpens",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["kms:Decrypt"],
        resources=["*"],
        conditions={"ArnNotLike": {"aws:PrincipalArn": readers}},
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


def _sandbox_fetches(bucket: s3.Bucket, account: str) -> iam.PolicyStatement:
    """Let the sandbox's role read code, and no document: those hold environments."""
    return iam.PolicyStatement(
        sid="SandboxFetchesCode",
        principals=[iam.AccountPrincipal(account)],
        actions=["s3:GetObject"],
        resources=[bucket.arn_for_objects(CODE)],
        conditions={"ArnEquals": {"aws:PrincipalArn": _sandbox_role(account)}},
    )


def _sandbox_opens(account: str) -> iam.PolicyStatement:
    bucket = f"arn:{Aws.PARTITION}:s3:::{VAULT_BUCKET.replace('{region}', Aws.REGION)}"
    via = {"kms:ViaService": f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"}
    return iam.PolicyStatement(
        sid="SandboxOpensCode",
        principals=[iam.AccountPrincipal(account)],
        actions=["kms:Decrypt"],
        resources=["*"],
        conditions={
            "ArnEquals": {"aws:PrincipalArn": _sandbox_role(account)},
            "StringEquals": via,
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": f"{bucket}/{CODE}"},
        },
    )


def _sandbox_role(account: str) -> str:
    return f"arn:{Aws.PARTITION}:iam::{account}:role/{SANDBOX_ROLE}"


def _members(organization_id: str) -> dict[str, dict[str, str]]:
    return {
        "StringEquals": {"aws:PrincipalOrgID": organization_id},
        "ArnLike": {"aws:PrincipalArn": MEMBER_ROLES},
    }
