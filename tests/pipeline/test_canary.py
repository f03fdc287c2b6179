"""Does a share of the traffic try a change first, and does nothing follow without proof?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.house import House
from tests.pipeline.writes import (
    ALIASES,
    MOVE,
    UNSPLIT,
    a_canary,
    an_aliased,
    carry_through,
    entries_of,
    proven,
    share,
    tried,
    weights,
)
from trimtab.domain.approval import RoundStatus
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Health
from trimtab.pipeline.canary import UNJUDGED
from trimtab.pipeline.canary_watch import watch_canaries
from trimtab.pipeline.freeze import freeze

WATCH = timedelta(minutes=60)
PATIENCE = WATCH * 4


def test_s22_nothing_follows_a_canary_that_nobody_judged() -> None:
    house = House()
    change = a_canary(house)
    assert weights(house) == {"beta": {"2": 0.1}, "live": {"2": 0.1}}
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "canary"
    (began,) = entries_of(house, change, "canary_started")
    assert (began.data["version"], began.data["aliases"]) == ("2", {"beta": "1", "live": "1"})
    writes = house.writes()
    again = house.carry(change)
    assert (again.word, house.writes()) == (OutcomeWord.CANARY, writes)
    assert "10% of its traffic tries it, until 2026-11-02T11:00" in again.reason


def test_a_canary_that_goes_well_is_followed_by_all_and_watched_again() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    (seen,) = house.watch_canaries()
    assert seen.verification.health is Health.HEALTHY
    assert house.watch_canaries() == (), "it is judged once"
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.functions.served("orders") == {"live": "2", "beta": "2"}
    assert (weights(house), house.status(change)) == (UNSPLIT, "watching")
    intended, promoted = (
        entries_of(house, change, event)[0] for event in ("intended", "promotion_intended")
    )
    (applied,) = entries_of(house, change, "applied")
    assert applied.data["baseline"]["figures"] == promoted.data["baseline"]
    assert promoted.seq > intended.seq


def test_s13_a_canary_that_fails_more_is_taken_back_at_once_and_not_proposed_again() -> None:
    house = House()
    change = a_canary(house)
    began = house.clock.now()
    house.clock.advance(timedelta(minutes=31))
    _both(house, began, canary={"errors": 2.0})
    (seen,) = house.watch_canaries()
    assert seen.verification.health is Health.REGRESSED
    (verdict,) = entries_of(house, change, "canary_regressed")
    assert "error rate 0 beside it, 0.2 with the new size" in verdict.data["reason"]
    assert house.executions.undos == [(change.change_id, change.round)]
    assert house.undo(change).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, "undone")
    assert "its canary was taken back: error rate" in str(house.round(change).note)
    assert _memory(house, change).refused_changes == (change.change_id,)


def _both(house: House, began: Any, *, canary: dict[str, float]) -> None:
    until = house.clock.now()
    for alias in ALIASES:
        share(house, alias=alias, version="1", since=began, until=until, invocations=90.0)
        share(house, alias=alias, version="2", since=began, until=until, **canary)


def _memory(house: House, change: Remediation) -> Any:
    (item,) = house.plan().items
    return house.desk.memory([item.finding])[change.finding_id]


def _assert_as_before(house: House, change: Remediation, status: str) -> None:
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert weights(house) == UNSPLIT
    assert house.status(change) == status
    assert house.desk.lock_of(str(change.function)) is None


def test_a_canary_that_is_slower_is_taken_back_only_when_its_time_is_over() -> None:
    house = House()
    change = a_canary(house)
    began = house.clock.now()
    house.clock.advance(timedelta(minutes=31))
    _both(house, began, canary={"p95": 900.0})
    assert [s.verification.health for s in house.watch_canaries()] == [Health.WATCHING]
    house.clock.advance(timedelta(minutes=31))
    assert [s.verification.health for s in house.watch_canaries()] == [Health.REGRESSED]
    assert house.carry(change).word is OutcomeWord.WRITTEN, "the forward execution takes it back"
    _assert_as_before(house, change, "undone")


def test_s13_a_canary_that_runs_out_of_memory_is_taken_back() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.cloud[TARGET].logs.add(
        "/aws/lambda/orders",
        ReportLine(
            at=house.clock.now() - timedelta(minutes=5),
            memory_mb=2592,
            used_mb=2592.0,
            is_out_of_memory=True,
            count=2,
        ),
    )
    assert [s.verification.health for s in house.watch_canaries()] == [Health.REGRESSED]
    assert "2 invocations ran out of memory" in str(
        entries_of(house, change, "canary_regressed")[0].data["reason"]
    )


@pytest.mark.parametrize(
    "canary", [{"invocations": 1.0}, {"invocations": 0.0}], ids=["too few", "none"]
)
def test_s13_a_canary_that_proves_nothing_is_taken_back_when_patience_is_over(
    canary: dict[str, float],
) -> None:
    house = House()
    change = a_canary(house)
    tried(house, change, **canary)
    assert [s.verification.health for s in house.watch_canaries()] == [Health.WATCHING]
    assert house.carry(change).word is OutcomeWord.CANARY
    house.clock.advance(PATIENCE - WATCH)
    assert [s.verification.health for s in house.watch_canaries()] == [Health.INSUFFICIENT_DATA]
    assert "200 needed" in entries_of(house, change, "canary_unproven")[0].data["reason"]
    assert house.undo(change).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, "undone")
    memory = _memory(house, change)
    assert memory.refused_changes == (change.change_id,), "only a person brings it back (S25)"
    assert memory.cooling_until is not None


@pytest.mark.parametrize("metric", ["Invocations", "Errors", "Throttles", "Duration"])
def test_s08_a_canary_whose_figures_are_unknown_is_never_called_healthy(metric: str) -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    for alias in ALIASES:
        house.cloud[TARGET].metrics.spoil(
            metric, "PartialData", FunctionName="orders", Resource=f"orders:{alias}",
            ExecutedVersion="2",
        )  # fmt: skip
    assert [s.verification.health for s in house.watch_canaries()] == [Health.WATCHING]
    house.clock.advance(PATIENCE - WATCH)
    house.watch_canaries()
    assert "canary_unproven" in house.events(change)


def test_a_target_that_cannot_be_read_is_a_gap_and_its_canary_ends_in_the_end() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.cloud.deny(TARGET)
    watched, gaps = watch_canaries(house.verify_bench())
    assert ([s.verification.health for s in watched], len(gaps)) == ([Health.WATCHING], 1)
    house.clock.advance(PATIENCE - WATCH)
    watched, gaps = watch_canaries(house.verify_bench())
    assert ([s.verification.health for s in watched], len(gaps)) == (
        [Health.INSUFFICIENT_DATA],
        1,
    )
    assert (
        "it could not be watched" in entries_of(house, change, "canary_unproven")[0].data["reason"]
    )


def test_a_function_that_cannot_be_looked_at_is_a_gap_of_its_own() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.functions.fail_next("GetFunction", "ThrottlingException")
    watched, gaps = watch_canaries(house.verify_bench())
    assert ([s.verification.health for s in watched], len(gaps)) == ([Health.WATCHING], 1)
    proven(house, change)
    assert "canary_healthy" in house.events(change)


def test_s17_a_canary_whose_chain_was_altered_is_a_gap() -> None:
    house = House()
    change = a_canary(house)
    chain = f"change#{change.change_id}"
    house.ledger.replace(chain, house.ledger.entries(chain)[:-1])
    watched, gaps = watch_canaries(house.verify_bench())
    assert (watched, len(gaps)) == ((), 1)


def test_a_verdict_that_the_ledger_does_not_take_is_a_gap_and_comes_again() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.ledger.fail_next()
    watched, gaps = watch_canaries(house.verify_bench())
    assert (watched, len(gaps)) == ((), 1)
    assert [s.verification.health for s in house.watch_canaries()] == [Health.HEALTHY]
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_s06_a_canary_that_nobody_watches_is_taken_back() -> None:
    house = House()
    change = a_canary(house)
    house.clock.advance(PATIENCE + UNJUDGED - timedelta(minutes=1))
    assert house.carry(change).word is OutcomeWord.CANARY
    house.clock.advance(timedelta(minutes=1))
    assert house.carry(change).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, "undone")
    assert "nobody watched it" in str(house.round(change).note)


def test_s20_a_freeze_stops_what_would_follow_and_takes_the_canary_back() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)
    freeze(house.ledger, by="person-a", why="quarter end", is_hard=False, at=house.clock.now())
    assert house.carry(change).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, "undone")
    (stopped,) = entries_of(house, change, "canary_stopped")
    assert "quarter end" in stopped.data["reason"]
    assert "quarter end" in str(house.round(change).note)


def test_s20_a_freeze_just_before_the_rest_follows_takes_the_canary_back() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)

    def stop() -> None:
        freeze(house.ledger, by="person-a", why="stop", is_hard=False, at=house.clock.now())

    house.functions.before_next("ListAliases", stop)
    house.carry(change)
    _assert_as_before(house, change, "undone")


def test_s20_an_exemption_during_a_canary_takes_it_back() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)
    house.functions._functions["orders"].tags["trimtab:exempt"] = "memory-oversized:2026-11-30"
    house.carry(change)
    _assert_as_before(house, change, "undone")


def test_s06_a_baseline_that_cannot_be_read_again_takes_the_canary_back() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)
    house.cloud[TARGET].metrics.spoil("Errors", "PartialData", FunctionName="orders")
    house.carry(change)
    _assert_as_before(house, change, "undone")


def test_s06_an_undo_that_begins_while_the_canary_is_asked_about_is_not_overtaken() -> None:
    house = House()
    change = a_canary(house)

    def begin_undo() -> None:
        house.desk.forge(replace(house.round(change), status=RoundStatus.UNDOING))

    house.desk.before_next("advance", begin_undo)
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    house.carry(change)
    _assert_as_before(house, change, "undone")


def test_s13_a_function_that_is_gone_ends_its_canary() -> None:
    house = House()
    change = a_canary(house)
    house.functions.remove("orders")
    house.watch_canaries()
    assert "the function is gone" in entries_of(house, change, "canary_disturbed")[0].data["reason"]
    house.undo(change)
    assert house.status(change) == "given_up"


def test_s13_a_weight_that_cannot_be_taken_off_calls_a_person() -> None:
    house = House()
    change = a_canary(house)
    house.functions.fail_always(MOVE, "AccessDeniedException")
    assert house.undo(change).word is OutcomeWord.UNKNOWN
    assert house.status(change) == "undo_stopped"
    assert "UpdateAlias" in str(house.round(change).note)


def test_s06_a_watch_that_is_too_late_changes_nothing_of_an_undo() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.undo(change)
    assert house.watch_canaries() == ()
    _assert_as_before(house, change, "undone")


def test_a_change_proposed_before_there_were_canaries_moves_its_aliases_at_once() -> None:
    house = House()
    change = an_aliased(house)
    assert change.canary is not None
    assert carry_through(house, change).word is OutcomeWord.WRITTEN
