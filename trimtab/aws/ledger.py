"""Where is the ledger kept? In DynamoDB, one transaction per entry, and mirrored in S3 (S7, S17).

The table holds the entry and, apart from it, the head of its chain; the mirror holds the same bytes
under a key that can be written once. An append returns when both are there.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from trimtab.aws.items import get, pages, to_item, transact
from trimtab.aws.mirror import S3Mirror
from trimtab.domain.errors import RetryableError, TamperedError
from trimtab.domain.ledger import (
    GENESIS,
    Entry,
    Fault,
    Head,
    empty_head,
    entry_text,
    mirror_key,
    next_entry,
    read_entry,
)

OPEN_INDEX = "open"
"""Index of the heads table: the chains in which something still has to come."""
IS_OPEN = "yes"

ATTEMPTS = 40
PAUSE_S, PAUSE_AT_MOST_S = 0.02, 1.0
"""How often an append starts again because another one was first, and how long it waits between:
a random part of a time that doubles. Measured: see tests/benchmarks/ledger_writers.py."""


class AwsLedger:
    """The hash chains of one hub."""

    def __init__(
        self,
        dynamodb: Any,
        s3: Any,
        *,
        ledger_table: str,
        heads_table: str,
        bucket: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dynamodb = dynamodb
        self._mirror = S3Mirror(s3, bucket=bucket)
        self._ledger_table = ledger_table
        self._heads_table = heads_table
        self._bucket = bucket
        self._sleep = sleep

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
        """Append one entry, in the table and in the mirror.

        Raises: TypeError for data that is not plain JSON; TamperedError when the mirror holds
        something else under its key; RetryableError.
        """
        require_plain(data)
        seen = 0
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(random.uniform(0, min(PAUSE_AT_MOST_S, PAUSE_S * 2**attempt)))
            head = self.head(chain) or empty_head(chain)
            entry = None
            if once is not None and head.seq > seen:
                entry, seen = self._entry_once(chain, once, after=seen), head.seq
            if entry is None:
                entry = next_entry(
                    head, at=at, actor=actor, event=event, data=data, function=function, once=once
                )
                if not self._is_put(entry, head, leaves_open):
                    continue
            self._copy(entry)
            return entry
        raise RetryableError(f"ledger {chain}: others were first {ATTEMPTS} times; try again later")

    def entries(self, chain: str, *, after: int = 0) -> tuple[Entry, ...]:
        """Return a chain in order, from the entry behind number `after` on.

        Raises: TamperedError when a row does not hold the entry its keys name, or when what stands
        beside the entry, for the indexes, says something else.
        """
        return tuple(_entry(row) for row in self._rows(chain, after=after))

    def head(self, chain: str) -> Head | None:
        """Raises: TamperedError when the row does not hold a head."""
        row = get(self._dynamodb, self._heads_table, {"chain": chain})
        return None if row is None else _head(row)

    def heads(self) -> Iterator[Head | Fault]:
        """Yield every head, read with strong consistency; a fault for one that is no head."""
        rows = pages(self._dynamodb, "scan", TableName=self._heads_table, ConsistentRead=True)
        for row in rows:
            try:
                yield _head(row)
            except TamperedError as error:
                yield Fault(chain=row["chain"], seq=0, what=str(error))

    def found(self, by: str, value: str) -> Iterator[Entry | Fault]:
        """Yield entries by function, actor or day; a fault for a row that holds none."""
        rows = pages(
            self._dynamodb,
            "query",
            TableName=self._ledger_table,
            IndexName=f"by_{by}",
            KeyConditionExpression="#by = :value",
            ExpressionAttributeNames={"#by": by},
            ExpressionAttributeValues=to_item({":value": value}),
        )
        for row in rows:
            try:
                yield _entry(row)
            except TamperedError as error:
                yield Fault(chain=row["chain"], seq=row["seq"], what=str(error))

    def chains(self) -> Iterable[str]:
        found: set[str] = set()
        for table in (self._heads_table, self._ledger_table):
            rows = pages(
                self._dynamodb,
                "scan",
                TableName=table,
                ProjectionExpression="#chain",
                ExpressionAttributeNames={"#chain": "chain"},
                ConsistentRead=True,
            )
            found |= {row["chain"] for row in rows}
        return sorted(found)

    def open_chains(self) -> Iterable[str]:
        rows = pages(
            self._dynamodb,
            "query",
            TableName=self._heads_table,
            IndexName=OPEN_INDEX,
            KeyConditionExpression="#open = :open",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues=to_item({":open": IS_OPEN}),
        )
        return sorted(row["chain"] for row in rows)

    def _rows(
        self, chain: str, *, after: int = 0, once: str | None = None
    ) -> Iterable[dict[str, Any]]:
        asked: dict[str, Any] = {
            "TableName": self._ledger_table,
            "KeyConditionExpression": "#chain = :chain",
            "ExpressionAttributeNames": {"#chain": "chain"},
            "ExpressionAttributeValues": to_item({":chain": chain}),
            "ConsistentRead": True,
        }
        if after:
            asked["KeyConditionExpression"] += " AND #seq > :after"
            asked["ExpressionAttributeNames"]["#seq"] = "seq"
            asked["ExpressionAttributeValues"] |= to_item({":after": after})
        if once is not None:
            asked["FilterExpression"] = "#once = :once"
            asked["ExpressionAttributeNames"]["#once"] = "once"
            asked["ExpressionAttributeValues"] |= to_item({":once": once})
        return pages(self._dynamodb, "query", **asked)

    def _entry_once(self, chain: str, once: str, *, after: int) -> Entry | None:
        return next((_entry(row) for row in self._rows(chain, after=after, once=once)), None)

    def _is_put(self, entry: Entry, head: Head, leaves_open: bool | None) -> bool:
        """Put the entry and advance the head, both or neither; False: another append was first."""
        item = to_item(_row(entry))
        advance: dict[str, Any] = {
            "TableName": self._heads_table,
            "Key": to_item({"chain": entry.chain}),
            "UpdateExpression": "SET #seq = :seq, #hash = :hash",
            "ConditionExpression": "attribute_not_exists(#chain)",
            "ExpressionAttributeNames": {"#chain": "chain", "#seq": "seq", "#hash": "hash"},
            "ExpressionAttributeValues": to_item({":seq": entry.seq, ":hash": entry.hash}),
        }
        if head.seq > 0:
            advance["ConditionExpression"] = "#seq = :before AND #hash = :previous"
            del advance["ExpressionAttributeNames"]["#chain"]
            advance["ExpressionAttributeValues"] |= to_item(
                {":before": head.seq, ":previous": head.hash}
            )
        if leaves_open is not None:
            advance["ExpressionAttributeNames"]["#open"] = "open"
            advance["UpdateExpression"] += ", #open = :open" if leaves_open else " REMOVE #open"
        if leaves_open:
            advance["ExpressionAttributeValues"] |= to_item({":open": IS_OPEN})
        put = {
            "TableName": self._ledger_table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#chain)",
            "ExpressionAttributeNames": {"#chain": "chain"},
        }
        what = f"ledger {entry.chain} {entry.seq}"
        return not transact(self._dynamodb, [{"Put": put}, {"Update": advance}], what)

    def _copy(self, entry: Entry) -> None:
        """Put the entry under its key, once for all. There already: it must be the same bytes."""
        key, body = mirror_key(entry.chain, entry.seq), entry_text(entry).encode()
        if not self._mirror.put_new(key, body) and self._mirror.newest(key) != body:
            raise TamperedError(
                f"{self._bucket}/{key}: the mirror holds another entry than the table; "
                "stop all changes and compare the two"
            )


def require_plain(value: Any, at: str = "data") -> None:
    """Refuse what JSON does not hold as it is: it would be hashed in some other form.

    Raises: TypeError naming the place.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{at}: the key {key!r} is not text")
            require_plain(item, f"{at}.{key}")
    elif isinstance(value, list):
        for n, item in enumerate(value):
            require_plain(item, f"{at}[{n}]")
    elif isinstance(value, float) and value - value != 0:
        raise TypeError(f"{at}: {value} is not a number that JSON knows")
    elif value is not None and type(value) not in (str, int, float, bool):
        raise TypeError(f"{at}: {type(value).__name__} is not plain JSON data")


