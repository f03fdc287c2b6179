"""What does the last word of a freeze stop, which limit is full, and what moves a round?"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import a_decision, a_remediation
from tests.fakes.clock import NOW
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.freeze import Freeze, Level, rollbacks, standing
from trimtab.domain.ledger import Entry, empty_head, next_entry
from trimtab.domain.plan import Limits
from trimtab.domain.round_events import STATUS_AFTER, TO_BE_TOLD, leaves_open, status_after
from trimtab.domain.slots import DAY, Slots, why_full
from trimtab.domain.terms import Direction
from trimtab.domain.wire import from_wire, to_wire

FORWARD: Mapping[str, str] = {"level": "forward", "why": "a sale"}
A_SECOND = timedelta(seconds=1)


def entries(*events: tuple[str, Mapping[str, Any]]) -> tuple[Entry, ...]:
    return tuple(
        next_entry(
            empty_head("control#freeze"),
            at=NOW + timedelta(hours=n),
            actor="ana",
            event=event,
            data=data,
            function=None,
        )
        for n, (event, data) in enumerate(events)
    )


@pytest.mark.parametrize(
    ("level", "forward", "undo"),
    [
        (Level.OPEN, False, False),
        (Level.FORWARD, True, False),
        (Level.HARD, True, True),
        (Level.UNREADABLE, True, False),
    ],
)
def test_s20_each_level_stops_what_it_says(level: Level, *, forward: bool, undo: bool) -> None:
    found = Freeze(level=level)
    assert (found.stops(Direction.FORWARD), found.stops(Direction.UNDO)) == (forward, undo)


def test_s20_the_last_word_counts() -> None:
    assert standing(()) == Freeze()
    hard = FORWARD | {"level": "hard"}
    told: tuple[str, Mapping[str, Any]] = ("freeze_told", {"to": "a@example.com"})
    thawed: tuple[str, Mapping[str, Any]] = ("thawed", {"why": "over"})
    assert standing(entries(("frozen", FORWARD), ("frozen", hard), told)).level is Level.HARD
    assert standing(entries(("frozen", hard), thawed, told)).level is Level.OPEN
    found = standing(entries(thawed, ("frozen", FORWARD)))
    assert str(found) == "Trimtab is frozen since 2026-11-02 11:00 UTC by ana: a sale"
    assert str(Freeze(level=Level.HARD, by="ana", why="x")) == (
        "Trimtab is frozen, undo included by ana: x"
    )


def test_s20_rollbacks_are_named_in_order_within_the_window() -> None:
    back: list[tuple[str, Mapping[str, Any]]] = [
        ("rolled_back", {"execution": f"c{n}"}) for n in range(4)
    ]
    found = entries(*back)
    within, now = timedelta(hours=2), NOW + timedelta(hours=3)
    assert rollbacks(found, within=within, now=now) == ("c2", "c3")
    assert rollbacks(found, within=within + A_SECOND, now=now) == ("c1", "c2", "c3")
    thawed = entries(*back[:2], ("thawed", {"why": "x"}), *back[2:])
    assert rollbacks(thawed, within=DAY, now=NOW + timedelta(hours=4)) == ("c2", "c3")


def limits(**given: int) -> Limits:
    roomy: dict[str, Any] = {"unverified": 9, "unverified_per_account": 9, "per_day": 9}
    return Limits(per_run=1, share_of_read=1.0, per_account=1, **roomy | given)


def test_s27_every_limit_applies_on_its_own() -> None:
    out = Slots().taken("a-r1", "1", now=NOW).taken("b-r1", "2", now=NOW)
    for given, said in (
        ({"unverified": 2}, "2 changes are not yet verified"),
        ({"unverified_per_account": 1}, "1 changes in account 1"),
        ({"per_day": 2}, "2 changes were written in 24 hours"),
    ):
        assert said in (why_full(out, "c-r1", "1", limits(**given), now=NOW) or "")
    assert why_full(out, "c-r1", "3", limits(unverified_per_account=1), now=NOW) is None
    assert why_full(out, "a-r1", "1", limits(unverified=0), now=NOW) is None, "it has its slot"


def test_s27_what_is_older_than_a_day_is_forgotten() -> None:
    out = Slots().taken("a-r1", "1", now=NOW).without(frozenset({"a-r1"}))
    assert (dict(out.unverified), list(out.written)) == ({}, ["a-r1"])
    one = limits(per_day=1)
    assert why_full(out, "b-r1", "1", one, now=NOW + DAY - A_SECOND) is not None
    assert why_full(out, "a-r1", "1", one, now=NOW + DAY - A_SECOND) is None, "counted once"
    assert why_full(out, "b-r1", "1", one, now=NOW + DAY) is None
    assert list(out.taken("b-r1", "1", now=NOW + DAY).written) == ["b-r1"]
    again = out.taken("a-r1", "1", now=NOW + timedelta(hours=1))
    assert dict(again.written) == {"a-r1": NOW}, "its day began when its writing began"


def test_the_slots_travel_as_plain_data() -> None:
    out = Slots().taken("a-r1", "1", now=NOW)
    assert from_wire(Slots, to_wire(out)) == out


@pytest.mark.parametrize("word", list(DecisionWord))
def test_a_decision_leaves_its_round_where_it_says(word: DecisionWord) -> None:
    data = {"round": 1, "signed": to_wire(a_decision(a_remediation(), word))}
    assert status_after("decided", data) is RoundStatus(word.value)
    assert leaves_open("decided", data) is (word is DecisionWord.APPROVED)


@pytest.mark.parametrize(("event", "status"), STATUS_AFTER.items())
def test_s06_an_entry_leaves_its_chain_open_as_long_as_its_round_is(
    event: str, status: RoundStatus
) -> None:
    assert leaves_open(event, {}) is (status.is_open or status in TO_BE_TOLD)


@pytest.mark.parametrize("event", ["asked", "told", "waiting", "watch_regressed", "allowed"])
def test_any_other_entry_leaves_a_round_where_it_was(event: str) -> None:
    assert (status_after(event, {}), leaves_open(event, {})) == (None, None)
