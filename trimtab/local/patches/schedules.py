"""When does a schedule fire, and what does its target get?

The emulator really fires schedules (a ``rate`` counts from creation), but hands the input over
with the placeholders unfilled. This fills them, and lets the demo fire a schedule now instead
of waiting. Source: "Adding context attributes", EventBridge Scheduler user guide,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html,
read 2026-11-21.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from trimtab.local.patches import control, target


def apply() -> None:
    """Fill the context attributes of schedule inputs and register the control to fire one."""
    bridge = target.module("ministack.services.eventbridge")
    scheduler = target.module("ministack.services.scheduler")
    invoke = target.demand(bridge, "_invoke_target", needed_for="schedules")
    target.demand(scheduler, "_tick_schedules", needed_for="schedules")
    target.demand(scheduler, "_schedules", needed_for="schedules")

    def with_context(
        aim: dict[str, Any], event: dict[str, Any], rule: Any, view: Any = None
    ) -> Any:
        if event.get("Source") == "aws.scheduler" and aim.get("Input"):
            arn = (event.get("Resources") or [""])[0]
            aim = {**aim, "Input": _filled(aim["Input"], arn=arn, moment=float(event["Time"]))}
        return invoke(aim, event, rule, view)

    bridge._invoke_target = with_context
    control.register("fire-schedule", lambda body: _fire(bridge, scheduler, body))


def _filled(text: str, *, arn: str, moment: float) -> str:
    scheduled = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {
        "<aws.scheduler.schedule-arn>": arn,
        "<aws.scheduler.scheduled-time>": scheduled,
        "<aws.scheduler.execution-id>": str(uuid.uuid4()),
        "<aws.scheduler.attempt-number>": "1",
    }
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text


def _fire(bridge: Any, scheduler: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Invoke the target of one schedule as if its time had come; disabled ones too."""
    responses = target.module("ministack.core.responses")
    with responses.request_scope(body["Account"], body["Region"]):
        key = f"{body.get('Group', 'default')}/{body['Name']}"
        schedule = scheduler._schedules.get(key)
        if schedule is None:
            known = ", ".join(sorted(scheduler._schedules)) or "none"
            raise ValueError(
                f"no schedule {key} in {body['Account']}/{body['Region']}; known: {known}"
            )
        event = {
            "EventId": str(uuid.uuid4()),
            "Source": "aws.scheduler",
            "DetailType": "Scheduled Event",
            "Detail": "{}",
            "Time": datetime.now(UTC).timestamp(),
            "Resources": [schedule.get("Arn", "")],
            "Account": body["Account"],
            "Region": body["Region"],
        }
        bridge._invoke_target(schedule["Target"], event, schedule)
    return {}
