"""How is a function brought back? Read what is there, make the next missing call, and look again.

Nothing is remembered between two calls but what AWS itself shows: a restore that was cut off
anywhere is run again and goes on where it stands, and makes nothing twice. A function that exists
is never written over unless it carries the mark of this very restore.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from trimtab.domain import restoring
from trimtab.domain.backup import LATEST, Backup, Component, Part
from trimtab.domain.backup_items import MARKER, Item, differences, items_of
from trimtab.domain.backup_settings import symbols
from trimtab.domain.errors import (
    ConflictError,
    NotFoundError,
    OutsideError,
    PermanentError,
    RetryableError,
    WriteUnknownError,
)
from trimtab.domain.restoring import RestoreOrder, Write
from trimtab.pipeline.backup import as_it_is
from trimtab.ports import Clock
from trimtab.ports.vault import FunctionArchive, Recreator

TRIES = 5
"""Calls of unclear outcome, or refused for now, before the restore ends as unfinished. Chosen."""
ENOUGH = timedelta(seconds=90)
"""Less than this left of an invocation, and no further call is begun: an update may settle for a
minute. Chosen."""

SETTLES = (
    "create_function",
    "put_runtime_management_config",
    "update_function_code",
    "update_function_configuration",
)
"""Calls after which the function is busy for a while."""

WRITING, WRITTEN = "restore_writing", "restore_written"
UNKNOWN, REFUSED = "restore_unknown", "restore_refused"


class RestoreWord(StrEnum):
    RESTORED = "restored"
    """All is there that can be, compared field by field."""
    DIFFERENT = "different"
    """Done, but something is not as it was: the differences say what."""
    UNFINISHED = "unfinished"
    """Run it again: it goes on where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """How a restore ended."""

    word: RestoreWord
    reason: str = ""
    differences: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Calls that AWS did not take, with the reason."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Old version -> new version."""
    writes: int = 0
    revision_id: str | None = None
    """Of $LATEST in the end; None: it did not come that far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a restore works with."""

    archive: FunctionArchive
    """The function that is made."""
    recreator: Recreator
    places: Mapping[str, Mapping[str, str]]
    """Key in the vault -> where Lambda takes it from."""
    record: Callable[[str, Mapping[str, Any]], None]
    """Enters an event before and after each write (S7)."""
    stopped: Callable[[], str | None]
    """Why nothing may be written right now; None: it may (S20)."""
    clock: Clock


class _Stopped(Exception):
    """Not to be gone on with in this invocation; the message says why."""


@dataclass(slots=True)
class _Run:
    """One attempt at a restore."""

    backup: Backup
    order: RestoreOrder
    bench: Bench
    writes: int = 0
    tries: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    def make(self, write: Write) -> bool:
        """Make one call; False: nobody knows what became of it, so look again.

        Raises: PermanentError and the like when AWS surely refused.
        """
        why = self.bench.stopped()
        if why is not None:
            raise _Stopped(why)
        if self.bench.clock.remaining() < ENOUGH:
            raise _Stopped("the time of this invocation is over: run it again")
        step = {"step": write.name, "call": f"{write.service}:{write.operation}"}
        self.bench.record(WRITING, step)
        self.writes += 1
        try:
            self.bench.recreator.write(write)
            if write.operation in SETTLES:
                self.bench.recreator.settle(LATEST)
        except (WriteUnknownError, RetryableError) as error:
            self.bench.record(UNKNOWN, step | {"why": str(error)})
            self.tries += 1
            if self.tries >= TRIES:
                raise _Stopped(str(error)) from error
            return False
        except OutsideError as error:
            self.bench.record(REFUSED, step | {"why": str(error)})
            raise
        self.bench.record(WRITTEN, step)
        return True


def restore(backup: Backup, order: RestoreOrder, bench: Bench) -> Restored:
    """Bring a function back, or go on with it; say what is not as it was.

    Raises: ConflictError when a function of this name exists that this restore did not make.
    """
    run = _Run(backup=backup, order=order, bench=bench)
    try:
        published = _bring_versions(run)
        return _bring_items(run, published)
    except (OutsideError, _Stopped) as error:
        return Restored(word=RestoreWord.UNFINISHED, reason=str(error), writes=run.writes)


def _bring_versions(run: _Run) -> tuple[str, ...]:
    """Create the function, publish its versions in order and give $LATEST its own settings back.

    Returns the new numbers, oldest first.
    """
    wanted = restoring.stages(run.backup)
    expected = 0
    made: set[str] = set()
    while True:
        there = _there(run)
        published = () if there is None else _published(run)
        if len(published) < expected:
            raise PermanentError(
                f"{run.order.target}: Lambda published nothing new in the place of version "
                f"{wanted[len(published)]}"
            )
        if len(published) > len(wanted):
            raise ConflictError(f"{run.order.target}: somebody else published a version of it")
        for number in published[max(expected - 1, 0) :]:
            run.bench.recreator.settle(number)
        write = _next_write(run, there, published)
        if write is None:
            return published
        if write.name in made:
            raise PermanentError(f"{run.order.target}: {write.name} was written and is not there")
        is_done = run.make(write)
        made |= {write.name} if is_done else set()
        expected = len(published) + (is_done and write.operation == "publish_version")


