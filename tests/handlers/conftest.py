"""What does a handler find in its account? Stores, queue, key and sender, made by moto."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.session import Session
from moto import mock_aws
from moto.ses.models import ses_backends

from tests.fakes.builders import ACCOUNT, HUB_ID, REGION, an_account
from tests.pipeline.findings import a_part, ready
from tests.pipeline.house import FILES
from trimtab import settings, wiring
from trimtab.domain.approval import RoundStatus
from trimtab.domain.fleet import Targets
from trimtab.domain.wire import to_wire
from trimtab.flows import keys
from trimtab.wiring import parts

MODELS = Loader()
"""One loader of service models for all tests: each would parse every model again."""

MOTO_ACCOUNT = "123456789012"
RUN = "run-1"


class Context:
    """The Lambda context, as far as handlers and Powertools read it."""

    function_name = "trimtab-test"
    memory_limit_in_mb = 256
    invoked_function_arn = f"arn:aws:lambda:{REGION}:{MOTO_ACCOUNT}:function:trimtab-test"
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def _open_index(*names: str) -> dict[str, Any]:
    schema = zip(names, ("HASH", "RANGE"), strict=True)
    return {
        "IndexName": "open",
        "KeySchema": [{"AttributeName": n, "KeyType": k} for n, k in schema],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }


class Hub:
    """The hub's account, and shortcuts to what a test looks at."""

    def __init__(self, bundle: Path) -> None:
        self.context = Context()
        self._session = Session()
        self._session.register_component("data_loader", MODELS)
        for paced in ((), ("1000",)):
            parts.hub(*paced).botocore.register_component("data_loader", MODELS)
        for service in ("dynamodb", "s3", "sqs", "kms", "sesv2", "organizations"):
            setattr(self, service, self.client(service))
        self.environment = {
            "hub_id": HUB_ID,
            "ledger_table": self._ledger_table(),
            "heads_table": self._heads_table(),
            "state_table": self._state_table(),
            "people_table": self._table("people", "pk"),
            "ledger_bucket": self._bucket("ledger-mirror"),
            "evidence_bucket": self._bucket("evidence"),
            "bundle": str(bundle),
            "ticket_queue_url": self.sqs.create_queue(QueueName="tickets")["QueueUrl"],
            "delivery_queue_url": self.sqs.create_queue(QueueName="deliveries")["QueueUrl"],
            "import_role": "trimtab-import",
            "ticket_api": "http://127.0.0.1:9",
            "ticket_repository": "shop/tickets",
            "ticket_secret": "tickets",
            "api_url": "https://api.test",
            "oidc_issuer": "none",
            "oidc_client_id": "none",
            "oidc_secret": "none",
            "sender": "trimtab@example.com",
            "signing_key": self._key(),
            "checkpoint_key": self._key(),
            "read_role": "trimtab-read",
            "change_role": "trimtab-change",
            "restore_role": "trimtab-restore",
            "external_id": "external",
            "change_machine": f"arn:aws:states:{REGION}:{MOTO_ACCOUNT}:stateMachine:change",
            "scan_calls_per_s": "1000",
            "apply_calls_per_s": "1000",
            "watch_calls_per_s": "1000",
        }
        self.sesv2.create_email_identity(EmailIdentity=self.environment["sender"])

    sqs: Any
    s3: Any
    kms: Any
    sesv2: Any
    dynamodb: Any
    organizations: Any

    def client(self, service: str) -> Any:
        return self._session.create_client(service, region_name=REGION)

    def _bucket(self, name: str) -> str:
        place: Any = {"LocationConstraint": REGION}
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        versioned: Any = {"Status": "Enabled"}
        self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioned)
        return name

    def _key(self) -> str:
        made = self.kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")
        return str(made["KeyMetadata"]["Arn"])

    def _table(
        self, name: str, key: str, sort: str | None = None, *, sort_type: str = "S", **more: Any
    ) -> str:
        names = [(key, "S", "HASH")] + ([] if sort is None else [(sort, sort_type, "RANGE")])
        types = [{"AttributeName": n, "AttributeType": t} for n, t, _ in names]
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": n, "KeyType": k} for n, _, k in names],
            AttributeDefinitions=types + more.pop("types", []),
            **more,
        )
        return name

    def _ledger_table(self) -> str:
        types = [{"AttributeName": "day", "AttributeType": "S"}]
        index: Any = {
            "IndexName": "by_day",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        indexes = [index]
        return self._table(
            "ledger", "chain", "seq", sort_type="N", types=types, GlobalSecondaryIndexes=indexes
        )

    def _heads_table(self) -> str:
        types = [{"AttributeName": "open", "AttributeType": "S"}]
        index = _open_index("open", "chain")
        return self._table("heads", "chain", types=types, GlobalSecondaryIndexes=[index])

    def _state_table(self) -> str:
        names = ("open_status", "due_at")
        types = [{"AttributeName": n, "AttributeType": "S"} for n in names]
        index = _open_index(*names)
        return self._table("state", "pk", "sk", types=types, GlobalSecondaryIndexes=[index])

    @property
    def store(self) -> Any:
        return parts.store(self.environment["evidence_bucket"])

    @property
    def desk(self) -> Any:
        return parts.desk(self.environment["state_table"])

    @property
    def people(self) -> Any:
        return parts.people(self.environment["people_table"])

    @property
    def ledger(self) -> Any:
        return parts.ledger()

    def scanned(self, *names: str) -> None:
        """Store what discover and scan leave behind for a run that found these functions."""
        part = a_part(*[ready(name) for name in names])
        targets = Targets(
            accounts=(an_account(ACCOUNT),), targets=(part.target,), left_out=(), gaps=()
        )
        self.store.put(keys.targets(RUN), to_wire(targets))
        self.store.put(keys.part(RUN, part.target, 1), to_wire(part))

    def emails(self) -> list[Any]:
        return list(ses_backends[MOTO_ACCOUNT][REGION].sent_messages)

    def open_rounds(self) -> list[Any]:
        return list(self.desk.open_rounds(tuple(RoundStatus)))


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, bundle_folder: Path) -> Iterator[Hub]:
    """Make the hub's account, and set every variable that any handler reads."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "TRIMTAB_", "POWERTOOLS_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    wiring.forget()
    with mock_aws():
        made = Hub(bundle_folder)
        for field, value in made.environment.items():
            monkeypatch.setenv(settings.variable(field), value)
        yield made
    wiring.forget()
