"""Does the page say that a yes comes to nothing now, and that the same was asked before?"""

from dataclasses import replace

from tests.fakes.builders import APPROVER_ID
from tests.flows.test_approval_page import answer, form, linked, post, shown
from tests.pipeline.house import House
from trimtab.domain.freeze import FREEZE_CHAIN
from trimtab.pipeline.freeze import freeze, thaw
from trimtab.pipeline.record import propose


def test_s20_a_freeze_is_said_above_the_answers_and_after_a_yes() -> None:
    house = House()
    linked(house)
    assert "Trimtab is stopped" not in shown(house)
    at = house.clock.now()
    freeze(house.ledger, by=APPROVER_ID, why="on purpose", is_hard=False, at=at)
    body = shown(house)
    assert body.index("Trimtab is stopped at the moment, since ") < body.index("Approve this")
    assert "It starts within minutes" not in body
    assert APPROVER_ID not in body
    decided = post(house)["body"]
    assert "Trimtab is stopped at the moment, since " in decided
    assert "It starts within minutes" not in decided
    thaw(house.ledger, by=APPROVER_ID, why="over", at=at)
    assert "Trimtab is stopped at the moment" not in shown(house)


def test_s20_a_freeze_that_cannot_be_read_is_not_shown_as_open() -> None:
    house = House()
    linked(house)
    at = house.clock.now()
    freeze(house.ledger, by=APPROVER_ID, why="on purpose", is_hard=False, at=at)
    (entry,) = house.ledger.entries(FREEZE_CHAIN)
    house.ledger.replace(FREEZE_CHAIN, (replace(entry, event="thawed"),))
    assert "Whether Trimtab is stopped cannot be read" in shown(house)
    assert "It starts within minutes" not in shown(house)


def test_a_second_round_says_on_its_page_that_it_was_asked_before_and_how_that_ended() -> None:
    house = House()
    first = linked(house)
    post(house, form(decision="reject", reason="not in November"))
    second = replace(first, round=2, run_id="run-2")
    opened, _ = propose((second,), house.desk, house.ledger, at=house.clock.now())
    assert opened == (second,)
    house.link(second, token="another-token")
    body = answer(house, "GET", pathParameters={"token": "another-token"})["body"]
    said = "Asked before: this is round 2 of the same change. Last time it was rejected: "
    assert f"{said}not in November." in body
