"""Do `trimtab freeze`, `thaw` and `allow` say and record what they do? (S20, S25)"""

import json

import pytest

from tests.cli.conftest import CALLER, Call
from tests.fakes.people import person
from tests.pipeline.house import House
from trimtab.domain.approval import DecisionWord
from trimtab.domain.freeze import FREEZE_CHAIN, Level
from trimtab.pipeline.freeze import read_freeze

WHY = ("--why", "the week of the sale")


def test_s20_a_freeze_is_on_record_with_who_and_why(call_on: Call) -> None:
    house = House()
    said = call_on(house, "freeze", *WHY)
    assert (said.code, "undo goes on" in said.out, "trimtab thaw" in said.out) == (0, True, True)
    found = read_freeze(house.ledger)
    assert (found.level, found.by, found.why) == (Level.FORWARD, person(CALLER), WHY[1])


def test_s20_a_hard_freeze_lists_what_is_left_without_a_way_back(call_on: Call) -> None:
    house = House()
    change = house.applied()
    said = call_on(house, "freeze", "--hard", *WHY)
    assert (said.code, "undo is stopped too" in said.out) == (0, True)
    assert change.execution_name in said.out
    assert read_freeze(house.ledger).level is Level.HARD


def test_s20_a_freeze_as_json_is_one_object(call_on: Call) -> None:
    house = House()
    change = house.applied()
    said = json.loads(call_on(house, "freeze", "--hard", "--json", *WHY).out)
    assert (said["level"], said["by"], said["why"]) == ("hard", person(CALLER), WHY[1])
    assert [r["remediation"]["change_id"] for r in said["exposed"]] == [change.change_id]
    assert json.loads(call_on(House(), "freeze", "--json", *WHY).out)["exposed"] == []


@pytest.mark.parametrize("as_json", [False, True])
def test_s20_the_status_is_told_by_words_and_exit_code(call_on: Call, *, as_json: bool) -> None:
    house = House()
    given = ("freeze", "--status", *(["--json"] if as_json else []))
    said = call_on(house, *given)
    assert said.code == 0
    assert (json.loads(said.out)["level"] == "open") if as_json else ("not frozen" in said.out)
    call_on(house, "freeze", *WHY)
    said = call_on(house, *given)
    assert (said.code, WHY[1] in said.out) == (1, True)
    assert house.ledger.events(FREEZE_CHAIN) == ["frozen"], "asking changes nothing"


def test_s20_a_thaw_lets_changes_go_on(call_on: Call) -> None:
    house = House()
    call_on(house, "freeze", *WHY)
    said = call_on(house, "thaw", "--why", "it is over")
    assert (said.code, "thawed" in said.out) == (0, True)
    assert read_freeze(house.ledger).level is Level.OPEN
    entry = house.ledger.entries(FREEZE_CHAIN)[-1]
    assert (entry.event, entry.actor, entry.data["why"]) == ("thawed", person(CALLER), "it is over")


def test_a_thaw_of_what_is_not_frozen_writes_nothing(call_on: Call) -> None:
    house = House()
    said = call_on(house, "thaw", *WHY)
    assert (said.code, "nothing to lift" in said.out) == (0, True)
    assert house.ledger.events(FREEZE_CHAIN) == []


def test_s20_what_cannot_be_read_is_not_thawed_but_mended_first(call_on: Call) -> None:
    house = House()
    call_on(house, "freeze", *WHY)
    house.ledger.replace(FREEZE_CHAIN, ())
    said = call_on(house, "thaw", *WHY)
    assert (said.code, "cannot be read" in said.err, "audit verify" in said.err) == (1, True, True)
    assert house.ledger.events(FREEZE_CHAIN) == []
    assert call_on(house, "freeze", "--status").code == 1


@pytest.mark.parametrize("command", [("freeze",), ("thaw",), ("allow", "x")])
@pytest.mark.parametrize("why", [" ", "x" * 501, "\u200b"])
def test_without_a_reason_nothing_happens(
    call_on: Call, command: tuple[str, ...], why: str
) -> None:
    house = House()
    said = call_on(house, *command, "--why", why)
    assert (said.code, "say why" in said.err) == (3, True)
    assert tuple(house.ledger.chains()) == ()


def test_a_freeze_without_a_reason_says_how_to_give_one(call_on: Call) -> None:
    said = call_on(House(), "freeze")
    assert (said.code, "--why '" in said.err) == (3, True)


def test_s23_a_reason_is_kept_on_one_line(call_on: Call) -> None:
    house = House()
    call_on(house, "freeze", "--why", "one\ntwo\u202ethree")
    assert read_freeze(house.ledger).why == "one two three"


def test_s25_a_rejected_change_is_allowed_again(call_on: Call) -> None:
    house = House()
    change = house.proposed()
    house.answer(change, DecisionWord.REJECTED)
    said = call_on(house, "allow", change.change_id, "--why", "agreed by now")
    assert (said.code, "may be proposed again" in said.out) == (0, True)
    assert house.events(change)[-1] == "allowed"
    assert len(house.run("run-2")[1]) == 1


def test_s25_a_change_that_is_open_or_unknown_is_refused(call_on: Call) -> None:
    house = House()
    change = house.proposed()
    said = call_on(house, "allow", change.change_id, "--why", "agreed")
    assert said.code != 0
    assert "still open" in said.err
    assert "there is no change" in call_on(house, "allow", "nobody", "--why", "agreed").err
