"""What may call a function or needs it, and what of that could not be read? The trigger graph.

No invocation proves nothing: a job of once a year looks just the same. Whatever points to a
function is an edge, live or dormant; a source that could not be read makes the answer unknown for
exactly the functions it could hide (S8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trimtab.domain.arn import FunctionArn, Target


class TriggerKind(StrEnum):
    """What points to a function, in the words that people read."""

    ALARM = "CloudWatch alarm"
    BUCKET = "S3 bucket"
    DESTINATION = "asynchronous destination"
    DISTRIBUTION = "CloudFront distribution"
    DURABLE = "durable execution"
    EDGE = "Lambda@Edge replica"
    ENVIRONMENT = "environment of a function"
    EVENT_SOURCE = "event source mapping"
    HTTP_API = "HTTP or WebSocket API"
    IOT_RULE = "IoT rule"
    LOAD_BALANCER = "load balancer"
    PERMISSION = "permission"
    PIPE = "EventBridge pipe"
    PROVISIONED = "provisioned concurrency"
    REST_API = "REST API"
    RULE = "EventBridge rule"
    SCHEDULE = "schedule"
    STACK = "CloudFormation stack"
    STATE_MACHINE = "Step Functions state machine"
    TOPIC = "SNS topic"
    URL = "function URL"
    USER_POOL = "Cognito user pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One edge: something that may call a function, or that needs it to be there."""

    kind: TriggerKind
    name: str
    qualifier: str | None
    """The version or alias that it names; None: the function itself."""
    is_live: bool | None
    """False: something that was read stands in the way of a call. None: what would tell that could
    not be read. Live does not mean that it ever called."""
    why: str
    is_gone: bool = False
    """Whether what should call is not there any more: only a leftover points to the function."""
    points: bool = False
    """Whether it names the function by itself, and still does when that is deleted; False: only
    the function's own policy knows of it, or it goes with the function."""
    next_fire_at: datetime | None = None
    """Of a schedule: when it calls next; where only a rate is known, the latest moment."""
    changed_at: datetime | None = None
    """Since when it has been as it is, at the latest; None: AWS does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A source that could not be read."""

    source: str
    error: str
    """Names the call and the target."""
    functions: frozenset[FunctionArn] | None
    """Whose triggers it could hide; None: those of every function here."""

    def hides(self, function: FunctionArn) -> bool:
        return self.functions is None or function in self.functions


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerGraph:
    """All that points to the functions of one account and region that were asked about."""

    target: Target
    as_of: datetime
    triggers: Mapping[FunctionArn, tuple[Trigger, ...]]
    edge: Mapping[FunctionArn, bool | None]
    """Whether it runs, or may run, at the edge; None: it could not be told."""
    open_executions: Mapping[FunctionArn, int | None]
    """Durable executions that are not over; None: they could not be listed."""
    blinds: tuple[Blind, ...]

    def triggers_of(self, function: FunctionArn) -> tuple[Trigger, ...]:
        """Return its edges.

        Raises: KeyError when the graph was not asked about it: that is not the same as none.
        """
        return self.triggers[function]

    def unknown_for(self, function: FunctionArn) -> tuple[Blind, ...]:
        """Return what could hide a trigger of it."""
        return tuple(blind for blind in self.blinds if blind.hides(function))

    def has_live(self, function: FunctionArn) -> bool | None:
        """Tell whether anything may call it or needs it; None: what could not be read may."""
        states = {trigger.is_live for trigger in self.triggers_of(function)}
        if True in states:
            return True
        return None if None in states or self.unknown_for(function) else False

    def live_count(self, function: FunctionArn) -> int | None:
        """Count what may call it or needs it; None: there may be more."""
        states = [trigger.is_live for trigger in self.triggers_of(function)]
        return None if None in states or self.unknown_for(function) else states.count(True)

    def next_fire_at(self, function: FunctionArn) -> datetime | None:
        """Return when the next of its live schedules calls; None: none of them tells."""
        moments = (t.next_fire_at for t in self.triggers_of(function) if t.is_live)
        return min((moment for moment in moments if moment is not None), default=None)

    def qualifiers(self, function: FunctionArn) -> frozenset[str]:
        """Return the versions and aliases that anything names, live or not."""
        named = (trigger.qualifier for trigger in self.triggers_of(function))
        return frozenset(qualifier for qualifier in named if qualifier is not None)
