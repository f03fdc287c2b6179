"""Does the audit answer in words who did what, and mark what cannot be believed? (S17)"""

from dataclasses import replace

import pytest

from tests.cli.conftest import Call
from tests.fakes.builders import APPROVER, APPROVER_ID
from tests.pipeline.house import House
from trimtab.domain.ledger import change_chain


def test_a_list_says_who_decided_what(call_on: Call) -> None:
    house = House()
    house.approved()
    said = call_on(house, "audit", "list", "--event", "decided", "--names")
    assert (said.code, "approved" in said.out, APPROVER in said.out) == (0, True, True)
    for actor in (APPROVER, APPROVER_ID):
        assert "approved" in call_on(house, "audit", "list", "--actor", actor).out


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_s17_an_altered_entry_is_shown_as_such(call_on: Call, how: tuple[str, ...]) -> None:
    house = House()
    change = house.approved()
    chain = change_chain(change.change_id)
    entries = house.ledger.entries(chain)
    altered = (*entries[:-1], replace(entries[-1], actor="somebody-else"))
    house.ledger.replace(chain, altered)
    said = call_on(house, "audit", "show", change.change_id, *how)
    assert (said.code, "NOT WHOLE" in said.err) == (1, True)
    assert "somebody-else" in said.out


def test_a_name_of_a_function_leads_to_the_list(call_on: Call) -> None:
    said = call_on(House(), "audit", "show", "orders")
    assert (said.code, "audit list --function orders" in said.err) == (2, True)
