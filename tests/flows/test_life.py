"""Does a finding live on from run to run, and end only when something proves it? (S6, S8)"""

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, an_account
from tests.pipeline.house import OTHER_ACCOUNT, OTHER_REGION, House, a_bundle, the_bundle
from trimtab.domain.arn import Target
from trimtab.domain.errors import RetryableError
from trimtab.domain.life import (
    FindingLife,
    FindingStatus,
    LifeCounts,
    RunLife,
    TargetFindings,
)
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.flows.conclude import conclude
from trimtab.flows.life import GONE, keep_lives, moment_of, read_lives
from trimtab.policy.model import Selection

HOUR = timedelta(hours=1)


def lives(house: House, target: Target = TARGET) -> dict[str, FindingLife]:
    """Return what is remembered of a target, by function name."""
    stored = from_wire(TargetFindings, house.store.get(keys.lives(target)))
    return {f.function.name: f for f in stored.findings}


def life(house: House, name: str = "orders") -> FindingLife:
    return lives(house)[name]


def told(house: House, run_id: str) -> RunLife:
    return from_wire(RunLife, house.store.get(keys.life(run_id)))


def next_run(house: House, run_id: str) -> None:
    house.clock.advance(HOUR)
    house.use("orders")
    house.run(run_id)


def a_house() -> House:
    house = House()
    house.plant()
    house.run()
    return house


def test_a_finding_opens_and_is_still_there_under_the_same_id() -> None:
    house = a_house()
    first = life(house)
    assert first.status is FindingStatus.OPENED
    assert (first.runs_in_a_row, first.first_seen_at) == (1, first.last_seen_at)
    assert "memory.peak_ratio" in first.because
    next_run(house, "run-2")
    second = life(house)
    assert second.status is FindingStatus.STILL_THERE
    assert (second.id, second.first_seen_at) == (first.id, first.first_seen_at)
    assert (second.runs_in_a_row, second.last_seen_at - first.last_seen_at) == (2, HOUR)
    assert told(house, "run-1").counts == LifeCounts(opened=1)
    assert told(house, "run-2").counts == LifeCounts(still_there=1)
    assert [f.id for f in told(house, "run-1").moved] == [first.id]
    assert told(house, "run-2").moved == ()


def test_a_finding_is_resolved_by_a_compliant_answer_and_reopens_as_itself() -> None:
    house = a_house()
    first = life(house)
    house.functions.change("orders", MemorySize=128)
    next_run(house, "run-2")
    resolved = life(house)
    assert resolved.status is FindingStatus.RESOLVED
    assert (resolved.resolved_because, resolved.runs_in_a_row) == ("compliant", 0)
    assert resolved.resolved_at == house.parts("run-2")[0].as_of
    assert told(house, "run-2").counts == LifeCounts(resolved=1)
    next_run(house, "run-3")
    assert life(house) == resolved
    assert told(house, "run-3").counts == LifeCounts()
    house.functions.change("orders", MemorySize=3008)
    next_run(house, "run-4")
    again = life(house)
    assert again.status is FindingStatus.REOPENED
    assert (again.id, again.first_seen_at) == (first.id, first.first_seen_at)
    assert (again.runs_in_a_row, again.resolved_at, again.resolved_because) == (1, None, None)
    assert told(house, "run-4").counts == LifeCounts(reopened=1)


def test_a_finding_out_of_its_policys_scope_is_resolved_as_not_applicable() -> None:
    house = a_house()
    (policy,) = house.bundle.policies
    scope = replace(policy.scope, regions=Selection(include=(OTHER_REGION,)))
    house.bundle = a_bundle(scope=scope)
    next_run(house, "run-2")
    assert life(house).resolved_because == "not applicable"


def test_s08_insufficient_data_resolves_nothing_and_says_why() -> None:
    house = a_house()
    before = life(house)
    house.cloud[TARGET].metrics.spoil("Invocations", "PartialData", FunctionName="orders")
    next_run(house, "run-2")
    kept = life(house)
    assert kept.status is FindingStatus.STILL_THERE
    assert (kept.runs_in_a_row, kept.last_seen_at) == (0, before.last_seen_at)
    assert kept.unseen_because is not None
    assert kept.unseen_because.startswith("insufficient data: ")
    assert told(house, "run-2").counts == LifeCounts(unseen=1)
    house.cloud[TARGET].metrics.spoil("Invocations", "Complete", FunctionName="orders")
    next_run(house, "run-3")
    assert (life(house).unseen_because, life(house).runs_in_a_row) == (None, 1)
    assert life(house).status is FindingStatus.STILL_THERE


