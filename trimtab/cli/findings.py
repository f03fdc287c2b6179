"""`trimtab findings`: which findings are there, since when, and which of them is nobody sure of?"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from trimtab import wiring
from trimtab.cli.audit_options import AsJson, Stack
from trimtab.cli.console import FOUND, UNREAD, complain, print_json, print_table, say
from trimtab.domain.errors import NotFoundError
from trimtab.domain.finding import last_day
from trimtab.domain.fleet import Gap
from trimtab.domain.life import FindingLife, FindingStatus, TargetFindings
from trimtab.flows.life import doubts, read_lives
from trimtab.report import words
from trimtab.wiring import Hub

HEADINGS = ("severity", "policy", "function", "account", "region", "status", "since", "note")


class Status(StrEnum):
    """The statuses, as they are typed."""

    OPENED = "opened"
    STILL_THERE = "still-there"
    REOPENED = "reopened"
    RESOLVED = "resolved"


def findings(
    *,
    account: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    function: Annotated[
        str | None, typer.Option(help="Only of this function: its name, or its ARN.")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="Only of this policy, by its id.")] = None,
    status: Annotated[
        list[Status] | None,
        typer.Option(help="Only of this status; may be given again. Without: all but resolved."),
    ] = None,
    stack: Stack = wiring.HUB_STACK,
    as_json: AsJson = False,
) -> None:
    """List the findings of all runs: one for each function and policy, under one id for good.

    A finding is opened by the run that sees it first, still there in the next ones, resolved
    when its policy judged the function compliant or not applicable, when the function is gone
    from a target that was read to its end without a gap, or when the policy was removed. Found
    again, it is reopened. What a run could not judge is never resolved: it stays, and says "not
    seen since".

    Exit code 0: nothing is listed but resolved findings, and the last run read all; 1: findings;
    2: the last run could not read something or did not judge one of them, or no run has finished
    yet.
    """
    hub = wiring.hub_of(stack)
    wanted = _of(status)
    lives = tuple(read_lives(hub.store, account=account))
    gaps = [gap for gap in _doubts(hub, lives) if _is_about(gap, account, function)]
    found = [
        life
        for target in lives
        for life in target.findings
        if life.status in wanted
        and function in (None, life.function.name, str(life.function))
        and policy in (None, life.policy_id)
    ]
    found.sort(key=lambda life: (-life.severity.rank, life.policy_id, str(life.function)))
    if as_json:
        for life in found:
            print_json(as_plain(life))
        for gap in gaps:
            complain(_told(gap))
    else:
        _print(found, gaps)
    if gaps or any(life.unseen_because is not None for life in found):
        raise typer.Exit(UNREAD)
    if any(life.is_active for life in found):
        raise typer.Exit(FOUND)


def _doubts(hub: Hub, lives: tuple[TargetFindings, ...]) -> tuple[Gap, ...]:
    try:
        return doubts(hub.store, lives)
    except NotFoundError as error:
        complain(
            "no run has finished yet, or the last one's plan is gone: start the state machine "
            "trimtab-scan with {}"
        )
        raise typer.Exit(UNREAD) from error


def _is_about(gap: Gap, account: str | None, function: str | None) -> bool:
    """Tell whether a gap could hide what was asked for; '*' stands for every account."""
    if account is not None and gap.account not in (account, "*"):
        return False
    if function is None or gap.function is None:
        return True
    return gap.function == function or gap.function.endswith(f":{function}")


def _of(given: Iterable[Status] | None) -> frozenset[FindingStatus]:
    if given:
        return frozenset(FindingStatus(one.value.replace("-", "_")) for one in given)
    return frozenset(FindingStatus) - {FindingStatus.RESOLVED}


def _told(gap: Gap) -> str:
    about = "" if gap.function is None else f" {gap.function}"
    where = f"account {gap.account}, {gap.region}, {gap.what}{about}"
    return f"not known since the last run: {where}: {words.inert(gap.error)}"


def _print(found: list[FindingLife], gaps: list[Gap]) -> None:
    unsure = sum(life.unseen_because is not None for life in found)
    unsaid = f", {unsure} of them not judged by the last run" * bool(unsure)
    say(f"{words.count(len(found), 'finding')}{unsaid}")
    for gap in gaps:
        say(_told(gap))
    if found:
        say()
        print_table(HEADINGS, [_row(life) for life in found])


def _row(life: FindingLife) -> tuple[str, ...]:
    function = life.function
    return (
        life.severity.value,
        life.policy_id,
        function.name,
        function.account,
        function.region,
        life.status.value.replace("_", " "),
        f"{life.first_seen_at:%Y-%m-%d}",
        words.inert(note(life)),
    )


def note(life: FindingLife) -> str:
    """Return what a person has to know of a finding besides its status."""
    if life.resolved_at is not None:
        return f"{life.resolved_at:%Y-%m-%d %H:%M}: {life.resolved_because}"
    if life.unseen_because is not None:
        return f"not seen since {life.last_seen_at:%Y-%m-%d %H:%M}: {life.unseen_because}"
    runs = f"{words.count(life.runs_in_a_row, 'run')} in a row"
    if life.suppressed_until is not None:
        return f"{runs}; suppressed until the end of {last_day(life.suppressed_until)}"
    return runs


def as_plain(life: FindingLife) -> dict[str, Any]:
    """Return a finding as other programs read it."""
    return {
        "id": life.id,
        "function": str(life.function),
        "account": life.function.account,
        "region": life.function.region,
        "policy": life.policy_id,
        "severity": life.severity.value,
        "status": life.status.value,
        "because": life.because,
        "first_seen_at": life.first_seen_at.isoformat(),
        "last_seen_at": life.last_seen_at.isoformat(),
        "runs_in_a_row": life.runs_in_a_row,
        "not_seen_because": life.unseen_because,
        "suppressed_until": _moment(life.suppressed_until),
        "resolved_at": _moment(life.resolved_at),
        "resolved_because": life.resolved_because,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
