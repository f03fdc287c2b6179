"""Does every ApprovalDesk lease, lock, count and restore alike? (S6, S19, S25, S27)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import a_decision, a_finding, a_remediation, an_arn
from tests.fakes.clock import NOW
from trimtab.domain.approval import DecisionWord, Round, RoundStatus
from trimtab.domain.errors import ConflictError
from trimtab.domain.plan import Limits
from trimtab.domain.remediation import Remediation
from trimtab.ports import ApprovalDesk

pytestmark = pytest.mark.contract

FUNCTION = str(an_arn())
LEASE = timedelta(seconds=240)
A_MOMENT = timedelta(microseconds=1)
FIRST = a_remediation()
OTHER_CHANGE = a_remediation(after={"memory_mb": 2048})
STATUSES = tuple(RoundStatus)


def hold(desk: ApprovalDesk, holder: str, *, after: timedelta = timedelta(0)) -> bool:
    now = NOW + after
    return desk.hold(FUNCTION, holder=holder, now=now, until=now + LEASE)


def test_s19_of_two_holders_one_has_the_lease(desk: ApprovalDesk) -> None:
    assert hold(desk, "one")
    assert not hold(desk, "two")
    assert desk.hold(str(an_arn("cart")), holder="two", now=NOW, until=NOW + LEASE)


def test_s19_a_lease_ends_exactly_when_it_was_said_to(desk: ApprovalDesk) -> None:
    hold(desk, "one")
    assert not hold(desk, "two", after=LEASE - A_MOMENT)
    assert hold(desk, "two", after=LEASE)
    assert not hold(desk, "one", after=LEASE + A_MOMENT)


def test_s19_a_holder_prolongs_its_lease_also_one_that_ran_out(desk: ApprovalDesk) -> None:
    hold(desk, "one")
    assert hold(desk, "one", after=LEASE / 2)
    assert not hold(desk, "two", after=LEASE)
    assert hold(desk, "one", after=LEASE * 3)


def test_s19_only_its_holder_lets_a_lease_go(desk: ApprovalDesk) -> None:
    desk.let_go(FUNCTION, holder="nobody")
    hold(desk, "one")
    desk.let_go(FUNCTION, holder="two")
    assert not hold(desk, "two")
    desk.let_go(FUNCTION, holder="one")
    assert hold(desk, "two")
    desk.let_go(FUNCTION, holder="one")
    assert not hold(desk, "one")


def test_s19_locks_are_those_of_the_open_rounds(desk: ApprovalDesk) -> None:
    assert desk.locks() == {}
    cart = a_remediation("cart")
    for change in (FIRST, cart):
        desk.propose(change)
    assert desk.locks() == {
        FUNCTION: FIRST.execution_name,
        str(cart.function): cart.execution_name,
    }
    desk.decide(a_decision(cart, DecisionWord.REJECTED))
    assert desk.locks() == {FUNCTION: FIRST.execution_name}


def test_s19_a_lock_is_freed_for_the_execution_that_has_it_only(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    desk.unlock(FUNCTION, OTHER_CHANGE.execution_name)
    with pytest.raises(ConflictError):
        desk.propose(OTHER_CHANGE)
    desk.unlock(FUNCTION, FIRST.execution_name)
    desk.unlock(FUNCTION, FIRST.execution_name)
    assert desk.locks() == {}
    assert desk.propose(OTHER_CHANGE)
    assert desk.locks() == {FUNCTION: OTHER_CHANGE.execution_name}


def test_unlocking_what_was_never_locked_is_nothing(desk: ApprovalDesk) -> None:
    desk.unlock("arn:nothing", "nobody-r1")
    assert desk.locks() == {}
    finding = a_finding()
    assert desk.memory([finding])[finding.id].open_change is None


def limits(**given: int) -> Limits:
    roomy: dict[str, Any] = {"unverified": 9, "unverified_per_account": 9, "per_day": 9}
    return Limits(per_run=1, share_of_read=1.0, per_account=1, **roomy | given)


def changes(count: int) -> list[Remediation]:
    return [a_remediation(f"f{n}") for n in range(count)]


@pytest.mark.parametrize("limit", ["unverified", "unverified_per_account", "per_day"])
def test_s27_a_limit_is_reached_exactly(desk: ApprovalDesk, limit: str) -> None:
    first, second, third = changes(3)
    two = limits(**{limit: 2})
    assert desk.take_slot(first, two, now=NOW) is None
    assert desk.take_slot(second, two, now=NOW) is None
    assert "2" in (desk.take_slot(third, two, now=NOW) or "")
    assert desk.take_slot(first, two, now=NOW) is None, "it has one already"
    assert desk.take_slot(third, limits(**{limit: 3}), now=NOW) is None


def test_s27_zero_leaves_no_slot(desk: ApprovalDesk) -> None:
    assert desk.take_slot(FIRST, limits(unverified=0), now=NOW) is not None


def test_s27_another_account_has_a_limit_of_its_own(desk: ApprovalDesk) -> None:
    one = limits(unverified_per_account=1)
    there = a_remediation(function=an_arn(account="222222222222"))
    assert desk.take_slot(FIRST, one, now=NOW) is None
    assert desk.take_slot(there, one, now=NOW) is None
    assert desk.take_slot(a_remediation("cart"), one, now=NOW) is not None


def test_s27_the_slot_of_a_round_that_ended_is_free(desk: ApprovalDesk) -> None:
    first, second = changes(2)
    one = limits(unverified=1)
    for change in (first, second):
        desk.propose(change)
        desk.decide(a_decision(change))
    assert desk.take_slot(first, one, now=NOW) is None
    assert desk.take_slot(second, one, now=NOW) is not None
    desk.advance(first.change_id, 1, from_=STATUSES, to=RoundStatus.VERIFIED)
    assert desk.take_slot(second, one, now=NOW) is None


def test_s27_a_slot_whose_round_was_lost_stays_taken(desk: ApprovalDesk) -> None:
    first, second = changes(2)
    assert desk.take_slot(first, limits(unverified=1), now=NOW) is None
    assert desk.take_slot(second, limits(unverified=1), now=NOW) is not None


def test_s27_what_was_written_counts_for_24_hours_also_when_it_ended(desk: ApprovalDesk) -> None:
    first, second = changes(2)
    desk.propose(first)
    desk.take_slot(first, limits(per_day=1), now=NOW)
    desk.advance(first.change_id, 1, from_=STATUSES, to=RoundStatus.UNDONE)
    day = timedelta(hours=24)
    assert desk.take_slot(second, limits(per_day=1), now=NOW + day - A_MOMENT) is not None
    assert desk.take_slot(second, limits(per_day=1), now=NOW + day) is None


OPEN = [status for status in RoundStatus if status.is_open]


@pytest.mark.parametrize("status", OPEN)
def test_s06_a_lost_round_is_restored_with_its_lock(
    desk: ApprovalDesk, status: RoundStatus
) -> None:
    decided = status is not RoundStatus.PROPOSED
    record = Round(
        remediation=FIRST,
        status=status,
        decision=a_decision(FIRST, signature="c2ln", key_id="key") if decided else None,
        applied_at=NOW if status is RoundStatus.WATCHING else None,
    )
    for _ in range(2):
        desk.restore(record)
    assert desk.round(FIRST.change_id, 1) == record
    assert desk.open_rounds([status]) == (record,)
    assert desk.locks() == {FUNCTION: FIRST.execution_name}


def test_s06_a_forged_round_is_replaced_as_a_whole(desk: ApprovalDesk) -> None:
    desk.propose(FIRST)
    desk.await_decision(FIRST.change_id, 1, task_token="token")
    desk.decide(a_decision(FIRST))
    record = Round(remediation=FIRST, status=RoundStatus.PROPOSED)
    desk.restore(record)
    assert desk.round(FIRST.change_id, 1) == record
    assert desk.decide(a_decision(FIRST)).status is RoundStatus.APPROVED


def test_s19_a_round_is_not_restored_over_the_lock_of_another(desk: ApprovalDesk) -> None:
    desk.propose(OTHER_CHANGE)
    with pytest.raises(ConflictError, match="another change"):
        desk.restore(Round(remediation=FIRST, status=RoundStatus.WATCHING))
    assert desk.last_round(FIRST.change_id) is None


def test_s04_an_expired_round_is_restored_without_a_lock_and_waits_to_be_told(
    desk: ApprovalDesk,
) -> None:
    record = Round(
        remediation=FIRST,
        status=RoundStatus.EXPIRED,
        decision=a_decision(FIRST, DecisionWord.EXPIRED),
    )
    desk.restore(record)
    assert desk.locks() == {}
    assert desk.open_rounds([RoundStatus.EXPIRED]) == (record,)
    desk.signalled(FIRST.change_id, 1)
    assert desk.open_rounds([RoundStatus.EXPIRED]) == ()
    assert desk.round(FIRST.change_id, 1) == replace(record, signalled=True)


def test_s25_a_person_lifts_what_was_refused_or_came_back_and_nothing_else(
    desk: ApprovalDesk,
) -> None:
    finding = a_finding()
    desk.propose(FIRST)
    desk.remember(finding.id, cooling_until=NOW + timedelta(days=9), refuse_change="one")
    desk.remember(finding.id, refuse_change="two", applied_change="one")
    desk.remember(finding.id, applied_change="three", applied_from="there")
    memory = desk.memory([finding])[finding.id]
    assert (memory.refused_changes, memory.applied_changes) == (("one", "two"), ("one", "three"))
    assert memory.applied_from == ("there",)
    desk.forgive(finding.id, "one", applied_from="elsewhere")
    memory = desk.memory([finding])[finding.id]
    assert (memory.refused_changes, memory.applied_changes) == (("two",), ("three",))
    assert memory.cooling_until is None
    assert memory.rounds == {FIRST.change_id: 1}, "a round that was used stays used"
    assert memory.applied_from == ("there",)
    desk.forgive(finding.id, "two", applied_from="elsewhere")
    desk.forgive(finding.id, "three", applied_from="there")
    memory = desk.memory([finding])[finding.id]
    assert (memory.refused_changes, memory.applied_changes) == ((), ())
    assert memory.applied_from == ()
    assert memory.open_change == FIRST.execution_name


def test_s25_forgiving_what_nobody_remembers_is_nothing(desk: ApprovalDesk) -> None:
    finding = a_finding()
    desk.forgive(finding.id, "one", applied_from="there")
    memory = desk.memory([finding])[finding.id]
    assert (memory.refused_changes, memory.applied_changes, memory.rounds) == ((), (), None)
