"""What if two calls work on one round at once? One goes on, the other stops (S6, S19)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.pipeline.house import House
from tests.pipeline.writes import PUBLISH, an_aliased
from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import RetryableError, TamperedError
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.pipeline.on_record import read_chain
from trimtab.pipeline.writing import LEASE


def test_s06_a_slow_second_apply_leaves_the_first_ones_watch_alone() -> None:
    house = House()
    change = house.approved()

    def second() -> None:
        with pytest.raises(RetryableError, match="another call"):
            house.carry(change)

    house.functions.before_next("GetFunction", second)
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.status(change) == "watching"
    assert house.writes() == 1
    assert "stale" not in house.events(change)


def test_s06_an_end_that_another_call_was_faster_with_is_told_as_it_stands() -> None:
    house = House()
    change = house.approved()
    house.functions.change("orders", MemorySize=2048)
    undoing = replace(house.round(change), status=RoundStatus.UNDOING)
    house.desk.before_next("advance", lambda: house.desk.forge(undoing))
    outcome = house.carry(change)
    assert outcome.reason.startswith("round is undoing")
    assert "stale" not in house.events(change)


def test_s06_a_canary_that_another_call_is_taking_back_already_is_told_as_it_stands() -> None:
    house = House()
    change = an_aliased(house)
    undoing = replace(house.round(change), status=RoundStatus.UNDOING)
    house.desk.before_next("advance", lambda: None)
    house.desk.before_next("advance", lambda: house.desk.forge(undoing))
    assert house.carry(change).reason.startswith("round is undoing")
    house.carry(change)
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "undone"


def test_s06_a_forward_call_stops_when_an_undo_has_begun() -> None:
    house = House()
    change = an_aliased(house)

    def finish_and_undo() -> None:
        house.clock.advance(LEASE)
        house.carry(change)
        house.undo(change)

    house.functions.before_next(PUBLISH, finish_and_undo)
    house.carry(change)
    assert house.status(change) == "undone"
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}


def test_s19_an_undo_of_a_closed_change_takes_the_lock_or_does_nothing() -> None:
    house = House()
    change = house.applied()
    house.desk.advance(
        change.change_id, change.round, from_=[RoundStatus.WATCHING], to=RoundStatus.VERIFIED
    )
    other = replace(change, change_id="b" * 26)
    house.desk.propose(other)
    outcome = house.undo(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "another change of it is open" in outcome.reason
    assert house.functions.memory_mb("orders") == 2592
    assert house.desk.lock_of(str(change.function)) == other.execution_name


def test_s19_a_stopped_undo_holds_the_function_until_a_person_went_on() -> None:
    house = House()
    change = house.applied()
    house.clock.advance(house.desk.round(change.change_id, 1).remediation.verify.settle)
    house.functions.change("orders", Timeout=31)
    assert house.undo(change).word is OutcomeWord.NOT_WRITTEN
    assert house.status(change) == "undo_stopped"
    assert house.desk.lock_of(str(change.function)) == change.execution_name
    house.functions.change("orders", Timeout=30)
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.desk.lock_of(str(change.function)) is None


def test_s13_an_environment_that_somebody_changed_since_stops_the_undo() -> None:
    house = House()
    change = house.applied()
    house.clock.advance(change.verify.settle)
    house.functions.change("orders", Environment={"Variables": {"MODE": "other"}})
    outcome = house.undo(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "somebody changed it since" in outcome.reason
    assert house.functions.memory_mb("orders") == 2592


def test_with_too_little_time_left_no_further_write_is_begun() -> None:
    house = House()
    change = house.approved()
    house.clock.leave(timedelta(seconds=100))
    with pytest.raises(RetryableError, match="too little time"):
        house.carry(change)
    assert house.writes() == 0
    house.clock.leave(timedelta(seconds=800))
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_s17_an_append_between_two_reads_is_not_taken_for_tampering() -> None:
    house = House()
    change = house.applied()
    chain = change_chain(change.change_id)
    entries, faults = read_chain(house.ledger, chain)
    assert faults == ()
    house.ledger.replace(chain, entries[:-1])
    _, faults = read_chain(house.ledger, chain)
    assert faults, "what stands in every reading is a fault"
    with pytest.raises(TamperedError):
        house.carry(change)
