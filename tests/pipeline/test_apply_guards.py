"""Is nothing written that was not approved, or is no longer as approved? (S1, S5, S22)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import a_remediation
from tests.pipeline.house import House, a_bundle
from tests.pipeline.writes import (
    PUBLISH,
    UPDATE,
    an_aliased,
    carry_through,
)
from trimtab.domain.errors import (
    NotFoundError,
    TamperedError,
)
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.terms import Direction, Mode

FOREIGN: dict[str, tuple[dict[str, Any], str]] = {
    "memory": ({"MemorySize": 1024}, "memory was 3008 MB when approved and is 1024 MB now"),
    "code": ({"CodeSha256": "bmV3"}, "code was b2xkY29kZQ== when approved and is bmV3 now"),
    "timeout": ({"Timeout": 60}, "settings changed since it was approved: timeout_s"),
    "handler": ({"Handler": "x.y"}, "settings changed since it was approved: Handler"),
    "kind": ({"DurableConfig": {"x": 1}}, "a kind Trimtab does not know"),
    "state": ({"State": "Inactive"}, "it is Inactive"),
    "untraceable": ({}, "last modified"),
    "variable": ({"Environment": {"Variables": {"A": "1"}}}, "last modified"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_s05_a_function_that_changed_since_the_approval_is_stale_with_both_values(
    what: str,
) -> None:
    house = House()
    change = house.approved()
    house.clock.advance(timedelta(minutes=1))
    raw, says = FOREIGN[what]
    house.functions.change("orders", **raw)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert says in outcome.reason
    assert house.writes() == 0
    assert (house.status(change), house.events(change)[-1]) == ("stale", "stale")
    assert house.carry(change).word is OutcomeWord.STALE


def test_s05_tags_that_cannot_be_read_mean_no_write() -> None:
    house = House()
    change = house.approved()
    house.functions.lose_tags("orders")
    assert "nobody can say who owns it" in house.carry(change).reason
    assert house.writes() == 0


def test_s05_an_exemption_tag_set_since_the_approval_means_no_write() -> None:
    house = House()
    change = house.approved()
    tags = {"trimtab:exempt": "memory-oversized:2026-11-30"}
    house.functions.tag_resource(str(change.function), tags)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert "exempt by now" in outcome.reason
    assert house.writes() == 0


def test_s05_a_policy_lowered_since_the_approval_means_no_write() -> None:
    house = House()
    change = house.approved()
    house.bundle = a_bundle(mode=Mode.OBSERVE)
    assert house.carry(change).word is OutcomeWord.STALE
    assert house.writes() == 0
    assert house.events(change)[-1] == "forward_refused"


def test_s25_a_stale_round_stays_closed_when_the_reason_is_gone() -> None:
    house = House()
    change = house.approved()
    usual, house.bundle = house.bundle, a_bundle(mode=Mode.OBSERVE)
    house.carry(change)
    house.bundle = usual
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert house.writes() == 0


def test_s04_a_change_that_nobody_decided_is_not_written() -> None:
    house = House()
    change = house.proposed()
    outcome = house.carry(change)
    assert (outcome.word, outcome.reason) == (
        OutcomeWord.NOT_WRITTEN,
        "no decision is in the ledger",
    )
    assert house.writes() == 0


def test_s01_a_decision_that_stands_only_in_the_state_table_counts_for_nothing() -> None:
    house = House()
    change = house.proposed()
    key = (change.change_id, change.round)
    house.desk._rounds[key] = replace(
        house.desk._rounds[key], status=type(house.round(change).status)("approved")
    )
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.writes() == 0


def test_s13_a_foreign_change_in_the_middle_stops_and_calls_a_person() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.before_next(
        PUBLISH, lambda: house.functions.change("orders", CodeSha256="bmV3")
    )
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.UNKNOWN
    assert outcome.reason == "its code was changed by someone else"
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "undo_stopped"


def test_s22_an_environment_value_changed_in_the_middle_is_never_published_to_an_alias() -> None:
    house = House()
    change = an_aliased(house, Environment={"Variables": {"URL": "old"}})

    def deploy() -> None:
        house.functions.change("orders", Environment={"Variables": {"URL": "new"}})

    house.functions.before_next("GetFunction", lambda: None)
    _before_step(house, 2, deploy)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.UNKNOWN
    assert outcome.reason == "its environment variables were changed by someone else"
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.functions.calls[PUBLISH] == 0


def _before_step(house: House, number: int, action: Callable[[], None]) -> None:
    """Let somebody act between two steps: just before the read that precedes that step."""
    original = house.functions.get_function
    updates = house.functions.calls
    done: list[bool] = []

    def get_function(*args: Any, **given: Any) -> Any:
        if updates[UPDATE] >= number - 1 and not done:
            latest = house.functions._functions["orders"].latest
            if latest["LastUpdateStatus"] == "Successful":
                done.append(True)
                action()
        return original(*args, **given)

    house.functions.get_function = get_function


def test_s22_an_alias_on_other_code_is_ticketed_and_never_moved() -> None:
    house = House()
    house.plant("orders")
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "1")
    house.functions.change("orders", CodeSha256="bmV3")
    counts, opened = house.run()
    assert (counts.ticketed, opened) == (1, ())
    assert "other code than version 1" in house.reasons()["orders"][1]


def test_s22_an_alias_moved_since_the_approval_stays_where_it_is() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.change("orders", Description="new build")
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "2")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert house.functions.served("orders") == {"live": "2", "beta": "1"}


def test_s17_a_chain_that_is_not_whole_stops_everything() -> None:
    house = House()
    change = house.approved()
    chain = change_chain(change.change_id)
    house.ledger.replace(chain, house.ledger.entries(chain)[:1])
    for direction in Direction:
        with pytest.raises(TamperedError, match="the head says 4 entries, 1 are there"):
            house.carry(change, direction)
    assert house.writes() == 0


def test_s30_a_change_or_round_that_is_not_in_the_ledger_is_not_found() -> None:
    house = House()
    with pytest.raises(NotFoundError, match="there is no change"):
        house.carry(a_remediation())
    change = house.approved()
    with pytest.raises(NotFoundError, match="has no round 7"):
        house.carry(replace(change, round=7))


def test_s16_no_environment_value_reaches_any_store_ticket_or_message() -> None:
    secret = "hunter2-do-not-tell"
    house = House()
    environment = {"Variables": {"DB_PASSWORD": secret}}
    house.plant("stuck", Environment=environment, State="Inactive")
    change = an_aliased(house, Environment=environment)
    carry_through(house, change)
    house.undo(change)
    stored = house.everything_stored()
    assert "DB_PASSWORD" not in stored
    assert secret not in stored
    assert len(house.queue.sent) == 1
