"""`trimtab pc peak`: which commands raise a schedule for a day that is busier than its week?"""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from trimtab import wiring
from trimtab.cli.console import UNREAD, complain, print_json, say
from trimtab.domain.errors import InputError
from trimtab.flows.peak import Peak, peak_actions
from trimtab.report.provisioned_by_hand import peak_steps

FORMAT = "%Y-%m-%d %H:%M"


def peak(
    change: Annotated[str, typer.Argument(help="The change that scheduled it: its id, whole.")],
    *,
    starts: Annotated[str, typer.Option("--from", help="'2026-11-27 06:00', schedule's zone.")],
    ends: Annotated[str, typer.Option("--until", help="Likewise; at most 14 days later.")],
    at_least: Annotated[int, typer.Option(help="How much is provisioned all that time.")],
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Print the AWS commands that provision more on a peak day, beside a schedule of Trimtab.

    Nothing is written: run them yourself, with credentials of the function's account. The level is
    raised ten minutes early and given back to the schedule at the end; actions of the schedule that
    would lower it in between wait for that. One peak at a time: the commands of a second one undo
    what the first relies on, so ask for one that covers both, or wait until the first is over.
    Trimtab takes none of this for somebody else's change, and clears it away when the schedule is
    undone.

    Example:

    trimtab pc peak abc123 --from "2026-11-27 06:00" --until "2026-11-30 23:00" --at-least 40
    """
    hub = wiring.hub_of(stack)
    record = hub.desk.last_round(change)
    if record is None:
        complain(f"there is no change {change!r}: copy the id from the email, whole")
        raise typer.Exit(UNREAD)
    plan = record.remediation.provisioned
    zone = "UTC" if plan is None or plan.schedule is None else plan.schedule.timezone
    asked = Peak(
        starts_at=min(_moments(starts, zone, "--from")),
        ends_at=max(_moments(ends, zone, "--until")),
        level=at_least,
    )
    actions = peak_actions(record.remediation, asked, now=hub.clock.now())
    steps = peak_steps(record.remediation, actions)
    if as_json:
        said = [{"when": step.when, "command": step.command} for step in steps]
        print_json({"change": change, "timezone": zone, "commands": said})
        return
    for step in steps:
        say(f"# {step.when}")
        say(step.command)


def _moments(text: str, zone: str, option: str) -> tuple[datetime, datetime]:
    """Return the moments that a local time may mean: two where clocks repeat or skip that hour."""
    try:
        local = datetime.strptime(text, FORMAT).replace(tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise InputError(f"{option} {text!r}: write it like '2026-11-27 06:00'") from error
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
