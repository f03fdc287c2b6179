"""Does every store of measured sizes keep, cap and forget alike?"""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.conftest import STATE
from tests.fakes.builders import ACCOUNT, TARGET, an_arn
from tests.fakes.clock import NOW
from trimtab.aws.items import to_item
from trimtab.aws.memory_records import AwsMemoryRecords
from trimtab.aws.sessions import HubSession
from trimtab.domain.arn import Target
from trimtab.domain.errors import PermanentError
from trimtab.domain.memory_curve import MeasuredPoint, MemoryRecord
from trimtab.domain.memory_points import MOST_POINTS, kept
from trimtab.ports import MemoryRecords

pytestmark = pytest.mark.contract

ORDERS = an_arn()


def a_point(n: int = 0, *, memory_mb: int = 1024, **given: Any) -> MeasuredPoint:
    usual: dict[str, Any] = {
        "memory_mb": memory_mb,
        "duration_mean_ms": 120.5,
        "duration_p95_ms": 300.0,
        "invocations": 1000 + n,
        "source": f"change c{n}-r1",
        "measured_at": NOW + timedelta(days=n),
        "code_sha256": "code",
    }
    return MeasuredPoint(**usual | given)


def test_what_was_added_is_there_by_target(memories: MemoryRecords) -> None:
    elsewhere = an_arn(region="us-east-1")
    assert memories.records(TARGET) == {}
    bare = a_point(3, duration_p95_ms=None, measured_at=None, code_sha256=None)
    memories.add(ORDERS, a_point(1))
    memories.add(ORDERS, bare)
    memories.add(an_arn("orders-2"), a_point(2))
    memories.add(elsewhere, a_point(4))
    assert memories.records(TARGET) == {
        ORDERS: MemoryRecord(points=(bare, a_point(1))),
        an_arn("orders-2"): MemoryRecord(points=(a_point(2),)),
    }
    assert set(memories.records(Target(account=ACCOUNT, region="us-east-1"))) == {elsewhere}


def test_s06_the_very_same_point_again_changes_nothing(memories: MemoryRecords) -> None:
    for _ in range(3):
        memories.add(ORDERS, a_point(1), is_baseline=True)
    assert memories.records(TARGET)[ORDERS] == MemoryRecord(
        points=(a_point(1),), baseline=a_point(1)
    )


def test_the_first_baseline_stays_until_the_code_is_another(memories: MemoryRecords) -> None:
    memories.add(ORDERS, a_point(1), is_baseline=True)
    memories.add(ORDERS, a_point(2, memory_mb=512), is_baseline=True)
    assert memories.records(TARGET)[ORDERS].baseline == a_point(1)
    new = a_point(3, code_sha256="other code")
    memories.add(ORDERS, new, is_baseline=True)
    found = memories.records(TARGET)[ORDERS]
    assert found.baseline == new
    assert a_point(1) in found.points, "points of other code stay"


def test_of_too_many_points_the_oldest_of_a_size_with_more_goes(memories: MemoryRecords) -> None:
    alone = a_point(0, memory_mb=3008)
    points = [alone, *(a_point(n) for n in range(1, MOST_POINTS + 2))]
    for point in points:
        memories.add(ORDERS, point)
    found = memories.records(TARGET)[ORDERS].points
    assert found == (alone, *points[3:])


def test_where_every_size_stands_once_the_oldest_goes(memories: MemoryRecords) -> None:
    points = [a_point(n, memory_mb=128 + n) for n in range(MOST_POINTS + 1)]
    for point in points:
        memories.add(ORDERS, point)
    assert memories.records(TARGET)[ORDERS].points == tuple(points[1:])


def test_what_is_forgotten_is_gone_for_that_function_alone(memories: MemoryRecords) -> None:
    memories.add(ORDERS, a_point(1), is_baseline=True)
    memories.add(an_arn("orders-2"), a_point(2))
    memories.forget(ORDERS)
    memories.forget(an_arn("nobody"))
    assert set(memories.records(TARGET)) == {an_arn("orders-2")}


def test_whoever_tidies_up_leaves_the_same() -> None:
    points = [a_point(n, memory_mb=128 * (1 + n % 3)) for n in range(30)]
    assert kept(points) == kept(reversed(points))
    assert kept([*kept(points[:25]), *points[25:]]) == kept(points)


class Between:
    """A client that lets another writer act just before its first query."""

    def __init__(self, client: Any, other: Any) -> None:
        self._client = client
        self._others = [other]

    def __getattr__(self, name: str) -> Any:
        if name == "query" and self._others:
            self._others.pop()()
        return getattr(self._client, name)


def test_s19_two_writers_at_once_lose_nothing(aws: HubSession) -> None:
    client = aws.client("dynamodb")
    one = AwsMemoryRecords(client, table=STATE)
    for n in range(MOST_POINTS - 1):
        one.add(ORDERS, a_point(n))
    late = Between(client, lambda: one.add(ORDERS, a_point(98)))
    AwsMemoryRecords(late, table=STATE).add(ORDERS, a_point(99))
    found = one.records(TARGET)[ORDERS].points
    assert len(found) == MOST_POINTS
    assert {a_point(98), a_point(99)} < set(found)


def test_s08_a_row_that_holds_no_point_is_named_and_never_passed_over(aws: HubSession) -> None:
    client = aws.client("dynamodb")
    store = AwsMemoryRecords(client, table=STATE)
    store.add(ORDERS, a_point(1))
    (row,) = client.query(
        TableName=STATE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=to_item({":pk": f"memory#{TARGET}"}),
    )["Items"]
    for junk in ("no json", "{}", json.dumps({"is": "MeasuredPoint"})):
        client.put_item(TableName=STATE, Item=row | to_item({"body": junk}))
        with pytest.raises(PermanentError, match=r"holds no measured point: .*; delete it"):
            store.records(TARGET)


def test_the_table_drops_a_point_after_a_year_and_a_month(aws: HubSession) -> None:
    client = aws.client("dynamodb")
    store = AwsMemoryRecords(client, table=STATE)
    store.add(ORDERS, a_point(1))
    store.add(ORDERS, replace(a_point(2), measured_at=None))
    rows = client.scan(TableName=STATE)["Items"]
    ends = [int(row["ttl"]["N"]) for row in rows if "ttl" in row]
    assert ends == [int((NOW + timedelta(days=401)).timestamp())]
