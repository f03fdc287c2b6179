"""How is an approved change written? Stage 6 of 8: ApprovedRemediation → Outcome. The only writer.

What was begun is told by the ledger, never by the state table alone. A status moves on condition of
the one before, so of two calls at once one is overtaken and writes nothing more.
"""

from dataclasses import replace

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import (
    ConflictError,
    PermanentError,
    RetryableError,
)
from trimtab.domain.evidence import Unknown
from trimtab.domain.fleet import FunctionState, provisioned_of
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import CANARY_HEALTHY, CANARY_STARTED, PROMOTION_INTENDED
from trimtab.domain.terms import Direction
from trimtab.domain.verification import Baseline, Figures
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline.approve import ApprovedRemediation, why_not_by_its_tags
from trimtab.pipeline.canary import (
    is_tried,
    record_start,
    until_when,
    why_modified,
    why_overdue,
    why_taken_back,
)
from trimtab.pipeline.ending import WORDS, already, end, move, overtaken, waiting
from trimtab.pipeline.figures import read_baseline
from trimtab.pipeline.letting_go import let_go
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.preflight import (
    read_traffic,
    why_not_provision,
    why_not_try,
    why_runtime_blocks,
)
from trimtab.pipeline.removal import remove, take_back
from trimtab.pipeline.removal_record import why_stopped
from trimtab.pipeline.undoing import UNDOABLE, put_back
from trimtab.pipeline.writing import (
    ACTOR,
    Bench,
    Ended,
    canary_versions,
    carry_out,
    forward,
    published_version,
    record,
    to_canary,
)
from trimtab.remediations import KINDS

__all__ = ["ACTOR", "BEGUN", "UNDOABLE", "WORDS", "WRITING", "Bench", "apply"]

WRITING = f"{Direction.FORWARD.value}_step_intended"
"""The entry from which on a write may have landed."""

TRYING = (RoundStatus.APPLYING, RoundStatus.CANARY)

BEGUN = (
    RoundStatus.APPROVED,
    RoundStatus.APPLYING,
    RoundStatus.CANARY,
    RoundStatus.NOTICE,
    RoundStatus.QUARANTINE,
)


def apply(approved: ApprovedRemediation, bench: Bench) -> Outcome:
    """Write the change, or its undo, exactly once; every end is an entry in the ledger.

    What is written is what was approved, not whatever the ledger may have been given since (S1).
    Raises: RetryableError when the same call should be made again.
    """
    remediation = approved.remediation
    entries = read_round(bench.ledger, remediation.change_id, remediation.round)
    known = replace(entries, remediation=remediation)
    if approved.direction is Direction.UNDO:
        return _undo(known, bench)
    return _change(known, bench)


def _change(known: OnRecord, bench: Bench) -> Outcome:
    remediation = known.remediation
    stands = bench.desk.round(remediation.change_id, remediation.round)
    if stands.status is RoundStatus.UNDOING and not known.has("applied"):
        way_back = put_back if remediation.removal is None else let_go
        return way_back(known, bench, why_stopped(known) or "it was being taken back")
    if stands.status not in BEGUN:
        return already(remediation, stands, bench)
    if remediation.removal is not None:
        return remove(known, bench)
    if known.has(CANARY_STARTED):
        still = _after_canary(known, bench)
        if still is not None:
            return still
        entries = read_round(bench.ledger, remediation.change_id, remediation.round)
        known = replace(entries, remediation=remediation)
    return _write(known, bench)


def _write(known: OnRecord, bench: Bench) -> Outcome:
    """Check everything once more, then make the writes that are left up to the next stop."""
    remediation = known.remediation
    try:
        state = bench.actuator.settle()
    except PermanentError as error:
        if known.has(WRITING):
            raise
        return _end_before_writing(known, bench, RoundStatus.NOT_WRITTEN, str(error))
    refused = _begin(known, bench, state)
    if refused is not None:
        return refused
    is_trial = remediation.canary is not None and not known.has(PROMOTION_INTENDED)
    leg = to_canary(remediation) if is_trial else forward(remediation)
    ended = carry_out(remediation, bench, leg, while_=RoundStatus.APPLYING)
    if ended.is_overtaken:
        return overtaken(remediation, bench)
    if ended.is_waiting:
        return waiting(ended)
    if ended.stopped is not None:
        return _give_up(remediation, bench, ended)
    return (_canary_started if is_trial else _applied)(remediation, bench, ended)


