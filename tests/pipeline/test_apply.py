"""Is an approved change written exactly once, whatever fails? (S5-S7, S13, S22, S26)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET
from tests.pipeline.house import House, a_bundle, a_window
from tests.pipeline.writes import (
    MOVE,
    PLAIN_WRITES,
    PUBLISH,
    UPDATE,
    an_aliased,
    carry_through,
)
from trimtab.domain.errors import (
    RetryableError,
)
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import Outcome, OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction


def test_a_change_without_aliases_is_one_write_and_is_watched() -> None:
    house = House()
    change = house.approved()
    outcome = house.carry(change)
    assert (outcome.word, outcome.steps_written) == (OutcomeWord.WRITTEN, 1)
    assert house.functions.memory_mb("orders") == 2592
    assert house.writes() == PLAIN_WRITES
    assert house.status(change) == "watching"
    assert house.round(change).applied_at == house.clock.now()
    assert house.workshop.opened[0][1] == change.execution_name


def test_a_change_with_aliases_publishes_once_and_moves_each_alias() -> None:
    house = House()
    change = an_aliased(house)
    tried = house.carry(change)
    assert (tried.word, tried.steps_written) == (OutcomeWord.CANARY, 4)
    outcome = carry_through(house, change)
    assert (outcome.word, outcome.steps_written) == (OutcomeWord.WRITTEN, 2)
    assert house.functions.served("orders") == {"live": "2", "beta": "2"}
    assert house.functions.version_memory_mb("orders", "2") == 2592
    assert house.functions.version_memory_mb("orders", "1") == 3008


@pytest.mark.parametrize("is_aliased", [False, True], ids=["plain", "aliased"])
def test_s13_the_undo_restores_the_before_values_exactly(is_aliased: bool) -> None:
    house = House()
    change = an_aliased(house) if is_aliased else house.approved()
    carry_through(house, change)
    assert house.undo(change).word is OutcomeWord.WRITTEN
    opened = house.workshop.open(
        change.function, session="test", actions=(), direction=Direction.UNDO
    )
    state = opened.state()
    assert state.configuration == change.before.configuration
    assert {a.name: a.version for a in state.aliases} == change.before.aliases
    assert house.status(change) == "undone"
    assert house.desk.lock_of(str(change.function)) is None


def test_a_second_undo_writes_nothing() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    before = house.writes()
    assert house.undo(change).reason == "round is undone: the before-values are back"
    assert house.writes() == before


def test_s25_what_was_undone_is_remembered_and_not_proposed_again() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    house.clock.advance(timedelta(days=60))
    house.use("orders")
    house.cloud[TARGET].metrics.put_daily(
        "used_memory_max",
        "Maximum",
        300.0,
        end=house.clock.now(),
        days=14,
        namespace="LambdaInsights",
        function_name="orders",
    )
    counts, opened = house.run("run-2")
    assert opened == ()
    assert counts.held_back == 1
    assert "rejected or taken back before" in house.reasons("run-2")["orders"][1]


def test_a_function_rests_after_its_change_was_undone() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    _, opened = house.run("run-2")
    assert opened == ()
    assert house.reasons("run-2")["orders"][0] == "cooling_down"


def test_a_policy_without_a_cooldown_lets_a_function_rest_no_longer() -> None:
    bundle = a_bundle()
    policy = bundle.policies[0]
    assert policy.change is not None
    hasty = a_bundle(
        change=replace(policy.change, fields={**policy.change.fields, "cooldown": timedelta(0)})
    )
    house = House(hasty)
    change = house.applied()
    assert change.rests_for == timedelta(0)
    house.undo(change)
    house.run("run-2")
    assert house.reasons("run-2")["orders"][0] == "held_back"


def test_s07_the_intent_is_in_ledger_and_mirror_before_the_write() -> None:
    house = House()
    change = house.approved()
    chain = change_chain(change.change_id)
    seen: list[list[str]] = []

    def look() -> None:
        mirrored = [e.event for (c, _), e in sorted(house.ledger.mirror.items()) if c == chain]
        assert mirrored == house.ledger.events(chain)
        seen.append(mirrored)

    house.functions.before_next(UPDATE, look)
    house.carry(change)
    before = ["proposed", "opened", "link_issued", "decided"]
    assert seen == [[*before, "intended", "forward_step_intended"]]
    intended = next(e for e in house.ledger.entries(chain) if e.event == "intended")
    assert intended.data["before"]["configuration"]["memory_mb"] == 3008
    assert intended.data["undo"] == {"memory_mb": 3008}
    assert intended.data["revision_id"]


def test_s07_every_single_write_has_its_intent_on_record_before_it() -> None:
    house = House()
    change = an_aliased(house)
    chain = change_chain(change.change_id)
    seen: list[str] = []
    for operation, times in ((UPDATE, 1), (PUBLISH, 1), (MOVE, 2)):
        for _ in range(times):
            house.functions.before_next(
                operation, lambda: seen.append(house.ledger.events(chain)[-1])
            )
    house.carry(change)
    assert seen == ["forward_step_intended"] * 4


def test_s13_an_undo_stops_where_somebody_else_has_changed_the_function() -> None:
    house = House()
    change = house.applied()
    house.functions.change("orders", MemorySize=2048)
    outcome = house.undo(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "neither the old 3008 nor the new 2592" in outcome.reason
    assert house.functions.memory_mb("orders") == 2048
    assert house.status(change) == "undo_stopped"


def test_s13_a_stopped_undo_can_be_tried_again_by_a_person() -> None:
    house = House()
    change = house.applied()
    house.functions.change("orders", MemorySize=2048)
    house.undo(change)
    house.functions.change("orders", MemorySize=2592)
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008


def test_s20_an_undo_runs_outside_the_window_and_after_the_policy_is_gone() -> None:
    house = House(a_bundle(window=a_window()))
    change = house.applied()
    house.clock.advance(timedelta(days=20, hours=12))
    house.bundle = replace(house.bundle, policies=())
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008


def test_s20_a_change_begun_before_the_window_closed_is_taken_back_whole() -> None:
    house = House(a_bundle(window=a_window()))
    change = an_aliased(house)
    house.functions.fail_next(PUBLISH, "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    assert house.status(change) == "applying"
    house.clock.advance(timedelta(hours=10))
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "not_written"


def test_an_undo_of_what_was_never_written_says_so() -> None:
    house = House()
    change = house.approved()
    outcome = house.undo(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert outcome.reason == "round is approved: done"


@pytest.mark.parametrize("call", [House.carry, House.undo])
def test_s30_a_call_about_a_change_that_waits_for_its_answer_changes_nothing(
    call: Callable[[House, Remediation], Outcome],
) -> None:
    house = House()
    change = house.proposed()
    before = house.events(change)
    assert call(house, change).reason == "no decision is in the ledger"
    assert (house.events(change), house.status(change)) == (before, "proposed")


def test_s08_a_change_that_could_not_be_verified_afterwards_is_not_written() -> None:
    house = House()
    change = house.approved()
    house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDeniedException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "it could not be verified afterwards" in outcome.reason
    assert house.writes() == 0
    assert house.status(change) == "not_written"


def test_a_throttled_baseline_is_read_again_before_anything_is_written() -> None:
    house = House()
    change = house.approved()
    house.cloud[TARGET].metrics.fail_next("GetMetricData", "ThrottlingException")
    with pytest.raises(RetryableError):
        house.carry(change)
    assert (house.writes(), house.status(change)) == (0, "approved")
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.writes() == 1


def test_the_baseline_is_the_one_that_was_read_before_the_write() -> None:
    house = House()
    change = house.approved()
    house.functions.fail_next(UPDATE, "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    start = house.clock.now() - timedelta(weeks=1)
    house.traffic(since=start, until=start + timedelta(hours=6), errors=9.0)
    house.carry(change)
    entries = {e.event: e.data for e in house.ledger.entries(change_chain(change.change_id))}
    assert entries["applied"]["baseline"]["figures"] == entries["intended"]["baseline"]
    assert entries["intended"]["baseline"]["errors"]["value"] == 0
