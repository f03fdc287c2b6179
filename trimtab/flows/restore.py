"""How is a function brought back because a person asks for it? Proven first, on record throughout.

A restore is a change of its own, in a chain of its own: who asked and why, what does not come back,
each write before it is made, and how it ended. It is an undo: a freeze lets it pass, a hard freeze
does not (S20).
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from trimtab.domain import restoring
from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Backup, BackupProof, Component
from trimtab.domain.backup_items import items_of
from trimtab.domain.backup_limits import what_cannot_come_back
from trimtab.domain.errors import ConflictError, NotFoundError, OutsideError
from trimtab.domain.ledger import Entry, Fault, restore_chain
from trimtab.domain.restoring import RestoreOrder
from trimtab.domain.round_events import QUARANTINE_INTENDED
from trimtab.pipeline import restore as stage
from trimtab.pipeline.backup import listed, load, read_back
from trimtab.pipeline.freeze import read_freeze
from trimtab.pipeline.restore import Restored, RestoreWord
from trimtab.ports import ApprovalDesk, Clock, Ledger
from trimtab.ports.vault import FunctionArchive, Recreator, Vault

LEASE = timedelta(minutes=20)
"""Longer than an invocation may take."""

BEGUN = "restore_begun"
ENDS: Mapping[RestoreWord, str] = {
    RestoreWord.RESTORED: "restored",
    RestoreWord.DIFFERENT: "restored_with_differences",
    RestoreWord.UNFINISHED: "restore_unfinished",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a restore needs from outside."""

    open: Callable[[FunctionArn, str], tuple[FunctionArchive, Recreator]]
    """Opens the function that is made, under the name of a session."""
    vault: Callable[[str], Vault]
    ledger: Ledger
    desk: ApprovalDesk
    clock: Clock
    holder: str
    """Names this one call: of two at once only one writes (S19)."""
    create_blocks: Mapping[str, date | None]
    kept_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asks for."""

    function: FunctionArn
    by: str
    why: str
    name: str | None = None
    """None: its own name."""
    backup_id: str | None = None
    """None: the newest one that is complete."""
    starts_mappings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a restore would do."""

    order: RestoreOrder
    proof: BackupProof
    steps: tuple[str, ...]
    cannot_come_back: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a restore did."""

    prospect: Prospect
    restored: Restored
    restore_id: str


def look_ahead(request: Request, bench: Bench) -> Prospect:
    """Prove the backup and say what its restore would do. Nothing is written, not even on record.

    Raises: NotFoundError when there is no such backup; ConflictError when it is not whole.
    """
    return _prospect(request, bench)[0]


def restore(request: Request, bench: Bench) -> Answer:
    """Bring a function back. Asked again, a restore that was cut off goes on.

    Raises: as `look_ahead`; ConflictError when a function of that name exists, or a hard freeze
    stands.
    """
    prospect, backup = _prospect(request, bench)
    order = prospect.order
    stopped = _frozen(bench)
    if stopped is not None:
        raise ConflictError(stopped)
    target, now = str(order.target), bench.clock.now()
    if not bench.desk.hold(target, holder=bench.holder, now=now, until=now + LEASE):
        raise ConflictError(f"{target}: another call is writing it; try again later")
    try:
        return _restore(prospect, backup, bench)
    finally:
        # A lease that cannot be given back ends by itself.
        with suppress(OutsideError):
            bench.desk.let_go(target, holder=bench.holder)


def _restore(prospect: Prospect, backup: Backup, bench: Bench) -> Answer:
    order = prospect.order
    chain = restore_chain(order.restore_id)
    archive, recreator = bench.open(order.target, f"restore-{order.restore_id}")
    _refuse_finished(chain, order, archive, bench)
    attempt = len([e for e in bench.ledger.entries(chain) if e.event == BEGUN]) + 1
    _enter(order, bench, BEGUN, _begun(prospect) | {"attempt": attempt}, is_open=True)
    vault = bench.vault(order.function.region)
    stored = [code.stored for code in backup.code if code.stored is not None]
    done = stage.restore(
        backup,
        order,
        stage.Bench(
            archive=archive,
            recreator=recreator,
            places={one.key: vault.place(one.key) for one in stored},
            record=lambda event, data: _enter(order, bench, event, data),
            stopped=lambda: _frozen(bench),
            clock=bench.clock,
        ),
    )
    is_open = done.word is RestoreWord.UNFINISHED
    _enter(order, bench, ENDS[done.word], _ended(done), is_open=is_open)
    return Answer(prospect=prospect, restored=done, restore_id=order.restore_id)


def _frozen(bench: Bench) -> str | None:
    freeze = read_freeze(bench.ledger)
    return str(freeze) if freeze.stops_undo else None


def _prospect(request: Request, bench: Bench) -> tuple[Prospect, Backup]:
    vault, now = bench.vault(request.function.region), bench.clock.now()
    backup_id = request.backup_id or _newest(request.function, vault, bench.ledger)
    found = read_back(request.function, backup_id, vault, now=now, kept_for=bench.kept_for)
    if found.proof is None:
        raise ConflictError(f"backup {backup_id} is not whole: {'; '.join(found.faults)}")
    backup = load(request.function, backup_id, vault)
    order = RestoreOrder(
        backup_id=backup_id,
        function=request.function,
        name=request.name or request.function.name,
        by=request.by,
        why=request.why,
        starts_mappings=request.starts_mappings,
    )
    FunctionArn.parse(str(order.target))
    gone = what_cannot_come_back(backup, create_blocks=bench.create_blocks, now=now)
    more = (f"its event source mappings: they stay with {request.function.name}",)
    has_mappings = bool(backup.of(Component.MAPPINGS))
    prospect = Prospect(
        order=order,
        proof=found.proof,
        steps=_steps(backup, order, bench),
        cannot_come_back=gone + (more if order.is_copy and has_mappings else ()),
    )
    return prospect, backup


def _newest(function: FunctionArn, vault: Vault, ledger: Ledger) -> str:
    """Return the newest complete backup; one of a quarantine only when there is no other: what it
    brings back takes no calls.
    """
    complete = [m for m in reversed(listed(vault, function)) if m.is_complete]
    if not complete:
        raise NotFoundError(f"there is no complete backup of {function}")
    entries = tuple(ledger.found("function", str(function)))
    for manifest in complete:
        taken_at = manifest.taken_at
        may_be = any(_is_quarantine(entry, taken_at=taken_at) for entry in entries)
        if not (may_be and _takes_no_calls(load(function, manifest.backup_id, vault))):
            return manifest.backup_id
    return complete[0].backup_id


def _is_quarantine(entry: Entry | Fault, *, taken_at: datetime) -> bool:
    """Tell whether a quarantine may have begun before; an entry that cannot be read may say so."""
    if not isinstance(entry, Entry):
        return True
    return entry.event == QUARANTINE_INTENDED and entry.at <= taken_at


def _takes_no_calls(backup: Backup) -> bool:
    return bool(backup.of(Component.RESERVED) == 0)


def _steps(backup: Backup, order: RestoreOrder, bench: Bench) -> tuple[str, ...]:
    """Name what would be made, in order, by the old numbers of the versions."""
    items = items_of(backup, name=order.name, now=bench.clock.now())
    stages = restoring.stages(backup)
    numbers = {f"#{place}": number for place, number in enumerate(stages, start=1)}
    writes = restoring.missing_writes(items, {}, order, numbers)
    published = [f"a version in the place of {number}" for number in stages]
    return ("the function", *published, "$LATEST", *(write.name for write in writes))


def _refuse_finished(
    chain: str, order: RestoreOrder, archive: FunctionArchive, bench: Bench
) -> None:
    """A restore that is over is not gone on with while its function is there; one that left
    differences is, unless somebody has changed the function since: that would be written over.
    """
    events = (BEGUN, *ENDS.values())
    entries = [entry for entry in bench.ledger.entries(chain) if entry.event in events]
    last = entries[-1].event if entries else None
    if last not in (ENDS[RestoreWord.RESTORED], ENDS[RestoreWord.DIFFERENT]):
        return
    try:
        there = stage.latest_of(archive)["Configuration"]
    except NotFoundError:
        return
    if last == ENDS[RestoreWord.RESTORED]:
        raise ConflictError(f"{order.target} was restored already on {_day(entries[-1])}")
    if there["RevisionId"] != entries[-1].data["revision_id"]:
        raise ConflictError(
            f"{order.target} was changed since {_day(entries[-1])}: mend it by hand"
        )


def _day(entry: Entry) -> str:
    return f"{entry.at:%Y-%m-%d %H:%M} UTC"


def _begun(prospect: Prospect) -> dict[str, Any]:
    order = prospect.order
    return {
        "backup_id": order.backup_id,
        "target": str(order.target),
        "why": order.why,
        "starts_mappings": order.starts_mappings,
        "cannot_come_back": list(prospect.cannot_come_back),
    }


def _ended(done: Restored) -> dict[str, Any]:
    return {
        "reason": done.reason,
        "differences": list(done.differences),
        "refused": list(done.refused),
        "numbers": dict(done.numbers),
        "writes": done.writes,
        "revision_id": done.revision_id,
    }


def _enter(
    order: RestoreOrder,
    bench: Bench,
    event: str,
    data: Mapping[str, Any],
    *,
    is_open: bool | None = None,
) -> None:
    bench.ledger.append(
        restore_chain(order.restore_id),
        event=event,
        actor=order.by,
        data=data,
        at=bench.clock.now(),
        function=str(order.function),
        leaves_open=is_open,
    )
