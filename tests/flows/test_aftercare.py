"""Is a closed change looked after for two weeks, reported once, and never fought? (S12, S25)"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.pipeline.house import House
from tests.pipeline.test_reverted import allowed, found_again, redeploy, verified
from tests.pipeline.test_verify import SETTLE, WATCH, a_watched, tell_bench, verify
from tests.pipeline.writes import an_aliased, carry_through
from trimtab.domain.errors import NotFoundError, RetryableError
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import Remediation
from trimtab.flows import aftercare as stage
from trimtab.flows.aftercare import REVERTED_LATER, Aftercare, aftercare

HOUR = timedelta(hours=1)


def bench_of(house: House) -> stage.Bench:
    return stage.Bench(fleet=house.fleet, tell=tell_bench(house), executions=house.executions)


def a_day(house: House) -> Aftercare:
    """Go through one day, hour by hour."""
    done = Aftercare()
    for _ in range(24):
        house.clock.advance(HOUR)
        done = done.plus(aftercare(bench_of(house)))
    return done


def at_its_hour(house: House, change: Remediation) -> None:
    """Move on to the hour of the day in which the change is looked at."""
    ended = stage._Ended(
        change_id=change.change_id, number=change.round, function="", at=house.clock.now()
    )
    while house.clock.now().hour != ended.slot:
        house.clock.advance(HOUR)


def entry_of(house: House, change: Remediation) -> Any:
    entries = house.ledger.entries(change_chain(change.change_id))
    (found,) = [e for e in entries if e.event == REVERTED_LATER]
    return found


def test_a_change_that_is_still_there_is_looked_at_once_a_day_for_two_weeks() -> None:
    house = House()
    change = verified(house)
    days = [a_day(house).looked for _ in range(16)]
    assert set(days[:13]) == {1}
    assert days[14:] == [0, 0]
    assert house.status(change) == "verified"
    assert house.events(change)[-1] == "watch_healthy", "what is as it should be leaves no entry"
    assert house.mailer.sent == []


def test_s12_a_change_undone_within_two_weeks_is_recorded_told_and_left_alone() -> None:
    house = House()
    change = verified(house)
    writes = house.writes()
    redeploy(house)
    done = a_day(house)
    assert (done.looked, done.reverted, done.gaps) == (1, (change.execution_name,), ())
    entry = entry_of(house, change)
    assert entry.actor == "trimtab-aftercare"
    assert entry.data["reason"] == "its memory is 3008 MB, not the 2592 MB that were applied"
    assert house.status(change) == "reverted"
    assert [e.subject for e in house.mailer.sent] == ["reverted"]
    assert "its memory is 3008 MB" in house.mailer.sent[0].reference
    assert house.executions.undos == []
    assert house.writes() == writes, "nobody is fought"
    assert a_day(house) == Aftercare(), "once is enough"
    assert house.events(change)[-2:] == [REVERTED_LATER, "told"]


def test_s12_who_wrote_it_is_told_where_cloudtrail_knows_and_is_inert() -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    house.cloud[TARGET].trail.put(
        "UpdateFunctionConfiguration20150331v2",
        at=house.clock.now(),
        username="ci https://evil.example/<b>",
        function="orders",
    )
    a_day(house)
    data = entry_of(house, change).data
    assert data["by"] == "ci_https___evil_example__b_"
    assert data["event"] == "UpdateFunctionConfiguration"
    note = house.mailer.sent[0].reference
    assert "; last written by ci_https___evil_example__b_ (UpdateFunctionConfiguration, 2" in note


def test_s12_a_trail_that_cannot_be_read_keeps_nothing_back() -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    house.cloud[TARGET].trail.fail_always("LookupEvents", "AccessDeniedException")
    assert a_day(house).reverted == (change.execution_name,)
    assert "by" not in entry_of(house, change).data


def test_s12_a_trail_that_shows_no_write_names_nobody() -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    house.cloud[TARGET].trail._events.clear()
    a_day(house)
    assert set(entry_of(house, change).data) == {"round", "reason"}


def test_s12_an_alias_moved_back_is_found_too() -> None:
    house = House()
    change = an_aliased(house)
    carry_through(house, change)
    house.clock.advance(SETTLE + WATCH * 4)
    verify(house.verify_bench())
    assert house.status(change) == "unproven"
    house.functions.alias("orders", "live", "1")
    assert a_day(house).reverted == (change.execution_name,)
    assert "alias live serves version 1 again" in entry_of(house, change).data["reason"]


def test_s12_a_function_that_is_gone_is_on_record() -> None:
    house = House()
    change = verified(house)
    house.functions.remove("orders")
    assert a_day(house).reverted == (change.execution_name,)
    assert "the function is gone" in entry_of(house, change).data["reason"]


@pytest.mark.parametrize("how", ["function", "target"])
def test_s08_what_cannot_be_read_was_not_taken_back(how: str) -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    if how == "target":
        house.cloud.deny(TARGET)
    else:
        house.functions.fail_always("GetFunction", "AccessDeniedException")
    done = a_day(house)
    assert (done.looked, done.reverted) == (0, ())
    (gap,) = done.gaps
    assert (gap.what, gap.account) == ("aftercare", TARGET.account)
    assert house.status(change) == "verified"


def test_a_function_in_the_middle_of_a_deployment_is_looked_at_tomorrow() -> None:
    house = House()
    change = verified(house)
    house.functions.change("orders", MemorySize=3008, State="Pending")
    assert a_day(house).reverted == ()
    house.functions.change("orders", State="Active")
    assert a_day(house).reverted == (change.execution_name,)


def test_what_another_change_of_ours_has_overtaken_is_not_looked_at() -> None:
    house = House()
    change = verified(house)
    house.ledger.append(
        "change#later",
        event="intended",
        actor="trimtab-apply",
        data={"round": 1},
        at=house.clock.now() + HOUR,
        function=str(change.function),
    )
    redeploy(house)
    assert a_day(house) == Aftercare()


def test_what_we_took_back_ourselves_is_no_reversal() -> None:
    house = House()
    change = verified(house)
    house.undo(change)
    assert house.status(change) == "undone"
    assert a_day(house) == Aftercare()


def test_s06_without_time_a_change_is_left_for_tomorrow() -> None:
    house = House()
    change = verified(house)
    at_its_hour(house, change)
    house.clock.leave(stage.STOP_BEFORE - timedelta(seconds=1))
    assert aftercare(bench_of(house)) == Aftercare(left=1)


STEPS = [
    ("ledger", "append", True),
    ("ledger", "append", False),
    ("desk", "remember", False),
    ("desk", "advance", True),
    ("desk", "advance", False),
    ("mailer", "send", False),
]


@pytest.mark.parametrize(("part", "method", "landed"), STEPS)
def test_s06_a_crash_anywhere_is_mended_the_next_day(part: str, method: str, landed: bool) -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    error = RetryableError("on purpose")
    if part == "ledger":
        house.ledger.fail_next(error, after_landing=landed)
    elif part == "desk":
        house.desk.fail_next(method, error, after_landing=landed)
    else:
        house.mailer.fail_next(error)
    done = a_day(house)
    assert len(done.gaps) == 1
    assert a_day(house).gaps == ()
    assert house.status(change) == "reverted"
    assert house.events(change).count(REVERTED_LATER) == 1
    assert len(house.mailer.sent) == 1
    assert a_day(house) == Aftercare()


def test_s06_what_was_found_on_the_last_day_is_still_told_after_it() -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    at_its_hour(house, change)
    house.clock.advance(timedelta(days=13))
    house.mailer.fail_next(RetryableError("on purpose"))
    aftercare(bench_of(house))
    assert (house.mailer.sent, house.events(change)[-1]) == ([], REVERTED_LATER)
    house.clock.advance(timedelta(days=1))
    assert aftercare(bench_of(house)).reverted == (change.execution_name,)
    assert len(house.mailer.sent) == 1


@pytest.mark.parametrize("how", ["lost", "garbled"])
def test_s06_a_round_that_the_state_table_lost_is_told_all_the_same(how: str) -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    (house.desk.lose if how == "lost" else house.desk.garble)(change)
    assert a_day(house).reverted == (change.execution_name,)
    assert len(house.mailer.sent) == 1


def test_s17_a_chain_that_is_not_whole_is_a_gap() -> None:
    house = House()
    change = verified(house)
    chain = change_chain(change.change_id)
    entries = house.ledger.entries(chain)
    altered = replace(entries[0], data=dict(entries[0].data) | {"round": 7})
    house.ledger.replace(chain, (altered, *entries[1:]))
    done = a_day(house)
    (gap,) = done.gaps
    assert change.change_id in gap.what
    assert done.looked == 0


def test_s12_another_size_is_not_proposed_either_until_a_person_says_so() -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    a_day(house)
    house.functions.change("orders", CodeSha256="another release of theirs")
    disposition, reason = found_again(house, change, "run-2")
    assert disposition == "ticketed"
    assert change.change_id in reason
    allowed(house, change)
    a_day(house)
    _, (again,) = house.run("run-3")
    assert again.function == change.function


def test_s25_what_a_person_lifted_is_not_remembered_again() -> None:
    house = House()
    change = verified(house)
    redeploy(house)
    house.mailer.fail_next(RetryableError("on purpose"))
    a_day(house)
    allowed(house, change)
    assert a_day(house).reverted == (change.execution_name,)
    assert house.desk._memories[change.finding_id]["reverted"] == set()


def test_a_reversal_in_the_watch_holds_back_every_size_too() -> None:
    house = House()
    change = a_watched(house)
    redeploy(house)
    house.clock.advance(SETTLE + WATCH)
    verify(house.verify_bench())
    assert house.desk._memories[change.finding_id]["reverted"] == {change.change_id}


def test_who_is_not_on_record_any_more_is_no_error() -> None:
    with pytest.raises(NotFoundError):
        House().desk.round("nobody", 1)
    assert aftercare(bench_of(House())) == Aftercare()
