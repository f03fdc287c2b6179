"""How is an approved change written? Stage 6 of 8: ApprovedRemediation → Outcome. The only writer.

What was begun is told by the ledger, never by the state table alone. A status moves on condition of
the one before, so of two calls at once one is overtaken and writes nothing more.
"""

from dataclasses import replace

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.digest import content_id
from trimtab.domain.errors import (
    ConflictError,
    NotFoundError,
    PermanentError,
    RetryableError,
)
from trimtab.domain.evidence import Unknown
from trimtab.domain.fleet import FunctionState
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.domain.verification import Baseline, Figures
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline.approve import ApprovedRemediation, why_not_by_its_tags
from trimtab.pipeline.figures import read_baseline
from trimtab.pipeline.on_record import ENDS, OnRecord, read_round
from trimtab.pipeline.writing import (
    ACTOR,
    Bench,
    Ended,
    adopt,
    carry_out,
    published_version,
    record,
)
from trimtab.remediations import KINDS

__all__ = ["ACTOR", "UNDOABLE", "WORDS", "WRITING", "Bench", "apply"]

UNDOABLE = (
    RoundStatus.APPLYING,
    RoundStatus.WATCHING,
    RoundStatus.VERIFIED,
    RoundStatus.UNPROVEN,
    RoundStatus.UNDO_STOPPED,
    RoundStatus.UNDOING,
)
"""Where a round may stand for its undo to begin, or to go on."""

WRITING = f"{Direction.FORWARD.value}_step_intended"
"""The entry from which on a write may have landed."""

BEGUN = (RoundStatus.APPROVED, RoundStatus.APPLYING)


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
        return _put_back(known, bench, "it was being taken back")
    if stands.status not in BEGUN:
        return _already(remediation, stands, bench)
    try:
        state = bench.actuator.settle()
    except PermanentError as error:
        if known.has(WRITING):
            raise
        return _end_before_writing(known, bench, RoundStatus.NOT_WRITTEN, str(error))
    refused = _begin(known, bench, state)
    if refused is not None:
        return refused
    ended = carry_out(remediation, bench, Direction.FORWARD, while_=RoundStatus.APPLYING)
    if ended.is_overtaken:
        return _overtaken(remediation, bench)
    if ended.is_waiting:
        return _waiting(ended)
    if ended.stopped is None:
        return _applied(remediation, bench, ended)
    return _give_up(remediation, bench, ended)


def _waiting(ended: Ended) -> Outcome:
    return Outcome(
        word=OutcomeWord.WAITING, reason=ended.stopped or "", steps_written=ended.written
    )


def _begin(known: OnRecord, bench: Bench, state: FunctionState) -> Outcome | None:
    """Check everything on the fresh read, then record the intent (S5, S7); an outcome ends it.

    Tags are checked on every call, also of a change that was begun: it stops at its next step
    (S20). The function is compared as long as nothing is written.
    """
    remediation = known.remediation
    tags = why_not_by_its_tags(remediation, bench.bundle, tags=state.tags, now=bench.clock.now())
    if known.has(WRITING) and not _is_untouched(remediation, bench, state):
        return None if tags is None else _put_back(known, bench, tags)
    why = tags or KINDS[remediation.kind].stale(remediation, state)
    if why is not None:
        return _end_before_writing(known, bench, RoundStatus.STALE, why)
    try:
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
        _move(remediation, bench, from_=BEGUN, to=RoundStatus.APPLYING)
    except ConflictError:
        return _overtaken(remediation, bench)
    return None


def _probe(remediation: Remediation, bench: Bench, state: FunctionState) -> None:
    """Make sure of being allowed to write, and to take it back, before anything is written.

    Raises: PermanentError naming what the role may not do; RetryableError.
    """
    for actuator in (bench.actuator, bench.restorer()):
        for step in KINDS[remediation.kind].probes(remediation, state):
            actuator.probe(step)


def _is_untouched(remediation: Remediation, bench: Bench, state: FunctionState) -> bool:
    before = remediation.before.configuration
    return state.configuration == before and published_version(remediation, bench) is None


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
    intended = read_round(bench.ledger, remediation.change_id, remediation.round).last("intended")
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
        return _overtaken(remediation, bench)
    return Outcome(word=OutcomeWord.WRITTEN, reason="as approved", steps_written=ended.written)


