"""What becomes of a proposal whose planner died, or was second? (S6, S19)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import a_remediation
from tests.fakes.clock import NOW
from tests.pipeline.house import House
from trimtab.domain.approval import DecisionWord
from trimtab.domain.errors import RetryableError
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import to_wire
from trimtab.flows.reconcile import ABANDONED_AFTER, Reconciled
from trimtab.pipeline.record import propose, record_change


def never_opened(house: House) -> Remediation:
    """The planner died between the entry and the round."""
    change = a_remediation(planned_at=NOW)
    house.desk.fail_next("propose", RetryableError("killed on purpose"))
    with pytest.raises(RetryableError):
        propose([change], house.desk, house.ledger, at=NOW)
    return change


def test_s06_a_proposal_that_was_never_opened_is_withdrawn_after_an_hour() -> None:
    house = House()
    change = never_opened(house)
    house.clock.advance(ABANDONED_AFTER - timedelta(seconds=1))
    assert house.reconcile() == Reconciled(open_chains=1)
    house.clock.advance(timedelta(seconds=1))
    assert house.reconcile() == Reconciled()
    assert house.events(change) == ["proposed", "withdrawn"]
    assert tuple(house.ledger.open_chains()) == ()
    assert house.reconcile() == Reconciled()
    opened, refused = propose([change], house.desk, house.ledger, at=house.clock.now())
    assert (opened, "withdrawn already" in refused[change.change_id]) == ((), True)


def test_s06_a_withdrawn_proposal_may_be_made_again_by_another_run() -> None:
    house = House()
    change = never_opened(house)
    house.clock.advance(ABANDONED_AFTER)
    house.reconcile()
    again = replace(change, run_id="run-2")
    assert propose([again], house.desk, house.ledger, at=house.clock.now())[0] == (again,)
    house.answer(again)
    assert house.reconcile().restarted == 1


def test_s06_an_opening_that_only_the_state_table_knows_is_entered() -> None:
    house = House()
    change = a_remediation(planned_at=NOW)
    house.desk.fail_next("propose", RetryableError("killed on purpose"), after_landing=True)
    with pytest.raises(RetryableError):
        propose([change], house.desk, house.ledger, at=NOW)
    assert house.events(change) == ["proposed"]
    done = house.reconcile()
    assert (done.problems, house.events(change)) == ((), ["proposed", "opened"])
    house.reconcile()
    assert house.events(change) == ["proposed", "opened"]


def test_s19_the_lock_of_a_proposal_that_may_yet_be_opened_stays() -> None:
    house = House()
    change = never_opened(house)
    house.desk._locks[str(change.function)] = change.execution_name
    assert house.reconcile().unlocked == 0


def test_a_proposal_opened_by_another_run_leaves_its_round_open() -> None:
    house = House()
    change = house.proposed()
    other = replace(change, run_id="run-2")
    propose([other], house.desk, house.ledger, at=house.clock.now())
    assert "withdrawn" in house.events(change)
    assert tuple(house.ledger.open_chains()) == (change_chain(change.change_id),)
    house.answer(change)
    assert house.reconcile().restarted == 1


def test_s17_a_proposal_only_in_the_ledger_of_another_round_is_not_entered_as_opened() -> None:
    """A row in the state table whose run proposed nothing on record stays unopened."""
    house = House()
    change = a_remediation(planned_at=NOW)
    house.desk.propose(change)
    record_change(
        house.ledger,
        change,
        "proposed",
        {"remediation": to_wire(replace(change, run_id="another"))},
        actor="trimtab-plan",
        at=NOW,
    )
    house.reconcile()
    assert "opened" not in house.events(change)


def test_s06_only_the_round_that_was_never_opened_is_withdrawn() -> None:
    house = House()
    first = a_remediation(planned_at=NOW)
    propose([first], house.desk, house.ledger, at=NOW)
    house.answer(first, DecisionWord.REJECTED)
    second = replace(first, round=2, run_id="run-2")
    house.desk.fail_next("propose", RetryableError("killed on purpose"))
    with pytest.raises(RetryableError):
        propose([second], house.desk, house.ledger, at=NOW)
    house.clock.advance(ABANDONED_AFTER)
    house.reconcile()
    chain = house.ledger.entries(change_chain(first.change_id))
    withdrawn = [(e.data["round"], e.data["run_id"]) for e in chain if e.event == "withdrawn"]
    assert withdrawn == [(2, "run-2")]
