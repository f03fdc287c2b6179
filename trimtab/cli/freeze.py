"""`trimtab freeze`, `thaw`, `allow`: stop every change, let changes go on, let one come back."""

from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import BAD_USAGE, FOUND, complain, print_json, print_table, say
from trimtab.domain.freeze import Level
from trimtab.domain.wire import to_wire
from trimtab.flows import freeze as flow
from trimtab.pipeline.freeze import freeze as write_freeze
from trimtab.pipeline.freeze import read_freeze
from trimtab.pipeline.freeze import thaw as write_thaw
from trimtab.report import words

MAX_WHY = 500
"""Characters of a reason; as many as a rejection may have."""

Stack = Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")]


def reason_of(why: str | None, example: str) -> str:
    """Return a reason that fits the record, or end with what to type."""
    reason = words.inert(why or "")
    if not 0 < len(reason) <= MAX_WHY:
        complain(f"say why in 1 to {MAX_WHY} characters: --why '{example}'")
        raise typer.Exit(BAD_USAGE)
    return reason


def freeze(
    *,
    why: Annotated[str | None, typer.Option("--why", help="Why; it goes into the record.")] = None,
    hard: Annotated[
        bool, typer.Option("--hard", help="Stop undo too. Lists what is left without a way back.")
    ] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Only say whether it is frozen; exit code 1 if so.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")] = False,
    stack: Stack = wiring.HUB_STACK,
) -> None:
    """Stop all changes at their next step. Undo goes on, unless --hard stops that too.

    A change that is half written is taken back. Nothing new is proposed until: trimtab thaw
    """
    if status:
        _show_status(stack, as_json=as_json)
        return
    reason = reason_of(why, "the deployment freeze before the sale")
    hub = wiring.hub_of(stack)
    write_freeze(hub.ledger, by=hub.actor(), why=reason, is_hard=hard, at=hub.clock.now())
    left = flow.exposed(hub.desk) if hard else ()
    if as_json:
        print_json(to_wire(read_freeze(hub.ledger)) | {"exposed": [to_wire(r) for r in left]})
        return
    say("frozen: no change is written; " + ("undo is stopped too" if hard else "undo goes on"))
    if left:
        say("These functions carry a change that nothing takes back while this lasts:")
        print_table(
            ("change", "function", "stands"),
            [
                (r.remediation.execution_name, str(r.remediation.function), r.status.value)
                for r in left
            ],
        )
    say("lift it with: trimtab thaw --why '...'")


def _show_status(stack: str, *, as_json: bool) -> None:
    found = read_freeze(wiring.hub_of(stack).ledger)
    if as_json:
        print_json(to_wire(found))
    else:
        say("not frozen" if found.level is Level.OPEN else str(found))
    if found.stops_forward:
        raise typer.Exit(FOUND)


def thaw(
    *,
    why: Annotated[str, typer.Option("--why", help="What was found; it goes into the record.")],
    stack: Stack = wiring.HUB_STACK,
) -> None:
    """Let changes go on after a freeze. What went stale meanwhile is proposed again by a scan."""
    reason = reason_of(why, "the cause is mended")
    hub = wiring.hub_of(stack)
    found = read_freeze(hub.ledger)
    if found.level is Level.OPEN:
        say("not frozen: nothing to lift")
        return
    if found.level is Level.UNREADABLE:
        complain(f"{found}: mend that first; trimtab audit verify says more")
        raise typer.Exit(FOUND)
    write_thaw(hub.ledger, by=hub.actor(), why=reason, at=hub.clock.now())
    say("thawed: changes go on with the next run")


def allow(
    change: Annotated[str, typer.Argument(help="The change id, whole.")],
    *,
    why: Annotated[str, typer.Option("--why", help="Why; it goes into the record.")],
    stack: Stack = wiring.HUB_STACK,
) -> None:
    """Let a change be proposed again that was rejected, taken back or undone by somebody else."""
    reason = reason_of(why, "the owner agrees by now")
    hub = wiring.hub_of(stack)
    record = flow.allow(
        change, by=hub.actor(), why=reason, desk=hub.desk, ledger=hub.ledger, clock=hub.clock
    )
    say(f"{change} may be proposed again for {record.remediation.function}, by the next scan")
