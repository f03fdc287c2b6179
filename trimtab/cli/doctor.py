"""`trimtab doctor`: is everything in place, account by account, and what is to be done next?"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Annotated

import typer

from trimtab import wiring
from trimtab.cli.console import FOUND, UNREAD, complain, print_json, print_table, say
from trimtab.domain.checkup import Check, State, counts, worst_first
from trimtab.domain.errors import OutsideError
from trimtab.domain.fleet import Account
from trimtab.domain.wire import to_wire
from trimtab.flows.doctor import CHANGE_STACK, OWNERS_WHAT, READ_STACK, READ_WHAT, Survey
from trimtab.flows.doctor_hub import Wanted, examine_hub, owners_share
from trimtab.report import words
from trimtab.wiring import Clinic

AT_ONCE = 8
"""Accounts looked at together; chosen: far from what a Lambda's concurrency allows."""


def doctor(
    *,
    stack: Annotated[str, typer.Option("--stack", help="Name of the hub's stack.")] = (
        wiring.HUB_STACK
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what is missing: the hub, then each account of the Organization, worst first.

    The hub is looked at with your credentials, the accounts by the Lambda trimtab-doctor through
    the read role. Nothing is changed. Exit code 0: all is well; 1: something is missing; 2:
    something could not be looked at.
    """
    clinic = wiring.clinic_of(stack)
    complain("asking the hub which accounts there are")
    survey = clinic.survey()
    checks = [*_members(survey, clinic), *_left_out(survey)]
    complain("looking at the hub")
    checks += [
        owners_share(checks, OWNERS_WHAT),
        *examine_hub(clinic.facts, _wanted(survey, clinic)),
    ]
    checks.append(_policies(survey))
    ordered = worst_first(checks)
    if as_json:
        print_json({"counts": counts(ordered), "checks": [to_wire(check) for check in ordered]})
    else:
        _print(ordered)
    if any(check.state is State.MISSING for check in ordered):
        raise typer.Exit(FOUND)
    if any(check.state is State.UNKNOWN for check in ordered):
        raise typer.Exit(UNREAD)


def _members(survey: Survey, clinic: Clinic) -> list[Check]:
    """Look at several accounts at once; say on standard error how far it got."""
    accounts = survey.targets.accounts
    checks: list[Check] = []
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        asked = {pool.submit(_member, account, clinic): account for account in accounts}
        for number, done in enumerate(as_completed(asked), start=1):
            complain(f"account {asked[done].id}: {number} of {len(accounts)}")
            checks += done.result()
    return checks


def _member(account: Account, clinic: Clinic) -> Sequence[Check]:
    try:
        return clinic.examine(account)
    except OutsideError as error:
        todo = "read the log of trimtab-doctor"
        return [
            Check(
                where=account.id,
                what=READ_WHAT,
                state=State.UNKNOWN,
                said=f"not checked: {error}",
                todo=todo,
            )
        ]


def _left_out(survey: Survey) -> list[Check]:
    """An account nobody looked at is said, with the reason; a part that was not listed is a gap."""
    left = [
        Check(where=one.account, what="scope", state=State.OK, said=f"left out: {one.reason}")
        for one in survey.targets.left_out
    ]
    gaps = [
        Check(
            where=gap.account,
            what="scope",
            state=State.UNKNOWN,
            said=f"{gap.what}: {gap.error}",
            todo="the accounts behind it are not known: mend this first",
        )
        for gap in survey.targets.gaps
    ]
    return left + gaps


def _wanted(survey: Survey, clinic: Clinic) -> Wanted:
    return Wanted(
        now=clinic.clock.now(),
        functions=clinic.functions,
        tickets=survey.opens_tickets,
        stack_sets={
            READ_STACK: tuple(account.id for account in survey.targets.accounts),
            CHANGE_STACK: survey.changed,
        },
        regions=survey.regions,
        removes=survey.removes,
        sign_in=survey.sign_in,
    )


def _policies(survey: Survey) -> Check:
    loaded = words.count(survey.policies, "policy", "policies")
    said = f"{loaded} of bundle {survey.bundle} load in the hub"
    return Check(where="hub", what="policies", state=State.OK, said=said)


def _print(checks: Sequence[Check]) -> None:
    rows = [
        (c.state.value, c.where, c.what, words.inert(c.said), words.inert(c.todo)) for c in checks
    ]
    print_table(("state", "where", "what", "found", "what to do next"), rows)
    say()
    found = counts(checks)
    say(", ".join(f"{found[state.value]} {state.value}" for state in State))
