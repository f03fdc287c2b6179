"""Does `trimtab people` say whom an id stands for, and forget it for good, on record?"""

import json
from datetime import date

import pytest

from tests.cli.conftest import CALLER, Call, OneUndo
from tests.fakes.builders import APPROVER, APPROVER_ID
from tests.fakes.people import person
from tests.pipeline.house import House, a_bundle, with_fleet
from trimtab.domain.errors import AccessDeniedError
from trimtab.domain.fleet import Gap
from trimtab.domain.freeze import FREEZE_CHAIN
from trimtab.domain.ledger import change_chain
from trimtab.domain.person import PEOPLE_CHAIN
from trimtab.flows.audit import audit
from trimtab.policy.model import KnownGap

WHY = ("--why", "the person left and asked for it")


@pytest.mark.parametrize("who", [APPROVER, APPROVER_ID])
def test_a_person_is_shown_by_id_and_by_address(call_on: Call, who: str) -> None:
    house = House()
    house.proposed()
    said = call_on(house, "people", "show", who)
    assert (said.code, said.out) == (0, f"{APPROVER_ID} {APPROVER}\n")
    said = call_on(house, "people", "show", who, "--json")
    assert json.loads(said.out) == {"person": APPROVER_ID, "address": APPROVER}


@pytest.mark.parametrize("command", [("show",), ("erase", *WHY)])
@pytest.mark.parametrize("who", ["nobody@example.com", person("nobody@example.com"), "x"])
def test_s08_who_is_not_known_is_unread_and_leaves_no_trace(
    call_on: Call, command: tuple[str, ...], who: str
) -> None:
    house = House()
    said = call_on(house, "people", command[0], who, *command[1:])
    assert (said.code, "is not in the name table" in said.err) == (2, True)
    assert house.ledger.events(PEOPLE_CHAIN) == []
    assert house.people.find(who) is None


@pytest.mark.parametrize("who", [APPROVER, APPROVER_ID])
def test_s16_to_erase_is_on_record_with_the_id_only(call_on: Call, who: str) -> None:
    house = House()
    change = house.applied()
    said = call_on(house, "people", "erase", who, *WHY)
    assert (said.code, f"{APPROVER_ID} was erased" in said.out) == (0, True)
    (entry,) = house.ledger.entries(PEOPLE_CHAIN)
    assert (entry.event, entry.actor) == ("erased", person(CALLER))
    assert entry.data == {"person": APPROVER_ID, "why": WHY[1]}
    assert call_on(house, "people", "show", who).code == 2
    assert audit(house.ledger).faults == ()
    said = call_on(house, "audit", "show", change.change_id, "--names")
    assert (APPROVER in said.out, APPROVER_ID in said.out) == (False, True)
    said = call_on(house, "audit", "show", PEOPLE_CHAIN)
    assert f"{APPROVER_ID} was erased: {WHY[1]}" in said.out


def test_to_erase_needs_a_reason(call_on: Call) -> None:
    house = House()
    house.proposed()
    assert call_on(house, "people", "erase", APPROVER_ID).code == 3
    assert house.people.find(APPROVER) == APPROVER_ID


def test_audit_show_names_people_only_when_asked_and_json_never(call_on: Call) -> None:
    house = House()
    change = house.applied()
    call_on(house, "undo", change.change_id, *WHY)
    usual = call_on(house, "audit", "show", change.change_id).out
    assert (APPROVER in usual, CALLER in usual, APPROVER_ID in usual) == (False, False, True)
    named = call_on(house, "audit", "show", change.change_id, "--names").out
    assert (APPROVER in named, CALLER in named, APPROVER_ID in named) == (True, True, False)
    as_json = call_on(house, "audit", "show", change.change_id, "--names", "--json").out
    assert as_json == call_on(house, "audit", "show", change.change_id, "--json").out
    assert APPROVER not in as_json


def test_a_record_without_people_asks_the_name_table_nothing(call_on: Call) -> None:
    house = House()
    house.run()
    house.people.fail_next(AccessDeniedError("nobody may read the names"))
    assert call_on(house, "audit", "show", "run-1", "--names").code == 0


def test_run_show_names_who_mends_a_gap_only_when_asked(call_on: Call) -> None:
    house = House()
    known = KnownGap(
        account="333333333333", why="acquired", owner="cloud@example.com", until=date.max
    )
    house.bundle = with_fleet(a_bundle(), known_gaps=(known,))
    gap = Gap(account=known.account, region="eu-west-1", what="role", error="denied")
    house.accounts = type(house.accounts)(*house.accounts._accounts, gaps=[gap])
    house.run()
    usual = call_on(house, "run", "show").out
    assert (known.owner in usual, person(known.owner) in usual) == (False, True)
    named = call_on(house, "run", "show", "--names").out
    assert (known.owner in named, person(known.owner) in named) == (True, False)


def test_s20_a_freeze_and_an_undo_wait_for_no_name(call_on: Call, executions: OneUndo) -> None:
    house = House()
    change = house.applied()
    role = "arn:aws:sts::111111111111:assumed-role/operator"
    house.people.fail_next(AccessDeniedError("the role may not use the name table"))
    assert call_on(house, "freeze", *WHY).code == 0
    assert house.ledger.entries(FREEZE_CHAIN)[-1].actor == role
    house.people.fail_next(AccessDeniedError("the role may not use the name table"))
    assert call_on(house, "undo", change.change_id, *WHY).code == 0
    assert house.ledger.entries(change_chain(change.change_id))[-1].actor == role
    assert executions.started
