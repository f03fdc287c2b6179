"""Who hears that a function is on its way out? Its approvers: when the notice begins, and a last
time when the quarantine does. Each email carries a link by which they keep it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import AccessDeniedError, PermanentError
from trimtab.domain.notice import Email
from trimtab.domain.person import ERASED, with_ids
from trimtab.domain.remediation import Remediation
from trimtab.flows import notify
from trimtab.flows.tell import ACTOR
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.record import record_change
from trimtab.pipeline.removal_record import LAST_CALL, NOTICE, deletes_at, why_stopped
from trimtab.ports import Mailer, People

ENDINGS = {RoundStatus.NOTICE: NOTICE, RoundStatus.QUARANTINE: LAST_CALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What telling of a stage needs from outside."""

    links: notify.Linking
    mailer: Mailer
    people: People
    compose: Callable[[str, Remediation, str, datetime | None, datetime], Email]
    """(address, change, link, when it is deleted or None while on notice, now) → the email."""


def tell_stage(change_id: str, number: int, bench: Bench) -> int:
    """Write to whoever was not told of this stage yet; return how many emails.

    Send first, record then: a crash between the two repeats an email and loses none. Who cannot be
    told is on record, and the others count.
    """
    known = read_round(bench.links.ledger, change_id, number)
    ending = ENDINGS.get(known.status)
    if ending is None or why_stopped(known) is not None:
        return 0
    waiting = _waiting(known, ending)
    addresses = bench.people.addresses(waiting)
    sent = 0
    for approver in waiting:
        data = {"approver": approver, "ending": ending}
        event, now, address = "told", bench.links.clock.now(), addresses.get(approver)
        if address is None:
            event, data = "not_told", data | {"reason": ERASED}
        else:
            link = notify.issue_link(known.remediation, approver, bench.links)
            email = bench.compose(address, known.remediation, link, deletes_at(known), now)
            try:
                bench.mailer.send(email)
                sent += 1
            except AccessDeniedError:
                raise
            except PermanentError as error:
                reason = with_ids(f"the email was refused: {error}", {address: approver})
                event, data = "not_told", data | {"reason": reason}
        key = f"{ending}-{approver}"
        record_change(
            bench.links.ledger, known.remediation, event, data, actor=ACTOR, at=now, key=key
        )
    return sent


def _waiting(known: OnRecord, ending: str) -> list[str]:
    told = {
        e.data["approver"]
        for e in known.entries
        if e.event in ("told", "not_told") and e.data["ending"] == ending
    }
    return [person for person in known.remediation.approval.approvers if person not in told]
