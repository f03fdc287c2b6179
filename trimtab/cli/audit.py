"""`trimtab audit`: what happened to a change or in a run, and is the record whole?"""

from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import FOUND, UNREAD, complain, print_json, print_table, say
from trimtab.domain.ledger import change_chain, run_chain
from trimtab.domain.wire import to_wire
from trimtab.flows.audit import audit
from trimtab.report import words
from trimtab.report.history import header, proposal, sentence

app = typer.Typer(help="Read and verify the ledger.", no_args_is_help=True)

Stack = Annotated[
    str, typer.Option("--stack", help="Name of the hub's stack, in this account and region.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command()
def show(
    what: Annotated[str, typer.Argument(help="A change id, or a run id.")],
    *,
    stack: Stack = wiring.HUB_STACK,
    as_json: AsJson = False,
) -> None:
    """Show everything on record about a change or a run, oldest first."""
    ledger = wiring.hub_of(stack).ledger
    entries = ledger.entries(change_chain(what)) or ledger.entries(run_chain(what))
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
    print_table(
        ("#", "when", "who", "what", "in words"),
        [
            (
                str(entry.seq),
                entry.at.isoformat(timespec="seconds"),
                entry.actor,
                entry.event,
                sentence(entry, remediation),
            )
            for entry in entries
        ],
    )


@app.command()
def verify(*, stack: Stack = wiring.HUB_STACK, as_json: AsJson = False) -> None:
    """Check every chain of the ledger: content, order, completeness.

    Exit code 1 when one is not whole.
    """
    checked = audit(wiring.hub_of(stack).ledger)
    if as_json:
        print_json(to_wire(checked))
    else:
        for fault in checked.faults:
            say(f"{fault.chain}, entry {fault.seq}: {fault.what}")
        entries = words.count(checked.entries, "entry", "entries")
        chains = words.count(checked.chains, "chain")
        say(f"{entries} in {chains}, {words.count(len(checked.faults), 'fault')}")
    if checked.faults:
        raise typer.Exit(FOUND)
