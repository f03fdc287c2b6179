"""Does everybody who answered hear how it ended, and does nobody's address hold it up? (S6)"""

from datetime import timedelta

import pytest

from tests.pipeline.house import House
from tests.pipeline.test_freeze import ALARM
from tests.pipeline.test_verify import SETTLE, a_watched, tell_bench
from trimtab.domain.errors import AccessDeniedError, PermanentError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.flows.reconcile import TOLD_WITHIN, Reconciled
from trimtab.flows.tell import tell_ended
from trimtab.flows.watch import watch

REFUSED = PermanentError("ses: MessageRejected: the address is on the suppression list")


def stale() -> tuple[House, Remediation]:
    house = House()
    change = house.approved()
    house.functions.change("orders", Timeout=31)
    assert house.carry(change).word is OutcomeWord.STALE
    return house, change


def tell(house: House, change: Remediation) -> int:
    return tell_ended(change.change_id, change.round, tell_bench(house))


def test_s06_an_end_stays_open_until_everybody_was_told() -> None:
    house, change = stale()
    assert list(house.ledger.open_chains()) == [f"change#{change.change_id}"]
    assert tell(house, change) > 0
    assert house.events(change)[-1] == "everybody_told"
    assert list(house.ledger.open_chains()) == []
    assert (tell(house, change), house.reconcile()) == (0, Reconciled())


def test_s06_an_end_that_nobody_told_is_told_by_another_execution() -> None:
    house, change = stale()
    assert house.reconcile().restarted == 0, "its own execution is telling"
    house.clock.advance(TOLD_WITHIN)
    assert house.reconcile().restarted == 1
    assert house.executions.forwards == [(change.change_id, 1)]
    assert house.carry(change).word is OutcomeWord.STALE
    assert tell(house, change) > 0


def test_s06_an_untold_end_that_the_state_table_lost_is_put_back_with_its_reason() -> None:
    house, change = stale()
    why = house.round(change).note
    house.desk.lose(change)
    house.clock.advance(TOLD_WITHIN)
    assert house.reconcile().restored == 1
    assert (house.status(change), house.round(change).note) == ("stale", why)
    assert house.desk.lock_of(str(change.function)) is None


def test_s06_an_address_that_is_refused_for_ever_holds_up_nothing() -> None:
    house, change = stale()
    house.mailer.fail_next(REFUSED)
    tell(house, change)
    assert house.events(change)[-2:] == ["not_told", "everybody_told"]
    assert tell(house, change) == 0


def test_s06_an_address_that_is_refused_for_ever_keeps_no_watch_open() -> None:
    house = House()
    change = a_watched(house)
    house.clock.advance(SETTLE + timedelta(days=3))
    house.mailer.fail_next(REFUSED)
    watch(house.verify_bench(), tell_bench(house), ALARM)
    assert "not_told" in house.events(change)
    assert house.desk.lock_of(str(change.function)) is None


def test_s06_a_role_that_may_not_send_is_tried_again_once_it_may() -> None:
    house, change = stale()
    house.mailer.fail_next(AccessDeniedError("ses:SendEmail: AccessDenied"))
    with pytest.raises(AccessDeniedError):
        tell(house, change)
    assert "not_told" not in house.events(change)
    assert tell(house, change) > 0


def test_s06_a_change_nobody_was_asked_about_is_a_problem() -> None:
    house = House()
    change = house.proposed()
    assert house.reconcile().problems == ()
    house.clock.advance(timedelta(hours=1))
    (problem,) = house.reconcile().problems
    assert "nobody was asked" in problem
    assert change.run_id in problem


def test_s06_who_is_called_hears_it_and_the_change_stays_open() -> None:
    house = House()
    change = house.applied()
    house.functions.change("orders", MemorySize=2048)
    house.undo(change)
    assert house.reconcile().restarted == 0
    house.clock.advance(TOLD_WITHIN)
    assert house.reconcile().restarted == 1
    assert house.executions.forwards == [(change.change_id, 1)]
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.status(change) == "undo_stopped"
    assert tell(house, change) > 0
    assert house.reconcile().restarted == 0
    assert house.events(change)[-1] == "told"
    assert list(house.ledger.open_chains()) == [f"change#{change.change_id}"]