def test_s08_a_target_that_cannot_be_read_resolves_nothing() -> None:
    house = a_house()
    house.functions.remove("orders")
    house.cloud.deny(TARGET)
    next_run(house, "run-2")
    assert life(house).status is FindingStatus.STILL_THERE
    assert "gap: target: " in str(life(house).unseen_because)
    house.cloud.allow(TARGET)
    next_run(house, "run-3")
    assert life(house).resolved_because == GONE


def test_s08_a_gap_anywhere_in_the_target_keeps_a_function_from_being_gone() -> None:
    house = a_house()
    house.functions.remove("orders")
    house.plant("another")
    house.cloud[TARGET].tagging.fail_next("GetResources", "AccessDeniedException")
    next_run(house, "run-2")
    assert life(house).is_active
    assert "gap: " in str(life(house).unseen_because)


def test_s08_a_target_that_is_left_out_is_not_clean_either() -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    house.plant()
    house.run()
    house.accounts._accounts = (an_account(OTHER_ACCOUNT),)
    next_run(house, "run-2")
    assert life(house).unseen_because == "the run did not look at its target"
    assert told(house, "run-2").counts == LifeCounts(unseen=1)


def test_a_finding_of_a_removed_policy_is_resolved_for_that_reason_even_unseen() -> None:
    house = a_house()
    house.bundle = replace(house.bundle, policies=())
    house.cloud.deny(TARGET)
    next_run(house, "run-2")
    assert life(house).resolved_because == "its policy was removed"


def test_an_exempt_finding_is_there_and_says_until_when_it_is_suppressed() -> None:
    house = House()
    house.plant(tags={"trimtab:exempt": "memory-oversized:2026-11-30"})
    house.run()
    assert life(house).status is FindingStatus.OPENED
    assert life(house).suppressed_until == datetime.fromisoformat("2026-12-01T00:00:00+00:00")
    house.functions.change("orders", MemorySize=128)
    next_run(house, "run-2")
    assert life(house).suppressed_until is None


def test_s18_findings_of_one_name_in_two_accounts_live_apart() -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    other = Target(account=OTHER_ACCOUNT, region=TARGET.region)
    house.plant()
    house.plant(target=other)
    house.run()
    house.functions.change("orders", MemorySize=128)
    house.clock.advance(HOUR)
    house.use("orders", target=other)
    next_run(house, "run-2")
    assert not life(house).is_active
    assert lives(house, other)["orders"].is_active
    assert [t.target for t in read_lives(house.store)] == [TARGET, other]
    assert [t.target for t in read_lives(house.store, account=OTHER_ACCOUNT)] == [other]


def test_s06_a_second_delivery_of_a_run_changes_nothing_even_after_a_later_one() -> None:
    house = a_house()
    next_run(house, "run-2")
    before = house.everything_stored()
    conclude("run-2", house.conclude_bench())
    conclude("run-1", house.conclude_bench())
    assert house.everything_stored() == before


def test_s06_an_old_run_that_is_delivered_again_opens_no_ticket_of_long_ago() -> None:
    house = House()
    house.plant("orders", tags={"terraform": "true"})
    house.run()
    house.functions.change("orders", MemorySize=128)
    next_run(house, "run-2")
    conclude("run-1", house.conclude_bench())
    assert [message["action"] for message in house.queue.sent] == ["open", "close"]
    assert house.store.get(keys.OPEN_TICKETS) == {}
    assert house.store.get(keys.LATEST)["run_id"] == "run-2"


@pytest.mark.parametrize("nth", range(1, 15))
def test_s06_a_crash_between_any_two_calls_is_mended_by_calling_again(nth: int) -> None:
    house = a_house()
    house.plant("second")
    house.clock.advance(HOUR)
    house.scan("run-2")
    go_on = crash_at(house.store, nth)
    with contextlib.suppress(RetryableError):
        conclude("run-2", house.conclude_bench())
    go_on()
    conclude("run-2", house.conclude_bench())
    assert told(house, "run-2").counts == LifeCounts(opened=1, still_there=1)
    assert life(house).runs_in_a_row == 2
    assert house.store.get(keys.LATEST)["run_id"] == "run-2"


