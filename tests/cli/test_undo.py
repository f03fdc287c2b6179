"""Does `trimtab undo` start what can be undone, on record, and say why not otherwise?"""

import pytest

from tests.cli.conftest import CALLER, Call, OneUndo
from tests.pipeline.house import House
from trimtab.domain.approval import DecisionWord
from trimtab.domain.ledger import change_chain

WHY = ("--why", "the nightly report ran slower")


def test_who_asks_and_why_is_on_record_before_it_starts(call_on: Call, executions: OneUndo) -> None:
    house = House()
    change = house.applied()
    said = call_on(house, "undo", change.change_id, *WHY)
    assert (said.code, executions.started) == (0, [(change.change_id, 1)])
    assert f"undo of {change.change_id} started" in said.out
    asked = house.ledger.entries(change_chain(change.change_id))[-1]
    assert (asked.event, asked.actor) == ("undo_asked", house.people.ids((CALLER,))[CALLER])
    assert asked.data == {"round": 1, "why": WHY[1]}


def test_a_second_ask_says_that_one_is_running(call_on: Call) -> None:
    house = House()
    change = house.applied()
    call_on(house, "undo", change.change_id, *WHY)
    said = call_on(house, "undo", change.change_id, *WHY)
    assert (said.code, "is running already" in said.out) == (0, True)


def test_what_was_taken_back_already_is_refused_without_a_trace(
    call_on: Call, executions: OneUndo
) -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    events = house.events(change)
    said = call_on(house, "undo", change.change_id, *WHY)
    assert (said.code, "already taken back" in said.err) == (1, True)
    assert (house.events(change), executions.started) == (events, [])


@pytest.mark.parametrize(
    ("word", "status"),
    [(DecisionWord.REJECTED, "rejected"), (DecisionWord.APPROVED, "approved"), (None, "proposed")],
)
def test_what_was_never_written_is_refused_with_its_status(
    call_on: Call, word: DecisionWord | None, status: str
) -> None:
    house = House()
    change = house.proposed()
    if word is not None:
        house.answer(change, word)
    said = call_on(house, "undo", change.change_id, *WHY)
    assert (said.code, f"is {status}:" in said.err) == (1, True)


def test_an_unknown_change_is_unread_and_a_prefix_is_unknown(call_on: Call) -> None:
    house = House()
    change = house.applied()
    for given in ("nobody", change.change_id[:8]):
        assert call_on(house, "undo", given, *WHY).code == 2


@pytest.mark.parametrize("given", [(), ("--why", " "), ("--why", "x" * 501)])
def test_without_a_reason_nothing_starts(
    call_on: Call, executions: OneUndo, given: tuple[str, ...]
) -> None:
    house = House()
    change = house.applied()
    assert call_on(house, "undo", change.change_id, *given).code == 3
    assert executions.started == []


def test_s20_an_undo_under_a_hard_freeze_says_that_it_waits(call_on: Call) -> None:
    house = House()
    change = house.applied()
    call_on(house, "freeze", "--hard", "--why", "an incident")
    said = call_on(house, "undo", change.change_id, *WHY)
    assert (said.code, "it waits until trimtab thaw" in said.out) == (0, True)


def test_s13_what_cannot_be_finished_is_given_up_on_record(call_on: Call) -> None:
    house = House()
    change = house.applied()
    said = call_on(house, "give-up", change.change_id, *WHY)
    assert (said.code, "is given up" in said.out) == (0, True)
    assert (house.status(change), house.events(change)[-1]) == ("given_up", "given_up")
    entry = house.ledger.entries(change_chain(change.change_id))[-1]
    assert entry.actor == house.people.ids((CALLER,))[CALLER]


@pytest.mark.parametrize("command", ["undo", "give-up", "allow"])
def test_refused_and_unknown_have_one_exit_code_each(call_on: Call, command: str) -> None:
    house = House()
    change = house.proposed()
    assert call_on(house, command, change.change_id, *WHY).code == 1
    assert call_on(house, command, "nobody", *WHY).code == 2
