"""Who hears how a change ended? Everyone who was asked about it, once per ending."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.ledger import change_chain
from trimtab.domain.notice import Email
from trimtab.domain.verification import Health, Verification
from trimtab.domain.wire import from_wire
from trimtab.pipeline.verify import ENDS, Watch
from trimtab.ports import ApprovalDesk, Clock, Ledger, Mailer

ACTOR = "trimtab-notify"

TOLD = (
    RoundStatus.STALE,
    RoundStatus.NOT_WRITTEN,
    RoundStatus.UNDONE,
    RoundStatus.UNDO_STOPPED,
)
"""How the execution of a change may end so that its approvers want to know. Rejected they know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What telling needs from outside."""

    desk: ApprovalDesk
    ledger: Ledger
    mailer: Mailer
    clock: Clock
    compose: Callable[[str, Round, Verification | None, Health | None, datetime], Email]
    """(approver, round, verification, health while a watch ends, now) → the email."""


def tell_watch(watch: Watch, bench: Bench) -> int:
    """Write to the approvers of every watch that came to a result; return how many emails."""
    sent = 0
    for seen in watch.watched:
        if seen.verification.health is not Health.WATCHING:
            change = seen.remediation
            record = bench.desk.round(change.change_id, change.round)
            ended = ENDS.get(seen.verification.health, record.status)
            record = replace(record, status=ended)
            sent += _tell(record, seen.verification, seen.verification.health, bench)
    return sent


def tell_ended(change_id: str, number: int, bench: Bench) -> int:
    """Write to the approvers of a change whose execution ended; return how many emails."""
    record = bench.desk.round(change_id, number)
    if record.status not in TOLD:
        return 0
    return _tell(record, _last_verification(record, bench.ledger), None, bench)


def _last_verification(record: Round, ledger: Ledger) -> Verification | None:
    """Return the figures that sent the change back, where a watch did."""
    remediation = record.remediation
    for entry in reversed(ledger.entries(change_chain(remediation.change_id))):
        if entry.event == "watch_regressed" and entry.data["round"] == remediation.round:
            return from_wire(Verification, entry.data["verification"])
    return None


def _tell(
    record: Round, verification: Verification | None, health: Health | None, bench: Bench
) -> int:
    """Send first, record then: a crash between the two repeats an email and loses none."""
    remediation = record.remediation
    chain = change_chain(remediation.change_id)
    ending = record.status.value if health is None else health.value
    entries = bench.ledger.entries(chain)
    sent = 0
    for approver in remediation.approval.approvers:
        told = {"round": remediation.round, "approver": approver, "ending": ending}
        if any(e.event == "told" and dict(e.data) == told for e in entries):
            continue
        now = bench.clock.now()
        bench.mailer.send(bench.compose(approver, record, verification, health, now))
        bench.ledger.append(
            chain,
            event="told",
            actor=ACTOR,
            data=told,
            at=now,
            function=str(remediation.function),
            once=f"r{remediation.round}-told-{ending}-{approver}",
        )
        sent += 1
    return sent
