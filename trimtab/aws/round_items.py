"""How is a round laid out in the state table? Its keys, its lock, its place in the index."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trimtab.aws.items import Plain, to_item
from trimtab.domain.approval import Round, RoundStatus, SignedDecision
from trimtab.domain.errors import InputError, TamperedError
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import from_wire

OPEN_INDEX = "open"
LOCKED = "locked"
"""What a lock says in the index of what is open."""

LOCK = "open"
"""Sort key of the item that locks a function."""

ROUND_NOTE = "last_round#"
"""A finding's memory carries one attribute per change: this and the change id."""


class StateTable:
    """One client and the table it is about: what rounds, links and memories share."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._client = client
        self._table = table


def lock_key(function: str) -> dict[str, Plain]:
    return {"pk": f"function#{function}", "sk": LOCK}


def memory_key(finding_id: str) -> dict[str, Plain]:
    return {"pk": f"finding#{finding_id}", "sk": "memory"}


def round_key(change_id: str, number: int) -> dict[str, Plain]:
    return {"pk": f"change#{change_id}", "sk": f"round#{number:04d}"}


def memory_update(
    finding_id: str,
    *,
    cooling_until: datetime | None = None,
    refuse_change: str | None = None,
    applied_change: str | None = None,
    applied_from: str | None = None,
    reverted_change: str | None = None,
) -> dict[str, Any] | None:
    """Return the update that adds to a memory; None: there is nothing to add."""
    values: dict[str, Plain] = {}
    parts: list[str] = []
    if cooling_until is not None:
        values[":until"] = cooling_until.isoformat()
        parts.append("SET cooling_until = :until")
    added = []
    if refuse_change is not None:
        values[":refused"] = frozenset({refuse_change})
        added.append("refused_changes :refused")
    if applied_change is not None:
        values[":applied"] = frozenset({applied_change})
        added.append("applied_changes :applied")
    if applied_from is not None:
        values[":from"] = frozenset({applied_from})
        added.append("applied_from :from")
    if reverted_change is not None:
        values[":reverted"] = frozenset({reverted_change})
        added.append("reverted_changes :reverted")
    if added:
        parts.append(f"ADD {', '.join(added)}")
    if not parts:
        return None
    return {
        "Key": to_item(memory_key(finding_id)),
        "UpdateExpression": " ".join(parts),
        "ExpressionAttributeValues": to_item(values),
    }


def due_at(remediation: Remediation, to: RoundStatus, changes: Mapping[str, Plain]) -> str:
    """Say when to look at this round next: an order for the index, never a decision."""
    if to is RoundStatus.PROPOSED:
        return moment_text(remediation.expires_at)
    applied_at = changes.get("applied_at")
    if to is RoundStatus.WATCHING and isinstance(applied_at, str):
        terms = remediation.verify
        return moment_text(datetime.fromisoformat(applied_at) + terms.settle + terms.watch)
    return moment_text(remediation.apply_by)


def moment_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def stored_round(item: Mapping[str, Any]) -> Round:
    """Read a round from its row.

    Raises: TamperedError when the row holds none: the ledger still has it.
    """
    try:
        return _read_round(item)
    except (InputError, KeyError, TypeError, ValueError) as error:
        name = f"{item.get('pk')} {item.get('sk')}"
        raise TamperedError(f"{name}: the row holds no round: {error}") from error


def _read_round(item: Mapping[str, Any]) -> Round:
    decision, applied_at = item.get("decision"), item.get("applied_at")
    return Round(
        remediation=from_wire(Remediation, json.loads(item["body"])),
        status=RoundStatus(item["status"]),
        decision=None if decision is None else from_wire(SignedDecision, json.loads(decision)),
        task_token=item.get("task_token"),
        signalled=item["signalled"],
        applied_at=None if applied_at is None else datetime.fromisoformat(applied_at),
        note=item.get("note"),
    )
