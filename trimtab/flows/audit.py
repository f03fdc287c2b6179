"""Is the ledger whole? The record in the bucket, its checkpoints, and the tables beside it (S17).

The bucket is the record: `audit_record` needs it and the public key, and nothing else. `audit_hub`
also holds the tables against it. `audit` looks at the tables alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from trimtab.domain.checkpoint import (
    CHAIN,
    CHECKPOINTS,
    FILLED,
    HEADS,
    LATE,
    NO_ANCHOR,
    Anchor,
    Heads,
    fault,
    heads_key,
    is_in_flight,
    number_of,
    sequence_faults,
    shrunk,
)
from trimtab.domain.errors import NotFoundError, TamperedError
from trimtab.domain.ledger import (
    LOG,
    Entry,
    Fault,
    Head,
    chain_faults,
    entry_text,
    mirror_key,
    mirror_prefix,
    of_mirror_key,
    read_entry,
)
from trimtab.flows.checkpoint import load_heads, read_checkpoint, read_list, stored_fault
from trimtab.pipeline.on_record import read_chain
from trimtab.ports import Ledger, Mirror, Stored, Verifier

READINGS = 3
"""Table and mirror are read one after the other, so an append in between looks like a fault."""

Points = dict[str, dict[int, str]]
"""By chain and number, the hash that some checkpoint names for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was checked, and everything that is wrong."""

    chains: int
    entries: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was checked in the record, what to know of it, and everything that is wrong."""

    chains: int
    entries: int
    checkpoints: int
    newest: Anchor
    covered: int
    """Entries that the newest checkpoint covers."""
    filled: tuple[str, ...]
    """Keys of entries that the filler put into the mirror, not who made them."""
    tables: bool
    """The tables were held against the record too."""
    waiting: int
    """Entries of the last minute that are in the table and not yet in the mirror."""
    faults: tuple[Fault, ...]