def crash_at(store: Any, nth: int) -> Any:
    """Let the nth call to the store fail; every other one of those has landed before it did.

    Returns what lets all later calls through.
    """
    left = [nth]

    def spoil(name: str) -> None:
        original = getattr(store, name)

        def counting(*args: Any, **given: Any) -> Any:
            left[0] -= 1
            if left[0] == 0 and nth % 2:
                raise RetryableError("on purpose")
            answer = original(*args, **given)
            if left[0] == 0:
                raise RetryableError("on purpose, after it landed")
            return answer

        setattr(store, name, counting)

    for name in ("put", "put_new", "put_over", "get_tagged", "keys"):
        spoil(name)
    return lambda: left.__setitem__(0, 0)


def test_s06_two_that_conclude_one_run_at_once_count_it_once() -> None:
    house = a_house()
    house.clock.advance(HOUR)
    house.scan("run-2")
    meanwhile(house, "put_over", lambda: conclude("run-2", house.conclude_bench()))
    conclude("run-2", house.conclude_bench())
    assert life(house).runs_in_a_row == 2
    assert told(house, "run-2").counts == LifeCounts(still_there=1)


def test_s06_of_two_runs_at_once_the_older_one_is_overtaken_and_says_so() -> None:
    house = a_house()
    house.clock.advance(HOUR)
    house.scan("run-2")
    house.clock.advance(HOUR)
    house.functions.change("orders", MemorySize=128)
    house.scan("run-3")
    meanwhile(house, "put_over", lambda: conclude("run-3", house.conclude_bench()))
    conclude("run-2", house.conclude_bench())
    assert life(house).resolved_because == "compliant"
    assert told(house, "run-2") == RunLife(
        run_id="run-2", counts=LifeCounts(), moved=(), overtaken=(str(TARGET),)
    )


def test_s06_two_that_open_the_first_document_at_once_keep_the_first() -> None:
    house = House()
    house.plant()
    house.scan()
    meanwhile(house, "get_tagged", lambda: conclude("run-1", house.conclude_bench()), after=True)
    conclude("run-1", house.conclude_bench())
    assert life(house).runs_in_a_row == 1


def meanwhile(house: House, name: str, act: Any, *, after: bool = False) -> None:
    """Let somebody else act just before, or just after, the next call of this name."""
    original = getattr(house.store, name)

    def once(*args: Any, **given: Any) -> Any:
        setattr(house.store, name, original)
        if not after:
            act()
            return original(*args, **given)
        try:
            return original(*args, **given)
        finally:
            act()

    setattr(house.store, name, once)


def test_a_document_that_others_keep_writing_is_left_for_the_next_call() -> None:
    house = a_house()
    next_run(house, "run-2")
    house.store.put_over = lambda key, data, *, tag: False  # type: ignore[method-assign]
    house.clock.advance(HOUR)
    house.scan("run-3")
    with pytest.raises(RetryableError, match="written by others 5 times"):
        conclude("run-3", house.conclude_bench())


def test_s24_findings_of_a_run_are_opened_still_there_and_reopened() -> None:
    house = House()
    for n in range(6):
        house.plant(f"f{n}")
    house.run()
    for n in range(6):
        house.functions.change(f"f{n}", MemorySize=(128 if n % 2 else 3008))
    house.clock.advance(HOUR)
    house.run("run-2")
    for n in range(3):
        house.functions.change(f"f{n}", MemorySize=3008)
    house.plant("new")
    house.clock.advance(HOUR)
    counts, _ = house.run("run-3")
    done = told(house, "run-3").counts
    assert done == LifeCounts(opened=1, still_there=3, reopened=1)
    assert counts.findings == done.opened + done.still_there + done.reopened


def test_a_run_that_looked_nowhere_finds_nobody_clean() -> None:
    house = a_house()
    done = keep_lives({}, house.store, moment_of("run-2", (), now=house.clock.now() + HOUR))
    assert done.counts.resolved + done.counts.unseen == 1
    assert the_bundle().policies


def test_what_is_remembered_reads_back_as_it_was_written() -> None:
    house = a_house()
    (stored,) = read_lives(house.store)
    assert from_wire(TargetFindings, to_wire(stored)) == stored
