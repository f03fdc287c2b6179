"""How far may a removal of single versions go now? Backup, notice, deletion of each. A part of
stage 6, lighter than that of a function: the function goes on, so there is no quarantine.

Each version is looked at once more just before its own call; what speaks against one keeps that one
and no other. What was deleted is entered one by one, with whose doing it was (S5, S6, S14, S26).
"""

from datetime import timedelta

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import ConflictError, NotFoundError, OutsideError, RetryableError
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.round_events import DELETION_INTENDED, NOTICE_STARTED, VERSION_GONE
from trimtab.pipeline.ending import end, move, overtaken
from trimtab.pipeline.gone import OPEN, is_gone, whose_doing
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.preflight import why_not_while
from trimtab.pipeline.removal_backup import first_proof
from trimtab.pipeline.removal_checks import REMOVING, give_way, why_not_on
from trimtab.pipeline.removal_notice import noticed, prepare, still_on_notice
from trimtab.pipeline.removal_record import (
    deletion_of,
    deletions_of,
    versions_gone,
    versions_kept,
    versions_left,
    why_stopped,
)
from trimtab.pipeline.version_checks import keep, look_at_versions, stop_if_none
from trimtab.pipeline.version_deletion import delete, eyes_of, is_there
from trimtab.pipeline.writing import ACTOR, Bench, record

GOES_ON_WITHIN = timedelta(minutes=30)
"""How long after everything was checked versions are deleted; what is left then stays; chosen."""


def remove(known: OnRecord, bench: Bench) -> Outcome:
    """Go on as far as it may go at this moment.

    Raises: RetryableError when the same call should be made again.
    """
    stopped = why_stopped(known)
    try:
        if deletion_of(known) is not None:
            return _deletions(known, bench) if stopped is None else finish(known, bench, stopped)
        if stopped is not None:
            return give_way(known, bench, stopped)
        if known.has(DELETION_INTENDED) and _is_in_time(known, bench):
            return _deletions(known, bench)
        if known.has(NOTICE_STARTED):
            return _in_notice(known, bench)
        return prepare(known, bench)
    except NotFoundError as error:
        if not is_gone(bench):
            raise RetryableError(f"{known.remediation.function}: {error}") from error
        return _function_gone(known, bench, str(error))


def _in_notice(known: OnRecord, bench: Bench) -> Outcome:
    """Wait until the notice is over and the window open; then look at everything once more."""
    waits = still_on_notice(known, bench)
    if waits is not None:
        return waits
    remediation, now = known.remediation, bench.clock.now()
    state = bench.actuator.settle()
    why = why_not_on(remediation, bench, state)
    if why is not None:
        return give_way(known, bench, why)
    try:
        busy = why_not_while(bench.actuator.surroundings())
        if busy is not None:
            return noticed(busy)
        why = _judged_anew(known, bench)
        eyes = eyes_of(bench)
        why = why or look_at_versions(known, state, eyes, bench.ledger, actor=ACTOR, now=now)
    except OutsideError as error:
        return noticed(f"whether they are unused is not known: {error}")
    if why is not None:
        return give_way(_again(known, bench), bench, why)
    full = bench.desk.take_slot(remediation, bench.bundle.fleet.limits, now=now)
    if full is not None:
        return noticed(full)
    numbers = [one.number for one in versions_left(_again(known, bench))]
    data = {"backup_id": first_proof(known)["backup_id"], "versions": numbers}
    record(remediation, bench, DELETION_INTENDED, data, key=now.isoformat())
    return _deletions(_again(known, bench), bench)


def _judged_anew(known: OnRecord, bench: Bench) -> str | None:
    """Ask the policy and its advisor again: what they do not name any more stays. Return why the
    removal ends.
    """
    found = bench.look_at_versions(known.remediation)
    if isinstance(found, str):
        return found
    now = bench.clock.now()
    for one in versions_left(known):
        if one.number not in found:
            why = "its policy does not name it any more"
            keep(known, bench.ledger, one.number, why, actor=ACTOR, now=now)
    return stop_if_none(known, bench.ledger, actor=ACTOR, now=now)


