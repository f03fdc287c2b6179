"""Which stores do the suites run against? Each twice: the fake in memory, the adapter on moto."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.fakes.desk import FakeDesk
from tests.fakes.memory_records import FakeMemoryRecords
from tests.fakes.people import FakePeople
from tests.fakes.stores import FakeLedger, FakeRunStore
from trimtab.aws.desk import AwsApprovalDesk
from trimtab.aws.evidence import S3RunStore
from trimtab.aws.ledger import AwsLedger
from trimtab.aws.memory_records import AwsMemoryRecords
from trimtab.aws.people import AwsPeople
from trimtab.aws.sessions import HubSession
from trimtab.ports import ApprovalDesk, Ledger, MemoryRecords, People, RunStore

REGION = "eu-west-1"
LEDGER, HEADS, STATE, MIRROR, EVIDENCE = "ledger", "heads", "state", "mirror", "evidence"
PEOPLE = "people"
BOTH = ("fake", "adapter on moto")


@pytest.fixture
def aws() -> Iterator[HubSession]:
    """The hub's own tables and buckets, empty, on moto."""
    with mock_aws():
        hub = HubSession(region=REGION)
        dynamodb, s3 = hub.client("dynamodb"), hub.client("s3")
        _table(dynamodb, LEDGER, chain="S", seq="N")
        _table(dynamodb, HEADS, index=("open", "chain"), chain="S")
        _table(dynamodb, STATE, index=("open_status", "due_at"), pk="S", sk="S")
        _table(dynamodb, PEOPLE, pk="S")
        for bucket in (MIRROR, EVIDENCE):
            s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        yield hub


def _table(client: Any, name: str, *, index: tuple[str, ...] | None = None, **keys: str) -> None:
    """Make a table; `index` names the keys of its index of what is open."""
    more: dict[str, Any] = {}
    attributes = dict(keys)
    if index is not None:
        attributes |= dict.fromkeys(index, "S")
        more["GlobalSecondaryIndexes"] = [
            {
                "IndexName": "open",
                "KeySchema": _schema(*index),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ]
    client.create_table(
        TableName=name,
        KeySchema=_schema(*keys),
        AttributeDefinitions=[
            {"AttributeName": n, "AttributeType": kind} for n, kind in attributes.items()
        ],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


def _schema(*names: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]


@pytest.fixture
def aws_ledger(aws: HubSession) -> AwsLedger:
    return AwsLedger(
        aws.client("dynamodb"),
        aws.client("s3"),
        ledger_table=LEDGER,
        heads_table=HEADS,
        bucket=MIRROR,
    )


@pytest.fixture(params=BOTH)
def ledger(request: pytest.FixtureRequest) -> Ledger:
    return FakeLedger() if request.param == "fake" else request.getfixturevalue("aws_ledger")


@pytest.fixture(params=BOTH)
def desk(request: pytest.FixtureRequest) -> ApprovalDesk:
    if request.param == "fake":
        return FakeDesk()
    hub: HubSession = request.getfixturevalue("aws")
    return AwsApprovalDesk(hub.client("dynamodb"), table=STATE)


@pytest.fixture(params=BOTH)
def people(request: pytest.FixtureRequest) -> People:
    if request.param == "fake":
        return FakePeople()
    hub: HubSession = request.getfixturevalue("aws")
    return AwsPeople(hub.client("dynamodb"), table=PEOPLE)


@pytest.fixture(params=BOTH)
def run_store(request: pytest.FixtureRequest) -> RunStore:
    if request.param == "fake":
        return FakeRunStore()
    hub: HubSession = request.getfixturevalue("aws")
    return S3RunStore(hub.client("s3"), bucket=EVIDENCE)


@pytest.fixture(params=BOTH)
def memories(request: pytest.FixtureRequest) -> MemoryRecords:
    if request.param == "fake":
        return FakeMemoryRecords()
    hub: HubSession = request.getfixturevalue("aws")
    return AwsMemoryRecords(hub.client("dynamodb"), table=STATE)
