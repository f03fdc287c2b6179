"""How does a drill go? Draw a sample, prove it, restore it in the sandbox, compare, remove, report.

Everything is on record in a chain of its own before it is made and when it has ended. Whatever goes
wrong is a failure in the report, never a reason to say nothing.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from trimtab.domain.backup import Backup
from trimtab.domain.digest import content_id
from trimtab.domain.drill import (
    BEGUN,
    DRILL_CHAIN,
    DRILLED,
    ENDED,
    Candidate,
    Drilled,
    DrillReport,
    DrillWord,
)
from trimtab.domain.drill_copy import why_lost, why_not_made
from trimtab.domain.errors import ConflictError, NotFoundError, OutsideError, TamperedError
from trimtab.domain.ledger import Entry, restore_chain
from trimtab.domain.restoring import RestoreOrder
from trimtab.domain.wire import to_wire
from trimtab.flows import keys
from trimtab.flows.drill_sample import Bench, Place, Prospect, Request, draw, why_frozen
from trimtab.pipeline import drill as stage
from trimtab.pipeline.backup import load, read_back
from trimtab.pipeline.drill_record import (
    cut_off,
    drills_on_record,
    how_it_ended,
    what_was_drilled,
)
from trimtab.pipeline.freeze import read_freeze

LEASE = timedelta(minutes=20)
"""Longer than an invocation may take."""
ENOUGH = timedelta(minutes=3)
"""Less than this left of an invocation, and no further backup is begun: what is made has to be
removed as well. Chosen."""
OUT_OF_TIME = "the time of this invocation was over: it comes first next time, or drill it alone"


def look_ahead(request: Request, bench: Bench) -> Prospect:
    """Draw the sample and say what would come of it. Nothing is written or restored."""
    return draw(request, drills_on_record(bench.ledger), bench)


def drill(request: Request, bench: Bench) -> DrillReport:
    """Drill, and keep the report.

    Raises: ConflictError when another drill runs; TamperedError when the record of the drills is
    not whole; OutsideError when nothing can be put on record.
    """
    now = bench.clock.now()
    if not bench.desk.hold(DRILL_CHAIN, holder=bench.holder, now=now, until=now + LEASE):
        raise ConflictError("another drill is running: wait until it has ended")
    try:
        return _drill(request, bench)
    finally:
        # A lease that cannot be given back ends by itself.
        with suppress(OutsideError):
            bench.desk.let_go(DRILL_CHAIN, holder=bench.holder)


def _drill(request: Request, bench: Bench) -> DrillReport:
    now, before = bench.clock.now(), drills_on_record(bench.ledger)
    drill_id = content_id({"at": to_wire(now), "by": request.by, "holder": bench.holder})
    prospect = _after(before, draw(request, before, bench))
    _enter(request, bench, BEGUN, _begun(drill_id, request, prospect, bench), is_open=True)
    tools, leftovers, prospect = _cleared(drill_id, request, prospect, bench)
    used = bench.place.account if tools and bench.place is not None else None
    found = []
    for candidate in prospect.sample:
        tool = tools.get(candidate.function.region)
        one = _one(candidate, tool, prospect.not_restored, bench)
        data = what_was_drilled(one, drill_id=drill_id, sandbox=used)
        _enter(request, bench, DRILLED, data, function=str(one.function))
        found.append(one)
    report = DrillReport(
        drill_id=drill_id,
        began_at=now,
        ended_at=bench.clock.now(),
        by=request.by,
        why=request.why,
        sandbox=used,
        not_restored=prospect.not_restored,
        backups=prospect.backups,
        functions=tuple(found),
        leftovers=leftovers,
        problems=prospect.problems,
    )
    bench.store.put(keys.drill(drill_id), to_wire(report))
    _enter(request, bench, ENDED, how_it_ended(report), is_open=False)
    return report


def _after(before: tuple[Entry, ...], prospect: Prospect) -> Prospect:
    """Count a drill that never ended as a problem of the next one."""
    began = cut_off(before)
    if began is None:
        return prospect
    told = f"the drill that began on {began} never ended: read the log of trimtab-drill"
    return replace(prospect, problems=(told, *prospect.problems))


def _cleared(
    drill_id: str, request: Request, prospect: Prospect, bench: Bench
) -> tuple[Mapping[str, stage.Bench], tuple[str, ...], Prospect]:
    """Enter the sandbox in each region and remove what earlier drills left there; return what
    drills a backup, by region: nothing where nothing is restored.

    Also while a freeze lets nothing be made: a removal is no change, but a hard freeze stops it.
    """
    if bench.place is None or not prospect.may_enter:
        return {}, (), prospect
    tools: dict[str, stage.Bench] = {}
    leftovers: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    for region in bench.vaults:
        try:
            tools[region] = _tools(drill_id, region, bench.place, request, bench)
            removed, left = stage.clear(record=_on_chain(request, bench), bench=tools[region])
        except OutsideError as error:
            removed, left = (), (f"the sandbox cannot be used in {region}: {error}",)
        leftovers, problems = leftovers + removed, problems + left
    if problems:
        return {}, leftovers, _unusable(prospect, problems)
    return ({} if prospect.not_restored else tools), leftovers, prospect


def _unusable(prospect: Prospect, problems: tuple[str, ...]) -> Prospect:
    """Restore nothing where what is restored may not be removed again."""
    return replace(
        prospect,
        not_restored=f"not restored: {problems[0]}",
        problems=(*prospect.problems, *problems),
    )


def _tools(drill_id: str, region: str, place: Place, request: Request, bench: Bench) -> stage.Bench:
    return stage.Bench(
        sandbox=place.account,
        role=place.role,
        room=place.enter(region),
        open=place.open,
        place=bench.vaults[region].place,
        record=lambda order: _of_copy(order, request, bench),
        stopped=lambda: why_frozen(bench) or None,
        held=lambda: _why_held(bench),
        clock=bench.clock,
        drill_id=drill_id,
        key=bench.key,
    )


def _why_held(bench: Bench) -> str | None:
    freeze = read_freeze(bench.ledger)
    return str(freeze) if freeze.stops_undo else None


def _on_chain(request: Request, bench: Bench) -> stage.Record:
    return lambda event, data: _enter(request, bench, event, data)


def _of_copy(order: RestoreOrder, request: Request, bench: Bench) -> stage.Record:
    """Enter what is done to a copy in a chain of its own, like every restore."""

    def record(event: str, data: Mapping[str, Any]) -> None:
        bench.ledger.append(
            restore_chain(order.restore_id),
            event=event,
            actor=request.by,
            data=data,
            at=bench.clock.now(),
            function=str(order.target),
        )

    return record


def _one(
    candidate: Candidate, tool: stage.Bench | None, not_restored: str, bench: Bench
) -> Drilled:
    """Drill one backup: prove it, and restore it where it can be restored."""
    found = Drilled(
        function=candidate.function,
        backup_id=candidate.backup_id,
        taken_at=candidate.taken_at,
        word=DrillWord.UNFINISHED,
    )
    if bench.clock.remaining() < ENOUGH:
        return replace(found, reason=OUT_OF_TIME)
    try:
        backup = _proven(candidate, bench)
    except (NotFoundError, TamperedError) as error:
        return replace(found, word=DrillWord.REFUSED, reason=str(error))
    except OutsideError as error:
        return replace(found, reason=f"it cannot be read: {error}")
    lost = why_lost(backup, create_blocks=bench.create_blocks, now=bench.clock.now())
    if lost is not None:
        return replace(found, word=DrillWord.REFUSED, reason=lost)
    if tool is None:
        return replace(found, word=DrillWord.READ_BACK, reason=not_restored)
    why = why_not_made(backup)
    if why is not None:
        return replace(found, word=DrillWord.READ_BACK, reason=f"not restored: {why}")
    return stage.drill(backup, candidate, tool)


def _proven(candidate: Candidate, bench: Bench) -> Backup:
    """Read a backup back, object by object, and load it.

    Raises: TamperedError when it is not whole; NotFoundError, OutsideError.
    """
    function, backup_id, now = candidate.function, candidate.backup_id, bench.clock.now()
    vault = bench.vaults[function.region]
    read = read_back(function, backup_id, vault, now=now, kept_for=bench.kept_for)
    if read.proof is None:
        raise TamperedError("; ".join(read.faults))
    return load(function, backup_id, vault)


def _begun(drill_id: str, request: Request, prospect: Prospect, bench: Bench) -> dict[str, Any]:
    return {
        "drill_id": drill_id,
        "why": request.why,
        "sandbox": None if bench.place is None else bench.place.account,
        "not_restored": prospect.not_restored,
        "backups": prospect.backups,
        "sample": [one.backup_id for one in prospect.sample],
        "problems": list(prospect.problems),
    }


def _enter(
    request: Request,
    bench: Bench,
    event: str,
    data: Mapping[str, Any],
    *,
    function: str | None = None,
    is_open: bool | None = None,
) -> None:
    bench.ledger.append(
        DRILL_CHAIN,
        event=event,
        actor=request.by,
        data=data,
        at=bench.clock.now(),
        function=function,
        leaves_open=is_open,
    )
