"""What if two take a slot at once, or a row holds junk? The real conditions, on moto (S19, S27)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.conftest import STATE
from tests.contract.test_desk_on_aws import Odd, conflict
from tests.contract.test_holds_contract import FUNCTION, LEASE, changes, limits
from tests.fakes.builders import a_remediation, an_arn
from tests.fakes.clock import NOW
from trimtab.aws.desk import AwsApprovalDesk
from trimtab.aws.holds import ATTEMPTS
from trimtab.aws.items import to_item
from trimtab.aws.round_items import lock_key, round_key
from trimtab.aws.sessions import HubSession
from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.errors import RetryableError, TamperedError

pytestmark = pytest.mark.contract

FIRST = a_remediation()


@pytest.fixture
def dynamodb(aws: HubSession) -> Any:
    return aws.client("dynamodb")


@pytest.fixture
def desk(dynamodb: Any) -> AwsApprovalDesk:
    return AwsApprovalDesk(dynamodb, table=STATE)


def interleaved(dynamodb: Any, action: Callable[[], object], *, times: int = 1) -> AwsApprovalDesk:
    """Return a desk before whose next writes somebody else acts."""
    left = [times]

    def update_item(**asked: Any) -> Any:
        if left[0] > 0:
            left[0] -= 1
            action()
        return dynamodb.update_item(**asked)

    return AwsApprovalDesk(Odd(dynamodb, update_item=update_item), table=STATE)


@pytest.mark.parametrize("limit", ["unverified", "unverified_per_account", "per_day"])
@pytest.mark.parametrize("taken_before", [0, 1])
def test_s27_of_two_that_want_the_last_slot_at_once_one_gets_it(
    dynamodb: Any, desk: AwsApprovalDesk, limit: str, taken_before: int
) -> None:
    earlier, winner, loser = changes(3)
    most = limits(**{limit: taken_before + 1})
    if taken_before:
        assert desk.take_slot(earlier, most, now=NOW) is None
    late = interleaved(dynamodb, lambda: desk.take_slot(winner, most, now=NOW))
    assert late.take_slot(loser, most, now=NOW) is not None
    assert desk.take_slot(winner, most, now=NOW) is None, "the winner has it"


def test_s27_two_at_once_both_get_a_slot_where_there_is_room(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    one, two, three = changes(3)
    late = interleaved(dynamodb, lambda: desk.take_slot(one, limits(), now=NOW))
    assert late.take_slot(two, limits(), now=NOW) is None
    assert desk.take_slot(three, limits(unverified=2), now=NOW) is not None, "neither was lost"


def test_s27_a_slot_that_others_always_take_first_is_asked_for_later(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    others = iter(changes(ATTEMPTS + 1))
    roomy = limits(unverified=99, unverified_per_account=99, per_day=99)
    late = interleaved(
        dynamodb, lambda: desk.take_slot(next(others), roomy, now=NOW), times=ATTEMPTS
    )
    with pytest.raises(RetryableError, match="others were first"):
        late.take_slot(FIRST, roomy, now=NOW)


def test_s27_a_round_that_cannot_be_read_keeps_its_slot_and_stops_no_other(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    for n, junk in enumerate(({"status": "no such status"}, {"body": "x"}, {"status": 7})):
        change = a_remediation(f"junk-{n}")
        assert desk.take_slot(change, limits(), now=NOW) is None
        item = round_key(change.change_id, 1) | junk
        dynamodb.put_item(TableName=STATE, Item=to_item(item))
    assert desk.take_slot(FIRST, limits(unverified=3), now=NOW) is not None
    assert desk.take_slot(FIRST, limits(unverified=4), now=NOW) is None


def test_s19_of_two_that_take_a_free_lease_at_once_one_gets_it(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    def theirs() -> None:
        assert desk.hold(FUNCTION, holder="two", now=NOW, until=NOW + LEASE)

    late = interleaved(dynamodb, theirs)
    assert not late.hold(FUNCTION, holder="one", now=NOW, until=NOW + LEASE)


def test_s19_a_lease_row_is_removed_by_the_table_a_day_later(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    desk.hold(FUNCTION, holder="one", now=NOW, until=NOW + LEASE)
    key = to_item({"pk": f"lease#{FUNCTION}", "sk": "lease"})
    row = dynamodb.get_item(TableName=STATE, Key=key)["Item"]
    assert int(row["ttl"]["N"]) == int((NOW + LEASE).timestamp()) + 86_400


def test_s19_an_index_that_still_has_a_freed_lock_names_nobody(
    dynamodb: Any, desk: AwsApprovalDesk
) -> None:
    cart = a_remediation("cart")
    desk.propose(FIRST)
    desk.propose(cart)
    hints = {"Items": [to_item(lock_key(FUNCTION)), to_item(lock_key(str(cart.function)))]}
    desk.unlock(FUNCTION, FIRST.execution_name)
    lagging = AwsApprovalDesk(Odd(dynamodb, query=lambda **_: hints), table=STATE)
    assert lagging.locks() == {str(cart.function): cart.execution_name}


def test_s19_a_row_that_only_says_locked_is_no_lock(dynamodb: Any, desk: AwsApprovalDesk) -> None:
    desk.propose(FIRST)
    for sk in ("open", "other", "another"):
        key = {"pk": f"function#{an_arn('cart')}", "sk": sk}
        junk = key | {"open_status": "locked", "due_at": "2026"}
        dynamodb.put_item(TableName=STATE, Item=to_item(junk))
    assert desk.locks() == {FUNCTION: FIRST.execution_name}


GARBLED: tuple[dict[str, Any], ...] = (
    {"body": "no json"},
    {"body": "{}"},
    {"body": "[]"},
    {"status": "no such status"},
    {"decision": "{"},
    {"applied_at": "yesterday"},
    {"body": 7},
)


@pytest.mark.parametrize("junk", GARBLED, ids=repr)
def test_s06_a_garbled_row_hides_no_other_and_can_be_restored(
    dynamodb: Any, desk: AwsApprovalDesk, junk: dict[str, Any]
) -> None:
    cart = a_remediation("cart")
    for change in (FIRST, cart):
        desk.propose(change)
    key = to_item(round_key(FIRST.change_id, 1))
    row = dynamodb.get_item(TableName=STATE, Key=key)["Item"]
    dynamodb.put_item(TableName=STATE, Item=row | to_item(junk))
    (found,) = desk.open_rounds([RoundStatus.PROPOSED])
    assert found.remediation == cart
    with pytest.raises(TamperedError, match="the row holds no round"):
        desk.round(FIRST.change_id, 1)
    record = Round(remediation=FIRST, status=RoundStatus.PROPOSED)
    desk.restore(record)
    assert desk.round(FIRST.change_id, 1) == record


@pytest.mark.parametrize("status", [RoundStatus.WATCHING, RoundStatus.EXPIRED])
def test_a_restore_that_meets_another_write_is_tried_again(
    dynamodb: Any, status: RoundStatus
) -> None:
    odd = Odd(dynamodb, transact_write_items=conflict)
    with pytest.raises(RetryableError):
        AwsApprovalDesk(odd, table=STATE).restore(Round(remediation=FIRST, status=status))
