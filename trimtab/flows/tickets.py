"""Which tickets are opened, updated and closed after a run? One per finding id, closed when
resolved.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trimtab.domain.finding import Finding, Guidance, finding_id
from trimtab.domain.plan import Disposition, Plan
from trimtab.domain.run import Part
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows.life import GONE, ending, unread
from trimtab.policy.model import Policy
from trimtab.ports import TicketDesk

Tickets = tuple[Mapping[str, Any], ...]


def tickets(
    plan: Plan,
    parts: Sequence[Part],
    open_before: Mapping[str, str],
    policies: Sequence[Policy],
) -> tuple[Tickets, Mapping[str, str]]:
    """Return what to tell the ticket desk, and which tickets are open afterwards.

    A finding that was merely not seen, or whose evidence became unknown, is not resolved: its
    ticket stays (S8). `open_before` is finding id -> 'account/region'. A policy's labels
    and guidance go with its tickets.
    """
    ticketed = {i.finding.id: i for i in plan.of(Disposition.TICKETED)}
    closed = {f: why for f, why in _ended(plan, parts, open_before).items() if f not in ticketed}
    labels = {p.id: p.ticket.labels for p in policies if p.ticket is not None}
    guidance = {p.id: p.guidance for p in policies}
    opening = [
        {
            "action": "open",
            "run_id": plan.run_id,
            "finding_id": i.finding.id,
            "finding": to_wire(i.finding),
            "reason": i.reason,
            "guidance": to_wire(guidance.get(i.finding.policy_id, Guidance())),
            "labels": list(labels.get(i.finding.policy_id, ())),
        }
        for i in ticketed.values()
    ]
    closing = [
        {"action": "close", "run_id": plan.run_id, "finding_id": f, "comment": why}
        for f, why in closed.items()
    ]
    still_open = {f: t for f, t in open_before.items() if f not in closed}
    still_open |= {f: str(i.finding.function.target) for f, i in ticketed.items()}
    return (*opening, *closing), still_open


def _ended(plan: Plan, parts: Sequence[Part], open_before: Mapping[str, str]) -> dict[str, str]:
    """Return the findings whose ticket has no more reason to be open, with that reason."""
    known = {str(p.target) for p in parts}
    read = known - {str(target) for target in unread(parts, plan.gaps)}
    said = {i.finding.id: f"{i.disposition.value}: {i.reason}" for i in plan.items}
    asked = frozenset(open_before.values())
    answers = {
        finding_id(v.policy_id, v.function): v.assessment
        for p in parts
        if str(p.target) in asked
        for v in p.verdicts
    }
    ended: dict[str, str] = {}
    for finding, target in open_before.items():
        why = ending(answers.get(finding), is_read=target in read)
        if why is not None:
            ended[finding] = why if why == GONE else "resolved"
        elif finding in said and target in read:
            ended[finding] = said[finding]
    return ended


def file_ticket(
    message: Mapping[str, Any],
    desk: TicketDesk,
    write: Callable[[Finding, str, Guidance], str],
) -> str:
    """Do what one message of the queue says; return the address of the ticket, or 'closed'.

    Raises: InputError for a message that is none of ours; OutsideError when the sink fails.
    """
    if message.get("action") == "close":
        desk.close(finding_id=message["finding_id"], comment=message["comment"])
        return "closed"
    finding = from_wire(Finding, message.get("finding"))
    reason = str(message.get("reason", ""))
    guidance = from_wire(Guidance, message["guidance"]) if "guidance" in message else Guidance()
    return desk.open(
        finding_id=finding.id,
        title=f"{finding.title}: {finding.function.name}",
        body=write(finding, reason, guidance),
        labels=(finding.policy_id, finding.severity.value, *message.get("labels", ())),
    )
