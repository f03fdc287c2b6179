"""How does the mirror stay whole, and who says how far it goes? Fill it, then sign a checkpoint
(S7, S17).

Only chains whose head moved since the last checkpoint are looked at. A checkpoint covers what was
compared, entry by entry, and found the same in the table and in the mirror; never more.
"""

import gzip
import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.domain.checkpoint import (
    CHECKPOINTS,
    NO_ANCHOR,
    Anchor,
    Checkpoint,
    Heads,
    SignedCheckpoint,
    anchor_of,
    checkpoint_key,
    fault,
    filled_key,
    heads_key,
    heads_text,
    is_due,
    is_in_flight,
    next_checkpoint,
    number_of,
    read_heads,
    read_signed,
    statement_of,
)
from trimtab.domain.digest import canonical_json, sha256_hex
from trimtab.domain.errors import NotFoundError, TamperedError
from trimtab.domain.freeze import CONTROL
from trimtab.domain.ledger import (
    Entry,
    Fault,
    Head,
    empty_head,
    entry_text,
    follow,
    mirror_key,
    mirror_prefix,
    of_mirror_key,
)
from trimtab.domain.wire import to_wire
from trimtab.pipeline.freeze import freeze, read_freeze
from trimtab.ports import Clock, Ledger, Mirror, Signer, Stored, Verifier

STOP_BEFORE = timedelta(seconds=60)
"""What is left when comparing stops, so that what was compared is signed; chosen."""
LARGEST_LIST = 1 << 30
"""Bytes of a list of heads, unpacked: some eight million chains. What is larger is no list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    ledger: Ledger
    mirror: Mirror
    signer: Signer
    verifier: Verifier
    clock: Clock
    hub_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpointed:
    """What was done, and everything that is wrong."""

    number: int | None
    """Of the checkpoint that was made; None: none was due, or another one was first."""
    chains: int
    filled: int
    """Entries that were in the table and not in the mirror, and are now in both."""
    lag: int
    """Entries in the table that are not, or not known to be, in the mirror yet."""
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """How far one chain is the same in table and mirror."""

    head: Head
    filled: int = 0
    lag: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last checkpoint that holds."""

    anchor: Anchor
    heads: Heads
    numbers: frozenset[int]
    """Every number that is taken, by whatever."""
    faults: tuple[Fault, ...]


ACTOR = "trimtab-checkpoint"


def stop_on(done: Checkpointed, bench: Bench) -> None:
    """Freeze forward writes where the record is not whole; a person thaws (S17, S20)."""
    if not done.faults or read_freeze(bench.ledger).stops_forward:
        return
    first = done.faults[0]
    why = f"{len(done.faults)} faults in the ledger, first {first.chain} {first.seq}: {first.what}"
    # Where the mirror holds another entry, ours stands in the table all the same, and that counts.
    with suppress(TamperedError):
        freeze(bench.ledger, by=ACTOR, why=why, is_hard=False, at=bench.clock.now())


def checkpoint(bench: Bench) -> Checkpointed:
    """Fill what the mirror lacks and sign how far the ledger is, if anything is new or a day old.

    A fault is returned, not raised: the other chains go on, and the caller stops what has to stop.
    """
    last = last_checkpoint(bench.mirror, bench.verifier)
    heads, faults = _heads(bench.ledger, last.heads)
    covered, lag, filled = dict(last.heads), 0, 0
    for head in heads:
        before = covered.get(head.chain, empty_head(head.chain))
        if bench.clock.remaining() < STOP_BEFORE:
            lag += head.seq - before.seq
            continue
        compared = _compare(before, head, bench)
        faults += compared.faults
        filled, lag = filled + compared.filled, lag + compared.lag
        if compared.head.seq > 0:
            covered[head.chain] = compared.head
    now = bench.clock.now()
    number = None
    if is_due(last.anchor, is_new=covered != last.heads, at=now):
        number = _sign(last, covered, bench, lag=lag, at=now)
    return Checkpointed(
        number=number,
        chains=len(covered),
        filled=filled,
        lag=lag,
        faults=(*last.faults, *faults),
    )


