"""`trimtab people`: whom does an id of the record stand for, and how is that forgotten?"""

from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.audit_options import Stack
from trimtab.cli.console import print_json, say
from trimtab.cli.freeze import reason_of
from trimtab.flows.people import erase as flow
from trimtab.flows.people import person_of

app = typer.Typer(help="Read the name table, and erase from it.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="An id, as in the record, or an address or ARN, whole.")]


@app.command()
def show(
    who: Who,
    *,
    stack: Stack = wiring.HUB_STACK,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show whom an id stands for, or under which id an address is on record.

    Exit code 2: the name table does not know it: it never did, or it was erased.
    """
    id_, address = person_of(who, wiring.hub_of(stack).people)
    if as_json:
        print_json({"person": id_, "address": address})
    else:
        say(f"{id_} {address}")


@app.command()
def erase(
    who: Who,
    *,
    why: Annotated[
        str | None, typer.Option("--why", help="Why; it goes into the record: name nobody.")
    ] = None,
    stack: Stack = wiring.HUB_STACK,
) -> None:
    """Forget whom an id stands for, for good. The record keeps the id, and stays whole.

    What the person was asked about and did not answer ends as a no; what they, or others with them,
    were asked to approve and is not applied yet is not applied. Take them out of owners.yaml and
    the policies first: who is asked again gets a new id. Nothing brings an erased name back.
    """
    reason = reason_of(why, "the person asked for it")
    hub = wiring.hub_of(stack)
    id_, _ = person_of(who, hub.people)
    flow(id_, by=hub.actor(), why=reason, people=hub.people, ledger=hub.ledger, clock=hub.clock)
    say(f"{id_} was erased: nobody can tell any more whom it stands for")
