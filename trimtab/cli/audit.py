"""`trimtab audit`: what happened to a change or in a run, and who did what?"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli import audit_export, audit_verify
from trimtab.cli.audit_options import DAY, AsJson, Names, Stack, day, namer
from trimtab.cli.console import FOUND, UNREAD, complain, print_json, print_table, say
from trimtab.domain.errors import InputError
from trimtab.domain.ledger import Entry, change_chain, restore_chain, run_chain
from trimtab.domain.wire import to_wire
from trimtab.flows.select import Selected, Wanted, select
from trimtab.pipeline.on_record import read_chain
from trimtab.report.history import EVENTS, header, proposal, sentence
from trimtab.report.sheet import sheet

ACCOUNT_DIGITS = 12

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
    Exit code 1: the chain is not whole; whether it is the one that was written says verify.
    """
    hub = wiring.hub_of(stack)
    ledger = hub.ledger
    chains = (change_chain(what), run_chain(what), restore_chain(what), what)
    entries = next((found for chain in chains if (found := ledger.entries(chain))), ())
    if not entries:
        complain(
            f"nothing is on record about {what!r}: give a change id or a run id, whole; "
            f"of a function: trimtab audit list --function {what}"
        )
        raise typer.Exit(UNREAD)
    _, faults = read_chain(ledger, entries[0].chain)
    for fault in faults:
        complain(f"NOT WHOLE: {fault.chain}, entry {fault.seq}: {fault.what}")
    if as_json:
        for entry in entries:
            print_json(to_wire(entry))
    else:
        _print_story(entries, hub, names=names)
    if faults:
        raise typer.Exit(FOUND)


def _print_story(entries: tuple[Entry, ...], hub: wiring.Hub, *, names: bool) -> None:
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
    names: Names = False,
) -> None:
    """List entries of every chain, oldest first. Days are in UTC, both ends included.

    --actor takes an id, an email address or an ARN. --names shows whom ids stand for.

    Read from the tables; whether they can be believed says verify. Exit code 1: some rows hold no
    entry.
    """
    if on is not None and (first or last):
        raise InputError("--day goes without --from and --to")
    if as_json and as_csv:
        raise InputError("give --json or --csv, not both")
    if first is not None and last is not None and last < first:
        raise InputError("--from is after --to")
    if account is not None and not (account.isdecimal() and len(account) == ACCOUNT_DIGITS):
        raise InputError(f"--account {account!r}: an account id has {ACCOUNT_DIGITS} digits")
    if event is not None and event not in EVENTS:
        raise InputError(f"--event {event!r} is none; there are: {', '.join(sorted(EVENTS))}")
    hub = wiring.hub_of(stack)
    wanted = Wanted(
        function=function,
        account=account,
        actor=None if actor is None else _id_of(actor, hub),
        first=day(on or first),
        last=day(on or last),
        policy=policy,
        event=event,
    )
    found = select(hub.ledger, wanted)
    if as_json or as_csv:
        _print_data(found, as_csv=as_csv)
    else:
        _print(found, namer(hub, *(_told(entry) for entry in found.entries), are_wanted=names))
    for fault in found.faults:
        complain(f"{fault.chain}, entry {fault.seq}: {fault.what}")
    if found.faults:
        raise typer.Exit(FOUND)


def _id_of(actor: str, hub: wiring.Hub) -> str:
    """Return the id of a person given by address or ARN; anything else is taken as it is."""
    if "@" not in actor and not actor.startswith("arn:"):
        return actor
    found = hub.people.find(actor)
    if found is None:
        raise InputError(f"--actor {actor!r}: the name table has no id for it; see: people show")
    return found


def _print_data(found: Selected, *, as_csv: bool) -> None:
    if as_csv:
        for line in sheet(found.entries).splitlines():
            say(line)
        return
    for entry in found.entries:
        print_json(to_wire(entry))


def _told(entry: Entry) -> str:
    return f"{entry.actor} {sentence(entry, None)}"


def _print(found: Selected, named: Callable[[str], str]) -> None:
    if not found.entries:
        say("nothing on record fits")
        return
    print_table(
        ("when", "who", "what", "function", "chain", "#", "in words"),
        [
            (
                entry.at.isoformat(timespec="seconds"),
                named(entry.actor),
                entry.event,
                entry.function or "",
                entry.chain,
                str(entry.seq),
                named(sentence(entry, None)),
            )
            for entry in found.entries
        ],
    )
