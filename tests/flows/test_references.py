"""Does everything that still points to a removed function get one ticket, whatever crashes? (S6)"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.people import FakeQueue, FakeTicketDesk
from tests.pipeline.house import House
from tests.pipeline.removal_house import NAME, a_house, approved, to_the_end
from tests.pipeline.test_verify import tell_bench
from tests.pipeline.trigger_place import here
from trimtab.domain.errors import InputError, RetryableError
from trimtab.domain.ledger import change_chain
from trimtab.domain.references import References
from trimtab.domain.remediation import Remediation
from trimtab.flows import tell
from trimtab.flows.reconcile import TOLD_WITHIN
from trimtab.flows.references import (
    ask_for_tickets,
    file_reference,
    record_filed,
    references_to,
)
from trimtab.report.history import sentence
from trimtab.tickets.reference import reference_body

QUEUE = here("sqs", "orders")


def removed(house: House) -> Remediation:
    """Remove a function that a mapping and a rule point to, both of them off."""
    change = approved(house)
    house.functions.feed(change.function, QUEUE, State="Disabled")
    house.cloud[TARGET].events.put_rule("nightly", change.function, state="DISABLED")
    to_the_end(house, change)
    assert NAME not in house.functions._functions
    return change


def tell_all(house: House, change: Remediation, queue: FakeQueue | None) -> list[References | None]:
    """Tell how it ended; return what each email was told of."""
    told: list[References | None] = []
    usual = tell_bench(house)

    def compose(address: str, ending: tell.Ending, now: Any) -> Any:
        told.append(ending.left)
        return usual.compose(address, ending, now)

    tell.tell_ended(change.change_id, change.round, replace(usual, tickets=queue, compose=compose))
    return told


class Failing(FakeQueue):
    """A queue whose next messages fail, before or after they were taken."""

    def __init__(self, *, takes: bool) -> None:
        super().__init__()
        self.fails, self._takes = 1, takes

    def send(self, message: Mapping[str, Any]) -> None:
        if self.sent and self.fails:
            self.fails -= 1
            if self._takes:
                super().send(message)
            raise RetryableError("sqs:SendMessage: no answer")
        super().send(message)


def test_each_thing_that_points_to_it_gets_a_message_and_the_email_tells_of_it() -> None:
    house = a_house()
    change = removed(house)
    queue = FakeQueue()
    (left,) = tell_all(house, change, queue)
    assert left is not None
    assert {one.what for one in left.found} == {
        f"event source mapping {QUEUE}",
        "EventBridge rule nightly",
    }
    assert [m["action"] for m in queue.sent] == ["reference", "reference"]
    assert {tuple(m["labels"]) for m in queue.sent} == {("unused", "low")}
    assert house.events(change)[-3:] == ["reference_sent", "reference_sent", "everybody_told"]
    assert list(house.ledger.open_chains()) == []
    tell_all(house, change, queue)
    assert len(queue.sent) == 2


@pytest.mark.parametrize("takes", [False, True], ids=["lost", "taken"])
def test_s06_a_crash_between_two_tickets_leaves_it_open_and_makes_no_second_ticket(
    takes: bool,
) -> None:
    house = a_house()
    change = removed(house)
    queue, desk = Failing(takes=takes), FakeTicketDesk()
    with pytest.raises(RetryableError):
        tell_all(house, change, queue)
    assert list(house.ledger.open_chains()) == [change_chain(change.change_id)]
    house.clock.advance(TOLD_WITHIN)
    assert house.reconcile().restarted == 1
    assert tell_all(house, change, queue) == [], "nobody gets a second email"
    for message in queue.sent:
        file_reference(message, desk, reference_body)
    assert len(queue.sent) == (3 if takes else 2)
    assert len(desk.tickets) == 2
    assert list(house.ledger.open_chains()) == []


def test_s06_tickets_of_a_deletion_that_nobody_told_of_still_come() -> None:
    house = a_house()
    change = removed(house)
    house.clock.advance(TOLD_WITHIN)
    assert house.reconcile().restarted == 1
    queue = FakeQueue()
    tell_all(house, change, queue)
    assert len(queue.sent) == 2


def test_without_a_sink_the_record_and_the_email_tell_of_them() -> None:
    house = a_house()
    change = removed(house)
    (left,) = tell_all(house, change, None)
    assert left is not None
    assert len(left.found) == 2
    events = house.events(change)
    assert "references_read" in events
    assert "reference_sent" not in events
    assert events[-1] == "everybody_told"


def test_a_ticket_is_filed_and_entered_in_the_chain_of_the_change() -> None:
    house = a_house()
    change = removed(house)
    queue, desk = FakeQueue(), FakeTicketDesk()
    tell_all(house, change, queue)
    for message in (*queue.sent, *queue.sent):
        address = file_reference(message, desk, reference_body)
        record_filed(message, address, house.ledger, house.clock)
    entries = house.ledger.entries(change_chain(change.change_id))
    filed = [e for e in entries if e.event == "reference_ticketed"]
    assert len(filed) == 2, "a message that comes twice is entered once"
    assert "ticket of EventBridge rule nightly: https://tickets.test/" in sentence(filed[0], change)
    titles = sorted(ticket.title for ticket in desk.tickets.values())
    assert titles[0] == f"EventBridge rule nightly still points to {NAME}, which is removed"
    assert list(house.ledger.open_chains()) == [], "a late ticket opens nothing"
    assert house.status(change) == "removed"


def test_a_message_that_is_none_of_ours_is_refused() -> None:
    message = {"function": "orders", "reference": {}, "ticket_id": "t", "change_id": "c"}
    with pytest.raises(InputError):
        file_reference(message, FakeTicketDesk(), reference_body)


def test_s08_what_cannot_be_read_at_all_stands_in_the_way_of_nothing_and_is_said() -> None:
    house = a_house()
    change = approved(house)
    house.cloud.deny(TARGET)
    (said,) = references_to(change.function, house.fleet).unread
    assert said.startswith("everything that may point to it: ")
    gone = replace(change.function, name="not-there")
    (said,) = references_to(gone, a_house().fleet).unread
    assert "is not there" in said


def test_a_round_without_a_deletion_asks_for_no_ticket() -> None:
    house = a_house()
    change = approved(house)
    queue = FakeQueue()
    asked = ask_for_tickets(change, queue=queue, ledger=house.ledger, clock=house.clock)
    assert (asked, queue.sent) == (0, [])
