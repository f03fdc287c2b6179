"""Is a memory size changed only where nothing stands in the way, and taken back to the byte?"""

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.builders import (
    a_configuration,
    a_finding,
    a_listed,
    a_recommendation,
    a_remediation,
    a_state,
    an_alias,
)
from tests.fakes.clock import NOW
from tests.pipeline.findings import FREE
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Abstention, Finding
from trimtab.domain.fleet import FunctionState
from trimtab.domain.remediation import BeforeImage, Remediation
from trimtab.domain.step import MoveAlias, PublishVersion, SetMemory
from trimtab.domain.terms import ChangeKind
from trimtab.remediations import KINDS, all_iam_actions, change_specs
from trimtab.remediations.set_memory import GUARD_SIGNALS, KIND, alias_obstacle


def found(**given: Any) -> Finding:
    """Build a finding; a signal is given by name, or Unknown."""
    values = FREE | {name.replace("__", "."): value for name, value in given.items()}
    signals: dict[str, Evidence] = {
        n: v if isinstance(v, Unknown) else Known(value=v, source="test") for n, v in values.items()
    }
    return a_finding(signals=signals)


def test_policy_files_and_roles_get_every_kind() -> None:
    assert set(change_specs()) == {kind.value for kind in ChangeKind} == {k.value for k in KINDS}
    assert set(all_iam_actions()) == {a for k in KINDS.values() for a in k.iam_actions}
    assert not any("*" in action for action in all_iam_actions())


def test_nothing_stands_in_the_way_of_a_free_function() -> None:
    assert KIND.obstacle(found()) is None


@pytest.mark.parametrize("name", GUARD_SIGNALS)
def test_s08_an_unknown_guard_is_an_obstacle_that_is_named(name: str) -> None:
    unread = found(**{name.replace(".", "__"): Unknown(reason="denied")})
    assert KIND.obstacle(unread) == f"{name} is not known: denied"
    signals = {n: e for n, e in found().signals.items() if n != name}
    assert KIND.obstacle(a_finding(signals=signals)) == f"{name} is not known: not asked"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"function__state": "Inactive"}, "it is Inactive, its last update Successful"),
        ({"function__state": "Pending"}, "it is Pending"),
        ({"function__state": "Failed"}, "it is Failed"),
        ({"function__last_update_status": "InProgress"}, "its last update InProgress"),
        ({"function__last_update_status": "Failed"}, "its last update Failed"),
    ],
)
def test_s11_only_an_active_and_successful_function_is_changed(
    given: dict[str, Any], says: str
) -> None:
    assert says in str(KIND.obstacle(found(**given)))


def test_s11_an_unknown_kind_is_never_changed() -> None:
    strange = replace(found(), listed=a_listed(unknown_kind="it is a durable function"))
    assert "does not know this kind" in str(KIND.obstacle(strange))


def test_s12_a_function_of_a_tool_is_ticketed_with_the_name_of_the_tool() -> None:
    unread = Unknown(reason="not read: infrastructure as code owns it, or may")
    owned = found(
        owner__tool="CloudFormation stack shop",
        function__state=unread,
        function__last_update_status=unread,
        function__aliases=unread,
        function__alias_obstacle=unread,
    )
    assert KIND.obstacle(owned) == "owned by CloudFormation stack shop: change the memory there"


def test_s22_an_alias_that_cannot_follow_is_an_obstacle() -> None:
    assert KIND.obstacle(found(function__alias_obstacle="it splits")) == "it splits"


SERVED = a_configuration()


