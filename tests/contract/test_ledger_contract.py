"""Does every Ledger keep whole chains, take an entry once, and refuse what is not plain JSON?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trimtab.domain.ledger import chain_faults
from trimtab.ports import Ledger

pytestmark = pytest.mark.contract

AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
CHAIN = "change#abc"


def note(ledger: Ledger, event: str = "planned", chain: str = CHAIN, **given: Any) -> Any:
    usual: dict[str, Any] = {"actor": "plan", "data": {"memory_mb": 1769}, "at": AT}
    return ledger.append(chain, event=event, **usual | given)


def test_an_empty_chain_has_no_head_and_no_entries(ledger: Ledger) -> None:
    assert ledger.head(CHAIN) is None
    assert ledger.entries(CHAIN) == ()
    assert list(ledger.chains()) == []


def test_what_is_appended_is_read_back_as_it_was(ledger: Ledger) -> None:
    data = {"text": "naïve 'quotes'", "list": [1, 2.5, None, True], "inside": {"a": []}}
    entry = note(ledger, data=data, function="arn:aws:lambda:x")
    assert ledger.entries(CHAIN) == (entry,)
    assert entry.data == data
    assert (entry.seq, entry.at, entry.actor) == (1, AT, "plan")


def test_entries_come_in_order_and_form_a_whole_chain(ledger: Ledger) -> None:
    for n in range(12):
        note(ledger, event=f"event {n}", at=AT + timedelta(seconds=n))
    entries = ledger.entries(CHAIN)
    assert [entry.event for entry in entries] == [f"event {n}" for n in range(12)]
    assert chain_faults(entries, ledger.head(CHAIN)) == ()


def test_chains_do_not_mix(ledger: Ledger) -> None:
    note(ledger, chain="change#abc")
    note(ledger, chain="run#1")
    note(ledger, chain="run#1")
    assert sorted(ledger.chains()) == ["change#abc", "run#1"]
    assert [e.chain for e in ledger.entries("run#1")] == ["run#1", "run#1"]
    head = ledger.head("run#1")
    assert head is not None
    assert head.seq == 2


def test_s6_a_repeated_append_with_the_same_once_is_one_entry(ledger: Ledger) -> None:
    first = note(ledger, once="intent-1")
    note(ledger, event="between")
    again = note(ledger, once="intent-1", at=AT + timedelta(hours=1), data={"other": 1})
    assert again == first
    assert [e.event for e in ledger.entries(CHAIN)] == ["planned", "between"]


def test_once_counts_within_its_own_chain_only(ledger: Ledger) -> None:
    note(ledger, once="same")
    note(ledger, once="same", chain="run#1")
    note(ledger, once="other")
    assert len(ledger.entries(CHAIN)) == 2
    assert len(ledger.entries("run#1")) == 1


@pytest.mark.parametrize(
    "data",
    [
        {"at": AT},
        {"share": float("nan")},
        {"share": float("inf")},
        {1: "key"},
        {"deep": [{"set": {1}}]},
        {"pair": (1, 2)},
        {"raw": b"bytes"},
    ],
    ids=["moment", "nan", "infinite", "key", "set", "tuple", "bytes"],
)
def test_data_that_is_not_plain_json_is_refused(ledger: Ledger, data: Any) -> None:
    with pytest.raises(TypeError):
        note(ledger, data=data)
    assert ledger.entries(CHAIN) == ()


def test_s6_a_chain_is_listed_as_open_until_an_entry_closes_it(ledger: Ledger) -> None:
    note(ledger, leaves_open=True)
    note(ledger, event="between")
    note(ledger, chain="change#other", leaves_open=True)
    assert list(ledger.open_chains()) == [CHAIN, "change#other"]
    note(ledger, event="end", leaves_open=False)
    assert list(ledger.open_chains()) == ["change#other"]
    note(ledger, event="told")
    assert list(ledger.open_chains()) == ["change#other"]
    note(ledger, event="again", leaves_open=True)
    assert list(ledger.open_chains()) == [CHAIN, "change#other"]


def test_a_chain_that_was_never_open_is_closed_without_harm(ledger: Ledger) -> None:
    note(ledger, leaves_open=False)
    assert list(ledger.open_chains()) == []
