"""Where do ledger and evidence live in a test? In memory, with the real stores' promises."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from trimtab.aws.ledger import require_plain
from trimtab.domain.digest import sha256_hex
from trimtab.domain.errors import NotFoundError, OutsideError, RetryableError
from trimtab.domain.ledger import Entry, Fault, Head, empty_head, next_entry
from trimtab.domain.wire import from_wire, to_wire


class FakeLedger:
    """A Ledger in memory. `mirror` holds what is mirrored; `fail_next` breaks the next append."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}
        self._heads: dict[str, Head] = {}
        self._once: dict[tuple[str, str], Entry] = {}
        self._failures: list[tuple[OutsideError, bool]] = []
        self._open: set[str] = set()
        self.mirror: dict[tuple[str, int], Entry] = {}

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
        require_plain(data)
        error, has_landed = self._failures.pop(0) if self._failures else (None, False)
        if error is not None and not has_landed:
            raise error
        entry = None if once is None else self._once.get((chain, once))
        if entry is None:
            plain = json.loads(json.dumps(data))
            head = self._heads.get(chain, empty_head(chain))
            entry = next_entry(
                head, at=at, actor=actor, event=event, data=plain, function=function, once=once
            )
            entry = from_wire(Entry, json.loads(json.dumps(to_wire(entry))))
            self._entries.setdefault(chain, []).append(entry)
            self._heads[chain] = Head(chain=chain, seq=entry.seq, hash=entry.hash)
            if once is not None:
                self._once[chain, once] = entry
            if leaves_open is not None:
                (self._open.add if leaves_open else self._open.discard)(chain)
        if error is not None:
            raise error
        self.mirror[chain, entry.seq] = entry
        return entry

    def entries(self, chain: str, *, after: int = 0) -> tuple[Entry, ...]:
        return tuple(_copied(e) for e in self._entries.get(chain, ()) if e.seq > after)

    def head(self, chain: str) -> Head | None:
        return self._heads.get(chain)

    def chains(self) -> Iterable[str]:
        return sorted(self._entries.keys() | self._heads.keys())

    def open_chains(self) -> Iterable[str]:
        return sorted(self._open)

    def heads(self) -> Iterable[Head | Fault]:
        return tuple(self._heads.values())

    def found(self, by: str, value: str) -> Iterable[Entry | Fault]:
        for chain in tuple(self._entries):
            for entry in tuple(self._entries[chain]):
                day = entry.at.astimezone(UTC).date().isoformat()
                if {"function": entry.function, "actor": entry.actor, "day": day}[by] == value:
                    yield _copied(entry)

    def events(self, chain: str) -> list[str]:
        """Return what happened in a chain, in order: what most tests want to see."""
        return [entry.event for entry in self._entries.get(chain, ())]

    def fail_next(
        self, error: OutsideError | None = None, *, after_landing: bool = False, times: int = 1
    ) -> None:
        """Make the next appends fail; `after_landing`: in the table, but not in the mirror."""
        failure = error or RetryableError("dynamodb:TransactWriteItems on purpose")
        self._failures += [(failure, after_landing)] * times

    def replace(self, chain: str, entries: Iterable[Entry]) -> None:
        """Tamper: put other entries in the place of a chain's, leaving its head alone."""
        self._entries[chain] = list(entries)


def _copied(entry: Entry) -> Entry:
    return replace(entry, data=json.loads(json.dumps(entry.data)))


class FakeRunStore:
    """A RunStore in memory. What goes in must be plain JSON, and comes out as a copy."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._failures: list[OutsideError] = []

    def put(self, key: str, data: Any) -> None:
        self._fail()
        self._texts[key] = json.dumps(data, allow_nan=False)

    def put_new(self, key: str, data: Any) -> bool:
        self._fail()
        text = json.dumps(data, allow_nan=False)
        return self._texts.setdefault(key, text) is text

    def get(self, key: str) -> Any:
        self._fail()
        if key not in self._texts:
            raise NotFoundError(f"s3:GetObject {key}: NoSuchKey")
        return json.loads(self._texts[key])

    def get_tagged(self, key: str) -> tuple[Any, str]:
        return self.get(key), self._tag(key)

    def put_over(self, key: str, data: Any, *, tag: str) -> bool:
        self._fail()
        if key not in self._texts or self._tag(key) != tag:
            return False
        self._texts[key] = json.dumps(data, allow_nan=False)
        return True

    def _tag(self, key: str) -> str:
        return sha256_hex(self._texts[key])

    def keys(self, prefix: str) -> tuple[str, ...]:
        self._fail()
        return tuple(sorted(key for key in self._texts if key.startswith(prefix)))

    def fail_next(self, error: OutsideError | None = None) -> None:
        self._failures.append(error or RetryableError("s3 on purpose"))

    def _fail(self) -> None:
        if self._failures:
            raise self._failures.pop(0)
