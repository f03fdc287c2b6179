"""`trimtab undo`: put the before-values of a change back, through the same guarded path."""

from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import FOUND, complain, say


def undo(
    change: Annotated[str, typer.Argument(help="The change id, as in the email.")],
    *,
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
) -> None:
    """Start the undo of a change that was applied.

    It checks what any change checks: when somebody else has changed the function since, it stops
    and says so. Follow it with: trimtab audit show CHANGE
    """
    hub = wiring.hub_of(stack)
    record = hub.desk.last_round(change)
    if record is None:
        complain(f"there is no change {change!r}: copy the id from the email, whole")
        raise typer.Exit(FOUND)
    if record.applied_at is None:
        complain(f"change {change} was never applied: its round is {record.status.value}")
        raise typer.Exit(FOUND)
    hub.executions.start_undo(change, record.remediation.round)
    say(f"undo of {change} started for {record.remediation.function}")
    say(f"follow it with: trimtab audit show {change}")
