"""Which small types do policy files share? Read by `schema_values`, each with its JSON Schema."""

from datetime import date, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from trimtab.domain.finding import Assessment
from trimtab.domain.terms import Mode, Severity, WorseThan
from trimtab.policy import schema_values as read
from trimtab.policy.fleet_rules import OWNER
from trimtab.policy.quantity import read_duration, read_percent


def text_like(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


_DURATION = text_like(r"^\d+(\.\d+)? ?(ms|s|m|h|d)$", "14d")
_DAY = text_like(r"^\d{4}-\d{2}-\d{2}$", "2027-01-31")
_WORSE = text_like(r"^> ?\d+(\.\d+)?(x( and >= ?\d+(\.\d+)?)?)?$", "> 1.5x and >= 5")

Duration = Annotated[timedelta, PlainValidator(read_duration), _DURATION]
Span = Annotated[timedelta, PlainValidator(read.read_span), _DURATION]
Percent = Annotated[float, PlainValidator(read_percent), text_like(r"^\d+(\.\d+)? ?%$", "5%")]
Day = Annotated[date, PlainValidator(read.read_day), _DAY]
Worse = Annotated[WorseThan, PlainValidator(read.read_worse), _WORSE]
Slug = Annotated[
    str, PlainValidator(read.read_slug), text_like(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "a-b")
]
Account = Annotated[str, PlainValidator(read.read_account), text_like(r"^\d{12}$", "111122223333")]
Unit = Annotated[
    str,
    PlainValidator(read.read_organizational_unit),
    text_like(r"^(ou|r)-[a-z0-9-]+$", "ou-a-1"),
]
Region = Annotated[
    str, PlainValidator(read.read_region), text_like(r"^[a-z]{2,4}(-[a-z]+)+-\d$", "eu-west-1")
]
Runtime = Annotated[
    str, PlainValidator(read.read_runtime), text_like(r"^[a-z][a-z0-9.]*$", "nodejs22.x")
]
Address = Annotated[
    str, PlainValidator(read.read_address), text_like(r"^\S+@\S+$", "finops@example.com")
]
Approver = Annotated[
    str, PlainValidator(read.read_approver), text_like(r"^(owner|\S+@\S+)$", OWNER)
]
Zone = Annotated[str, PlainValidator(read.read_zone), text_like(r"^\S+$", "Europe/Berlin")]
Days = Annotated[
    tuple[int, ...],
    PlainValidator(read.read_days),
    text_like(r"^[a-z]{3}((-|, ?)[a-z]{3})*$", "mon-thu"),
]
Hours = Annotated[
    read.Hours, PlainValidator(read.read_hours), text_like(r"^\d\d:\d\d-\d\d:\d\d$", "09:00-16:00")
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
Place = Annotated[str, PlainValidator(read.read_place), WithJsonSchema({"enum": list(read.PLACES)})]
Sink = Annotated[str, PlainValidator(read.read_sink), WithJsonSchema({"enum": ["github"]})]
Title = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Prose = Annotated[str, Field(min_length=1, max_length=2000)]
Remedy = Annotated[str, Field(min_length=1, max_length=400)]
"""As long as what a ticket shows of one text."""
Link = Annotated[str, Field(max_length=300, pattern=r"^https://[!-;=?-\[\]-_a-z~]+$")]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,49}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Quorum = Annotated[int, PlainValidator(read.read_quorum), WithJsonSchema({"const": 1})]
Domain = Annotated[str, PlainValidator(read.read_domain), text_like(r"^\S+$", "example.com")]
Expected = Annotated[Assessment, PlainValidator(read.read_assessment)]


class Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
