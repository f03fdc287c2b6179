"""What may an auditor do? Read the record and whatever it rests on, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.names import AUDITOR_ROLE, HUB_STACK
from infra.stores import Stores


class AuditorRole(Construct):
    """A role that the given principals may assume. Not made when nobody is named."""

    def __init__(self, scope: Construct, *, principals: Sequence[str], stores: Stores) -> None:
        super().__init__(scope, "Auditor")
        trusted = [iam.ArnPrincipal(arn) for arn in principals]
        self.role = iam.Role(
            self,
            "Role",
            role_name=AUDITOR_ROLE,
            description="Trimtab: reads the ledger, its mirror and the evidence; writes nothing",
            assumed_by=iam.CompositePrincipal(*trusted),
            inline_policies={"needs": iam.PolicyDocument(statements=_statements(stores))},
        )


def _statements(stores: Stores) -> list[iam.PolicyStatement]:
    indexes = [f"{stores.ledger.table_arn}/index/by_{by}" for by in ("function", "actor", "day")]
    stack = f"arn:{Aws.PARTITION}:cloudformation:{Aws.REGION}:{Aws.ACCOUNT_ID}:stack/{HUB_STACK}/*"
    keys = [stores.signing_key.key_arn, stores.checkpoint_key.key_arn]
    return [
        _allow(
            ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"],
            stores.ledger.table_arn,
            stores.heads.table_arn,
        ),
        _allow(["dynamodb:Query"], *indexes),
        _allow(["s3:GetObject", "s3:GetObjectVersion"], stores.mirror.arn_for_objects("*")),
        _allow(["s3:ListBucket", "s3:ListBucketVersions"], stores.mirror.bucket_arn),
        _allow(["s3:GetObject"], stores.evidence.arn_for_objects("runs/*")),
        _allow(["s3:ListBucket"], stores.evidence.bucket_arn),
        _allow(["kms:GetPublicKey"], *keys),
        _decrypt(stores.ledger_key, "dynamodb", "s3"),
        _decrypt(stores.data_key, "s3"),
        _allow(["cloudformation:DescribeStacks"], stack),
    ]


def _allow(actions: list[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=list(resources))


def _decrypt(key: kms.Key, *services: str) -> iam.PolicyStatement:
    """Let a service decrypt on the role's behalf; the role itself cannot."""
    via = [f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in services]
    return iam.PolicyStatement(
        actions=["kms:Decrypt"],
        resources=[key.key_arn],
        conditions={"StringEquals": {"kms:ViaService": via}},
    )
