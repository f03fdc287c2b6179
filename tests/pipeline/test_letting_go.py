"""Is what takes no calls let go whatever goes wrong, and nothing else touched? (S13, S15)

One test for each way that was found in which it was not.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.failures import READ_TIMEOUT
from tests.pipeline.house import House
from tests.pipeline.removal_house import (
    DAY,
    NAME,
    a_house,
    call,
    in_quarantine,
    on_notice,
    step,
    watch,
)
from tests.pipeline.test_removal_refusals import before_the_end, keep
from trimtab.domain.errors import ConflictError, OutsideError, RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import DELETION_INTENDED
from trimtab.domain.terms import Direction
from trimtab.flows.give_up import give_up
from trimtab.pipeline.freeze import freeze, thaw


def reserved(house: House) -> int | None:
    found: int | None = house.functions._functions[NAME].reserved
    return found


def half_quarantined(house: House, *, lands: bool = True) -> Remediation:
    """Let the answer of the quarantine's write be lost, and the call end there."""
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    functions = house.functions
    functions.before_next(
        "PutFunctionConcurrency", lambda: functions.fail_always("GetFunction", "ServiceException")
    )
    functions.fail_next("PutFunctionConcurrency", READ_TIMEOUT, after_landing=lands)
    with pytest.raises(OutsideError):
        house.carry(change)
    functions._always.clear()
    return change


@pytest.mark.parametrize("sign", ["kept", "called"])
def test_s15_a_word_during_the_last_checks_is_heard(sign: str) -> None:
    house = a_house()
    change = before_the_end(house)
    look = house.look

    def looking(of: Remediation) -> str | None:
        if sign == "kept":
            keep(house, change)
        else:
            call(house)
            assert watch(house)
        return look(of)

    house.look = looking  # type: ignore[method-assign]
    house.carry(change)
    assert reserved(house) is None
    assert house.functions.calls["DeleteFunction"] == 0


def test_s05_after_a_deletion_that_did_not_land_all_is_checked_again() -> None:
    house = a_house()
    change = before_the_end(house)
    functions = house.functions
    functions.before_next(
        "DeleteFunction", lambda: functions.fail_always("GetFunction", "ServiceException")
    )
    functions.fail_next("DeleteFunction", READ_TIMEOUT)
    with pytest.raises(OutsideError):
        house.carry(change)
    functions._always.clear()
    house.clock.advance(timedelta(hours=5))
    call(house)
    assert watch(house)
    house.carry(change)
    assert house.status(change) == "undone"
    assert functions.calls["DeleteFunction"] == 1


@pytest.mark.parametrize("before", [None, 10])
def test_s15_a_read_that_lags_behind_our_own_write_leaves_nobody_throttled(
    before: int | None,
) -> None:
    house = a_house(reserved=before)
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    functions = house.functions
    get, lag = functions.get_function, [4]

    def lagging(**asked: Any) -> Any:
        answer = get(**asked)
        if functions._functions[NAME].reserved == 0 and lag[0]:
            lag[0] -= 1
            answer.pop("Concurrency", None)
            for part in answer.values():
                if isinstance(part, dict) and "Concurrency" in part:
                    part.pop("Concurrency")
        return answer

    functions.get_function = lagging  # type: ignore[method-assign]
    house.carry(change)
    ended = house.status(change)
    assert (ended, reserved(house)) in (("undone", before), ("quarantine", 0))


def test_s15_one_read_that_finds_nothing_is_not_believed() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_next("GetFunction", "ResourceNotFoundException")
    with pytest.raises(RetryableError):
        house.carry(change)
    assert house.status(change) == "quarantine"


@pytest.mark.parametrize("lands", [True, False])
def test_s15_the_watch_looks_although_a_crash_kept_the_round_behind(lands: bool) -> None:
    house = a_house()
    change = half_quarantined(house, lands=lands)
    house.clock.advance(timedelta(hours=1))
    call(house)
    (released,) = watch(house)
    assert "somebody uses it" in released.reason
    house.undo(change)
    assert (house.status(change), reserved(house)) == ("undone", None)


def test_s05_a_quarantine_that_did_not_land_is_checked_again_hours_later() -> None:
    house = a_house()
    change = half_quarantined(house, lands=False)
    house.clock.advance(timedelta(hours=6))
    house.functions.change(NAME, MemorySize=512)
    house.carry(change)
    assert reserved(house) is None
    assert house.functions.calls["PutFunctionConcurrency"] == 1
    assert house.status(change) == "undone"


