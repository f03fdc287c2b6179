"""How far may a removal go now? Backup, notice, quarantine, deletion: each pause is waited for by
calling again, and whatever speaks against it ends it. A part of stage 6.

Every stage stands in the ledger, and the next begins only by what is there (S5, S6, S14, S15).
"""

from dataclasses import replace
from datetime import timedelta

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import (
    ConflictError,
    NotFoundError,
    OutsideError,
    RetryableError,
)
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import (
    NOTICE_STARTED,
    QUARANTINE_INTENDED,
    QUARANTINE_STARTED,
)
from trimtab.domain.wire import to_wire
from trimtab.pipeline import deleting, removing_versions
from trimtab.pipeline.ending import end, move, overtaken, waiting
from trimtab.pipeline.gone import conclude, is_gone
from trimtab.pipeline.letting_go import let_go
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.removal_backup import ask, read_back
from trimtab.pipeline.removal_checks import (
    REMOVING,
    give_way,
    why_not_deleted,
    why_not_on,
    why_not_unused,
)
from trimtab.pipeline.removal_notice import noticed, prepare, seconds, still_on_notice
from trimtab.pipeline.removal_record import (
    deletes_at,
    deletion_of,
    throttled_since,
    why_stopped,
)
from trimtab.pipeline.removal_signs import look_in_notice, look_in_quarantine
from trimtab.pipeline.writing import ACTOR, Bench, carry_out, forward, record
from trimtab.remediations import KINDS
from trimtab.remediations.remove_function import plan_of, why_not_as_quarantined

LAST_BACKUP = timedelta(hours=1)
"""How long before the deletion the function is backed up once more, to see what differs; chosen:
two Lambdas that may run 15 minutes, and their retries. At most a quarter of the quarantine."""

GOES_ON_WITHIN = timedelta(minutes=30)
"""How long after its intent a quarantine is gone on with; later all is looked at again; chosen."""

QUARANTINE_EVERY = timedelta(minutes=10)
"""How often apply comes back while nothing happens; chosen: the watch looks oftener."""


def remove(known: OnRecord, bench: Bench) -> Outcome:
    """Go on with an approved removal as far as it may go at this moment.

    Raises: RetryableError when the same call should be made again.
    """
    if plan_of(known.remediation).versions:
        return removing_versions.remove(known, bench)
    return _remove_function(known, bench)


def _remove_function(known: OnRecord, bench: Bench) -> Outcome:
    if deletion_of(known) is not None and is_gone(bench):
        return conclude(known.remediation, bench)
    stopped = why_stopped(known)
    if stopped is not None:
        return give_way(known, bench, stopped)
    try:
        if known.has(QUARANTINE_STARTED):
            return _in_quarantine(known, bench)
        since = throttled_since(known)
        if since is not None and bench.clock.now() - since < GOES_ON_WITHIN:
            return _quarantine(known, bench)
        if known.has(NOTICE_STARTED):
            return _in_notice(known, bench)
        return prepare(known, bench)
    except NotFoundError as error:
        if not is_gone(bench):
            raise RetryableError(f"{known.remediation.function}: {error}") from error
        if deletion_of(known) is not None:
            return conclude(known.remediation, bench)
        why = f"the function is gone, and not by us: {error}"
        return end(known.remediation, bench, RoundStatus.GIVEN_UP, why, from_=REMOVING)


def take_back(known: OnRecord, bench: Bench, reason: str) -> Outcome:
    """End a removal because a person or a sign of use asks for it; what is deleted stays deleted.

    Raises: RetryableError when the same call should be made again.
    """
    if deletion_of(known) is None:
        return let_go(known, bench, reason)
    if plan_of(known.remediation).versions:
        return removing_versions.finish(known, bench, reason)
    return conclude(known.remediation, bench) if is_gone(bench) else let_go(known, bench, reason)


def _quarantined(reason: str, *, wait: timedelta, steps_written: int = 0) -> Outcome:
    return Outcome(
        word=OutcomeWord.QUARANTINE,
        reason=reason,
        steps_written=steps_written,
        wait_s=seconds(wait, QUARANTINE_EVERY),
    )


