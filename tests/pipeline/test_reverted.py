"""What if somebody takes a change back? It is reported, told, and never fought (S12, S25)."""

from datetime import timedelta

import pytest

from tests.pipeline.house import House
from tests.pipeline.test_verify import (
    NOBODY,
    SETTLE,
    WATCH,
    a_watched,
    healths,
    tell_bench,
    verify,
)
from tests.pipeline.writes import (
    an_aliased,
    carry_through,
)
from trimtab.domain.approval import DecisionWord
from trimtab.domain.errors import ConflictError, NotFoundError
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Health
from trimtab.flows.freeze import EXPOSED, allow, exposed
from trimtab.flows.watch import watch


def redeploy(house: House, name: str = "orders", memory_mb: int = 3008) -> None:
    """Somebody's pipeline writes the old size again, as its template has it."""
    house.functions.change(name, MemorySize=memory_mb)


def verified(house: House) -> Remediation:
    change = a_watched(house)
    house.clock.advance(SETTLE + WATCH)
    assert healths(verify(house.verify_bench())) == [Health.HEALTHY]
    return change


def found_again(house: House, change: Remediation, run_id: str) -> tuple[str, str]:
    """Let the function rest, then scan it under the very same facts."""
    house.clock.advance(change.rests_for + timedelta(minutes=1))
    house.plant("orders", LastModified="2026-03-01T09:00:00.000+0000")
    house.run(run_id)
    return house.reasons(run_id)["orders"]


def allowed(house: House, change: Remediation) -> None:
    allow(
        change.change_id,
        by="ana",
        why="the template was mended",
        desk=house.desk,
        ledger=house.ledger,
        clock=house.clock,
    )


def test_s25_a_change_that_somebody_took_back_is_reported_told_and_left_alone() -> None:
    house = House()
    change = a_watched(house)
    redeploy(house)
    house.clock.advance(SETTLE + WATCH)
    seen = watch(house.verify_bench(), tell_bench(house), NOBODY)
    (found,) = seen.watched
    assert found.verification.health is Health.REVERTED
    (why,) = found.verification.comparisons
    assert why.why == "its memory is 3008 MB, not the 2592 MB that were applied"
    assert [e.subject for e in house.mailer.sent] == ["reverted"]
    assert (house.status(change), house.events(change)[-1]) == ("reverted", "told")
    assert house.executions.undos == []
    assert house.writes() == 1
    assert house.desk.lock_of(str(change.function)) is None
    assert watch(house.verify_bench(), tell_bench(house), NOBODY).watched == ()


def test_s12_an_alias_that_was_moved_back_is_a_change_taken_back() -> None:
    house = House()
    change = an_aliased(house)
    carry_through(house, change)
    house.functions.alias("orders", "live", "1")
    house.clock.advance(SETTLE + WATCH * 4)
    (seen,) = verify(house.verify_bench()).watched
    assert seen.verification.health is Health.REVERTED
    assert "alias live serves version 1 again" in seen.verification.comparisons[0].why


def test_s25_an_alias_that_went_on_to_a_newer_version_is_no_reversal() -> None:
    house = House()
    change = an_aliased(house)
    carry_through(house, change)
    house.functions.change("orders", Description="newer")
    house.functions.alias("orders", "live", house.functions.publish("orders"))
    house.clock.advance(SETTLE + WATCH * 4)
    (seen,) = verify(house.verify_bench()).watched
    assert seen.verification.health is Health.INSUFFICIENT_DATA


def test_s12_a_function_that_is_gone_ends_its_watch() -> None:
    house = House()
    change = a_watched(house)
    house.functions.remove("orders")
    house.clock.advance(SETTLE + WATCH)
    watch_pass = verify(house.verify_bench())
    assert (healths(watch_pass), watch_pass.gaps) == ([Health.REVERTED], ())
    assert "the function is gone" in watch_pass.watched[0].verification.comparisons[0].why
    assert house.status(change) == "reverted"


def test_s08_a_change_that_cannot_be_looked_at_is_not_called_healthy() -> None:
    house = House()
    change = a_watched(house)
    house.clock.advance(SETTLE + WATCH)
    house.functions.fail_next("GetFunction", "AccessDeniedException")
    watch_pass = verify(house.verify_bench())
    assert (watch_pass.watched, len(watch_pass.gaps)) == ((), 1)
    assert house.status(change) == "watching"
    assert healths(verify(house.verify_bench())) == [Health.HEALTHY]


@pytest.mark.parametrize("how", ["reverted", "verified"])
def test_s25_what_came_back_undone_is_ticketed_and_a_person_brings_it_back(how: str) -> None:
    house = House()
    if how == "verified":
        change = verified(house)
    else:
        change = a_watched(house)
        redeploy(house)
        house.clock.advance(SETTLE + WATCH)
        verify(house.verify_bench())
    assert house.status(change) == how
    disposition, reason = found_again(house, change, "run-2")
    assert disposition == "ticketed"
    assert f"what was applied here before ({change.change_id}) came back undone" in reason
    allowed(house, change)
    house.run("run-3")
    assert "came back undone" not in house.reasons("run-3")["orders"][1]


def test_s25_a_rejected_change_is_proposed_again_once_a_person_lifts_it() -> None:
    house = House()
    change = house.proposed()
    house.answer(change, DecisionWord.REJECTED)
    house.run("run-2")
    assert house.reasons("run-2")["orders"][0] == "cooling_down"
    house.clock.advance(change.rests_for)
    house.plant("orders", LastModified="2026-03-01T09:00:00.000+0000")
    house.run("run-3")
    disposition, reason = house.reasons("run-3")["orders"]
    assert (disposition, "trimtab allow" in reason) == ("held_back", True)
    allowed(house, change)
    _, (again,) = house.run("run-4")
    assert (again.change_id, again.round) == (change.change_id, 2)
    entry = house.ledger.entries(change_chain(change.change_id))
    (lifted,) = [e for e in entry if e.event == "allowed"]
    assert (lifted.actor, lifted.data["why"]) == ("ana", "the template was mended")


def test_s25_an_open_change_or_an_unknown_one_cannot_be_allowed() -> None:
    house = House()
    change = house.proposed()
    with pytest.raises(ConflictError, match="it is still open"):
        allowed(house, change)
    assert "allowed" not in house.events(change)
    with pytest.raises(NotFoundError, match="there is no change 'nobody'"):
        allow("nobody", by="ana", why="?", desk=house.desk, ledger=house.ledger, clock=house.clock)


def test_what_nothing_holds_back_needs_no_leave() -> None:
    house = House()
    change = house.approved()
    house.functions.change("orders", Timeout=31)
    house.carry(change)
    with pytest.raises(ConflictError, match="nothing holds it back"):
        allowed(house, change)
    assert "allowed" not in house.events(change)


def test_s20_a_hard_freeze_names_what_it_leaves_without_a_way_back() -> None:
    house = House()
    change = house.applied()
    other = house.opened(house.plant("other"), "run-2")
    house.answer(other)
    assert [r.remediation for r in exposed(house.desk)] == [change]
    assert all(status.is_open for status in EXPOSED)
