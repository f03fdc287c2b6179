"""Does `trimtab audit` tell a change as a story, and find what is not whole?"""

import json

from tests.cli.conftest import Call
from tests.pipeline.house import House
from trimtab.domain.ledger import change_chain


def test_a_change_has_a_header_and_a_sentence_for_each_entry(call_on: Call) -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    said = call_on(house, "audit", "show", change.change_id)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == f"change    {change.change_id}"
    assert f"account   {change.function.account}" in lines
    assert "changes   memory 3,008 MB -> 2,592 MB" in lines
    for words in (
        "may answer until",
        "approved (auth: link) by",
        "about to write memory 2,592 MB; it was memory 3,008 MB",
        "done: set memory to 2,592 MB",
        "watched until",
        "done: set memory to 3,008 MB",
        "taken back: the before-values are back",
    ):
        assert words in said.out
    assert "{" not in said.out
    assert "see --json" not in said.out


def test_a_run_is_told_too(call_on: Call) -> None:
    house = House()
    house.proposed()
    said = call_on(house, "audit", "show", "run-1")
    assert said.out.startswith("run run-1\n")
    assert "1 finding: 1 planned" in said.out


def test_as_json_every_entry_is_one_object(call_on: Call) -> None:
    house = House()
    change = house.applied()
    said = call_on(house, "audit", "show", change.change_id, "--json")
    events = [json.loads(line)["event"] for line in said.out.splitlines()]
    assert events == house.events(change)


def test_an_unknown_id_is_unread(call_on: Call) -> None:
    said = call_on(House(), "audit", "show", "nobody")
    assert (said.code, "nothing is on record" in said.err) == (2, True)


def test_a_whole_ledger_is_well_and_a_cut_one_is_found(call_on: Call) -> None:
    house = House()
    change = house.applied()
    assert call_on(house, "audit", "verify").code == 0
    chain = change_chain(change.change_id)
    house.ledger.replace(chain, house.ledger.entries(chain)[:-1])
    cut = call_on(house, "audit", "verify")
    assert cut.code == 1
    assert f"FAULT {chain}, entry" in cut.out
    assert json.loads(call_on(house, "audit", "verify", "--json").out)["faults"]
