"""What is missing in the hub itself? Stack, mail, schedules, stores, keys, StackSets, alarms.

Each thing is looked at with the caller's own credentials; what they may not see is unknown (S8).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from trimtab.domain.checkup import (
    HUB,
    Check,
    DrillFacts,
    Instance,
    Lock,
    Mail,
    State,
    TableFacts,
)
from trimtab.domain.drill import NO_SANDBOX
from trimtab.domain.errors import NotFoundError, OutsideError
from trimtab.flows.doctor_removal import SignInFacts, sign_in, vaults

DELEGATION = "member.org.stacksets.cloudformation.amazonaws.com"
"""Source: "Register a delegated administrator", AWS CloudFormation user guide,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html,
read 2026-11-21."""
FINISHED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
SCHEDULES = (
    "trimtab-scan",
    "trimtab-watch",
    "trimtab-aftercare",
    "trimtab-reconcile",
    "trimtab-checkpoint",
    "trimtab-expiry",
)
"""That of the drills is looked at with them: a person may switch it off."""
TRIAL_DAYS = 1
LATE = timedelta(hours=26)
"""A daily scan and two hours to run: later than this, one is missing."""

DRILL_LATE_DAYS = 2
"""As the alarm trimtab-drill-overdue."""

Found = tuple[State, str, str]
"""State, what was found, what to do."""


class HubFacts(Protocol):
    """The hub's own account. Every method raises OutsideError when it may not look."""

    def stack_status(self) -> str: ...

    def mail(self) -> Mail: ...

    def schedules(self) -> Mapping[str, str]:
        """State by name; one that is not there is absent."""
        ...

    def log_groups(self) -> Mapping[str, int | None]:
        """Days of retention by name of each group a Lambda of the hub writes to; None: for good."""
        ...

    def tables(self) -> Mapping[str, TableFacts]: ...

    def keys(self) -> Mapping[str, str]:
        """State by what the key is for."""
        ...

    def lock(self) -> Lock | None: ...

    def delegations(self) -> tuple[str, ...]:
        """Services the hub is a delegated administrator of."""
        ...

    def instances(self, stack_set: str) -> tuple[Instance, ...]:
        """Raises: NotFoundError when there is no such StackSet."""
        ...

    def has_own_token(self) -> bool:
        """Tell whether somebody put a token in place of the random value."""
        ...

    def listeners(self) -> int:
        """Confirmed subscriptions of the topic of the alarms."""
        ...

    def last_run_at(self) -> datetime | None: ...

    def drills(self) -> DrillFacts: ...

    def vault(self, region: str) -> str | None:
        """Say what is to be done about the vault of a region; None: it is in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What must hold of the hub, as far as it depends on policies and accounts."""

    now: datetime
    functions: Sequence[str]
    """Names of the hub's Lambdas."""
    tickets: bool
    """Some ceiling reaches tickets, so the sink needs its token."""
    stack_sets: Mapping[str, Sequence[str]]
    """StackSet -> accounts that should have a stack of it."""
    regions: Sequence[str]
    """Those that are scanned."""
    removes: bool
    """Some policy may remove functions."""
    sign_in: SignInFacts


def examine_hub(facts: HubFacts, wanted: Wanted) -> tuple[Check, ...]:
    looks: Mapping[str, Callable[[], Found]] = {
        "stack": lambda: _stack(facts.stack_status()),
        "email": lambda: _mail(facts.mail()),
        "schedules": lambda: _schedules(facts.schedules()),
        "log groups": lambda: _log_groups(facts.log_groups(), wanted.functions),
        "tables": lambda: _tables(facts.tables()),
        "keys": lambda: _keys(facts.keys()),
        "ledger mirror": lambda: _lock(facts.lock()),
        "delegated administrator": lambda: _delegation(facts.delegations()),
        "ticket token": lambda: _token(facts, wanted),
        "alarms": lambda: _listeners(facts.listeners()),
        "last run": lambda: _last_run(facts.last_run_at(), wanted.now),
        "restore drills": lambda: _drills(facts.drills(), wanted.now),
    }
    checks = [_looked(what, look) for what, look in looks.items()]
    checks += vaults(wanted.regions, facts.vault, is_wanted=wanted.removes)
    checks.append(sign_in(wanted.sign_in))
    for name, accounts in wanted.stack_sets.items():
        checks += _stack_set(name, accounts, facts)
    return tuple(checks)


