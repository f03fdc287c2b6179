"""Does at most one call write a function at a time, and does a crash stop nobody for long? (S19)"""

from datetime import timedelta

import pytest

from tests.pipeline.house import House
from tests.pipeline.writes import (
    PUBLISH,
    UPDATE,
    an_aliased,
    carry_through,
)
from trimtab.aws.actuator import SETTLE_DEADLINE_S
from trimtab.domain.errors import RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.pipeline.writing import LEASE

A_SECOND = timedelta(seconds=1)


def taken(house: House, function: str, *, holder: str = "another") -> None:
    now = house.clock.now()
    assert house.desk.hold(function, holder=holder, now=now, until=now + LEASE)


def test_s19_the_lease_is_longer_than_a_write_may_take_to_settle() -> None:
    assert timedelta(seconds=SETTLE_DEADLINE_S) < LEASE


def test_s19_a_call_that_finds_another_writing_writes_nothing_and_comes_again() -> None:
    house = House()
    change = house.approved()
    taken(house, str(change.function))
    with pytest.raises(RetryableError, match="another call is writing it"):
        house.carry(change)
    assert house.writes() == 0
    assert house.desk.lease_of(str(change.function)) == "another", "it is not given away"
    house.clock.advance(LEASE)
    assert carry_through(house, change).word is OutcomeWord.WRITTEN
    assert house.writes() == 1


def test_s19_the_lease_is_asked_for_before_each_write() -> None:
    """It ran out while a write settled, and somebody else of ours took it."""
    house = House()
    change = an_aliased(house)

    def lose_it() -> None:
        house.clock.advance(LEASE)
        taken(house, str(change.function))

    house.functions.before_next(UPDATE, lose_it)
    with pytest.raises(RetryableError, match="another call"):
        house.carry(change)
    assert house.functions.calls[PUBLISH] == 0
    house.clock.advance(LEASE)
    assert carry_through(house, change).word is OutcomeWord.WRITTEN
    assert house.functions.calls[UPDATE] == 1


def test_s19_a_lease_is_prolonged_by_each_write_of_its_holder() -> None:
    house = House()
    change = an_aliased(house)
    for operation in (UPDATE, PUBLISH):
        house.functions.before_next(operation, lambda: house.clock.advance(LEASE - A_SECOND * 60))
    assert carry_through(house, change).word is OutcomeWord.WRITTEN


@pytest.mark.parametrize("how", ["done", "stale", "throttled", "undone"])
def test_s19_the_lease_is_given_back_however_a_call_ends(how: str) -> None:
    house = House()
    change = house.approved()
    if how == "stale":
        house.functions.change("orders", Timeout=31)
    if how == "throttled":
        house.functions.before_next(
            UPDATE, lambda: house.functions.fail_always("GetFunction", "ThrottlingException")
        )
        with pytest.raises(RetryableError):
            house.carry(change)
    else:
        house.carry(change)
    if how == "undone":
        house.undo(change)
    assert house.desk.lease_of(str(change.function)) is None


def test_s19_a_crash_leaves_the_lease_until_it_runs_out() -> None:
    """A process that is killed gives nothing back."""
    house = House()
    change = house.approved()
    taken(house, str(change.function), holder="killed")
    with pytest.raises(RetryableError, match="another call"):
        house.carry(change)
    house.clock.advance(LEASE - A_SECOND)
    with pytest.raises(RetryableError, match="another call"):
        house.carry(change)
    house.clock.advance(A_SECOND)
    assert carry_through(house, change).word is OutcomeWord.WRITTEN


def test_s19_an_undo_waits_for_the_call_that_writes() -> None:
    house = House()
    change = house.applied()
    taken(house, str(change.function))
    with pytest.raises(RetryableError, match="another call"):
        house.undo(change)
    assert (house.writes(), house.status(change)) == (1, "watching")
    house.clock.advance(LEASE)
    assert house.undo(change).word is OutcomeWord.WRITTEN


def test_s06_a_forward_call_goes_on_taking_back_what_was_begun_to_be_taken_back() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_next(PUBLISH, "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    house.desk.before_next("advance", house.ledger.fail_next)
    with pytest.raises(RetryableError):
        house.undo(change)
    assert house.status(change) == "undoing"
    outcome = house.carry(change)
    assert (outcome.word, "it was being taken back" in outcome.reason) == (
        OutcomeWord.NOT_WRITTEN,
        True,
    )
    assert (house.functions.memory_mb("orders"), house.status(change)) == (3008, "not_written")
