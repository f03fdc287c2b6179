"""`trimtab restore`: bring a removed function back from the vault, or all that a run removed."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from trimtab import wiring
from trimtab.cli.console import BAD_USAGE, FOUND, UNREAD, complain, print_json, say
from trimtab.cli.freeze import reason_of
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import TrimtabError
from trimtab.flows.removed import Removed, removed_by
from trimtab.pipeline.restore import RestoreWord
from trimtab.wiring import Strongroom

EXAMPLE = "the nightly report still needs it"
GOES_ON = 10
"""How often a restore is asked to go on before a person is: two hours and a half of work."""

Event = dict[str, Any]


def restore(  # noqa: PLR0913 - the options of a command
    function: Annotated[
        str | None, typer.Argument(help="The ARN of the function, as it was.")
    ] = None,
    *,
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Restore it under another name.")
    ] = None,
    backup: Annotated[
        str | None, typer.Option("--backup", help="Which backup; else the newest complete one.")
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Restore all that this run removed.")
    ] = None,
    start_mappings: Annotated[
        bool,
        typer.Option(
            "--start-mappings", help="Enable the event source mappings that were enabled."
        ),
    ] = False,
    why: Annotated[str | None, typer.Option("--why", help="Why; it goes into the record.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Prove the backup and show what would be done.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per function.")] = False,
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
) -> None:
    """Bring a function back: code, versions, aliases, permissions, concurrency, triggers.

    The backup is proven first. A function that exists is never written over. What does not come
    back is listed. Exit code 1: something is not as it was; 2: not finished, ask again.
    """
    if (function is None) == (run is None):
        complain("name either the ARN of one function or a run with --run")
        raise typer.Exit(BAD_USAGE)
    if run is not None and (name is not None or backup is not None):
        complain("--as and --backup are about one function: leave them out with --run")
        raise typer.Exit(BAD_USAGE)
    reason = "a look ahead" if dry_run and why is None else reason_of(why, EXAMPLE)
    if function is not None:
        FunctionArn.parse(function)
    room = wiring.strongroom_of(stack)
    usual = {
        "by": room.hub.actor(),
        "why": reason,
        "starts_mappings": start_mappings,
        "dry_run": dry_run,
    }
    if run is not None:
        removed = removed_by(run, store=room.hub.store, ledger=room.hub.ledger)
        raise typer.Exit(_each(removed, usual, room, as_json=as_json))
    answer = _ask({**usual, "function": function, "name": name, "backup_id": backup}, room)
    _show(str(function), answer, as_json=as_json)
    raise typer.Exit(_code(answer))


def _each(removed: tuple[Removed, ...], usual: Event, room: Strongroom, *, as_json: bool) -> int:
    """Restore one after the other; one that fails does not stop the others."""
    if not removed:
        complain("this run removed nothing that has a proven backup")
        return UNREAD
    codes = []
    for one in removed:
        event = {**usual, "function": str(one.function), "backup_id": one.backup_id}
        try:
            answer = _ask(event, room)
        except TrimtabError as error:
            complain(f"{one.function}: {error}")
            codes.append(UNREAD)
            continue
        _show(str(one.function), answer, as_json=as_json)
        codes.append(_code(answer))
    if not as_json:
        say(f"{codes.count(0)} of {len(removed)} functions are restored as they were")
    return max(codes)


def _ask(event: Event, room: Strongroom) -> Mapping[str, Any]:
    """Ask until it is over: an invocation ends before a big function is whole."""
    answer: Mapping[str, Any] = {}
    for _ in range(GOES_ON):
        answer = room.ask_restore({"restore": event})
        is_out_of_time = "time of this invocation" in str(answer.get("reason"))
        if answer.get("word") != RestoreWord.UNFINISHED.value or not is_out_of_time:
            break
    return answer


def _code(answer: Mapping[str, Any]) -> int:
    return {RestoreWord.DIFFERENT.value: FOUND, RestoreWord.UNFINISHED.value: UNREAD}.get(
        str(answer.get("word")), 0
    )


def _show(function: str, answer: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"function": function, **answer})
        return
    say(f"{function}, backup {answer['backup_id']} of {answer['taken_at']}")
    if "word" not in answer:
        _list("would be made, in this order:", answer["steps"])
        _list("does not come back:", answer["cannot_come_back"])
        return
    say(_ending(answer))
    numbers = [f"version {old} is {new} now" for old, new in answer["numbers"].items()]
    _list("new numbers:", numbers)
    _list("not as it was:", answer["differences"])
    _list("AWS did not take:", answer["refused"])
    _list("does not come back:", answer["cannot_come_back"])
    say(f"see its record with: trimtab audit show {answer['restore_id']}")


def _ending(answer: Mapping[str, Any]) -> str:
    target = answer["target"]
    if answer["word"] == RestoreWord.RESTORED.value:
        return f"{target} is restored, compared field by field"
    if answer["word"] == RestoreWord.DIFFERENT.value:
        return f"{target} is there, but not all of it is as it was"
    return f"{target} is not finished: {answer['reason']}; ask again, it goes on where it stands"


def _list(heading: str, lines: list[str]) -> None:
    if lines:
        say(heading)
    for line in lines:
        say(f"  {line}")
