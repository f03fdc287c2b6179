"""Does a form, and nothing less, keep a function that is on its way out? (S2, S15, S20)"""

from datetime import timedelta
from typing import Any

import pytest

from tests.flows.test_approval_page import NONCE, TOKEN, a_page, answer, form, post
from tests.pipeline.house import House
from tests.pipeline.removal_house import (
    NAME,
    a_house,
    approved,
    call,
    in_quarantine,
    on_notice,
    to_the_end,
    watch,
)
from tests.pipeline.test_versions_cut_off import cut_off
from tests.pipeline.version_house import (
    GOING,
    a_versioned_house,
    after_notice,
    deletions,
    kept,
    step,
)
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import DELETION_INTENDED
from trimtab.pipeline.record import record_change

KEEP = form(decision="keep")


def with_link(house: House, stage: Any) -> Remediation:
    change: Remediation = stage(house)
    house.link(change, token=TOKEN)
    return change


@pytest.mark.parametrize("stage", [on_notice, in_quarantine])
def test_s02_looking_keeps_nothing_and_the_form_keeps_it(stage: Any) -> None:
    house = a_house()
    change = with_link(house, stage)
    for _ in range(3):
        shown = answer(house, "GET", cookies=None)
        assert shown["statusCode"] == 200
        assert "Keep this function" in shown["body"]
        assert NONCE in shown["body"]
        assert shown["cookies"][0].endswith("HttpOnly; Secure; SameSite=Strict")
    assert "removal_stopped" not in house.events(change)
    kept = post(house, KEEP)
    assert kept["statusCode"] == 200
    assert "You keep it" in kept["body"]
    (released,) = watch(house)
    assert released.reason == "whoever was asked about it keeps it"
    house.undo(change)
    assert house.functions._functions[NAME].reserved is None
    assert house.events(change).count("removal_stopped") == 1


def test_keeping_twice_keeps_once_and_says_the_same() -> None:
    house = a_house()
    change = with_link(house, on_notice)
    assert post(house, KEEP)["statusCode"] == 200
    assert "You keep it" in post(house, KEEP)["body"]
    assert house.events(change).count("removal_stopped") == 1


@pytest.mark.parametrize("cookies", [None, [], ["trimtab-other=x"]])
def test_s02_a_form_of_another_site_keeps_nothing(cookies: Any) -> None:
    house = a_house()
    change = with_link(house, on_notice)
    assert post(house, KEEP, cookies=cookies)["statusCode"] == 400
    assert "removal_stopped" not in house.events(change)


def test_a_form_that_comes_too_late_says_why() -> None:
    house = a_house()
    change = with_link(house, in_quarantine)
    house.clock.advance(timedelta(minutes=5))
    call(house)
    watch(house)
    late = post(house, KEEP)
    assert late["statusCode"] == 400
    assert "somebody uses it" in late["body"]
    house.undo(change)
    assert answer(house, "GET")["statusCode"] == 409


def test_a_function_that_is_gone_is_not_kept() -> None:
    house = a_house()
    change = with_link(house, approved)
    to_the_end(house, change)
    late = post(house, KEEP)
    assert late["statusCode"] == 400
    assert "not on its way out any more" in late["body"]


def test_who_keeps_versions_in_the_middle_of_their_deletion_keeps_the_rest() -> None:
    house = a_versioned_house()
    change = with_link(house, after_notice)
    cut_off(house, change, "3")
    assert "Keep" in answer(house, "GET", cookies=None)["body"]
    assert post(house, KEEP)["statusCode"] == 200
    step(house, change)
    assert house.status(change) == "removed"
    assert deletions(house) == ["1", "2", "3"]
    assert set(kept(house, change).values()) == {"whoever was asked about it keeps it"}
    assert post(house, KEEP)["statusCode"] == 400


def test_versions_on_notice_again_after_a_deletion_that_never_began_can_be_kept() -> None:
    house = a_versioned_house()
    change = with_link(house, after_notice)
    record_change(
        house.ledger,
        change,
        DELETION_INTENDED,
        {"backup_id": "b" * 26, "versions": list(GOING)},
        actor="trimtab-apply",
        at=house.clock.now(),
    )
    house.clock.advance(timedelta(minutes=31))
    assert post(house, KEEP)["statusCode"] == 200
    step(house, change)
    assert deletions(house) == []


def test_a_change_that_removes_nothing_has_nothing_to_keep() -> None:
    house = House()
    change = house.approved()
    house.link(change, token=TOKEN)
    assert post(house, KEEP)["statusCode"] == 400
    assert "Keep this function" not in answer(house, "GET")["body"]
    assert a_page(house).door is None