def _after_canary(known: OnRecord, bench: Bench) -> Outcome | None:
    """Wait for what the watch says of the canary; None: all the traffic may follow.

    A watch that never says anything is no reason to leave a canary where it is.
    """
    remediation = known.remediation
    try:
        if not is_tried(known):
            move(remediation, bench, from_=TRYING, to=RoundStatus.APPLYING)
            return None
        bad = why_taken_back(known) or why_overdue(known, now=bench.clock.now())
        if bad is not None:
            return put_back(known, bench, bad)
        if not known.has(CANARY_HEALTHY):
            move(remediation, bench, from_=TRYING, to=RoundStatus.CANARY)
            return Outcome(word=OutcomeWord.CANARY, reason=until_when(known))
        baseline = _read_baseline(remediation, bench)
        record(remediation, bench, PROMOTION_INTENDED, {"baseline": to_wire(baseline)})
        move(remediation, bench, from_=TRYING, to=RoundStatus.APPLYING)
    except PermanentError as error:
        return put_back(known, bench, f"it could not be verified afterwards: {error}")
    except ConflictError:
        return overtaken(remediation, bench)
    return None


def _canary_started(remediation: Remediation, bench: Bench, ended: Ended) -> Outcome:
    """Record what the watch compares, then let it look."""
    known = record_start(remediation, bench, ended.state)
    try:
        move(remediation, bench, from_=TRYING, to=RoundStatus.CANARY)
    except ConflictError:
        return overtaken(remediation, bench)
    return Outcome(word=OutcomeWord.CANARY, reason=until_when(known), steps_written=ended.written)


def _begin(known: OnRecord, bench: Bench, state: FunctionState) -> Outcome | None:
    """Check everything on the fresh read, then record the intent (S5, S7); an outcome ends it.

    Tags are checked on every call, also of a change that was begun: it stops at its next step
    (S20). The function is compared as long as nothing is written.
    """
    remediation = known.remediation
    tags = why_not_by_its_tags(remediation, bench.bundle, tags=state.tags, now=bench.clock.now())
    if known.has(WRITING) and not _is_untouched(remediation, bench, state):
        why = tags or (why_modified(known, state) if known.has(PROMOTION_INTENDED) else None)
        return None if why is None else put_back(known, bench, why)
    why = tags or KINDS[remediation.kind].stale(remediation, state)
    if why is not None:
        return _end_before_writing(known, bench, RoundStatus.STALE, why)
    try:
        why = "whether it could be written was not to be known"
        refused = _why_not_written(remediation, bench, state)
        if refused is not None:
            return _end_before_writing(known, bench, RoundStatus.STALE, refused)
        why = "it could not be written and taken back"
        _probe(remediation, bench, state)
        why = "it could not be verified afterwards"
        baseline = _read_baseline(remediation, bench)
    except PermanentError as error:
        return _end_before_writing(known, bench, RoundStatus.NOT_WRITTEN, f"{why}: {error}")
    now, limits = bench.clock.now(), bench.bundle.fleet.limits
    full = bench.desk.take_slot(remediation, limits, now=now)
    if full is not None:
        record(remediation, bench, "waiting", {"reason": full})
        return Outcome(word=OutcomeWord.WAITING, reason=full)
    _record_intent(remediation, bench, state, baseline)
    try:
        move(remediation, bench, from_=BEGUN, to=RoundStatus.APPLYING)
    except ConflictError:
        return overtaken(remediation, bench)
    return None


def _why_not_written(remediation: Remediation, bench: Bench, state: FunctionState) -> str | None:
    """Ask, on fresh reads, what only AWS or the hour says: its runtime, and its canary's chances.

    Raises: PermanentError when something of it cannot be read; RetryableError.
    """
    now = bench.clock.now()
    blocked = why_runtime_blocks(state.runtime, bench.bundle.runtimes, at=now)
    if blocked is not None:
        return blocked
    if remediation.provisioned is not None:
        return why_not_provision(remediation, state, bench.actuator.surroundings())
    if remediation.canary is None:
        return None
    traffic = read_traffic(bench.actuator, remediation, now=now)
    return why_not_try(remediation, state, bench.actuator.surroundings(), traffic, now=now)


def _probe(remediation: Remediation, bench: Bench, state: FunctionState) -> None:
    """Make sure of being allowed to write, and to take it back, before anything is written.

    Raises: PermanentError naming what the role may not do; RetryableError.
    """
    for actuator in (bench.actuator, bench.restorer()):
        for step in KINDS[remediation.kind].probes(remediation, state):
            actuator.probe(step)