def a_served(version: str = "1", **given: Any) -> FunctionState:
    """Build a state whose alias 'live' serves a version equal to $LATEST."""
    usual: dict[str, Any] = {
        "aliases": (an_alias("live", version),),
        "versions": {version: SERVED},
        "same_environment": frozenset({version}),
    }
    return a_state(**usual | given)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (a_state(), None),
        (a_state(aliases=(an_alias("live", "$LATEST"),)), None),
        (a_served(), None),
        (a_served(aliases=(an_alias("live"), an_alias("old"))), None),
        (a_served(aliases=(an_alias(weights={"2": 0.1}),)), "splits its traffic"),
        (a_state(aliases=(an_alias(version="$LATEST", weights={"1": 0.1}),)), "splits its traffic"),
        (a_served(obstacles=("SnapStart is on",)), "SnapStart is on"),
        (a_served(aliases=(an_alias("live", "1"), an_alias("old", "2"))), "versions: 1, 2"),
        (a_served(versions={}), "version 1 could not be read"),
        (a_served(versions={"1": replace(SERVED, code_sha256="x")}), "other code than version 1"),
        (a_served(versions={"1": replace(SERVED, timeout_s=9)}), "other settings than version 1"),
        (a_served(versions={"1": replace(SERVED, memory_mb=1)}), "other settings than version 1"),
        (a_served(same_environment=frozenset()), "is not proven equal"),
    ],
)
def test_s22_aliases_follow_only_where_they_serve_the_same_code_and_settings(
    state: FunctionState, says: str | None
) -> None:
    obstacle = alias_obstacle(state)
    assert obstacle is None if says is None else says in str(obstacle)


def a_change(aliases: dict[str, str] | None = None, **given: Any) -> Remediation:
    before = BeforeImage(configuration=SERVED, aliases=aliases or {})
    return a_remediation(before=before, **given)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (a_state(), None),
        (a_state(unknown_kind="it is durable"), "it has become a kind"),
        (a_state(state="Inactive"), "it is Inactive"),
        (a_state(last_update_status="Failed"), "its last update Failed"),
        (a_state(memory_mb=1024), "memory was 3008 MB when approved and is 1024 MB now"),
        (
            a_state(configuration=replace(SERVED, code_sha256="bmV3")),
            "code was b2xk when approved and is bmV3 now",
        ),
        (a_state(configuration=replace(SERVED, timeout_s=60)), "since it was approved: timeout_s"),
        (
            a_state(configuration=replace(SERVED, settings={"Handler": '"other"'})),
            "since it was approved: Handler, Runtime",
        ),
        (a_state(last_modified_at=NOW), f"and {NOW.isoformat()} now"),
        (a_served(), "aliases were {} when approved and are {'live': '1'} now"),
    ],
)
def test_s05_a_function_that_is_no_longer_what_was_approved_is_stale(
    state: FunctionState, says: str | None
) -> None:
    reason = KIND.stale(a_change(), state)
    assert reason is None if says is None else says in str(reason)


def test_s05_an_alias_that_moved_is_stale_with_both_values() -> None:
    reason = KIND.stale(a_change({"live": "1"}), a_served("2"))
    assert reason == "aliases were {'live': '1'} when approved and are {'live': '2'} now"


def test_s05_an_alias_that_can_no_longer_follow_is_stale() -> None:
    state = a_served(same_environment=frozenset())
    assert "not proven equal" in str(KIND.stale(a_change({"live": "1"}), state))


def _after(state: FunctionState, memory_mb: int = 1769, **serving: str) -> FunctionState:
    return replace(
        state,
        configuration=replace(state.configuration, memory_mb=memory_mb),
        aliases=tuple(an_alias(n, v) for n, v in serving.items()),
        same_environment=frozenset({"1", "2"}),
    )


def test_steps_set_the_size_then_publish_then_move_each_alias() -> None:
    change = a_change({"live": "1", "beta": "1", "dev": "$LATEST"})
    one = a_served()
    serving = {"live": "1", "beta": "1", "dev": "$LATEST"}
    assert KIND.next_step(change, one, None) == SetMemory(memory_mb=1769)
    assert KIND.next_step(change, _after(one, **serving), None) == PublishVersion(
        code_sha256="b2xk", memory_mb=1769, description=change.execution_name
    )
    assert KIND.next_step(change, _after(one, **serving), "2") == MoveAlias(
        alias="beta", from_version="1", to_version="2"
    )
    assert KIND.next_step(change, _after(one, **serving | {"beta": "2"}), "2") == MoveAlias(
        alias="live", from_version="1", to_version="2"
    )
    done = _after(one, **serving | {"beta": "2", "live": "2"})
    assert KIND.next_step(change, done, "2") is None


