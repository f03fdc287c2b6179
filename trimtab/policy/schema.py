"""What may a policy file hold? Strict shapes: an unknown key or a wrong type is a mistake."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from trimtab.domain.terms import Mode, VerifyTerms, WorseThan
from trimtab.policy import schema_values as read
from trimtab.policy.schema_types import (
    Account,
    Approver,
    BuiltMode,
    Days,
    Duration,
    Hours,
    Label,
    Level,
    Link,
    Prose,
    Quorum,
    Region,
    Remedy,
    Shape,
    Sink,
    Slug,
    Title,
    Unit,
    Worse,
    Zone,
)


class UnitSelection(Shape):
    include: list[Unit] = Field(default_factory=list)
    exclude: list[Unit] = Field(default_factory=list)


class AccountSelection(Shape):
    include: list[Account] = Field(default_factory=list)
    exclude: list[Account] = Field(default_factory=list)


class RegionSelection(Shape):
    include: list[Region] = Field(default_factory=list)
    exclude: list[Region] = Field(default_factory=list)


class ScopeShape(Shape):
    organizational_units: Annotated[UnitSelection, BeforeValidator(read.as_selection)] = (
        UnitSelection()
    )
    accounts: Annotated[AccountSelection, BeforeValidator(read.as_selection)] = AccountSelection()
    regions: Annotated[RegionSelection, BeforeValidator(read.as_selection)] = RegionSelection()
    tags: dict[str, Any] = Field(default_factory=dict)


class ApprovalShape(Shape):
    approvers: Annotated[list[Approver], Field(min_length=1, max_length=20)] = Field(
        default_factory=lambda: ["owner"]
    )
    needed: Quorum = 1
    expires: Duration = timedelta(hours=72)


class WindowShape(Shape):
    days: Days
    hours: Hours
    timezone: Zone


DEFAULT_VERIFY = VerifyTerms(
    settle=timedelta(minutes=30),
    watch=timedelta(hours=24),
    samples=200,
    error_rate=WorseThan(ratio=1.5, floor=5.0),
    duration_p95=WorseThan(ratio=1.25, floor=None),
    out_of_memory=WorseThan(ratio=None, floor=0.0),
    throttles=WorseThan(ratio=1.5, floor=5.0),
)
"""24 hours of watching cover one daily cycle; 200 invocations on both sides keep one error from
looking like a trend. Chosen, not measured."""


class RollBackShape(Shape):
    error_rate: Worse | None = None
    duration_p95: Worse | None = None
    out_of_memory: Worse | None = None
    throttles: Worse | None = None


class VerifyShape(Shape):
    settle: Duration | None = None
    watch: Duration | None = None
    samples: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    roll_back_if: RollBackShape = RollBackShape()


class TicketShape(Shape):
    sink: Sink = "github"
    labels: Annotated[list[Label], Field(max_length=20)] = Field(default_factory=list)


class PolicyShape(Shape):
    id: Slug
    title: Title
    why: Prose
    remedy: Remedy | None = None
    links: Annotated[list[Link], Field(max_length=10)] = Field(default_factory=list)
    severity: Level
    mode: BuiltMode = Mode.OBSERVE
    scope: ScopeShape = ScopeShape()
    when: dict[str, Any]
    lookback: Duration = timedelta(days=14)
    change: dict[str, Any] | None = None
    approval: ApprovalShape | None = None
    window: WindowShape | None = None
    verify: VerifyShape | None = None
    ticket: TicketShape | None = None
