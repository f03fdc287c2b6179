"""How do plain values travel to DynamoDB and back, and what became of a conditional write?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading
from trimtab.domain.errors import RetryableError

Plain: TypeAlias = str | int | bool | frozenset[str]
Item: TypeAlias = dict[str, Any]

FAILED_CONDITION = "ConditionalCheckFailed"
KEYS_PER_BATCH = 100
"""Source: DynamoDB API, BatchGetItem (botocore 1.44.5)."""
BATCH_ATTEMPTS = 5


def to_item(plain: Mapping[str, Plain | None]) -> Item:
    """Write plain values in DynamoDB's form; None is left out."""
    return {name: _typed(value) for name, value in plain.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _untyped(value) for name, value in item.items()}


def _typed(value: Plain) -> Mapping[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, frozenset):
        return {"SS": sorted(value)}
    return {"S": value}


def _untyped(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        # Trimtab writes whole numbers only: another one is somebody else's, and stays text.
        return int(content) if content.lstrip("-").isdecimal() else content
    if kind == "SS":
        return frozenset(content)
    return content


def get(client: Any, table: str, key: Mapping[str, Plain]) -> dict[str, Any] | None:
    """Read one item with strong consistency; None: it is not there."""
    with reading(f"dynamodb:GetItem {table} {dict(key)}"):
        answer = client.get_item(TableName=table, Key=to_item(key), ConsistentRead=True)
    item = answer.get("Item")
    return from_item(item) if item else None


def get_many(
    client: Any, table: str, keys: Sequence[Mapping[str, Plain]]
) -> Iterator[dict[str, Any]]:
    """Read many items with strong consistency, in no order; absent ones are left out."""
    wanted = [to_item(key) for key in keys]
    for at in range(0, len(wanted), KEYS_PER_BATCH):
        asked = {"Keys": wanted[at : at + KEYS_PER_BATCH], "ConsistentRead": True}
        for _ in range(BATCH_ATTEMPTS):
            with reading(f"dynamodb:BatchGetItem {table}"):
                answer = client.batch_get_item(RequestItems={table: asked})
            yield from (from_item(item) for item in answer["Responses"].get(table, ()))
            asked = answer.get("UnprocessedKeys", {}).get(table, {})
            if not asked:
                break
        else:
            raise RetryableError(f"dynamodb:BatchGetItem {table}: keys left over; try again later")


def pages(client: Any, operation: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Yield every item of a query or scan."""
    while True:
        with reading(f"dynamodb:{operation.title()} {asked['TableName']}"):
            page = getattr(client, operation)(**asked)
        yield from (from_item(item) for item in page["Items"])
        if not page.get("LastEvaluatedKey"):
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def update(client: Any, table: str, what: str, **asked: Any) -> dict[str, Any] | None:
    """Update one item and return it as it is now; None: its condition did not hold."""
    with reading(f"dynamodb:UpdateItem {what}"):
        try:
            answer = client.update_item(TableName=table, ReturnValues="ALL_NEW", **asked)
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return None
            raise
    return from_item(answer["Attributes"])


def transact(client: Any, operations: Sequence[Mapping[str, Any]], what: str) -> tuple[str, ...]:
    """Write all or nothing. Return the reasons, one per operation, when nothing was written.

    Empty: it is done. The token that botocore adds makes a repeated attempt harmless.
    Raises: RetryableError, PermanentError when it failed for another reason than its conditions.
    """
    with reading(f"dynamodb:TransactWriteItems {what}"):
        try:
            client.transact_write_items(TransactItems=list(operations))
        except ClientError as error:
            if code_of(error) != "TransactionCanceledException":
                raise
            reasons = tuple(
                str(reason.get("Code", "None"))
                for reason in error.response.get("CancellationReasons", ())
            )
            return reasons or ("TransactionConflict",)
    return ()
