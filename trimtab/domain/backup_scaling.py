"""What of Application Auto Scaling is written again? Targets, scheduled actions and policies.

Source: botocore 1.44.5, application-autoscaling: RegisterScalableTarget, PutScheduledAction,
PutScalingPolicy.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from trimtab.domain.backup_settings import full

POLICY = (
    "PolicyType",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
)
ONCE = re.compile(r"at\((?P<when>[^)]+)\)")

Scaled = tuple[str, str, str, Any]
"""Kind, qualifier, name and what is written."""


def scaling_items(document: Mapping[str, Any], *, now: datetime) -> tuple[Scaled, ...]:
    """Return what scales each alias or version; a schedule that is over is left out."""
    found: list[Scaled] = []
    for raw in document["targets"]:
        suspended = {k: v for k, v in (raw.get("SuspendedState") or {}).items() if v}
        value = {"MinCapacity": raw["MinCapacity"], "MaxCapacity": raw["MaxCapacity"]}
        value |= {"SuspendedState": suspended} if suspended else {}
        found.append(("target", qualifier_of(raw), "", value))
    for raw in document["actions"]:
        if not is_over(raw, now=now):
            found.append(("action", qualifier_of(raw), raw["ScheduledActionName"], _action(raw)))
    for raw in document["policies"]:
        value = full({key: raw.get(key) for key in POLICY})
        found.append(("scaling-policy", qualifier_of(raw), raw["PolicyName"], value))
    return tuple(found)


def qualifier_of(raw: Mapping[str, Any]) -> str:
    """Return the alias or version of a resource id: function:NAME:QUALIFIER."""
    return str(raw["ResourceId"]).split(":")[2]


def is_over(raw: Mapping[str, Any], *, now: datetime) -> bool:
    """Tell whether an action never runs again: its end, or its one moment, is past."""
    end = raw.get("EndTime")
    if end is not None and datetime.fromisoformat(end) <= now:
        return True
    once = ONCE.fullmatch(str(raw["Schedule"]))
    if once is None:
        return False
    when = datetime.fromisoformat(once["when"])
    return when.replace(tzinfo=ZoneInfo(raw.get("Timezone") or "UTC")).astimezone(UTC) <= now


def _action(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action as it is written. A bound of 0 is a bound."""
    keys = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
    return {key: raw[key] for key in keys if raw.get(key) is not None}
