"""How does the hub's own account stand? One read per question, with the caller's credentials."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading
from trimtab.aws.sessions import HubSession
from trimtab.domain.checkup import DrillFacts, Instance, Lock, Mail, TableFacts
from trimtab.domain.errors import NotFoundError, PermanentError
from trimtab.domain.vault import VAULT_ALIAS, why_no_vault

PREFIX = "trimtab-"
TOKEN = "trimtab/ticket-token"
TOPIC = "AWS::SNS::Topic"
NOTHING = "none"
"""What a setting says that is not used."""
VAULT = "trimtab-vault-"
TABLES = ("LedgerTable", "HeadsTable", "StateTable")


class AwsHubFacts:
    """The hub behind a stack."""

    def __init__(
        self,
        session: HubSession,
        *,
        stack: str,
        outputs: Mapping[str, str],
        last_run_at: Callable[[], datetime | None],
        last_drill: Callable[[], tuple[datetime, bool, int] | None],
    ) -> None:
        """`last_drill`: when the last one ended, whether all was well, and how many came back."""
        self._session = session
        self._stack = stack
        self._outputs = outputs
        self._last_run_at = last_run_at
        self._last_drill = last_drill

    def stack_status(self) -> str:
        client = self._session.client("cloudformation")
        with reading(f"cloudformation:DescribeStacks {self._stack}"):
            return str(client.describe_stacks(StackName=self._stack)["Stacks"][0]["StackStatus"])

    def mail(self) -> Mail:
        """Take the sender from where it is used: the settings of the Lambda that writes."""
        client = self._session.client("sesv2")
        sender = self._sender()
        with reading("ses:GetAccount"):
            account = client.get_account()
        return Mail(
            is_production=bool(account["ProductionAccessEnabled"]),
            is_sending=bool(account["SendingEnabled"]),
            is_sender_verified=any(
                self._is_verified(client, identity)
                for identity in (sender, sender.rpartition("@")[2])
            ),
        )

    def _sender(self) -> str:
        return self._variables("NotifyFunctionName")["TRIMTAB_SENDER"]

    def _variables(self, output: str) -> Mapping[str, str]:
        name = self._outputs.get(output)
        if name is None:
            raise PermanentError(f"there is no {output}: the hub is of an older release")
        with reading(f"lambda:GetFunctionConfiguration {name}"):
            found = self._session.client("lambda").get_function_configuration(FunctionName=name)
        return dict(found["Environment"]["Variables"])

    def _is_verified(self, client: Any, identity: str) -> bool:
        with reading(f"ses:GetEmailIdentity {identity}"):
            try:
                found = client.get_email_identity(EmailIdentity=identity)
            except ClientError as error:
                if code_of(error) != "NotFoundException":
                    raise
                return False
        return bool(found["VerifiedForSendingStatus"])

    def schedules(self) -> Mapping[str, str]:
        client = self._session.client("scheduler")
        found: dict[str, str] = {}
        asked: dict[str, Any] = {"NamePrefix": PREFIX}
        while True:
            with reading("scheduler:ListSchedules"):
                page = client.list_schedules(**asked)
            found |= {s["Name"]: s["State"] for s in page["Schedules"]}
            if not page.get("NextToken"):
                return found
            asked["NextToken"] = page["NextToken"]

    def log_groups(self) -> Mapping[str, int | None]:
        client = self._session.client("logs")
        found: dict[str, int | None] = {}
        asked: dict[str, Any] = {"logGroupNamePrefix": f"/aws/lambda/{PREFIX}"}
        while True:
            with reading("logs:DescribeLogGroups"):
                page = client.describe_log_groups(**asked)
            found |= {g["logGroupName"]: g.get("retentionInDays") for g in page["logGroups"]}
            if not page.get("nextToken"):
                return found
            asked["nextToken"] = page["nextToken"]

    def tables(self) -> Mapping[str, TableFacts]:
        return {name: self._table(self._outputs[name]) for name in TABLES}

    def _table(self, name: str) -> TableFacts:
        client = self._session.client("dynamodb")
        with reading(f"dynamodb:DescribeTable {name}"):
            table = client.describe_table(TableName=name)["Table"]
        with reading(f"dynamodb:DescribeContinuousBackups {name}"):
            backups = client.describe_continuous_backups(TableName=name)
        recovery = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        return TableFacts(
            status=str(table["TableStatus"]),
            has_recovery=recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
            is_protected=bool(table.get("DeletionProtectionEnabled")),
            key=str(table.get("SSEDescription", {}).get("KMSMasterKeyArn", "")),
        )

    def keys(self) -> Mapping[str, str]:
        tables = self.tables()
        wanted = {
            "decisions": self._outputs["SigningKeyArn"],
            "checkpoints": self._outputs.get("CheckpointKeyArn", ""),
            "the ledger": tables["LedgerTable"].key,
            "the state": tables["StateTable"].key,
        }
        return {what: self._key(arn) for what, arn in wanted.items() if arn}

    def _key(self, arn: str) -> str:
        with reading(f"kms:DescribeKey {arn}"):
            found = self._session.client("kms").describe_key(KeyId=arn)
        return str(found["KeyMetadata"]["KeyState"])

    def lock(self) -> Lock | None:
        bucket = self._outputs["LedgerBucket"]
        with reading(f"s3:GetBucketObjectLockConfiguration {bucket}"):
            try:
                found = self._session.client("s3").get_object_lock_configuration(Bucket=bucket)
            except ClientError as error:
                if code_of(error) != "ObjectLockConfigurationNotFoundError":
                    raise
                return None
        rule = found["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention")
        if rule is None:
            return None
        return Lock(mode=rule["Mode"], days=int(rule.get("Days", 365 * rule.get("Years", 0))))

    def delegations(self) -> tuple[str, ...]:
        with reading("sts:GetCallerIdentity"):
            account = self._session.client("sts").get_caller_identity()["Account"]
        client = self._session.client("organizations")
        with reading(f"organizations:ListDelegatedServicesForAccount {account}"):
            try:
                page = client.list_delegated_services_for_account(AccountId=account)
            except ClientError as error:
                if code_of(error) != "AccountNotRegisteredException":
                    raise
                return ()
        return tuple(service["ServicePrincipal"] for service in page["DelegatedServices"])

    def instances(self, stack_set: str) -> tuple[Instance, ...]:
        client = self._session.client("cloudformation")
        found: list[Instance] = []
        asked: dict[str, Any] = {"StackSetName": stack_set, "CallAs": "DELEGATED_ADMIN"}
        while True:
            with reading(f"cloudformation:ListStackInstances {stack_set}"):
                page = client.list_stack_instances(**asked)
            found += [_instance(raw) for raw in page["Summaries"]]
            if not page.get("NextToken"):
                return tuple(found)
            asked["NextToken"] = page["NextToken"]

    def has_own_token(self) -> bool:
        """Look at how many versions there are, never at a value: the stack made the first."""
        client = self._session.client("secretsmanager")
        with reading(f"secretsmanager:DescribeSecret {TOKEN}"):
            stages = client.describe_secret(SecretId=TOKEN)["VersionIdsToStages"]
        return len(stages) > 1

    def listeners(self) -> int:
        client = self._session.client("cloudformation")
        topics: list[str] = []
        asked: dict[str, Any] = {"StackName": self._stack}
        while True:
            with reading(f"cloudformation:ListStackResources {self._stack}"):
                page = client.list_stack_resources(**asked)
            topics += [
                str(r["PhysicalResourceId"])
                for r in page["StackResourceSummaries"]
                if r["ResourceType"] == TOPIC
            ]
            if not page.get("NextToken"):
                return sum(self._confirmed(topic) for topic in topics)
            asked["NextToken"] = page["NextToken"]

    def _confirmed(self, topic: str) -> int:
        with reading(f"sns:ListSubscriptionsByTopic {topic}"):
            page = self._session.client("sns").list_subscriptions_by_topic(TopicArn=topic)
        return sum(s["SubscriptionArn"].startswith("arn:") for s in page["Subscriptions"])

    def last_run_at(self) -> datetime | None:
        return self._last_run_at()

    def drills(self) -> DrillFacts:
        """Take what is set up from where it is used: the settings of the Lambda that drills."""
        said, last = self._variables("DrillFunctionName"), self._last_drill()
        sandbox, days = said["TRIMTAB_SANDBOX_ACCOUNT"], said["TRIMTAB_DRILL_DAYS"]
        return DrillFacts(
            sandbox=None if sandbox == NOTHING else sandbox,
            every_days=None if days == NOTHING else int(days),
            last_at=None if last is None else last[0],
            is_well=last is not None and last[1],
            restored=0 if last is None else last[2],
        )

    def vault(self, region: str) -> str | None:
        """One that the Lambdas do not know of is none: they have no right to it either."""
        home, own = str(self._session.region), self._outputs["VaultBucket"]
        named = self._outputs.get("VaultRegions", NOTHING)
        further = () if named == NOTHING else tuple(named.split(","))
        if region not in (home, *further):
            return why_no_vault(region, further=further)
        bucket = own.removesuffix(home) + region
        account = own.removeprefix(VAULT).partition("-")[0]
        try:
            with reading(f"s3:ListBucket {bucket}"):
                client = self._session.client("s3", region)
                client.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
            with reading(f"kms:DescribeKey {VAULT_ALIAS} in {region}"):
                key = self._session.client("kms", region).describe_key(KeyId=VAULT_ALIAS)
        except NotFoundError:
            return why_no_vault(region, further=further)
        state = key["KeyMetadata"]["KeyState"]
        return None if state == "Enabled" else f"its key in {region} is {state}: enable it"

    def organization(self) -> str:
        with reading("organizations:DescribeOrganization"):
            found = self._session.client("organizations").describe_organization()
        return str(found["Organization"]["Id"])


def _instance(raw: Mapping[str, Any]) -> Instance:
    detailed = raw.get("StackInstanceStatus", {}).get("DetailedStatus", "")
    reason = raw.get("StatusReason") or detailed
    return Instance(
        account=raw["Account"],
        region=raw["Region"],
        status=raw["Status"],
        reason="" if reason == "SUCCEEDED" else str(reason),
    )
