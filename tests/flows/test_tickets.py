"""Is a ticket opened, updated and closed only for what was really seen? (S8)"""

from typing import Any

import pytest

from tests.fakes.builders import (
    TARGET,
    a_finding,
)
from tests.fakes.people import FakeTicketDesk
from tests.pipeline.findings import a_part
from tests.pipeline.house import House, a_bundle, with_fleet, with_policy
from trimtab.domain.errors import InputError
from trimtab.domain.finding import Guidance
from trimtab.domain.ledger import run_chain
from trimtab.domain.plan import Plan
from trimtab.domain.terms import Mode
from trimtab.domain.wire import to_wire
from trimtab.flows.conclude import conclude
from trimtab.flows.tickets import file_ticket, tickets
from trimtab.pipeline.record import record_ticket
from trimtab.policy.model import TicketTerms


def test_s08_a_target_without_a_complete_result_is_a_gap_and_keeps_its_tickets() -> None:
    house = House()
    house.plant("owned", tags={"terraform": "true"})
    house.run()
    house.queue.sent.clear()
    house.discover("run-2")
    counts, _ = conclude("run-2", house.conclude_bench())
    assert (counts.gaps, counts.functions) == (1, 0)
    assert house.plan("run-2").gaps[0].what == "target"
    assert house.queue.sent == []


def test_tickets_are_opened_updated_and_closed_by_finding() -> None:
    house = House()
    house.plant("owned", tags={"terraform": "true"})
    house.run()
    (first,) = house.queue.sent
    assert first["action"] == "open"
    assert first["reason"] == "owned by terraform (tag terraform): change the memory there"
    house.run("run-2")
    assert [m["action"] for m in house.queue.sent] == ["open", "open"]
    house.functions.change("owned", MemorySize=128)
    house.run("run-3")
    assert house.queue.sent[-1] == {
        "action": "close",
        "run_id": "run-3",
        "finding_id": first["finding_id"],
        "comment": "resolved",
    }
    house.run("run-4")
    assert len(house.queue.sent) == 3


def test_s08_a_ticket_is_not_closed_while_its_target_cannot_be_read() -> None:
    house = House()
    house.plant("owned", tags={"terraform": "true"})
    house.run()
    house.functions.remove("owned")
    house.cloud.deny(TARGET)
    house.run("run-2")
    house.cloud.allow(TARGET)
    house.cloud[TARGET].tagging.fail_next("GetResources", "AccessDeniedException")
    house.plant("another")
    house.run("run-3")
    assert [m["action"] for m in house.queue.sent] == ["open"]
    house.run("run-4")
    assert house.queue.sent[-1]["comment"].startswith("gone: the function")


def test_s08_a_ticket_is_not_closed_because_its_evidence_became_unknown() -> None:
    house = House()
    house.plant("owned", tags={"terraform": "true"})
    house.run()
    house.cloud[TARGET].metrics.spoil("Invocations", "PartialData", FunctionName="owned")
    counts, _ = house.run("run-2")
    assert (counts.gaps, counts.insufficient_data) == (0, 1)
    assert [m["action"] for m in house.queue.sent] == ["open"]


def test_a_ticket_is_closed_by_a_compliant_answer_even_beside_a_gap() -> None:
    house = House()
    house.plant("owned", tags={"terraform": "true"})
    house.plant("broken")
    house.run()
    house.functions.change("owned", MemorySize=128)
    house.functions.fail_always("GetFunction", "AccessDeniedException")
    counts, _ = house.run("run-2")
    assert counts.gaps == 1
    assert house.queue.sent[-1]["comment"] == "resolved"


@pytest.mark.parametrize("is_last", [True, False])
def test_s08_a_function_is_gone_only_when_its_target_was_read_to_the_end(is_last: bool) -> None:
    part = a_part(functions=0, is_last=is_last)
    plan = Plan(run_id="run-2", items=(), gaps=())
    messages, still_open = tickets(plan, (part,), {"f": str(TARGET)}, ())
    assert (len(messages), len(still_open)) == ((1, 0) if is_last else (0, 1))


