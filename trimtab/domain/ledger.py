"""Was the record altered? A hash chain per change and per run, and how to check one (S17).

An entry's hash covers everything in it and the hash of the entry before, so that an altered,
removed, inserted or reordered entry breaks the chain; the head, kept apart, shows a cut end.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from trimtab.domain.digest import canonical_json, sha256_hex
from trimtab.domain.errors import InputError, TamperedError
from trimtab.domain.wire import from_wire, to_wire

GENESIS = "0" * 64
"""The previous hash of the first entry of every chain."""

LOG = "log/"
"""Where the mirror keeps the entries."""
_KEY = re.compile(r"log/(?P<chain>.+)/(?P<seq>[0-9]{8,})", re.DOTALL)


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
    once: str | None
    """Under which key it was entered: a repeated append with the same key finds it again."""
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


def restore_chain(restore_id: str) -> str:
    return f"restore#{restore_id}"


def backup_chain(function_id: str) -> str:
    """Name the chain of the backups that somebody took of a function, outside any change."""
    return f"backup#{function_id}"


def mirror_prefix(chain: str) -> str:
    """Name the folder of a chain in the mirror."""
    return f"{LOG}{chain}/"


def mirror_key(chain: str, seq: int) -> str:
    """Name the object that mirrors an entry."""
    return f"{mirror_prefix(chain)}{seq:08d}"


def of_mirror_key(key: str) -> tuple[str, int] | None:
    """Return the chain and number that a key of the mirror names; None: it names no entry."""
    found = _KEY.fullmatch(key)
    if found is None or mirror_key(found["chain"], int(found["seq"])) != key:
        return None
    return found["chain"], int(found["seq"])


def entry_text(entry: Entry) -> str:
    """Write an entry the one way it is kept, in the table and in the mirror."""
    return canonical_json(to_wire(entry))


def read_entry(body: Any, where: str) -> Entry:
    """Read an entry as `entry_text` wrote it; `where` names the row or the object.

    Raises: TamperedError when it is anything else, be it one space more.
    """
    try:
        kept = body.decode() if isinstance(body, bytes) else body
        entry = from_wire(Entry, json.loads(kept))
        is_ours = entry_text(entry) == kept
    except (InputError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise TamperedError(f"{where}: it does not hold an entry: {error}") from error
    if not is_ours:
        raise TamperedError(f"{where}: it does not hold an entry as it is written here")
    return entry


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
    once: str | None = None,
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
        once=once,
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
    keys: set[str] = set()
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
        if entry.once is not None and entry.once in keys:
            faults.append(_fault(entry, f"{entry.once!r} was entered already"))
        keys |= set() if entry.once is None else {entry.once}
        previous = entry.hash
    if head is None:
        chain = entries[0].chain if entries else "?"
        faults.append(Fault(chain=chain, seq=len(entries), what="the chain has no head"))
    elif not faults and (head.seq, head.hash) != (len(entries), previous):
        what = f"the head says {head.seq} entries, {len(entries)} are there"
        faults.append(Fault(chain=head.chain, seq=head.seq, what=what))
    return tuple(faults)


def follow(before: Head, entries: Sequence[Entry]) -> tuple[Head, Fault | None]:
    """Walk the entries that follow a head; return how far they are sound, and what is not."""
    head = before
    for entry in entries:
        at = Fault(chain=before.chain, seq=head.seq + 1, what="")
        if (entry.chain, entry.seq) != (before.chain, head.seq + 1):
            return head, replace(at, what="the entry is missing, or the order was changed")
        if entry.hash != entry_hash(entry):
            return head, replace(at, what="its content does not match its hash")
        if entry.previous_hash != head.hash:
            return head, replace(at, what="it does not follow the entry before it")
        head = Head(chain=entry.chain, seq=entry.seq, hash=entry.hash)
    return head, None


def _fault(entry: Entry, what: str) -> Fault:
    return Fault(chain=entry.chain, seq=entry.seq, what=what)
