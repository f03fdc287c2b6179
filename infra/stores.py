"""Where does Trimtab keep things? Four tables, two buckets and the keys that close them.

The ledger (entries, chain heads, mirror) has a key of its own. Everything here outlives the stack.
"""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_dynamodb as ddb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.names import role_arn

RETENTION_TRIAL_DAYS = 1
"""What is locked cannot be unlocked, so a trial locks for as short as S3 allows."""
RETENTION_PRODUCTION_DAYS = 400
"""Over a year: an audit of last year finds all of it. Chosen, not measured."""
EVIDENCE_DAYS = 400
MIRROR_FOLDERS = ("log", "checkpoints", "heads", "filled")
"""What the mirror holds: entries, statements, the lists they name, what the filler wrote."""

STRING = ddb.AttributeType.STRING
NUMBER = ddb.AttributeType.NUMBER


class Stores(Construct):
    """Tables, buckets and keys."""

    def __init__(self, scope: Construct, *, production: bool) -> None:
        super().__init__(scope, "Stores")
        self.data_key = self._key("DataKey", "Trimtab: state, evidence, queues, logs, secrets")
        self.ledger_key = self._key("LedgerKey", "Trimtab: ledger, chain heads, mirror")
        self.signing_key = self._signing_key(
            "SigningKey", "signs decisions", handler="approval", sid="OnlyTheApprovalSigns"
        )
        self.checkpoint_key = self._signing_key(
            "CheckpointKey", "signs checkpoints", handler="checkpoint", sid="OnlyCheckpointsSign"
        )
        self.ledger = self._ledger_table()
        self.heads = self._heads_table()
        self.state = self._state_table()
        self.people = self._people_table()
        self.evidence = self._evidence_bucket()
        self.mirror = self._mirror_bucket(production=production)
        self._let_logs_use_the_data_key()

    def _key(self, name: str, description: str) -> kms.Key:
        return kms.Key(
            self,
            name,
            description=description,
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def _signing_key(self, name: str, what: str, *, handler: str, sid: str) -> kms.Key:
        """Make a key that one Lambda signs with; not even an administrator can sign."""
        key = kms.Key(
            self,
            name,
            description=f"Trimtab: {what}; the {handler} Lambda alone may sign",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["kms:Sign"],
                resources=["*"],
                conditions={"ArnNotEquals": {"aws:PrincipalArn": role_arn(handler)}},
            )
        )
        return key

    def _table(
        self,
        name: str,
        partition_key: ddb.Attribute,
        key: kms.Key,
        *,
        sort_key: ddb.Attribute | None = None,
        ttl: str | None = None,
        can_be_restored: bool = True,
    ) -> ddb.Table:
        return ddb.Table(
            self,
            name,
            partition_key=partition_key,
            sort_key=sort_key,
            time_to_live_attribute=ttl,
            billing_mode=ddb.BillingMode.PAY_PER_REQUEST,
            encryption=ddb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=ddb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=can_be_restored
            ),
            deletion_protection=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def _ledger_table(self) -> ddb.Table:
        table = self._table(
            "Ledger",
            ddb.Attribute(name="chain", type=STRING),
            self.ledger_key,
            sort_key=ddb.Attribute(name="seq", type=NUMBER),
        )
        for attribute in ("function", "actor", "day"):
            table.add_global_secondary_index(
                index_name=f"by_{attribute}",
                partition_key=ddb.Attribute(name=attribute, type=STRING),
                sort_key=ddb.Attribute(name="at", type=STRING),
            )
        return table

    def _heads_table(self) -> ddb.Table:
        chain = ddb.Attribute(name="chain", type=STRING)
        table = self._table("Heads", chain, self.ledger_key)
        table.add_global_secondary_index(
            index_name="open",
            partition_key=ddb.Attribute(name="open", type=STRING),
            sort_key=chain,
            projection_type=ddb.ProjectionType.KEYS_ONLY,
        )
        return table

    def _state_table(self) -> ddb.Table:
        table = self._table(
            "State",
            ddb.Attribute(name="pk", type=STRING),
            self.data_key,
            sort_key=ddb.Attribute(name="sk", type=STRING),
            ttl="ttl",
        )
        table.add_global_secondary_index(
            index_name="open",
            partition_key=ddb.Attribute(name="open_status", type=STRING),
            sort_key=ddb.Attribute(name="due_at", type=STRING),
        )
        return table

    def _people_table(self) -> ddb.Table:
        """Make the name table. No backup: an erased name could be read there for 35 days.

        Without it the record stays whole: open changes are not applied, and are asked anew.
        """
        pk = ddb.Attribute(name="pk", type=STRING)
        return self._table("People", pk, self.data_key, can_be_restored=False)

    def _evidence_bucket(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "Evidence",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.data_key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(EVIDENCE_DAYS),
                    noncurrent_version_expiration=cdk.Duration.days(30),
                )
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def _mirror_bucket(self, *, production: bool) -> s3.Bucket:
        """Make the bucket that is the record: versioned, locked, nothing in it can be deleted."""
        days = RETENTION_PRODUCTION_DAYS if production else RETENTION_TRIAL_DAYS
        bucket = s3.Bucket(
            self,
            "Mirror",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.ledger_key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(
                cdk.Duration.days(days)
            ),
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        for statement in _only_added_to(bucket, production=production):
            bucket.add_to_resource_policy(statement)
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OnlyCheckpointsAreAdded",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[
                    bucket.arn_for_objects(f"{name}/*") for name in MIRROR_FOLDERS if name != "log"
                ],
                conditions={"ArnNotEquals": {"aws:PrincipalArn": role_arn("checkpoint")}},
            )
        )
        return bucket

    def _let_logs_use_the_data_key(self) -> None:
        """Let CloudWatch Logs encrypt this hub's log groups, and no others."""
        groups = (
            f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/*/trimtab-*"
        )
        self.data_key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroups",
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.{Aws.URL_SUFFIX}")],
                actions=[
                    "kms:Decrypt",
                    "kms:Encrypt",
                    "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                ],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )


def _only_added_to(bucket: s3.Bucket, *, production: bool) -> list[iam.PolicyStatement]:
    """Deny whatever could take an entry away, hide it behind another, or unlock it sooner.

    Every put must ask that nothing is there yet; parts of an upload and copies cannot ask it, so
    they are denied too. No object brings a lock of its own: one of a day would undercut the
    bucket's. In production the bucket's lock is final; a trial may still become production.

    Source: "Enforce conditional writes on Amazon S3 buckets", Amazon S3 User Guide,
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html,
    read 2026-11-21.
    """

    def deny(sid: str, *actions: str, **more: Mapping[str, object]) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid=sid,
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=list(actions),
            resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
            **more,
        )

    final = ("s3:PutBucketObjectLockConfiguration",) if production else ()
    unasked = {"Null": {"s3:if-none-match": "true"}}
    return [
        deny(
            "NothingIsDeleted",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:PutLifecycleConfiguration",
        ),
        deny("NothingIsUnlocked", "s3:BypassGovernanceRetention", "s3:PutObjectRetention", *final),
        deny("NothingIsWrittenTwice", "s3:PutObject", conditions=unasked),
    ]
