"""Does anybody use what is to be removed? Stage 7 of 8, while a removal is on its way (S15).

A quarantine is looked at in every pass, a notice once an hour. Apply looks too, each time it goes
on: either of the two lets a function go without the other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.errors import NotFoundError, TrimtabError
from trimtab.domain.fleet import FunctionState, Gap
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import NOTICE_STARTED
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.removal_record import deletes_at, deletion_of, throttled_since, why_stopped
from trimtab.pipeline.removal_signs import (
    CHANGED,
    LATE,
    look_in_notice,
    look_in_quarantine,
    stop,
)
from trimtab.pipeline.verify import ACTOR, Bench, gap_of
from trimtab.pipeline.version_checks import Eyes, look_at_versions
from trimtab.ports import FunctionSource
from trimtab.remediations import KINDS
from trimtab.remediations.remove_function import plan_of, why_not_as_quarantined

NOTICE_MINUTES = 3
"""Of each hour, in which a notice is looked at, so that one lost tick loses nothing."""
LOOKED_AT = (RoundStatus.APPLYING, RoundStatus.NOTICE, RoundStatus.QUARANTINE)
LATE_AFTER = timedelta(minutes=30)
"""How long after its end a quarantine may stand before the watch lets it go; chosen: apply comes
every ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A removal that goes no further, and why."""

    remediation: Remediation
    reason: str


def watch_removals(bench: Bench) -> tuple[tuple[Released, ...], tuple[Gap, ...]]:
    """Look at every notice and quarantine once; what is used, or cannot be read, is let go."""
    released: list[Released] = []
    gaps: list[Gap] = []
    for record in bench.desk.open_rounds(LOOKED_AT):
        change = record.remediation
        if change.removal is None:
            continue
        try:
            why = _look(record, bench)
        except TrimtabError as error:
            gaps.append(gap_of(change.function.target, error))
            continue
        if why is not None:
            released.append(Released(remediation=change, reason=why))
    return tuple(released), tuple(gaps)


def _look(record: Round, bench: Bench) -> str | None:
    """Look at one; whatever ends it is on record before its way back begins.

    What may take no calls is looked at whatever its round says: a crash may have kept that behind.
    """
    change, now = record.remediation, bench.clock.now()
    known = read_round(bench.ledger, change.change_id, change.round)
    if known.status not in LOOKED_AT:
        return None
    why: str | None = why_stopped(known)
    if why is None and throttled_since(known) is not None:
        why = _in_quarantine(known, bench, now=now)
    elif why is None and known.status is RoundStatus.NOTICE and _is_due(now):
        why = _in_notice(known, bench, now=now)
    if why is not None:
        bench.executions.start_undo(change.change_id, change.round)
    return why


def _is_due(now: datetime) -> bool:
    return now.minute < NOTICE_MINUTES


def _in_quarantine(known: OnRecord, bench: Bench, *, now: datetime) -> str | None:
    over_at = deletes_at(known)
    assert over_at is not None, "only a quarantine that began is looked at"
    if now >= over_at + LATE_AFTER:
        late = "nobody ended its quarantine in time: see whether apply runs"
        stop(known, bench.ledger, LATE, late, actor=ACTOR, now=now)
        return late
    target = known.remediation.function.target
    why = look_in_quarantine(
        known, lambda: bench.fleet.open(target), bench.ledger, actor=ACTOR, now=now
    )
    if why is not None or deletion_of(known) is not None:
        return why
    return _changed(known, bench.fleet.open(target), bench, now=now)


def _in_notice(known: OnRecord, bench: Bench, *, now: datetime) -> str | None:
    began = known.last(NOTICE_STARTED)
    assert began is not None, "only a notice that began is looked at"
    source = bench.fleet.open(known.remediation.function.target)
    if plan_of(known.remediation).versions:
        return _versions_in_notice(known, source, bench, now=now)
    why = look_in_notice(known, source, bench.ledger, actor=ACTOR, now=now)
    return why or _changed(known, source, bench, now=now)


def _versions_in_notice(
    known: OnRecord, source: FunctionSource, bench: Bench, *, now: datetime
) -> str | None:
    """Take out of what goes whichever version is used or changed by now."""
    function = known.remediation.function
    try:
        state = source.state(function)
    except NotFoundError:
        why = "somebody else deleted the function"
        stop(known, bench.ledger, CHANGED, why, actor=ACTOR, now=now)
        return why
    eyes = Eyes(
        version=partial(source.version, function),
        numbers=lambda: [one.number for one in source.capacity.versions_of(function)],
        reader=source,
    )
    return look_at_versions(known, state, eyes, bench.ledger, actor=ACTOR, now=now)


def _changed(known: OnRecord, source: FunctionSource, bench: Bench, *, now: datetime) -> str | None:
    """Say that somebody changed the function: whoever works on it does not want it removed."""
    change = known.remediation
    try:
        state: FunctionState = source.state(change.function)
    except NotFoundError:
        why: str | None = "somebody else deleted it"
    else:
        is_held = state.reserved_concurrency == 0 and throttled_since(known) is not None
        judge = why_not_as_quarantined if is_held else KINDS[change.kind].stale
        why = judge(change, state)
    if why is not None:
        stop(known, bench.ledger, CHANGED, why, actor=ACTOR, now=now)
    return why
