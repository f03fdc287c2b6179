"""Does a failure at any point leave exactly one effective change? (S6, S26)"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.failures import CONNECTION_CLOSED, READ_TIMEOUT
from tests.pipeline.house import House
from tests.pipeline.writes import (
    MOVE,
    PUBLISH,
    UPDATE,
    an_aliased,
    carry_through,
    carry_until_it_ends,
)
from trimtab.domain.errors import (
    RetryableError,
)
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction


def test_s07_a_ledger_that_does_not_take_the_intent_means_no_write() -> None:
    for failing in range(2):
        house = House()
        change = house.approved()
        _fail_append(house, failing)
        with pytest.raises(RetryableError):
            house.carry(change)
        assert house.writes() == 0
        assert house.carry(change).word is OutcomeWord.WRITTEN
        assert house.writes() == 1


def _fail_append(house: House, after: int, *, after_landing: bool = False) -> None:
    """Let the append after so many others fail."""
    append = house.ledger.append
    left = [after]

    def counting(*args: Any, **given: Any) -> Any:
        if left[0] == 0:
            house.ledger.fail_next(after_landing=after_landing)
        left[0] -= 1
        return append(*args, **given)

    house.ledger.append = counting  # type: ignore[method-assign]


BREAKERS: dict[str, Callable[[House], None]] = {
    f"{code} of {operation} {'after' if landed else 'before'} landing": (
        lambda house, o=operation, c=code, a=landed: house.functions.fail_next(
            o, c, after_landing=a
        )
    )
    for operation in (UPDATE, PUBLISH, MOVE)
    for code in (
        READ_TIMEOUT,
        CONNECTION_CLOSED,
        "ResourceConflictException",
        "PreconditionFailedException",
        "ServiceException",
        "TooManyRequestsException",
    )
    for landed in (False, True)
}


@pytest.mark.parametrize("breaker", BREAKERS)
def test_s26_an_unclear_answer_ends_in_exactly_one_effective_change(breaker: str) -> None:
    house = House()
    change = an_aliased(house)
    BREAKERS[breaker](house)
    outcome = carry_until_it_ends(house, change, Direction.FORWARD)
    assert outcome.word is OutcomeWord.WRITTEN
    _assert_applied_once(house, change)


@pytest.mark.parametrize("after_landing", [False, True], ids=["before landing", "after landing"])
@pytest.mark.parametrize("nth", range(18))
def test_s06_a_crash_at_any_entry_is_mended_by_calling_again(nth: int, after_landing: bool) -> None:
    house = House()
    change = an_aliased(house)
    _fail_append(house, nth, after_landing=after_landing)
    assert carry_until_it_ends(house, change, Direction.FORWARD).word is OutcomeWord.WRITTEN
    _assert_applied_once(house, change)


@pytest.mark.parametrize("method", ["advance", "round"])
@pytest.mark.parametrize("after_landing", [False, True], ids=["before landing", "after landing"])
def test_s06_a_crash_of_the_desk_is_mended_by_calling_again(
    method: str, after_landing: bool
) -> None:
    house = House()
    change = an_aliased(house)
    house.desk.fail_next(method, RetryableError("on purpose"), after_landing=after_landing)
    assert carry_until_it_ends(house, change, Direction.FORWARD).word is OutcomeWord.WRITTEN
    _assert_applied_once(house, change)


@pytest.mark.parametrize("operation", ["GetFunction", "ListAliases", "ListVersionsByFunction"])
@pytest.mark.parametrize("nth", range(6))
def test_s06_a_throttled_read_anywhere_is_mended_by_calling_again(operation: str, nth: int) -> None:
    house = House()
    change = an_aliased(house)
    for _ in range(nth):
        house.functions.before_next(operation, lambda: None)
    house.functions.before_next(
        operation, lambda: house.functions.fail_next(operation, "ThrottlingException")
    )
    assert carry_until_it_ends(house, change, Direction.FORWARD).word is OutcomeWord.WRITTEN
    _assert_applied_once(house, change)


@pytest.mark.parametrize("nth", range(10))
def test_s06_a_crash_in_an_undo_is_mended_by_calling_again(nth: int) -> None:
    house = House()
    change = an_aliased(house)
    carry_through(house, change)
    _fail_append(house, nth)
    assert carry_until_it_ends(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "undone"
    assert house.events(change).count("undone") == 1


def _assert_applied_once(house: House, change: Remediation) -> None:
    assert house.functions.memory_mb("orders") == 2592
    assert house.functions.served("orders") == {"live": "2", "beta": "2"}
    assert len(house.functions._functions["orders"].versions) == 2
    assert house.status(change) == "watching"
    events = house.events(change)
    assert events.count("intended") == events.count("applied") == 1
    again = house.carry(change)
    assert (again.word, again.reason) == (OutcomeWord.WRITTEN, "round is watching: done")


def test_s06_a_duplicate_call_after_the_end_writes_nothing() -> None:
    house = House()
    change = house.applied()
    assert house.carry(change).word is OutcomeWord.WRITTEN
    house.undo(change)
    assert house.carry(change) == house.carry(change)
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.writes() == 2


def test_s07_the_entry_of_a_change_says_what_was_written() -> None:
    house = House()
    change = an_aliased(house)
    carry_through(house, change)
    chain = house.ledger.entries(change_chain(change.change_id))
    (applied,) = [entry for entry in chain if entry.event == "applied"]
    assert applied.data["memory_mb"] == 2592
    assert applied.data["aliases"] == {"live": "2", "beta": "2"}


def test_s26_a_write_that_never_lands_is_given_up_after_three_and_leaves_nothing() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_always(PUBLISH, READ_TIMEOUT)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "3 writes did not land" in outcome.reason
    assert house.functions.calls[PUBLISH] == 3
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "not_written"
    assert house.desk.lock_of(str(change.function)) is None


def test_a_publish_that_answers_an_older_version_does_not_go_on_for_ever() -> None:
    house = House()
    change = an_aliased(house)
    versions = house.functions._functions["orders"].versions
    house.functions.publish_version = lambda **_: versions["1"]
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "3 writes did not land" in outcome.reason
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}


def test_s26_a_refused_write_leaves_nothing_of_the_change_behind() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_always(MOVE, "AccessDeniedException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "AccessDeniedException" in outcome.reason
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "not_written"


def test_s26_what_cannot_be_taken_back_is_unknown_and_calls_a_person() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.before_next(
        MOVE, lambda: house.functions.fail_always(UPDATE, "AccessDeniedException")
    )
    house.functions.fail_next(MOVE, "AccessDeniedException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.UNKNOWN
    assert "taking it back" in outcome.reason
    assert house.status(change) == "undo_stopped"
    assert house.desk.lock_of(str(change.function)) == change.execution_name