def _looked(what: str, look: Callable[[], Found]) -> Check:
    try:
        state, said, todo = look()
    except OutsideError as error:
        todo = "let your own role look at it, or look by hand"
        return Check(
            where=HUB, what=what, state=State.UNKNOWN, said=f"not checked: {error}", todo=todo
        )
    return Check(where=HUB, what=what, state=state, said=said, todo=todo)


def _judged(faults: Sequence[str], *, fine: str, todo: str) -> Found:
    if faults:
        return State.MISSING, "; ".join(faults), todo
    return State.OK, fine, ""


def _stack(status: str) -> Found:
    if status in FINISHED:
        return State.OK, status, ""
    todo = "read the stack's events in CloudFormation, then deploy again"
    return State.MISSING, f"the stack is {status}", todo


def _mail(mail: Mail) -> Found:
    faults = []
    if not mail.is_sender_verified:
        faults.append("the sender is not a verified identity")
    if not mail.is_production:
        faults.append("SES is in its sandbox: it writes to verified addresses only")
    if not mail.is_sending:
        faults.append("SES has paused sending for this account")
    todo = "see docs/deploying.md, email"
    return _judged(faults, fine="sender verified, out of the sandbox, sending", todo=todo)


def _schedules(states: Mapping[str, str]) -> Found:
    faults = [
        f"{name} is {states.get(name, 'not there').lower()}"
        for name in SCHEDULES
        if states.get(name) != "ENABLED"
    ]
    todo = "enable them in EventBridge Scheduler, or deploy the hub again"
    return _judged(faults, fine=f"{len(SCHEDULES)} enabled", todo=todo)


def _log_groups(days: Mapping[str, int | None], functions: Sequence[str]) -> Found:
    wanted = [f"/aws/lambda/{name}" for name in functions]
    faults = [f"{name} is not there" for name in wanted if name not in days]
    faults += [f"{name} keeps its logs for good" for name in wanted if days.get(name, 1) is None]
    return _judged(faults, fine=f"{len(wanted)} with retention", todo="deploy the hub again")


def _tables(tables: Mapping[str, TableFacts]) -> Found:
    faults = []
    for name, table in tables.items():
        if table.status != "ACTIVE":
            faults.append(f"{name} is {table.status}")
        if not table.has_recovery:
            faults.append(f"{name} has no point-in-time recovery")
        if not table.is_protected:
            faults.append(f"{name} may be deleted")
    fine = f"{len(tables)} active, with point-in-time recovery, protected from deletion"
    return _judged(
        faults, fine=fine, todo="deploy the hub again; whoever changed it did so by hand"
    )


def _keys(states: Mapping[str, str]) -> Found:
    faults = [f"the key of {what} is {s}" for what, s in states.items() if s != "Enabled"]
    todo = "enable it, or cancel its deletion, before its waiting period ends"
    return _judged(faults, fine=f"{len(states)} enabled", todo=todo)


def _lock(lock: Lock | None) -> Found:
    if lock is None:
        todo = "the ledger's mirror is no record without it: find out who replaced the bucket"
        return State.MISSING, "the bucket has no Object Lock", todo
    if lock.mode != "COMPLIANCE":
        todo = "deploy the hub again: in this mode an administrator may delete entries"
        return State.MISSING, f"Object Lock is in mode {lock.mode}", todo
    if lock.days <= TRIAL_DAYS:
        said = "locked for 1 day: a trial; deploy with -c production=true before relying on it"
        return State.OK, said, ""
    return State.OK, f"every entry is locked for {lock.days} days", ""


def _delegation(services: Sequence[str]) -> Found:
    if DELEGATION in services:
        return State.OK, "for CloudFormation StackSets", ""
    todo = (
        "in the management account: aws organizations register-delegated-administrator "
        f"--account-id HUB --service-principal {DELEGATION}"
    )
    return State.MISSING, "the hub is no delegated administrator for StackSets", todo


def _token(facts: HubFacts, wanted: Wanted) -> Found:
    if not wanted.tickets:
        return State.OK, "not needed: no policy may open a ticket", ""
    if facts.has_own_token():
        return State.OK, "somebody has set it", ""
    todo = (
        "aws secretsmanager put-secret-value --secret-id trimtab/ticket-token --secret-string ..."
    )
    return State.MISSING, "the secret still holds the random value that the stack made", todo


