"""Was the record altered? A hash chain per change and per run, and how to check one (S17).

An entry's hash covers everything in it and the hash of the entry before, so that an altered,
removed, inserted or reordered entry breaks the chain; the head, kept apart, shows a cut end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trimtab.domain.digest import canonical_json, sha256_hex
from trimtab.domain.wire import to_wire

GENESIS = "0" * 64
"""The previous hash of the first entry of every chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, or one decision not to act."""

    chain: str
    seq: int
    at: datetime
    actor: str
    event: str
    data: Mapping[str, Any]
    function: str | None
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How long a chain is and what its last hash is. `seq` 0 is an empty chain."""

    chain: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with a chain, and at which entry."""

    chain: str
    seq: int
    what: str


def change_chain(change: str) -> str:
    return f"change#{change}"


def run_chain(run_id: str) -> str:
    return f"run#{run_id}"


def entry_hash(entry: Entry) -> str:
    """Compute the hash an entry must carry: over all its fields but the hash itself."""
    fields = to_wire(entry)
    del fields["hash"]
    return sha256_hex(canonical_json(fields))


def next_entry(
    head: Head,
    *,
    at: datetime,
    actor: str,
    event: str,
    data: Mapping[str, Any],
    function: str | None,
) -> Entry:
    """Build the entry that follows this head. `data` must be plain JSON data."""
    unsealed = Entry(
        chain=head.chain,
        seq=head.seq + 1,
        at=at,
        actor=actor,
        event=event,
        data=data,
        function=function,
        previous_hash=head.hash,
        hash="",
    )
    sealed = {f: getattr(unsealed, f) for f in Entry.__slots__} | {"hash": entry_hash(unsealed)}
    return Entry(**sealed)


def empty_head(chain: str) -> Head:
    return Head(chain=chain, seq=0, hash=GENESIS)


def chain_faults(entries: Sequence[Entry], head: Head | None) -> tuple[Fault, ...]:
    """Return everything wrong with a chain, its entries in order of `seq`; empty when it is
    whole.
    """
    faults = []
    previous = GENESIS
    for position, entry in enumerate(entries, start=1):
        if entry.seq != position:
            faults.append(_fault(entry, f"entry {position} is missing, or the order was changed"))
            break
        if entry.hash != entry_hash(entry):
            faults.append(_fault(entry, "its content does not match its hash"))
        if entry.chain != (entries[0] if head is None else head).chain:
            faults.append(_fault(entry, "it belongs to another chain"))
        if entry.previous_hash != previous:
            faults.append(_fault(entry, "it does not follow the entry before it"))
        previous = entry.hash
    if head is None:
        chain = entries[0].chain if entries else "?"
        faults.append(Fault(chain=chain, seq=len(entries), what="the chain has no head"))
    elif not faults and (head.seq, head.hash) != (len(entries), previous):
        what = f"the head says {head.seq} entries, {len(entries)} are there"
        faults.append(Fault(chain=head.chain, seq=head.seq, what=what))
    return tuple(faults)


def _fault(entry: Entry, what: str) -> Fault:
    return Fault(chain=entry.chain, seq=entry.seq, what=what)
