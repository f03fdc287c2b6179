"""What keeps a removal from its next stage, and how does it end then? (S5, S6, S14, S20, S26)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import APPROVER_ID, TARGET
from tests.fakes.failures import READ_TIMEOUT
from tests.fakes.people import FakeVerifier
from tests.pipeline.house import House, with_limits
from tests.pipeline.removal_house import (
    DAY,
    NAME,
    a_house,
    approved,
    back_up,
    in_quarantine,
    on_notice,
    step,
    to_the_end,
    watch,
)
from trimtab.domain.errors import ConflictError, PermanentError, RetryableError, TamperedError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction, Identity
from trimtab.pipeline.freeze import freeze
from trimtab.pipeline.genuine import why_not_genuine
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.removal_signs import KEPT, stop


def before_the_end(house: House) -> Remediation:
    """Go to the moment of the deletion, with the last backup made."""
    change = in_quarantine(house)
    house.clock.advance(timedelta(hours=71, minutes=30))
    assert step(house, change).word is OutcomeWord.BACKUP
    assert step(house, change).word is OutcomeWord.QUARANTINE
    house.clock.advance(timedelta(minutes=30))
    return change


def exempt(house: House) -> None:
    until = (house.clock.now() + 30 * DAY).date().isoformat()
    house.functions._functions[NAME].tags["trimtab:exempt"] = f"unused:{until}"


def keep(house: House, change: Remediation) -> None:
    known = read_round(house.ledger, change.change_id, change.round)
    stop(known, house.ledger, KEPT, "its owner keeps it", actor="x", now=house.clock.now())


@pytest.mark.parametrize("when", ["approved", "notice", "quarantine"])
def test_s20_what_its_owner_keeps_is_kept_and_not_proposed_again(when: str) -> None:
    house = a_house()
    stage = {"approved": approved, "notice": on_notice, "quarantine": in_quarantine}[when]
    change = stage(house)
    keep(house, change)
    house.carry(change)
    assert house.status(change) == ("undone" if when == "quarantine" else "stale")
    assert house.functions._functions[NAME].reserved is None
    house.clock.advance(100 * DAY)
    house.run("run-2")
    assert house.reasons("run-2")[NAME][0] == "held_back"


def test_the_watch_sends_back_what_its_owner_keeps() -> None:
    house = a_house()
    change = in_quarantine(house)
    keep(house, change)
    (released,) = watch(house)
    assert released.reason == "its owner keeps it"
    assert house.executions.undos == [(change.change_id, change.round)]


def test_a_function_that_is_gone_before_its_backup_ends_it() -> None:
    house = a_house()
    change = approved(house)
    house.functions.remove(NAME)
    house.carry(change)
    assert house.status(change) == "given_up"


def test_a_function_that_cannot_be_read_is_not_backed_up() -> None:
    house = a_house()
    change = approved(house)
    house.functions.fail_next("GetFunction", "AccessDeniedException")
    house.carry(change)
    assert house.status(change) == "not_written"


def test_s05_a_function_that_changed_since_the_approval_is_stale() -> None:
    house = a_house()
    change = approved(house)
    house.functions.change(NAME, Timeout=99)
    assert house.carry(change).word is OutcomeWord.STALE


@pytest.mark.parametrize("reserved", [4, None])
def test_s05_another_reserved_concurrency_is_a_change_too(reserved: int | None) -> None:
    house = a_house(reserved=3)
    change = approved(house)
    house.functions.reserve(NAME, reserved)
    assert house.carry(change).word is OutcomeWord.STALE
    said = "none" if reserved is None else str(reserved)
    assert f"is {said} and should be 3" in (house.round(change).note or "")


def overtake(house: House) -> None:
    house.desk.fail_next("advance", ConflictError("another call was faster"))


def test_s19_a_call_that_is_overtaken_writes_nothing_more() -> None:
    house = a_house()
    change = approved(house)
    house.carry(change)
    back_up(house, change)
    overtake(house)
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert step(house, change).word is OutcomeWord.NOTICE
    overtake(house)
    assert house.carry(change).word is OutcomeWord.NOTICE
    house.clock.advance(14 * DAY)
    assert step(house, change).word is OutcomeWord.QUARANTINE
    overtake(house)
    assert house.carry(change).word is OutcomeWord.QUARANTINE
    assert house.functions.calls["DeleteFunction"] == 0


def test_s27_what_has_no_room_waits_on_notice() -> None:
    house = a_house()
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    house.bundle = with_limits(house.bundle, unverified=0)
    assert house.carry(change).word is not OutcomeWord.QUARANTINE
    assert house.functions.calls["PutFunctionConcurrency"] == 0


def test_s27_no_slot_means_waiting_on_notice() -> None:
    house = a_house()
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    house.desk._slots = replace(house.desk._slots, unverified={f"x-r{n}": "1" for n in range(10)})
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOTICE
    assert "not yet verified" in outcome.reason


def test_s20_a_freeze_lets_a_quarantine_go() -> None:
    house = a_house()
    change = in_quarantine(house)
    freeze(house.ledger, by="dana", why="stop", is_hard=False, at=house.clock.now())
    house.carry(change)
    assert house.status(change) == "undone"
    assert house.functions._functions[NAME].reserved is None


def test_a_quarantine_that_may_not_be_written_ends_it() -> None:
    house = a_house()
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    house.functions.fail_next("PutFunctionConcurrency", "AccessDeniedException")
    house.carry(change)
    assert house.status(change) == "undone"
    assert house.functions._functions[NAME].reserved is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda house: house.functions.change(NAME, Timeout=99), "settings changed"),
        (lambda house: house.functions.reserve(NAME, 9), "should be 0"),
        (exempt, "it is exempt by now"),
    ],
)
def test_s05_what_differs_at_the_end_keeps_the_function(spoil: Any, said: str) -> None:
    house = a_house()
    change = before_the_end(house)
    spoil(house)
    house.carry(change)
    assert NAME in house.functions._functions
    assert said in (house.round(change).note or "")


def test_s14_without_a_backup_of_the_last_hour_nothing_is_deleted() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.clock.advance(timedelta(hours=71, minutes=30))
    assert house.carry(change).word is OutcomeWord.BACKUP
    house.clock.advance(timedelta(minutes=30))
    house.carry(change)
    assert house.status(change) == "undone"
    assert "once more" in (house.round(change).note or "")


def test_s08_what_cannot_be_judged_at_the_end_is_let_go_by_the_watch() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_always("ListFunctions", "ServiceException")
    with pytest.raises(RetryableError):
        house.carry(change)
    house.clock.advance(timedelta(minutes=40))
    (released,) = watch(house)
    assert "nobody ended its quarantine" in released.reason


def test_s08_what_may_not_be_judged_any_more_keeps_the_function() -> None:
    house = a_house()
    change = before_the_end(house)

    def denied(_: Remediation) -> str | None:
        raise PermanentError("sts:AssumeRole: denied")

    house.look = denied
    house.carry(change)
    assert house.status(change) == "undone"
    assert "cannot be known" in (house.round(change).note or "")


def test_s19_a_deletion_that_is_overtaken_deletes_nothing() -> None:
    house = a_house()
    change = before_the_end(house)
    left = [1]
    advance = house.desk.advance

    def counting(*args: Any, **given: Any) -> Any:
        if given["to"].value == "applying" and left[0]:
            left[0] -= 1
            raise ConflictError("another call was faster")
        return advance(*args, **given)

    house.desk.advance = counting  # type: ignore[method-assign]
    house.carry(change)
    assert house.functions.calls["DeleteFunction"] == 0
    assert to_the_end(house, change)[-1] == "written"


def test_s26_a_deletion_that_is_refused_lets_the_function_go() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_next("DeleteFunction", "AccessDeniedException")
    house.carry(change)
    assert house.status(change) == "undone"
    assert house.functions._functions[NAME].reserved is None


def test_s26_a_deletion_whose_answer_was_lost_is_asked_of_cloudtrail() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_next("DeleteFunction", READ_TIMEOUT, after_landing=True)
    trail = house.cloud[TARGET].trail
    trail._events.clear()
    hidden = trail.put
    trail.put = lambda *a, **k: None  # type: ignore[method-assign,assignment]
    assert house.carry(change).word is OutcomeWord.WAITING
    trail.put = hidden  # type: ignore[method-assign]
    house.clock.advance(timedelta(minutes=31))
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert "our call got no answer" in (house.round(change).note or "")


def test_s26_a_trail_that_may_not_be_read_says_so_in_the_end() -> None:
    house = a_house()
    change = before_the_end(house)
    house.cloud[TARGET].trail.fail_always("LookupEvents", "AccessDeniedException")
    assert house.carry(change).word is OutcomeWord.WAITING
    house.clock.advance(timedelta(minutes=31))
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert "could not be asked" in (house.round(change).note or "")


def test_s26_a_throttled_trail_is_asked_again() -> None:
    house = a_house()
    change = before_the_end(house)
    house.cloud[TARGET].trail.fail_next("LookupEvents", "ThrottlingException")
    with pytest.raises(RetryableError):
        house.carry(change)
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_s06_an_undo_that_comes_while_it_is_deleted_says_that_it_is_gone() -> None:
    house = a_house()
    change = before_the_end(house)
    trail = house.cloud[TARGET].trail
    trail.fail_always("LookupEvents", "ServiceException")
    with pytest.raises(RetryableError):
        house.carry(change)
    trail._always.clear()
    assert house.carry(change, Direction.UNDO).word is OutcomeWord.WRITTEN
    assert house.status(change) == "removed"


def test_s06_an_undo_before_a_deletion_landed_lets_the_function_go() -> None:
    house = a_house()
    change = before_the_end(house)
    house.functions.fail_next("DeleteFunction", READ_TIMEOUT)
    house.functions.before_next(
        "DeleteFunction", lambda: house.functions.fail_always("GetFunction", "ServiceException")
    )
    with pytest.raises(RetryableError):
        house.carry(change)
    house.functions._always.clear()
    assert house.carry(change, Direction.UNDO).word is OutcomeWord.WRITTEN
    assert house.status(change) == "undone"
    assert house.functions._functions[NAME].reserved is None


def test_somebody_else_who_deletes_it_in_quarantine_ends_it() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.functions.remove(NAME)
    (released,) = watch(house)
    assert released.reason == "somebody else deleted it"
    house.undo(change)
    assert house.status(change) == "given_up"


def test_s01_a_yes_to_a_removal_by_the_link_alone_does_not_count() -> None:
    house = a_house()
    _, opened = house.run()
    change = opened[0]
    with pytest.raises(TamperedError, match="asks for a sign-in"):
        house.answer(change)
    lowered = replace(change, approval=replace(change.approval, identity=Identity.LINK))
    decision = house.round(change).decision
    assert decision is not None
    why = why_not_genuine(
        lowered, decision, {decision.decision.token_hash: APPROVER_ID}, FakeVerifier()
    )
    assert why == "it asks for a sign-in, and auth is link"


def test_s20_what_its_owner_keeps_in_the_last_moment_is_not_deleted() -> None:
    house = a_house()
    change = before_the_end(house)
    advance = house.desk.advance

    def keeping(*args: Any, **given: Any) -> Any:
        if given["to"].value == "applying":
            keep(house, change)
        return advance(*args, **given)

    house.desk.advance = keeping  # type: ignore[method-assign]
    house.carry(change)
    assert NAME in house.functions._functions
    assert house.status(change) == "undone"
    assert house.functions.calls["DeleteFunction"] == 0
