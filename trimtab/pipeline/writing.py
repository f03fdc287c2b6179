"""How is one write after the other made, each exactly once? The loop that apply and undo share.

Read afresh, ask the kind for the next single write, record the intent, write once, read again. A
crash anywhere is mended by running it again: what is done is seen done. A write without a clear
answer is unknown until a fresh read shows which (S26); one that is seen done without our record of
it counts as ours only when CloudTrail names our session.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from trimtab.domain.approval import RoundStatus
from trimtab.domain.digest import content_id
from trimtab.domain.errors import (
    OutsideError,
    PermanentError,
    RetryableError,
    WriteUnknownError,
)
from trimtab.domain.fleet import FunctionState
from trimtab.domain.ledger import Entry
from trimtab.domain.references import References, unread
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import (
    DeleteFunction,
    DeleteVersion,
    PublishVersion,
    SplitAlias,
    Step,
    is_seen_done,
    read_step,
)
from trimtab.domain.terms import Direction
from trimtab.domain.wire import to_wire
from trimtab.pipeline.freeze import read_freeze
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import record_change
from trimtab.policy.model import Bundle
from trimtab.ports import Actuator, ApprovalDesk, Clock, Ledger
from trimtab.remediations import KINDS

ACTOR = "trimtab-apply"

MAX_MISSED_WRITES = 3
"""Writes that did not land before a change is given up and taken back; chosen."""

TIME_FOR_A_WRITE = timedelta(seconds=200)
"""With less left no further write is begun: one may take three minutes to settle."""


LEASE = timedelta(seconds=240)
"""How long one call may write alone before it has to ask again: longer than the three minutes that
a write may take to settle."""

TRAIL_WITHIN = timedelta(minutes=30)
"""How long CloudTrail is asked for a write that nobody recorded. Twice of what it promises.
Source: "How CloudTrail works", AWS CloudTrail User Guide: events within about 15 minutes; read
2026-11."""


Look: TypeAlias = Callable[[Remediation], str | None]
"""Why the finding behind a change does not hold any more; None: it does. Raises OutsideError."""


LookAtVersions: TypeAlias = Callable[[Remediation], frozenset[str] | str]
"""Which versions the finding behind a change still names; a text: why it does not hold any more.
Raises OutsideError."""


ReadReferences: TypeAlias = Callable[[Remediation], References]
"""What names the function of a change. Raises nothing: what cannot be read is in the answer."""


def not_read(remediation: Remediation) -> References:
    """Stand where nobody can read what names a function: that is said, and never none."""
    return unread("nobody could read what points to it")


def not_looked(remediation: Remediation) -> str:
    """Stand where nobody can look: what was not judged anew does not hold."""
    return "nobody could judge it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What writing needs from outside."""

    actuator: Actuator
    restorer: Callable[[], Actuator]
    """Opens the same function through the role that may only put back."""
    holder: str
    """Names this one call among all that may want to write the same function (S19)."""
    ledger: Ledger
    desk: ApprovalDesk
    bundle: Bundle
    clock: Clock
    look: Look = not_looked
    """Judges the function once more, on fresh reads, by the policy that a removal rests on."""
    look_at_versions: LookAtVersions = not_looked
    """The same for single versions."""
    references: ReadReferences = not_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a sequence of steps ended: `stopped` says why it could not go on, None: all done."""

    state: FunctionState
    written: int
    stopped: str | None = None
    is_foreign: bool = False
    """Somebody else's change stopped it."""
    is_overtaken: bool = False
    """The round has moved on: another call of ours was faster, or is undoing it."""
    is_waiting: bool = False
    """Nothing is wrong: the same call goes on later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One way that steps are made in: what comes next, and what stops it."""

    direction: Direction
    pick: Callable[[FunctionState, str | None], Step | None]
    """(fresh read, version published so far) → the next write; None: all is done."""
    foreign: Callable[[FunctionState, str | None], str | None]
    """Somebody else's change that stops it; None: nothing does."""


def forward(remediation: Remediation) -> Leg:
    """Lead to the end: what is approved serves everything."""
    kind = KINDS[remediation.kind]
    return Leg(
        direction=Direction.FORWARD,
        pick=lambda state, published: kind.next_step(remediation, state, published),
        foreign=lambda state, published: kind.foreign_change(remediation, state, published),
    )


