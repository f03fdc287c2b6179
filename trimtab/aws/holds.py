"""Who may write a function now, and how many changes are out? Leases, locks, slots (S19, S27)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trimtab.aws.items import Plain, get, get_many, pages, to_item, update
from trimtab.aws.round_items import (
    LOCK,
    LOCKED,
    OPEN_INDEX,
    StateTable,
    lock_key,
    moment_text,
    round_key,
)
from trimtab.domain.approval import RoundStatus
from trimtab.domain.digest import canonical_json
from trimtab.domain.errors import InputError, RetryableError, TamperedError
from trimtab.domain.plan import Limits
from trimtab.domain.remediation import Remediation
from trimtab.domain.slots import Slots, why_full
from trimtab.domain.wire import from_wire, to_wire

ATTEMPTS = 10
"""How often a slot is asked for again because another call took one meanwhile; chosen."""

OVER = frozenset(status.value for status in RoundStatus if not status.is_open)

SLOTS: Mapping[str, Plain] = {"pk": "slots#hub", "sk": "slots"}


class Holds(StateTable):
    """Leases, locks and slots in the state table."""

    def hold(self, function: str, *, holder: str, now: datetime, until: datetime) -> bool:
        values: Mapping[str, Plain] = {
            ":holder": holder,
            ":now": moment_text(now),
            ":until": moment_text(until),
            ":ttl": int(until.timestamp()) + 86_400,
        }
        held = update(
            self._client,
            self._table,
            f"lease of {function}",
            Key=to_item(_lease_key(function)),
            UpdateExpression="SET holder = :holder, held_until = :until, #ttl = :ttl",
            ConditionExpression="attribute_not_exists(pk) OR holder = :holder"
            " OR held_until <= :now",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues=to_item(values),
        )
        return held is not None

    def let_go(self, function: str, *, holder: str) -> None:
        """Give the lease back: it may be taken at once. Nothing happens when it is another's."""
        update(
            self._client,
            self._table,
            f"lease of {function}",
            Key=to_item(_lease_key(function)),
            UpdateExpression="REMOVE holder SET held_until = :never",
            ConditionExpression="holder = :holder",
            ExpressionAttributeValues=to_item({":holder": holder, ":never": ""}),
        )

    def locks(self) -> Mapping[str, str]:
        """Ask the index, which may lag, and read each lock again."""
        rows = pages(
            self._client,
            "query",
            TableName=self._table,
            IndexName=OPEN_INDEX,
            KeyConditionExpression="open_status = :locked",
            ExpressionAttributeValues=to_item({":locked": LOCKED}),
        )
        keys = [{"pk": pk, "sk": LOCK} for pk in dict.fromkeys(row["pk"] for row in rows)]
        found = get_many(self._client, self._table, keys)
        return {
            str(item["pk"]).removeprefix("function#"): str(item["execution"])
            for item in found
            if "execution" in item
        }

    def unlock(self, function: str, execution: str) -> None:
        update(
            self._client,
            self._table,
            f"lock of {function}",
            Key=to_item(lock_key(function)),
            UpdateExpression="REMOVE open_status, due_at, execution",
            ConditionExpression="execution = :execution",
            ExpressionAttributeValues=to_item({":execution": execution}),
        )

    def take_slot(self, remediation: Remediation, limits: Limits, *, now: datetime) -> str | None:
        """Take it by replacing the whole record, on condition that it is still the one read."""
        execution, account = remediation.execution_name, remediation.function.account
        for _ in range(ATTEMPTS):
            item = get(self._client, self._table, SLOTS) or {}
            stored = item.get("body")
            slots = _stored_slots(stored)
            slots = slots.without(self._ended(slots))
            full = why_full(slots, execution, account, limits, now=now)
            if full is not None:
                return full
            taken = slots.taken(execution, account, now=now)
            if self._keep(canonical_json(to_wire(taken)), instead_of=stored):
                return None
        raise RetryableError(f"the slots of this hub: others were first {ATTEMPTS} times")

    def _keep(self, body: str, *, instead_of: str | None) -> bool:
        values: dict[str, Plain] = {":body": body}
        condition = "attribute_not_exists(pk)"
        if instead_of is not None:
            values[":before"], condition = instead_of, "body = :before"
        kept = update(
            self._client,
            self._table,
            "the slots of this hub",
            Key=to_item(SLOTS),
            UpdateExpression="SET body = :body",
            ConditionExpression=condition,
            ExpressionAttributeValues=to_item(values),
        )
        return kept is not None

    def _ended(self, slots: Slots) -> frozenset[str]:
        """Return the executions whose round is over, so that their slot is free again."""
        keys = {name: _round_key(name) for name in slots.unverified}
        found = get_many(self._client, self._table, list(keys.values()))
        over = {(i["pk"], i["sk"]) for i in found if i.get("status") in OVER}
        return frozenset(name for name, key in keys.items() if (key["pk"], key["sk"]) in over)


def _stored_slots(stored: str | None) -> Slots:
    """Raises: TamperedError when the record does not hold slots."""
    try:
        return Slots() if stored is None else from_wire(Slots, json.loads(stored))
    except (InputError, ValueError) as error:
        raise TamperedError(
            f"the item {SLOTS['pk']} of the state table holds no slots: {error}; delete it when no "
            "change is being watched, or put an older version back"
        ) from error


def _round_key(execution: str) -> dict[str, Any]:
    change_id, _, number = execution.rpartition("-r")
    return round_key(change_id, int(number))


def _lease_key(function: str) -> dict[str, Plain]:
    return {"pk": f"lease#{function}", "sk": "lease"}