def test_without_a_served_version_nothing_is_published() -> None:
    for aliases in ({}, {"dev": "$LATEST"}):
        change = a_change(aliases)
        assert KIND.next_step(change, _after(a_state(), **aliases), None) is None


def test_undo_steps_move_the_aliases_back_before_the_size() -> None:
    change = a_change({"live": "1"})
    moved = _after(a_served(), live="2")
    assert KIND.next_undo_step(change, moved, "2") == MoveAlias(
        alias="live", from_version="2", to_version="1"
    )
    back = _after(a_served(), live="1")
    assert KIND.next_undo_step(change, back, "2") == SetMemory(memory_mb=3008)
    assert KIND.next_undo_step(change, back, None) == SetMemory(memory_mb=3008)
    assert KIND.next_undo_step(change, a_served(), "2") is None


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (a_served(), None),
        (_after(a_served(), live="1"), None),
        (_after(a_served(), live="2"), None),
        (_after(a_served(), live="3"), "alias live serves 3, neither 1 nor 2"),
        (_after(a_served()), "alias live serves None"),
        (_after(a_served(), 1024, live="1"), "neither the old 3008 nor the new 1769"),
        (a_served(configuration=replace(SERVED, code_sha256="x")), "its code was changed"),
        (a_served(configuration=replace(SERVED, timeout_s=9)), "someone else: timeout_s"),
        (
            a_served(configuration=replace(SERVED, settings={"Runtime": '"python3.13"'})),
            "someone else: Handler",
        ),
        (a_served(same_environment=frozenset()), "its environment variables were changed"),
        (a_served(aliases=(an_alias(weights={"2": 0.1}),)), "made to split its traffic"),
    ],
)
def test_s13_whatever_our_own_steps_do_not_explain_is_foreign(
    state: FunctionState, says: str | None
) -> None:
    foreign = KIND.foreign_change(a_change({"live": "1"}), state, "2")
    assert foreign is None if says is None else says in str(foreign)


def test_a_foreign_change_of_a_function_without_aliases_needs_no_environment() -> None:
    assert KIND.foreign_change(a_change(), a_state(), None) is None
    assert (
        KIND.foreign_change(a_change({"dev": "$LATEST"}), _after(a_state(), dev="$LATEST"), None)
        is None
    )


def test_the_undo_is_the_size_before() -> None:
    assert KIND.undo(found()) == {"memory_mb": 3008}


def test_risks_name_what_this_change_could_do() -> None:
    usual = KIND.risks(found())
    assert "cold starts" in usual[0]
    assert not any("new version" in risk for risk in usual)
    slower = replace(found(), advice=a_recommendation(predicted_p95_ms=850.0))
    assert KIND.risks(slower)[0] == "It may run slower: about 50 ms more at p95."
    served = found(function__aliases={"live": "1", "beta": "1"})
    moved, unsplit, deploying = KIND.risks(served)[-3:]
    assert "beta, live moved to it" in moved
    assert unsplit.startswith("Whatever calls $LATEST itself gets the new size at once")
    assert "CodeDeploy refuses" in deploying
    mixed = found(function__aliases={"live": "1", "beta": "$LATEST"})
    assert "live moved to it" in KIND.risks(mixed)[-3]
    assert "calls $LATEST itself, as beta does, gets" in KIND.risks(mixed)[-2]
    none = replace(found(), advice=Abstention(reason="x"), signals={})
    assert KIND.risks(none) == usual
