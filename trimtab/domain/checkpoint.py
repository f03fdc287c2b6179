"""How far was the whole ledger at one moment? Checkpoints: every chain's head, signed (S17).

A checkpoint is a short statement: its number, its moment, the digest of the list of all heads, and
the digest of the checkpoint before. Whoever holds one of them and the public key can prove that no
chain it covers was altered, shortened or removed since. No I/O.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.domain.digest import canonical_json, sha256_hex
from trimtab.domain.errors import InputError, TamperedError
from trimtab.domain.ledger import GENESIS, Fault, Head
from trimtab.domain.wire import from_wire, to_wire

CHECKPOINTS, HEADS, FILLED = "checkpoints/", "heads/", "filled/"
"""Where the mirror keeps the statements, the lists of heads they name, and the names of the entries
that its filler wrote and not who made them."""
CHAIN = "checkpoints"
"""What a fault of a checkpoint names in the place of a chain."""
IDLE = timedelta(days=1)
"""A checkpoint is due this long after the last, even when nothing happened."""
LATE = timedelta(hours=26)
"""From here on a missing one is a fault: a day and two hours; chosen, not measured."""
IN_FLIGHT = timedelta(minutes=1)
"""An entry this young may be in the table and not yet in the mirror; chosen, far above what a put
takes."""
_KEY = re.compile(r"checkpoints/([0-9]{8})")

Heads = Mapping[str, Head]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What is signed."""

    hub_id: str
    number: int
    at: datetime
    previous: str
    """Digest of the checkpoint before; zeros for the first."""
    chains: int
    entries: int
    lag: int
    """Entries in the tables that it does not cover yet."""
    heads_digest: str
    """SHA-256 of the list of heads as `heads_text` writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """What is kept under `checkpoints/<number>`."""

    statement: str
    """The signed bytes, as text: `statement_of` a Checkpoint."""
    signature: str
    """Base64 of the ECDSA signature over the SHA-256 of the statement, in DER."""
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The last checkpoint that holds, which the next one follows. Number 0: there is none yet."""

    number: int
    digest: str
    at: datetime | None
    lag: int


NO_ANCHOR = Anchor(number=0, digest=GENESIS, at=None, lag=0)


def checkpoint_key(number: int) -> str:
    return f"{CHECKPOINTS}{number:08d}"


def number_of(key: str) -> int | None:
    """Return the number that a key names; None: it is no checkpoint's."""
    found = _KEY.fullmatch(key)
    return None if found is None else int(found[1])


def heads_key(digest: str) -> str:
    return f"{HEADS}{digest}.jsonl.gz"


def filled_key(chain: str, seq: int) -> str:
    return f"{FILLED}{chain}/{seq:08d}"


def is_in_flight(made_at: datetime, now: datetime) -> bool:
    """Tell whether whoever made an entry may still be about to mirror it."""
    return abs(now - made_at) < IN_FLIGHT


def heads_text(heads: Heads) -> str:
    """Write all heads, sorted by chain: a JSON list of chain, length and last hash per line."""
    return "".join(
        canonical_json([chain, heads[chain].seq, heads[chain].hash]) + "\n"
        for chain in sorted(heads)
    )


def read_heads(text: str, where: str) -> dict[str, Head]:
    """Read a list of heads.

    Raises: TamperedError when it is not as `heads_text` writes it.
    """
    heads: dict[str, Head] = {}
    try:
        for line in text.splitlines():
            chain, seq, last = json.loads(line)
            heads[chain] = Head(chain=chain, seq=seq, hash=last)
        is_ours = heads_text(heads) == text
    except (TypeError, ValueError, RecursionError) as error:
        raise TamperedError(f"{where}: it is no list of heads: {error}") from error
    if not is_ours:
        raise TamperedError(f"{where}: it is no list of heads as it is written here")
    return heads


def next_checkpoint(
    anchor: Anchor,
    heads: Heads,
    *,
    digest: str,
    number: int,
    lag: int,
    hub_id: str,
    at: datetime,
) -> Checkpoint:
    """Build the checkpoint that follows; `digest` is that of these heads."""
    return Checkpoint(
        hub_id=hub_id,
        number=number,
        at=at,
        previous=anchor.digest,
        chains=len(heads),
        entries=sum(head.seq for head in heads.values()),
        lag=lag,
        heads_digest=digest,
    )


def statement_of(checkpoint: Checkpoint) -> str:
    """Write a checkpoint the one way it is signed."""
    return canonical_json(to_wire(checkpoint))


def digest_of(statement: str) -> str:
    """Return what the next checkpoint names as `previous`."""
    return sha256_hex(statement)


def anchor_of(checkpoint: Checkpoint, statement: str) -> Anchor:
    return Anchor(
        number=checkpoint.number,
        digest=digest_of(statement),
        at=checkpoint.at,
        lag=checkpoint.lag,
    )


def read_signed(body: bytes, where: str) -> tuple[SignedCheckpoint, Checkpoint]:
    """Read what is kept under a checkpoint's key. The signature is not looked at.

    Raises: TamperedError when it is not what is written there.
    """
    try:
        signed = from_wire(SignedCheckpoint, json.loads(body.decode()))
        checkpoint = from_wire(Checkpoint, json.loads(signed.statement))
        is_ours = statement_of(checkpoint) == signed.statement
    except (InputError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise TamperedError(f"{where}: it does not hold a checkpoint: {error}") from error
    if not is_ours:
        raise TamperedError(f"{where}: its statement is not as it is written here")
    return signed, checkpoint


def is_due(anchor: Anchor, *, is_new: bool, at: datetime) -> bool:
    """Tell whether a checkpoint is to be made: something is new, or a day has passed."""
    return is_new or anchor.at is None or at - anchor.at >= IDLE


def sequence_faults(before: Anchor, this: Checkpoint, forged: frozenset[int]) -> tuple[Fault, ...]:
    """Return what is wrong with a checkpoint as the one after `before`.

    `forged` are the numbers that hold no checkpoint of ours: those may lie in between.
    """
    faults = []
    missing = [n for n in range(before.number + 1, this.number) if n not in forged]
    if missing:
        what = f"{len(missing)} before it are missing, from {missing[0]} to {missing[-1]}"
        faults.append(fault(this.number, what))
    elif this.previous != before.digest:
        faults.append(fault(this.number, f"it does not follow checkpoint {before.number}"))
    if before.at is not None and this.at < before.at:
        faults.append(fault(this.number, f"it is older than checkpoint {before.number}"))
    return tuple(faults)


def shrunk(before: Heads, after: Heads, number: int) -> tuple[Fault, ...]:
    """Return every chain that a later checkpoint knows less of than an earlier one."""
    faults = []
    for chain, head in before.items():
        now = after.get(chain)
        if now is None or now.seq < head.seq:
            has = "does not know it any more" if now is None else f"knows {now.seq}"
            what = f"it had {head.seq} entries, and checkpoint {number} {has}"
            faults.append(Fault(chain=chain, seq=head.seq, what=what))
        elif now.seq == head.seq and now.hash != head.hash:
            what = f"checkpoint {number} knows another entry than the one before"
            faults.append(Fault(chain=chain, seq=head.seq, what=what))
    return tuple(faults)


def fault(number: int, what: str) -> Fault:
    return Fault(chain=CHAIN, seq=number, what=what)
