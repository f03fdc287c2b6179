"""How is an approved change written? Stage 6 of 8: ApprovedRemediation → Outcome. The only writer.

One loop serves the change and its undo: read afresh, ask the kind for the next single write, record
the intent, write once, read again. A crash anywhere is mended by running it again: what is done is
seen done. A write without a clear answer is unknown until a fresh read shows which (S26).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.digest import content_id
from trimtab.domain.errors import PermanentError, WriteUnknownError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import Step
from trimtab.domain.verification import Baseline, Figures
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline.approve import ApprovedRemediation, Direction, why_exempt
from trimtab.pipeline.figures import read_baseline
from trimtab.policy.model import Bundle
from trimtab.ports import Actuator, ApprovalDesk, Clock, Ledger
from trimtab.remediations import KINDS
from trimtab.remediations.kind import Kind

ACTOR = "trimtab-apply"

MAX_MISSED_WRITES = 3
"""Writes that a fresh read does not show, whatever they answered, before a change is given up and
taken back; chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What writing needs from outside."""

    actuator: Actuator
    ledger: Ledger
    desk: ApprovalDesk
    bundle: Bundle
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """How a sequence of steps ended: `stopped` says why it could not go on, None: all done."""

    state: FunctionState
    written: int
    stopped: str | None = None
    is_foreign: bool = False
    """Somebody else's change stopped it."""


def apply(approved: ApprovedRemediation, bench: Bench) -> Outcome:
    """Write the change, or its undo, exactly once; every end is an entry in the ledger.

    Raises: RetryableError when the same call should be made again.
    """
    if approved.direction is Direction.UNDO:
        return _undo(approved.remediation, bench)
    return _change(approved.remediation, bench)


def _change(remediation: Remediation, bench: Bench) -> Outcome:
    record = bench.desk.round(remediation.change_id, remediation.round)
    if record.status not in (RoundStatus.APPROVED, RoundStatus.APPLYING):
        return _already(record)
    kind = KINDS[remediation.kind]
    state = bench.actuator.settle()
    if record.status is RoundStatus.APPROVED or _is_untouched(remediation, bench, state):
        reason = _why_stale(remediation, kind, bench, state)
        if reason is not None:
            return _end(remediation, bench, OutcomeWord.STALE, RoundStatus.STALE, reason)
        try:
            baseline = _read_baseline(remediation, bench)
        except PermanentError as error:
            why = f"it could not be verified afterwards: {error}"
            return _end(remediation, bench, OutcomeWord.NOT_WRITTEN, RoundStatus.NOT_WRITTEN, why)
        _begin(remediation, bench, state, baseline)
    ended = _carry_out(remediation, bench, Direction.FORWARD)
    if ended.stopped is None:
        return _applied(remediation, bench, ended)
    return _take_back(remediation, bench, ended)


def _already(record: Round) -> Outcome:
    """Answer a second call for a round that is past applying: say how it ended, write nothing."""
    words = {
        RoundStatus.WATCHING: OutcomeWord.WRITTEN,
        RoundStatus.VERIFIED: OutcomeWord.WRITTEN,
        RoundStatus.STALE: OutcomeWord.STALE,
    }
    word = words.get(record.status, OutcomeWord.NOT_WRITTEN)
    return Outcome(word=word, reason=f"round is {record.status.value}: {record.note or 'done'}")


def _is_untouched(remediation: Remediation, bench: Bench, state: FunctionState) -> bool:
    before = remediation.before.configuration
    return state.configuration == before and _published(remediation, bench) is None


def _why_stale(
    remediation: Remediation, kind: Kind, bench: Bench, state: FunctionState
) -> str | None:
    """Check on the fresh read everything that could have changed since the approval (S5)."""
    if state.tags is None:
        return "its tags could not be read, so nobody can say whether it is exempt by now"
    exempt = why_exempt(remediation, bench.bundle, tags=state.tags, now=bench.clock.now())
    return exempt or kind.stale(remediation, state)


def _read_baseline(remediation: Remediation, bench: Bench) -> Figures:
    """Read what the watch will compare with; what could not be verified is not written."""
    watch_from = bench.clock.now() + remediation.verify.settle
    watch_until = watch_from + remediation.verify.watch
    return read_baseline(bench.actuator, remediation.function, start=watch_from, end=watch_until)


