"""`trimtab savings`: what did the changes save, next to what was predicted?"""

from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.audit_options import AsJson, Stack
from trimtab.cli.console import FOUND, complain, print_json, print_table, say
from trimtab.domain.errors import InputError
from trimtab.flows.savings import savings as read_savings
from trimtab.policy.quantity import ReadingError, read_duration
from trimtab.report import savings_words


def savings(
    *,
    since: Annotated[
        str | None,
        typer.Option(help="Changes applied in the last 30d, 12h ...; without: all on record."),
    ] = None,
    stack: Stack = wiring.HUB_STACK,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
) -> None:
    """Show what each applied change saved, next to what was predicted, and what they come to.

    Measured is the billed GB-seconds of an invocation in the hours of the watch, beside the same
    hours of the weeks before; the money is that share of what the function cost a month when the
    change was proposed, at list price. A change saves from its application until it was undone or
    somebody took it back. What was not measured is not counted, and said.

    Exit code 1: something on record could not be read.
    """
    if as_json and as_csv:
        raise InputError("give --json or --csv, not both")
    hub = wiring.hub_of(stack)
    now = hub.clock.now()
    try:
        first = None if since is None else now - read_duration(since)
    except ReadingError as error:
        raise InputError(f"--since {since!r}: {error}") from error
    found = read_savings(hub.ledger, since=first, now=now)
    if as_json:
        print_json(savings_words.as_plain(found, since=first, now=now))
    elif as_csv:
        for line in savings_words.sheet(found, now=now).splitlines():
            say(line)
    else:
        for line in savings_words.summary(found):
            say(line)
        if found.rows:
            say()
            rows = [savings_words.cells(row, now=now) for row in found.rows]
            print_table(savings_words.HEADINGS, rows)
    for fault in found.faults:
        complain(f"{fault.chain}, entry {fault.seq}: {fault.what}")
    if found.faults:
        raise typer.Exit(FOUND)
