"""What points to the functions of a target? Listings that are read once, and what they could not
tell.

The adapter says what it saw; what that means is said by `pipeline.triggers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trimtab.domain.arn import FunctionArn
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports.reach import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """One thing that names a function, as read."""

    kind: TriggerKind
    name: str
    function: FunctionArn
    qualifier: str | None = None
    is_on: bool = True
    why: str
    expression: str | None = None
    """When it calls, as EventBridge writes it; None: on events, or it could not be read."""
    zone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Something that may name functions and could not be read."""

    source: str
    error: str
    role: str | None = None
    """With whose rights it would call; None: any function may be behind it."""
    function: FunctionArn | None = None
    """The one function that it names; None: it is not known which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one source tells."""

    pointers: tuple[Pointer, ...] = ()
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """What the listings of a whole target tell, together."""

    pointers: Mapping[FunctionArn, tuple[Pointer, ...]]
    hidden: tuple[Hidden, ...]
    roles: Mapping[str, Role] | None
    """All roles of the account; None: they could not be read, which `hidden` says too."""
    callers: Mapping[FunctionArn, str | None]
    """Every function here with the role it calls others by; empty when they could not be listed."""
    listed: frozenset[TriggerKind]
    """The kinds whose listing was read to its end: what is not in it is not there."""
    there: frozenset[str]
    """The names of rules and the ids of APIs, whether they name a function or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Something that a resource policy names, looked at."""

    is_there: bool
    is_on: bool = True
    why: str
    functions: frozenset[str] = frozenset()
    """The ARNs of functions that it calls, or would call if it were on, as it names them."""


class TriggerSource(Protocol):
    """One target, read through its read role. What fails once is not asked again."""

    def as_of(self) -> datetime:
        """Tell the time that liveness is judged at."""
        ...

    def wide(self) -> Wide:
        """Read every listing, each at most once. A failure is in `hidden`, never raised."""
        ...

    def schedules(self, function: FunctionArn) -> Seen:
        """Read the schedules of EventBridge Scheduler that may call it: a call each; the listing
        once for all.
        """
        ...

    def named(self, principal: str, arn: str) -> Named | None:
        """Look at what a policy lets call; None: this kind is not looked at. A call or two.

        Raises: OutsideError.
        """
        ...

    def destinations(self, caller: FunctionArn) -> tuple[str, ...]:
        """Read where a function sends what became of its asynchronous events: the ARNs, one call.

        Raises: OutsideError.
        """
        ...

    def open_executions(self, function: FunctionArn) -> int:
        """Count the durable executions of it that are not over.

        Raises: OutsideError.
        """
        ...
