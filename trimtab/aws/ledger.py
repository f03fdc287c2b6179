"""Where is the ledger kept? In DynamoDB, one transaction per entry, and mirrored in S3 (S7, S17).

The table holds the entry and, apart from it, the head of its chain; the mirror holds the same bytes
under a key that can be written once. An append returns when both are there.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading
from trimtab.aws.items import get, pages, to_item, transact
from trimtab.domain.digest import canonical_json
from trimtab.domain.errors import InputError, RetryableError, TamperedError
from trimtab.domain.ledger import Entry, Head, empty_head, next_entry
from trimtab.domain.wire import from_wire, to_wire

OPEN_INDEX = "open"
"""Index of the heads table: the chains in which something still has to come."""
IS_OPEN = "yes"

ATTEMPTS = 8
"""How often an append starts again because another one was first; chosen, not measured."""


class AwsLedger:
    """The hash chains of one hub."""

    def __init__(
        self, dynamodb: Any, s3: Any, *, ledger_table: str, heads_table: str, bucket: str
    ) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._ledger_table = ledger_table
        self._heads_table = heads_table
        self._bucket = bucket

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
        for _ in range(ATTEMPTS):
            head = self.head(chain) or empty_head(chain)
            entry = None if once is None or head.seq == 0 else self._entry_once(chain, once)
            if entry is None:
                entry = next_entry(
                    head, at=at, actor=actor, event=event, data=data, function=function
                )
                if not self._is_put(entry, head, once, leaves_open):
                    continue
            self._mirror(entry)
            return entry
        raise RetryableError(f"ledger {chain}: others were first {ATTEMPTS} times; try again later")

    def entries(self, chain: str) -> tuple[Entry, ...]:
        """Return a chain in order.

        Raises: TamperedError when a row does not hold the entry its keys name, or when what stands
        beside the entry, for the indexes, says something else.
        """
        return tuple(_entry(row) for row in self._rows(chain))

    def head(self, chain: str) -> Head | None:
        row = get(self._dynamodb, self._heads_table, {"chain": chain})
        return None if row is None else Head(chain=chain, seq=row["seq"], hash=row["hash"])

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

    def _rows(self, chain: str, once: str | None = None) -> Iterable[dict[str, Any]]:
        asked: dict[str, Any] = {
            "TableName": self._ledger_table,
            "KeyConditionExpression": "#chain = :chain",
            "ExpressionAttributeNames": {"#chain": "chain"},
            "ExpressionAttributeValues": to_item({":chain": chain}),
            "ConsistentRead": True,
        }
        if once is not None:
            asked["FilterExpression"] = "#once = :once"
            asked["ExpressionAttributeNames"]["#once"] = "once"
            asked["ExpressionAttributeValues"] |= to_item({":once": once})
        return pages(self._dynamodb, "query", **asked)

    def _entry_once(self, chain: str, once: str) -> Entry | None:
        return next((_entry(row) for row in self._rows(chain, once)), None)

    def _is_put(self, entry: Entry, head: Head, once: str | None, leaves_open: bool | None) -> bool:
        """Put the entry and advance the head, both or neither; False: another append was first."""
        item = to_item(_row(entry, once))
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

    def _mirror(self, entry: Entry) -> None:
        """Put the entry under its key, once for all. There already: it must be the same bytes."""
        key, body = mirror_key(entry.chain, entry.seq), _body(entry).encode()
        with reading(f"s3:PutObject {self._bucket}/{key}"):
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=body,
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
                return
            except ClientError as error:
                if code_of(error) != "PreconditionFailed":
                    raise
        with reading(f"s3:GetObject {self._bucket}/{key}"):
            there = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        if there != body:
            raise TamperedError(
                f"{self._bucket}/{key}: the mirror holds another entry than the table; "
                "stop all changes and compare the two"
            )


def mirror_key(chain: str, seq: int) -> str:
    """Name the object that mirrors an entry."""
    return f"log/{chain}/{seq:08d}"


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


def _body(entry: Entry) -> str:
    return canonical_json(to_wire(entry))


def _row(entry: Entry, once: str | None) -> Mapping[str, str | int | None]:
    at = entry.at.astimezone(UTC)
    return {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": at.isoformat(timespec="microseconds"),
        "day": at.date().isoformat(),
        "actor": entry.actor,
        "event": entry.event,
        "function": entry.function,
        "once": once,
        "body": _body(entry),
        "hash": entry.hash,
        "previous_hash": entry.previous_hash,
    }


def _entry(row: Mapping[str, Any]) -> Entry:
    where = f"ledger {row['chain']} {row['seq']}"
    try:
        entry = from_wire(Entry, json.loads(row["body"]))
    except (InputError, KeyError, ValueError) as error:
        raise TamperedError(f"{where}: it does not hold an entry: {error}") from error
    if (entry.chain, entry.seq) != (row["chain"], row["seq"]):
        raise TamperedError(f"{where}: it holds entry {entry.seq} of {entry.chain}")
    for name, value in _row(entry, row.get("once")).items():
        if row.get(name) != value:
            raise TamperedError(f"{where}: its {name} is not that of the entry it holds")
    return entry
