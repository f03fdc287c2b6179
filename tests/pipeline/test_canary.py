"""Does a share of the traffic try a change first, and does nothing follow without proof?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.house import House
from tests.pipeline.writes import (
    ALIASES,
    MOVE,
    PUBLISH,
    UPDATE,
    an_aliased,
    carry_through,
    entries_of,
    proven,
    share,
    tried,
)
from trimtab.domain.approval import RoundStatus
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Health
from trimtab.pipeline.canary import UNJUDGED
from trimtab.pipeline.canary_watch import watch_canaries
from trimtab.pipeline.freeze import freeze

WATCH = timedelta(minutes=60)
PATIENCE = WATCH * 4


def weights(house: House, name: str = "orders") -> dict[str, Any]:
    aliases = house.functions._functions[name].aliases
    return {
        alias: raw.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        for alias, raw in sorted(aliases.items())
    }


UNSPLIT: dict[str, Any] = {"beta": {}, "live": {}}


def a_canary(house: House) -> Remediation:
    change = an_aliased(house)
    assert house.carry(change).word is OutcomeWord.CANARY
    return change


def test_s22_nothing_follows_a_canary_that_nobody_judged() -> None:
    house = House()
    change = a_canary(house)
    assert weights(house) == {"beta": {"2": 0.1}, "live": {"2": 0.1}}
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "canary"
    (began,) = entries_of(house, change, "canary_started")
    assert (began.data["version"], began.data["aliases"]) == ("2", {"beta": "1", "live": "1"})
    writes = house.writes()
    again = house.carry(change)
    assert (again.word, house.writes()) == (OutcomeWord.CANARY, writes)
    assert "10% of its traffic tries it, until 2026-11-02T11:00" in again.reason


def test_a_canary_that_goes_well_is_followed_by_all_and_watched_again() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    (seen,) = house.watch_canaries()
    assert seen.verification.health is Health.HEALTHY
    assert house.watch_canaries() == (), "it is judged once"
    assert house.carry(change).word is OutcomeWord.WRITTEN
    assert house.functions.served("orders") == {"live": "2", "beta": "2"}
    assert (weights(house), house.status(change)) == (UNSPLIT, "watching")
    intended, promoted = (
        entries_of(house, change, event)[0] for event in ("intended", "promotion_intended")
    )
    (applied,) = entries_of(house, change, "applied")
    assert applied.data["baseline"]["figures"] == promoted.data["baseline"]
    assert promoted.seq > intended.seq


def test_s13_a_canary_that_fails_more_is_taken_back_at_once_and_not_proposed_again() -> None:
    house = House()
    change = a_canary(house)
    began = house.clock.now()
    house.clock.advance(timedelta(minutes=31))
    _both(house, began, canary={"errors": 2.0})
    (seen,) = house.watch_canaries()
    assert seen.verification.health is Health.REGRESSED
    (verdict,) = entries_of(house, change, "canary_regressed")
    assert "error rate 0 beside it, 0.2 with the new size" in verdict.data["reason"]
    assert house.executions.undos == [(change.change_id, change.round)]
    assert house.undo(change).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, "undone")
    assert "its canary was taken back: error rate" in str(house.round(change).note)
    assert _memory(house, change).refused_changes == (change.change_id,)


def _both(house: House, began: Any, *, canary: dict[str, float]) -> None:
    until = house.clock.now()
    for alias in ALIASES:
        share(house, alias=alias, version="1", since=began, until=until, invocations=90.0)
        share(house, alias=alias, version="2", since=began, until=until, **canary)


def _memory(house: House, change: Remediation) -> Any:
    (item,) = house.plan().items
    return house.desk.memory([item.finding])[change.finding_id]


def _assert_as_before(house: House, change: Remediation, status: str) -> None:
    assert house.functions.memory_mb("orders") == 3008
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert weights(house) == UNSPLIT
    assert house.status(change) == status
    assert house.desk.lock_of(str(change.function)) is None


def test_a_canary_that_is_slower_is_taken_back_only_when_its_time_is_over() -> None:
    house = House()
    change = a_canary(house)
    began = house.clock.now()
    house.clock.advance(timedelta(minutes=31))
    _both(house, began, canary={"p95": 900.0})
    assert [s.verification.health for s in house.watch_canaries()] == [Health.WATCHING]
    house.clock.advance(timedelta(minutes=31))
    assert [s.verification.health for s in house.watch_canaries()] == [Health.REGRESSED]
    assert house.carry(change).word is OutcomeWord.WRITTEN, "the forward execution takes it back"
    _assert_as_before(house, change, "undone")


def test_s13_a_canary_that_runs_out_of_memory_is_taken_back() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.cloud[TARGET].logs.add(
        "/aws/lambda/orders",
        ReportLine(
            at=house.clock.now() - timedelta(minutes=5),
            memory_mb=1769,
            used_mb=1769.0,
            is_out_of_memory=True,
            count=2,
        ),
    )
    assert [s.verification.health for s in house.watch_canaries()] == [Health.REGRESSED]
    assert "2 invocations ran out of memory" in str(
        entries_of(house, change, "canary_regressed")[0].data["reason"]
    )


@pytest.mark.parametrize(
    "canary", [{"invocations": 1.0}, {"invocations": 0.0}], ids=["too few", "none"]
)
def test_s13_a_canary_that_proves_nothing_is_taken_back_when_patience_is_over(
    canary: dict[str, float],
) -> None:
    house = House()
    change = a_canary(house)
    tried(house, change, **canary)
    assert [s.verification.health for s in house.watch_canaries()] == [Health.WATCHING]
    assert house.carry(change).word is OutcomeWord.CANARY
    house.clock.advance(PATIENCE - WATCH)
    assert [s.verification.health for s in house.watch_canaries()] == [Health.INSUFFICIENT_DATA]
    assert "200 needed" in entries_of(house, change, "canary_unproven")[0].data["reason"]
    assert house.undo(change).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, "undone")
    memory = _memory(house, change)
    assert (memory.refused_changes, memory.cooling_until is None) == ((), False)


def test_s08_a_canary_whose_figures_are_unknown_is_never_called_healthy() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    for alias in ALIASES:
        house.cloud[TARGET].metrics.spoil(
            "Errors", "PartialData", FunctionName="orders", Resource=f"orders:{alias}",
            ExecutedVersion="2",
        )  # fmt: skip
    assert [s.verification.health for s in house.watch_canaries()] == [Health.WATCHING]
    house.clock.advance(PATIENCE - WATCH)
    house.watch_canaries()
    assert "canary_unproven" in house.events(change)


def test_a_target_that_cannot_be_read_is_a_gap_and_its_canary_ends_in_the_end() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.cloud.deny(TARGET)
    watched, gaps = watch_canaries(house.verify_bench())
    assert ([s.verification.health for s in watched], len(gaps)) == ([Health.WATCHING], 1)
    house.clock.advance(PATIENCE - WATCH)
    watched, gaps = watch_canaries(house.verify_bench())
    assert ([s.verification.health for s in watched], len(gaps)) == (
        [Health.INSUFFICIENT_DATA],
        1,
    )
    assert (
        "it could not be watched" in entries_of(house, change, "canary_unproven")[0].data["reason"]
    )


def test_a_function_that_cannot_be_looked_at_is_a_gap_of_its_own() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.functions.fail_next("GetFunction", "ThrottlingException")
    watched, gaps = watch_canaries(house.verify_bench())
    assert ([s.verification.health for s in watched], len(gaps)) == ([Health.WATCHING], 1)
    proven(house, change)
    assert "canary_healthy" in house.events(change)


def test_s17_a_canary_whose_chain_was_altered_is_a_gap() -> None:
    house = House()
    change = a_canary(house)
    chain = f"change#{change.change_id}"
    house.ledger.replace(chain, house.ledger.entries(chain)[:-1])
    watched, gaps = watch_canaries(house.verify_bench())
    assert (watched, len(gaps)) == ((), 1)


def test_a_verdict_that_the_ledger_does_not_take_is_a_gap_and_comes_again() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.ledger.fail_next()
    watched, gaps = watch_canaries(house.verify_bench())
    assert (watched, len(gaps)) == ((), 1)
    assert [s.verification.health for s in house.watch_canaries()] == [Health.HEALTHY]
    assert house.carry(change).word is OutcomeWord.WRITTEN


def test_s06_a_canary_that_nobody_watches_is_taken_back() -> None:
    house = House()
    change = a_canary(house)
    house.clock.advance(PATIENCE + UNJUDGED - timedelta(minutes=1))
    assert house.carry(change).word is OutcomeWord.CANARY
    house.clock.advance(timedelta(minutes=1))
    assert house.carry(change).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, "undone")
    assert "nobody watched it" in str(house.round(change).note)


def test_s20_a_freeze_stops_what_would_follow_and_takes_the_canary_back() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)
    freeze(house.ledger, by="person-a", why="quarter end", is_hard=False, at=house.clock.now())
    assert house.carry(change).word is OutcomeWord.WRITTEN
    _assert_as_before(house, change, "undone")
    (stopped,) = entries_of(house, change, "canary_stopped")
    assert "quarter end" in stopped.data["reason"]
    assert "quarter end" in str(house.round(change).note)


def test_s20_a_freeze_just_before_the_rest_follows_takes_the_canary_back() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)

    def stop() -> None:
        freeze(house.ledger, by="person-a", why="stop", is_hard=False, at=house.clock.now())

    house.functions.before_next("ListAliases", stop)
    house.carry(change)
    _assert_as_before(house, change, "undone")


def test_s20_an_exemption_during_a_canary_takes_it_back() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)
    house.functions._functions["orders"].tags["trimtab:exempt"] = "memory-oversized:2026-11-30"
    house.carry(change)
    _assert_as_before(house, change, "undone")


def test_s06_a_baseline_that_cannot_be_read_again_takes_the_canary_back() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)
    house.cloud[TARGET].metrics.spoil("Errors", "PartialData", FunctionName="orders")
    house.carry(change)
    _assert_as_before(house, change, "undone")


def test_s06_an_undo_that_begins_while_the_canary_is_asked_about_is_not_overtaken() -> None:
    house = House()
    change = a_canary(house)

    def begin_undo() -> None:
        house.desk.forge(replace(house.round(change), status=RoundStatus.UNDOING))

    house.desk.before_next("advance", begin_undo)
    assert house.carry(change).word is OutcomeWord.NOT_WRITTEN
    house.carry(change)
    _assert_as_before(house, change, "undone")


def somebody(house: House, name: str = "live", **asked: Any) -> None:
    """Update an alias in a session that is not ours."""
    session, house.functions.session = house.functions.session, "deploy-pipeline"
    house.functions.update_alias(FunctionName="orders", Name=name, **asked)
    house.functions.session = session


def _deploy_alias(house: House, **routing: Any) -> None:
    """Publish other code and move alias live to it, as a pipeline does."""
    house.functions.change("orders", CodeSha256="bmV3Y29kZQ==")
    somebody(house, FunctionVersion=house.functions.publish("orders"), **routing)


def _take_off(house: House) -> None:
    somebody(house, RoutingConfig={"AdditionalVersionWeights": {}})


def _enlarge(house: House) -> None:
    split = weights(house)["live"]
    if split:
        larger = {version: 0.5 for version in split}
        somebody(house, RoutingConfig={"AdditionalVersionWeights": larger})


DEPLOYMENTS: dict[str, Callable[[House], None]] = {
    "code": lambda house: house.functions.change("orders", CodeSha256="bmV3Y29kZQ=="),
    "memory and environment": lambda house: house.functions.change(
        "orders", MemorySize=3008, Environment={"Variables": {"URL": "new"}}
    ),
    "environment": lambda house: house.functions.change(
        "orders", Environment={"Variables": {"URL": "new"}}
    ),
    "memory": lambda house: house.functions.change("orders", MemorySize=2048),
    "alias that keeps our weight": _deploy_alias,
    "alias that clears our weight": lambda house: _deploy_alias(house, RoutingConfig={}),
    "alias with weights of its own": lambda house: _deploy_alias(
        house, RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}}
    ),
    "our weight taken off": _take_off,
    "our weight made larger": _enlarge,
}


MOMENTS: dict[str, tuple[str, int]] = {
    "before the memory": (UPDATE, 1),
    "before the version": (PUBLISH, 1),
    "before the first split": (MOVE, 1),
    "before the second split": (MOVE, 2),
    "before the first move": (MOVE, 3),
    "before the second move": (MOVE, 4),
}


@pytest.mark.parametrize("moment", [*MOMENTS, "during the canary", "after its verdict"])
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_s13_a_deployment_at_any_step_keeps_what_is_its_own_and_loses_our_weight(
    deployment: str, moment: str
) -> None:
    house = House()
    change = an_aliased(house)
    theirs: list[Any] = []

    def deploy() -> None:
        DEPLOYMENTS[deployment](house)
        theirs.append(_what_is_theirs(house))

    if moment in MOMENTS:
        operation, nth = MOMENTS[moment]
        for _ in range(nth - 1):
            house.functions.before_next(operation, lambda: None)
        house.functions.before_next(operation, deploy)
    outcome = house.carry(change)
    if outcome.word is OutcomeWord.CANARY:
        if moment == "during the canary":
            deploy()
        proven(house, change)
        if moment == "after its verdict":
            deploy()
        house.carry(change)
    for _ in range(3):
        house.carry(change)
    if deployment.startswith("our weight") and moment in BEFORE_LIVE_IS_SPLIT:
        assert house.status(change) == "watching", "there was nothing of ours to touch yet"
        return
    assert house.status(change) in ("undone", "undo_stopped")
    assert not any(_ours(house, split) for split in weights(house).values())
    _assert_kept(house, theirs[0])


BEFORE_LIVE_IS_SPLIT = (
    "before the memory",
    "before the version",
    "before the first split",
    "before the second split",
)


def _ours(house: House, weights: dict[str, float]) -> bool:
    """Tell whether a weighted version is the one that Trimtab published."""
    versions = house.functions._functions["orders"].versions
    return any(versions[v].get("Description", "").endswith("-r1") for v in weights)


def _what_is_theirs(house: House) -> dict[str, Any]:
    function = house.functions._functions["orders"]
    return {
        "code": function.latest["CodeSha256"],
        "environment": function.latest.get("Environment"),
        "memory": function.latest["MemorySize"],
        "live": function.aliases["live"]["FunctionVersion"],
    }


def _assert_kept(house: House, theirs: dict[str, Any]) -> None:
    now = _what_is_theirs(house)
    assert (now["code"], now["environment"]) == (theirs["code"], theirs["environment"])
    if theirs["memory"] not in (3008, 1769):
        assert now["memory"] == theirs["memory"]
    versions = house.functions._functions["orders"].versions
    served = versions[now["live"]]["CodeSha256"]
    assert served == versions[theirs["live"]]["CodeSha256"], "it serves what they deployed"
    for alias in ALIASES:
        version = house.functions.served("orders")[alias]
        assert versions[version]["CodeSha256"] in ("b2xkY29kZQ==", theirs["code"])


def test_s13_code_that_changed_under_a_canary_calls_a_person_after_our_weight_is_gone() -> None:
    house = House()
    change = a_canary(house)
    house.functions.change("orders", CodeSha256="bmV3Y29kZQ==")
    (seen,) = house.watch_canaries()
    assert seen.verification.health is Health.REVERTED
    (verdict,) = entries_of(house, change, "canary_disturbed")
    assert verdict.data["reason"] == "its code was changed by someone else"
    assert house.undo(change).word is OutcomeWord.UNKNOWN
    assert (weights(house), house.status(change)) == (UNSPLIT, "undo_stopped")
    assert house.functions.memory_mb("orders") == 1769, "their code runs with the size it was given"


def test_s13_our_weight_goes_also_where_our_version_cannot_be_told_any_more() -> None:
    """Their settings make $LATEST differ: that the version is ours is known from the ledger."""
    house = House()
    change = a_canary(house)
    house.functions.change("orders", MemorySize=3008, Timeout=5)
    house.watch_canaries()
    house.carry(change)
    assert (weights(house), house.status(change)) == (UNSPLIT, "undo_stopped")


def test_s22_an_alias_moved_on_by_somebody_keeps_its_version_and_loses_our_weight() -> None:
    house = House()
    change = a_canary(house)
    _deploy_alias(house)
    assert weights(house)["live"] == {"2": 0.1}, "AWS keeps the weight"
    house.watch_canaries()
    house.carry(change)
    assert weights(house) == UNSPLIT
    assert house.functions.served("orders") == {"live": "3", "beta": "1"}
    assert house.status(change) == "undo_stopped"
    assert house.functions.memory_mb("orders") == 1769


def test_s13_a_function_that_is_gone_ends_its_canary() -> None:
    house = House()
    change = a_canary(house)
    house.functions.remove("orders")
    house.watch_canaries()
    assert "the function is gone" in entries_of(house, change, "canary_disturbed")[0].data["reason"]
    house.undo(change)
    assert house.status(change) == "given_up"


def test_s13_a_weight_that_cannot_be_taken_off_calls_a_person() -> None:
    house = House()
    change = a_canary(house)
    house.functions.fail_always(MOVE, "AccessDeniedException")
    assert house.undo(change).word is OutcomeWord.UNKNOWN
    assert house.status(change) == "undo_stopped"
    assert "UpdateAlias" in str(house.round(change).note)


def test_s06_a_watch_that_is_too_late_changes_nothing_of_an_undo() -> None:
    house = House()
    change = a_canary(house)
    tried(house, change)
    house.undo(change)
    assert house.watch_canaries() == ()
    _assert_as_before(house, change, "undone")


def test_a_change_proposed_before_there_were_canaries_moves_its_aliases_at_once() -> None:
    house = House()
    change = an_aliased(house)
    assert change.canary is not None
    assert carry_through(house, change).word is OutcomeWord.WRITTEN
