"""`trimtab audit`: what happened to a change or in a run, and who did what?"""

from datetime import datetime
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli import audit_export, audit_verify
from trimtab.cli.audit_options import DAY, AsJson, Names, Stack, day, namer
from trimtab.cli.console import FOUND, UNREAD, complain, print_json, print_table, say
from trimtab.domain.errors import InputError
from trimtab.domain.ledger import change_chain, run_chain
from trimtab.domain.wire import to_wire
from trimtab.flows.select import Selected, Wanted, select
from trimtab.report.history import header, proposal, sentence
from trimtab.report.sheet import sheet

app = typer.Typer(help="Read, verify and export the ledger.", no_args_is_help=True)
app.command("verify")(audit_verify.verify)
app.command("export")(audit_export.export)


@app.command()
def show(
    what: Annotated[str, typer.Argument(help="A change id, a run id, or the name of a chain.")],
    *,
    stack: Stack = wiring.HUB_STACK,
    as_json: AsJson = False,
    names: Names = False,
) -> None:
    """Show everything on record about a change or a run, oldest first.

    People are shown by their ids; --names asks the name table. JSON is always as it is on record.
    """
    hub = wiring.hub_of(stack)
    ledger = hub.ledger
    chains = (change_chain(what), run_chain(what), what)
    entries = next((found for chain in chains if (found := ledger.entries(chain))), ())
    if not entries:
        complain(f"nothing is on record about {what!r}: give a change id or a run id, whole")
        raise typer.Exit(UNREAD)
    if as_json:
        for entry in entries:
            print_json(to_wire(entry))
        return
    remediation = proposal(entries)
    if remediation is None:
        say(entries[0].chain.replace("#", " ", 1))
    else:
        for name, value in header(remediation):
            say(f"{name:9} {value}")
    say()
    said = [(entry, sentence(entry, remediation)) for entry in entries]
    texts = (text for entry, words in said for text in (entry.actor, words))
    named = namer(hub, *texts, are_wanted=names)
    print_table(
        ("#", "when", "who", "what", "in words"),
        [
            (
                str(entry.seq),
                entry.at.isoformat(timespec="seconds"),
                named(entry.actor),
                entry.event,
                named(words),
            )
            for entry, words in said
        ],
    )


@app.command("list")
def list_entries(  # noqa: PLR0913 - one parameter per option
    *,
    function: Annotated[
        str | None, typer.Option("--function", help="Full ARN, or a function's name.")
    ] = None,
    account: Annotated[
        str | None, typer.Option("--account", help="Account of the function.")
    ] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Who did it, whole.")] = None,
    on: Annotated[datetime | None, typer.Option("--day", formats=[DAY], help="One day.")] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=[DAY])] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=[DAY])] = None,
    policy: Annotated[str | None, typer.Option("--policy", help="Policy of the change.")] = None,
    event: Annotated[str | None, typer.Option("--event", help="What happened, whole.")] = None,
    stack: Stack = wiring.HUB_STACK,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
) -> None:
    """List entries of every chain, oldest first. Days are in UTC, both ends included.

    Read from the tables; whether they can be believed says verify. Exit code 1: some rows hold no
    entry.
    """
    if on is not None and (first or last):
        raise InputError("--day goes without --from and --to")
    wanted = Wanted(
        function=function,
        account=account,
        actor=actor,
        first=day(on or first),
        last=day(on or last),
        policy=policy,
        event=event,
    )
    found = select(wiring.hub_of(stack).ledger, wanted)
    _print(found, as_json=as_json, as_csv=as_csv)
    for fault in found.faults:
        complain(f"{fault.chain}, entry {fault.seq}: {fault.what}")
    if found.faults:
        raise typer.Exit(FOUND)


def _print(found: Selected, *, as_json: bool, as_csv: bool) -> None:
    if as_csv:
        for line in sheet(found.entries).splitlines():
            say(line)
    elif as_json:
        for entry in found.entries:
            print_json(to_wire(entry))
    elif not found.entries:
        say("nothing on record fits")
    else:
        print_table(
            ("when", "who", "what", "function", "chain", "#"),
            [
                (
                    entry.at.isoformat(timespec="seconds"),
                    entry.actor,
                    entry.event,
                    entry.function or "",
                    entry.chain,
                    str(entry.seq),
                )
                for entry in found.entries
            ],
        )
