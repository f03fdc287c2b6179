"""What calls a function, who may, and what may it do? Asked of one target, or of one function.

The answers are as AWS gives them: policy documents as JSON text, schedules as written. What they
mean is said by `pipeline.signals`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trimtab.domain.arn import FunctionArn


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """One event source mapping: a queue or stream that Lambda polls for the function."""

    function: FunctionArn
    kind: str
    """The service: sqs, kinesis, dynamodb, kafka, mq, ..."""
    state: str
    """Enabled, Disabled, or between the two: as AWS says it."""
    has_failure_destination: bool
    qualifier: str | None = None
    """The version or alias that it calls; None: the function itself."""
    source: str = ""
    """What is polled, or the id of the mapping where that has no ARN."""
    changed_at: datetime | None = None
    """When the mapping was last changed; switching it off is a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One EventBridge rule."""

    name: str
    state: str
    schedule: str | None
    functions: frozenset[FunctionArn]
    """The functions among its targets, whatever version or alias they name."""
    targets: frozenset[str] = frozenset()
    """Those as the rule names them: ARNs with their qualifiers."""
    bus: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule of EventBridge Scheduler that may call a function."""

    name: str
    is_enabled: bool
    function: FunctionArn | None
    """None: it calls a function by the API of Lambda, and its input does not tell which."""
    expression: str | None
    """None where it was not read: of a disabled one, and where the answer was denied."""
    ends_at: datetime | None
    qualifier: str | None = None
    """The version or alias that it calls; None: the function itself."""
    zone: str = "UTC"
    starts_at: datetime | None = None
    changed_at: datetime | None = None
    """When it was last changed; switching it off is a change."""
    role: str | None = None
    """With whose rights it calls, where that was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What one role may do, and who may assume it, as documents."""

    trust: str
    policies: tuple[str, ...]
    """Inline and attached ones; of attached ones the version in force."""
    unread: tuple[str, ...]
    """Attached policies whose document was not in the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePolicy:
    """The policy of a function, or of one alias of it. `qualifier` None: of the function itself."""

    qualifier: str | None
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionUrl:
    """One function URL. `qualifier` None: it calls the function itself, not an alias."""

    qualifier: str | None
    auth: str
    """NONE or AWS_IAM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncSettings:
    """How asynchronous events of a function, a version or an alias are handled."""

    retries: int | None
    """None: as Lambda does where nothing is said."""
    max_event_age_s: int | None
    has_failure_destination: bool


class ReachSource(Protocol):
    """One target, read through its read role. The first five are bulk."""

    def event_sources(self) -> tuple[EventSource, ...]: ...

    def rules(self) -> tuple[Rule, ...]:
        """Read the rules of every event bus, and the targets of each: a call per rule."""
        ...

    def schedules(self, functions: Collection[FunctionArn]) -> tuple[Schedule, ...]:
        """Read the schedules that may call one of these: a call for each of those, beside."""
        ...

    def roles(self, wanted: Collection[str]) -> Mapping[str, Role]:
        """Read all roles of the account, by ARN. An answer of a moment ago may serve again, unless
        one of those wanted is not in it.
        """
        ...

    def zones(self, subnets: Collection[str]) -> Mapping[str, str]:
        """Read the Availability Zone of each of these subnets; one that is gone is absent."""
        ...

    def role_uses(self) -> Mapping[str | None, int] | None:
        """Count the functions of the whole target by the ARN of their role; under None those that
        name none. None: there are too many functions to list them all.
        """
        ...

    def policies(
        self, function: FunctionArn, qualifiers: Sequence[str | None]
    ) -> tuple[ResourcePolicy, ...]:
        """One call for each qualifier; one without a policy is absent."""
        ...

    def urls(self, function: FunctionArn) -> tuple[FunctionUrl, ...]: ...

    def async_settings(self, function: FunctionArn) -> tuple[AsyncSettings, ...]:
        """Settings of the function, its versions and aliases; empty: none has any."""
        ...

    def recursive_loop(self, function: FunctionArn) -> str:
        """Allow, or Terminate."""
        ...
