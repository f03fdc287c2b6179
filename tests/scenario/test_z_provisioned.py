"""Does what is provisioned go by the hours, and come back? On the deployed thing, by what
Application Auto Scaling does on its own.

After the tests that read the first run alone: what was scheduled there is taken back here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenario.test_whole_loop import trimtab
from tests.scenario.test_z_memory import Told, told
from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.demo.provisioned import ALIAS, level_of, next_monday, play_day

if TYPE_CHECKING:
    from tests.scenario.conftest import Played

pytestmark = pytest.mark.scenario

SCALING = {
    "ServiceNamespace": "lambda",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}
PATIENCE_S = 60.0


def resource(function: DemoFunction) -> str:
    return f"function:{function.name}:{ALIAS}"


def scaling(played: Played, function: DemoFunction) -> Any:
    return played.world.emulator.client(
        "application-autoscaling", function.account, function.region
    )


def targets(played: Played, function: DemoFunction) -> list[dict[str, Any]]:
    """Return what is registered of the alias."""
    found = scaling(played, function).describe_scalable_targets(
        **SCALING, ResourceIds=[resource(function)]
    )
    return list(found["ScalableTargets"])


def activities(played: Played, function: DemoFunction) -> list[str]:
    """Return what scaling did to the alias, oldest first."""
    found = scaling(played, function).describe_scaling_activities(
        **SCALING, ResourceId=resource(function)
    )
    return [a["Description"] for a in reversed(found["ScalingActivities"])]


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert is_so()


def steps(story: Told, event: str) -> list[str]:
    """Return the kinds of steps that were written, in order."""
    return [str(e.data["step"]["is"]) for e in story.entries if e.event == event]


def most_and_least(story: Told) -> tuple[int, int]:
    return story.change.after["maximum"], story.change.after["minimum"]


def test_a_schedule_is_registered_at_rest_before_anything_of_it_moves(played: Played) -> None:
    story = told(played, played.world.story.scheduled)
    assert story.happened("asked", "decided", "intended", "applied", "watch_healthy")
    written = steps(story, "forward_step_written")
    assert (written[0], written[-1]) == ("RegisterTarget", "RegisterTarget")
    assert set(written[1:-1]) == {"PutAction"}
    asked = [e.data["step"] for e in story.entries if e.event == "forward_step_written"]
    assert asked[0]["is_suspended"], "it stands still until every action is there"
    assert asked[0]["minimum"] == asked[0]["maximum"] == played.world.story.scheduled.provisioned
    assert not asked[-1]["is_suspended"]


def test_its_actions_fired_on_the_day_that_was_played_and_lambda_followed(
    played: Played,
) -> None:
    function = played.world.story.scheduled
    most, least = most_and_least(told(played, function))
    assert played.figures["scheduled_actions_fired"] >= 2
    did = activities(played, function)
    for level in (most, least):
        assert f"Setting provisioned concurrency to {level}." in did
    assert level_of(played.world.emulator, function) == least, "the day ends at night"


def test_the_saving_is_measured_for_the_very_same_demand(played: Played) -> None:
    story = told(played, played.world.story.scheduled)
    measured = story.data("saving_measured")["saving"]
    assert measured["cost_after_usd_month"] < measured["cost_before_usd_month"]
    assert measured["spillover"] == 0.0, "the demand of the demo keeps within the level"


def test_what_nobody_used_is_gone_and_is_watched_without_a_sample(played: Played) -> None:
    function = played.world.story.unused
    story = told(played, function)
    assert story.happened("asked", "decided", "intended", "applied", "watch_healthy")
    assert steps(story, "forward_step_written") == ["SetProvisioned"]
    assert level_of(played.world.emulator, function) == 0
    assert targets(played, function) == []


def test_s13_undo_brings_the_level_back_before_the_schedule_is_taken_away(
    played: Played,
) -> None:
    function = played.world.story.scheduled
    change = told(played, function).change.change_id
    done = trimtab(played, "undo", change, "--why", "the scenario wants one level again")
    assert done.returncode == 0, done.stderr
    until(lambda: "undone" in told(played, function).events)
    assert level_of(played.world.emulator, function) == function.provisioned
    assert targets(played, function) == []
    story = told(played, function)
    assert story.happened("applied", "watch_healthy", "undo_asked", "undo_intended", "undone")
    written = steps(story, "undo_step_written")
    assert written[0] == "RegisterTarget", "the level first"
    assert written[-1] == "DeregisterTarget"
    assert {"DeleteAction"} <= set(written[1:-1])


def test_after_the_undo_no_action_fires_any_more(played: Played) -> None:
    function = played.world.story.scheduled
    tuesday = next_monday(told(played, function).entries[0].at) + timedelta(days=1)
    day = list(play_day(played.world.emulator, function, tuesday))
    assert not any(moment.fired for moment in day)
    assert {moment.level for moment in day} == {function.provisioned}


def test_what_scales_an_alias_that_is_gone_is_taken_away(played: Played) -> None:
    function = played.world.story.also_scheduled
    assert len(targets(played, function)) == 1
    client = played.world.emulator.client("lambda", function.account, function.region)
    client.delete_alias(FunctionName=function.name, Name=ALIAS)
    assert len(targets(played, function)) == 1, "AWS leaves it"
    change = told(played, function).change.change_id
    done = trimtab(played, "undo", change, "--why", "its alias is gone")
    assert done.returncode == 0, done.stderr
    until(lambda: targets(played, function) == [])
    assert steps(told(played, function), "undo_step_written")[-1] == "DeregisterTarget"
    assert played.check.hub.faults() == ()
