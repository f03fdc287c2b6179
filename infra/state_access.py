"""Which items of the state table may each handler read and write?

Items are told apart by the first part of their key. One statement holds all the actions and all the
kinds of item of one transaction: DynamoDB may compare the keys of the whole request, not of each
item, and a statement for each pair would then refuse the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CHANGE = "change#"
FUNCTION = "function#"
FINDING = "finding#"
LINK = "link#"
SIGN_IN = "signin#"
"""A sign-in that was used: approval marks it, where a provider is configured."""
LEASE = "lease#"
SLOTS = "slots#"
MEMORY = "memory#"
"""What was measured of the sizes of functions, one partition per target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """Actions on items whose partition key starts with one of these."""

    actions: tuple[str, ...]
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """Asking the index of open rounds; what it names is read again from the table."""


READ_ROUND = Items(actions=("GetItem",), prefixes=(CHANGE,))
REMEMBER = Items(actions=("UpdateItem",), prefixes=(FINDING,))
MOVE_ROUND = Items(actions=("UpdateItem", "DeleteItem"), prefixes=(CHANGE, FUNCTION))
"""The transaction that ends a round releases the lock of its function."""

STATE: Mapping[str, tuple[Items | OpenIndex, ...]] = {
    "scan": (Items(actions=("Query",), prefixes=(MEMORY,)),),
    "plan": (
        Items(actions=("BatchGetItem",), prefixes=(FINDING, FUNCTION)),
        READ_ROUND,
        Items(actions=("PutItem", "UpdateItem"), prefixes=(CHANGE, FUNCTION, FINDING)),
    ),
    "request": (READ_ROUND, Items(actions=("UpdateItem",), prefixes=(CHANGE, FINDING))),
    "notify": (READ_ROUND, Items(actions=("UpdateItem",), prefixes=(LINK,))),
    "approval": (Items(actions=("GetItem",), prefixes=(CHANGE, LINK)), MOVE_ROUND, REMEMBER),
    "decide": (READ_ROUND, MOVE_ROUND, REMEMBER),
    "apply": (
        READ_ROUND,
        # An undo after the end takes the lock of the function again.
        Items(actions=("PutItem", "UpdateItem", "DeleteItem"), prefixes=(CHANGE, FUNCTION)),
        REMEMBER,
        Items(actions=("BatchGetItem",), prefixes=(CHANGE,)),
        Items(actions=("GetItem",), prefixes=(SLOTS,)),
        Items(actions=("UpdateItem",), prefixes=(LEASE, SLOTS)),
    ),
    "watch": (
        OpenIndex(),
        Items(actions=("BatchGetItem", "GetItem"), prefixes=(CHANGE,)),
        MOVE_ROUND,
        REMEMBER,
        Items(actions=("Query", "UpdateItem", "DeleteItem"), prefixes=(MEMORY,)),
    ),
    "reconcile": (
        OpenIndex(),
        Items(actions=("BatchGetItem", "GetItem"), prefixes=(CHANGE, FUNCTION)),
        # A round that the table lost is put back with its lock.
        Items(actions=("PutItem", "UpdateItem", "DeleteItem"), prefixes=(CHANGE, FUNCTION)),
        REMEMBER,
    ),
    "restore": (Items(actions=("UpdateItem",), prefixes=(LEASE,)),),
    "drill": (Items(actions=("UpdateItem",), prefixes=(LEASE,)),),
}


def state_conditions(prefixes: tuple[str, ...]) -> Mapping[str, object]:
    """Return the condition that every key of a request starts with one of these, and that it has
    keys: `ForAllValues` alone also holds for a request without any.

    Source: "Using IAM policy conditions for fine-grained access control", Amazon DynamoDB Developer
    Guide, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html,
    read 2026-11-21.
    """
    return {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{p}*" for p in prefixes]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
