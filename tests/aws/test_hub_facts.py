"""Does each fact about the hub come from AWS as it is, with a refusal told as such?"""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.response import StreamingBody
from botocore.session import Session
from botocore.stub import Stubber

from trimtab.aws.hub_facts import AwsHubFacts
from trimtab.aws.invoke import Lambdas
from trimtab.aws.running import running_executions
from trimtab.aws.sessions import HubSession
from trimtab.domain.checkup import Instance, Lock, Mail
from trimtab.domain.errors import AccessDeniedError, NotFoundError, PermanentError
from trimtab.domain.run import Running

REGION = "eu-west-1"
ACCOUNT = "123456789012"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:trimtab-scan"
RAN_AT = datetime(2026, 11, 2, 5, tzinfo=UTC)


class OneClient(HubSession):
    """A session whose clients are stubbed ones, by service."""

    def __init__(self) -> None:
        super().__init__(region=REGION)
        self._stubs: dict[str, Stubber] = {}

    def stub(self, service: str) -> Stubber:
        if service not in self._stubs:
            client = Session().create_client(service, region_name=REGION, **KEYS)
            stubber = self._stubs[service] = Stubber(client)
            stubber.activate()
        return self._stubs[service]

    def client(self, service: str, region: str | None = None) -> Any:
        return self.stub(service).client


@pytest.fixture
def session() -> OneClient:
    return OneClient()


def facts(session: HubSession, **outputs: str) -> AwsHubFacts:
    return AwsHubFacts(
        session,
        stack="trimtab-hub",
        outputs=outputs,
        last_run_at=lambda: RAN_AT,
        last_drill=lambda: (RAN_AT, True, 3),
    )


def sender(session: OneClient) -> AwsHubFacts:
    variables = {"TRIMTAB_SENDER": "trimtab@example.com"}
    session.stub("lambda").add_response(
        "get_function_configuration",
        {"Environment": {"Variables": variables}},
        {"FunctionName": "trimtab-notify"},
    )
    return facts(session, NotifyFunctionName="trimtab-notify")


ACCOUNT_ANSWER = {"ProductionAccessEnabled": False, "SendingEnabled": True}


def test_the_sender_is_verified_by_itself_or_by_its_domain(session: OneClient) -> None:
    hub, ses = sender(session), session.stub("sesv2")
    ses.add_response("get_account", ACCOUNT_ANSWER)
    ses.add_client_error("get_email_identity", "NotFoundException", http_status_code=404)
    ses.add_response(
        "get_email_identity", {"VerifiedForSendingStatus": True}, {"EmailIdentity": "example.com"}
    )
    assert hub.mail() == Mail(is_production=False, is_sending=True, is_sender_verified=True)


def test_a_sender_nobody_verified_is_told(session: OneClient) -> None:
    hub, ses = sender(session), session.stub("sesv2")
    ses.add_response("get_account", ACCOUNT_ANSWER)
    ses.add_response("get_email_identity", {"VerifiedForSendingStatus": False})
    ses.add_client_error("get_email_identity", "NotFoundException", http_status_code=404)
    assert not hub.mail().is_sender_verified


def test_an_identity_that_may_not_be_read_is_no_answer(session: OneClient) -> None:
    hub, ses = sender(session), session.stub("sesv2")
    ses.add_response("get_account", ACCOUNT_ANSWER)
    ses.add_client_error("get_email_identity", "AccessDeniedException", http_status_code=403)
    with pytest.raises(AccessDeniedError):
        hub.mail()


def test_schedules_and_log_groups_are_read_to_the_last_page(session: OneClient) -> None:
    scheduler, logs = session.stub("scheduler"), session.stub("logs")
    for number, more in ((1, {"NextToken": "a"}), (2, {})):
        schedule = {"Name": f"trimtab-{number}", "State": "ENABLED"}
        scheduler.add_response("list_schedules", {"Schedules": [schedule], **more})
    for name, more in (("a", {"nextToken": "a"}), ("b", {})):
        group = {"logGroupName": name} | ({"retentionInDays": 400} if more else {})
        logs.add_response("describe_log_groups", {"logGroups": [group], **more})
    hub = facts(session)
    assert hub.schedules() == {"trimtab-1": "ENABLED", "trimtab-2": "ENABLED"}
    assert hub.log_groups() == {"a": 400, "b": None}