def _in_notice(known: OnRecord, bench: Bench) -> Outcome:
    """Wait until the notice is over and a quarantine fits the window; then look at everything."""
    waits = still_on_notice(known, bench)
    if waits is not None:
        return waits
    remediation, now = known.remediation, bench.clock.now()
    why = why_not_on(remediation, bench, bench.actuator.settle())
    try:
        why = why or look_in_notice(known, bench.actuator, bench.ledger, actor=ACTOR, now=now)
        why = why or why_not_unused(remediation, bench)
    except OutsideError as error:
        reason = f"whether it is unused is not known: {error}"
        return noticed(reason)
    if why is not None:
        return give_way(
            read_round(bench.ledger, remediation.change_id, remediation.round), bench, why
        )
    full = bench.desk.take_slot(remediation, bench.bundle.fleet.limits, now=now)
    if full is not None:
        return noticed(full)
    data = {"before": to_wire(remediation.before), "removal": to_wire(plan_of(remediation))}
    record(remediation, bench, QUARANTINE_INTENDED, data)
    return _quarantine(known, bench)


def _quarantine(known: OnRecord, bench: Bench) -> Outcome:
    """Reserve 0 for it: nothing can call it from then on."""
    remediation = known.remediation
    try:
        move(remediation, bench, from_=REMOVING, to=RoundStatus.APPLYING)
    except ConflictError:
        return overtaken(remediation, bench)
    leg = replace(forward(remediation), foreign=lambda state, _: _why_other(remediation, state))
    ended = carry_out(remediation, bench, leg, while_=RoundStatus.APPLYING)
    if ended.is_overtaken:
        return overtaken(remediation, bench)
    if ended.is_waiting:
        return waiting(ended)
    if ended.stopped is not None:
        now = read_round(bench.ledger, remediation.change_id, remediation.round)
        return give_way(now, bench, ended.stopped)
    record(remediation, bench, QUARANTINE_STARTED, {})
    try:
        move(remediation, bench, from_=REMOVING, to=RoundStatus.QUARANTINE)
    except ConflictError:
        return overtaken(remediation, bench)
    wait = plan_of(remediation).quarantine
    return _quarantined("it takes no calls", wait=wait, steps_written=ended.written)


def _why_other(remediation: Remediation, state: FunctionState) -> str | None:
    """Say that it is not what was approved; once it takes no calls, but for that."""
    if state.reserved_concurrency == 0:
        return why_not_as_quarantined(remediation, state)
    return KINDS[remediation.kind].stale(remediation, state)


def _in_quarantine(known: OnRecord, bench: Bench) -> Outcome:
    """Let it go if anybody calls; else delete it at the end, if nothing speaks against that."""
    remediation, now = known.remediation, bench.clock.now()
    over_at = deletes_at(known)
    assert over_at is not None, "only a quarantine that began is gone on with"
    why = look_in_quarantine(known, lambda: bench.actuator, bench.ledger, actor=ACTOR, now=now)
    if why is not None:
        return give_way(known, bench, why)
    try:
        move(remediation, bench, from_=REMOVING, to=RoundStatus.QUARANTINE)
    except ConflictError:
        return overtaken(remediation, bench)
    backed_up_since = over_at - min(LAST_BACKUP, plan_of(remediation).quarantine / 4)
    if now < over_at:
        if now < backed_up_since or read_back(known, since=backed_up_since) is not None:
            next_at = backed_up_since if now < backed_up_since else over_at
            return _quarantined(f"until {over_at.isoformat()}", wait=next_at - now)
        ask(known, bench, "deletion")
        return Outcome(word=OutcomeWord.BACKUP, reason="it is backed up once more")
    state = bench.actuator.settle()
    recent = max(backed_up_since, now - 2 * LAST_BACKUP)
    why = why_not_deleted(known, bench, state, backed_up_since=recent)
    if why is not None:
        return give_way(known, bench, why)
    return deleting.begin(known, bench)
