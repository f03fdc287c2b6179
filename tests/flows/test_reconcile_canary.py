"""Does the reconciler finish what a crash left of a canary? (S6, S13)"""

from dataclasses import replace

from tests.flows.test_reconcile import on_canary
from tests.pipeline.house import House
from tests.pipeline.writes import tried
from trimtab.domain.approval import RoundStatus
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation


def canary_failed(house: House) -> Remediation:
    change = on_canary(house)
    tried(house, change, errors=5.0)
    house.watch_canaries()
    house.executions.undos.clear()
    return change


def test_s13_a_canary_that_failed_is_taken_back_though_its_undo_never_started() -> None:
    house = House()
    change = canary_failed(house)
    assert house.reconcile().restarted == 1
    house.carry(change)
    assert house.status(change) == "undone"


def test_s06_a_crash_between_the_entry_of_a_canary_and_the_state_table_is_finished() -> None:
    house = House()
    change = on_canary(house)
    house.desk.forge(replace(house.round(change), status=RoundStatus.APPLYING))
    assert house.reconcile().restored == 0
    assert house.carry(change).word is OutcomeWord.CANARY
    assert house.status(change) == "canary"