def test_a_table_and_its_key_are_as_they_stand(session: OneClient) -> None:
    dynamodb, kms = session.stub("dynamodb"), session.stub("kms")
    for _ in range(3):
        dynamodb.add_response(
            "describe_table",
            {
                "Table": {
                    "TableStatus": "ACTIVE",
                    "DeletionProtectionEnabled": True,
                    "SSEDescription": {"KMSMasterKeyArn": "arn:aws:kms:x:1:key/k"},
                }
            },
        )
        recovery = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}
        dynamodb.add_response(
            "describe_continuous_backups",
            {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", **recovery}},
        )
    for state in ("Enabled", "Disabled", "Enabled", "PendingDeletion"):
        kms.add_response("describe_key", {"KeyMetadata": {"KeyId": "k", "KeyState": state}})
    keys = {"SigningKeyArn": "arn:k", "CheckpointKeyArn": "arn:c"}
    hub = facts(session, LedgerTable="l", HeadsTable="h", StateTable="s", **keys)
    assert hub.keys() == {
        "decisions": "Enabled",
        "checkpoints": "Disabled",
        "the ledger": "Enabled",
        "the state": "PendingDeletion",
    }


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        ({"Mode": "COMPLIANCE", "Days": 400}, Lock(mode="COMPLIANCE", days=400)),
        ({"Mode": "GOVERNANCE", "Years": 1}, Lock(mode="GOVERNANCE", days=365)),
        (None, None),
    ],
)
def test_the_lock_of_the_mirror_is_told(
    session: OneClient, retention: Any, expected: Lock | None
) -> None:
    rule = {} if retention is None else {"Rule": {"DefaultRetention": retention}}
    session.stub("s3").add_response(
        "get_object_lock_configuration",
        {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", **rule}},
    )
    assert facts(session, LedgerBucket="mirror").lock() == expected


def test_a_bucket_without_a_lock_has_none_and_a_refusal_is_no_answer(session: OneClient) -> None:
    s3 = session.stub("s3")
    s3.add_client_error(
        "get_object_lock_configuration",
        "ObjectLockConfigurationNotFoundError",
        http_status_code=404,
    )
    s3.add_client_error("get_object_lock_configuration", "AccessDenied", http_status_code=403)
    hub = facts(session, LedgerBucket="mirror")
    assert hub.lock() is None
    with pytest.raises(AccessDeniedError):
        hub.lock()


def test_delegations_are_asked_for_the_callers_own_account(session: OneClient) -> None:
    sts, organizations = session.stub("sts"), session.stub("organizations")
    for _ in range(3):
        sts.add_response("get_caller_identity", {"Account": ACCOUNT})
    method = "list_delegated_services_for_account"
    service = {"ServicePrincipal": "member.org.stacksets.cloudformation.amazonaws.com"}
    organizations.add_response(method, {"DelegatedServices": [service]}, {"AccountId": ACCOUNT})
    organizations.add_client_error(method, "AccountNotRegisteredException", http_status_code=400)
    organizations.add_client_error(method, "AccessDeniedException", http_status_code=400)
    hub = facts(session)
    assert hub.delegations() == (service["ServicePrincipal"],)
    assert hub.delegations() == ()
    with pytest.raises(AccessDeniedError):
        hub.delegations()


def test_stack_instances_are_read_as_the_delegated_administrator(session: OneClient) -> None:
    stub = session.stub("cloudformation")
    asked = {"StackSetName": "trimtab-member-read", "CallAs": "DELEGATED_ADMIN"}
    current = {
        "Account": "1",
        "Region": REGION,
        "Status": "CURRENT",
        "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED"},
    }
    failed = {
        "Account": "2",
        "Region": REGION,
        "Status": "OUTDATED",
        "StatusReason": "Account 2: role already exists",
    }
    stub.add_response("list_stack_instances", {"Summaries": [current], "NextToken": "a"}, asked)
    stub.add_response("list_stack_instances", {"Summaries": [failed]}, asked | {"NextToken": "a"})
    stub.add_client_error("list_stack_instances", "StackSetNotFoundException", http_status_code=404)
    hub = facts(session)
    assert hub.instances("trimtab-member-read") == (
        Instance(account="1", region=REGION, status="CURRENT", reason=""),
        Instance(
            account="2", region=REGION, status="OUTDATED", reason="Account 2: role already exists"
        ),
    )
    with pytest.raises(NotFoundError):
        hub.instances("trimtab-member-read")


