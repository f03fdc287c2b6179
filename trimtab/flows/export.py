"""What is handed to an auditor? The entries of a time as they are kept, and what proves them.

Everything comes from the bucket, which is the record: each entry is the very text that was hashed.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, date

from trimtab.domain.checkpoint import CHECKPOINTS, heads_text, read_signed
from trimtab.domain.digest import sha256_hex
from trimtab.domain.errors import TamperedError
from trimtab.domain.ledger import LOG, Entry, entry_text, of_mirror_key, read_entry
from trimtab.flows.checkpoint import load_heads, read_checkpoint
from trimtab.ports import Mirror, Stored, Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One checkpoint, taken apart so that a signature can be checked by hand."""

    number: int
    text: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What an export holds. What cannot be read is left out: the audit names it."""

    entries: tuple[Entry, ...]
    """By moment; those of one moment by chain and number."""
    lines: tuple[str, ...]
    """The same as they are kept, and hashed."""
    statements: tuple[Statement, ...]
    heads: str
    """The list of heads that the last of the statements names."""
    heads_digest: str
    left_out: int
    """Objects that hold no entry, or no checkpoint of ours."""


def gather(mirror: Mirror, verifier: Verifier, *, first: date, last: date) -> Gathered:
    """Gather what was entered from the first to the last day, in UTC, both included."""
    entries, unread = _entries(mirror, first, last)
    statements, heads, unsigned = _statements(mirror, verifier, first, last)
    return Gathered(
        entries=entries,
        lines=tuple(entry_text(entry) for entry in entries),
        statements=statements,
        heads=heads,
        heads_digest=sha256_hex(heads),
        left_out=unread + unsigned,
    )


def _entries(mirror: Mirror, first: date, last: date) -> tuple[tuple[Entry, ...], int]:
    found: list[Entry] = []
    unread = 0
    wanted = (s for s in mirror.listed(LOG) if s.versions and of_mirror_key(s.key) is not None)
    for stored, body in mirror.read_many(wanted):
        try:
            entry = read_entry(body, stored.key)
        except TamperedError:
            unread += 1
            continue
        if first <= entry.at.astimezone(UTC).date() <= last:
            found.append(entry)
    found.sort(key=lambda e: (e.at, e.chain, e.seq))
    return tuple(found), unread


def _statements(
    mirror: Mirror, verifier: Verifier, first: date, last: date
) -> tuple[tuple[Statement, ...], str, int]:
    """Return the checkpoints of that time and the first one after it, which covers its end."""
    kept: list[Statement] = []
    heads, unsigned, is_covered = "", 0, False
    for stored in mirror.listed(CHECKPOINTS):
        if is_covered or not stored.versions:
            continue
        try:
            statement, on, text = _statement(stored, mirror, verifier)
        except TamperedError:
            unsigned += 1
            continue
        if on < first:
            continue
        kept.append(statement)
        heads, is_covered = text, on > last
    return tuple(kept), heads, unsigned


def _statement(stored: Stored, mirror: Mirror, verifier: Verifier) -> tuple[Statement, date, str]:
    body = mirror.read(stored)
    made, _ = read_checkpoint(stored, body, verifier)
    signed, _ = read_signed(body, stored.key)
    statement = Statement(
        number=made.number, text=signed.statement, signature=base64.b64decode(signed.signature)
    )
    return statement, made.at.astimezone(UTC).date(), heads_text(load_heads(mirror, made))