def test_a_finding_that_is_held_back_in_a_target_with_a_gap_keeps_its_ticket() -> None:
    house = House(with_fleet(a_bundle(), default_mode=Mode.TICKET))
    house.plant()
    house.run()
    house.bundle = a_bundle()
    house.functions.fail_next("ListAliases", "AccessDeniedException")
    house.plant("another")
    house.run("run-2")
    assert "close" not in [m["action"] for m in house.queue.sent]


def test_a_ticket_has_the_labels_its_policy_asks_for() -> None:
    house = House(a_bundle(ticket=TicketTerms(sink="github", labels=("team:a",))))
    house.plant("owned", tags={"terraform": "true"})
    house.run()
    desk = FakeTicketDesk()
    file_ticket(house.queue.sent[0], desk, lambda f, reason, guidance: reason)
    (ticket,) = desk.tickets.values()
    assert ticket.labels == ("memory-oversized", "medium", "team:a")


def test_a_ticket_has_the_guidance_of_its_policy() -> None:
    guidance = Guidance(remedy="Move it on.", links=("https://a.test/1",))
    house = House(a_bundle(guidance=guidance))
    house.plant("owned", tags={"terraform": "true"})
    house.run()
    desk = FakeTicketDesk()
    file_ticket(house.queue.sent[0], desk, lambda f, reason, said: f"{said.remedy} {said.links}")
    (ticket,) = desk.tickets.values()
    assert ticket.body == "Move it on. ('https://a.test/1',)"


def test_a_ticket_that_became_a_change_is_closed_with_what_it_is_now() -> None:
    house = House(with_fleet(a_bundle(), default_mode=Mode.TICKET))
    house.plant()
    house.run()
    house.bundle = a_bundle()
    house.run("run-2")
    assert house.queue.sent[-1]["comment"] == "planned: within all limits"


def test_a_message_of_the_queue_is_filed_with_the_ticket_desk() -> None:
    desk = FakeTicketDesk()
    finding = a_finding()
    message = {"action": "open", "finding": to_wire(finding), "reason": "owned by terraform"}
    address = file_ticket(message, desk, lambda f, reason, guidance: f"{f.function.name}: {reason}")
    assert address == f"https://tickets.test/{finding.id}"
    ticket = desk.tickets[finding.id]
    assert ticket.title == "More memory than it uses: orders"
    assert ticket.body == "orders: owned by terraform"
    assert ticket.labels == ("memory-oversized", "medium")
    close = {"action": "close", "finding_id": finding.id, "comment": "resolved"}
    assert file_ticket(close, desk, lambda f, r, g: "") == "closed"
    assert (ticket.is_open, ticket.comments) == (False, ("resolved",))


@pytest.mark.parametrize("message", [{}, {"action": "open"}, {"finding": {"id": "x"}}])
def test_s30_a_message_that_is_none_of_ours_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        file_ticket(message, FakeTicketDesk(), lambda f, r, g: "")


def test_a_policy_without_a_change_gives_a_ticket_without_advice() -> None:
    house = House(
        with_policy(
            "id: old\ntitle: Old\nwhy: w\nseverity: low\nmode: ticket\nlookback: 14d\n"
            'when:\n  usage.invocations: "< 5"\nticket: {sink: github}\n',
            name="old",
        )
    )
    house.functions.add("quiet")
    counts, _ = house.run()
    assert counts.ticketed == 1
    (item,) = house.plan().items
    assert (item.finding.advice, item.finding.approvers) == (None, ())
    assert "14" not in item.reason


def test_what_became_of_a_ticket_is_on_the_record_of_its_run_once() -> None:
    house = House()
    for _ in range(2):
        record_ticket("run-1", "finding", "https://t/1", house.ledger, at=house.clock.now())
    (entry,) = house.ledger.entries(run_chain("run-1"))
    assert entry.data == {"finding_id": "finding", "address": "https://t/1"}
