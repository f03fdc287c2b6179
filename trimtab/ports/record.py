"""What does the record need from outside? The ledger, the bucket that mirrors it, signatures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from trimtab.domain.ledger import Entry, Fault, Head


class Ledger(Protocol):
    """The hash chains. An append is in the table and in the mirror when the call returns (S7)."""

    def append(
        self,
        chain: str,
        *,
        event: str,
        actor: str,
        data: Mapping[str, Any],
        at: datetime,
        function: str | None = None,
        once: str | None = None,
        leaves_open: bool | None = None,
    ) -> Entry:
        """Append one entry. With `once`, an entry already there with that key is returned
        instead.

        `leaves_open` says whether something still has to come in this chain; None: as before.
        """
        ...

    def entries(self, chain: str, *, after: int = 0) -> tuple[Entry, ...]:
        """Return a chain in order, from the entry behind number `after` on."""
        ...

    def head(self, chain: str) -> Head | None: ...

    def chains(self) -> Iterable[str]:
        """Every chain that has an entry or a head."""
        ...

    def open_chains(self) -> Iterable[str]:
        """The chains that were left open: a hint that may lag, for whoever closes them (S6)."""
        ...

    def heads(self) -> Iterable[Head | Fault]:
        """Every head; a fault in the place of one that cannot be read as a head."""
        ...

    def found(self, by: str, value: str) -> Iterable[Entry | Fault]:
        """Entries by `function`, `actor` or `day`, from an index that may lag, in no order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One key of the mirror."""

    key: str
    oldest: str | None
    """The version that counts; None where there are no versions, or nothing is left."""
    versions: int
    """More than one: somebody wrote over the key. 0: everything under it was deleted."""
    is_hidden: bool = False
    """A delete marker lies on it."""


class Mirror(Protocol):
    """The locked bucket that is the record. A key is written once; its oldest version counts."""

    def listed(self, prefix: str, *, after: str = "") -> Iterator[Stored]:
        """Yield the keys that start so, in order, those behind `after` only."""
        ...

    def read(self, stored: Stored) -> bytes: ...

    def read_many(self, stored: Iterable[Stored]) -> Iterator[tuple[Stored, bytes]]:
        """Read many, several at a time, in the order given."""
        ...

    def put_new(self, key: str, body: bytes) -> bool:
        """Put only where nothing is yet; False: something is there, and stays as it is."""
        ...


class Signer(Protocol):
    def sign(self, message: bytes) -> tuple[str, str]:
        """Return (signature as base64, key id)."""
        ...


class Verifier(Protocol):
    def holds(self, message: bytes, *, signature: str, key_id: str) -> bool: ...
