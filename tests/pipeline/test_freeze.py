"""Does a freeze stop what it must, and nothing else? (S20)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import NOW
from tests.fakes.stores import FakeLedger
from tests.pipeline.house import House, the_bundle, with_fleet
from tests.pipeline.test_verify import SETTLE, a_freeze_email, a_watched, tell_bench, verify
from tests.pipeline.writes import (
    MOVE,
    PUBLISH,
    UPDATE,
    an_aliased,
    carry_through,
)
from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import PermanentError, RetryableError, TamperedError
from trimtab.domain.freeze import FREEZE_CHAIN, Freeze, Level
from trimtab.domain.outcome import OutcomeWord
from trimtab.flows.watch import Alarm, watch
from trimtab.pipeline.freeze import BREAKER, freeze, note_rollback, read_freeze, thaw
from trimtab.policy.model import FreezeTerms

HOUR = timedelta(hours=1)
TERMS = FreezeTerms(rollbacks=3, within=timedelta(hours=24))
GOVERNANCE = ("gov@example.com", "second@example.com")
ALARM = Alarm(to=GOVERNANCE, compose=lambda to, frozen, now: a_freeze_email(to))


def stop(house: House, *, is_hard: bool = False) -> None:
    freeze(house.ledger, by="ana", why="a sale", is_hard=is_hard, at=house.clock.now())


def lift(house: House) -> None:
    thaw(house.ledger, by="ana", why="it is over", at=house.clock.now())


def garble(house: House) -> None:
    """Cut the chain of the freeze off: nobody can tell what it says."""
    stop(house)
    house.ledger.replace(FREEZE_CHAIN, ())


STOPPERS: dict[str, Callable[[House], None]] = {"forward": stop, "unreadable": garble}


@pytest.mark.parametrize("how", STOPPERS)
def test_s20_an_approved_change_is_not_begun(how: str) -> None:
    house = House()
    change = house.approved()
    STOPPERS[how](house)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert "frozen" in outcome.reason
    assert house.writes() == 0


@pytest.mark.parametrize("how", STOPPERS)
@pytest.mark.parametrize("during", [UPDATE, PUBLISH, MOVE])
def test_s20_forward_stops_at_its_next_step_and_what_was_written_is_taken_back(
    how: str, during: str
) -> None:
    """The freeze comes while one write is being made: the next one is not."""
    house = House()
    change = an_aliased(house)
    house.functions.before_next(during, lambda: STOPPERS[how](house))
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "frozen" in outcome.reason
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "not_written"
    assert house.desk.lock_of(str(change.function)) is None


@pytest.mark.parametrize("how", STOPPERS)
def test_s20_an_undo_runs_under_a_freeze(how: str) -> None:
    house = House()
    change = house.applied()
    STOPPERS[how](house)
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "undone"


@pytest.mark.parametrize("how", STOPPERS)
def test_s20_a_change_that_crashed_half_way_is_taken_back_under_a_freeze(how: str) -> None:
    house = House()
    change = an_aliased(house)
    house.functions.before_next(PUBLISH, lambda: house.clock.leave(timedelta(seconds=1)))
    with pytest.raises(RetryableError):
        house.carry(change)
    house.clock.leave(timedelta.max)
    STOPPERS[how](house)
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "not_written"


@pytest.mark.parametrize("how", [*STOPPERS, "hard"])
@pytest.mark.parametrize("stands", [RoundStatus.APPLYING, RoundStatus.WATCHING])
def test_s20_a_repeated_call_takes_nothing_back_that_is_done(how: str, stands: RoundStatus) -> None:
    """A retried task, or a crash that kept the state table behind, meets a freeze."""
    house = House()
    change = house.applied()
    house.desk.forge(replace(house.round(change), status=stands, applied_at=None))
    (STOPPERS | {"hard": lambda h: stop(h, is_hard=True)})[how](house)
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert (house.writes(), house.functions.memory_mb("orders")) == (1, 2592)
    assert house.status(change) == "watching"
    assert "undo_intended" not in house.events(change)


def test_s20_a_hard_freeze_stops_an_undo_which_goes_on_after_the_thaw() -> None:
    house = House()
    change = house.applied()
    stop(house, is_hard=True)
    for _ in range(2):
        outcome = house.undo(change)
        assert (outcome.word, "undo included" in outcome.reason) == (OutcomeWord.WAITING, True)
    assert (house.writes(), house.status(change)) == (1, "watching")
    lift(house)
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert (house.functions.memory_mb("orders"), house.status(change)) == (3008, "undone")


def test_s20_a_hard_freeze_stops_an_undo_between_two_writes() -> None:
    house = House()
    change = an_aliased(house)
    carry_through(house, change)
    house.functions.before_next(MOVE, lambda: stop(house, is_hard=True))
    outcome = house.undo(change)
    assert (outcome.word, house.status(change)) == (OutcomeWord.WAITING, "undoing")
    assert house.functions.memory_mb("orders") == 2592
    assert house.desk.lock_of(str(change.function)) == change.execution_name
    assert house.desk.lease_of(str(change.function)) is None
    assert house.undo(change).word is OutcomeWord.WAITING
    lift(house)
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "undone"


def test_s20_a_hard_freeze_in_the_middle_of_a_change_waits_with_all_it_wrote() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.before_next(PUBLISH, lambda: stop(house, is_hard=True))
    assert house.carry(change).word is OutcomeWord.WAITING
    assert house.carry(change).word is OutcomeWord.WAITING, "it may not be taken back either"
    assert house.functions.memory_mb("orders") == 2592
    lift(house)
    assert carry_through(house, change).word is OutcomeWord.WRITTEN
    assert house.status(change) == "watching"


def test_s20_a_freeze_is_in_the_ledger_and_outlives_a_redeployment() -> None:
    house = House()
    house.plant()
    stop(house)
    house.bundle = with_fleet(the_bundle(), freeze=FreezeTerms(rollbacks=9))
    found = read_freeze(house.ledger)
    assert (found.level, found.by, found.why, found.since) == (Level.FORWARD, "ana", "a sale", NOW)
    assert (FREEZE_CHAIN, 1) in house.ledger.mirror
    counts, opened = house.run()
    assert (counts.held_back, opened) == (1, ())


@pytest.mark.parametrize("how", [*STOPPERS, "hard"])
def test_s20_nothing_is_proposed_while_it_is_frozen(how: str) -> None:
    house = House()
    house.plant()
    (STOPPERS | {"hard": lambda h: stop(h, is_hard=True)})[how](house)
    counts, opened = house.run()
    assert (counts.findings, counts.held_back, opened) == (1, 1, ())
    assert "frozen" in house.reasons()["orders"][1]
    if how != "unreadable":
        lift(house)
        assert len(house.run("run-2")[1]) == 1


def test_s20_what_cannot_be_read_is_frozen_for_forward_and_open_for_undo() -> None:
    class Throttled(FakeLedger):
        def entries(self, chain: str, *, after: int = 0) -> tuple[()]:
            raise RetryableError("dynamodb:Query on purpose")

    found = read_freeze(Throttled())
    assert (found.level, found.stops_forward, found.stops_undo) == (Level.UNREADABLE, True, False)
    assert "cannot be read: dynamodb:Query on purpose" in str(found)


def test_s20_an_entry_that_says_nothing_known_is_unreadable() -> None:
    ledger = FakeLedger()
    data = {"level": "lukewarm", "why": "?"}
    ledger.append(FREEZE_CHAIN, event="frozen", actor="x", data=data, at=NOW)
    assert read_freeze(ledger).level is Level.UNREADABLE


def roll_back(ledger: FakeLedger, n: int, *, after: timedelta = timedelta(0)) -> Freeze | None:
    return note_rollback(f"change{n}-r1", TERMS, ledger, at=NOW + after)


def test_s20_the_breaker_trips_on_exactly_so_many_rollbacks_and_once() -> None:
    ledger = FakeLedger()
    assert roll_back(ledger, 1) is None
    assert roll_back(ledger, 1) is None, "the same one again counts once"
    assert roll_back(ledger, 2) is None
    assert read_freeze(ledger).level is Level.OPEN
    tripped = roll_back(ledger, 3)
    assert tripped is not None
    assert (tripped.level, tripped.by) == (Level.FORWARD, BREAKER)
    assert tripped.why == (
        "3 changes were rolled back within 24 hours: change1-r1, change2-r1, change3-r1"
    )
    assert roll_back(ledger, 4) is None
    assert ledger.events(FREEZE_CHAIN).count("frozen") == 1


@pytest.mark.parametrize(("late", "trips"), [(timedelta(seconds=1), True), (timedelta(0), False)])
def test_s20_a_rollback_counts_inside_the_window_only(late: timedelta, *, trips: bool) -> None:
    ledger = FakeLedger()
    roll_back(ledger, 1, after=late)
    roll_back(ledger, 2, after=HOUR)
    assert (roll_back(ledger, 3, after=TERMS.within) is not None) is trips


def test_s20_rollbacks_of_before_a_thaw_count_no_more() -> None:
    ledger = FakeLedger()
    for n in (1, 2, 3):
        roll_back(ledger, n)
    thaw(ledger, by="ana", why="found", at=NOW)
    assert read_freeze(ledger) == Freeze()
    assert roll_back(ledger, 3) is None, "a repeated pass enters it under the same key"
    assert roll_back(ledger, 4) is None
    assert roll_back(ledger, 5) is None
    assert roll_back(ledger, 6) is not None


def test_s20_the_breaker_leaves_a_freeze_of_a_person_as_it_is() -> None:
    ledger = FakeLedger()
    freeze(ledger, by="ana", why="a sale", is_hard=True, at=NOW)
    for n in (1, 2, 3):
        assert roll_back(ledger, n) is None
    assert (read_freeze(ledger).level, read_freeze(ledger).by) == (Level.HARD, "ana")


def test_s20_a_breaker_that_cannot_read_its_chain_says_so() -> None:
    house = House()
    garble(house)
    with pytest.raises(TamperedError, match=FREEZE_CHAIN):
        note_rollback("a-r1", TERMS, house.ledger, at=NOW)


def two_regressed(house: House) -> None:
    for name in ("orders", "cart"):
        arn = house.plant(name)
        for weeks in (1, 2):
            past = NOW - timedelta(weeks=weeks)
            house.traffic(name, since=past, until=past + timedelta(hours=5))
        house.traffic(name, since=NOW, until=NOW + timedelta(hours=5), errors=5.0)
        change = house.opened(arn, f"run-{name}")
        house.answer(change)
        house.carry(change)
    house.clock.advance(SETTLE + 3 * HOUR)


def test_s20_two_regressions_freeze_everything_and_are_both_taken_back() -> None:
    house = House()
    two_regressed(house)
    watch(house.verify_bench(), tell_bench(house), ALARM)
    assert len(house.executions.undos) == 2
    assert read_freeze(house.ledger).by == BREAKER
    frozen = [e.to for e in house.mailer.sent if e.reference == "freeze"]
    assert frozen == list(GOVERNANCE)
    for change_id, number in house.executions.undos:
        assert house.undo(house.desk.round(change_id, number).remediation).word == "written"
    house.plant("third")
    assert house.run("run-after")[1] == ()


def test_s20_the_governance_team_is_told_once_and_again_of_the_next_freeze() -> None:
    house = House()
    two_regressed(house)
    for _ in range(3):
        watch(house.verify_bench(), tell_bench(house), ALARM)
    lift(house)
    watch(house.verify_bench(), tell_bench(house), ALARM)
    assert [e.reference for e in house.mailer.sent].count("freeze") == len(GOVERNANCE)
    for n in (1, 2):
        note_rollback(f"c{n}-r1", house.bundle.fleet.freeze, house.ledger, at=house.clock.now())
    watch(house.verify_bench(), tell_bench(house), ALARM)
    assert [e.reference for e in house.mailer.sent].count("freeze") == 2 * len(GOVERNANCE)


def test_s20_a_freeze_by_a_person_is_mailed_to_nobody() -> None:
    house = House()
    stop(house)
    watch(house.verify_bench(), tell_bench(house), ALARM)
    assert house.mailer.sent == []


@pytest.mark.parametrize("error", [PermanentError("refused"), RetryableError("throttled")])
def test_s20_an_address_that_is_refused_keeps_no_other_from_being_told(error: Exception) -> None:
    house = House()
    two_regressed(house)
    verify(house.verify_bench())
    house.mailer.fail_next(error)  # type: ignore[arg-type]
    with pytest.raises(type(error)):
        watch(house.verify_bench(), tell_bench(house), ALARM)
    assert GOVERNANCE[1] in [e.to for e in house.mailer.sent if e.reference == "freeze"]
    assert "regressed" in [e.subject for e in house.mailer.sent], "the watch is told all the same"
    watch(house.verify_bench(), tell_bench(house), ALARM)
    told = sorted(e.to for e in house.mailer.sent if e.reference == "freeze")
    assert told == sorted(GOVERNANCE)


def test_s13_a_breaker_that_cannot_be_counted_keeps_no_change_from_being_taken_back() -> None:
    house = House()
    change = a_watched(house, errors=5.0)
    garble(house)
    house.clock.advance(SETTLE + 3 * HOUR)
    (gap,) = verify(house.verify_bench()).gaps
    assert FREEZE_CHAIN in gap.error
    assert house.executions.undos == [(change.change_id, 1)]
