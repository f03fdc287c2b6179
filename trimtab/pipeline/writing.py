"""How is one write after the other made, each exactly once? The loop that apply and undo share.

Read afresh, ask the kind for the next single write, record the intent, write once, read again. A
crash anywhere is mended by running it again: what is done is seen done. A write without a clear
answer is unknown until a fresh read shows which (S26).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from trimtab.domain.approval import RoundStatus
from trimtab.domain.digest import content_id
from trimtab.domain.errors import PermanentError, RetryableError, WriteUnknownError
from trimtab.domain.fleet import FunctionState
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import Step
from trimtab.domain.wire import to_wire
from trimtab.pipeline.approve import Direction
from trimtab.policy.model import Bundle
from trimtab.ports import Actuator, ApprovalDesk, Clock, Ledger
from trimtab.remediations import KINDS

ACTOR = "trimtab-apply"

MAX_MISSED_WRITES = 3
"""Writes that did not land before a change is given up and taken back; chosen."""

TIME_FOR_A_WRITE = timedelta(seconds=200)
"""With less left no further write is begun: one may take three minutes to settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What writing needs from outside."""

    actuator: Actuator
    ledger: Ledger
    desk: ApprovalDesk
    bundle: Bundle
    clock: Clock


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


def carry_out(
    remediation: Remediation, bench: Bench, direction: Direction, *, while_: RoundStatus
) -> Ended:
    """Make the next write until none is left, something foreign shows, or writes do not land.

    Before each write the round must still have the status `while_`.
    Raises: RetryableError when the time left does not suffice for another write.
    """
    kind = KINDS[remediation.kind]
    pick = kind.next_step if direction is Direction.FORWARD else kind.next_undo_step
    written, missed = 0, 0
    tried: Step | None = None
    while True:
        state = bench.actuator.settle()
        published = published_version(remediation, bench)
        foreign = kind.foreign_change(remediation, state, published)
        if foreign is not None:
            return Ended(state=state, written=written, stopped=foreign, is_foreign=True)
        step = pick(remediation, state, published)
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
        record_step(remediation, bench, direction, step, "intended", state)
        try:
            bench.actuator.write(step, state=state)
        except WriteUnknownError:
            continue
        except PermanentError as error:
            return Ended(state=state, written=written, stopped=str(error))
        written += 1
        record_step(remediation, bench, direction, step, "written", state)


def _may_write(remediation: Remediation, bench: Bench, while_: RoundStatus) -> bool:
    if bench.clock.remaining() < TIME_FOR_A_WRITE:
        raise RetryableError("too little time is left for another write: the next call goes on")
    record = bench.desk.round(remediation.change_id, remediation.round)
    return record.status is while_


def published_version(remediation: Remediation, bench: Bench) -> str | None:
    """Return the version we published for this round; found again after any crash."""
    publication = KINDS[remediation.kind].publication(remediation)
    return None if publication is None else bench.actuator.published(publication)


def record_step(
    remediation: Remediation,
    bench: Bench,
    direction: Direction,
    step: Step,
    what: str,
    state: FunctionState,
) -> None:
    data = {"step": to_wire(step), "revision_id": state.revision_id}
    key = f"{content_id(data['step'])}-{state.revision_id}"
    record(remediation, bench, f"{direction.value}_step_{what}", data, key=key)


def record(
    remediation: Remediation,
    bench: Bench,
    event: str,
    data: Mapping[str, Any],
    *,
    key: str = "",
) -> None:
    """Enter one event of this round, once for each key."""
    bench.ledger.append(
        change_chain(remediation.change_id),
        event=event,
        actor=ACTOR,
        data={"round": remediation.round, **data},
        at=bench.clock.now(),
        function=str(remediation.function),
        once=f"r{remediation.round}-{event}-{key}",
    )
