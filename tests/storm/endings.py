"""What must be true when everything has come to rest? Nothing open, held, unsaid or forgotten (S6).

A chain is at rest when its round has ended, or waits for a person for a reason that is on record.
"""

from collections.abc import Iterable

from tests.fakes.people import person
from tests.storm.invariants import Seen, broken
from tests.storm.outside import effective
from tests.storm.production import Production
from tests.storm.world import World
from trimtab.domain.approval import RoundStatus
from trimtab.domain.ledger import change_chain

SCAN_STARTS = "Discover"
WAITS_FOR_A_PERSON = (RoundStatus.UNDO_STOPPED,)
ENDED_WITH = {
    RoundStatus.REJECTED: ("decided",),
    RoundStatus.EXPIRED: ("decided",),
    RoundStatus.STALE: ("stale", "forward_refused"),
    RoundStatus.NOT_WRITTEN: ("not_written",),
    RoundStatus.VERIFIED: ("watch_healthy",),
    RoundStatus.UNPROVEN: ("watch_insufficient_data",),
    RoundStatus.UNDONE: ("undone",),
    RoundStatus.UNDO_STOPPED: ("undo_stopped",),
    RoundStatus.REVERTED: ("watch_reverted",),
}
"""Status -> the entry that says so in the ledger."""
SAID = {
    RoundStatus.STALE: "told stale",
    RoundStatus.NOT_WRITTEN: "told not_written",
    RoundStatus.VERIFIED: "told healthy",
    RoundStatus.UNPROVEN: "told insufficient_data",
    RoundStatus.UNDONE: "told undone",
    RoundStatus.UNDO_STOPPED: "told undo_stopped",
    RoundStatus.REVERTED: "told reverted",
}


def every_round_ended(world: World) -> Iterable[str]:
    for record in world.raw.desk._rounds.values():
        name, status = record.remediation.execution_name, record.status
        if status.is_open and status not in WAITS_FOR_A_PERSON:
            yield f"{name} is still {status.value}"
            continue
        chain = change_chain(record.remediation.change_id)
        events = [
            e.event
            for e in world.raw.ledger._entries[chain]
            if e.data.get("round") == record.remediation.round
        ]
        wanted = ENDED_WITH[status]
        if not any(event in wanted for event in events):
            yield f"{name} is {status.value}, the ledger ends with {events[-1]}"
        if record.is_untold and record.task_token is not None:
            yield f"{name} is {status.value}, and its execution was not told"


def every_proposal_was_opened_or_withdrawn(world: World) -> Iterable[str]:
    for chain, entries in world.raw.ledger._entries.items():
        for entry in entries:
            if entry.event != "proposed":
                continue
            change = chain.removeprefix("change#")
            run = entry.data["remediation"]["run_id"]
            record = world.raw.desk._rounds.get((change, entry.data["round"]))
            withdrawn = [e.data["run_id"] for e in entries if e.event == "withdrawn"]
            if (record is None or record.remediation.run_id != run) and run not in withdrawn:
                yield f"{chain} was proposed by {run} and neither opened nor withdrawn"


def no_lock_is_left(world: World) -> Iterable[str]:
    is_open = {
        r.remediation.execution_name for r in world.raw.desk._rounds.values() if r.status.is_open
    }
    for function, holder in world.raw.desk._locks.items():
        if holder not in is_open:
            yield f"{function} is still locked by {holder}, which has ended"


def everybody_was_asked_and_told(world: World, *, scan_failed: bool = False) -> Iterable[str]:
    """Where a scan failed its alarm rings: whom it did not ask is not forgotten unseen."""
    sent = world.raw.mailer.sent
    for record in world.raw.desk._rounds.values():
        name = record.remediation.execution_name
        for approver in record.remediation.approval.approvers:
            mails = [e for e in sent if person(e.to) == approver and name in e.text]
            subjects = {e.subject for e in mails}
            if (
                "asked" not in subjects
                and not scan_failed
                and not _says_why_not_asked(world, approver, name)
            ):
                yield f"{approver} was never asked about {name}, which is {record.status.value}"
            wanted = SAID.get(record.status)
            if wanted is not None and wanted not in subjects:
                yield f"{approver} was never {wanted} of {name}"


def _says_why_not_asked(world: World, approver: str, name: str) -> bool:
    """Tell whether it is on record, or was called a problem, that somebody was not asked."""
    if any(p.startswith(f"{name}: nobody was asked") for p in world.happened.reported):
        return True
    return any(
        e.event == "not_asked" and e.data["approver"] == approver and name in e.data["changes"]
        for entries in world.raw.ledger._entries.values()
        for e in entries
    )


def no_share_is_left(world: World) -> Iterable[str]:
    """S13: whatever became of a change, no alias sends traffic to a version of ours on trial. Where
    AWS refused to end that, a person was called and told so.
    """
    rounds = [
        r
        for r in world.raw.desk._rounds.values()
        if r.status not in WAITS_FOR_A_PERSON or "lambda:UpdateAlias" not in str(r.note)
    ]
    sessions = {r.remediation.execution_name for r in rounds}
    functions = {r.remediation.function for r in rounds}
    for arn in functions:
        function = world.cloud[arn.target].functions._functions[arn.name]
        for name, (_, weights) in effective(function).aliases.items():
            for version in weights:
                if function.versions[version]["Description"] in sessions:
                    yield f"{arn}:{name} still sends {weights} to version {version}"


def nothing_runs_on(production: Production) -> Iterable[str]:
    for execution in production.executions.values():
        if execution.status == "RUNNING":
            yield f"execution {execution.name} still runs, in {execution.state}"


def _did_a_scan_fail(production: Production) -> bool:
    scans = [e for e in production.executions.values() if e.machine["StartAt"] == SCAN_STARTS]
    return any(scan.status not in ("RUNNING", "SUCCEEDED") for scan in scans)


def unfinished(production: Production, is_quiet: bool, seen: Seen | None = None) -> list[str]:
    """Return everything that is not as it must be at rest, the invariants included."""
    world = production.world
    found = broken(world, seen or Seen())
    if not is_quiet:
        found.append("it does not come to rest")
    laws = (
        every_round_ended,
        every_proposal_was_opened_or_withdrawn,
        no_lock_is_left,
        no_share_is_left,
    )
    for law in laws:
        found += [f"{law.__name__}: {fault}" for fault in law(world)]
    found += [
        f"everybody_was_asked_and_told: {fault}"
        for fault in everybody_was_asked_and_told(world, scan_failed=_did_a_scan_fail(production))
    ]
    return found + [f"nothing_runs_on: {fault}" for fault in nothing_runs_on(production)]