def _listeners(count: int) -> Found:
    if count:
        return State.OK, f"{count} confirmed subscriptions", ""
    return State.MISSING, "nobody is told of an alarm", "subscribe somebody: docs/operating.md"


def _last_run(at: datetime | None, now: datetime) -> Found:
    if at is None:
        return State.MISSING, "no run has begun yet", "start the state machine trimtab-scan with {}"
    said = f"began {at.isoformat(timespec='minutes')}"
    if now - at > LATE:
        return State.MISSING, f"the last one {said}", "look at the schedule and at trimtab run list"
    return State.OK, said, ""


def _drills(drills: DrillFacts, now: datetime) -> Found:
    """What was not tried is not known to work: unknown, and not fine."""
    last, days = drills.last_at, drills.every_days
    on = "" if last is None else f"{last:%Y-%m-%d}"
    if last is not None and not drills.is_well:
        todo = "see trimtab audit show control#drill, mend it, drill again"
        return State.MISSING, f"the last one failed, on {on}", todo
    if last is not None and days is not None and now - last > timedelta(days + DRILL_LATE_DAYS):
        todo = "look at the schedule trimtab-drill and its Lambda's log"
        return State.MISSING, f"the last one ended on {on}", todo
    if drills.sandbox is None:
        todo = "deploy trimtab-sandbox and -c sandbox_account=...: docs/restoring.md, the drill"
        return State.UNKNOWN, NO_SANDBOX, todo
    if last is None:
        return State.UNKNOWN, "none has ended yet", "trimtab drill --why 'the first one'"
    if not drills.restored:
        todo = "see why in trimtab audit show control#drill, then trimtab drill --why TEXT"
        return State.UNKNOWN, f"the last one, on {on}, restored nothing", todo
    off = "; none is scheduled" if days is None else ""
    return State.OK, f"the last one, on {on}, was well{off}", ""


def _stack_set(name: str, accounts: Sequence[str], facts: HubFacts) -> list[Check]:
    what = f"StackSet {name}"
    try:
        found = facts.instances(name)
    except NotFoundError:
        said = "there is none: the roles are deployed by hand, account by account"
        return [Check(where=HUB, what=what, state=State.OK, said=said)]
    except OutsideError as error:
        todo = "let your own role call cloudformation:ListStackInstances"
        said = f"not checked: {error}"
        return [Check(where=HUB, what=what, state=State.UNKNOWN, said=said, todo=todo)]
    checks = [
        Check(
            where=instance.account,
            what=what,
            state=State.MISSING,
            said=f"{instance.status} in {instance.region}: {instance.reason or 'no reason given'}",
            todo=f"mend the reason, then run the operation of {name} again in CloudFormation",
        )
        for instance in found
        if instance.status != "CURRENT"
    ]
    covered = {instance.account for instance in found}
    checks += [
        Check(
            where=account,
            what=what,
            state=State.MISSING,
            said="has no stack in this account",
            todo="add its unit to target_ous or change_ous, or deploy the stack there by hand",
        )
        for account in accounts
        if account not in covered
    ]
    said = f"{len(found)} stacks, all current"
    return checks or [Check(where=HUB, what=what, state=State.OK, said=said)]


def owners_share(checks: Sequence[Check], what: str) -> Check:
    """Sum up how many of the accounts that were looked at have somebody but the fallback."""
    seen = [c for c in checks if c.what == what and c.state is not State.UNKNOWN]
    covered = [c for c in seen if c.state is State.OK]
    said = f"{len(covered)} of {len(seen)} accounts have somebody but the fallback, or no functions"
    unknown = sum(c.what == what for c in checks) - len(seen)
    if unknown or not seen:
        said += f"; {unknown} could not be looked at"
        return Check(where=HUB, what=what, state=State.UNKNOWN, said=said, todo="see the accounts")
    if len(covered) < len(seen):
        todo = "tag functions or add rules to owners.yaml: see the accounts"
        return Check(where=HUB, what=what, state=State.MISSING, said=said, todo=todo)
    return Check(where=HUB, what=what, state=State.OK, said=said)
