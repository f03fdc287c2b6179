"""Where does each round of each change stand? One item each; all moves conditional (S3, S19).

While a round is open it holds the lock of its function and stands in the index of open rounds; the
write that ends it releases both.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from trimtab.aws.items import (
    FAILED_CONDITION,
    Plain,
    get,
    get_many,
    pages,
    to_item,
    transact,
    update,
)
from trimtab.aws.round_items import (
    LOCKED,
    OPEN_INDEX,
    ROUND_NOTE,
    StateTable,
    due_at,
    lock_key,
    memory_key,
    memory_update,
    moment_text,
    round_key,
    stored_round,
)
from trimtab.domain.approval import (
    UNTOLD,
    Rest,
    Round,
    RoundStatus,
    SignedDecision,
    rest_after,
)
from trimtab.domain.digest import canonical_json
from trimtab.domain.errors import ConflictError, NotFoundError, RetryableError, TamperedError
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import to_wire


class Rounds(StateTable):
    """The rounds in the state table."""

    def propose(self, remediation: Remediation) -> bool:
        """Store a new round, lock its function and note the round, in one transaction."""
        name = remediation.execution_name
        item = round_key(remediation.change_id, remediation.round) | {
            "body": canonical_json(to_wire(remediation)),
            "status": RoundStatus.PROPOSED.value,
            "signalled": False,
            "open_status": RoundStatus.PROPOSED.value,
            "due_at": due_at(remediation, RoundStatus.PROPOSED, {}),
        }
        operations: list[Mapping[str, Any]] = [
            {"Put": self._put(item, "attribute_not_exists(pk)")},
            self._take_lock(remediation),
            {"Update": self._note_round(remediation)},
        ]
        reasons = transact(self._client, operations, f"proposal {name}")
        if not reasons:
            return True
        if reasons[0] == FAILED_CONDITION:
            return False
        if FAILED_CONDITION in reasons:
            raise ConflictError(f"{remediation.function}: another change of it is open")
        raise RetryableError(f"proposal {name}: {', '.join(reasons)}; try again later")

    def round(self, change_id: str, number: int) -> Round:
        """Raises: NotFoundError; TamperedError when the row holds no round."""
        item = get(self._client, self._table, round_key(change_id, number))
        if item is None:
            raise NotFoundError(f"there is no round {number} of change {change_id}")
        return stored_round(item)

    def last_round(self, change_id: str) -> Round | None:
        newest = pages(
            self._client,
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :rounds)",
            ExpressionAttributeValues=to_item({":pk": f"change#{change_id}", ":rounds": "round#"}),
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=1,
        )
        item = next(newest, None)
        return None if item is None else stored_round(item)

    def await_decision(self, change_id: str, number: int, *, task_token: str) -> Round:
        """Keep the token. A new one means a new waiting execution, which was told nothing yet."""
        item = update(
            self._client,
            self._table,
            f"round {change_id} {number}",
            Key=to_item(round_key(change_id, number)),
            UpdateExpression="SET task_token = :token, signalled = :no",
            ConditionExpression="attribute_exists(pk)"
            " AND (attribute_not_exists(task_token) OR task_token <> :token)",
            ExpressionAttributeValues=to_item({":token": task_token, ":no": False}),
        )
        return self.round(change_id, number) if item is None else stored_round(item)

    def decide(self, signed: SignedDecision) -> Round:
        """Write the decision; a rejected or expired round is over and frees its function, and is
        remembered with its finding in the same write (S25).
        """
        decision = signed.decision
        found = self.round(decision.change_id, decision.round)
        status = RoundStatus(decision.word.value)
        changes = {"decision": canonical_json(to_wire(signed))}
        rest = rest_after(decision, found.remediation)
        if self._move(found, (RoundStatus.PROPOSED,), status, changes, undecided=True, rest=rest):
            return self.round(decision.change_id, decision.round)
        now = self.round(decision.change_id, decision.round)
        if now.decision == signed:
            return now
        raise ConflictError(f"{now.remediation.execution_name} is {now.status} already")

    def signalled(self, change_id: str, number: int) -> None:
        ended = self.round(change_id, number).status in UNTOLD
        done = update(
            self._client,
            self._table,
            f"round {change_id} {number}",
            Key=to_item(round_key(change_id, number)),
            UpdateExpression="SET signalled = :yes"
            + (" REMOVE open_status, due_at" if ended else ""),
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues=to_item({":yes": True}),
        )
        if done is None:
            raise NotFoundError(f"there is no round {number} of change {change_id}")

    def advance(
        self,
        change_id: str,
        number: int,
        *,
        from_: Sequence[RoundStatus],
        to: RoundStatus,
        note: str | None = None,
        applied_at: datetime | None = None,
    ) -> Round:
        found = self.round(change_id, number)
        told = {"note": note, "applied_at": None if applied_at is None else moment_text(applied_at)}
        changes = {name: value for name, value in told.items() if value is not None}
        if self._move(found, from_, to, changes):
            return self.round(change_id, number)
        now = self.round(change_id, number)
        wanted = ", ".join(from_)
        raise ConflictError(
            f"{now.remediation.execution_name} is {now.status}, not {wanted}: read it again"
        )

    def restore(self, record: Round) -> None:
        """Put a round back as the ledger has it, with its lock while it is open."""
        remediation, status = record.remediation, record.status
        applied_at = None if record.applied_at is None else moment_text(record.applied_at)
        known: dict[str, Plain] = {}
        if applied_at is not None:
            known["applied_at"] = applied_at
        if record.decision is not None:
            known["decision"] = canonical_json(to_wire(record.decision))
        if record.note is not None:
            known["note"] = record.note
        item = round_key(remediation.change_id, remediation.round) | {
            "body": canonical_json(to_wire(remediation)),
            "status": status.value,
            "signalled": record.signalled,
            "open_status": status.value,
            "due_at": due_at(remediation, status, known),
            **known,
        }
        put = {"TableName": self._table, "Item": to_item(item)}
        name = remediation.execution_name
        operations: list[Mapping[str, Any]] = [{"Put": put}]
        if status.is_open:
            operations.append(self._take_lock(remediation))
        reasons = transact(self._client, operations, f"round {name}")
        if FAILED_CONDITION in reasons:
            raise ConflictError(f"{remediation.function}: another change of it is open")
        if reasons:
            raise RetryableError(f"round {name}: {', '.join(reasons)}; try again later")

    def open_rounds(self, statuses: Sequence[RoundStatus]) -> tuple[Round, ...]:
        """Ask the index, which may lag, and read each round again."""
        hints = [
            {"pk": row["pk"], "sk": row["sk"]}
            for status in dict.fromkeys(statuses)
            for row in pages(
                self._client,
                "query",
                TableName=self._table,
                IndexName=OPEN_INDEX,
                KeyConditionExpression="open_status = :status",
                ExpressionAttributeValues=to_item({":status": status.value}),
            )
        ]
        keys = list({(hint["pk"], hint["sk"]): hint for hint in hints}.values())
        rounds = [_readable(item) for item in get_many(self._client, self._table, keys)]
        fitting = [
            r
            for r in rounds
            if r is not None and r.status in statuses and (r.status.is_open or r.is_untold)
        ]
        return tuple(sorted(fitting, key=lambda r: r.remediation.execution_name))

    def _move(
        self,
        found: Round,
        from_: Sequence[RoundStatus],
        to: RoundStatus,
        changes: Mapping[str, Plain],
        *,
        undecided: bool = False,
        rest: Rest | None = None,
    ) -> bool:
        """Move a round and, at its end, release the lock if ours; False: it stands elsewhere."""
        remediation = found.remediation
        move: Mapping[str, Any] = {
            "Update": self._status_update(remediation, from_, to, changes, undecided=undecided)
        }
        release: Mapping[str, Any] = {
            "Delete": {
                "TableName": self._table,
                "Key": to_item(lock_key(str(remediation.function))),
                "ConditionExpression": "attribute_not_exists(pk) OR execution = :ours",
                "ExpressionAttributeValues": to_item({":ours": remediation.execution_name}),
            }
        }
        what = f"round {remediation.execution_name} to {to}"
        if to.is_open:
            return self._reopen(found, from_, move, what)
        operations = [move, release, *self._remembered(remediation, rest)]
        reasons = transact(self._client, operations, what)
        if len(reasons) > 1 and reasons[0] == "None" and reasons[1] == FAILED_CONDITION:
            reasons = transact(self._client, [o for o in operations if o is not release], what)
        if reasons and FAILED_CONDITION not in reasons:
            raise RetryableError(f"{what}: {', '.join(reasons)}; try again later")
        return not reasons

    def _remembered(
        self, remediation: Remediation, rest: Rest | None
    ) -> tuple[Mapping[str, Any], ...]:
        if rest is None:
            return ()
        asked = memory_update(
            remediation.finding_id, cooling_until=rest.until, refuse_change=rest.refused
        )
        return ({"Update": {"TableName": self._table, **(asked or {})}},)

    def _reopen(
        self, found: Round, from_: Sequence[RoundStatus], move: Mapping[str, Any], what: str
    ) -> bool:
        """Move to an open status; a round that may have ended takes the lock of its function again.

        What was read does not count: a watch may close the round between that and the move.
        Raises: ConflictError when another change of the function is open.
        """
        remediation = found.remediation
        is_locked = all(status.is_open for status in from_)
        operations = [move] if is_locked else [move, self._take_lock(remediation)]
        reasons = transact(self._client, operations, what)
        if len(reasons) > 1 and reasons[1] == FAILED_CONDITION and reasons[0] == "None":
            raise ConflictError(f"{remediation.function}: another change of it is open")
        if reasons and FAILED_CONDITION not in reasons:
            raise RetryableError(f"{what}: {', '.join(reasons)}; try again later")
        return not reasons

    def _take_lock(self, remediation: Remediation) -> Mapping[str, Any]:
        """Lock the function for this round, unless another one holds it (S19)."""
        ours = {"execution": remediation.execution_name}
        due = moment_text(remediation.apply_by)
        item = lock_key(str(remediation.function)) | ours
        item |= {"open_status": LOCKED, "due_at": due}
        free = "attribute_not_exists(execution) OR execution = :execution"
        return {
            "Put": {
                **self._put(item, free),
                "ExpressionAttributeValues": to_item({f":{k}": v for k, v in ours.items()}),
            }
        }

    def _status_update(
        self,
        remediation: Remediation,
        from_: Sequence[RoundStatus],
        to: RoundStatus,
        changes: Mapping[str, Plain],
        *,
        undecided: bool,
    ) -> Mapping[str, Any]:
        values: dict[str, Plain] = {":to": to.value}
        values |= {f":from{n}": status.value for n, status in enumerate(from_)}
        values |= {f":{name}": value for name, value in changes.items()}
        sets = ["#status = :to", *(f"{name} = :{name}" for name in changes)]
        if to.is_open or to in UNTOLD:
            sets += ["open_status = :to", "due_at = :due"]
            values[":due"] = due_at(remediation, to, changes)
        expression = "SET " + ", ".join(sets)
        if not (to.is_open or to in UNTOLD):
            expression += " REMOVE open_status, due_at"
        condition = f"#status IN ({', '.join(f':from{n}' for n in range(len(from_)))})"
        if undecided:
            condition += " AND attribute_not_exists(decision)"
        return {
            "TableName": self._table,
            "Key": to_item(round_key(remediation.change_id, remediation.round)),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": to_item(values),
        }

    def _put(self, item: Mapping[str, Plain], condition: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": to_item(item),
            "ConditionExpression": condition,
        }

    def _note_round(self, remediation: Remediation) -> Mapping[str, Any]:
        """Note with the finding which round of this change was used last."""
        return {
            "TableName": self._table,
            "Key": to_item(memory_key(remediation.finding_id)),
            "UpdateExpression": "SET #round = :number",
            "ExpressionAttributeNames": {"#round": f"{ROUND_NOTE}{remediation.change_id}"},
            "ExpressionAttributeValues": to_item({":number": remediation.round}),
        }


def _readable(item: Mapping[str, Any]) -> Round | None:
    """Pass over a row that holds no round: the ledger still has it, and the reconciler mends it."""
    try:
        return stored_round(item)
    except TamperedError:
        return None
