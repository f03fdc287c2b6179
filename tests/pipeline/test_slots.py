"""Do the limits over many runs hold at apply, exactly, and is a slot free again? (S27)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import ACCOUNT, REGION, an_account
from tests.pipeline.house import OTHER_ACCOUNT, House, the_bundle, with_fleet
from tests.pipeline.writes import (
    an_aliased,
)
from trimtab.domain.approval import RoundStatus
from trimtab.domain.arn import Target
from trimtab.domain.errors import RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.plan import Limits
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction

OTHER = Target(account=OTHER_ACCOUNT, region=REGION)
WIDE: dict[str, Any] = {"per_run": 20, "share_of_read": 1.0, "per_account": 20}


def a_house(*, here: int, there: int = 0, **limits: int) -> tuple[House, list[Remediation]]:
    """Approve so many changes in two accounts, under these limits."""
    roomy = {"unverified": 20, "unverified_per_account": 20, "per_day": 20}
    house = House(
        with_fleet(the_bundle(), limits=Limits(**WIDE | roomy | limits)),
        accounts=(an_account(), an_account(OTHER_ACCOUNT)),
    )
    for n in range(here):
        house.plant(f"here-{n}")
    for n in range(there):
        house.plant(f"there-{n}", target=OTHER)
    _, opened = house.run()
    for change in opened:
        house.answer(change)
    assert len(opened) == here + there
    return house, sorted(opened, key=lambda c: str(c.function))


def carried(house: House, changes: list[Remediation]) -> list[str]:
    return [house.carry(change).word.value for change in changes]


def close(house: House, change: Remediation) -> None:
    house.desk.advance(
        change.change_id, change.round, from_=[RoundStatus.WATCHING], to=RoundStatus.VERIFIED
    )


@pytest.mark.parametrize(
    ("limits", "words", "said"),
    [
        ({"unverified": 3}, "wwwxx", "3 changes are not yet verified, the limit is 3"),
        (
            {"unverified_per_account": 2},
            "wwxww",
            f"2 changes in account {ACCOUNT} are not yet verified, the limit is 2",
        ),
        ({"per_day": 4}, "wwwwx", "4 changes were written in 24 hours, the limit is 4"),
        ({"unverified": 5}, "wwwww", ""),
    ],
)
def test_s27_each_limit_holds_exactly_at_apply(
    limits: dict[str, int], words: str, said: str
) -> None:
    house, changes = a_house(here=3, there=2, **limits)
    outcomes = [house.carry(change) for change in changes]
    assert "".join("w" if o.word is OutcomeWord.WRITTEN else "x" for o in outcomes) == words
    assert {o.word for o in outcomes} <= {OutcomeWord.WRITTEN, OutcomeWord.WAITING}
    assert {o.reason for o in outcomes if o.word is OutcomeWord.WAITING} == {said} - {""}
    assert house.writes() + house.writes(OTHER) == words.count("w")


@pytest.mark.parametrize("limit", ["unverified", "unverified_per_account", "per_day"])
def test_s27_zero_is_zero(limit: str) -> None:
    house, (change,) = a_house(here=1)
    house.bundle = with_fleet(the_bundle(), limits=Limits(**WIDE | {limit: 0}))
    outcome = house.carry(change)
    assert (outcome.word, house.writes()) == (OutcomeWord.STALE, 0)
    assert "limits are zero" in outcome.reason


def test_s27_what_waits_holds_its_function_writes_nothing_and_is_written_later() -> None:
    house, (first, second) = a_house(here=2, unverified=1)
    assert carried(house, [first, second, second]) == ["written", "waiting", "waiting"]
    assert house.status(second) == "approved"
    assert house.events(second)[-1] == "waiting"
    assert house.events(second).count("waiting") == 1
    assert house.desk.lock_of(str(second.function)) == second.execution_name
    close(house, first)
    assert house.carry(second).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("here-1") == 2592


@pytest.mark.parametrize("how", ["verified", "undone", "stale"])
def test_s27_a_slot_is_free_again_when_its_round_has_ended(how: str) -> None:
    house, (first, second) = a_house(here=2, unverified=1)
    if how == "stale":
        house.desk.take_slot(first, house.bundle.fleet.limits, now=house.clock.now())
        house.functions.change("here-0", Timeout=31)
    assert house.carry(first).word.value in ("written", "stale")
    if how == "verified":
        close(house, first)
    if how == "undone":
        house.undo(first)
    assert house.status(first) == how
    assert house.carry(second).word is OutcomeWord.WRITTEN


def test_s27_a_change_that_called_a_person_keeps_its_slot() -> None:
    house, (first, second) = a_house(here=2, unverified=1)
    house.carry(first)
    house.functions.change("here-0", MemorySize=1024)
    house.undo(first)
    assert house.status(first) == "undo_stopped"
    assert house.carry(second).word is OutcomeWord.WAITING


def test_s27_a_change_that_waited_past_its_last_moment_is_stale() -> None:
    house, (first, second) = a_house(here=2, unverified=1)
    carried(house, [first, second])
    house.clock.advance(second.apply_by - house.clock.now())
    outcome = house.carry(second)
    assert (outcome.word, house.status(second)) == (OutcomeWord.STALE, "stale")
    assert house.desk.lock_of(str(second.function)) is None


def test_s27_the_day_rolls_and_no_round_that_ended_leaves_it() -> None:
    house, (first, second) = a_house(here=2, per_day=1)
    house.carry(first)
    close(house, first)
    house.clock.advance(timedelta(hours=24) - timedelta(seconds=30))
    assert house.carry(second).word is OutcomeWord.WAITING
    house.clock.advance(timedelta(seconds=31))
    assert house.carry(second).word is OutcomeWord.WRITTEN


def test_s27_a_change_that_has_its_slot_takes_no_second_one() -> None:
    house, (first, second) = a_house(here=2, unverified=2)
    house.desk.fail_next("take_slot", RetryableError("on purpose"), after_landing=True)
    with pytest.raises(RetryableError):
        house.carry(first)
    assert carried(house, [first, second]) == ["written", "written"]


def test_s05_a_change_that_may_not_be_written_takes_no_slot_and_a_trial_needs_none() -> None:
    house, (first, second) = a_house(here=2, unverified=1)
    house.functions.fail_next("TryUpdateFunctionConfiguration", "AccessDeniedException")
    assert carried(house, [first, second]) == ["not_written", "written"]
    house, (first, second) = a_house(here=2, unverified=1)
    house.carry(first)
    house.functions.fail_next("TryUpdateFunctionConfiguration", "AccessDeniedException")
    assert house.carry(second).word is OutcomeWord.NOT_WRITTEN


@pytest.mark.parametrize("role", ["change", "restore"])
@pytest.mark.parametrize("trial", ["TryUpdateFunctionConfiguration", "TryUpdateAlias"])
def test_s05_what_could_not_be_written_or_taken_back_is_not_written(role: str, trial: str) -> None:
    """The first trial is of the change role, the next of the one that puts back."""
    house = House()
    change = an_aliased(house)
    if role == "restore":
        house.functions.before_next(trial, lambda: None)
        house.functions.before_next(
            trial, lambda: house.functions.fail_next(trial, "AccessDeniedException")
        )
    else:
        house.functions.fail_next(trial, "AccessDeniedException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "could not be written and taken back" in outcome.reason
    assert house.writes() == 0
    assert house.functions.memory_mb("orders") == 3008
    assert (house.status(change), "intended" in house.events(change)) == ("not_written", False)


def test_s05_a_restore_role_that_cannot_be_opened_means_no_write() -> None:
    house = House()
    change = house.approved()
    house.workshop.deny(Direction.UNDO)
    outcome = house.carry(change)
    assert (outcome.word, house.writes()) == (OutcomeWord.NOT_WRITTEN, 0)
    assert "trimtab-restore" in outcome.reason


def test_s05_a_service_that_takes_a_wrong_revision_gets_no_write() -> None:
    house = House()
    change = house.approved()
    honest = house.functions.update_function_configuration
    house.functions.update_function_configuration = lambda **asked: honest(
        **{k: v for k, v in asked.items() if k != "RevisionId"}
    )
    outcome = house.carry(change)
    assert (outcome.word, house.functions.memory_mb("orders")) == (OutcomeWord.NOT_WRITTEN, 3008)
    assert "takes a wrong RevisionId" in outcome.reason


def test_s05_a_throttled_trial_is_made_again_before_anything_is_written() -> None:
    house = House()
    change = house.approved()
    house.functions.fail_next("TryUpdateFunctionConfiguration", "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    assert (house.writes(), house.status(change)) == (0, "approved")
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_s05_limits_tightened_since_the_approval_hold() -> None:
    house, changes = a_house(here=3)
    house.bundle = with_fleet(the_bundle(), limits=replace(house.bundle.fleet.limits, unverified=1))
    assert carried(house, changes) == ["written", "waiting", "waiting"]
    assert house.writes() == 1
