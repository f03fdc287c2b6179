"""Where are the measured memory sizes kept? In the state table, one partition per target.

One item per point, so that two writers at once lose nothing, and one for the baseline. A hint, like
all of that table: nothing is changed because of it without an approval and a watch.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from trimtab.aws.errors import reading
from trimtab.aws.items import Plain, pages, to_item, update
from trimtab.aws.round_items import StateTable
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.digest import canonical_json
from trimtab.domain.errors import InputError, PermanentError
from trimtab.domain.memory_curve import MeasuredPoint, MemoryRecord
from trimtab.domain.memory_points import kept, point_id
from trimtab.domain.wire import from_wire, to_wire

POINT, BASELINE = "point", "baseline"
KEPT_S = 400 * 86_400
"""How long the table keeps a point after it was measured; chosen: a year and a month."""


class AwsMemoryRecords(StateTable):
    """The points of all functions, by target."""

    def records(self, target: Target) -> Mapping[FunctionArn, MemoryRecord]:
        """Return all of one target, in one paged query; it may lag by a second.

        Raises: PermanentError naming a row that holds no point; RetryableError.
        """
        points: dict[FunctionArn, list[MeasuredPoint]] = defaultdict(list)
        baselines: dict[FunctionArn, MeasuredPoint] = {}
        for row in self._rows(_partition(target), "arn:", consistent=False):
            function, kind, point = _read(row)
            if kind == BASELINE:
                baselines[function] = point
            else:
                points[function].append(point)
        return {
            function: MemoryRecord(points=kept(points[function]), baseline=baselines.get(function))
            for function in sorted({*points, *baselines})
        }

    def add(
        self, function: FunctionArn, point: MeasuredPoint, *, is_baseline: bool = False
    ) -> None:
        """Add a point under its own name, and drop what is too much.

        A baseline stays until `forget`, or until one of other code comes: a new series.
        """
        self._put(function, f"{POINT}#{point_id(point)}", point)
        if is_baseline:
            free = "attribute_not_exists(pk) OR code <> :code"
            self._put(function, BASELINE, point, ConditionExpression=free)
        rows = self._rows(_partition(function.target), f"{function}#{POINT}#", consistent=True)
        there = {str(row["sk"]): _read(row)[2] for row in rows}
        stay = set(kept(there.values()))
        for sk, one in there.items():
            if one not in stay:
                self._delete(function, sk)

    def forget(self, function: FunctionArn) -> None:
        """Drop the points and the baseline of a function."""
        for row in list(self._rows(_partition(function.target), f"{function}#", consistent=True)):
            self._delete(function, str(row["sk"]))

    def _put(self, function: FunctionArn, what: str, point: MeasuredPoint, **only_if: str) -> None:
        values: dict[str, Plain] = {
            ":body": canonical_json(to_wire(point)),
            ":code": point.code_sha256 or "",
        }
        sets = ["body = :body", "code = :code"]
        names: dict[str, Any] = {}
        if point.measured_at is not None:
            values[":ttl"] = int(point.measured_at.timestamp()) + KEPT_S
            sets.append("#ttl = :ttl")
            names = {"ExpressionAttributeNames": {"#ttl": "ttl"}}
        update(
            self._client,
            self._table,
            f"{what} of {function}",
            Key=to_item(_key(function, f"{function}#{what}")),
            UpdateExpression=f"SET {', '.join(sets)}",
            ExpressionAttributeValues=to_item(values),
            **names,
            **only_if,
        )

    def _rows(self, partition: str, prefix: str, *, consistent: bool) -> Any:
        return pages(
            self._client,
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_item({":pk": partition, ":prefix": prefix}),
            ConsistentRead=consistent,
        )

    def _delete(self, function: FunctionArn, sk: str) -> None:
        with reading(f"dynamodb:DeleteItem {sk}"):
            self._client.delete_item(TableName=self._table, Key=to_item(_key(function, sk)))


def _partition(target: Target) -> str:
    return f"memory#{target}"


def _key(function: FunctionArn, sk: str) -> dict[str, Plain]:
    return {"pk": _partition(function.target), "sk": sk}


def _read(row: Mapping[str, Any]) -> tuple[FunctionArn, str, MeasuredPoint]:
    """Raises: PermanentError when the row holds no point."""
    function, _, what = str(row["sk"]).partition("#")
    try:
        arn = FunctionArn.parse(function)
        point = from_wire(MeasuredPoint, json.loads(row["body"]))
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise PermanentError(
            f"the item {row['pk']} {row['sk']} of the state table holds no measured point: "
            f"{error}; delete it"
        ) from error
    return arn, what.partition("#")[0], point