def _heads(ledger: Ledger, before: Heads) -> tuple[list[Head], list[Fault]]:
    """Return the heads that moved on since, and a fault for each that did anything else.

    The chains that stop Trimtab are looked at every time: a table put back to where the last
    checkpoint was would otherwise lift a freeze that was entered since.
    """
    moved: list[Head] = []
    faults: list[Fault] = []
    gone = set(before)
    for head in ledger.heads():
        gone.discard(head.chain)
        if isinstance(head, Fault):
            faults.append(head)
            continue
        known = before.get(head.chain)
        if known is None or head.seq > known.seq:
            moved.append(head)
        elif head == known:
            moved += [head] if head.chain.startswith(CONTROL) else []
        else:
            what = f"the table has {head.seq} entries and another end than the last checkpoint"
            faults.append(Fault(chain=head.chain, seq=known.seq, what=what))
    what = "the last checkpoint knows it, and the table of heads does not"
    faults += [Fault(chain=chain, seq=before[chain].seq, what=what) for chain in sorted(gone)]
    return moved, faults


def _compare(before: Head, head: Head, bench: Bench) -> _Compared:
    """Compare what is new in one chain, entry by entry, and fill what the mirror lacks.

    The mirror is listed before the table is read: whatever it holds must then be in the table.
    """
    chain, there = before.chain, {}
    for stored in bench.mirror.listed(
        mirror_prefix(chain), after=mirror_key(chain, before.seq) if before.seq else ""
    ):
        there[stored.key] = stored
    try:
        rows = bench.ledger.entries(chain, after=before.seq)
    except TamperedError as error:
        return _Compared(head=before, faults=(Fault(chain=chain, seq=0, what=str(error)),))
    sound, wrong = follow(before, rows)
    faults = [] if wrong is None else [wrong]
    ends = {row.seq: row.hash for row in rows}
    ends.setdefault(before.seq, before.hash)
    if ends.get(head.seq) != head.hash:
        what = f"the head says {head.seq} entries, and the last one there is another"
        faults.append(Fault(chain=chain, seq=head.seq, what=what))
    known = {mirror_key(chain, row.seq) for row in rows}
    faults += [_extra(chain, key) for key in there if key not in known]
    done, filled = before, 0
    for row in rows[: sound.seq - before.seq]:
        key = mirror_key(chain, row.seq)
        if key not in there and is_in_flight(row.at, bench.clock.now()):
            break
        fault, is_filled = _one(row, there.get(key), bench)
        if fault is not None:
            faults.append(fault)
            break
        filled += is_filled
        done = Head(chain=chain, seq=row.seq, hash=row.hash)
    lag = 0 if faults else len(rows) - (done.seq - before.seq)
    return _Compared(head=done, filled=filled, lag=lag, faults=tuple(faults))


def _extra(chain: str, key: str) -> Fault:
    named = of_mirror_key(key)
    what = f"{key} is in the mirror, and the table has no such entry"
    return Fault(chain=chain, seq=0 if named is None else named[1], what=what)


def _one(row: Entry, stored: Stored | None, bench: Bench) -> tuple[Fault | None, bool]:
    """Compare one entry with its copy, or make the copy; tell what is wrong, and if it was made."""
    key, body = mirror_key(row.chain, row.seq), entry_text(row).encode()
    if stored is None:
        mark = canonical_json({"at": to_wire(bench.clock.now()), "hash": row.hash}).encode()
        bench.mirror.put_new(filled_key(row.chain, row.seq), mark)
        if bench.mirror.put_new(key, body):
            return None, True
        stored = next(found for found in bench.mirror.listed(key) if found.key == key)
    wrong = stored_fault(stored, row.chain, row.seq)
    if wrong is None and bench.mirror.read(stored) != body:
        what = f"{key}: the mirror holds another entry than the table"
        wrong = Fault(chain=row.chain, seq=row.seq, what=what)
    return wrong, False


def stored_fault(stored: Stored, chain: str, seq: int) -> Fault | None:
    """Return what is wrong with a key of the mirror, whatever is under it."""
    if stored.versions == 0:
        return Fault(chain=chain, seq=seq, what=f"{stored.key} was deleted from the mirror")
    if stored.versions > 1:
        what = f"{stored.key} was written {stored.versions} times: the oldest version counts"
        return Fault(chain=chain, seq=seq, what=what)
    if stored.is_hidden:
        return Fault(chain=chain, seq=seq, what=f"{stored.key} lies under a delete marker")
    return None