@pytest.mark.parametrize(("versions", "own"), [(1, False), (2, True)])
def test_a_token_is_somebodys_once_there_is_a_second_version(
    session: OneClient, versions: int, own: bool
) -> None:
    stages = {f"{n:032d}": ["AWSCURRENT"] for n in range(versions)}
    session.stub("secretsmanager").add_response("describe_secret", {"VersionIdsToStages": stages})
    assert facts(session).has_own_token() is own


def test_only_confirmed_subscriptions_are_counted_on_every_page(session: OneClient) -> None:
    stub, sns = session.stub("cloudformation"), session.stub("sns")
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
    for kind, physical, more in (
        ("AWS::SQS::Queue", "queue", {"NextToken": "a"}),
        ("AWS::SNS::Topic", topic, {}),
    ):
        summary = {
            "LogicalResourceId": "X",
            "ResourceType": kind,
            "PhysicalResourceId": physical,
            "LastUpdatedTimestamp": RAN_AT,
            "ResourceStatus": "CREATE_COMPLETE",
        }
        stub.add_response("list_stack_resources", {"StackResourceSummaries": [summary], **more})
    arns = ["PendingConfirmation", f"{topic}:1"]
    sns.add_response(
        "list_subscriptions_by_topic", {"Subscriptions": [{"SubscriptionArn": a} for a in arns]}
    )
    assert facts(session).listeners() == 1


def test_status_organization_and_last_run_are_told(session: OneClient) -> None:
    stack = {"StackName": "x", "CreationTime": RAN_AT, "StackStatus": "UPDATE_COMPLETE"}
    session.stub("cloudformation").add_response("describe_stacks", {"Stacks": [stack]})
    organization = {"Organization": {"Id": "o-a1b2c3d4e5"}}
    session.stub("organizations").add_response("describe_organization", organization)
    hub = facts(session)
    assert hub.stack_status() == "UPDATE_COMPLETE"
    assert hub.organization() == "o-a1b2c3d4e5"
    assert hub.last_run_at() == RAN_AT


@pytest.mark.parametrize(
    ("account", "days", "expected"), [("none", "none", (None, None)), ("7", "7", ("7", 7))]
)
def test_how_drills_are_set_up_is_read_where_it_is_used(
    session: OneClient, account: str, days: str, expected: tuple[str | None, int | None]
) -> None:
    variables = {"TRIMTAB_SANDBOX_ACCOUNT": account, "TRIMTAB_DRILL_DAYS": days}
    session.stub("lambda").add_response(
        "get_function_configuration",
        {"Environment": {"Variables": variables}},
        {"FunctionName": "trimtab-drill"},
    )
    found = facts(session, DrillFunctionName="trimtab-drill").drills()
    assert (found.sandbox, found.every_days) == expected
    assert (found.last_at, found.is_well, found.restored) == (RAN_AT, True, 3)


def test_a_hub_of_an_older_release_is_said_to_be_one(session: OneClient) -> None:
    with pytest.raises(
        PermanentError, match="no DrillFunctionName: the hub is of an older release"
    ):
        facts(session).drills()


def body(value: Any) -> StreamingBody:
    raw = json.dumps(value).encode()
    return StreamingBody(io.BytesIO(raw), len(raw))


def test_a_lambda_is_asked_and_its_failure_is_told(session: OneClient) -> None:
    stub = session.stub("lambda")
    stub.add_response("invoke", {"StatusCode": 200, "Payload": body([1])})
    failed = {"StatusCode": 200, "FunctionError": "Unhandled"}
    stub.add_response("invoke", failed | {"Payload": body({"errorMessage": "timed out"})})
    stub.add_response("invoke", failed | {"Payload": body("strange")})
    lambdas = Lambdas(stub.client)
    assert lambdas.ask("trimtab-doctor", {"account": 1}) == [1]
    for said in ("timed out", "strange"):
        with pytest.raises(PermanentError, match=f"trimtab-doctor: {said}"):
            lambdas.ask("trimtab-doctor", {})


