"""What still names a function that is removed, and who gets a ticket for it?

Read before the deletion and entered then, so that a crash loses nothing; asked for afterwards, one
ticket for each thing. Sent first, recorded then: a crash between the two repeats a message, and the
sink knows it by its id.
"""

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import InputError, OutsideError
from trimtab.domain.ledger import change_chain
from trimtab.domain.references import (
    Reference,
    References,
    reference_id,
    references_in,
    unread,
)
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import REFERENCE_SENT, REFERENCE_TICKETED
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows.triggers import listed
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import record_change
from trimtab.pipeline.removal_record import labels_of, references_of
from trimtab.pipeline.triggers import graph_of
from trimtab.ports import Clock, Fleet, Ledger, Queue, TicketDesk

ACTOR = "trimtab-notify"
SINK = "trimtab-ticket"
ACTION = "reference"

Message = Mapping[str, Any]


def references_to(function: FunctionArn, fleet: Fleet) -> References:
    """Read what names a function, afresh. Raises nothing: it never stands in the way."""
    try:
        source = fleet.open(function.target)
        graph = graph_of(source, listed(function, source))
    except (OutsideError, InputError) as error:
        return unread(f"everything that may point to it: {error}")
    return references_in(graph, function)


def ask_for_tickets(remediation: Remediation, *, queue: Queue, ledger: Ledger, clock: Clock) -> int:
    """Ask for a ticket for everything that named the function; return how many messages.

    Raises: RetryableError to be called again: what was asked for is not asked for again.
    """
    known = read_round(ledger, remediation.change_id, remediation.round)
    left = references_of(known)
    sent = {e.data["ticket_id"] for e in known.entries if e.event == REFERENCE_SENT}
    count = 0
    for reference in () if left is None else left.found:
        ticket_id = reference_id(remediation.function, reference)
        if ticket_id in sent:
            continue
        said = {"ticket_id": ticket_id, "reference": to_wire(reference)}
        message = {
            "action": ACTION,
            "change_id": remediation.change_id,
            "round": remediation.round,
            "function": str(remediation.function),
            "labels": list(labels_of(known)),
        }
        queue.send(message | said)
        now = clock.now()
        record_change(ledger, remediation, REFERENCE_SENT, said, actor=ACTOR, at=now, key=ticket_id)
        count += 1
    return count


def file_reference(
    message: Message, desk: TicketDesk, write: Callable[[FunctionArn, Reference, str], str]
) -> str:
    """Open the ticket of one message; return its address. `write` takes the change's id last.

    Raises: InputError for a message that is none of ours; OutsideError when the sink fails.
    """
    function = FunctionArn.parse(message["function"])
    reference = from_wire(Reference, message["reference"])
    return desk.open(
        finding_id=message["ticket_id"],
        title=f"{reference.what} still points to {function.name}, which is removed",
        body=write(function, reference, message["change_id"]),
        labels=tuple(message["labels"]),
    )


def record_filed(message: Message, address: str, ledger: Ledger, clock: Clock) -> None:
    """Enter which ticket it became, in the chain of the change."""
    number, ticket_id = message["round"], message["ticket_id"]
    ledger.append(
        change_chain(message["change_id"]),
        event=REFERENCE_TICKETED,
        actor=SINK,
        data={
            "round": number,
            "ticket_id": ticket_id,
            "reference": message["reference"],
            "address": address,
        },
        at=clock.now(),
        function=message["function"],
        once=f"r{number}-{REFERENCE_TICKETED}-{ticket_id}",
    )
