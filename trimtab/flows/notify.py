"""Who is asked, and with which links? One email per approver and run, one link per change."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import PermanentError, RetryableError
from trimtab.domain.ledger import change_chain, run_chain
from trimtab.domain.notice import Email
from trimtab.domain.person import ERASED, with_ids
from trimtab.domain.remediation import Remediation
from trimtab.flows.decide import token_hash
from trimtab.pipeline.on_record import LINK_ISSUED
from trimtab.pipeline.record import record_change
from trimtab.ports import ApprovalDesk, Clock, Ledger, Mailer, People

ACTOR = "trimtab-notify"
Asked = Sequence[tuple[Remediation, str]]
"""Changes with the personal link of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """What making a personal link needs from outside."""

    desk: ApprovalDesk
    ledger: Ledger
    clock: Clock
    new_token: Callable[[], str]
    """Gives 256 random bits as URL-safe text."""
    api_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench(Linking):
    """What asking needs from outside."""

    mailer: Mailer
    people: People
    compose: Callable[[str, str, Asked, datetime], Email]
    """(address, run id, changes with links, now) → the email."""


def notify(run_id: str, remediations: Sequence[Remediation], bench: Bench) -> int:
    """Ask every approver about every change that still waits; return how many emails went out.

    Safe to repeat: an approver whose email is in the ledger is not written to again. An address
    that is refused, or was erased, goes on record by its id and silences nobody else.
    Raises: RetryableError when some emails may go out later; the others were tried first.
    """
    chain = run_chain(run_id)
    told = {e.data["approver"] for e in bench.ledger.entries(chain) if e.event == "asked"}
    by_approver: dict[str, list[Remediation]] = defaultdict(list)
    for remediation in remediations:
        record = bench.desk.round(remediation.change_id, remediation.round)
        if record.status is RoundStatus.PROPOSED:
            for approver in remediation.approval.approvers:
                by_approver[approver].append(remediation)
    waiting = {a: items for a, items in by_approver.items() if a not in told}
    addresses = bench.people.addresses(waiting)
    sent, later = 0, None
    for approver, items in sorted(waiting.items(), key=lambda one: addresses.get(one[0], "")):
        address = addresses.get(approver)
        if address is None:
            _record_refusal(run_id, approver, items, ERASED, bench)
            continue
        asked = [(item, issue_link(item, approver, bench)) for item in items]
        try:
            bench.mailer.send(bench.compose(address, run_id, asked, bench.clock.now()))
        except RetryableError as error:
            later = error
        except PermanentError as error:
            reason = with_ids(str(error), {address: approver})
            _record_refusal(run_id, approver, items, reason, bench)
        else:
            _record(run_id, approver, items, bench)
            sent += 1
    if later is not None:
        raise later
    return sent


def issue_link(remediation: Remediation, approver: str, bench: Linking) -> str:
    """Make a personal link. It is on record before it can be used, and before it is mailed."""
    token = bench.new_token()
    hashed = token_hash(token)
    record_change(
        bench.ledger,
        remediation,
        LINK_ISSUED,
        {"approver": approver, "token_hash": hashed},
        actor=ACTOR,
        at=bench.clock.now(),
        key=hashed,
    )
    bench.desk.issue_link(remediation, approver=approver, token_hash=hashed)
    return f"{bench.api_url.rstrip('/')}/a/{token}"


def _record(run_id: str, approver: str, items: Sequence[Remediation], bench: Bench) -> None:
    now = bench.clock.now()
    for item in items:
        bench.ledger.append(
            change_chain(item.change_id),
            event="asked",
            actor=ACTOR,
            data={"round": item.round, "approver": approver},
            at=now,
            function=str(item.function),
            once=f"r{item.round}-asked-{approver}",
        )
    bench.ledger.append(
        run_chain(run_id),
        event="asked",
        actor=ACTOR,
        data={"approver": approver, "changes": [i.execution_name for i in items]},
        at=now,
        once=f"asked-{approver}",
    )


def _record_refusal(
    run_id: str, approver: str, items: Sequence[Remediation], reason: str, bench: Bench
) -> None:
    bench.ledger.append(
        run_chain(run_id),
        event="not_asked",
        actor=ACTOR,
        data={
            "approver": approver,
            "changes": [i.execution_name for i in items],
            "reason": reason,
        },
        at=bench.clock.now(),
        once=f"not-asked-{approver}",
    )