def test_running_executions_are_listed_to_the_last_page(session: OneClient) -> None:
    stub = session.stub("stepfunctions")
    asked = {"stateMachineArn": MACHINE, "statusFilter": "RUNNING"}
    for name, more, token in (("a", {"nextToken": "t"}, {}), ("b", {}, {"nextToken": "t"})):
        execution = {
            "executionArn": "arn",
            "stateMachineArn": MACHINE,
            "name": name,
            "status": "RUNNING",
            "startDate": RAN_AT,
        }
        stub.add_response("list_executions", {"executions": [execution], **more}, asked | token)
    assert list(running_executions(stub.client, MACHINE)) == [
        Running(machine="trimtab-scan", name=name, started_at=RAN_AT) for name in ("a", "b")
    ]


class Raw(io.BytesIO):
    """The body of an HTTP answer, as urllib3 hands it out."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def test_a_patient_client_waits_as_told_asks_once_and_leaves_the_answer_to_its_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    client = HubSession(region=REGION).patient("lambda", wait_s=300)
    assert client.meta.config.read_timeout == 300
    assert client.meta.config.retries["total_max_attempts"] == 1
    asked: list[bytes] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.body)
        return AWSResponse(request.url, 200, {}, Raw(b"[1]"))

    client.meta.events.register("before-send.lambda.Invoke", answer)
    assert Lambdas(client).ask("trimtab-doctor", {"account": 1}) == [1]
    assert asked == [b'{"account": 1}']


BUCKET = f"trimtab-vault-{ACCOUNT}-{REGION}"


def vaults(session: OneClient, further: str = "us-east-1") -> AwsHubFacts:
    return facts(session, VaultBucket=BUCKET, VaultRegions=further)


def a_key(session: OneClient, state: str = "Enabled") -> None:
    metadata = {"KeyId": "k", "KeyState": state}
    asked = {"KeyId": "alias/trimtab-vault"}
    session.stub("kms").add_response("describe_key", {"KeyMetadata": metadata}, asked)


@pytest.mark.parametrize("region", [REGION, "us-east-1"])
def test_the_vault_of_a_region_is_its_bucket_and_its_key(session: OneClient, region: str) -> None:
    asked = {"Bucket": f"trimtab-vault-{ACCOUNT}-{region}", "ExpectedBucketOwner": ACCOUNT}
    session.stub("s3").add_response("head_bucket", {}, asked)
    a_key(session)
    assert vaults(session).vault(region) is None
    session.stub("s3").add_response("head_bucket", {}, asked)
    a_key(session, "PendingDeletion")
    assert vaults(session).vault(region) == f"its key in {region} is PendingDeletion: enable it"


def test_a_region_that_the_hub_was_not_given_has_no_vault_whatever_is_there(
    session: OneClient,
) -> None:
    for hub in (vaults(session, "none"), facts(session, VaultBucket=BUCKET)):
        said = hub.vault("us-east-1") or ""
        assert "-c vault_regions=us-east-1 " in said
        assert "--stack-name trimtab-vault-us-east-1 " in said


def test_a_vault_that_was_never_deployed_is_told_with_what_to_deploy(session: OneClient) -> None:
    session.stub("s3").add_client_error("head_bucket", "404", http_status_code=404)
    assert "there is no vault in us-east-1" in (vaults(session).vault("us-east-1") or "")
    session.stub("s3").add_response("head_bucket", {})
    session.stub("kms").add_client_error("describe_key", "NotFoundException", http_status_code=400)
    assert "there is no vault in us-east-1" in (vaults(session).vault("us-east-1") or "")


def test_s08_a_vault_that_may_not_be_looked_at_is_no_answer(session: OneClient) -> None:
    session.stub("s3").add_client_error("head_bucket", "403", http_status_code=403)
    with pytest.raises(PermanentError):
        vaults(session).vault(REGION)
