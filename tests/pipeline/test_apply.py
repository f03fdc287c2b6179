"""Is an approved change written exactly once, whatever fails? (S5-S7, S13, S22, S26)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, a_remediation
from tests.fakes.failures import CONNECTION_CLOSED, READ_TIMEOUT
from tests.pipeline.house import House, a_bundle, a_window
from trimtab.domain.errors import (
    NotFoundError,
    OutsideError,
    RetryableError,
    TamperedError,
)
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Mode
from trimtab.pipeline.approve import Direction

UPDATE, PUBLISH, MOVE = "UpdateFunctionConfiguration", "PublishVersion", "UpdateAlias"
PLAIN_WRITES, ALIASED_WRITES = 1, 3


def an_aliased(house: House, name: str = "orders") -> Remediation:
    """Approve a change of a function whose aliases live and beta serve version 1."""
    arn = house.plant(name)
    house.functions.publish(name)
    house.functions.alias(name, "live", "1")
    house.functions.alias(name, "beta", "1")
    change = house.opened(arn)
    house.answer(change)
    return change


def carry_until_it_ends(house: House, change: Remediation, direction: Direction) -> Any:
    """Call again as the state machine would, whatever comes from outside."""
    for _ in range(12):
        try:
            return house.carry(change, direction)
        except OutsideError:
            continue
    raise AssertionError("it never ended")


def test_a_change_without_aliases_is_one_write_and_is_watched() -> None:
    house = House()
    change = house.approved()
    outcome = house.carry(change)
    assert (outcome.word, outcome.steps_written) == (OutcomeWord.WRITTEN, 1)
    assert house.functions.memory_mb("orders") == 1769
    assert house.writes() == PLAIN_WRITES
    assert house.status(change) == "watching"
    assert house.round(change).applied_at == house.clock.now()
    assert house.workshop.opened[0][1] == change.execution_name


def test_a_change_with_aliases_publishes_once_and_moves_each_alias() -> None:
    house = House()
    change = an_aliased(house)
    outcome = house.carry(change)
    assert (outcome.word, outcome.steps_written) == (OutcomeWord.WRITTEN, 4)
    assert house.functions.served("orders") == {"live": "2", "beta": "2"}
    assert house.functions.version_memory_mb("orders", "2") == 1769
    assert house.functions.version_memory_mb("orders", "1") == 3008


@pytest.mark.parametrize("is_aliased", [False, True], ids=["plain", "aliased"])
def test_s13_the_undo_restores_the_before_values_exactly(is_aliased: bool) -> None:
    house = House()
    change = an_aliased(house) if is_aliased else house.approved()
    house.carry(change)
    assert house.undo(change).word is OutcomeWord.WRITTEN
    state = house.workshop.open(change.function, session="test", actions=()).state()
    assert state.configuration == change.before.configuration
    assert {a.name: a.version for a in state.aliases} == change.before.aliases
    assert house.status(change) == "undone"
    assert house.desk.lock_of(str(change.function)) is None


def test_a_second_undo_writes_nothing() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    before = house.writes()
    assert house.undo(change).reason == "it was undone already"
    assert house.writes() == before


def test_s25_what_was_undone_is_remembered_and_not_proposed_again() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    house.clock.advance(timedelta(days=60))
    house.use("orders")
    house.cloud[TARGET].metrics.put_daily(
        "used_memory_max",
        "Maximum",
        300.0,
        end=house.clock.now(),
        days=14,
        namespace="LambdaInsights",
        function_name="orders",
    )
    counts, opened = house.run("run-2")
    assert opened == ()
    assert counts.held_back == 1
    assert "rejected or taken back before" in house.reasons("run-2")["orders"][1]


def test_a_function_rests_after_its_change_was_undone() -> None:
    house = House()
    change = house.applied()
    house.undo(change)
    _, opened = house.run("run-2")
    assert opened == ()
    assert house.reasons("run-2")["orders"][0] == "cooling_down"


def test_a_policy_without_a_cooldown_lets_a_function_rest_no_longer() -> None:
    bundle = a_bundle()
    policy = bundle.policies[0]
    assert policy.change is not None
    hasty = a_bundle(
        change=replace(policy.change, fields={**policy.change.fields, "cooldown": timedelta(0)})
    )
    house = House(hasty)
    change = house.applied()
    assert change.rests_for == timedelta(0)
    house.undo(change)
    house.run("run-2")
    assert house.reasons("run-2")["orders"][0] == "held_back"


def test_s07_the_intent_is_in_ledger_and_mirror_before_the_write() -> None:
    house = House()
    change = house.approved()
    chain = change_chain(change.change_id)
    seen: list[list[str]] = []

    def look() -> None:
        mirrored = [e.event for (c, _), e in sorted(house.ledger.mirror.items()) if c == chain]
        assert mirrored == house.ledger.events(chain)
        seen.append(mirrored)

    house.functions.before_next(UPDATE, look)
    house.carry(change)
    assert seen == [["proposed", "decided", "intended", "forward_step_intended"]]
    intended = next(e for e in house.ledger.entries(chain) if e.event == "intended")
    assert intended.data["before"]["configuration"]["memory_mb"] == 3008
    assert intended.data["undo"] == {"memory_mb": 3008}
    assert intended.data["revision_id"]


def test_s07_every_single_write_has_its_intent_on_record_before_it() -> None:
    house = House()
    change = an_aliased(house)
    chain = change_chain(change.change_id)
    seen: list[str] = []
    for operation, times in ((UPDATE, 1), (PUBLISH, 1), (MOVE, 2)):
        for _ in range(times):
            house.functions.before_next(
                operation, lambda: seen.append(house.ledger.events(chain)[-1])
            )
    house.carry(change)
    assert seen == ["forward_step_intended"] * 4


def test_s07_a_ledger_that_does_not_take_the_intent_means_no_write() -> None:
    for failing in range(2):
        house = House()
        change = house.approved()
        _fail_append(house, failing)
        with pytest.raises(RetryableError):
            house.carry(change)
        assert house.writes() == 0
        assert house.carry(change).word is OutcomeWord.WRITTEN
        assert house.writes() == 1


def _fail_append(house: House, after: int, *, after_landing: bool = False) -> None:
    """Let the append after so many others fail."""
    append = house.ledger.append
    left = [after]

    def counting(*args: Any, **given: Any) -> Any:
        if left[0] == 0:
            house.ledger.fail_next(after_landing=after_landing)
        left[0] -= 1
        return append(*args, **given)

    house.ledger.append = counting  # type: ignore[method-assign]


BREAKERS: dict[str, Callable[[House], None]] = {
    f"{code} of {operation} {'after' if landed else 'before'} landing": (
        lambda house, o=operation, c=code, a=landed: house.functions.fail_next(
            o, c, after_landing=a
        )
    )
    for operation in (UPDATE, PUBLISH, MOVE)
    for code in (
        READ_TIMEOUT,
        CONNECTION_CLOSED,
        "ResourceConflictException",
        "PreconditionFailedException",
        "ServiceException",
        "TooManyRequestsException",
    )
    for landed in (False, True)
}


@pytest.mark.parametrize("breaker", BREAKERS)
def test_s26_an_unclear_answer_ends_in_exactly_one_effective_change(breaker: str) -> None:
    house = House()
    change = an_aliased(house)
    BREAKERS[breaker](house)
    outcome = carry_until_it_ends(house, change, Direction.FORWARD)
    assert outcome.word is OutcomeWord.WRITTEN
    _assert_applied_once(house, change)


@pytest.mark.parametrize("after_landing", [False, True], ids=["before landing", "after landing"])
@pytest.mark.parametrize("nth", range(12))
def test_s06_a_crash_at_any_entry_is_mended_by_calling_again(nth: int, after_landing: bool) -> None:
    house = House()
    change = an_aliased(house)
    _fail_append(house, nth, after_landing=after_landing)
    assert carry_until_it_ends(house, change, Direction.FORWARD).word is OutcomeWord.WRITTEN
    _assert_applied_once(house, change)


@pytest.mark.parametrize("method", ["advance", "round"])
@pytest.mark.parametrize("after_landing", [False, True], ids=["before landing", "after landing"])
def test_s06_a_crash_of_the_desk_is_mended_by_calling_again(
    method: str, after_landing: bool
) -> None:
    house = House()
    change = an_aliased(house)
    house.desk.fail_next(method, RetryableError("on purpose"), after_landing=after_landing)
    assert carry_until_it_ends(house, change, Direction.FORWARD).word is OutcomeWord.WRITTEN
    _assert_applied_once(house, change)


@pytest.mark.parametrize("operation", ["GetFunction", "ListAliases", "ListVersionsByFunction"])
@pytest.mark.parametrize("nth", range(6))
def test_s06_a_throttled_read_anywhere_is_mended_by_calling_again(operation: str, nth: int) -> None:
    house = House()
    change = an_aliased(house)
    for _ in range(nth):
        house.functions.before_next(operation, lambda: None)
    house.functions.before_next(
        operation, lambda: house.functions.fail_next(operation, "ThrottlingException")
    )
    assert carry_until_it_ends(house, change, Direction.FORWARD).word is OutcomeWord.WRITTEN
    _assert_applied_once(house, change)


@pytest.mark.parametrize("nth", range(10))
def test_s06_a_crash_in_an_undo_is_mended_by_calling_again(nth: int) -> None:
    house = House()
    change = an_aliased(house)
    house.carry(change)
    _fail_append(house, nth)
    assert carry_until_it_ends(house, change, Direction.UNDO).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "undone"
    assert house.events(change).count("undone") == 1


def _assert_applied_once(house: House, change: Remediation) -> None:
    assert house.functions.memory_mb("orders") == 1769
    assert house.functions.served("orders") == {"live": "2", "beta": "2"}
    assert len(house.functions._functions["orders"].versions) == 2
    assert house.status(change) == "watching"
    events = house.events(change)
    assert events.count("intended") == events.count("applied") == 1
    again = house.carry(change)
    assert (again.word, again.reason) == (OutcomeWord.WRITTEN, "round is watching: done")


def test_s06_a_duplicate_call_after_the_end_writes_nothing() -> None:
    house = House()
    change = house.applied()
    assert house.carry(change).word is OutcomeWord.WRITTEN
    house.undo(change)
    assert house.carry(change) == house.carry(change)
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    assert house.writes() == 2


def test_s26_a_write_that_never_lands_is_given_up_after_three_and_leaves_nothing() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_always(PUBLISH, READ_TIMEOUT)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "3 writes did not land" in outcome.reason
    assert house.functions.calls[PUBLISH] == 3
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "not_written"
    assert house.desk.lock_of(str(change.function)) is None


def test_a_publish_that_answers_an_older_version_does_not_go_on_for_ever() -> None:
    house = House()
    change = an_aliased(house)
    versions = house.functions._functions["orders"].versions
    house.functions.publish_version = lambda **_: versions["1"]
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "3 writes did not land" in outcome.reason
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}


def test_s26_a_refused_write_leaves_nothing_of_the_change_behind() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_always(MOVE, "AccessDeniedException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "AccessDeniedException" in outcome.reason
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "not_written"


def test_s26_what_cannot_be_taken_back_is_unknown_and_calls_a_person() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.before_next(
        MOVE, lambda: house.functions.fail_always(UPDATE, "AccessDeniedException")
    )
    house.functions.fail_next(MOVE, "AccessDeniedException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.UNKNOWN
    assert "taking it back" in outcome.reason
    assert house.status(change) == "undo_stopped"
    assert house.desk.lock_of(str(change.function)) == change.execution_name


FOREIGN: dict[str, tuple[dict[str, Any], str]] = {
    "memory": ({"MemorySize": 1024}, "memory was 3008 MB when approved and is 1024 MB now"),
    "code": ({"CodeSha256": "bmV3"}, "code was b2xkY29kZQ== when approved and is bmV3 now"),
    "timeout": ({"Timeout": 60}, "settings changed since it was approved: timeout_s"),
    "handler": ({"Handler": "x.y"}, "settings changed since it was approved: Handler"),
    "kind": ({"DurableConfig": {"x": 1}}, "a kind Trimtab does not know"),
    "state": ({"State": "Inactive"}, "it is Inactive"),
    "untraceable": ({}, "last modified"),
    "variable": ({"Environment": {"Variables": {"A": "1"}}}, "Environment"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_s05_a_function_that_changed_since_the_approval_is_stale_with_both_values(
    what: str,
) -> None:
    house = House()
    change = house.approved()
    house.clock.advance(timedelta(minutes=1))
    raw, says = FOREIGN[what]
    house.functions.change("orders", **raw)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert says in outcome.reason
    assert house.writes() == 0
    assert (house.status(change), house.events(change)[-1]) == ("stale", "stale")
    assert house.carry(change).word is OutcomeWord.STALE


def test_s05_tags_that_cannot_be_read_mean_no_write() -> None:
    house = House()
    change = house.approved()
    house.functions.lose_tags("orders")
    assert "nobody can say whether it is exempt" in house.carry(change).reason
    assert house.writes() == 0


def test_s05_an_exemption_tag_set_since_the_approval_means_no_write() -> None:
    house = House()
    change = house.approved()
    tags = {"trimtab:exempt": "memory-oversized:2026-11-30"}
    house.functions.tag_resource(str(change.function), tags)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert "exempt by now" in outcome.reason
    assert house.writes() == 0


def test_s05_a_policy_lowered_since_the_approval_means_no_write() -> None:
    house = House()
    change = house.approved()
    house.bundle = a_bundle(mode=Mode.OBSERVE)
    assert house.carry(change).word is OutcomeWord.STALE
    assert house.writes() == 0
    assert house.events(change)[-1] == "forward_refused"


def test_s25_a_stale_round_stays_closed_when_the_reason_is_gone() -> None:
    house = House()
    change = house.approved()
    usual, house.bundle = house.bundle, a_bundle(mode=Mode.OBSERVE)
    house.carry(change)
    house.bundle = usual
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert house.writes() == 0


def test_s04_a_change_that_nobody_decided_is_not_written() -> None:
    house = House()
    change = house.proposed()
    outcome = house.carry(change)
    assert (outcome.word, outcome.reason) == (
        OutcomeWord.NOT_WRITTEN,
        "no decision is in the ledger",
    )
    assert house.writes() == 0


def test_s01_a_decision_that_stands_only_in_the_state_table_counts_for_nothing() -> None:
    house = House()
    change = house.proposed()
    key = (change.change_id, change.round)
    house.desk._rounds[key] = replace(
        house.desk._rounds[key], status=type(house.round(change).status)("approved")
    )
    assert house.carry(change).word is OutcomeWord.STALE
    assert house.writes() == 0


def test_s13_a_foreign_change_in_the_middle_stops_and_calls_a_person() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.before_next(
        PUBLISH, lambda: house.functions.change("orders", CodeSha256="bmV3")
    )
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.UNKNOWN
    assert outcome.reason == "its code was changed by someone else"
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "undo_stopped"


def test_s22_an_environment_value_changed_in_the_middle_is_never_published_to_an_alias() -> None:
    house = House()
    arn = house.plant("orders", Environment={"Variables": {"URL": "old"}})
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "1")
    change = house.opened(arn)
    house.answer(change)

    def deploy() -> None:
        house.functions.change("orders", Environment={"Variables": {"URL": "new"}})

    house.functions.before_next("GetFunction", lambda: None)
    _before_step(house, 2, deploy)
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.UNKNOWN
    assert outcome.reason == "its environment variables were changed by someone else"
    assert house.functions.served("orders") == {"live": "1"}
    assert house.functions.calls[PUBLISH] == 0


def _before_step(house: House, number: int, action: Callable[[], None]) -> None:
    """Let somebody act between two steps: just before the read that precedes that step."""
    original = house.functions.get_function
    updates = house.functions.calls
    done: list[bool] = []

    def get_function(*args: Any, **given: Any) -> Any:
        if updates[UPDATE] >= number - 1 and not done:
            latest = house.functions._functions["orders"].latest
            if latest["LastUpdateStatus"] == "Successful":
                done.append(True)
                action()
        return original(*args, **given)

    house.functions.get_function = get_function


def test_s22_an_alias_on_other_code_is_ticketed_and_never_moved() -> None:
    house = House()
    house.plant("orders")
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "1")
    house.functions.change("orders", CodeSha256="bmV3")
    counts, opened = house.run()
    assert (counts.ticketed, opened) == (1, ())
    assert "other code than version 1" in house.reasons()["orders"][1]


def test_s22_an_alias_moved_since_the_approval_stays_where_it_is() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.change("orders", Description="new build")
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "2")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.STALE
    assert house.functions.served("orders") == {"live": "2", "beta": "1"}


def test_s13_an_undo_stops_where_somebody_else_has_changed_the_function() -> None:
    house = House()
    change = house.applied()
    house.functions.change("orders", MemorySize=2048)
    outcome = house.undo(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "neither the old 3008 nor the new 1769" in outcome.reason
    assert house.functions.memory_mb("orders") == 2048
    assert house.status(change) == "undo_stopped"


def test_s13_a_stopped_undo_can_be_tried_again_by_a_person() -> None:
    house = House()
    change = house.applied()
    house.functions.change("orders", MemorySize=2048)
    house.undo(change)
    house.functions.change("orders", MemorySize=1769)
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008


def test_s20_an_undo_runs_outside_the_window_and_after_the_policy_is_gone() -> None:
    house = House(a_bundle(window=a_window()))
    change = house.applied()
    house.clock.advance(timedelta(days=20, hours=12))
    house.bundle = replace(house.bundle, policies=())
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008


def test_s20_a_change_begun_before_the_window_closed_is_taken_back_whole() -> None:
    house = House(a_bundle(window=a_window()))
    change = an_aliased(house)
    house.functions.fail_next(PUBLISH, "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    assert house.status(change) == "applying"
    house.clock.advance(timedelta(hours=10))
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert house.status(change) == "undone"


def test_an_undo_of_what_was_never_written_says_so() -> None:
    house = House()
    change = house.approved()
    outcome = house.undo(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert outcome.reason == "round is approved: there is nothing to undo"


def test_an_undo_that_was_not_approved_is_refused_and_recorded() -> None:
    house = House()
    change = house.proposed()
    assert house.undo(change).reason == "no decision is in the ledger"
    assert house.events(change)[-1] == "undo_refused"
    assert house.status(change) == "proposed"


def test_s17_a_chain_that_is_not_whole_stops_everything() -> None:
    house = House()
    change = house.approved()
    chain = change_chain(change.change_id)
    house.ledger.replace(chain, house.ledger.entries(chain)[:1])
    for direction in Direction:
        with pytest.raises(TamperedError, match="the head says 2 entries, 1 are there"):
            house.carry(change, direction)
    assert house.writes() == 0


def test_s30_a_change_or_round_that_is_not_in_the_ledger_is_not_found() -> None:
    house = House()
    with pytest.raises(NotFoundError, match="there is no change"):
        house.carry(a_remediation())
    change = house.approved()
    with pytest.raises(NotFoundError, match="has no round 7"):
        house.carry(replace(change, round=7))


def test_s08_a_change_that_could_not_be_verified_afterwards_is_not_written() -> None:
    house = House()
    change = house.approved()
    house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDeniedException")
    outcome = house.carry(change)
    assert outcome.word is OutcomeWord.NOT_WRITTEN
    assert "it could not be verified afterwards" in outcome.reason
    assert house.writes() == 0
    assert house.status(change) == "not_written"


def test_a_throttled_baseline_is_read_again_before_anything_is_written() -> None:
    house = House()
    change = house.approved()
    house.cloud[TARGET].metrics.fail_next("GetMetricData", "ThrottlingException")
    with pytest.raises(RetryableError):
        house.carry(change)
    assert (house.writes(), house.status(change)) == (0, "approved")
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.writes() == 1


def test_the_baseline_is_the_one_that_was_read_before_the_write() -> None:
    house = House()
    change = an_aliased(house)
    house.functions.fail_next(PUBLISH, "TooManyRequestsException")
    with pytest.raises(RetryableError):
        house.carry(change)
    start = house.clock.now() - timedelta(weeks=1)
    house.traffic(since=start, until=start + timedelta(hours=6), errors=9.0)
    house.carry(change)
    entries = {e.event: e.data for e in house.ledger.entries(change_chain(change.change_id))}
    assert entries["applied"]["baseline"]["figures"] == entries["intended"]["baseline"]
    assert entries["intended"]["baseline"]["errors"]["value"] == 0


def test_s16_no_environment_value_reaches_any_store_ticket_or_message() -> None:
    secret = "hunter2-do-not-tell"
    house = House()
    environment = {"Variables": {"DB_PASSWORD": secret}}
    arn = house.plant("orders", Environment=environment)
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "1")
    house.plant("stuck", Environment=environment, State="Inactive")
    change = house.opened(arn)
    house.answer(change)
    house.carry(change)
    house.undo(change)
    stored = house.everything_stored()
    assert "DB_PASSWORD" in stored
    assert secret not in stored
    assert len(house.queue.sent) == 1
