"""How do tables behave that are written by many at once? The ledger's DynamoDB calls, in memory.

Real conditional transactions: all or nothing, and a transaction that meets another one on the same
item is cancelled with TransactionConflict. `pace` sleeps like a network, for the benchmark only.
"""

import copy
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
Key = tuple[str, ...]

KEYS: Mapping[str, tuple[str, ...]] = {"ledger": ("chain", "seq"), "heads": ("chain",)}
_TERM = re.compile(r"(#\w+) (=|>) (:\w+)")


def _nothing() -> None:
    return None


class FakeDynamo:
    """The tables `ledger` and `heads`. `rows` may be altered by a test, as by a thief."""

    def __init__(self, *, pace: Callable[[], None] = _nothing, page: int = 100) -> None:
        self.rows: dict[str, dict[Key, Item]] = {name: {} for name in KEYS}
        self.conflicts = self.lost = 0
        self._pace, self._page = pace, page
        self._guard = threading.Lock()
        self._busy: set[tuple[str, Key]] = set()

    def get_item(self, *, TableName: str, Key: Item, **_: Any) -> Item:
        self._pace()
        with self._guard:
            found = self.rows[TableName].get(_key(TableName, Key))
            return {} if found is None else {"Item": copy.deepcopy(found)}

    def put_item(self, *, TableName: str, Item: Item) -> None:
        self.rows[TableName][_key(TableName, Item)] = Item

    def query(self, *, TableName: str, KeyConditionExpression: str, **asked: Any) -> Item:
        def is_wanted(row: Item) -> bool:
            return _holds(KeyConditionExpression, row, asked)

        return self._answer(self._sorted(TableName, is_wanted), asked)

    def scan(self, *, TableName: str, **asked: Any) -> Item:
        return self._answer(self._sorted(TableName, lambda _: True), asked)

    def _sorted(self, table: str, is_wanted: Callable[[Item], bool]) -> list[Item]:
        self._pace()
        with self._guard:
            rows = copy.deepcopy([row for row in self.rows[table].values() if is_wanted(row)])
        return sorted(rows, key=lambda r: (r["chain"]["S"], float(r.get("seq", {}).get("N", 0))))

    def _answer(self, rows: list[Item], asked: Mapping[str, Any]) -> Item:
        """Give one page; a filter is applied to it afterwards, as DynamoDB does."""
        start = int(asked.get("ExclusiveStartKey", {}).get("at", 0))
        page = rows[start : start + self._page]
        more = start + self._page < len(rows)
        wanted = [r for r in page if _holds(asked.get("FilterExpression", ""), r, asked)]
        return {"Items": wanted} | (
            {"LastEvaluatedKey": {"at": start + self._page}} if more else {}
        )

    def transact_write_items(self, *, TransactItems: list[Item], **_: Any) -> None:
        parts = [next(iter(item.items())) for item in TransactItems]
        keys = [
            (part["TableName"], _key(part["TableName"], part.get("Item") or part["Key"]))
            for _, part in parts
        ]
        with self._guard:
            if self._busy & set(keys):
                self.conflicts += 1
                raise _cancelled(["TransactionConflict"] * len(keys))
            self._busy |= set(keys)
        try:
            self._pace()
            with self._guard:
                self._write(parts, keys)
        finally:
            with self._guard:
                self._busy -= set(keys)

    def _write(self, parts: list[tuple[str, Item]], keys: list[tuple[str, Key]]) -> None:
        olds = [self.rows[table].get(key) for table, key in keys]
        reasons = [
            "None" if _is_allowed(part, old) else "ConditionalCheckFailed"
            for (_, part), old in zip(parts, olds, strict=True)
        ]
        if set(reasons) != {"None"}:
            self.lost += 1
            raise _cancelled(reasons)
        for (kind, part), old, (table, key) in zip(parts, olds, keys, strict=True):
            new = part["Item"] if kind == "Put" else _updated(old or dict(part["Key"]), part)
            self.rows[table][key] = copy.deepcopy(new)


def _key(table: str, item: Item) -> Key:
    return tuple(str(next(iter(item[name].values()))) for name in KEYS[table])


def _holds(expression: str, row: Item, asked: Mapping[str, Any]) -> bool:
    """Tell whether a row fits terms like `#a = :a AND #b > :b`."""
    names, values = asked.get("ExpressionAttributeNames"), asked.get("ExpressionAttributeValues")
    for name, sign, value in _TERM.findall(expression):
        there, wanted = row.get((names or {})[name]), (values or {})[value]
        if sign == "=" and there != wanted:
            return False
        if sign == ">" and not (there and float(there["N"]) > float(wanted["N"])):
            return False
    return True


def _is_allowed(part: Item, old: Item | None) -> bool:
    condition = part["ConditionExpression"]
    if condition == "attribute_not_exists(#chain)":
        return old is None
    return old is not None and _holds(condition, old, part)


def _updated(row: Item, part: Item) -> Item:
    row = dict(row)
    names, values = part["ExpressionAttributeNames"], part["ExpressionAttributeValues"]
    expression, _, removed = part["UpdateExpression"].partition(" REMOVE ")
    for name, _, value in _TERM.findall(expression):
        row[names[name]] = values[value]
    if removed:
        row.pop(names[removed], None)
    return row


def _cancelled(reasons: list[str]) -> ClientError:
    told: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ", ".join(reasons)},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(told, "TransactWriteItems")
