"""Can a person let go of what can neither be finished nor taken back? (S13)"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.pipeline.house import House
from tests.pipeline.test_verify import SETTLE, a_watched, tell_bench, verify
from tests.pipeline.version_house import a_versioned_house, after_notice
from tests.pipeline.writes import a_canary
from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import ConflictError, NotFoundError, RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.flows.give_up import give_up
from trimtab.flows.reconcile import TOLD_WITHIN
from trimtab.flows.tell import tell_ended

WHY = "the account was closed"


def let_go(house: House, change_id: str) -> str:
    record = give_up(
        change_id, by="ana", why=WHY, desk=house.desk, ledger=house.ledger, clock=house.clock
    )
    return record.status.value


def stopped(house: House) -> Remediation:
    change = house.applied()
    house.functions.change("orders", MemorySize=2048)
    house.undo(change)
    return change


BEGUN: dict[str, Callable[[House], Remediation]] = {
    "undo_stopped": stopped,
    "watching": lambda house: house.applied(),
}


@pytest.mark.parametrize("stands", BEGUN)
def test_s13_what_is_given_up_frees_its_function_and_writes_nothing(stands: str) -> None:
    house = House()
    change = BEGUN[stands](house)
    writes, memory_mb = house.writes(), house.functions.memory_mb("orders")
    assert house.status(change) == stands
    assert let_go(house, change.change_id) == "given_up"
    assert house.events(change)[-1] == "given_up"
    assert house.desk.lock_of(str(change.function)) is None
    assert (house.writes(), house.functions.memory_mb("orders")) == (writes, memory_mb)
    assert verify(house.verify_bench()).watched == ()
    assert house.undo(change).word is OutcomeWord.NOT_WRITTEN
    assert house.writes() == writes
    assert tell_ended(change.change_id, 1, tell_bench(house)) > 0
    assert list(house.ledger.open_chains()) == []
    assert let_go(house, change.change_id) == "given_up"
    assert house.events(change).count("given_up") == 1


def test_s13_a_canary_is_taken_back_before_it_can_be_given_up() -> None:
    house = House()
    change = a_canary(house)
    with pytest.raises(ConflictError, match="is canary: a share of its traffic tries it"):
        let_go(house, change.change_id)
    assert house.status(change) == "canary"


def test_s06_what_was_given_up_on_record_only_is_ended_by_the_reconciler() -> None:
    house = House()
    change = stopped(house)
    house.desk.fail_next("advance", RetryableError("crashed on purpose"))
    with pytest.raises(RetryableError):
        let_go(house, change.change_id)
    assert house.status(change) == "undo_stopped"
    house.clock.advance(TOLD_WITHIN)
    done = house.reconcile()
    assert (done.restored, done.restarted, house.status(change)) == (1, 1, "given_up")
    house.clock.advance(timedelta(hours=1))
    house.reconcile()
    assert house.desk.lock_of(str(change.function)) is None


@pytest.mark.parametrize("stands", ["proposed", "approved", "stale"])
def test_what_was_never_written_is_not_given_up(stands: str) -> None:
    house = House()
    change = house.proposed() if stands == "proposed" else house.approved()
    if stands == "stale":
        house.functions.change("orders", Timeout=31)
        house.carry(change)
    with pytest.raises(ConflictError, match=stands):
        let_go(house, change.change_id)
    assert "given_up" not in house.events(change)


def test_an_unknown_change_is_not_given_up() -> None:
    with pytest.raises(NotFoundError, match="no change"):
        let_go(House(), "nonsense")


def test_s13_a_function_that_is_gone_leaves_nothing_to_take_back() -> None:
    house = House()
    change = a_watched(house, errors=5.0)
    house.clock.advance(SETTLE + timedelta(hours=3))
    verify(house.verify_bench())
    house.functions.remove("orders")
    assert "nothing is left" in house.undo(change).reason
    assert house.status(change) == "given_up"
    assert house.desk.lock_of(str(change.function)) is None


def test_s13_a_removal_of_versions_that_nobody_can_end_may_be_given_up() -> None:
    """Nothing is held by it: a function takes calls while its versions go."""
    house = a_versioned_house()
    change = after_notice(house)
    refuse_deletions(house)
    assert house.status(change) == "applying"
    assert let_go(house, change.change_id) == "given_up"


def refuse_deletions(house: House) -> None:
    """Let the call die at the first deletion."""

    def dying(**asked: str) -> None:
        raise KeyboardInterrupt

    house.functions.delete_function = dying
    (round_,) = house.desk.open_rounds((RoundStatus.NOTICE,))
    with pytest.raises(KeyboardInterrupt):
        house.carry(round_.remediation)
