"""`trimtab undo` and `give-up`: take a change back through the same guarded path, or let it go."""

from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import FOUND, UNREAD, complain, say
from trimtab.cli.freeze import reason_of
from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.ledger import change_chain
from trimtab.flows import give_up as flow
from trimtab.pipeline.apply import UNDOABLE
from trimtab.pipeline.freeze import read_freeze

NOTHING_TO_UNDO = {
    RoundStatus.UNDONE: "it was already taken back",
    RoundStatus.PROPOSED: "nobody has answered yet, so nothing was written: reject it instead",
    RoundStatus.APPROVED: "it is approved and not written yet: let it be written, or take its "
    "function out of the policy",
}


def undo(
    change: Annotated[str, typer.Argument(help="The change id, whole, as in the email.")],
    *,
    why: Annotated[str, typer.Option("--why", help="Why; it goes into the record.")],
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
) -> None:
    """Start the undo of a change that was applied.

    It checks what any change checks: when somebody else has changed the function since, it stops
    and says so. Who asks, and why, goes on record first. Follow it with: trimtab audit show CHANGE
    """
    reason = reason_of(why, "the nightly report ran slower")
    hub = wiring.hub_of(stack)
    record = hub.desk.last_round(change)
    if record is None:
        complain(f"there is no change {change!r}: copy the id from the email, whole")
        raise typer.Exit(UNREAD)
    if record.status not in UNDOABLE:
        complain(f"nothing to undo: {_why_not(record)}")
        raise typer.Exit(FOUND)
    function, number = record.remediation.function, record.remediation.round
    hub.ledger.append(
        change_chain(change),
        event="undo_asked",
        actor=hub.actor(),
        data={"round": number, "why": reason},
        at=hub.clock.now(),
        function=str(function),
    )
    freeze = read_freeze(hub.ledger)
    if hub.executions.start_undo(change, number):
        say(f"undo of {change} started for {function}")
    else:
        say(f"an undo of {change} is running already for {function}; your wish is on record")
    if freeze.stops_undo:
        say(f"it waits until trimtab thaw: {freeze}")
    say(f"follow it with: trimtab audit show {change}")


def give_up(
    change: Annotated[str, typer.Argument(help="The change id, whole, as in the email.")],
    *,
    why: Annotated[str, typer.Option("--why", help="Why; it goes into the record.")],
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
) -> None:
    """End a change that can neither be finished nor taken back. Nothing is written to the function.

    For a function that is gone, an account that has left, or a function whose owner wants it as it
    is now. It is no longer watched, its function may be changed again, and its approvers are told.
    """
    reason = reason_of(why, "the account was closed")
    hub = wiring.hub_of(stack)
    record = flow.give_up(
        change, by=hub.actor(), why=reason, desk=hub.desk, ledger=hub.ledger, clock=hub.clock
    )
    say(f"{change} is given up; {record.remediation.function} stays as it is")
    say(f"see its record with: trimtab audit show {change}")


def _why_not(record: Round) -> str:
    change, status = record.remediation.change_id, record.status
    why = NOTHING_TO_UNDO.get(status, "nothing was written")
    return f"change {change} is {status.value.replace('_', ' ')}: {why}"
