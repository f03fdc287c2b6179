"""`trimtab backups`: which functions are in the vault, how old, whether whole, and for how long?"""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from trimtab import wiring
from trimtab.cli.console import BAD_USAGE, FOUND, complain, print_json, print_table, say
from trimtab.cli.freeze import reason_of
from trimtab.domain.arn import FunctionArn
from trimtab.flows.backups import ANNOUNCED
from trimtab.wiring import Strongroom


def backups(
    function: Annotated[
        str | None, typer.Argument(help="The ARN of a function; else all of a region.")
    ] = None,
    *,
    region: Annotated[
        str | None, typer.Option("--region", help="Which region's vault; else the hub's.")
    ] = None,
    take: Annotated[
        bool, typer.Option("--take", help="Back this function up now. Nothing else is changed.")
    ] = False,
    why: Annotated[
        str | None, typer.Option("--why", help="Why; it goes into the record of --take.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per backup.")] = False,
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
) -> None:
    """List the backups, oldest first. Exit code 1: a new backup is not complete."""
    if take and function is None:
        complain("name the ARN of the function to back up")
        raise typer.Exit(BAD_USAGE)
    reason = reason_of(why, "a drill") if take else ""
    if function is not None:
        FunctionArn.parse(function)
    room = wiring.strongroom_of(stack)
    if take:
        _take(str(function), reason, room, as_json=as_json)
        return
    answer = room.ask_restore({"backups": {"function": function, "region": region}})
    rows = answer["backups"]
    if as_json:
        for row in rows:
            print_json(row)
        return
    headings = ("function", "id", "age", "complete", "expires", "MB", "drilled")
    print_table(headings, [_row(row) for row in rows])
    for row in rows:
        for missing in row["missing"]:
            say(f"{row['backup_id']} lacks {missing}")
        if row["drill"] is not None and not row["drill"]["is_well"]:
            say(f"{row['backup_id']} failed its drill: {row['drill']['reason']}")
    soon = [row for row in rows if row["expires_soon"]]
    if soon:
        say(
            f"{len(soon)} of them expire within {ANNOUNCED.days} days: restore them, or let them go"
        )


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    left = row["days_left"]
    return (
        row["function"],
        row["backup_id"],
        f"{row['age_days']} days",
        "yes" if row["complete"] else "NO",
        f"in {left} days" if left > 0 else "expired",
        f"{row['size_bytes'] / 1_000_000:.1f}",
        _drilled(row["drill"]),
    )


def _drilled(last: Mapping[str, Any] | None) -> str:
    if last is None:
        return "never"
    word = str(last["word"]).replace("_", " ")
    return f"{last['at'][:10]} {word if last['is_well'] else word.upper()}"


def _take(function: str, why: str, room: Strongroom, *, as_json: bool) -> None:
    event = {"function": function, "by": room.hub.actor(), "why": why}
    answer = room.ask_backup(event)
    if as_json:
        print_json(answer)
    else:
        size = answer["size_bytes"] / 1_000_000
        say(f"backup {answer['backup_id']}: {answer['objects']} objects, {size:.1f} MB")
        for missing in answer["missing"]:
            say(f"lacks {missing['part']}: {missing['call']}: {missing['why']}")
    if not answer["complete"]:
        raise typer.Exit(FOUND)