@pytest.mark.parametrize(("before", "theirs"), [(None, 0), (10, None), (None, 5)])
def test_s13_on_notice_nothing_of_theirs_is_written_over(
    before: int | None, theirs: int | None
) -> None:
    house = a_house(reserved=before)
    change = on_notice(house)
    house.functions.reserve(NAME, theirs)
    house.undo(change)
    assert reserved(house) == theirs
    assert house.status(change) == "not_written"


def test_s13_what_somebody_reserved_in_quarantine_stays() -> None:
    house = a_house(reserved=3)
    change = in_quarantine(house)
    house.functions.reserve(NAME, 9)
    house.undo(change)
    assert (house.status(change), reserved(house)) == ("undone", 9)


@pytest.mark.parametrize("operation", ["ListAliases", "GetFunction"])
def test_s15_a_function_that_cannot_be_read_is_let_go_all_the_same(operation: str) -> None:
    house = a_house()
    change = in_quarantine(house)
    house.functions.fail_always(operation, "AccessDeniedException")
    house.undo(change)
    assert (house.status(change), reserved(house)) == ("undone", None)


def test_s15_a_lost_answer_of_letting_go_is_made_again() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.functions.fail_next("DeleteFunctionConcurrency", READ_TIMEOUT)
    with pytest.raises(RetryableError):
        house.undo(change)
    house.undo(change)
    assert (house.status(change), reserved(house)) == ("undone", None)


def test_s15_letting_go_that_is_overtaken_says_how_it_stands() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.desk.fail_next("advance", ConflictError("another call was faster"))
    house.undo(change)
    assert reserved(house) == 0
    house.undo(change)
    assert reserved(house) is None


def test_s20_only_a_hard_freeze_keeps_it_and_then_it_goes_on() -> None:
    house = a_house()
    change = in_quarantine(house)
    now = house.clock.now()
    undo, left = house.desk.advance, [1]

    def freezing(*args: Any, **given: Any) -> Any:
        if left[0]:
            left[0] -= 1
            freeze(house.ledger, by="dana", why="x", is_hard=True, at=now)
        return undo(*args, **given)

    house.desk.advance = freezing  # type: ignore[method-assign]
    assert house.undo(change).word is OutcomeWord.WAITING
    thaw(house.ledger, by="dana", why="x", at=house.clock.now())
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert reserved(house) is None


def test_s06_a_function_that_is_being_deleted_is_not_called_let_go() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.functions.change(NAME, State="Deleting")
    with pytest.raises(RetryableError, match="being deleted"):
        house.carry(change, Direction.UNDO)


def test_s06_a_function_that_vanishes_while_it_is_let_go_is_looked_for_twice() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.functions.fail_next("GetFunction", "ResourceNotFoundException")
    with pytest.raises(RetryableError):
        house.undo(change)
    house.functions.remove(NAME)
    house.undo(change)
    assert house.status(change) == "given_up"


def test_nobody_gives_up_what_may_take_no_calls() -> None:
    house = a_house()
    change = half_quarantined(house)
    with pytest.raises(ConflictError, match="let it go first"):
        give_up(
            change.change_id,
            by="dana",
            why="x",
            desk=house.desk,
            ledger=house.ledger,
            clock=house.clock,
        )


def test_s14_a_deletion_that_was_only_meant_is_restored_from_its_first_backup() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_next("DeleteFunction", "AccessDeniedException")
    house.carry(change)
    said = house.ledger.found("function", str(change.function))
    meant = [e.data["backup_id"] for e in said if getattr(e, "event", "") == DELETION_INTENDED]
    assert meant == ["b" * 26]


def test_s06_a_deletion_that_is_called_twice_ends_once() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_next("DeleteFunction", READ_TIMEOUT)
    house.functions.before_next("DeleteFunction", lambda: None)
    house.functions.before_next("DeleteFunction", lambda: house.functions.remove(NAME))
    assert step(house, change).word is OutcomeWord.WAITING
    house.clock.advance(timedelta(minutes=31))
    assert step(house, change).word is OutcomeWord.WRITTEN
    assert house.status(change) == "removed"
    assert house.cloud[TARGET].trail is not None
