"""What does Application Auto Scaling keep, and how does it say so?

Errors with its codes, what it keeps per scalable target, and how each of them is described.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from trimtab.local.scaling.schedules import Once, Schedule

NAMESPACE = "lambda"
DIMENSION = "lambda:function:ProvisionedConcurrency"
SERVICE_LINKED_ROLE = "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency"
PRINCIPAL = "lambda.application-autoscaling.amazonaws.com"
"""Source of both: "AWS Lambda and Application Auto Scaling", Application Auto Scaling user guide,
https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-lambda.html,
read 2026-11-21."""

SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")

Raw = dict[str, Any]


class ScalingError(Exception):
    """An error of the service: its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def invalid(message: str) -> ScalingError:
    """Return the error for a request that makes no sense."""
    return ScalingError("ValidationException", message)


class CapacityRefusedError(Exception):
    """Lambda did not take what it was told to provision; the message is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """What Lambda says of one alias or version."""

    requested: int
    status: str
    reason: str = ""


class Capacities(Protocol):
    """The provisioned concurrency of one account and region, as Lambda keeps it."""

    def exists(self, function: str, qualifier: str) -> bool:
        """Tell whether the function has this alias or numbered version."""
        ...

    def read(self, function: str, qualifier: str) -> Provisioned | None:
        """Return what is provisioned; None when nothing is configured."""
        ...

    def put(self, function: str, qualifier: str, count: int) -> None:
        """Ask Lambda for so many. Raises: CapacityRefusedError."""
        ...

    def delete(self, function: str, qualifier: str) -> None:
        """Ask Lambda to take it away. Raises: CapacityRefusedError."""
        ...

    def settle(self) -> None:
        """Let time have passed: what was being allocated is allocated, or has failed."""
        ...


@dataclass(slots=True, kw_only=True)
class Action:
    """One scheduled action."""

    name: str
    arn: str
    schedule: str
    timezone: str | None
    parsed: Schedule
    capacity: Raw
    start: datetime | None
    end: datetime | None
    created_at: datetime
    changed_at: datetime

    def firings(self, after: datetime, until: datetime) -> list[datetime]:
        """Return when it fires within its start and end. A recurring one fires at its start too.

        Source: "Schedule recurring scaling actions using cron expressions", Application Auto
        Scaling user guide, read 2026-11-22.
        """
        found = set(self.parsed.firings(after, until, since=self.start or self.created_at))
        if self.start is not None and not isinstance(self.parsed, Once) and after < self.start:
            found |= {self.start} if self.start <= until else set()
        return sorted(at for at in found if (self.start or at) <= at <= (self.end or at))


@dataclass(slots=True, kw_only=True)
class Policy:
    """One target tracking policy and the names of its two alarms."""

    name: str
    arn: str
    configuration: Raw
    alarms: list[Raw]
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class ScalableTarget:
    """One alias or version that is scaled."""

    function: str
    qualifier: str
    arn: str
    role_arn: str
    least: int
    most: int
    created_at: datetime
    suspended: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(SUSPENDED, False))
    actions: dict[str, Action] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)

    @property
    def resource(self) -> str:
        """Return its resource id."""
        return f"function:{self.function}:{self.qualifier}"


@dataclass(slots=True, kw_only=True)
class Activity:
    """One thing that was done, or is being done, to a target."""

    id: str
    resource: str
    description: str
    cause: str
    started_at: datetime
    status: str = "InProgress"
    message: str = ""
    ended_at: datetime | None = None
    count: int = 0
    """What Lambda was asked to provision; an activity in progress ends when that is there."""

    def end(self, status: str, message: str, at: datetime) -> None:
        """Be over."""
        self.status, self.message, self.ended_at = status, message, at


def _named(resource: str) -> Raw:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource,
        "ScalableDimension": DIMENSION,
    }


def _given(**members: Any) -> Raw:
    return {name: value for name, value in members.items() if value is not None}


def describe_target(target: ScalableTarget) -> Raw:
    """Say a target as DescribeScalableTargets does."""
    return _named(target.resource) | {
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": target.role_arn,
        "CreationTime": target.created_at,
        "SuspendedState": dict(target.suspended),
        "ScalableTargetARN": target.arn,
    }


def describe_action(target: ScalableTarget, action: Action) -> Raw:
    """Say a scheduled action as DescribeScheduledActions does."""
    return (
        _named(target.resource)
        | {
            "ScheduledActionName": action.name,
            "ScheduledActionARN": action.arn,
            "Schedule": action.schedule,
            "ScalableTargetAction": dict(action.capacity),
            "CreationTime": action.created_at,
        }
        | _given(Timezone=action.timezone, StartTime=action.start, EndTime=action.end)
    )


def describe_policy(target: ScalableTarget, policy: Policy) -> Raw:
    """Say a policy as DescribeScalingPolicies does."""
    return _named(target.resource) | {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": dict(policy.configuration),
        "Alarms": list(policy.alarms),
        "CreationTime": policy.created_at,
    }


def describe_activity(activity: Activity) -> Raw:
    """Say an activity as DescribeScalingActivities does."""
    return (
        _named(activity.resource)
        | {
            "ActivityId": activity.id,
            "Description": activity.description,
            "Cause": activity.cause,
            "StartTime": activity.started_at,
            "StatusCode": activity.status,
        }
        | _given(StatusMessage=activity.message or None, EndTime=activity.ended_at)
    )