def _there(run: _Run) -> Mapping[str, Any] | None:
    """Read $LATEST once it is settled; None: there is no such function.

    Raises: ConflictError when it exists and this restore did not make it.
    """
    try:
        found = latest_of(run.bench.archive)
        if (found.get("Tags") or {}).get(MARKER) != run.order.restore_id:
            raise ConflictError(
                f"{run.order.target} exists, and this restore did not make it: nothing is written "
                "over it. Restore under another name with --as NAME"
            )
        run.bench.recreator.settle(LATEST)
        settled: Mapping[str, Any] = latest_of(run.bench.archive)["Configuration"]
    except NotFoundError:
        return None
    return settled


def latest_of(archive: FunctionArchive) -> Mapping[str, Any]:
    """Read $LATEST.

    Raises: NotFoundError when there is no such function; OutsideError.
    """
    found: Mapping[str, Any] = archive.read(Part(component=Component.FUNCTION, qualifier=LATEST))
    return found


def _published(run: _Run) -> tuple[str, ...]:
    found = run.bench.archive.read(Part(component=Component.VERSIONS))
    return tuple(sorted(found, key=int))


def _next_write(
    run: _Run, there: Mapping[str, Any] | None, published: tuple[str, ...]
) -> Write | None:
    wanted = restoring.stages(run.backup)
    is_last = len(published) == len(wanted)
    stage = LATEST if is_last else wanted[len(published)]
    code = restoring.place_of_code(run.backup, stage, stored=run.bench.places)
    if there is None:
        return restoring.create(run.backup, run.order, stage, code)
    if (run.order.stays_held or not is_last) and not _is_held(run):
        return restoring.hold(run.order)
    write = restoring.towards(run.backup, run.order, stage, there=there, code=code)
    if write is None and not is_last:
        return restoring.publish(run.order, stage, there=there)
    return write


def _is_held(run: _Run) -> bool:
    """Tell whether nobody can call it while it stands at old code. One with snapshots is not held:
    whether they can be made then is not known.
    """
    starts = (c.get("SnapStart") or {} for c in run.backup.configurations)
    if any(start.get("ApplyOn") == "PublishedVersions" for start in starts):
        return True
    return bool(run.bench.archive.read(Part(component=Component.RESERVED)) == 0)


def _bring_items(run: _Run, published: tuple[str, ...]) -> Restored:
    """Write everything that points to the versions, and compare it all in the end."""
    now = run.bench.clock.now()
    numbers = restoring.new_numbers(run.backup, published)
    wanted = _wanted(run, now)
    there = _items_there(run, now)
    while True:
        again = _write_missing(run, wanted, there, numbers)
        there = _items_there(run, now)
        if not again:
            break
    found = differences(wanted, there)
    refused = tuple(f"{name}: {why}" for name, why in sorted(run.refused.items()))
    return Restored(
        word=RestoreWord.DIFFERENT if found else RestoreWord.RESTORED,
        differences=found,
        refused=refused,
        numbers=_old_to_new(run.backup, numbers),
        writes=run.writes,
        revision_id=str(latest_of(run.bench.archive)["Configuration"]["RevisionId"]),
    )


def _wanted(run: _Run, now: datetime) -> dict[str, Item]:
    found = items_of(run.backup, name=run.order.name, now=now)
    return {k: item for k, item in found.items() if item.kind != "mapping" or not run.order.is_copy}


def _items_there(run: _Run, now: datetime) -> dict[str, Item]:
    backup = as_it_is(run.order.target, run.bench.archive)
    return items_of(backup, name=run.order.name, now=now)


def _write_missing(
    run: _Run,
    wanted: Mapping[str, Item],
    there: Mapping[str, Item],
    numbers: Mapping[str, str],
) -> bool:
    """Make the missing calls; True: of one nobody knows whether it landed, so look again."""
    missing = restoring.missing_writes(wanted, there, run.order, numbers)
    for write in [write for write in missing if write.name not in run.refused]:
        if write.operation == "create_event_source_mapping" and run.refused:
            run.refused[write.name] = "nothing calls a function that is not whole"
            continue
        try:
            if not run.make(write):
                return True
        except OutsideError as error:
            run.refused[write.name] = str(error)
    return False


def _old_to_new(backup: Backup, numbers: Mapping[str, str]) -> dict[str, str]:
    return {old: numbers[s] for old, s in symbols(backup).items() if s in numbers}
