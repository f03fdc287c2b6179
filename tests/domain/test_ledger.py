"""Is every kind of tampering with a chain found? (S17, within what the table alone can show)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.clock import NOW
from trimtab.domain.ledger import (
    GENESIS,
    Entry,
    Head,
    chain_faults,
    change_chain,
    empty_head,
    entry_hash,
    next_entry,
    run_chain,
)

CHAIN = change_chain("abc")


def a_chain(length: int = 5, chain: str = CHAIN) -> tuple[list[Entry], Head]:
    head = empty_head(chain)
    entries = []
    for n in range(length):
        entry = next_entry(
            head, at=NOW, actor="someone", event=f"event-{n}", data={"n": n}, function="arn"
        )
        entries.append(entry)
        head = Head(chain=chain, seq=entry.seq, hash=entry.hash)
    return entries, head


def resealed(entry: Entry, **changed: Any) -> Entry:
    """Alter an entry as somebody would who can compute hashes."""
    altered = replace(entry, **changed)
    return replace(altered, hash=entry_hash(altered))


def test_chains_of_changes_and_runs_have_names_of_their_own() -> None:
    assert change_chain("x") == "change#x"
    assert run_chain("x") == "run#x"


@pytest.mark.parametrize("length", range(1, 6))
def test_an_untouched_chain_is_whole(length: int) -> None:
    entries, head = a_chain(length)
    assert chain_faults(entries, head) == ()
    assert entries[0].previous_hash == GENESIS


FIELDS: dict[str, Any] = {
    "chain": change_chain("other"),
    "at": NOW + timedelta(microseconds=1),
    "actor": "someone else",
    "event": "another event",
    "data": {"n": 99},
    "function": None,
    "previous_hash": "f" * 64,
    "hash": "e" * 64,
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("position", range(5))
def test_s17_an_altered_field_is_found_at_its_entry(field: str, position: int) -> None:
    entries, head = a_chain()
    entries[position] = replace(entries[position], **{field: FIELDS[field]})
    faults = chain_faults(entries, head)
    assert faults
    assert faults[0].seq == position + 1
    assert faults[0].what == "its content does not match its hash"


@pytest.mark.parametrize("position", range(5))
def test_s17_an_entry_altered_and_sealed_again_is_found(position: int) -> None:
    entries, head = a_chain()
    entries[position] = resealed(entries[position], actor="someone else")
    assert chain_faults(entries, head)


@pytest.mark.parametrize("position", range(5))
def test_s17_a_removed_entry_is_found(position: int) -> None:
    entries, head = a_chain()
    del entries[position]
    assert chain_faults(entries, head)


@pytest.mark.parametrize("position", range(5))
def test_s17_an_inserted_entry_is_found(position: int) -> None:
    entries, head = a_chain()
    entries.insert(position, entries[position])
    assert "missing, or the order" in chain_faults(entries, head)[0].what


@pytest.mark.parametrize("cut", range(5))
def test_s17_a_cut_end_is_found_by_the_head(cut: int) -> None:
    entries, head = a_chain()
    (fault,) = chain_faults(entries[:cut], head)
    assert fault.what == f"the head says 5 entries, {cut} are there"


def test_s17_an_appended_entry_is_found_by_the_head() -> None:
    entries, head = a_chain()
    more, _ = a_chain(6)
    assert chain_faults([*entries, more[5]], head)


def _swap(entries: list[Entry]) -> list[Entry]:
    return [entries[0], entries[2], entries[1], *entries[3:]]


def _renumbered_swap(entries: list[Entry]) -> list[Entry]:
    swapped = _swap(entries)
    return [replace(e, seq=n) for n, e in enumerate(swapped, start=1)]


@pytest.mark.parametrize("reorder", [_swap, _renumbered_swap])
def test_s17_another_order_is_found(reorder: Callable[[list[Entry]], list[Entry]]) -> None:
    entries, head = a_chain()
    assert chain_faults(reorder(entries), head)


def test_s17_a_missing_head_is_found() -> None:
    entries, _ = a_chain()
    assert chain_faults(entries, None)[-1].what == "the chain has no head"
    assert chain_faults([], None)[0].chain == "?"


def test_s17_the_entries_of_another_chain_do_not_pass() -> None:
    _, head = a_chain()
    others, _ = a_chain(chain=change_chain("other"))
    assert chain_faults(others, head)


def test_s17_another_chain_with_its_own_head_hash_does_not_pass_under_this_name() -> None:
    others, other_head = a_chain(chain=change_chain("other"))
    assert chain_faults(others, replace(other_head, chain=CHAIN))
