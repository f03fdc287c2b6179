"""`trimtab drill`: would the backups come back? Restore some in the sandbox, compare, remove."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from trimtab import wiring
from trimtab.cli.console import FOUND, UNREAD, print_json, say
from trimtab.cli.freeze import reason_of
from trimtab.domain.arn import FunctionArn
from trimtab.domain.drill import DrillWord, PartState

EXAMPLE = "before the audit"


def drill(
    functions: Annotated[
        list[str] | None, typer.Argument(help="ARNs; else a sample of all backups.")
    ] = None,
    *,
    why: Annotated[str | None, typer.Option("--why", help="Why; it goes into the record.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which backups would be drilled.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
) -> None:
    """Drill now what is drilled on a schedule, and print the report.

    No function in use is touched. Exit code 1: a backup is not as it should be; 2: something could
    not be read, finished or removed again.
    """
    reason = "a look ahead" if dry_run and why is None else reason_of(why, EXAMPLE)
    for function in functions or ():
        FunctionArn.parse(function)
    room = wiring.strongroom_of(stack)
    event = {"by": room.hub.actor(), "why": reason, "dry_run": dry_run}
    answer = room.ask_drill({"drill": {**event, "functions": functions or []}})
    if as_json:
        print_json(answer)
    elif dry_run:
        _show_sample(answer)
    else:
        _show(answer)
    raise typer.Exit(_code(answer))


def _code(answer: Mapping[str, Any]) -> int:
    found = answer.get("functions", ())
    unknown = DrillWord.UNFINISHED.value
    if answer["problems"] or any(o["left_behind"] or o["word"] == unknown for o in found):
        return UNREAD
    return 0 if all(one["well"] for one in found) else FOUND


def _show_sample(answer: Mapping[str, Any]) -> None:
    for one in answer["sample"]:
        last = one["drilled_at"]
        said = "never drilled" if last is None else f"drilled {last[:10]}"
        say(f"{one['function']}, backup {one['backup_id']} of {one['taken_at'][:10]}: {said}")
    say(f"{len(answer['sample'])} of {answer['backups']} complete backups would be drilled")
    _common(answer)


def _show(answer: Mapping[str, Any]) -> None:
    for one in answer["functions"]:
        say(f"{one['function']}, backup {one['backup_id']} of {one['taken_at'][:10]}")
        said = f": {one['reason']}" if one["reason"] else ""
        say(f"  {one['word'].replace('_', ' ')}{said}")
        if one["left_behind"]:
            say(f"  {one['copy']} may still be there: {one['left_behind']}")
        for part in one["parts"]:
            why = f": {part['why']}" if part["why"] and part["state"] != PartState.SAME else ""
            say(f"    {part['state']:12}  {part['name']}{why}")
    well = sum(one["well"] for one in answer["functions"])
    say(f"{well} of {len(answer['functions'])} are well; {answer['backups']} complete backups")
    for name in answer["leftovers"]:
        say(f"removed what an earlier drill had left: {name}")
    _common(answer)
    say("see its record with: trimtab audit show control#drill")


def _common(answer: Mapping[str, Any]) -> None:
    if answer["not_restored"]:
        say(answer["not_restored"])
    for problem in answer["problems"]:
        say(f"failed: {problem}")
