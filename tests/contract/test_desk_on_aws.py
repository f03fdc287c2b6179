"""What does the desk promise beyond its port? Locks of others, lost answers, an index that lags."""

from typing import Any

import pytest

from tests.contract.conftest import STATE
from tests.fakes.builders import a_decision, a_finding, a_remediation
from tests.fakes.failures import client_error
from trimtab.aws.desk import AwsApprovalDesk
from trimtab.aws.items import from_item, to_item
from trimtab.aws.round_items import lock_key, memory_key
from trimtab.aws.sessions import HubSession
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.errors import AccessDeniedError, RetryableError, TamperedError
from trimtab.domain.plan import Limits

pytestmark = pytest.mark.contract

FIRST = a_remediation()
LIMITS = Limits(
    per_run=5, share_of_read=1.0, per_account=5, unverified=1, unverified_per_account=1, per_day=9
)


class Odd:
    """Passes calls on, but for the operations a test replaces."""

    def __init__(self, client: Any, **instead: Any) -> None:
        self._client = client
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._client, name)


@pytest.fixture
def dynamodb(aws: HubSession) -> Any:
    return aws.client("dynamodb")


@pytest.fixture
def desk(dynamodb: Any) -> AwsApprovalDesk:
    return AwsApprovalDesk(dynamodb, table=STATE)


def row(dynamodb: Any, key: dict[str, Any]) -> dict[str, Any]:
    answer = dynamodb.get_item(TableName=STATE, Key=to_item(key))
    return from_item(answer.get("Item", {}))


