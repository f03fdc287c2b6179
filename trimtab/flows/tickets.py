"""Which tickets are opened, updated and closed after a run? One per finding id, closed when
resolved.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trimtab.domain.finding import Finding
from trimtab.domain.plan import Disposition, Plan
from trimtab.domain.run import Part
from trimtab.domain.wire import from_wire, to_wire
from trimtab.ports import TicketDesk

Tickets = tuple[Mapping[str, Any], ...]


def tickets(
    plan: Plan, parts: Sequence[Part], open_before: Mapping[str, str]
) -> tuple[Tickets, Mapping[str, str]]:
    """Return what to tell the ticket desk, and which tickets are open afterwards.

    A ticket is closed only when its target was read without a gap: a finding that was merely not
    seen is not resolved (S8). `open_before` is finding id -> 'account/region'.
    """
    ticketed = {i.finding.id: i for i in plan.of(Disposition.TICKETED)}
    gaps = {f"{g.account}/{g.region}" for g in plan.gaps}
    read = {str(p.target) for p in parts} - gaps
    said = {i.finding.id: f"{i.disposition.value}: {i.reason}" for i in plan.items}
    closed = [f for f, t in open_before.items() if f not in ticketed and t in read]
    opening = [
        {
            "action": "open",
            "run_id": plan.run_id,
            "finding_id": i.finding.id,
            "finding": to_wire(i.finding),
            "reason": i.reason,
        }
        for i in ticketed.values()
    ]
    closing = [
        {
            "action": "close",
            "run_id": plan.run_id,
            "finding_id": f,
            "comment": said.get(f, "resolved"),
        }
        for f in closed
    ]
    still_open = {f: t for f, t in open_before.items() if f not in closed}
    still_open |= {f: str(i.finding.function.target) for f, i in ticketed.items()}
    return (*opening, *closing), still_open


def file_ticket(
    message: Mapping[str, Any], desk: TicketDesk, write: Callable[[Finding, str], str]
) -> str:
    """Do what one message of the queue says; return the address of the ticket, or 'closed'.

    Raises: InputError for a message that is none of ours; OutsideError when the sink fails.
    """
    if message.get("action") == "close":
        desk.close(finding_id=message["finding_id"], comment=message["comment"])
        return "closed"
    finding = from_wire(Finding, message.get("finding"))
    reason = str(message.get("reason", ""))
    return desk.open(
        finding_id=finding.id,
        title=f"{finding.title}: {finding.function.name}",
        body=write(finding, reason),
        labels=(finding.policy_id, finding.severity.value),
    )