def _give_up(remediation: Remediation, bench: Bench, ended: Ended) -> Outcome:
    """A change that could not be finished leaves nothing of itself behind, unless somebody else is
    in the middle of it: then a person is called.
    """
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    reason = ended.stopped or ""
    if not ended.is_foreign:
        return _put_back(known, bench, reason)
    if not known.has(WRITING):
        return _end(remediation, bench, RoundStatus.STALE, reason, from_=BEGUN)
    return _end(
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
        return _already(remediation, stands, bench)
    return _put_back(known, bench, "the before-values are back")


def _put_back(known: OnRecord, bench: Bench, reason: str) -> Outcome:
    """Undo under a status of its own, which holds the lock of the function until it has ended."""
    remediation = known.remediation
    try:
        _move(remediation, bench, from_=UNDOABLE, to=RoundStatus.UNDOING)
    except ConflictError as error:
        return Outcome(word=OutcomeWord.NOT_WRITTEN, reason=str(error))
    stops = sum(1 for e in known.entries if e.event == RoundStatus.UNDO_STOPPED.value)
    data = {"undo": to_wire(remediation.undo)}
    record(remediation, bench, "undo_intended", data, key=str(stops or ""))
    bench = replace(bench, actuator=bench.restorer())
    try:
        state = bench.actuator.settle()
    except NotFoundError as error:
        gone = f"nothing is left to take back: {error}"
        return _end(remediation, bench, RoundStatus.GIVEN_UP, gone, from_=(RoundStatus.UNDOING,))
    ended = _why_not_put_back(known, bench, state) or carry_out(
        remediation, bench, Direction.UNDO, while_=RoundStatus.UNDOING
    )
    if ended.is_overtaken:
        return _overtaken(remediation, bench)
    if ended.is_waiting:
        return _waiting(ended)
    undoing = (RoundStatus.UNDOING,)
    if ended.stopped is not None:
        is_undo = known.has("applied")
        why = ended.stopped if is_undo else f"{reason}; taking it back: {ended.stopped}"
        word = OutcomeWord.NOT_WRITTEN if is_undo else OutcomeWord.UNKNOWN
        return _end(remediation, bench, RoundStatus.UNDO_STOPPED, why, from_=undoing, word=word)
    if not known.has("applied"):
        return _end(remediation, bench, RoundStatus.NOT_WRITTEN, reason, from_=undoing)
    bench.desk.remember(
        remediation.finding_id,
        cooling_until=bench.clock.now() + remediation.rests_for,
        refuse_change=remediation.change_id,
    )
    return _end(remediation, bench, RoundStatus.UNDONE, reason, from_=undoing)


def _why_not_put_back(known: OnRecord, bench: Bench, state: FunctionState) -> Ended | None:
    """Say what keeps the first write of an undo from being made: somebody else's change (S13), or
    one that nobody vouched for as ours (S26). Who tries a stopped undo again has seen that.
    """
    remediation = known.remediation
    published = published_version(remediation, bench)
    foreign = KINDS[remediation.kind].foreign_change(remediation, state, published)
    since = foreign or _changed_since(known, state)
    if since is not None:
        return Ended(state=state, written=0, stopped=since, is_foreign=True)
    if known.has(f"{Direction.UNDO.value}_step_intended"):
        return None
    if known.has(RoundStatus.UNDO_STOPPED.value):
        return None
    step = KINDS[remediation.kind].next_step(remediation, state, published)
    return adopt(remediation, bench, state, step)


def _changed_since(known: OnRecord, state: FunctionState) -> str | None:
    """Say whether somebody changed the function after our last write, in whatever setting: its
    environment cannot be compared, but its last modification can. A person who tries a stopped undo
    again has seen that.
    """
    applied = known.last("applied")
    if applied is None or known.has(f"{Direction.UNDO.value}_step_intended"):
        return None
    if known.has(RoundStatus.UNDO_STOPPED.value):
        return None
    then = str(applied.data["last_modified_at"])
    now = str(to_wire(state.last_modified_at))
    return None if then == now else f"somebody changed it since: modified {then}, and again {now}"


WORDS = {
    RoundStatus.WATCHING: OutcomeWord.WRITTEN,
    RoundStatus.VERIFIED: OutcomeWord.WRITTEN,
    RoundStatus.UNPROVEN: OutcomeWord.WRITTEN,
    RoundStatus.UNDONE: OutcomeWord.WRITTEN,
    RoundStatus.STALE: OutcomeWord.STALE,
}
"""What a round's end says of the writes that belong to it; any other: nothing is written."""


def _overtaken(remediation: Remediation, bench: Bench) -> Outcome:
    """Answer a call that another one has overtaken: as the round stands now."""
    stands = bench.desk.round(remediation.change_id, remediation.round)
    return _already(remediation, stands, bench)


def _already(remediation: Remediation, stands: Round, bench: Bench) -> Outcome:
    """Answer a call for a round that has moved on: say how, write nothing; an end whose entry a
    crash kept out of the ledger is entered now.
    """
    if stands.status in ENDS.values():
        _record_end(remediation, bench, stands.status, stands.note or "")
    word = WORDS.get(stands.status, OutcomeWord.NOT_WRITTEN)
    return Outcome(word=word, reason=f"round is {stands.status.value}: {stands.note or 'done'}")


def _end_before_writing(known: OnRecord, bench: Bench, status: RoundStatus, reason: str) -> Outcome:
    """End a round of which nothing was written.

    Raises: RetryableError when another call wrote it while this one looked: what it saw is that.
    """
    remediation = known.remediation
    now = read_round(bench.ledger, remediation.change_id, remediation.round)
    if now.has(WRITING) and not known.has(WRITING):
        raise RetryableError(f"{remediation.execution_name}: another call went on with it")
    return _end(remediation, bench, status, reason, from_=BEGUN)


def _end(
    remediation: Remediation,
    bench: Bench,
    status: RoundStatus,
    reason: str,
    *,
    from_: tuple[RoundStatus, ...],
    word: OutcomeWord | None = None,
) -> Outcome:
    """Move first, then record: of two calls at once only the one that moved the round speaks."""
    try:
        _move(remediation, bench, from_=from_, to=status, note=reason)
    except ConflictError:
        return _overtaken(remediation, bench)
    _record_end(remediation, bench, status, reason)
    return Outcome(word=word or WORDS.get(status, OutcomeWord.NOT_WRITTEN), reason=reason)


def _record_end(remediation: Remediation, bench: Bench, status: RoundStatus, reason: str) -> None:
    record(remediation, bench, status.value, {"reason": reason}, key=content_id(reason))


def _move(
    remediation: Remediation,
    bench: Bench,
    *,
    from_: tuple[RoundStatus, ...],
    to: RoundStatus,
    note: str | None = None,
) -> None:
    bench.desk.advance(remediation.change_id, remediation.round, from_=from_, to=to, note=note)
