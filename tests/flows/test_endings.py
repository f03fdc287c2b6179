"""Does every ending reach whatever waits for it, whatever crashed in between? (S4, S6, S13)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.pipeline.house import House
from tests.pipeline.test_verify import tell_bench
from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.flows import decide, request
from trimtab.flows.reconcile import Reconciled
from trimtab.flows.tell import tell_ended

TOKEN = "t" * 43


def reconciled(house: House) -> Reconciled:
    return house.reconcile()


def asked(house: House) -> Remediation:
    """Propose a change whose execution waits and whose link is out."""
    change = house.proposed()
    house.link(change, token=TOKEN)
    request.request(change.change_id, change.round, task_token="task", bench=house.request_bench())
    return change


def test_s06_a_rejection_that_crashed_before_the_ledger_is_finished_by_the_reconciler() -> None:
    house = House()
    change = asked(house)
    house.ledger.fail_next(RetryableError("crashed on purpose"))
    form = {"nonce": "n", "decision": "reject", "reason": "no"}
    with pytest.raises(RetryableError):
        decide.decide(TOKEN, form, cookie="n", bench=house.decide_bench())
    assert "decided" not in house.events(change)
    assert reconciled(house) == Reconciled(expired=0, told=1)
    assert house.events(change).count("decided") == 1
    assert house.executions.signals == [("task", {"decision": "rejected"})]
    assert reconciled(house) == Reconciled(expired=0, told=0)


def test_s04_an_expiry_is_told_once_the_execution_waits() -> None:
    house = House()
    change = house.proposed()
    house.clock.advance(timedelta(hours=73))
    assert reconciled(house) == Reconciled(expired=1, told=0)
    request.request(change.change_id, change.round, task_token="late", bench=house.request_bench())
    assert house.executions.signals == [("late", {"decision": "expired"})]
    assert reconciled(house) == Reconciled(expired=0, told=0)


def test_a_round_that_is_still_open_is_neither_a_yes_nor_a_no() -> None:
    house = House()
    change = asked(house)
    answer = request.outcome_of(change.change_id, change.round, bench=house.request_bench())
    assert (answer.word, answer.wait_s) == (None, 0)


def test_s01_a_round_that_ended_on_record_is_never_applied_again() -> None:
    """Somebody sets an undone round back to approved in the state table."""
    house = House()
    change = house.applied()
    house.undo(change)
    record = house.desk.round(change.change_id, change.round)
    house.desk.forge(replace(record, status=RoundStatus.APPROVED))
    writes = house.functions.calls["UpdateFunctionConfiguration"]
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "ended before as undone" in outcome.reason
    assert house.functions.calls["UpdateFunctionConfiguration"] == writes
    assert house.status(change) == "undone"


def test_s06_a_crash_between_the_entry_stale_and_the_state_table_stays_stale() -> None:
    house = House()
    change = house.approved()
    house.functions.change("orders", Timeout=31)
    house.desk.fail_next("advance", RetryableError("crashed on purpose"))
    with pytest.raises(RetryableError):
        house.carry(change)
    house.functions.change("orders", Timeout=30)
    assert house.carry(change).word is OutcomeWord.STALE
    assert house.status(change) == "stale"


def test_s13_a_foreign_change_before_our_first_write_is_stale_and_locks_nothing() -> None:
    house = House()
    change = house.approved()
    house.desk.before_next("advance", lambda: house.functions.change("orders", MemorySize=2048))
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert house.status(change) == "stale"
    assert house.functions.memory_mb("orders") == 2048


def test_s13_what_could_not_be_verified_is_not_written() -> None:
    house = House()
    change = house.approved()
    house.cloud[change.function.target].metrics.fail_next("GetMetricData", "AccessDenied")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "could not be verified" in outcome.reason
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "not_written"


def test_s06_an_end_whose_entry_a_crash_kept_out_is_entered_by_the_next_call() -> None:
    """The state table moved, the ledger did not take the entry."""
    house = House()
    change = house.approved()
    house.functions.change("orders", Timeout=31)
    house.desk.before_next("advance", house.ledger.fail_next)
    with pytest.raises(RetryableError):
        house.carry(change)
    assert (house.status(change), "stale" in house.events(change)) == ("stale", False)
    assert house.reconcile().restored == 0, "an end may be ahead of its entry"
    assert house.carry(change).word is OutcomeWord.STALE
    assert house.events(change).count("stale") == 1
    tell_ended(change.change_id, change.round, tell_bench(house))
    assert house.reconcile() == Reconciled()


def test_s06_an_end_that_only_the_state_table_knows_lets_nothing_begin_again() -> None:
    """The reason is gone by the next call; the round has ended all the same."""
    house = House()
    change = house.approved()
    house.cloud[change.function.target].metrics.fail_next("GetMetricData", "AccessDenied")
    house.desk.before_next("advance", house.ledger.fail_next)
    with pytest.raises(RetryableError):
        house.carry(change)
    assert house.status(change) == "not_written"
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert "intended" not in house.events(change)
