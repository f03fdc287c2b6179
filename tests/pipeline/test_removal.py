"""Is an unused function removed in stages, and kept at the first sign of use? (S1, S5, S14, S15)"""

from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET
from tests.pipeline.removal_house import (
    DAY,
    NAME,
    a_house,
    approved,
    back_up,
    call,
    in_quarantine,
    on_notice,
    step,
    to_the_end,
    watch,
)
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.terms import Direction


def test_s14_a_function_goes_through_every_stage_and_is_deleted_once() -> None:
    house = a_house()
    change = approved(house)
    words = to_the_end(house, change)
    assert words[:2] == ["backup", "notice"]
    assert words.count("backup") == 2
    assert words[-1] == "written"
    assert NAME not in house.functions._functions
    assert house.functions.calls["DeleteFunction"] == 1
    assert house.status(change) == "removed"
    assert house.desk.lock_of(str(change.function)) is None
    events = house.events(change)
    order = [
        "backup_verified",
        "notice_started",
        "quarantine_intended",
        "quarantine_started",
        "deletion_intended",
        "gone",
        "removed",
    ]
    assert [e for e in events if e in order and events.count(e) == 1] == order[1:]


def test_s14_nothing_is_written_before_a_backup_was_read_back() -> None:
    house = a_house()
    change = approved(house)
    for _ in range(5):
        assert house.carry(change).word is OutcomeWord.BACKUP
        house.clock.advance(timedelta(hours=4))
    house.clock.advance(timedelta(hours=5))
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.functions.calls["PutFunctionConcurrency"] == 0
    assert house.status(change) == "not_written"


def test_s14_a_backup_of_other_code_does_not_count() -> None:
    house = a_house()
    change = approved(house)
    house.carry(change)
    back_up(house, change, code_sha256="b3RoZXI=")
    assert house.carry(change).word is OutcomeWord.BACKUP


def test_a_notice_counts_from_the_email_and_lasts_its_days() -> None:
    house = a_house()
    change = on_notice(house)
    house.clock.advance(14 * DAY - timedelta(minutes=1))
    assert step(house, change).word is OutcomeWord.NOTICE
    assert house.functions.calls["PutFunctionConcurrency"] == 0
    house.clock.advance(timedelta(minutes=1))
    assert step(house, change).word is OutcomeWord.QUARANTINE
    assert house.functions._functions[NAME].reserved == 0


@pytest.mark.parametrize("metric", ["Invocations", "Throttles", "AsyncEventsReceived"])
def test_s15_a_call_on_notice_ends_the_removal(metric: str) -> None:
    house = a_house()
    change = on_notice(house)
    house.clock.advance(3 * DAY)
    call(house, metric)
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
    (released,) = watch(house)
    assert metric in released.reason
    assert house.executions.undos == [(change.change_id, change.round)]
    house.undo(change)
    assert house.status(change) == "not_written"
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.functions.calls["PutFunctionConcurrency"] == 0


@pytest.mark.parametrize("reserved", [None, 7])
@pytest.mark.parametrize(
    "metric", ["Invocations", "Throttles", "AsyncEventsReceived", "AsyncEventsDropped"]
)
def test_s15_a_call_in_quarantine_lets_the_function_go(metric: str, reserved: int | None) -> None:
    house = a_house(reserved=reserved)
    change = in_quarantine(house)
    house.clock.advance(timedelta(hours=5))
    assert watch(house) == ()
    call(house, metric)
    (released,) = watch(house)
    assert metric in released.reason
    house.undo(change)
    assert house.status(change) == "undone"
    assert house.functions._functions[NAME].reserved == reserved


def test_s15_apply_lets_go_what_is_called_even_when_no_watch_runs() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.clock.advance(timedelta(minutes=10))
    call(house)
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.status(change) == "undone"
    assert house.functions._functions[NAME].reserved is None


def test_s15_two_missed_reads_let_the_function_go_and_one_does_not() -> None:
    house = a_house()
    change = in_quarantine(house)
    metrics = house.cloud[TARGET].metrics
    metrics.spoil("Throttles", "InternalError", FunctionName=NAME)
    house.clock.advance(timedelta(minutes=1))
    assert watch(house) == ()
    metrics.spoil("Throttles", "Complete", FunctionName=NAME)
    house.clock.advance(timedelta(minutes=1))
    assert watch(house) == ()
    metrics.spoil("Throttles", "InternalError", FunctionName=NAME)
    house.clock.advance(timedelta(minutes=1))
    assert watch(house) == ()
    house.clock.advance(timedelta(minutes=1))
    (released,) = watch(house)
    assert "2 times in a row" in released.reason
    house.undo(change)
    assert house.status(change) == "undone"


