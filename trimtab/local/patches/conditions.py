"""Which condition keys does AWS fill in and the emulator does not?

``dynamodb:LeadingKeys`` (the partition keys a request names; of a transaction, those of the one
item that is checked) and ``s3:if-none-match``. Without them a policy that narrows by these keys
would allow everything here, or nothing.
"""

from __future__ import annotations

import json
from typing import Any

from trimtab.local.patches import target

LEADING_KEYS = "dynamodb:LeadingKeys"
IF_NONE_MATCH = "s3:if-none-match"


class ItemArn(str):
    """The ARN of a table, with the partition key of the item that is checked on it."""

    leading_key: str | None = None


def apply() -> None:
    """Fill in the keys where the emulator builds the context of a request."""
    actions = target.module("ministack.core.iam_actions")
    _leading_keys_of_a_request(actions)
    _leading_key_of_an_item(actions, target.module("ministack.core.iam_evaluator"))
    _if_none_match(actions)


def _partition_key(table: str) -> str | None:
    """Return the name of a table's partition key, of whichever account has it."""
    service = target.module("ministack.services.dynamodb")
    tables = target.demand(service, "_tables", needed_for=LEADING_KEYS)
    found = tables.get(table.rpartition("/")[2])
    return None if found is None else str(found["pk_name"])


def _value(item: Any, name: str | None) -> str | None:
    """Return the plain value of an attribute in DynamoDB's form."""
    typed = item.get(name) if isinstance(item, dict) and name else None
    return str(next(iter(typed.values()))) if isinstance(typed, dict) and typed else None


def leading_keys(body: dict[str, Any]) -> list[str]:
    """Return the partition keys that a request other than a transaction names."""
    found: list[str | None] = []
    for table, asked in (body.get("RequestItems") or {}).items():
        if isinstance(asked, dict):
            found += [_value(key, _partition_key(table)) for key in asked.get("Keys", ())]
    name = _partition_key(str(body.get("TableName", "")))
    found += [_value(body.get("Key") or body.get("Item"), name)]
    expression = str(body.get("KeyConditionExpression", ""))
    if expression and not body.get("IndexName"):
        first = expression.partition(" AND ")[0].partition("=")[2].strip()
        found += [_value(body.get("ExpressionAttributeValues"), first)]
    return [value for value in found if value is not None]


def _leading_keys_of_a_request(actions: Any) -> None:
    original = target.demand(actions, "dynamodb_service_context", needed_for=LEADING_KEYS)

    def with_leading_keys(body: bytes) -> dict[str, Any]:
        context: dict[str, Any] = original(body)
        found = leading_keys(json.loads(body or b"{}"))
        return {**context, LEADING_KEYS: found} if found else context

    actions.dynamodb_service_context = with_leading_keys


def _leading_key_of_an_item(actions: Any, evaluator: Any) -> None:
    checks = target.demand(actions, "dynamodb_transaction_checks", needed_for=LEADING_KEYS)
    members = target.demand(actions, "_DYNAMODB_TRANSACT_ITEM_ACTIONS", needed_for=LEADING_KEYS)
    enforce = target.demand(evaluator, "enforce", needed_for=LEADING_KEYS)

    def checks_with_keys(action: str, body: bytes, *more: Any) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = checks(action, body, *more)
        if not found:
            return found
        items = json.loads(body)["TransactItems"]
        named = [item.get(member) or {} for item in items for member in members]
        details = [detail for detail in named if detail.get("TableName")]
        pairs = zip(found, details, strict=True)
        return [(each, _item_arn(arn, detail)) for (each, arn), detail in pairs]

    def enforce_item(*given: Any, **named: Any) -> Any:
        arn = named.get("resource_arn")
        if isinstance(arn, ItemArn) and arn.leading_key is not None:
            named["service_context"] = {
                **(named.get("service_context") or {}),
                LEADING_KEYS: [arn.leading_key],
            }
        return enforce(*given, **named)

    actions.dynamodb_transaction_checks = checks_with_keys
    evaluator.enforce = enforce_item


def _item_arn(arn: str, detail: dict[str, Any]) -> ItemArn:
    found = ItemArn(arn)
    found.leading_key = _value(detail.get("Key") or detail.get("Item"), _partition_key(arn))
    return found


def _if_none_match(actions: Any) -> None:
    original = target.demand(actions, "s3_service_context", needed_for=IF_NONE_MATCH)

    def with_if_none_match(
        iam_action: str, query_params: Any, path: str = "", headers: Any = None
    ) -> dict[str, Any]:
        context: dict[str, Any] = original(iam_action, query_params, path, headers)
        asked = (headers or {}).get("if-none-match")
        return {**context, IF_NONE_MATCH: asked} if asked else context

    actions.s3_service_context = with_if_none_match
