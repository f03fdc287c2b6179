"""What if another call, or a freeze, comes between two steps of a removal? (S6, S19, S20)"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, a_remediation
from tests.fakes.failures import client_error
from tests.pipeline.house import House
from tests.pipeline.removal_house import (
    DAY,
    NAME,
    a_house,
    approved,
    in_quarantine,
    on_notice,
    step,
)
from tests.pipeline.test_removal_refusals import before_the_end
from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import AccessDeniedError, ConflictError, RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.pipeline.freeze import freeze
from trimtab.pipeline.removal_watch import watch_removals
from trimtab.pipeline.writing import not_looked

Act = Callable[[House, Remediation], None]


def on_the_second_lease(house: House, act: Callable[[], None]) -> None:
    """Let something happen when apply asks for its lease just before a write."""
    hold, asked = house.desk.hold, [0]

    def holding(*args: Any, **given: Any) -> bool:
        asked[0] += 1
        if asked[0] == 2:
            act()
        return bool(hold(*args, **given))

    house.desk.hold = holding  # type: ignore[method-assign]


def send_back(house: House, change: Remediation) -> None:
    house.desk.advance(
        change.change_id,
        change.round,
        from_=(RoundStatus.APPLYING,),
        to=RoundStatus.UNDOING,
    )


def at_the_notice(house: House) -> Remediation:
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    return change


@pytest.mark.parametrize("stage", [at_the_notice, before_the_end])
def test_s19_who_is_overtaken_before_a_write_makes_none(stage: Any) -> None:
    house = a_house()
    change = stage(house)
    writes = house.functions.calls["PutFunctionConcurrency"]
    on_the_second_lease(house, lambda: send_back(house, change))
    house.carry(change)
    assert house.functions.calls["PutFunctionConcurrency"] == writes
    assert house.functions.calls["DeleteFunction"] == 0
    assert house.status(change) == "undoing"


@pytest.mark.parametrize("stage", [at_the_notice, before_the_end])
def test_s20_a_hard_freeze_before_a_write_lets_it_wait(stage: Any) -> None:
    house = a_house()
    change = stage(house)
    on_the_second_lease(
        house,
        lambda: freeze(house.ledger, by="dana", why="x", is_hard=True, at=house.clock.now()),
    )
    assert house.carry(change).word is OutcomeWord.WAITING
    assert house.functions.calls["DeleteFunction"] == 0


def refuse_once(house: House, to: str) -> None:
    advance, left = house.desk.advance, [1]

    def refusing(*args: Any, **given: Any) -> Any:
        if given["to"].value == to and left[0]:
            left[0] -= 1
            raise ConflictError("another call was faster")
        return advance(*args, **given)

    house.desk.advance = refusing  # type: ignore[method-assign]


@pytest.mark.parametrize("to", ["applying", "quarantine"])
def test_s06_a_quarantine_that_was_overtaken_goes_on_with_the_next_call(to: str) -> None:
    house = a_house()
    change = at_the_notice(house)
    refuse_once(house, to)
    house.carry(change)
    assert step(house, change).word is OutcomeWord.QUARANTINE
    assert house.functions.calls["PutFunctionConcurrency"] == 1


def test_s08_a_notice_that_cannot_be_looked_at_is_a_gap_and_goes_on() -> None:
    house = a_house()
    change = on_notice(house)
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
    house.cloud.deny(TARGET)
    released, gaps = watch_removals(house.verify_bench())
    assert released == ()
    assert [gap.what for gap in gaps] == ["watch"]
    assert house.status(change) == "notice"


def test_s15_an_account_that_cannot_be_entered_twice_lets_go_by_the_restore_role() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.fleet.open = _denied  # type: ignore[method-assign]
    for _ in range(2):
        house.clock.advance(timedelta(minutes=1))
        watch_removals(house.verify_bench())
    assert house.executions.undos == [(change.change_id, change.round)]
    house.undo(change)
    assert house.functions._functions[NAME].reserved is None


def _denied(target: Any) -> Any:
    raise AccessDeniedError(f"sts:AssumeRole into {target}: denied")


def test_where_nobody_can_look_nothing_holds() -> None:
    assert not_looked(a_remediation()) == "nobody could judge it anew"


def test_the_watch_believes_the_ledger_and_not_the_state_table() -> None:
    house = a_house()
    change = approved(house)
    house.desk.advance(
        change.change_id, change.round, from_=(RoundStatus.APPROVED,), to=RoundStatus.NOTICE
    )
    assert watch_removals(house.verify_bench()) == ((), ())


def test_a_notice_that_everybody_missed_begins_no_quarantine() -> None:
    house = a_house()
    change = approved(house)
    assert step(house, change).word is OutcomeWord.BACKUP
    assert house.carry(change).word is OutcomeWord.NOTICE
    house.clock.advance(15 * DAY)
    for _ in range(5):
        house.carry(change)
    assert house.functions.calls["PutFunctionConcurrency"] == 0


def lose_read(house: House, number: int) -> None:
    """Let Lambda say once, at this read, that there is no such function."""
    run, seen = house.functions.run, [0]

    def running(operation: str, work: Callable[[], Any]) -> Any:
        if operation == "GetFunction":
            seen[0] += 1
            if seen[0] == number:
                raise client_error("ResourceNotFoundException", "not there", operation)
        return run(operation, work)

    house.functions.run = running


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("stage", [at_the_notice, before_the_end])
def test_s26_a_function_that_is_missing_for_a_moment_is_not_called_gone(
    stage: Any, number: int
) -> None:
    house = a_house()
    change = stage(house)
    status = house.status(change)
    lose_read(house, number)
    try:
        house.carry(change)
    except RetryableError:
        assert house.status(change) in (status, "applying")
        house.carry(change)
    assert house.status(change) in ("quarantine", "removed")
    assert "given_up" not in house.events(change)


def test_s26_a_deletion_that_meets_nothing_while_it_is_there_lets_it_go() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_next("DeleteFunction", "ResourceNotFoundException")
    house.carry(change)
    assert house.status(change) == "undone"
    assert house.functions._functions[NAME].reserved is None


def test_s26_a_deletion_that_lands_late_is_looked_into() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_next("DeleteFunction", "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    run, seen = house.functions.run, [0]

    def running(operation: str, work: Callable[[], Any]) -> Any:
        seen[0] += operation == "GetFunction"
        if seen[0] == 2:
            house.functions._functions.pop(NAME, None)
        return run(operation, work)

    house.functions.run = running
    assert house.carry(change).reason.startswith("it is gone; CloudTrail does not name")
