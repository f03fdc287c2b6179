"""`trimtab upgrade --check`: what is under way, and what would an upgrade do to it?"""

from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import BAD_USAGE, FOUND, complain, print_json, print_table, say
from trimtab.domain.wire import to_wire
from trimtab.flows.upgrade import Outlook, outlook
from trimtab.report import words


def upgrade(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="List what is under way; nothing is changed.")
    ] = False,
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List open changes and running executions, and what becomes of each when you deploy.

    Exit code 0: a good moment; 1: something is being written, or a scan runs: wait for it. The
    upgrade itself is a deployment: docs/upgrading.md.
    """
    if not check:
        complain("say --check; the upgrade itself is a deployment: see docs/upgrading.md")
        raise typer.Exit(BAD_USAGE)
    yard = wiring.yard_of(stack)
    found = outlook(yard.desk, yard.running())
    if as_json:
        print_json(to_wire(found) | {"is_quiet": found.is_quiet})
    else:
        _print(found)
    if not found.is_quiet:
        raise typer.Exit(FOUND)


def _print(found: Outlook) -> None:
    say(words.count(len(found.changes), "open change"))
    if found.changes:
        print_table(
            ("status", "change", "function", "what becomes of it"),
            [
                (c.status.value, f"{c.change_id}-r{c.round}", c.function, c.becomes)
                for c in found.changes
            ],
        )
    say()
    say(words.count(len(found.running), "running execution"))
    if found.running:
        print_table(
            ("state machine", "execution", "since"),
            [
                (r.machine, r.name, r.started_at.isoformat(timespec="seconds"))
                for r in found.running
            ],
        )
    say()
    say(
        "a good moment: nothing is being written and no scan runs"
        if found.is_quiet
        else "wait: something is being written, or a scan runs"
    )
