"""What may fleet, guardrails, owners, exemptions and tests hold? Strict shapes, like policies."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from trimtab.domain.terms import Severity
from trimtab.policy.schema_types import (
    Account,
    Address,
    Count,
    Day,
    Domain,
    Expected,
    Level,
    Link,
    Percent,
    Place,
    Prose,
    Region,
    Runtime,
    Shape,
    Slug,
    Span,
    Title,
    Unit,
)


class FleetScopeShape(Shape):
    organizational_units: list[Unit] = Field(default_factory=list)
    exclude_accounts: list[Account] = Field(default_factory=list)
    regions: Annotated[list[Region], Field(min_length=1)]


class KnownGapShape(Shape):
    account: Account
    why: Prose
    owner: Address
    until: Day


class UnmanagedShape(Shape):
    accounts: list[Account] = Field(default_factory=list)
    organizational_units: list[Unit] = Field(default_factory=list)


class UnverifiedShape(Shape):
    per_account: Count = 3
    total: Count = 10


class LimitsShape(Shape):
    per_run: Count = 10
    share_of_read: Percent = 0.05
    per_account: Count = 3
    unverified: UnverifiedShape = UnverifiedShape()
    per_day: Count = 30


class FreezeShape(Shape):
    rollbacks: Annotated[int, Field(ge=1, le=1_000_000)] = 2
    within: Span = timedelta(hours=24)


class SecurityHubShape(Shape):
    into: Place
    from_severity: Level = Severity.INFORMATIONAL
    policies: list[Slug] = Field(default_factory=list)


class FleetShape(Shape):
    scope: FleetScopeShape
    known_gaps: list[KnownGapShape] = Field(default_factory=list)
    unmanaged: UnmanagedShape = UnmanagedShape()
    ceilings: dict[str, Any] = Field(default_factory=dict)
    limits: LimitsShape = LimitsShape()
    freeze: FreezeShape = FreezeShape()
    security_hub: SecurityHubShape | None = None


class ApproverRulesShape(Shape):
    domains: Annotated[
        list[Domain],
        Field(min_length=1, max_length=50),
    ]
    needed: Annotated[int, Field(ge=1, le=10)] = 1
    identity: dict[str, Any] = Field(default_factory=dict)


class GuardrailsShape(Shape):
    """Without the floors, whose keys are the kinds of change."""

    approval: ApproverRulesShape
    highest_mode: dict[str, Any] = Field(default_factory=dict)


class OwnerMatchShape(Shape):
    account: Account | None = None
    region: Region | None = None
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_*?-]{1,140}$")] | None = None


class OwnerRuleShape(Shape):
    match: OwnerMatchShape
    approvers: Annotated[list[Address], Field(min_length=1, max_length=20)]


class OwnersShape(Shape):
    tags: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=10)
    ] = Field(default_factory=list)
    map: list[OwnerRuleShape] = Field(default_factory=list)
    fallback: Annotated[list[Address], Field(min_length=1, max_length=20)]


class ExemptionShape(Shape):
    policy: Slug
    functions: Annotated[
        list[Annotated[str, Field(pattern=r"^arn:[A-Za-z0-9_:*?-]{1,300}$")]], Field(min_length=1)
    ]
    why: Prose
    who: Address
    until: Day


class ExemptionsShape(Shape):
    exemptions: list[ExemptionShape] = Field(default_factory=list)


class RuntimeShape(Shape):
    runtime: Runtime
    deprecated: Day
    block_create: Day | None = None
    block_update: Day | None = None


class RuntimesShape(Shape):
    read_on: Day
    source: Link
    runtimes: Annotated[list[RuntimeShape], Field(max_length=200)]


class PointShape(Shape):
    title: Title
    policies: Annotated[list[Slug], Field(max_length=20)] = Field(default_factory=list)
    not_checked: Prose | None = None


class ChecklistShape(Shape):
    id: Slug
    title: Title
    points: Annotated[list[PointShape], Field(min_length=1, max_length=50)]


class PolicyTestShape(Shape):
    name: Title
    signals: dict[str, Any] = Field(default_factory=dict)
    account: Account = "111122223333"
    organizational_units: list[Unit] = Field(default_factory=list)
    region: Region = "eu-west-1"
    expect: Expected
    missing: list[str] | None = None


class PolicyTestsShape(Shape):
    policy: Slug
    given: dict[str, Any] = Field(default_factory=dict)
    tests: Annotated[list[PolicyTestShape], Field(min_length=1, max_length=500)]