def to_canary(remediation: Remediation) -> Leg:
    """Lead as far as a canary can be watched."""
    kind = KINDS[remediation.kind]
    return replace(
        forward(remediation),
        pick=lambda state, published: kind.next_canary_step(remediation, state, published),
    )


def back(remediation: Remediation) -> Leg:
    """Lead to where the function was before."""
    kind = KINDS[remediation.kind]
    return replace(
        forward(remediation),
        direction=Direction.UNDO,
        pick=lambda state, published: kind.next_undo_step(remediation, state, published),
    )


def without_canary(remediation: Remediation, ours: frozenset[str]) -> Leg:
    """Take the traffic of our canary away, and nothing else: whatever somebody else changed does
    not stop it (S13, S20).
    """
    kind = KINDS[remediation.kind]
    return Leg(
        direction=Direction.UNDO,
        pick=lambda state, _: kind.next_removal(state, ours),
        foreign=lambda state, published: None,
    )


def carry_out(remediation: Remediation, bench: Bench, leg: Leg, *, while_: RoundStatus) -> Ended:
    """Make the next write until none is left, something foreign shows, or writes do not land.

    Before each write the round must still have the status `while_`.
    Raises: RetryableError when the time left does not suffice for another write.
    """
    direction, written, missed = leg.direction, 0, 0
    tried: Step | None = None
    while True:
        state = bench.actuator.settle()
        published = published_version(remediation, bench)
        foreign = leg.foreign(state, published)
        if foreign is not None:
            return Ended(state=state, written=written, stopped=foreign, is_foreign=True)
        step = leg.pick(state, published)
        stopped = _not_ours(remediation, bench, leg, state, published)
        if stopped is not None:
            return stopped
        if step is None:
            return Ended(state=state, written=written)
        missed += step == tried
        if missed >= MAX_MISSED_WRITES:
            why = f"{missed} writes did not land: the last was {step}"
            return Ended(state=state, written=written, stopped=why)
        tried = step
        if not _may_write(remediation, bench, while_):
            why = "another call went on with it meanwhile"
            return Ended(state=state, written=written, stopped=why, is_overtaken=True)
        freeze = read_freeze(bench.ledger)
        if freeze.stops(direction):
            is_waiting = freeze.stops_undo or freeze.may_pass
            return Ended(state=state, written=written, stopped=str(freeze), is_waiting=is_waiting)
        record_step(remediation, bench, direction, step, "intended", state)
        try:
            bench.actuator.write(step, state=state)
        except WriteUnknownError:
            continue
        except PermanentError as error:
            return Ended(state=state, written=written, stopped=str(error))
        written += 1
        record_step(remediation, bench, direction, step, "written", state)


def _not_ours(
    remediation: Remediation, bench: Bench, leg: Leg, state: FunctionState, published: str | None
) -> Ended | None:
    """Adopt what is seen done but was never recorded as written, if it was our session's (S26).

    What is on record as written and is to be done once more was taken back by somebody. A
    publication carries our own name. An undo needs no owner: the before-values are back.
    """
    if leg.direction is Direction.UNDO:
        return None
    step = leg.pick(state, published)
    if step is not None and _was_written(step, remediation, bench):
        taken = f"somebody took it back in the middle: {step}"
        return Ended(state=state, written=0, stopped=taken, is_foreign=True)
    return adopt(remediation, bench, state, published)