def _deletions(known: OnRecord, bench: Bench) -> Outcome:
    """Delete each version that is left, then enter whose doing it was."""
    remediation = known.remediation
    try:
        move(remediation, bench, from_=REMOVING, to=RoundStatus.APPLYING)
    except ConflictError:
        return overtaken(remediation, bench)
    for one in versions_left(known):
        late = None if _is_in_time(known, bench) else "its deletion was cut off, and not begun anew"
        halted = delete(one, known, bench, late=late)
        if halted is not None:
            return halted
    now = _again(known, bench)
    stopped = why_stopped(now)
    return conclude(now, bench) if stopped is None else finish(now, bench, stopped)


def _is_in_time(known: OnRecord, bench: Bench) -> bool:
    intended = known.last(DELETION_INTENDED)
    assert intended is not None, "only a deletion that was meant is gone on with"
    return bench.clock.now() - intended.at < GOES_ON_WITHIN


def finish(known: OnRecord, bench: Bench, reason: str) -> Outcome:
    """Delete no further version, and end with what is left. What is deleted stays deleted.

    Raises: RetryableError when the same call should be made again.
    """
    now = bench.clock.now()
    for one in versions_left(known):
        if not deletions_of(known, one.number) or is_there(one.number, bench):
            keep(known, bench.ledger, one.number, reason, actor=ACTOR, now=now)
    return conclude(_again(known, bench), bench)


def conclude(known: OnRecord, bench: Bench) -> Outcome:
    """End a round in which each version is either kept, or gone by whose doing CloudTrail tells."""
    remediation = known.remediation
    for one in versions_left(known):
        steps = deletions_of(known, one.number)
        if not steps:
            why, now = "somebody else deleted it", bench.clock.now()
            keep(known, bench.ledger, one.number, why, actor=ACTOR, now=now)
            continue
        whose = whose_doing(steps, bench, intended_at=steps[-1].at)
        if whose is None:
            why = f"{one.number} is gone; CloudTrail does not name whose doing that was yet"
            return Outcome(word=OutcomeWord.WAITING, reason=why)
        data = {"version": one.number, "deleted_by": whose}
        record(remediation, bench, VERSION_GONE, data, key=one.number)
    return _end(_again(known, bench), bench)


def _end(known: OnRecord, bench: Bench) -> Outcome:
    remediation, gone = known.remediation, versions_gone(known)
    cooling_until = bench.clock.now() + remediation.rests_for
    bench.desk.remember(remediation.finding_id, cooling_until=cooling_until)
    left = _said_kept(known)
    if not gone:
        reason = f"no version was deleted{left}"
        return end(remediation, bench, RoundStatus.NOT_WRITTEN, reason, from_=OPEN)
    backup_id = first_proof(known)["backup_id"]
    reason = f"deleted: {', '.join(sorted(gone, key=int))}{left}; backup {backup_id} has them"
    return end(remediation, bench, RoundStatus.REMOVED, reason, from_=OPEN)


def _said_kept(known: OnRecord) -> str:
    """Return which versions stay, with each reason once."""
    kept = versions_kept(known)
    if not kept:
        return ""
    why: dict[str, list[str]] = {}
    for number in sorted(kept, key=int):
        why.setdefault(kept[number], []).append(number)
    said = "; ".join(f"{', '.join(numbers)}: {reason}" for reason, numbers in why.items())
    return f"; kept: {said}"


def _function_gone(known: OnRecord, bench: Bench, error: str) -> Outcome:
    """End a round whose function somebody deleted, with what was deleted by us before."""
    if deletion_of(known) is not None:
        return conclude(_again(known, bench), bench)
    why = f"the function is gone, and not by us: {error}"
    return end(known.remediation, bench, RoundStatus.GIVEN_UP, why, from_=REMOVING)


def _again(known: OnRecord, bench: Bench) -> OnRecord:
    return read_round(bench.ledger, known.remediation.change_id, known.remediation.round)