def last_checkpoint(mirror: Mirror, verifier: Verifier) -> Last:
    """Return the last checkpoint that holds; whatever is newer and does not is a fault."""
    found: dict[int, Stored] = {}
    faults: list[Fault] = []
    for stored in mirror.listed(CHECKPOINTS):
        number = number_of(stored.key)
        if number is None:
            faults.append(fault(0, f"{stored.key} is not the name of a checkpoint"))
        else:
            found[number] = stored
    for number in sorted(found, reverse=True):
        try:
            made, anchor = read_checkpoint(found[number], mirror.read(found[number]), verifier)
            heads = load_heads(mirror, made)
        except (TamperedError, NotFoundError) as error:
            faults.append(fault(number, str(error)))
            continue
        return Last(anchor=anchor, heads=heads, numbers=frozenset(found), faults=tuple(faults))
    return Last(anchor=NO_ANCHOR, heads={}, numbers=frozenset(found), faults=tuple(faults))


def read_checkpoint(stored: Stored, body: bytes, verifier: Verifier) -> tuple[Checkpoint, Anchor]:
    """Read one checkpoint and check its signature.

    Raises: TamperedError when it is not ours, or not the one its key names.
    """
    signed, made = read_signed(body, stored.key)
    if checkpoint_key(made.number) != stored.key:
        raise TamperedError(f"{stored.key}: it holds checkpoint {made.number}")
    if not verifier.holds(
        signed.statement.encode(), signature=signed.signature, key_id=signed.key_id
    ):
        raise TamperedError(f"{stored.key}: it was not signed with the key of the checkpoints")
    return made, anchor_of(made, signed.statement)


def load_heads(mirror: Mirror, made: Checkpoint) -> dict[str, Head]:
    """Read the list of heads a checkpoint names.

    Raises: TamperedError when it is not there, or is not the one that was signed.
    """
    key = heads_key(made.heads_digest)
    found = [stored for stored in mirror.listed(key) if stored.key == key and stored.versions]
    if not found:
        raise TamperedError(f"{key}: the list of heads of checkpoint {made.number} is not there")
    return read_list(key, mirror.read(found[0]))


def read_list(key: str, body: bytes) -> dict[str, Head]:
    """Read a list of heads, which is kept under its digest.

    Raises: TamperedError when it is not the list its key names.
    """
    text = _unpacked(body, key)
    if heads_key(sha256_hex(text)) != key:
        raise TamperedError(f"{key}: it is not the list of heads that its name says")
    return read_heads(text, key)


def _unpacked(body: bytes, key: str) -> str:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            text = packed.read(LARGEST_LIST + 1)
        if len(text) > LARGEST_LIST:
            raise TamperedError(f"{key}: it is larger than any list of heads")
        return text.decode()
    except (OSError, EOFError, ValueError) as error:
        raise TamperedError(f"{key}: it cannot be unpacked: {error}") from error


def _sign(last: Last, heads: Heads, bench: Bench, *, lag: int, at: datetime) -> int | None:
    """Sign and keep the next checkpoint; None: somebody else kept one under its number first."""
    text = heads_text(heads)
    digest = sha256_hex(text)
    number = _free(last.anchor.number + 1, last.numbers)
    made = next_checkpoint(
        last.anchor,
        heads,
        digest=digest,
        number=number,
        lag=lag,
        hub_id=bench.hub_id,
        at=at,
    )
    bench.mirror.put_new(heads_key(digest), gzip.compress(text.encode(), mtime=0))
    statement = statement_of(made)
    signature, key_id = bench.signer.sign(statement.encode())
    signed = SignedCheckpoint(statement=statement, signature=signature, key_id=key_id)
    body = canonical_json(to_wire(signed)).encode()
    return number if bench.mirror.put_new(checkpoint_key(number), body) else None


def _free(number: int, taken: Iterable[int]) -> int:
    """Return the first number from here on that nobody has taken."""
    numbers = frozenset(taken)
    while number in numbers:
        number += 1
    return number