@dataclass(slots=True, kw_only=True)
class _Record:
    """What was read from the bucket so far."""

    entries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The hashes of every chain, in order; each covers all of its entry."""
    moments: dict[str, tuple[datetime, ...]] = field(default_factory=dict)
    lists: list[Stored] = field(default_factory=list)
    """The lists of heads, whoever names them."""
    checkpoints: int = 0
    newest: Anchor = NO_ANCHOR
    heads: Heads = field(default_factory=dict)
    points: Points = field(default_factory=dict)
    filled: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def audit(ledger: Ledger) -> Audit:
    """Verify every chain of the tables alone: a chain cut off together with its head looks whole.

    A chain that cannot even be read as entries is a fault of its own.
    """
    chains, entries = 0, 0
    faults: list[Fault] = []
    for chain in ledger.chains():
        chains += 1
        try:
            found, wrong = read_chain(ledger, chain)
        except TamperedError as error:
            faults.append(Fault(chain=chain, seq=0, what=str(error)))
            continue
        entries += len(found)
        faults += wrong
    return Audit(chains=chains, entries=entries, faults=tuple(faults))


def audit_record(mirror: Mirror, verifier: Verifier) -> Verified:
    """Verify the bucket with the public key alone, without any table."""
    return _verified(_read_record(mirror, verifier))


def audit_hub(ledger: Ledger, mirror: Mirror, verifier: Verifier, *, now: datetime) -> Verified:
    """Verify the bucket, and hold the tables against it.

    The bucket is read first: what is entered meanwhile is looked up in it again.
    """
    record = _read_record(mirror, verifier)
    _check_age(record, now)
    waiting = 0
    for chain in sorted(record.entries.keys() | set(ledger.chains())):
        faults: Sequence[Fault] = ()
        for _ in range(READINGS):
            faults, young = _table_faults(chain, record, ledger, mirror, now)
            if not faults:
                break
        waiting += young
        record.faults += faults
    return replace(_verified(record), tables=True, waiting=waiting)


def _verified(record: _Record) -> Verified:
    return Verified(
        chains=len(record.entries),
        entries=sum(len(hashes) for hashes in record.entries.values()),
        checkpoints=record.checkpoints,
        newest=record.newest,
        covered=sum(head.seq for head in record.heads.values()),
        filled=tuple(record.filled),
        tables=False,
        waiting=0,
        faults=tuple(record.faults),
    )


def _read_record(mirror: Mirror, verifier: Verifier) -> _Record:
    """Read everything in the bucket once, in the order of its keys: checkpoints come before the
    entries they cover.
    """
    record = _Record()
    checkpoints: list[Stored] = []
    entries = _entries_of(mirror, record, checkpoints)
    for chain, found in groupby(mirror.read_many(entries), key=lambda item: _named(item[0])[0]):
        _read_entries(chain, found, record)
    _read_checkpoints(checkpoints, mirror, verifier, record)
    _check_points(record)
    _check_uncovered(record)
    return record


def _entries_of(mirror: Mirror, record: _Record, checkpoints: list[Stored]) -> Iterator[Stored]:
    """Yield the keys of entries that can be read, and put everything else where it belongs."""
    for stored in mirror.listed(""):
        if stored.key.startswith(LOG) and of_mirror_key(stored.key) is not None:
            wrong = stored_fault(stored, *_named(stored))
            record.faults += [] if wrong is None else [wrong]
            if stored.versions:
                yield stored
        elif stored.key.startswith(CHECKPOINTS):
            checkpoints.append(stored)
        elif stored.key.startswith(FILLED):
            record.filled.append(LOG + stored.key.removeprefix(FILLED))
        elif stored.key.startswith(HEADS):
            record.lists.append(stored)
        else:
            what = "nothing of this name belongs into the mirror"
            record.faults.append(Fault(chain=stored.key, seq=0, what=what))


def _named(stored: Stored) -> tuple[str, int]:
    return of_mirror_key(stored.key) or (stored.key, 0)


def _read_entries(chain: str, found: Iterable[tuple[Stored, bytes]], record: _Record) -> None:
    """Read one chain of the mirror; what comes behind something unreadable is not looked at."""
    entries: list[Entry] = []
    for stored, body in found:
        try:
            entries.append(read_entry(body, stored.key))
        except TamperedError as error:
            record.faults.append(Fault(chain=chain, seq=_named(stored)[1], what=str(error)))
    record.entries[chain] = tuple(entry.hash for entry in entries)
    record.moments[chain] = tuple(entry.at for entry in entries)
    if entries:
        head = Head(chain=chain, seq=len(entries), hash=entries[-1].hash)
        record.faults += chain_faults(entries, head)


def _read_checkpoints(
    checkpoints: Iterable[Stored], mirror: Mirror, verifier: Verifier, record: _Record
) -> None:
    """Verify the sequence: signatures, numbers, what each follows, that no chain ever shrank."""
    forged: set[int] = set()
    digest, named = "", set[str]()
    for stored in checkpoints:
        number = number_of(stored.key) or 0
        wrong = stored_fault(stored, CHAIN, number)
        record.faults += [] if wrong is None else [wrong]
        try:
            made, anchor = read_checkpoint(stored, mirror.read(stored), verifier)
            heads = record.heads if made.heads_digest == digest else load_heads(mirror, made)
        except (TamperedError, NotFoundError) as error:
            record.faults.append(fault(number, str(error)))
            forged.add(number)
            continue
        record.faults += sequence_faults(record.newest, made, frozenset(forged))
        record.faults += shrunk(record.heads, heads, made.number)
        _point(record.heads, heads, record.points)
        record.checkpoints, digest = record.checkpoints + 1, made.heads_digest
        record.newest, record.heads = anchor, heads
        named.add(heads_key(digest))
    for stored in record.lists:
        record.faults += _list_faults(stored, mirror, is_named=stored.key in named)


def _list_faults(stored: Stored, mirror: Mirror, *, is_named: bool) -> Iterator[Fault]:
    """Look at a list of heads; one that no checkpoint names may be left of a crash."""
    wrong = stored_fault(stored, stored.key, 0)
    if wrong is not None:
        yield wrong
    elif not is_named:
        try:
            read_list(stored.key, mirror.read(stored))
        except TamperedError as error:
            yield Fault(chain=stored.key, seq=0, what=str(error))


def _point(before: Heads, after: Heads, points: Points) -> None:
    """Keep what a checkpoint says of the chains that moved since the one before."""
    for chain, head in after.items():
        if before.get(chain) != head:
            points.setdefault(chain, {})[head.seq] = head.hash


def _check_points(record: _Record) -> None:
    """Hold every head that any checkpoint names against the entries."""
    for chain, points in record.points.items():
        hashes = record.entries.get(chain, ())
        for seq, named in points.items():
            if seq > len(hashes):
                what = f"a checkpoint covers it, and the mirror has {len(hashes)} entries"
                record.faults.append(Fault(chain=chain, seq=seq, what=what))
            elif hashes[seq - 1] != named:
                what = "it is not the entry that a checkpoint names"
                record.faults.append(Fault(chain=chain, seq=seq, what=what))


def _check_uncovered(record: _Record) -> None:
    """Find what the newest checkpoint should cover, and does not: it was not in the tables."""
    newest = record.newest
    if newest.at is None or newest.lag:
        return
    for chain, moments in record.moments.items():
        covered = record.heads[chain].seq if chain in record.heads else 0
        for seq, at in enumerate(moments[covered:], start=covered + 1):
            if at < newest.at and not is_in_flight(at, newest.at):
                what = f"it is older than checkpoint {newest.number}, which does not know it"
                record.faults.append(Fault(chain=chain, seq=seq, what=what))


def _check_age(record: _Record, now: datetime) -> None:
    """Miss the checkpoint that is due every day, wherever there is something to cover."""
    moments = [at for moments in record.moments.values() for at in moments[:1]]
    since = record.newest.at or min(moments, default=now)
    if now - since > LATE:
        what = "no checkpoint was made for over a day: look at the Lambda trimtab-checkpoint"
        record.faults.append(fault(record.newest.number, what))


def _table_faults(
    chain: str, record: _Record, ledger: Ledger, mirror: Mirror, now: datetime
) -> tuple[Sequence[Fault], int]:
    """Hold one chain of the tables against the record; also count what is being mirrored."""
    try:
        rows, faults = ledger.entries(chain), list[Fault]()
        head = ledger.head(chain)
        faults += chain_faults(rows, head) if rows or head else ()
    except TamperedError as error:
        return (Fault(chain=chain, seq=0, what=str(error)),), 0
    hashes = record.entries.get(chain, ())
    for seq, (row, kept) in enumerate(zip(rows, hashes, strict=False), start=1):
        if row.hash != kept:
            what = "the table holds another entry than the mirror"
            faults.append(Fault(chain=chain, seq=seq, what=what))
    if len(rows) < len(hashes):
        what = f"the mirror has {len(hashes)} entries, the table has {len(rows)}"
        faults.append(Fault(chain=chain, seq=len(rows) + 1, what=what))
    late, young = _not_mirrored(rows[len(hashes) :], mirror, now)
    return (*faults, *late), young


def _not_mirrored(
    rows: Sequence[Entry], mirror: Mirror, now: datetime
) -> tuple[Sequence[Fault], int]:
    """Look up in the mirror what was entered since it was read."""
    if not rows:
        return (), 0
    chain, faults, young = rows[0].chain, list[Fault](), 0
    after = mirror_key(chain, rows[0].seq - 1)
    there = {stored.key: stored for stored in mirror.listed(mirror_prefix(chain), after=after)}
    for row in rows:
        key = mirror_key(row.chain, row.seq)
        if key in there and there[key].versions:
            if mirror.read(there[key]) != entry_text(row).encode():
                what = "the table holds another entry than the mirror"
                faults.append(Fault(chain=chain, seq=row.seq, what=what))
        elif is_in_flight(row.at, now):
            young += 1
        else:
            what = "it is in the table and not in the mirror: was it ever entered by Trimtab?"
            faults.append(Fault(chain=chain, seq=row.seq, what=what))
    return faults, young
