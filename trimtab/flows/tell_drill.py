"""Who hears that a drill went wrong, and how long ago was the last one? Each operator, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.drill import ACTOR, DRILL_CHAIN, ENDED, TOLD, DrillReport
from trimtab.domain.ledger import Entry
from trimtab.domain.notice import Email
from trimtab.domain.wire import from_wire
from trimtab.flows import keys, letters
from trimtab.flows.letters import NOT_TOLD, Letter, Post
from trimtab.pipeline.drill_record import drills_on_record
from trimtab.ports import RunStore

NEVER_DAYS = 9999
"""How old the last drill is when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What telling of a drill needs from outside."""

    store: RunStore
    post: Post
    operators: tuple[str, ...]
    compose: Callable[[str, DrillReport, datetime], Email]
    """(address, report, now) → the email."""


def tell_last_drill(bench: Bench) -> int:
    """Write to whoever was not told yet that the last drill failed; return how many were told.

    Raises: what kept an email from going out, after the others were sent; TamperedError.
    """
    entries = drills_on_record(bench.post.ledger)
    ended = _last_end(entries)
    if ended is None or ended.data["is_well"] is True:
        return 0
    drill_id = str(ended.data["drill_id"])
    ids = bench.post.people.ids(bench.operators)
    waiting = [a for a in ids if ids[a] not in _told(entries, drill_id)]
    if not waiting:
        return 0
    report = from_wire(DrillReport, bench.store.get(keys.drill(drill_id)))
    mail = tuple(_letter(address, report, bench) for address in waiting)
    return len(letters.send(mail, bench.post, chain=DRILL_CHAIN, event=TOLD, actor=ACTOR))


def _letter(address: str, report: DrillReport, bench: Bench) -> Letter:
    return Letter(
        address=address,
        compose=lambda: bench.compose(address, report, bench.post.clock.now()),
        data={"drill_id": report.drill_id},
    )


def age_days(entries: tuple[Entry, ...], *, now: datetime) -> int:
    """Return how many days ago the last drill ended; NEVER_DAYS when none did."""
    ended = _last_end(entries)
    return NEVER_DAYS if ended is None else (now - ended.at).days


def _last_end(entries: tuple[Entry, ...]) -> Entry | None:
    return next((e for e in reversed(entries) if e.event == ENDED), None)


def _told(entries: tuple[Entry, ...], drill_id: str) -> set[str]:
    said = [e.data for e in entries if e.event in (TOLD, NOT_TOLD)]
    return {str(data["to"]) for data in said if data["drill_id"] == drill_id}
