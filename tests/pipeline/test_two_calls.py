"""What if calls, crashes and other people meet in the middle of one round? (S6, S12, S19, S26)"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import APPROVER_ID
from tests.fakes.clock import NOW
from tests.fakes.people import FakeSigner
from tests.pipeline.house import House
from tests.pipeline.test_freeze import stop
from tests.pipeline.writes import (
    PUBLISH,
    UPDATE,
    an_aliased,
    carry_through,
)
from trimtab.domain.approval import Decision, DecisionWord, RoundStatus, SignedDecision
from trimtab.domain.errors import RetryableError
from trimtab.domain.freeze import FREEZE_CHAIN
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.plan import Limits
from trimtab.domain.remediation import Remediation
from trimtab.domain.slots import Slots, why_full
from trimtab.flows import decide, request
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.record import propose
from trimtab.pipeline.writing import TRAIL_WITHIN


@pytest.mark.parametrize("is_aliased", [False, True])
def test_s19_a_call_that_comes_while_another_writes_ends_nothing(*, is_aliased: bool) -> None:
    house = House()
    change = an_aliased(house) if is_aliased else house.approved()
    refused: list[str] = []

    def second() -> None:
        try:
            house.carry(change)
        except RetryableError as error:
            refused.append(str(error))

    house.functions.before_next(PUBLISH if is_aliased else UPDATE, second)
    assert carry_through(house, change).word is OutcomeWord.WRITTEN
    assert "another call is writing it" in refused[0]
    assert house.status(change) == "watching"


def test_s19_a_call_whose_lease_ran_out_ends_nothing_that_another_one_wrote() -> None:
    """It reads the function slowly; meanwhile the other call has begun, and died."""
    house = House()
    change = house.approved()

    def other() -> None:
        house.clock.advance(timedelta(minutes=5))
        house.functions.before_next(UPDATE, lambda: house.ledger.fail_next(RetryableError("dies")))
        with suppress(RetryableError):
            house.carry(change)

    house.functions.before_next("GetFunction", other)
    with pytest.raises(RetryableError, match="another call"):
        house.carry(change)
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.status(change) == "watching"


def test_s06_a_forward_call_whose_round_is_being_taken_back_writes_no_more() -> None:
    house = House()
    change = an_aliased(house)

    def undo_begins() -> None:
        house.desk.advance(
            change.change_id, 1, from_=[RoundStatus.APPLYING], to=RoundStatus.UNDOING
        )

    house.functions.before_next(PUBLISH, undo_begins)
    outcome = house.carry(change)
    assert (outcome.word, outcome.reason) == (OutcomeWord.NOT_WRITTEN, "round is undoing: done")
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert (house.functions.memory_mb("orders"), house.status(change)) == (3008, "not_written")


def test_s12_what_somebody_takes_back_in_the_middle_is_not_written_again() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.before_next(PUBLISH, lambda: house.functions.change("orders", MemorySize=3008))
    assert house.carry(change).word is OutcomeWord.UNKNOWN
    assert house.functions.calls[UPDATE] == 1
    assert (house.functions.memory_mb("orders"), house.status(change)) == (3008, "undo_stopped")


def test_s26_what_nobody_vouched_for_is_not_taken_back_by_itself() -> None:
    """Somebody set the very size we wanted; then everything is frozen."""
    house = House()
    change = house.approved()
    house.functions.before_next(UPDATE, lambda: house.functions.change("orders", MemorySize=2592))
    assert house.carry(change).word is OutcomeWord.WAITING
    stop(house)
    assert house.carry(change).word is OutcomeWord.WAITING
    house.clock.advance(TRAIL_WITHIN)
    assert house.carry(change).word is OutcomeWord.UNKNOWN
    assert (house.functions.memory_mb("orders"), house.status(change)) == (2592, "undo_stopped")


def test_s20_a_freeze_that_cannot_be_read_for_a_moment_ends_nothing() -> None:
    house = House()
    change = house.approved()
    entries, failed = house.ledger.entries, []

    def throttled(chain: str, **given: Any) -> Any:
        if chain == FREEZE_CHAIN and not failed:
            failed.append(chain)
            raise RetryableError("dynamodb:Query: throttled; try again later")
        return entries(chain, **given)

    house.ledger.entries = throttled  # type: ignore[method-assign]
    assert house.carry(change).word is OutcomeWord.WAITING
    assert house.status(change) == "approved"
    assert house.carry(change).word is OutcomeWord.WRITTEN


@pytest.mark.parametrize("after", ["watching", "undo_stopped"])
def test_s06_an_undo_that_died_between_its_move_and_its_entry_is_gone_on_with(after: str) -> None:
    house = House()
    change = house.applied()
    if after == "undo_stopped":
        house.functions.change("orders", MemorySize=2048)
        house.undo(change)
        house.functions.change("orders", MemorySize=2592)
    house.desk.before_next("advance", house.ledger.fail_next)
    with pytest.raises(RetryableError):
        house.undo(change)
    assert house.status(change) == "undoing"
    house.executions.undos.clear()
    assert house.reconcile().restarted == 1
    assert house.executions.undos == [(change.change_id, 1)]
    assert house.undo(change).word is OutcomeWord.WRITTEN


def test_s06_a_second_undo_is_on_record_as_such() -> None:
    house = House()
    change = house.applied()
    house.functions.change("orders", MemorySize=2048)
    house.undo(change)
    house.functions.change("orders", MemorySize=2592)
    house.functions.fail_always(UPDATE, "ThrottlingException")
    with pytest.raises(RetryableError):
        house.undo(change)
    assert house.events(change).count("undo_intended") == 2
    assert read_round(house.ledger, change.change_id, 1).status is RoundStatus.UNDOING


def test_s05_somebody_elses_update_in_progress_during_the_trial_is_waited_for() -> None:
    house = House()
    change = house.approved()
    house.functions.fail_next("TryUpdateFunctionConfiguration", "ResourceConflictException")
    with pytest.raises(RetryableError, match="in progress"):
        house.carry(change)
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_s06_an_outside_error_on_giving_the_lease_back_changes_no_answer() -> None:
    house = House()
    change = house.approved()
    house.desk.fail_next("let_go", RetryableError("throttled"))
    assert house.carry(change).word is OutcomeWord.WRITTEN


def decided(house: House, change: Remediation, token: str) -> SignedDecision:
    decision = Decision(
        change_id=change.change_id,
        round=1,
        word=DecisionWord.APPROVED,
        approver=APPROVER_ID,
        auth="link",
        reason=None,
        decided_at=house.clock.now(),
        token_hash=token,
    )
    signature, key_id = FakeSigner().sign(decision.message())
    return SignedDecision(decision=decision, signature=signature, key_id=key_id)


def test_s04_a_yes_given_in_time_outlives_a_crash_and_the_deadline() -> None:
    house = House()
    change = house.proposed()
    token = house.link(change)
    house.clock.advance(change.expires_at - house.clock.now() - timedelta(seconds=1))
    house.desk.decide(decided(house, change, token))
    house.desk.open_rounds = lambda statuses: ()  # type: ignore[method-assign,assignment]
    house.clock.advance(timedelta(seconds=2))
    done = house.reconcile()
    assert (done.expired, house.status(change)) == (0, "approved")
    assert house.events(change)[-1] == "decided"


@pytest.mark.parametrize("button", ["approve", "reject"])
def test_s03_a_clock_behind_the_planners_takes_a_decision_whole(button: str) -> None:
    house = House()
    change = house.proposed()
    house.link(change, token="t" * 43)
    request.request(change.change_id, 1, task_token="task", bench=house.request_bench())
    house.clock.advance(-timedelta(seconds=1))
    form = {"nonce": "n", "decision": button, "reason": "no"}
    decide.decide("t" * 43, form, cookie="n", bench=house.decide_bench())
    assert house.events(change)[-1] == "decided"
    entered = house.ledger.entries(f"change#{change.change_id}")[-1]
    assert entered.data["signed"]["decision"]["decided_at"] >= change.planned_at.isoformat()[:19]


def test_s25_a_no_is_remembered_in_the_write_that_takes_it() -> None:
    house = House()
    change = house.proposed()
    house.link(change, token="t" * 43)
    house.ledger.fail_next(RetryableError("crashed on purpose"))
    form = {"nonce": "n", "decision": "reject", "reason": "no"}
    with pytest.raises(RetryableError):
        decide.decide("t" * 43, form, cookie="n", bench=house.decide_bench())
    memory = house.desk._memories[change.finding_id]
    assert memory["refused"] == {change.change_id}


def test_s19_a_later_round_is_not_opened_while_an_earlier_one_is_open_on_record() -> None:
    house = House()
    change = house.proposed()
    house.desk._locks.clear()
    later = replace(change, round=2, run_id="run-2")
    opened, refused = propose([later], house.desk, house.ledger, at=house.clock.now())
    assert opened == ()
    assert "round 1 of it is open on record" in refused[change.change_id]
    assert list(house.desk._rounds) == [(change.change_id, 1)]


def test_s27_a_slot_taken_yesterday_counts_again_today() -> None:
    limits = Limits(
        per_run=5,
        share_of_read=1.0,
        per_account=5,
        unverified=9,
        unverified_per_account=9,
        per_day=1,
    )
    slots = Slots().taken("a", "1", now=NOW).taken("b", "1", now=NOW + timedelta(hours=25))
    later = NOW + timedelta(hours=26)
    assert why_full(slots, "a", "1", limits, now=later) is not None
    assert why_full(slots, "b", "1", limits, now=later) is None
