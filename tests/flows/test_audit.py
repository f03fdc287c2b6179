"""Does an audit of the whole ledger find what was done to any chain? (S17)"""

from collections.abc import Callable

import pytest

from tests.fakes.stores import FakeLedger
from tests.pipeline.house import House
from trimtab.domain.errors import TamperedError
from trimtab.domain.ledger import Entry, change_chain
from trimtab.flows.audit import audit


def test_an_honest_ledger_is_whole_and_counted() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    found = audit(house.ledger)
    assert found.faults == ()
    assert found.chains == 2
    assert found.entries == len(house.events(change)) + 1


def test_an_empty_ledger_is_whole() -> None:
    assert audit(FakeLedger()) == audit(FakeLedger())
    assert audit(FakeLedger()).chains == 0


TAMPERING: dict[str, Callable[[list[Entry]], list[Entry]]] = {
    "cut off": lambda entries: entries[:-1],
    "emptied": lambda entries: [],
    "first removed": lambda entries: entries[1:],
    "two swapped": lambda entries: [entries[1], entries[0], *entries[2:]],
}


@pytest.mark.parametrize("how", TAMPERING)
def test_s17_tampering_with_one_chain_is_found_there_and_nowhere_else(how: str) -> None:
    house = House()
    change = house.applied()
    chain = change_chain(change.change_id)
    house.ledger.replace(chain, TAMPERING[how](list(house.ledger.entries(chain))))
    faults = audit(house.ledger).faults
    assert faults
    assert {fault.chain for fault in faults} == {chain}


class Unreadable(FakeLedger):
    """A ledger whose chains of changes do not even hold entries, once they are spoiled."""

    is_spoiled = False

    def entries(self, chain: str, *, after: int = 0) -> tuple[Entry, ...]:
        if self.is_spoiled and chain.startswith("change#"):
            raise TamperedError(f"{chain} 1: it does not hold an entry")
        return super().entries(chain, after=after)


def test_s17_a_chain_that_cannot_be_read_as_entries_is_a_fault_of_its_own() -> None:
    house = House()
    house.ledger = ledger = Unreadable()
    house.proposed()
    ledger.is_spoiled = True
    found = audit(house.ledger)
    assert [fault.what for fault in found.faults] == [
        f"{found.faults[0].chain} 1: it does not hold an entry"
    ]
    assert (found.chains, found.entries) == (2, 1)