def test_s19_the_end_of_a_round_leaves_the_lock_of_another_change_alone(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    desk.propose(FIRST)
    key = lock_key(str(FIRST.function))
    dynamodb.put_item(TableName=STATE, Item=to_item(key | {"execution": "another-r1"}))
    desk.decide(a_decision(FIRST, DecisionWord.REJECTED))
    assert desk.round(FIRST.change_id, 1).status is RoundStatus.REJECTED
    assert row(dynamodb, key)["execution"] == "another-r1"


def test_a_round_whose_lock_is_gone_still_ends(dynamodb: Any, desk: AwsApprovalDesk) -> None:
    desk.propose(FIRST)
    dynamodb.delete_item(TableName=STATE, Key=to_item(lock_key(str(FIRST.function))))
    desk.decide(a_decision(FIRST, DecisionWord.EXPIRED))
    assert desk.round(FIRST.change_id, 1).status is RoundStatus.EXPIRED


def test_a_no_stands_in_the_index_until_it_was_told_and_then_leaves_it(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    desk.propose(FIRST)
    key = {"pk": f"change#{FIRST.change_id}", "sk": "round#0001"}
    assert row(dynamodb, key)["open_status"] == "proposed"
    assert row(dynamodb, key)["due_at"].startswith(FIRST.expires_at.isoformat()[:19])
    desk.decide(a_decision(FIRST, DecisionWord.REJECTED))
    assert row(dynamodb, key)["open_status"] == "rejected"
    assert len(desk.open_rounds([RoundStatus.REJECTED])) == 1
    desk.signalled(FIRST.change_id, FIRST.round)
    assert desk.open_rounds([RoundStatus.REJECTED]) == ()
    assert "open_status" not in row(dynamodb, key)
    assert "due_at" not in row(dynamodb, key)


def test_an_index_that_lags_lists_nothing_that_moved_on(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    desk.propose(FIRST)
    stale = dynamodb.query(
        TableName=STATE,
        IndexName="open",
        KeyConditionExpression="open_status = :s",
        ExpressionAttributeValues={":s": {"S": "proposed"}},
    )
    desk.decide(a_decision(FIRST))
    lagging = AwsApprovalDesk(Odd(dynamodb, query=lambda **_: stale), table=STATE)
    assert lagging.open_rounds([RoundStatus.PROPOSED]) == ()


def conflict(**_: Any) -> Any:
    error = client_error("ValidationException", "cancelled", "TransactWriteItems")
    error.response["Error"]["Code"] = "TransactionCanceledException"
    error.response["CancellationReasons"] = [
        {"Code": "TransactionConflict"},
        {"Code": "None"},
        {"Code": "None"},
    ]
    raise error


def test_writers_in_each_others_way_are_told_to_try_again(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    busy = AwsApprovalDesk(Odd(dynamodb, transact_write_items=conflict), table=STATE)
    with pytest.raises(RetryableError, match="TransactionConflict"):
        busy.propose(FIRST)
    desk.propose(FIRST)
    with pytest.raises(RetryableError, match="TransactionConflict"):
        busy.decide(a_decision(FIRST))
    assert desk.round(FIRST.change_id, 1).status is RoundStatus.PROPOSED


def test_keys_that_stay_unread_are_told_and_not_forgotten(dynamodb: Any) -> None:
    def nothing(RequestItems: dict[str, Any]) -> Any:
        return {"Responses": {}, "UnprocessedKeys": RequestItems}

    starved = AwsApprovalDesk(Odd(dynamodb, batch_get_item=nothing), table=STATE)
    with pytest.raises(RetryableError, match="keys left over"):
        starved.memory([a_finding()])


def test_keys_that_were_left_over_are_asked_for_again(dynamodb: Any, desk: AwsApprovalDesk) -> None:
    rounds: list[int] = []

    def one_at_a_time(RequestItems: dict[str, Any]) -> Any:
        keys = RequestItems[STATE]["Keys"]
        rounds.append(len(keys))
        now = {STATE: RequestItems[STATE] | {"Keys": keys[:1]}}
        later = {STATE: RequestItems[STATE] | {"Keys": keys[1:]}} if keys[1:] else {}
        return dynamodb.batch_get_item(RequestItems=now) | {"UnprocessedKeys": later}

    desk.propose(FIRST)
    finding = a_finding()
    slow = AwsApprovalDesk(Odd(dynamodb, batch_get_item=one_at_a_time), table=STATE)
    assert slow.memory([finding])[finding.id].open_change == FIRST.execution_name
    assert rounds == [2, 1]


def test_links_go_away_by_themselves_some_time_after_they_expired(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    desk.issue_link(FIRST, approver="a@example.com", token_hash="hash")
    kept = row(dynamodb, {"pk": "link#hash", "sk": "link"})
    assert kept["ttl"] > FIRST.expires_at.timestamp()


def test_a_failure_that_is_no_condition_is_raised_as_what_it_is(dynamodb: Any) -> None:
    def denied(**_: Any) -> Any:
        raise client_error("AccessDeniedException", "no", "Operation")

    instead = {"update_item": denied, "transact_write_items": denied}
    forbidden = AwsApprovalDesk(Odd(dynamodb, **instead), table=STATE)
    with pytest.raises(AccessDeniedError):
        forbidden.propose(FIRST)
    with pytest.raises(AccessDeniedError):
        forbidden.remember("finding", refuse_change="x")


def test_an_index_of_many_pages_is_read_to_its_end(dynamodb: Any, desk: AwsApprovalDesk) -> None:
    def by_one(**asked: Any) -> Any:
        return dynamodb.query(**asked | {"Limit": 1})

    for n in range(3):
        desk.propose(a_remediation(f"function-{n}"))
    slow = AwsApprovalDesk(Odd(dynamodb, query=by_one), table=STATE)
    assert len(slow.open_rounds([RoundStatus.PROPOSED])) == 3


def test_s19_a_round_that_is_closed_just_before_its_undo_takes_its_lock_again(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    """The undo has read that it is being watched; the watch closes it; then the undo moves it."""
    desk.propose(FIRST)
    change, number = FIRST.change_id, FIRST.round
    desk.advance(change, number, from_=[RoundStatus.PROPOSED], to=RoundStatus.WATCHING)
    closing = [RoundStatus.WATCHING]
    written = dynamodb.transact_write_items

    def slow(**asked: Any) -> Any:
        if closing:
            desk.advance(change, number, from_=[closing.pop()], to=RoundStatus.VERIFIED)
        return written(**asked)

    undo = AwsApprovalDesk(Odd(dynamodb, transact_write_items=slow), table=STATE)
    undoable = [RoundStatus.WATCHING, RoundStatus.VERIFIED]
    undo.advance(change, number, from_=undoable, to=RoundStatus.UNDOING)
    held = row(dynamodb, lock_key(str(FIRST.function)))
    assert held["execution"] == FIRST.execution_name


def test_s25_a_no_is_remembered_in_the_same_write(dynamodb: Any, desk: AwsApprovalDesk) -> None:
    desk.propose(FIRST)
    key = lock_key(str(FIRST.function))
    dynamodb.put_item(TableName=STATE, Item=to_item(key | {"execution": "another-r1"}))
    signed = a_decision(FIRST, DecisionWord.REJECTED)
    desk.decide(signed)
    kept = row(dynamodb, memory_key(FIRST.finding_id))
    assert kept["refused_changes"] == {FIRST.change_id}
    until = signed.decision.decided_at + FIRST.rests_for
    assert kept["cooling_until"] == until.isoformat()


@pytest.mark.parametrize("body", ["junk", "[]", '{"unverified": {"x": 1}, "written": {"x": 3}}'])
def test_s27_an_item_that_holds_no_slots_is_named_and_gives_none(
    dynamodb: Any, desk: AwsApprovalDesk, body: str
) -> None:
    item = {"pk": "slots#hub", "sk": "slots", "body": body}
    dynamodb.put_item(TableName=STATE, Item=to_item(item))
    with pytest.raises(TamperedError, match="slots#hub"):
        desk.take_slot(FIRST, LIMITS, now=FIRST.planned_at)