def test_s15_a_quarantine_that_nobody_ends_is_let_go() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.clock.advance(timedelta(hours=73))
    (released,) = watch(house)
    assert "nobody ended its quarantine" in released.reason
    house.undo(change)
    assert house.functions._functions[NAME].reserved is None


def test_s15_letting_go_does_not_ask_what_else_was_changed() -> None:
    house = a_house(reserved=5)
    change = in_quarantine(house)
    house.functions.change(NAME, CodeSha256="b3RoZXI=", Timeout=99)
    house.undo(change)
    assert house.functions._functions[NAME].reserved == 5
    assert house.status(change) == "undone"


def test_s15_the_limit_goes_even_where_the_old_value_does_not_fit_any_more() -> None:
    house = a_house(reserved=500)
    change = in_quarantine(house)
    house.functions.add("greedy")
    house.functions.reserve("greedy", 600)
    house.undo(change)
    assert house.functions._functions[NAME].reserved is None
    assert house.status(change) == "undo_stopped"


@pytest.mark.parametrize("when", ["notice", "quarantine"])
def test_s05_a_function_that_somebody_changes_is_kept(when: str) -> None:
    house = a_house()
    change = (on_notice if when == "notice" else in_quarantine)(house)
    house.functions.change(NAME, Timeout=99)
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
    (released,) = watch(house)
    assert "settings changed" in released.reason
    house.undo(change)
    assert NAME in house.functions._functions
    assert house.functions._functions[NAME].reserved is None


def test_s08_what_cannot_be_judged_anew_is_not_quarantined() -> None:
    house = a_house()
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    house.cloud[TARGET].metrics.spoil("Invocations", "PartialData", FunctionName=NAME)
    assert step(house, change).word is OutcomeWord.NOTICE
    house.cloud[TARGET].metrics.spoil("Invocations", "Complete", FunctionName=NAME)
    assert step(house, change).word is OutcomeWord.QUARANTINE


def test_without_the_last_email_nothing_is_deleted() -> None:
    house = a_house()
    change = on_notice(house)
    house.clock.advance(14 * DAY)
    assert house.carry(change).word is OutcomeWord.QUARANTINE
    house.clock.advance(timedelta(hours=71, minutes=30))
    assert step(house, change).word is OutcomeWord.BACKUP
    house.clock.advance(timedelta(minutes=30))
    house.carry(change)
    assert house.status(change) == "undone"
    assert "48 hours before" in (house.round(change).note or "")
    assert NAME in house.functions._functions


def test_s14_what_differs_from_its_first_backup_is_not_deleted() -> None:
    house = a_house()
    change = in_quarantine(house)
    house.clock.advance(timedelta(hours=71, minutes=30))
    assert house.carry(change).word is OutcomeWord.BACKUP
    back_up(house, change, differs=["alias live: FunctionVersion differs"])
    house.clock.advance(timedelta(minutes=30))
    house.carry(change)
    assert house.status(change) == "undone"
    assert "alias live" in (house.round(change).note or "")


def test_s14_what_could_not_be_brought_back_is_not_even_put_on_notice() -> None:
    house = a_house()
    change = approved(house)
    house.carry(change)
    back_up(house, change, not_restorable=["its function URL would have another address"])
    assert house.carry(change).word is OutcomeWord.STALE
    assert "another address" in (house.round(change).note or "")


def test_a_function_that_somebody_deletes_ends_the_removal() -> None:
    house = a_house()
    change = on_notice(house)
    house.functions.remove(NAME)
    house.clock.advance(14 * DAY)
    house.carry(change)
    assert house.status(change) == "given_up"


def test_s20_an_undo_keeps_the_function_at_any_stage() -> None:
    house = a_house()
    change = on_notice(house)
    house.undo(change)
    assert house.status(change) == "not_written"
    assert house.functions.calls["PutFunctionConcurrency"] == 0


def test_s13_an_undo_after_the_deletion_says_that_only_a_restore_helps() -> None:
    house = a_house()
    change = approved(house)
    to_the_end(house, change)
    outcome = house.carry(change, Direction.UNDO)
    assert outcome.word is OutcomeWord.WRITTEN
    assert "trimtab restore" in outcome.reason
