"""Does a click decide once, a look never, and silence mean no? (S2, S3, S4, S6)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import APPROVER_ID
from tests.pipeline.house import House, a_bundle, a_window
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    RetryableError,
)
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import Remediation
from trimtab.flows import decide, request
from trimtab.flows.reconcile import Reconciled

TOKEN = "t" * 43


NONCE = "nonce-1"


def linked(house: House) -> Remediation:
    """Propose a change and issue its link."""
    change = house.proposed()
    house.link(change, token=TOKEN)
    return change


def post(house: House, *, cookie: str | None = NONCE, token: str = TOKEN, **form: str) -> Any:
    given = {"nonce": NONCE, "decision": "approve"} | form
    return decide.decide(token, given, cookie=cookie, bench=house.decide_bench())


def test_an_approval_is_decided_signed_and_on_record() -> None:
    house = House()
    change = linked(house)
    seen, just_now = post(house, reason="  fine  ")
    assert just_now
    assert seen.round.status is RoundStatus.APPROVED
    decision = seen.round.decision
    assert decision is not None
    assert decision.signature
    assert (decision.decision.approver, decision.decision.auth) == (APPROVER_ID, "link")
    assert decision.decision.reason == "fine"
    assert house.events(change) == ["proposed", "opened", "link_issued", "decided"]


def test_s02_looking_changes_nothing() -> None:
    house = House()
    change = linked(house)
    before = house.everything_stored()
    for _ in range(3):
        seen = decide.look(TOKEN, desk=house.desk, ledger=house.ledger, now=house.clock.now())
        assert (seen.is_decided, seen.is_expired) == (False, False)
    assert house.everything_stored() == before
    assert house.status(change) == "proposed"


@pytest.mark.parametrize("token", ["", "unknown", "t" * 42, "T" * 43, "t" * 101])
def test_s02_an_unknown_token_leads_nowhere(token: str) -> None:
    house = House()
    change = linked(house)
    with pytest.raises(NotFoundError):
        post(house, token=token)
    assert house.status(change) == "proposed"


WRONG_FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("no cookie", {"cookie": None}, "out of date"),
    ("empty cookie", {"cookie": ""}, "out of date"),
    ("another cookie", {"cookie": "other"}, "out of date"),
    ("another nonce", {"nonce": "other"}, "out of date"),
    ("no nonce", {"nonce": ""}, "out of date"),
    ("a nonce that is not ASCII", {"nonce": "nönce"}, "out of date"),
    ("no decision", {"decision": ""}, "choose approve or reject"),
    ("another decision", {"decision": "approved"}, "choose approve or reject"),
    ("a no without a reason", {"decision": "reject"}, "say why"),
    ("a no with an empty reason", {"decision": "reject", "reason": "  "}, "say why"),
    ("a reason too long", {"reason": "x" * 501}, "longer than 500"),
]


@pytest.mark.parametrize(
    ("form", "says"), [row[1:] for row in WRONG_FORMS], ids=[row[0] for row in WRONG_FORMS]
)
def test_s02_a_form_that_is_not_whole_decides_nothing(form: dict[str, Any], says: str) -> None:
    house = House()
    change = linked(house)
    with pytest.raises(InputError, match=says):
        post(house, **form)
    assert house.status(change) == "proposed"
    assert house.events(change) == ["proposed", "opened", "link_issued"]


def test_a_reason_of_exactly_the_longest_length_is_taken() -> None:
    house = House()
    linked(house)
    seen, _ = post(house, decision="reject", reason="x" * 500)
    assert seen.round.status is RoundStatus.REJECTED


def test_s03_a_replayed_form_is_told_what_was_decided() -> None:
    house = House()
    change = linked(house)
    post(house, decision="reject", reason="not now")
    seen, just_now = post(house)
    assert not just_now
    assert seen.round.status is RoundStatus.REJECTED
    assert house.events(change).count("decided") == 1


def test_s03_of_two_answers_at_once_one_counts_and_the_other_is_told() -> None:
    house = House()
    change = linked(house)
    house.desk.before_next("decide", lambda: post(house, decision="reject", reason="no"))
    seen, just_now = post(house, decision="approve")
    assert not just_now
    assert seen.round.status is RoundStatus.REJECTED
    assert house.events(change).count("decided") == 1
    assert house.desk.lock_of(str(change.function)) is None


def test_s03_the_desk_itself_refuses_a_second_decision() -> None:
    house = House()
    change = linked(house)
    house.answer(change)
    with pytest.raises(ConflictError):
        house.answer(change, DecisionWord.REJECTED)


@pytest.mark.parametrize(("seconds", "decides"), [(-1, True), (0, False), (1, False)])
def test_s04_an_answer_counts_until_just_before_the_expiry(seconds: int, decides: bool) -> None:
    house = House()
    change = linked(house)
    house.clock.advance(change.expires_at - house.clock.now() + timedelta(seconds=seconds))
    seen, just_now = post(house)
    assert just_now is decides
    assert seen.is_expired is not decides
    assert (house.status(change) == "approved") is decides


def test_s06_an_answer_whose_record_failed_is_put_on_record_later() -> None:
    house = House()
    change = linked(house)
    house.desk.await_decision(change.change_id, 1, task_token="task")
    house.ledger.fail_next()
    with pytest.raises(RetryableError):
        post(house)
    assert house.status(change) == "approved"
    assert sweep(house) == Reconciled(expired=0, told=1)
    assert house.events(change) == ["proposed", "opened", "link_issued", "decided"]
    assert house.executions.signals == [("task", {"decision": "approved"})]


def sweep(house: House) -> Reconciled:
    """Reconcile while every execution runs; leave out what is open."""
    rounds = house.desk.open_rounds(tuple(RoundStatus))
    house.executions.running = {r.remediation.execution_name for r in rounds}
    return replace(house.reconcile(), open_chains=0)


def test_s04_a_round_nobody_answered_in_time_is_expired_by_the_clock() -> None:
    house = House()
    change = linked(house)
    house.desk.await_decision(change.change_id, 1, task_token="task")
    assert sweep(house) == Reconciled(expired=0, told=0)
    house.clock.advance(timedelta(hours=72))
    assert sweep(house) == Reconciled(expired=1, told=1)
    record = house.round(change)
    assert record.status is RoundStatus.EXPIRED
    assert record.decision is not None
    assert (record.decision.decision.approver, record.decision.signature) == ("clock", "")
    assert house.executions.signals == [("task", {"decision": "expired"})]
    assert house.desk.lock_of(str(change.function)) is None
    assert sweep(house) == Reconciled(expired=0, told=0)
    assert house.events(change).count("decided") == 1


def test_s04_a_person_who_answers_in_the_last_moment_beats_the_clock() -> None:
    house = House()
    change = linked(house)
    record = house.round(change)
    house.clock.advance(timedelta(hours=72))
    decided_at = change.expires_at - timedelta(seconds=1)
    house.desk.before_next("decide", lambda: house.answer(change, decided_at=decided_at))
    after = decide.expire(record, house.desk, now=house.clock.now())
    assert after.status is RoundStatus.APPROVED


def test_a_no_lets_the_function_rest() -> None:
    house = House()
    change = linked(house)
    post(house, decision="reject", reason="not now")
    counts, opened = house.run("run-2")
    assert (counts.cooling_down, opened) == (1, ())
    assert change.finding_id in house.desk._memories


def test_s06_a_waiting_execution_that_was_not_told_is_told_later() -> None:
    house = House()
    change = linked(house)
    house.desk.await_decision(change.change_id, 1, task_token="task")
    house.executions.fail_next(RetryableError("states on purpose"))
    with pytest.raises(RetryableError):
        post(house)
    assert not house.round(change).signalled
    assert sweep(house).told == 1
    assert house.round(change).signalled
    assert sweep(house).told == 0


def test_a_decision_without_a_waiting_execution_is_on_record_and_told_when_one_waits() -> None:
    house = House()
    change = linked(house)
    post(house)
    assert house.executions.signals == []
    bench = house.request_bench()
    request.request(change.change_id, 1, task_token="task", bench=bench)
    assert house.executions.signals == [("task", {"decision": "approved"})]


def test_an_execution_that_waits_is_told_when_it_is_decided() -> None:
    house = House()
    change = linked(house)
    request.request(change.change_id, 1, task_token="task", bench=house.request_bench())
    assert house.executions.signals == []
    post(house)
    assert house.executions.signals == [("task", {"decision": "approved"})]


def test_s06_an_execution_that_is_gone_stops_nobody() -> None:
    house = House()
    change = linked(house)
    request.request(change.change_id, 1, task_token="task", bench=house.request_bench())
    house.executions.stop_waiting("task")
    post(house)
    assert house.round(change).signalled
    assert house.status(change) == "approved"


def test_a_round_that_is_not_there_is_not_found() -> None:
    house = House()
    with pytest.raises(NotFoundError):
        request.request("nothing", 1, task_token="task", bench=house.request_bench())
    with pytest.raises(NotFoundError):
        request.outcome_of("nothing", 1, bench=house.request_bench())


def outcome(house: House, change: Remediation) -> tuple[str | None, int]:
    answer = request.outcome_of(change.change_id, change.round, bench=house.request_bench())
    return (None if answer.word is None else answer.word.value), answer.wait_s


def test_the_record_says_what_was_decided() -> None:
    house = House()
    change = linked(house)
    assert outcome(house, change) == (None, 0)
    post(house)
    assert outcome(house, change) == ("approved", 0)


def test_the_record_says_a_rejection() -> None:
    house = House()
    change = linked(house)
    post(house, decision="reject", reason="no")
    assert outcome(house, change) == ("rejected", 0)


def test_s04_after_the_deadline_the_record_says_expired() -> None:
    house = House()
    change = linked(house)
    house.clock.advance(timedelta(hours=72))
    assert outcome(house, change) == ("expired", 0)
    assert house.events(change) == ["proposed", "opened", "link_issued", "decided"]


def test_s06_a_decision_missing_in_the_ledger_is_entered_when_it_is_read() -> None:
    house = House()
    change = linked(house)
    house.ledger.fail_next()
    with pytest.raises(RetryableError):
        post(house)
    assert outcome(house, change)[0] == "approved"
    assert house.events(change) == ["proposed", "opened", "link_issued", "decided"]


def test_an_approved_change_waits_until_its_window_opens() -> None:
    house = House(a_bundle(window=a_window()))
    change = linked(house)
    post(house)
    assert outcome(house, change) == ("approved", 0)
    house.clock.advance(timedelta(hours=8, microseconds=1))
    assert outcome(house, change) == ("approved", 15 * 3600)


def test_entering_a_round_without_a_decision_enters_nothing() -> None:
    house = House()
    change = linked(house)
    decide.enter(house.round(change), house.decide_bench(), at=house.clock.now())
    assert house.events(change) == ["proposed", "opened", "link_issued"]


def test_s01_a_decision_is_on_the_chain_of_its_own_change() -> None:
    house = House()
    change = linked(house)
    post(house)
    entry = house.ledger.entries(change_chain(change.change_id))[-1]
    assert entry.data["signed"]["decision"]["change_id"] == change.change_id
    assert entry.actor == APPROVER_ID
