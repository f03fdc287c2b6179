"""What may each file under policies/ hold? Strict shapes: an unknown key or type is a mistake."""

from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from trimtab.domain.terms import Mode, Severity, VerifyTerms, WorseThan
from trimtab.policy import schema_values as read
from trimtab.policy.quantity import read_duration, read_percent


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


_DURATION = _text(r"^\d+(\.\d+)? ?(ms|s|m|h|d)$", "14d")
_DAY = _text(r"^\d{4}-\d{2}-\d{2}$", "2027-01-31")
_WORSE = _text(r"^> ?\d+(\.\d+)?(x( and >= ?\d+(\.\d+)?)?)?$", "> 1.5x and >= 5")

Duration = Annotated[timedelta, PlainValidator(read_duration), _DURATION]
Percent = Annotated[float, PlainValidator(read_percent), _text(r"^\d+(\.\d+)? ?%$", "5%")]
Day = Annotated[date, PlainValidator(read.read_day), _DAY]
Worse = Annotated[WorseThan, PlainValidator(read.read_worse), _WORSE]
Slug = Annotated[
    str, PlainValidator(read.read_slug), _text(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "a-b")
]
Account = Annotated[str, PlainValidator(read.read_account), _text(r"^\d{12}$", "111122223333")]
Unit = Annotated[
    str, PlainValidator(read.read_organizational_unit), _text(r"^(ou|r)-[a-z0-9-]+$", "ou-ab12-1")
]
Region = Annotated[
    str, PlainValidator(read.read_region), _text(r"^[a-z]{2}(-[a-z]+)+-\d$", "eu-west-1")
]
Address = Annotated[
    str, PlainValidator(read.read_address), _text(r"^\S+@\S+$", "finops@example.com")
]
Approver = Annotated[str, PlainValidator(read.read_approver), _text(r"^(owner|\S+@\S+)$", "owner")]
Zone = Annotated[str, PlainValidator(read.read_zone), _text(r"^\S+$", "Europe/Berlin")]
Days = Annotated[
    tuple[int, ...],
    PlainValidator(read.read_days),
    _text(r"^[a-z]{3}((-|, ?)[a-z]{3})*$", "mon-thu"),
]
Hours = Annotated[
    read.Hours, PlainValidator(read.read_hours), _text(r"^\d\d:\d\d-\d\d:\d\d$", "09:00-16:00")
]
BuiltMode = Annotated[
    Mode,
    PlainValidator(read.read_built_mode),
    WithJsonSchema({"enum": ["observe", "ticket", "approve"]}),
]
Level = Annotated[
    Severity,
    PlainValidator(read.read_severity),
    WithJsonSchema({"enum": [s.value for s in Severity]}),
]
Sink = Annotated[str, PlainValidator(read.read_sink), WithJsonSchema({"enum": ["github"]})]
Title = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Prose = Annotated[str, Field(min_length=1, max_length=2000)]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,49}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Quorum = Annotated[int, PlainValidator(read.read_quorum), WithJsonSchema({"const": 1})]


class Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class UnitSelection(Shape):
    include: list[Unit] = []
    exclude: list[Unit] = []


class AccountSelection(Shape):
    include: list[Account] = []
    exclude: list[Account] = []


class RegionSelection(Shape):
    include: list[Region] = []
    exclude: list[Region] = []


class ScopeShape(Shape):
    organizational_units: Annotated[UnitSelection, BeforeValidator(read.as_selection)] = (
        UnitSelection()
    )
    accounts: Annotated[AccountSelection, BeforeValidator(read.as_selection)] = AccountSelection()
    regions: Annotated[RegionSelection, BeforeValidator(read.as_selection)] = RegionSelection()
    tags: dict[str, Any] = {}


class ApprovalShape(Shape):
    approvers: Annotated[list[Approver], Field(min_length=1, max_length=20)] = ["owner"]
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
    error_rate: Worse = DEFAULT_VERIFY.error_rate
    duration_p95: Worse = DEFAULT_VERIFY.duration_p95
    out_of_memory: Worse = DEFAULT_VERIFY.out_of_memory
    throttles: Worse = DEFAULT_VERIFY.throttles


class VerifyShape(Shape):
    settle: Duration | None = None
    watch: Duration | None = None
    samples: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    roll_back_if: RollBackShape = RollBackShape()


class TicketShape(Shape):
    sink: Sink = "github"
    labels: Annotated[list[Label], Field(max_length=20)] = []


class PolicyShape(Shape):
    id: Slug
    title: Title
    why: Prose
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


class HubShape(Shape):
    organization: Annotated[str, Field(pattern=r"^o-[a-z0-9]{3,32}$")] | None = None
    delegated_from: Account | None = None


class FleetScopeShape(Shape):
    organizational_units: list[Unit] = []
    exclude_accounts: list[Account] = []
    regions: Annotated[list[Region], Field(min_length=1)]


class KnownGapShape(Shape):
    account: Account
    why: Prose
    owner: Address
    until: Day


class UnmanagedShape(Shape):
    accounts: list[Account] = []
    organizational_units: list[Unit] = []


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
    rollbacks: Annotated[int, Field(ge=1, le=1000)] = 2
    within: Duration = timedelta(hours=24)


class FleetShape(Shape):
    hub: HubShape = HubShape()
    scope: FleetScopeShape
    known_gaps: list[KnownGapShape] = []
    unmanaged: UnmanagedShape = UnmanagedShape()
    ceilings: dict[str, Any] = {}
    limits: LimitsShape = LimitsShape()
    freeze: FreezeShape = FreezeShape()


class ApproverRulesShape(Shape):
    domains: Annotated[
        list[Annotated[str, PlainValidator(read.read_domain), _text(r"^\S+$", "example.com")]],
        Field(min_length=1, max_length=50),
    ]
    needed: Annotated[int, Field(ge=1, le=10)] = 1
    identity: dict[str, Any] = {}


class GuardrailsShape(Shape):
    """Without the floors, whose keys are the kinds of change."""

    approval: ApproverRulesShape
    highest_mode: dict[str, Any] = {}


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
    ] = []
    map: list[OwnerRuleShape] = []
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
    exemptions: list[ExemptionShape] = []


class PolicyTestShape(Shape):
    name: Title
    signals: dict[str, Any] = {}
    account: Account = "111122223333"
    organizational_units: list[Unit] = []
    region: Region = "eu-west-1"
    expect: Annotated[Any, PlainValidator(read.read_assessment)]
    missing: list[str] | None = None


class PolicyTestsShape(Shape):
    policy: Slug
    given: dict[str, Any] = {}
    tests: Annotated[list[PolicyTestShape], Field(min_length=1, max_length=500)]
