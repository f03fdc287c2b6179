"""Whose write was it, when no answer came? CloudTrail says so, or a person has to (S26)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.failures import READ_TIMEOUT
from tests.fakes.fake_trail import CHANGE_ROLE
from tests.pipeline.house import House
from tests.pipeline.writes import MOVE, PUBLISH, UPDATE, an_aliased, carry_through
from trimtab.domain.errors import RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.pipeline.writing import TRAIL_WITHIN


def lose_answer(house: House, operation: str = UPDATE) -> None:
    """Let the first write of this kind land without an answer."""
    house.functions.fail_next(operation, READ_TIMEOUT, after_landing=True)


def silence(house: House) -> None:
    """CloudTrail takes its time: the event is not there yet."""
    house.functions.trail = None


def deny(house: House) -> None:
    house.cloud[TARGET].trail.fail_always("LookupEvents", "AccessDenied")


MUTE: dict[str, Callable[[House], None]] = {"silent": silence, "denied": deny}


def adopted(house: House, change: Remediation) -> int:
    """Count the writes that were adopted."""
    chain = house.ledger.entries(f"change#{change.change_id}")
    written = [e for e in chain if e.event == "forward_step_written"]
    return sum(1 for e in written if e.data.get("adopted"))


@pytest.mark.parametrize("operation", [UPDATE, PUBLISH, MOVE])
def test_s26_a_lost_answer_is_adopted_where_cloudtrail_names_our_session(operation: str) -> None:
    house = House()
    change = an_aliased(house)
    lose_answer(house, operation)
    assert carry_through(house, change).word is OutcomeWord.WRITTEN
    assert adopted(house, change) == 1
    assert house.events(change).count("forward_step_written") == 6
    assert house.functions.served("orders") == {"live": "2", "beta": "2"}
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert adopted(house, change) == 1


def test_s26_a_write_whose_record_was_lost_in_a_crash_is_adopted_by_the_next_call() -> None:
    house = House()
    change = house.approved()
    house.functions.before_next(UPDATE, lambda: house.ledger.fail_next(RetryableError("crash")))
    with pytest.raises(RetryableError):
        house.carry(change)
    assert "forward_step_written" not in house.events(change)
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert adopted(house, change) == 1
    assert house.functions.memory_mb("orders") == 2592


@pytest.mark.parametrize("how", MUTE)
def test_s26_a_write_that_nobody_vouches_for_waits_and_then_calls_a_person(how: str) -> None:
    house = House()
    change = house.approved()
    MUTE[how](house)
    lose_answer(house)
    began = house.clock.now()
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.WAITING
    assert ("CloudTrail" in outcome.reason) or ("nobody can tell" in outcome.reason)
    assert house.status(change) == "applying"
    house.clock.advance(began + TRAIL_WITHIN - house.clock.now() - timedelta(seconds=5))
    assert house.carry(change).word is OutcomeWord.WAITING
    house.clock.advance(timedelta(seconds=30))
    assert house.carry(change).word is OutcomeWord.UNKNOWN
    assert house.status(change) == "undo_stopped"
    assert house.desk.lock_of(str(change.function)) == change.execution_name
    assert (house.functions.memory_mb("orders"), adopted(house, change)) == (2592, 0)


@pytest.mark.parametrize("how", MUTE)
def test_s26_a_write_is_adopted_as_soon_as_cloudtrail_has_it(how: str) -> None:
    house = House()
    change = house.approved()
    MUTE[how](house)
    lose_answer(house)
    assert house.carry(change).word is OutcomeWord.WAITING
    trail = house.cloud[TARGET].trail
    trail._always.clear()
    if how == "silent":
        house.functions.trail = trail
        trail.put(
            "UpdateFunctionConfiguration20150331v2",
            at=house.clock.now(),
            username=change.execution_name,
            role=CHANGE_ROLE,
            function=str(change.function),
            request={"memorySize": 2592},
        )
    house.clock.advance(timedelta(minutes=10))
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert (adopted(house, change), house.status(change)) == (1, "watching")


def test_s26_the_very_same_value_from_somebody_else_is_not_adopted() -> None:
    """Our write is refused, because another one came in between: with the size we wanted."""
    house = House()
    change = house.approved()
    house.functions.before_next(UPDATE, lambda: house.functions.change("orders", MemorySize=2592))
    outcome = house.carry(change)
    assert (outcome.word, "does not name our session" in outcome.reason) == (
        OutcomeWord.WAITING,
        True,
    )
    house.clock.advance(TRAIL_WITHIN)
    assert house.carry(change).word is OutcomeWord.UNKNOWN
    assert house.status(change) == "undo_stopped"
    assert (adopted(house, change), "applied" in house.events(change)) == (0, False)
    assert house.functions.memory_mb("orders") == 2592, "theirs stays"


def test_s26_somebody_elses_event_in_cloudtrail_is_not_ours() -> None:
    house = House()
    change = house.approved()

    def as_somebody() -> None:
        house.functions.change("orders", MemorySize=2592)
        house.cloud[TARGET].trail.put(
            "UpdateFunctionConfiguration20150331v2",
            at=house.clock.now(),
            username="deploy-pipeline",
            function=str(change.function),
            request={"memorySize": 2592},
        )

    house.functions.before_next(UPDATE, as_somebody)
    assert house.carry(change).word is OutcomeWord.WAITING
    assert adopted(house, change) == 0


def test_s26_a_person_may_still_take_back_what_nobody_vouched_for() -> None:
    house = House()
    change = house.approved()
    silence(house)
    lose_answer(house)
    house.carry(change)
    house.clock.advance(TRAIL_WITHIN)
    house.carry(change)
    assert house.undo(change).word is OutcomeWord.NOT_WRITTEN
    assert (house.functions.memory_mb("orders"), house.status(change)) == (3008, "not_written")
