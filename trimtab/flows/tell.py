"""Who hears how a change ended? Everyone who was asked about it, once per ending."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.errors import AccessDeniedError, PermanentError
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.notice import Email
from trimtab.domain.person import ERASED
from trimtab.domain.references import References
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import EVERYBODY_TOLD, TO_BE_TOLD
from trimtab.domain.verification import Health, Verification
from trimtab.domain.wire import from_wire
from trimtab.flows.references import ask_for_tickets
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import record_change
from trimtab.pipeline.removal_record import references_of
from trimtab.pipeline.verify import ENDS, Watch
from trimtab.ports import ApprovalDesk, Clock, Ledger, Mailer, People, Queue

ACTOR = "trimtab-notify"

TOLD = (
    RoundStatus.STALE,
    RoundStatus.NOT_WRITTEN,
    RoundStatus.UNDONE,
    RoundStatus.UNDO_STOPPED,
    RoundStatus.GIVEN_UP,
    RoundStatus.REMOVED,
)
"""How the execution of a change may end so that its approvers want to know. Rejected they know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What an email tells of."""

    round: Round
    verification: Verification | None = None
    health: Health | None = None
    """What a watch came to, while it ends; None: it is not a watch that ends."""
    left: References | None = None
    """What still names a removed function; None: it was not removed, or that was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What telling needs from outside."""

    desk: ApprovalDesk
    ledger: Ledger
    mailer: Mailer
    people: People
    clock: Clock
    compose: Callable[[str, Ending, datetime], Email]
    """(address, how it ended, now) → the email."""
    tickets: Queue | None = None
    """Takes a message for everything that names a removed function; None: nothing is sent."""


def tell_watch(watch: Watch, bench: Bench) -> int:
    """Write to the approvers of every watch that came to a result; return how many emails."""
    sent = 0
    for seen in watch.watched:
        if seen.verification.health is not Health.WATCHING:
            change = seen.remediation
            record = bench.desk.round(change.change_id, change.round)
            ended = ENDS.get(seen.verification.health, record.status)
            record = replace(record, status=ended)
            verification = seen.verification
            ending = Ending(round=record, verification=verification, health=verification.health)
            sent += _tell(ending, verification.health.value, bench)
    return sent


def tell_ended(change_id: str, number: int, bench: Bench) -> int:
    """Write to the approvers of a change whose execution ended; return how many emails.

    Of one that was removed, tickets are asked for then: until that is done its chain stays open.
    """
    record = bench.desk.round(change_id, number)
    if record.status not in TOLD:
        return 0
    verification = _last_verification(record, bench.ledger)
    ending = Ending(round=record, verification=verification, left=_left(record, bench.ledger))
    sent = _tell(ending, record.status.value, bench)
    if record.status is RoundStatus.REMOVED and bench.tickets is not None:
        ask_for_tickets(
            record.remediation, queue=bench.tickets, ledger=bench.ledger, clock=bench.clock
        )
    if record.status in TO_BE_TOLD:
        _close_chain(record.remediation, bench)
    return sent


def tell_reverted(record: Round, ending: str, bench: Bench) -> int:
    """Write to the approvers that a change that was closed was taken back by somebody else."""
    return _tell(Ending(round=record), ending, bench)


def _left(record: Round, ledger: Ledger) -> References | None:
    if record.status is not RoundStatus.REMOVED:
        return None
    return references_of(read_round(ledger, record.remediation.change_id, record.remediation.round))


def has_told(remediation: Remediation, ending: str, ledger: Ledger) -> bool:
    """Tell whether every approver was told of this ending, or cannot be told any more."""
    entries = ledger.entries(change_chain(remediation.change_id))
    told = _told(entries, number=remediation.round, ending=ending)
    return told >= set(remediation.approval.approvers)


def _close_chain(remediation: Remediation, bench: Bench) -> None:
    """Enter that everybody was told; nothing more comes in this chain, but for a later round."""
    entries = bench.ledger.entries(change_chain(remediation.change_id))
    is_last = max(int(e.data.get("round", 0)) for e in entries) == remediation.round
    record_change(
        bench.ledger,
        remediation,
        EVERYBODY_TOLD,
        {},
        actor=ACTOR,
        at=bench.clock.now(),
        is_open=False if is_last else None,
    )


def _last_verification(record: Round, ledger: Ledger) -> Verification | None:
    """Return the figures that sent the change back, where a watch did."""
    remediation = record.remediation
    for entry in reversed(ledger.entries(change_chain(remediation.change_id))):
        if entry.event == "watch_regressed" and entry.data["round"] == remediation.round:
            return from_wire(Verification, entry.data["verification"])
    return None


def _tell(told_of: Ending, ending: str, bench: Bench) -> int:
    """Send first, record then: a crash between the two repeats an email and loses none.

    Who was erased meanwhile, and whose address is refused, is not told, and that is on record. A
    role that may not send is no fault of the address: it is mended, and then everybody is told.
    """
    remediation = told_of.round.remediation
    chain = change_chain(remediation.change_id)
    told = _told(bench.ledger.entries(chain), number=remediation.round, ending=ending)
    waiting = [person for person in remediation.approval.approvers if person not in told]
    addresses = bench.people.addresses(waiting)
    sent = 0
    for approver in waiting:
        data = {"round": remediation.round, "approver": approver, "ending": ending}
        event, now, address = "told", bench.clock.now(), addresses.get(approver)
        if address is None:
            event, data = "not_told", data | {"reason": ERASED}
        else:
            try:
                bench.mailer.send(bench.compose(address, told_of, now))
                sent += 1
            except AccessDeniedError:
                raise
            except PermanentError as error:
                event, data = "not_told", data | {"reason": f"the email was refused: {error}"}
        bench.ledger.append(
            chain,
            event=event,
            actor=ACTOR,
            data=data,
            at=now,
            function=str(remediation.function),
            once=f"r{remediation.round}-{event}-{ending}-{approver}",
        )
    return sent


def _told(entries: Sequence[Entry], *, number: int, ending: str) -> frozenset[str]:
    """Return who was told of this ending of this round, or cannot be told any more."""
    said = {"round": number, "ending": ending}
    return frozenset(
        str(entry.data["approver"])
        for entry in entries
        if entry.event in ("told", "not_told") and said.items() <= entry.data.items()
    )
