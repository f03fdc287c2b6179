"""What comes before anything is written: the backup, read back, and the notice. For a function and
for single versions alike; a part of stage 6.
"""

import math
from datetime import datetime, timedelta

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import ConflictError, NotFoundError, PermanentError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import NOTICE_STARTED
from trimtab.pipeline.ending import end, move, overtaken
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.removal_backup import (
    TRY_FOR,
    ReadBack,
    ask,
    is_of,
    read_back,
    versions_not_held,
    why_never,
    why_not_restorable,
)
from trimtab.pipeline.removal_checks import REMOVING, give_way, why_not_on
from trimtab.pipeline.removal_record import NOTICE, everybody_told_at
from trimtab.pipeline.version_checks import keep, stop_if_none
from trimtab.pipeline.writing import ACTOR, Bench, record
from trimtab.remediations.remove_function import plan_of

UNTOLD_FOR = timedelta(days=7)
"""How long it is tried to tell the approvers before the removal ends; chosen."""

NOTICE_EVERY = timedelta(hours=6)
"""How often apply comes back while nothing happens; chosen: the watch looks oftener."""


def prepare(known: OnRecord, bench: Bench) -> Outcome:
    """Have it backed up and read back; then its notice begins."""
    remediation = known.remediation
    try:
        state = bench.actuator.settle()
    except NotFoundError:
        raise
    except PermanentError as error:
        return end(remediation, bench, RoundStatus.NOT_WRITTEN, str(error), from_=REMOVING)
    why = why_not_on(remediation, bench, state)
    if why is not None:
        return give_way(known, bench, why)
    backup = read_back(known)
    if backup is None or not _is_usable(known, backup, state):
        never = why_never(known)
        if never is not None:
            return end(remediation, bench, RoundStatus.NOT_WRITTEN, never, from_=REMOVING)
        asked_at = ask(known, bench, "notice")
        if bench.clock.now() - asked_at >= TRY_FOR:
            why = "no whole backup of it could be made and read back"
            return end(remediation, bench, RoundStatus.NOT_WRITTEN, why, from_=REMOVING)
        return Outcome(word=OutcomeWord.BACKUP, reason="it is backed up first")
    lost = _why_not_begun(known, backup, bench)
    if lost is not None:
        now = read_round(bench.ledger, remediation.change_id, remediation.round)
        return give_way(now, bench, lost)
    record(remediation, bench, NOTICE_STARTED, {"proof": backup["proof"]})
    try:
        move(remediation, bench, from_=REMOVING, to=RoundStatus.NOTICE)
    except ConflictError:
        return overtaken(remediation, bench)
    return noticed("its approvers are told", wait=plan_of(remediation).notice)


def _is_usable(known: OnRecord, backup: ReadBack, state: FunctionState) -> bool:
    """Tell whether a backup is of what goes. A function may be deployed while versions of it go:
    of those a backup says by itself what it holds.
    """
    if plan_of(known.remediation).versions:
        return "versions" in backup
    return is_of(backup, state)


def _why_not_begun(known: OnRecord, backup: ReadBack, bench: Bench) -> str | None:
    """Say why no notice begins; a version that the backup does not hold whole is taken out."""
    if not plan_of(known.remediation).versions:
        return why_not_restorable(backup)
    now = bench.clock.now()
    for number, why in versions_not_held(known, backup).items():
        keep(known, bench.ledger, number, why, actor=ACTOR, now=now)
    return stop_if_none(known, bench.ledger, actor=ACTOR, now=now)


def still_on_notice(known: OnRecord, bench: Bench) -> Outcome | None:
    """Wait until the notice is over and the change window open; None: what follows may begin."""
    remediation, now = known.remediation, bench.clock.now()
    try:
        move(remediation, bench, from_=REMOVING, to=RoundStatus.NOTICE)
    except ConflictError:
        return overtaken(remediation, bench)
    wait = _why_wait(known, now=now)
    if wait is not None:
        return noticed(wait, wait=_left(known, now=now))
    if everybody_told_at(known, NOTICE) is None:
        return give_way(known, bench, "its approvers could not be told")
    return None


def noticed(reason: str, *, wait: timedelta = NOTICE_EVERY) -> Outcome:
    return Outcome(word=OutcomeWord.NOTICE, reason=reason, wait_s=seconds(wait, NOTICE_EVERY))


def seconds(wait: timedelta, most: timedelta) -> int:
    return math.ceil(min(max(wait, timedelta(seconds=1)), most).total_seconds())


def _why_wait(known: OnRecord, *, now: datetime) -> str | None:
    """Say why the notice goes on; None: it is over, or nobody could be told for too long."""
    told_at, began = everybody_told_at(known, NOTICE), known.last(NOTICE_STARTED)
    assert began is not None, "only a notice that began is gone on with"
    if told_at is None:
        is_late = now - began.at >= UNTOLD_FOR
        return None if is_late else "its approvers are being told"
    over_at = told_at + plan_of(known.remediation).notice
    if now < over_at:
        return f"until {over_at.isoformat()}"
    return _why_no_window(known.remediation, now=now)


def _left(known: OnRecord, *, now: datetime) -> timedelta:
    """Return how long the notice still lasts; of one that is over: until the next look."""
    told_at = everybody_told_at(known, NOTICE)
    over_at = (told_at or now) + plan_of(known.remediation).notice
    return over_at - now if over_at > now else NOTICE_EVERY


def _why_no_window(remediation: Remediation, *, now: datetime) -> str | None:
    """A quarantine begins and ends in an open window, or the end would find it closed; versions
    have none, and are deleted in one.
    """
    window = remediation.window
    if window is None:
        return None
    ends_at = now + plan_of(remediation).quarantine
    if window.is_open(now) and window.is_open(ends_at):
        return None
    if plan_of(remediation).versions:
        return f"its change window is closed until {window.opens_at(now).isoformat()}"
    return "it waits for a change window in which a quarantine may begin, and another to end it"
