"""Does a function that nobody calls go in stages, come back when it is asked for, and stay at the
first call? Plays the caller, and the person who restores.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trimtab.domain.ledger import change_chain
from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.emulator import Emulator

if TYPE_CHECKING:
    from trimtab.local.demo.hub import Hub
    from trimtab.local.demo.world import World

Expect = Callable[[str, bool], None]
"""What should be so, and whether it is."""

STAGES = (
    "backed_up", "backup_verified", "notice_started", "quarantine_started", "references_read",
    "deletion_intended", "gone", "removed", "reference_sent", "everybody_told",
)  # fmt: skip
RULE = "telex-at-night"
STILL_POINTS = f"EventBridge rule {RULE} still points to"
TICKET_WITHIN_S = 30.0
ANSWER = "v1"
"""What the functions of the demo answer."""


class Caller:
    """Somebody who still needs one of the functions, and calls it while it takes no calls."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._has_called = False

    def call_when_quarantined(self) -> None:
        function = self._world.story.called
        if self._has_called or reserved_of(self._world, function) != 0:
            return
        self._has_called = True
        cloudwatch = self._world.emulator.client("cloudwatch", function.account, function.region)
        cloudwatch.put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": "Throttles",
                    "Dimensions": [{"Name": "FunctionName", "Value": function.name}],
                    "Timestamp": datetime.now(UTC),
                    "Value": 1.0,
                    "Unit": "Count",
                }
            ],
        )


def point_at(emulator: Emulator, function: DemoFunction) -> None:
    """Let a rule that somebody turned off name a function."""
    events = emulator.client("events", function.account, function.region)
    events.put_rule(Name=RULE, ScheduleExpression="cron(0 2 * * ? *)", State="DISABLED")
    events.put_targets(Rule=RULE, Targets=[{"Id": "1", "Arn": function.arn}])


def about_findings(world: World) -> list[Mapping[str, Any]]:
    """Return the issues but those about what points to a removed function."""
    return [one for one in world.github.issues if STILL_POINTS not in str(one["title"])]


def reserved_of(world: World, function: DemoFunction) -> int | None:
    """Return what is reserved for a function; None: nothing is, or it is gone."""
    client = world.emulator.client("lambda", function.account, function.region)
    try:
        answer = client.get_function_concurrency(FunctionName=function.name)
    except client.exceptions.ResourceNotFoundException:
        return None
    found = answer.get("ReservedConcurrentExecutions")
    return None if found is None else int(found)


def look_at_removals(world: World, hub: Hub, expect: Expect) -> None:
    """Hold both removals against their story, then bring back what was deleted."""
    story = world.story
    events = _events(hub, story.removed)
    expect(f"{story.removed.name}: {', '.join(STAGES)}", _in_order(events, STAGES))
    expect(f"{story.removed.name} is gone", not _is_there(world, story.removed))
    expect("one ticket is opened about the rule that names it", _is_ticketed_once(world))
    kept = _events(hub, story.called)
    expect(
        f"{story.called.name} was let go at the first call",
        {"quarantine_started", "removal_stopped", "undone"} <= set(kept) and "gone" not in kept,
    )
    expect("and takes calls again", reserved_of(world, story.called) is None)
    _restore(world, hub, expect)


def _is_ticketed_once(world: World) -> bool:
    deadline = time.monotonic() + TICKET_WITHIN_S
    while time.monotonic() < deadline:
        found = [i for i in world.github.issues if STILL_POINTS in str(i["title"])]
        if found:
            return len(found) == 1
        time.sleep(0.5)
    return False


def _restore(world: World, hub: Hub, expect: Expect) -> None:
    function = world.story.removed
    event = {
        "function": function.arn,
        "name": None,
        "backup_id": None,
        "by": "dana@example.com",
        "why": "the yearly closing needs it",
        "starts_mappings": False,
        "dry_run": False,
    }
    answer = _ask(world, {"restore": event})
    why = str(answer.get("reason") or answer.get("errorMessage") or "compared field by field")
    expect(f"{function.name} is restored: {why}", answer.get("word") == "restored")
    client = world.emulator.client("lambda", function.account, function.region)
    said = json.loads(client.invoke(FunctionName=function.name)["Payload"].read())
    expect(f"and answers {said!r} as before", said == ANSWER)


def _ask(world: World, event: Mapping[str, Any]) -> Mapping[str, Any]:
    name = world.outputs["RestoreFunctionName"]
    answer = world.hub("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    said: Mapping[str, Any] = json.loads(answer["Payload"].read())
    return said


def _events(hub: Hub, function: DemoFunction) -> list[str]:
    change = hub.proposals()[function.name]
    return [entry.event for entry in hub.ledger.entries(change_chain(change.change_id))]


def _in_order(events: list[str], wanted: tuple[str, ...]) -> bool:
    places = [events.index(event) if event in events else -1 for event in wanted]
    return -1 not in places and places == sorted(places)


def _is_there(world: World, function: DemoFunction) -> bool:
    client = world.emulator.client("lambda", function.account, function.region)
    try:
        client.get_function(FunctionName=function.name)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True
