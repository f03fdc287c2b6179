"""Is what is provisioned changed as approved, and taken back in the order that hurts nobody? (S1,
S5-S7, S12, S13, S26)
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.failures import READ_TIMEOUT
from tests.pipeline.house import House
from tests.pipeline.provisioning import (
    ALIAS,
    NAME,
    actions,
    an_alias_house,
    applied,
    approved,
    carry_on,
    function_of,
    let_pass,
    level_of,
    silence,
)
from trimtab.domain.errors import RetryableError
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.provisioned_actions import schedule_of
from trimtab.domain.provisioned_week import level_at
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.flows.aftercare import KINDS

SCHEDULE = "schedule_provisioned_concurrency"
REDUCE = "reduce_provisioned_concurrency"
REMOVE = "remove_provisioned_concurrency"


def scaling(house: House) -> Any:
    return house.cloud[TARGET].scaling


def steps(house: House, change: Remediation, direction: Direction) -> list[str]:
    """Return the writes that were intended, by the name of their step, once each."""
    entries = house.ledger.entries(change_chain(change.change_id))
    found = [e for e in entries if e.event == f"{direction.value}_step_intended"]
    return [str(e.data["step"]["is"]) for e in found]


def test_s13_nothing_moves_before_the_whole_schedule_is_there() -> None:
    house = an_alias_house()
    change = approved(house)
    seen: list[tuple[int, Any]] = []
    for _ in range(40):
        scaling(house).before_next(
            "PutScheduledAction",
            lambda: seen.append(
                (level_of(house), scaling(house).range_of(function_of(house), ALIAS))
            ),
        )
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert len(seen) > 1
    assert {level for level, _ in seen} == {12}
    made = steps(house, change, Direction.FORWARD)
    assert made[0] == made[-1] == "RegisterTarget"
    assert set(made[1:-1]) == {"PutAction"}
    assert (
        schedule_of(
            KINDS[change.kind] and _as_read(house, change)  # type: ignore[arg-type]
        )
        == change.provisioned.schedule
    )  # type: ignore[union-attr]


def _as_read(house: House, change: Remediation) -> Any:
    opened = house.workshop.open(
        change.function, session="test", actions=(), direction=Direction.UNDO, qualifier=ALIAS
    )
    state = opened.state()
    assert state.provisioned is not None
    target = state.provisioned[0].target
    assert target is not None
    return target.actions


def test_the_level_follows_the_schedule_for_a_week() -> None:
    house = an_alias_house()
    change = applied(house)
    assert change.provisioned is not None
    schedule = change.provisioned.schedule
    assert schedule is not None
    for _ in range(7 * 24):
        let_pass(house, house.clock.now() + timedelta(hours=1))
        assert level_of(house) == level_at(schedule, house.clock.now()).minimum


def test_s13_the_way_back_restores_the_level_before_it_stops_the_schedule() -> None:
    house = an_alias_house()
    change = applied(house)
    let_pass(house, house.clock.now() + timedelta(hours=12))
    assert level_of(house) < 12, "it is night"
    seen: list[int] = []
    for operation in ("DeleteScheduledAction", "DeregisterScalableTarget"):
        for _ in range(40):
            scaling(house).before_next(operation, lambda: seen.append(level_of(house)))
    assert carry_on(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    made = steps(house, change, Direction.UNDO)
    assert made[:3] == ["RegisterTarget", "RegisterTarget", "DeleteAction"]
    assert set(made[3:-1]) == {"DeleteAction"}
    assert made[-1] == "DeregisterTarget"
    assert set(seen) == {12}
    _assert_as_before(house, change)


def _assert_as_before(house: House, change: Remediation, level: int = 12) -> None:
    assert level_of(house) == level
    assert actions(house) == {}
    assert scaling(house).range_of(function_of(house), ALIAS) is None
    assert house.status(change) == "undone"
    assert house.desk.lock_of(str(change.function)) is None


def test_an_alias_without_any_is_scheduled_from_its_traffic_and_back_to_none() -> None:
    fields = "{min_saving_usd: 1, max_spillover: 100%, min_gain: 0%}"
    house = an_alias_house(fields=fields, level=0)
    change = applied(house)
    let_pass(house, house.clock.now() + timedelta(minutes=30))
    assert level_of(house) > 0
    assert carry_on(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, level=0)


@pytest.mark.parametrize(
    ("kind", "fields", "load", "level", "after"),
    [
        (REMOVE, "{}", silence, 5, 0),
        (REDUCE, "{min_saving_usd: 1}", lambda at: 2.0, 20, 6),
    ],
)
def test_one_level_is_one_call_each_way(
    kind: str, fields: str, load: Callable[[Any], float], level: int, after: int
) -> None:
    house = an_alias_house(kind, fields, of=load, level=level)
    change = applied(house)
    assert level_of(house) == after
    assert steps(house, change, Direction.FORWARD) == ["SetProvisioned"]
    assert carry_on(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    assert steps(house, change, Direction.UNDO) == ["SetProvisioned"]
    _assert_as_before(house, change, level)


FAILURES = (READ_TIMEOUT, "ThrottlingException")
FORWARD_CALLS = ("RegisterScalableTarget", "PutScheduledAction")
UNDO_CALLS = ("RegisterScalableTarget", "DeleteScheduledAction", "DeregisterScalableTarget")


def _break(house: House, operation: str, nth: int, code: str, landed: bool) -> None:
    """Let the nth real call fail: trials come first, and are left alone."""
    client = scaling(house)
    left = [nth]
    run = client.run

    def counting(name: str, work: Callable[[], Any]) -> Any:
        if name == operation:
            if left[0] == 0:
                client.fail_next(operation, code, after_landing=landed)
            left[0] -= 1
        return run(name, work)

    client.run = counting


@pytest.mark.parametrize("landed", [False, True], ids=["before landing", "after landing"])
@pytest.mark.parametrize("code", FAILURES)
@pytest.mark.parametrize("nth", [2, 3])
@pytest.mark.parametrize("operation", FORWARD_CALLS)
def test_s26_an_unclear_answer_on_the_way_ends_in_one_schedule(
    operation: str, nth: int, code: str, landed: bool
) -> None:
    house = an_alias_house()
    change = approved(house)
    _break(house, operation, nth, code, landed)
    assert carry_on(house, change, Direction.FORWARD).word is OutcomeWord.WRITTEN
    _assert_scheduled_once(house, change)


@pytest.mark.parametrize("landed", [False, True], ids=["before landing", "after landing"])
@pytest.mark.parametrize("code", FAILURES)
@pytest.mark.parametrize("nth", [0, 1])
@pytest.mark.parametrize("operation", UNDO_CALLS)
def test_s26_an_unclear_answer_on_the_way_back_ends_as_before(
    operation: str, nth: int, code: str, landed: bool
) -> None:
    house = an_alias_house()
    change = applied(house)
    let_pass(house, house.clock.now() + timedelta(hours=12))
    _break(house, operation, nth, code, landed)
    assert carry_on(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change)


def _fail_append(house: House, after: int, *, after_landing: bool) -> None:
    append, left = house.ledger.append, [after]

    def counting(*args: Any, **given: Any) -> Any:
        if left[0] == 0:
            house.ledger.fail_next(after_landing=after_landing)
        left[0] -= 1
        return append(*args, **given)

    house.ledger.append = counting  # type: ignore[method-assign]


@pytest.mark.parametrize("landed", [False, True], ids=["before landing", "after landing"])
@pytest.mark.parametrize("nth", range(0, 24, 4))
def test_s06_a_crash_at_any_entry_is_mended_by_calling_again(nth: int, landed: bool) -> None:
    house = an_alias_house()
    change = approved(house)
    _fail_append(house, nth, after_landing=landed)
    assert carry_on(house, change, Direction.FORWARD).word is OutcomeWord.WRITTEN
    _assert_scheduled_once(house, change)


@pytest.mark.parametrize("landed", [False, True], ids=["before landing", "after landing"])
@pytest.mark.parametrize("nth", range(0, 24, 4))
def test_s06_a_crash_on_the_way_back_is_mended_by_calling_again(nth: int, landed: bool) -> None:
    house = an_alias_house()
    change = applied(house)
    let_pass(house, house.clock.now() + timedelta(hours=12))
    _fail_append(house, nth, after_landing=landed)
    assert carry_on(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change)


def _assert_scheduled_once(house: House, change: Remediation) -> None:
    assert house.status(change) == "watching"
    assert schedule_of(_as_read(house, change)) == change.provisioned.schedule  # type: ignore[union-attr]
    events = house.events(change)
    assert events.count("intended") == events.count("applied") == 1
    again = house.carry(change)
    assert (again.word, again.reason) == (OutcomeWord.WRITTEN, "round is watching: done")


def test_an_allocation_that_does_not_end_in_time_is_waited_for_by_the_next_call() -> None:
    house = an_alias_house()
    change = applied(house)
    let_pass(house, house.clock.now() + timedelta(hours=12))
    house.functions.reads_to_allocate = 10_000
    with pytest.raises(RetryableError, match=r"still being allocated|not ready"):
        house.carry(change, Direction.UNDO)
    house.functions.reads_to_allocate = 1
    house.functions.allocate()
    assert carry_on(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change)


def test_s13_an_undo_that_lambda_cannot_allocate_calls_a_person() -> None:
    house = an_alias_house(REDUCE, "{min_saving_usd: 1}", of=lambda at: 2.0, level=20)
    change = applied(house)
    house.functions.allocate()
    house.functions.fail_allocation(NAME, ALIAS)
    outcome = carry_on(house, change, Direction.UNDO)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "Lambda could not allocate 20" in outcome.reason
    assert house.status(change) == "undo_stopped"