def _begin(remediation: Remediation, bench: Bench, state: FunctionState, baseline: Figures) -> None:
    """Record intent and before-values, in ledger and mirror, before anything is written (S7)."""
    _record(
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
    bench.desk.advance(
        remediation.change_id,
        remediation.round,
        from_=(RoundStatus.APPROVED, RoundStatus.APPLYING),
        to=RoundStatus.APPLYING,
    )


def _carry_out(remediation: Remediation, bench: Bench, direction: Direction) -> _Ended:
    """Make the next write until none is left, something foreign shows, or answers stay unclear."""
    kind = KINDS[remediation.kind]
    pick = kind.next_step if direction is Direction.FORWARD else kind.next_undo_step
    written, missed = 0, 0
    tried: Step | None = None
    while True:
        state = bench.actuator.settle()
        published = _published(remediation, bench)
        foreign = kind.foreign_change(remediation, state, published)
        if foreign is not None:
            return _Ended(state=state, written=written, stopped=foreign, is_foreign=True)
        step = pick(remediation, state, published)
        if step is None:
            return _Ended(state=state, written=written)
        missed += step == tried
        if missed >= MAX_MISSED_WRITES:
            why = f"{missed} writes did not land: the last was {step}"
            return _Ended(state=state, written=written, stopped=why)
        tried = step
        _record_step(remediation, bench, direction, step, "intended", state)
        try:
            bench.actuator.write(step, state=state)
        except WriteUnknownError:
            continue
        except PermanentError as error:
            return _Ended(state=state, written=written, stopped=str(error))
        written += 1
        _record_step(remediation, bench, direction, step, "written", state)


def _published(remediation: Remediation, bench: Bench) -> str | None:
    """Return the version we published for this round; found again after any crash."""
    publication = KINDS[remediation.kind].publication(remediation)
    return None if publication is None else bench.actuator.published(publication)


def _applied(remediation: Remediation, bench: Bench, ended: _Ended) -> Outcome:
    now = bench.clock.now()
    baseline = _baseline(remediation, bench, now)
    _record(
        remediation,
        bench,
        "applied",
        {
            "memory_mb": ended.state.configuration.memory_mb,
            "aliases": {a.name: a.version for a in ended.state.aliases},
            "baseline": to_wire(baseline),
        },
    )
    bench.desk.advance(
        remediation.change_id,
        remediation.round,
        from_=(RoundStatus.APPLYING,),
        to=RoundStatus.WATCHING,
        applied_at=now,
    )
    return Outcome(word=OutcomeWord.WRITTEN, reason="as approved", steps_written=ended.written)


def _baseline(remediation: Remediation, bench: Bench, now: datetime) -> Baseline:
    """Take the figures that were read before the write, from the ledger, also after a crash."""
    intended = next(
        entry
        for entry in bench.ledger.entries(change_chain(remediation.change_id))
        if entry.event == "intended" and entry.data["round"] == remediation.round
    )
    watch_from = now + remediation.verify.settle
    return Baseline(
        figures=from_wire(Figures, intended.data["baseline"]),
        watch_from=watch_from,
        watch_until=watch_from + remediation.verify.watch,
    )


def _take_back(remediation: Remediation, bench: Bench, ended: _Ended) -> Outcome:
    """A change that could not be finished leaves nothing of itself behind."""
    reason = ended.stopped or ""
    if ended.is_foreign and not _has_tried(remediation, bench):
        return _end(remediation, bench, OutcomeWord.STALE, RoundStatus.STALE, reason)
    if not ended.is_foreign:
        undone = _carry_out(remediation, bench, Direction.UNDO)
        if undone.stopped is None:
            return _end(
                remediation, bench, OutcomeWord.NOT_WRITTEN, RoundStatus.NOT_WRITTEN, reason
            )
        reason = f"{reason}; taking it back: {undone.stopped}"
    return _end(remediation, bench, OutcomeWord.UNKNOWN, RoundStatus.UNDO_STOPPED, reason)


def _has_tried(remediation: Remediation, bench: Bench) -> bool:
    """Tell whether any write of this round was ever intended: only then is there a trace of us."""
    return any(
        entry.event == f"{Direction.FORWARD.value}_step_intended"
        and entry.data["round"] == remediation.round
        for entry in bench.ledger.entries(change_chain(remediation.change_id))
    )


def _undo(remediation: Remediation, bench: Bench) -> Outcome:
    """Put the before-values back, unless somebody else changed the function since (S13)."""
    record = bench.desk.round(remediation.change_id, remediation.round)
    if record.status is RoundStatus.UNDONE:
        return Outcome(word=OutcomeWord.WRITTEN, reason="it was undone already")
    if record.status not in UNDOABLE:
        return Outcome(
            word=OutcomeWord.NOT_WRITTEN,
            reason=f"round is {record.status.value}: there is nothing to undo",
        )
    _record(remediation, bench, "undo_intended", {"undo": to_wire(remediation.undo)})
    ended = _carry_out(remediation, bench, Direction.UNDO)
    if ended.stopped is not None:
        return _end(
            remediation, bench, OutcomeWord.NOT_WRITTEN, RoundStatus.UNDO_STOPPED, ended.stopped
        )
    bench.desk.remember(
        remediation.finding_id,
        cooling_until=bench.clock.now() + remediation.rests_for,
        refuse_change=remediation.change_id,
    )
    return _end(
        remediation, bench, OutcomeWord.WRITTEN, RoundStatus.UNDONE, "the before-values are back"
    )


UNDOABLE = (
    RoundStatus.APPLYING,
    RoundStatus.WATCHING,
    RoundStatus.VERIFIED,
    RoundStatus.UNPROVEN,
    RoundStatus.UNDO_STOPPED,
)


def _end(
    remediation: Remediation,
    bench: Bench,
    word: OutcomeWord,
    status: RoundStatus,
    reason: str,
) -> Outcome:
    _record(remediation, bench, status.value, {"reason": reason})
    bench.desk.advance(
        remediation.change_id,
        remediation.round,
        from_=(RoundStatus.APPROVED, *UNDOABLE),
        to=status,
        note=reason,
    )
    return Outcome(word=word, reason=reason)


def _record_step(
    remediation: Remediation,
    bench: Bench,
    direction: Direction,
    step: Step,
    what: str,
    state: FunctionState,
) -> None:
    data = {"step": to_wire(step), "revision_id": state.revision_id}
    key = f"{content_id(data['step'])}-{state.revision_id}"
    _record(remediation, bench, f"{direction.value}_step_{what}", data, key=key)


def _record(
    remediation: Remediation,
    bench: Bench,
    event: str,
    data: Mapping[str, Any],
    *,
    key: str = "",
) -> None:
    bench.ledger.append(
        change_chain(remediation.change_id),
        event=event,
        actor=ACTOR,
        data={"round": remediation.round, **data},
        at=bench.clock.now(),
        function=str(remediation.function),
        once=f"r{remediation.round}-{event}-{key}",
    )
