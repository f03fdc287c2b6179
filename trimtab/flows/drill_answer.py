"""What does the Lambda of the drills answer? Plain data, no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.drill import ACTOR, Candidate, Drilled, DrillReport
from trimtab.domain.errors import InputError
from trimtab.domain.wire import to_wire
from trimtab.flows import expiry, tell_drill
from trimtab.flows.drill import drill, look_ahead
from trimtab.flows.drill_sample import Bench, Prospect, Request
from trimtab.pipeline.drill_record import drills_on_record

BY_SCHEDULE = "the schedule asked for it"

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer, how it went in a word, and how many things went wrong."""

    word: str
    answer: Mapping[str, Any]
    failures: int | None = None
    """None: nothing was drilled."""


def answer(event: Event, bench: Bench, telling: tell_drill.Bench) -> Said:
    """Take {"by", "why", "functions", "dry_run"}, or nothing from the schedule.

    Raises: InputError, ConflictError; what kept an email from going out, once all is on record.
    """
    request = _request(event)
    if event.get("dry_run") is True:
        return Said(word="looked_ahead", answer=_prospect(look_ahead(request, bench)))
    report = drill(request, bench)
    tell_drill.tell_last_drill(telling)
    word = "well" if report.is_well else "failed"
    return Said(word=word, answer=_report(report), failures=report.failures)


def announce(bench: expiry.Bench, telling: tell_drill.Bench) -> dict[str, Any]:
    """Tell what is to be told once a day; say how many backups end soon, and how old the last drill
    is.

    Raises: OutsideError, TamperedError; what kept an email from going out, after the others.
    """
    try:
        soon = expiry.announce(bench)
    finally:
        tell_drill.tell_last_drill(telling)
    entries = drills_on_record(bench.post.ledger)
    days = tell_drill.age_days(entries, now=bench.post.clock.now())
    return {"expiring": soon, "drill_days": days}


def _request(event: Event) -> Request:
    names = event.get("functions") or ()
    if not event:
        return Request(by=ACTOR, why=BY_SCHEDULE)
    return Request(
        by=_text(event, "by"),
        why=_text(event, "why"),
        functions=tuple(FunctionArn.parse(str(name)) for name in names),
    )


def _prospect(prospect: Prospect) -> dict[str, Any]:
    return {
        "sample": [_candidate(one) for one in prospect.sample],
        "backups": prospect.backups,
        "not_restored": prospect.not_restored,
        "problems": list(prospect.problems),
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "function": str(one.function),
        "backup_id": one.backup_id,
        "taken_at": to_wire(one.taken_at),
        "drilled_at": to_wire(one.drilled_at),
    }


def _report(report: DrillReport) -> dict[str, Any]:
    return {
        "drill_id": report.drill_id,
        "began_at": to_wire(report.began_at),
        "ended_at": to_wire(report.ended_at),
        "sandbox": report.sandbox,
        "not_restored": report.not_restored,
        "backups": report.backups,
        "well": report.is_well,
        "problems": list(report.problems),
        "leftovers": list(report.leftovers),
        "functions": [_drilled(one) for one in report.functions],
    }


def _drilled(one: Drilled) -> dict[str, Any]:
    return {
        "function": str(one.function),
        "backup_id": one.backup_id,
        "taken_at": to_wire(one.taken_at),
        "word": one.word.value,
        "well": one.is_well,
        "reason": one.reason,
        "copy": one.copy,
        "left_behind": one.left_behind,
        "parts": [
            {"name": part.name, "state": part.state.value, "why": part.why} for part in one.parts
        ],
    }


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{name} is missing: say it as text")
    return value