def _row(entry: Entry) -> Mapping[str, str | int | None]:
    at = entry.at.astimezone(UTC)
    return {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": at.isoformat(timespec="microseconds"),
        "day": at.date().isoformat(),
        "actor": entry.actor,
        "event": entry.event,
        "function": entry.function,
        "once": entry.once,
        "body": entry_text(entry),
        "hash": entry.hash,
        "previous_hash": entry.previous_hash,
    }


def _entry(row: Mapping[str, Any]) -> Entry:
    where = f"ledger {row['chain']} {row['seq']}"
    entry = read_entry(row.get("body", ""), where)
    if (entry.chain, entry.seq) != (row["chain"], row["seq"]):
        raise TamperedError(f"{where}: it holds entry {entry.seq} of {entry.chain}")
    written = {name: value for name, value in _row(entry).items() if value is not None}
    for name in sorted(written.keys() | row.keys()):
        if row.get(name) != written.get(name):
            raise TamperedError(f"{where}: its {name} is not that of the entry it holds")
    return entry


def _head(row: Mapping[str, Any]) -> Head:
    match row:
        case {"chain": str(chain), "seq": int(seq), "hash": str(last)} if seq > 0 and len(
            last
        ) == len(GENESIS):
            return Head(chain=chain, seq=seq, hash=last)
    raise TamperedError(
        f"head of {row['chain']}: it is not as a head is written; stop all changes and run "
        "trimtab audit verify"
    )
