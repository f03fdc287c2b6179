"""Does the reconciler bring every round to where the ledger has it, whatever was lost? (S6, S7)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import a_decision, a_remediation
from tests.fakes.clock import NOW
from tests.pipeline.house import House
from tests.pipeline.test_verify import SETTLE, a_watched, tell_bench, verify
from tests.pipeline.writes import PUBLISH, an_aliased
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.errors import PermanentError, RetryableError
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.flows.reconcile import CLOSED_WITHIN, NOBODY_WAITS, Reconciled
from trimtab.flows.tell import tell_ended
from trimtab.pipeline.record import propose
from trimtab.pipeline.verify import verify as look

HOUR = timedelta(hours=1)


def crash_before(house: House, change: Remediation, direction: Direction, operation: str) -> None:
    """Let time run out after a first write, so that the call ends in the middle."""
    house.functions.before_next(operation, lambda: house.clock.leave(timedelta(seconds=1)))
    with pytest.raises(RetryableError):
        house.carry(change, direction)
    house.clock.leave(timedelta.max)


def proposed(house: House) -> Remediation:
    return house.proposed()


def approved(house: House) -> Remediation:
    return house.approved()


def half_written(house: House) -> Remediation:
    change = an_aliased(house)
    crash_before(house, change, Direction.FORWARD, PUBLISH)
    return change


def on_canary(house: House) -> Remediation:
    change = an_aliased(house)
    house.carry(change)
    return change


def watching(house: House) -> Remediation:
    return house.applied()


def regressed(house: House) -> Remediation:
    change = a_watched(house, errors=5.0)
    house.clock.advance(SETTLE + 3 * HOUR)
    verify(house.verify_bench())
    house.executions.undos.clear()
    return change


def half_undone(house: House) -> Remediation:
    change = an_aliased(house)
    house.carry(change)
    crash_before(house, change, Direction.UNDO, "UpdateAlias")
    return change


def undo_stopped(house: House) -> Remediation:
    change = house.applied()
    house.functions.change("orders", MemorySize=1024)
    house.undo(change)
    return change


MAKE: dict[str, Callable[[House], Remediation]] = {
    "proposed": proposed,
    "approved": approved,
    "applying": half_written,
    "canary": on_canary,
    "watching": watching,
    "undoing": half_undone,
    "undo_stopped": undo_stopped,
}


@pytest.mark.parametrize(
    ("make", "ends"),
    [
        (approved, "watching"),
        (half_written, "canary"),
        (on_canary, "canary"),
        (half_undone, "undone"),
        (regressed, "undone"),
    ],
)
def test_s06_an_execution_that_is_gone_is_started_again(
    make: Callable[[House], Remediation], ends: str
) -> None:
    house = House()
    change = make(house)
    done = house.reconcile()
    assert (done.restarted, done.restored, done.problems) == (1, 0, ())
    key = (change.change_id, change.round)
    is_undo = ends == "undone"
    assert (house.executions.undos if is_undo else house.executions.forwards) == [key]
    assert (house.executions.forwards if is_undo else house.executions.undos) == []
    house.carry(change, Direction.UNDO if is_undo else Direction.FORWARD)
    assert house.status(change) == ends


@pytest.mark.parametrize("make", [proposed, watching, undo_stopped])
def test_s06_what_waits_for_a_person_or_a_watch_is_left_alone(
    make: Callable[[House], Remediation],
) -> None:
    house = House()
    make(house)
    done = house.reconcile()
    assert (done.restarted, done.restored, done.open_chains) == (0, 0, 1)
    assert house.executions.forwards == house.executions.undos == []


def test_s06_an_execution_that_runs_is_not_started_again() -> None:
    house = House()
    house.executions.running.add(house.approved().execution_name)
    assert house.reconcile().restarted == 0


def test_s06_a_crash_between_the_entry_applied_and_the_state_table_is_finished() -> None:
    house = House()
    change = house.applied()
    house.desk.forge(replace(house.round(change), status=RoundStatus.APPLYING, applied_at=None))
    assert house.reconcile().restarted == 1
    assert house.carry(change).word is OutcomeWord.WRITTEN
    applied = house.ledger.entries(change_chain(change.change_id))[-1]
    assert (house.status(change), house.round(change).applied_at) == ("watching", applied.at)


@pytest.mark.parametrize("status", MAKE)
def test_s06_a_round_that_the_state_table_lost_is_put_back(status: str) -> None:
    house = House()
    change = MAKE[status](house)
    before = house.round(change)
    house.desk.lose(change)
    assert house.reconcile().restored == 1
    found = house.round(change)
    assert (found.remediation, found.status.value) == (change, status)
    assert found.decision == before.decision
    assert found.applied_at == before.applied_at
    assert house.desk.lock_of(str(change.function)) == change.execution_name
    assert house.reconcile().restored == 0


@pytest.mark.parametrize("status", MAKE)
def test_s06_a_garbled_row_is_put_back_and_stops_no_other(status: str) -> None:
    house = House()
    change = MAKE[status](house)
    other = house.opened(house.plant("other"), "run-2")
    house.answer(other)
    house.executions.forwards.clear()
    house.desk.garble(change)
    done = house.reconcile()
    assert (done.restored, done.problems) == (1, ())
    assert house.status(change) == status
    assert (other.change_id, 1) in house.executions.forwards


FORGED = {
    "proposed": (RoundStatus.WATCHING, RoundStatus.VERIFIED, RoundStatus.UNDONE),
    "approved": (RoundStatus.PROPOSED, RoundStatus.VERIFIED, RoundStatus.REJECTED),
    "applying": (RoundStatus.PROPOSED, RoundStatus.VERIFIED, RoundStatus.WATCHING),
    "canary": (RoundStatus.PROPOSED, RoundStatus.WATCHING, RoundStatus.VERIFIED),
    "watching": (RoundStatus.PROPOSED, RoundStatus.APPROVED, RoundStatus.VERIFIED),
    "undoing": (RoundStatus.VERIFIED, RoundStatus.WATCHING, RoundStatus.APPROVED),
    "undo_stopped": (RoundStatus.VERIFIED, RoundStatus.WATCHING, RoundStatus.APPROVED),
}


@pytest.mark.parametrize(
    ("status", "forged"), [(status, f) for status, found in FORGED.items() for f in found]
)
def test_s06_a_round_that_stands_where_it_cannot_be_is_put_back(
    status: str, forged: RoundStatus
) -> None:
    house = House()
    change = MAKE[status](house)
    house.desk.forge(replace(house.round(change), status=forged))
    assert house.reconcile().restored == 1
    assert house.status(change) == status
    assert house.desk.lock_of(str(change.function)) == change.execution_name


def test_s06_a_round_that_moved_on_while_it_was_looked_at_is_left_alone() -> None:
    """The ledger was read, then apply went on, then the state table was read."""
    house = House()
    change = house.approved()
    rounds = house.desk.round
    calls = iter(range(10))

    def slow(change_id: str, number: int) -> object:
        if next(calls) == 1:
            house.carry(change)
        return rounds(change_id, number)

    house.desk.round = slow  # type: ignore[assignment,method-assign]
    assert house.reconcile().restored == 0
    assert house.status(change) == "watching"


def test_s06_a_round_that_ended_is_not_opened_again_by_an_index_that_lags() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    tell_ended(change.change_id, change.round, tell_bench(house))
    house.ledger._open.add(change_chain(change.change_id))
    house.desk.lose(change)
    done = house.reconcile()
    assert (done.restored, done.restarted, done.open_chains) == (0, 0, 1)
    assert house.desk.lock_of(str(change.function)) is None


def test_s19_a_lock_that_outlived_its_round_is_freed_and_no_other() -> None:
    house = House()
    kept = {str(house.approved().function)}
    for name, execution in {
        "ended": ended(house),
        "nobody": "nobody-r1",
        "garbled": "no number",
    }.items():
        house.desk._locks[f"arn:{name}"] = execution
    done = house.reconcile()
    assert (done.unlocked, done.problems) == (3, ())
    assert set(house.desk.locks()) == kept
    assert house.reconcile().unlocked == 0


def test_s19_a_lock_is_kept_while_its_round_is_just_being_closed() -> None:
    """The end of a watch is on record, and somebody is being told: the state table comes last."""
    house = House()
    change = a_watched(house)
    house.clock.advance(SETTLE + timedelta(days=3))
    look(house.verify_bench())
    assert house.events(change)[-1] == "watch_healthy"
    assert house.reconcile().unlocked == 0
    house.clock.advance(CLOSED_WITHIN)
    assert house.reconcile().unlocked == 1


def test_a_no_that_no_execution_asks_about_leaves_the_open_rounds() -> None:
    house = House()
    change = house.proposed()
    house.answer(change, DecisionWord.REJECTED)
    assert house.reconcile().told == 0
    assert not house.round(change).signalled
    house.clock.advance(NOBODY_WAITS)
    house.reconcile()
    assert house.round(change).signalled


@pytest.mark.parametrize("name", [f"nobody-r{'9' * 10}", f"nobody-r{'9' * 5000}"])
def test_s06_a_lock_with_an_endless_number_is_freed_like_any_other_nonsense(name: str) -> None:
    house = House()
    house.desk._locks["arn:ended"] = name
    done = house.reconcile()
    assert (done.unlocked, done.problems) == (1, ())


def ended(house: House) -> str:
    gone = a_remediation("gone", planned_at=NOW)
    propose([gone], house.desk, house.ledger, at=NOW)
    house.answer(gone, DecisionWord.REJECTED)
    return gone.execution_name


def test_s19_a_lock_whose_chain_is_not_whole_stays_and_is_a_problem() -> None:
    house = House()
    change = house.approved()
    house.ledger.replace(change_chain(change.change_id), ())
    done = house.reconcile()
    assert done.unlocked == 0
    assert f"lock of {change.function}" in {p.split(": ")[0] for p in done.problems}
    assert house.desk.lock_of(str(change.function)) == change.execution_name


def forged_yes(house: House) -> Remediation:
    """Somebody wrote a yes that nobody signed into the state table."""
    change = house.proposed()
    signed = a_decision(change, signature="bm8=", key_id="key", token_hash="none")
    house.desk.forge(replace(house.round(change), status=RoundStatus.APPROVED, decision=signed))
    return change


def test_s01_a_forged_decision_is_a_problem_and_no_entry() -> None:
    house = House()
    change = forged_yes(house)
    done = house.reconcile()
    assert (len(done.problems), done.restarted) == (1, 0)
    assert "forged" in done.problems[0]
    assert "decided" not in house.events(change)


def test_s04_at_the_deadline_the_clocks_no_is_entered_over_a_forged_yes() -> None:
    house = House()
    change = forged_yes(house)
    house.clock.advance(change.expires_at - house.clock.now())
    done = house.reconcile()
    assert (done.expired, done.restored, done.restarted) == (1, 1, 0)
    decided = house.ledger.entries(change_chain(change.change_id))[-1]
    assert (decided.event, decided.data["signed"]["decision"]["word"]) == ("decided", "expired")
    assert house.status(change) == "expired"
    assert house.desk.lock_of(str(change.function)) is None
    again = house.reconcile()
    assert (again.problems, again.open_chains) == ((), 0)


def test_s04_a_round_that_was_lost_unanswered_expires_on_record() -> None:
    house = House()
    change = house.proposed()
    house.clock.advance(change.expires_at - house.clock.now())
    house.desk.lose(change)
    done = house.reconcile()
    assert (done.expired, done.restored, done.unlocked) == (1, 0, 1)
    assert house.events(change)[-1] == "decided"
    assert house.reconcile() == Reconciled()


def test_s06_one_problem_stops_nothing_else() -> None:
    house = House()
    broken = house.approved("broken")
    arn = house.plant("fine")
    fine = house.opened(arn, "run-2")
    house.answer(fine)
    house.ledger.replace(change_chain(broken.change_id), ())
    done = house.reconcile()
    assert house.executions.forwards == [(fine.change_id, 1)]
    assert any(change_chain(broken.change_id) in problem for problem in done.problems)
    assert done.open_chains == 2


def test_s06_an_execution_that_cannot_be_started_is_a_problem_of_its_own() -> None:
    house = House()
    house.approved("broken")
    arn = house.plant("fine")
    fine = house.opened(arn, "run-2")
    house.answer(fine)
    house.executions.fail_next(PermanentError("10 executions have ended: look at the last"))
    done = house.reconcile()
    assert (done.restarted, len(done.problems)) == (1, 1)
    assert "look at the last" in done.problems[0]


def test_s06_an_open_chain_that_names_no_round_is_a_problem() -> None:
    house = House()
    house.ledger.append("change#odd", event="odd", actor="x", data={}, at=NOW, leaves_open=True)
    house.ledger._open.add("change#empty")
    house.ledger._open.add("run#1")
    problems = house.reconcile().problems
    assert [p.split(":")[0] for p in problems] == ["change#empty", "change#odd"]


def test_the_oldest_open_chain_is_told_but_not_of_what_people_and_watches_take() -> None:
    house = House()
    house.proposed()
    house.clock.advance(HOUR)
    assert house.reconcile().oldest_open == timedelta(0)
    house = House()
    house.approved()
    house.clock.advance(HOUR)
    assert house.reconcile().oldest_open == HOUR


def test_s04_a_round_that_the_index_does_not_list_yet_is_expired_by_a_later_pass() -> None:
    house = House()
    change = house.proposed()
    house.clock.advance(change.expires_at - house.clock.now())
    listed = house.desk.open_rounds
    house.desk.open_rounds = lambda statuses: ()  # type: ignore[method-assign]
    assert house.reconcile() == Reconciled(open_chains=1)
    assert "decided" not in house.events(change)
    house.desk.open_rounds = listed  # type: ignore[method-assign]
    assert house.reconcile().expired == 1
