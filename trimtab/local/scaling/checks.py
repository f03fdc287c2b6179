"""Which requests does Application Auto Scaling refuse? And with which code and message."""

from __future__ import annotations

import re
from typing import Any

from trimtab.local.scaling.records import DIMENSION, NAMESPACE, Raw, ScalingError, invalid
from trimtab.local.scaling.schedules import Schedule, ScheduleError, parse

METRIC = "LambdaProvisionedConcurrencyUtilization"
_RESOURCE = re.compile(r"function:([A-Za-z0-9_-]+):([A-Za-z0-9_-]+)")
_NAME = re.compile(r"(?! )[^\x00-\x1f\x7f-\x9f:/|]{1,256}(?<! )")
TOO_SMALL = "Maximum capacity cannot be less than minimum capacity"


def is_name(text: str) -> bool:
    """Tell whether a scheduled action may be called so."""
    return _NAME.fullmatch(text) is not None


def fulfilled(count: int) -> str:
    """Say that Lambda did what it was asked for."""
    done = f"Successfully set provisioned concurrency to {count}."
    return f"{done} Change successfully fulfilled by lambda."


def resource_of(request: Raw) -> tuple[str, str]:
    """Return function and qualifier of a request about one target; refuse what is not Lambda's."""
    match = _RESOURCE.fullmatch(request["ResourceId"])
    named = (request["ServiceNamespace"], request["ScalableDimension"])
    if match is None or named != (NAMESPACE, DIMENSION):
        raise invalid("Unsupported service namespace, resource type or scalable dimension")
    return match[1], match[2]


def check_filter(request: Raw, member: str) -> None:
    """Refuse a dimension without the resource it is of."""
    if request.get("ScalableDimension") and not request.get(member):
        raise invalid("A scalable dimension needs a resource id")


def check_range(least: int, most: int) -> None:
    """Refuse bounds that are negative or the wrong way round."""
    if min(least, most) < 0:
        raise invalid("Minimum capacity must be greater than or equal to 0")
    if most < least:
        raise invalid(TOO_SMALL)


def check_capacity(capacity: Raw) -> None:
    """Refuse what an action is to set; one bound is enough."""
    if not capacity.keys() & {"MinCapacity", "MaxCapacity"}:
        raise invalid("At least one of minimum capacity and maximum capacity should be provided")
    least = capacity.get("MinCapacity", 0)
    check_range(least, capacity.get("MaxCapacity", max(least, 0)))


def check_tracking(configuration: Raw) -> None:
    """Refuse a target tracking policy on what is no metric of Lambda."""
    predefined = configuration.get("PredefinedMetricSpecification")
    metric = (predefined or {}).get("PredefinedMetricType")
    if predefined is None and not configuration.get("CustomizedMetricSpecification"):
        raise invalid("A target tracking policy needs a metric specification")
    if predefined is not None and metric != METRIC:
        raise invalid(f"Predefined metric {metric} is not one of Lambda's")
    if not configuration.get("TargetValue", 0) > 0:
        raise invalid("The target value must be greater than 0")


def parsed_schedule(schedule: Any, timezone: str | None) -> Schedule:
    """Read a schedule, or refuse it."""
    if not schedule:
        raise invalid("A new scheduled action needs a schedule")
    try:
        return parse(str(schedule), timezone)
    except ScheduleError as error:
        raise invalid(f"Invalid schedule: {error}") from None


def missing(what: str, request: Raw, more: str = "", *, found: str = "found") -> ScalingError:
    """Return the error for what is not there."""
    message = (
        f"No {what} {found} for service namespace: {request['ServiceNamespace']}, resource ID: "
        f"{request['ResourceId']}, scalable dimension: {request['ScalableDimension']}{more}"
    )
    return ScalingError("ObjectNotFoundException", message)
