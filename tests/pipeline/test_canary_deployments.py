"""What if somebody deploys in the middle of a canary, at whatever step? Theirs stays, ours goes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.pipeline.house import House
from tests.pipeline.writes import (
    ALIASES,
    MOVE,
    PUBLISH,
    UNSPLIT,
    UPDATE,
    a_canary,
    an_aliased,
    entries_of,
    proven,
    weights,
)
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.verification import Health


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
    if theirs["memory"] not in (3008, 2592):
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
    assert house.functions.memory_mb("orders") == 2592, "their code runs with the size it was given"


def test_s13_what_cannot_be_compared_shows_in_its_last_modification_and_ends_the_canary() -> None:
    """A description, or a value put there and back: nothing that is read tells but the day."""
    house = House()
    change = a_canary(house)
    house.functions.change("orders", Description="somebody was here")
    (seen,) = house.watch_canaries()
    assert seen.verification.health is Health.REVERTED
    (verdict,) = entries_of(house, change, "canary_disturbed")
    assert "modified" in verdict.data["reason"]


def test_s22_what_was_modified_between_verdict_and_promotion_is_not_followed() -> None:
    house = House()
    change = a_canary(house)
    proven(house, change)
    house.functions.change("orders", Description="somebody was here")
    house.carry(change)
    assert house.functions._functions["orders"].aliases["live"]["FunctionVersion"] == "1"
    assert weights(house) == UNSPLIT


def test_s13_our_weight_goes_also_where_our_version_cannot_be_told_any_more() -> None:
    """Their settings make $LATEST differ: that the version is ours is known from the ledger."""
    house = House()
    change = a_canary(house)
    house.functions.change("orders", MemorySize=3008, Timeout=5)
    house.watch_canaries()
    house.carry(change)
    assert (weights(house), house.status(change)) == (UNSPLIT, "undo_stopped")


def test_s13_an_alias_that_somebody_moved_to_our_version_is_not_moved_back() -> None:
    """A pipeline that publishes an unchanged $LATEST is given the version that is there: ours."""
    house = House()
    change = a_canary(house)
    assert house.functions.publish("orders") == "2"
    somebody(house, FunctionVersion="2", RoutingConfig={})
    house.watch_canaries()
    (verdict,) = entries_of(house, change, "canary_disturbed")
    assert verdict.data["reason"] == "alias live was moved to version 2 by someone else"
    house.carry(change)
    assert house.functions.served("orders") == {"live": "2", "beta": "1"}
    assert (weights(house), house.status(change)) == (UNSPLIT, "undo_stopped")
    assert house.undo(change).word is OutcomeWord.WRITTEN, "a person has seen that"
    assert house.functions.served("orders") == {"live": "1", "beta": "1"}
    assert house.status(change) == "undone"


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
    assert house.functions.memory_mb("orders") == 2592
