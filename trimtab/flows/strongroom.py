"""What do the Lambdas of backup and restore answer? Plain data, no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError
from trimtab.domain.wire import to_wire
from trimtab.flows import backup as taking
from trimtab.flows.backups import backups, expiring
from trimtab.flows.restore import Answer, Bench, Prospect, Request, look_ahead, restore
from trimtab.pipeline.drill_record import drills_on_record, last_drills

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer, and how it went in a word, for the log."""

    word: str
    answer: Mapping[str, Any]


def back_up(event: Event, bench: taking.Bench) -> Said:
    """Take {"change_id", "round"}, or {"function", "by", "why"}; back the function up.

    Raises: InputError when it is neither; and what the flow raises.
    """
    if "change_id" in event:
        made = taking.back_up_change(event["change_id"], event["round"], bench)
    else:
        function = FunctionArn.parse(_text(event, "function"))
        by, why = _text(event, "by"), _text(event, "why")
        made = taking.back_up_function(function, by=by, why=why, bench=bench)
    word = "backed_up" if made.is_complete else "incomplete"
    return Said(word=word, answer={"complete": made.is_complete} | taking.summary_of(made))


def verify(event: Event, reader: taking.Reader) -> Said:
    """Take {"change_id", "round"}; read its backup back."""
    found = taking.verify_change(event["change_id"], event["round"], reader)
    answer = {"verified": found.proof is not None, "faults": list(found.faults)}
    proof = {} if found.proof is None else {"proof": to_wire(found.proof)}
    return Said(word="verified" if found.proof else "refused", answer=answer | proof)


def list_backups(event: Event, reader: taking.Reader, *, region: str) -> Said:
    """Take {"function"} or {"region"}, or neither; list what is in the vault of that region."""
    named = event.get("function")
    function = None if named is None else FunctionArn.parse(named)
    where = function.region if function is not None else event.get("region") or region
    found = backups(reader.vault(where), function, kept_for=reader.kept_for)
    now = reader.clock.now()
    soon = {one.backup_id for one in expiring(found, now=now)}
    drills = last_drills(drills_on_record(reader.ledger))
    rows = [
        {
            "function": str(one.function),
            "backup_id": one.backup_id,
            "taken_at": to_wire(one.taken_at),
            "age_days": (now - one.taken_at).days,
            "complete": one.is_complete,
            "missing": list(one.missing),
            "expires_at": to_wire(one.expires_at),
            "days_left": one.days_left(now),
            "expires_soon": one.backup_id in soon,
            "size_bytes": one.size_bytes,
            "drill": to_wire(drills.get(one.backup_id)),
        }
        for one in found
    ]
    return Said(word="listed", answer={"region": where, "backups": rows})


def bring_back(event: Event, bench: Bench) -> Said:
    """Take {"function", "by", "why", "name", "backup_id", "starts_mappings", "dry_run"}.

    Raises: InputError; NotFoundError, ConflictError as the flow does.
    """
    request = Request(
        function=FunctionArn.parse(_text(event, "function")),
        by=_text(event, "by"),
        why=_text(event, "why"),
        name=event.get("name"),
        backup_id=event.get("backup_id"),
        starts_mappings=event.get("starts_mappings") is True,
    )
    if event.get("dry_run") is True:
        return Said(word="looked_ahead", answer=_prospect(look_ahead(request, bench)))
    return _answered(restore(request, bench))


def _answered(done: Answer) -> Said:
    answer = _prospect(done.prospect) | {
        "restore_id": done.restore_id,
        "word": done.restored.word.value,
        "reason": done.restored.reason,
        "differences": list(done.restored.differences),
        "refused": list(done.restored.refused),
        "numbers": dict(done.restored.numbers),
        "writes": done.restored.writes,
    }
    return Said(word=done.restored.word.value, answer=answer)


def _prospect(prospect: Prospect) -> dict[str, Any]:
    return {
        "backup_id": prospect.order.backup_id,
        "taken_at": to_wire(prospect.proof.taken_at),
        "target": str(prospect.order.target),
        "steps": list(prospect.steps),
        "cannot_come_back": list(prospect.cannot_come_back),
    }


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{name} is missing: say it as text")
    return value