def adopt(
    remediation: Remediation, bench: Bench, state: FunctionState, published: str | None
) -> Ended | None:
    """Enter what is seen done and was never recorded as written, if our session made it (S26).

    An answer says why something is not ours, or not yet known.
    """
    for claim in _claims(remediation, bench):
        if not _is_done(claim.step, state, published):
            continue
        why = _why_not_adopted(claim, bench)
        if why is not None:
            is_waiting = bench.clock.now() < claim.at + TRAIL_WITHIN
            return Ended(
                state=state, written=0, stopped=why, is_foreign=True, is_waiting=is_waiting
            )
        record(
            remediation,
            bench,
            "forward_step_written",
            {"step": to_wire(claim.step), "revision_id": claim.revision_id, "adopted": True},
            key=claim.key,
        )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A write that was intended, and of which no answer is on record."""

    step: Step
    revision_id: str
    key: str
    at: datetime


def _was_written(step: Step, remediation: Remediation, bench: Bench) -> bool:
    """Tell whether a step that is to be made is on record as made: nobody is fought (S12). A
    version cannot be taken back unseen: one that is not there was not published.
    """
    if isinstance(step, PublishVersion | DeleteFunction | DeleteVersion):
        return False
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    return any(
        e.event == "forward_step_written" and read_step(e.data["step"]) == step
        for e in known.entries
    )


def _claims(remediation: Remediation, bench: Bench) -> tuple[_Claim, ...]:
    known = read_round(bench.ledger, remediation.change_id, remediation.round)
    answered = {
        _key(e.data["step"], e.data["revision_id"])
        for e in known.entries
        if e.event == "forward_step_written"
    }
    claims = {
        (key := _key(e.data["step"], e.data["revision_id"])): _Claim(
            step=read_step(e.data["step"]),
            revision_id=str(e.data["revision_id"]),
            key=key,
            at=e.at,
        )
        for e in known.entries
        if e.event == "forward_step_intended"
    }
    done = {c.step for key, c in claims.items() if key in answered}
    return tuple(c for c in claims.values() if c.step not in done)


def _is_done(step: Step, state: FunctionState, published: str | None) -> bool:
    if isinstance(step, PublishVersion):
        return published is not None
    # What can still be read is not deleted; whether a version can is asked where it is deleted.
    return not isinstance(step, DeleteFunction | DeleteVersion) and is_seen_done(step, state)


def _why_not_adopted(claim: _Claim, bench: Bench) -> str | None:
    if isinstance(claim.step, PublishVersion):
        return None
    try:
        if bench.actuator.made(claim.step, since=claim.at):
            return None
    except OutsideError as error:
        return f"nobody can tell whose write it was: {error}"
    return f"it is done, but CloudTrail does not name our session: {claim.step}"


def _may_write(remediation: Remediation, bench: Bench, while_: RoundStatus) -> bool:
    """Tell whether the round is still ours to write, with the lease of the function in hand (S19).

    Raises: RetryableError when time is short, or when another call holds the lease.
    """
    if bench.clock.remaining() < TIME_FOR_A_WRITE:
        raise RetryableError("too little time is left for another write: the next call goes on")
    now, function = bench.clock.now(), remediation.function
    if not bench.desk.hold(str(function), holder=bench.holder, now=now, until=now + LEASE):
        raise RetryableError(f"{function}: another call is writing it; try again later")
    record = bench.desk.round(remediation.change_id, remediation.round)
    return record.status is while_


def published_version(remediation: Remediation, bench: Bench) -> str | None:
    """Return the version we published for this round; found again after any crash."""
    publication = KINDS[remediation.kind].publication(remediation)
    return None if publication is None else bench.actuator.published(publication)


def canary_versions(entries: Iterable[Entry]) -> frozenset[str]:
    """Return the versions that we gave, or meant to give, a share of an alias's traffic. From the
    ledger: once $LATEST is somebody else's, its description alone does not prove a version ours.
    """
    steps = intended_steps(entries)
    return frozenset(step.canary_version for step in steps if isinstance(step, SplitAlias))


def intended_steps(entries: Iterable[Entry]) -> tuple[Step, ...]:
    """Return the forward writes that may have been made."""
    intended = (e for e in entries if e.event == "forward_step_intended")
    return tuple(read_step(e.data["step"]) for e in intended)


def record_step(
    remediation: Remediation,
    bench: Bench,
    direction: Direction,
    step: Step,
    what: str,
    state: FunctionState,
) -> None:
    data = {"step": to_wire(step), "revision_id": state.revision_id}
    key = _key(data["step"], state.revision_id)
    record(remediation, bench, f"{direction.value}_step_{what}", data, key=key)


def _key(step: Mapping[str, Any], revision_id: str) -> str:
    return f"{content_id(step)}-{revision_id}"


def record(
    remediation: Remediation,
    bench: Bench,
    event: str,
    data: Mapping[str, Any],
    *,
    key: str = "",
) -> None:
    """Enter one event of this round, once for each key."""
    now = bench.clock.now()
    record_change(bench.ledger, remediation, event, data, actor=ACTOR, at=now, key=key)
