"""Would this backup come back? Restore it in the sandbox, compare it, remove it, and see it gone.

The restore is that of a person who asks for one: the backup differs, and where it goes. Nothing is
remembered between two drills: what one that was cut off left behind is found by its name and its
mark, and removed before the next begins.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Backup
from trimtab.domain.backup_items import items_of
from trimtab.domain.drill import (
    ACTOR,
    Candidate,
    Drilled,
    DrillPart,
    DrillWord,
    PartState,
    copy_name,
    require_ours,
)
from trimtab.domain.drill_copy import Copy, compare, copy_of
from trimtab.domain.errors import (
    ConflictError,
    NotFoundError,
    OutsideError,
    RetryableError,
    WriteUnknownError,
)
from trimtab.domain.restoring import RestoreOrder
from trimtab.pipeline import restore as stage
from trimtab.pipeline.backup import as_it_is
from trimtab.pipeline.gone import LOOKS
from trimtab.pipeline.restore import RestoreWord
from trimtab.ports import Clock
from trimtab.ports.vault import FunctionArchive, Recreator, Sandbox

TRIES = 3
"""How often a deletion of unclear outcome is made again. Chosen."""

REMOVING, REMOVED = "copy_removing", "copy_removed"

Record = Callable[[str, Mapping[str, Any]], None]
"""Enters an event before and after each write (S7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What drilling one backup needs from outside."""

    sandbox: str
    """The account; nothing in any other is written."""
    role: str
    """ARN of the role that its functions get: it may do nothing."""
    room: Sandbox
    open: Callable[[FunctionArn, str], tuple[FunctionArchive, Recreator]]
    """Opens the function that is made, under the name of a session."""
    place: Callable[[str], Mapping[str, str]]
    """Where Lambda takes an object of the vault from."""
    record: Callable[[RestoreOrder], Record]
    stopped: Callable[[], str | None]
    """Why nothing may be made right now; None: it may (S20)."""
    held: Callable[[], str | None]
    """Why nothing may even be removed right now; None: it may (S20)."""
    clock: Clock
    drill_id: str
    key: bytes
    """Of this drill alone: environments are compared by digests made with it."""


def order_of(candidate: Candidate, *, drill_id: str, sandbox: str) -> RestoreOrder:
    """Say what is made of a backup: a function that nobody may call, in the sandbox."""
    return RestoreOrder(
        backup_id=candidate.backup_id,
        function=candidate.function,
        name=copy_name(drill_id, candidate.backup_id),
        by=ACTOR,
        why=f"drill {drill_id}",
        account=sandbox,
        stays_held=True,
    )


def drill(backup: Backup, candidate: Candidate, bench: Bench) -> Drilled:
    """Restore a backup that was proven, compare it, and remove it, whatever came of it."""
    order = order_of(candidate, drill_id=bench.drill_id, sandbox=bench.sandbox)
    copy = copy_of(backup, role=bench.role, mark=bench.drill_id, key=bench.key)
    found = Drilled(
        function=candidate.function,
        backup_id=candidate.backup_id,
        taken_at=candidate.taken_at,
        word=DrillWord.UNFINISHED,
        copy=str(order.target),
        parts=copy.left_out,
    )
    try:
        found = _made(found, copy, order, bench)
    except (OutsideError, ConflictError) as error:
        # What is there all the same is removed, or told as left behind.
        found = replace(found, reason=str(error))
    left = remove(order.target, record=bench.record(order), bench=bench)
    return replace(found, left_behind=left)


def _made(found: Drilled, copy: Copy, order: RestoreOrder, bench: Bench) -> Drilled:
    """Make the copy, and compare what is there now with what was wanted."""
    archive, recreator = bench.open(order.target, f"drill-{order.restore_id}")
    stored = [code.stored for code in copy.backup.code if code.stored is not None]
    done = stage.restore(
        copy.backup,
        order,
        stage.Bench(
            archive=archive,
            recreator=recreator,
            places={one.key: bench.place(one.key) for one in stored},
            record=bench.record(order),
            stopped=bench.stopped,
            clock=bench.clock,
        ),
    )
    if done.word is RestoreWord.UNFINISHED:
        return replace(found, reason=done.reason)
    now = bench.clock.now()
    wanted = items_of(copy.backup, name=order.name, now=now)
    there = items_of(as_it_is(order.target, archive), name=order.name, now=now)
    parts = compare(copy.backup, wanted, there)
    is_same = not done.refused and all(part.state is PartState.SAME for part in parts)
    return replace(
        found,
        word=DrillWord.SAME if is_same else DrillWord.DIFFERENT,
        reason="; ".join((*done.refused, *_differing(parts))),
        parts=(*parts, *copy.left_out),
    )


def _differing(parts: tuple[DrillPart, ...]) -> list[str]:
    return [f"{part.name}: {part.why}" for part in parts if part.state is PartState.DIFFERENT]


def clear(*, record: Record, bench: Bench) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remove what earlier drills left behind; return what was removed, and what went wrong.

    What has the name and not the mark is somebody else's: it is named, and left alone.
    Raises: OutsideError when the sandbox cannot be listed.
    """
    removed, problems = [], []
    for function in bench.room.functions():
        left = remove(function, record=record, bench=bench)
        if left:
            problems.append(f"{function.name} of an earlier drill may still be there: {left}")
        else:
            removed.append(function.name)
    return tuple(removed), tuple(problems)


def remove(function: FunctionArn, *, record: Record, bench: Bench) -> str:
    """Delete a function of a drill and see that it is gone; return why it may still be there.

    The mark is read just before each deletion. Never raises what a service answers.
    """
    why = ""
    for _ in range(TRIES):
        try:
            require_ours(function, _tags(function, bench), sandbox=bench.sandbox)
            held = bench.held()
            if held is not None:
                return held
            record(REMOVING, {"copy": str(function)})
            with suppress(NotFoundError):
                bench.room.delete(function)
                record(REMOVED, {"copy": str(function)})
        except NotFoundError:
            return ""
        except (WriteUnknownError, RetryableError) as error:
            why = str(error)
        except (OutsideError, ConflictError) as error:
            return str(error)
    return why or f"it was there again after {TRIES} deletions"


def _tags(function: FunctionArn, bench: Bench) -> Mapping[str, str]:
    """Read its tags. One read that finds nothing is not believed.

    Raises: NotFoundError when several reads in a row find nothing; OutsideError.
    """
    for _ in range(LOOKS - 1):
        with suppress(NotFoundError):
            return bench.room.tags(function)
    return bench.room.tags(function)