def _is_untouched(remediation: Remediation, bench: Bench, state: FunctionState) -> bool:
    """Tell whether nothing of us is there: a version of ours is not found once somebody changed
    $LATEST, but an alias may still send it traffic.
    """
    before = remediation.before
    if before.provisioned is not None:
        there = provisioned_of(state, before.provisioned.qualifier)
        return (there.requested, there.target) == (
            before.provisioned.requested,
            before.provisioned.target,
        )
    serving = {a.name: a.version for a in state.aliases}
    is_as_before = (state.configuration, serving) == (before.configuration, dict(before.aliases))
    is_split = any(alias.weights for alias in state.aliases)
    if not is_as_before or is_split:
        return False
    return published_version(remediation, bench) is None


def _read_baseline(remediation: Remediation, bench: Bench) -> Figures:
    """Read what the watch will compare with.

    Raises: PermanentError when a count is unknown: what could not be verified is not written (S8).
    """
    watch_from = bench.clock.now() + remediation.verify.settle
    watch_until = watch_from + remediation.verify.watch
    figures = read_baseline(bench.actuator, remediation.function, start=watch_from, end=watch_until)
    for count in (figures.invocations, figures.errors, figures.throttles):
        if isinstance(count, Unknown):
            raise PermanentError(f"its figures of the weeks before are not known: {count.reason}")
    return figures


def _record_intent(
    remediation: Remediation, bench: Bench, state: FunctionState, baseline: Figures
) -> None:
    """Record intent and before-values, in ledger and mirror, before anything is written (S7)."""
    record(
        remediation,
        bench,
        "intended",
        {
            "before": to_wire(remediation.before),
            "after": to_wire(remediation.after),
            "undo": to_wire(remediation.undo),
            "revision_id": state.revision_id,
            "baseline": to_wire(baseline),
        },
    )


def _applied(remediation: Remediation, bench: Bench, ended: Ended) -> Outcome:
    now = bench.clock.now()
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    intended = known.last(PROMOTION_INTENDED) or known.last("intended")
    assert intended is not None, "nothing is written before its intent is on record"
    watch_from = now + remediation.verify.settle
    baseline = Baseline(
        figures=from_wire(Figures, intended.data["baseline"]),
        watch_from=watch_from,
        watch_until=watch_from + remediation.verify.watch,
    )
    data = {
        "memory_mb": ended.state.configuration.memory_mb,
        "aliases": {a.name: a.version for a in ended.state.aliases},
        "last_modified_at": to_wire(ended.state.last_modified_at),
        "provisioned": to_wire(ended.state.provisioned),
        "baseline": to_wire(baseline),
    }
    record(remediation, bench, "applied", data)
    try:
        bench.desk.advance(
            remediation.change_id,
            remediation.round,
            from_=(RoundStatus.APPLYING,),
            to=RoundStatus.WATCHING,
            applied_at=now,
        )
    except ConflictError:
        return overtaken(remediation, bench)
    return Outcome(word=OutcomeWord.WRITTEN, reason="as approved", steps_written=ended.written)


def _give_up(remediation: Remediation, bench: Bench, ended: Ended) -> Outcome:
    """A change that could not be finished leaves nothing of itself behind, unless somebody else is
    in the middle of it: then a person is called.
    """
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    reason = ended.stopped or ""
    if not ended.is_foreign or canary_versions(known.entries):
        return put_back(known, bench, reason)
    if not known.has(WRITING):
        return end(remediation, bench, RoundStatus.STALE, reason, from_=BEGUN)
    return end(
        remediation,
        bench,
        RoundStatus.UNDO_STOPPED,
        reason,
        from_=BEGUN,
        word=OutcomeWord.UNKNOWN,
    )


def _undo(known: OnRecord, bench: Bench) -> Outcome:
    """Put the before-values back, unless somebody else changed the function since (S13)."""
    remediation = known.remediation
    stands = bench.desk.round(remediation.change_id, remediation.round)
    if stands.status not in UNDOABLE:
        return already(remediation, stands, bench)
    reason = why_taken_back(known) or why_stopped(known) or "the before-values are back"
    if remediation.removal is not None:
        return take_back(known, bench, reason)
    return put_back(known, bench, reason)


def _end_before_writing(known: OnRecord, bench: Bench, status: RoundStatus, reason: str) -> Outcome:
    """End a round of which nothing was written.

    Raises: RetryableError when another call wrote it while this one looked: what it saw is that.
    """
    remediation = known.remediation
    now = read_round(bench.ledger, remediation.change_id, remediation.round)
    if now.has(WRITING) and not known.has(WRITING):
        raise RetryableError(f"{remediation.execution_name}: another call went on with it")
    return end(remediation, bench, status, reason, from_=BEGUN)
