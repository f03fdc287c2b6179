"""Which fields does a kind of change have in a policy file? Plain specs: the loader reads them.

Each remediation declares one `ChangeSpec`; the policy loader gets them as an argument, so that the
policy language knows the kinds without importing them.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from trimtab.domain.terms import ChangeKind

FieldValue: TypeAlias = float | timedelta | str | bool


class FieldType(StrEnum):
    """How a field is written, and what it becomes."""

    RATIO = "ratio"
    """A bare number such as 1.4: a float."""
    PERCENT = "percent"
    """Written 10 %: a float, 0.1."""
    DURATION = "duration"
    """Written 14d, 12h, 15m or 10s: a timedelta."""
    COUNT = "count"
    """A whole number: a float without a fraction."""
    USD = "usd"
    """A bare number of US dollars: a float."""
    ZONE = "zone"
    """A time zone such as Europe/Berlin: a text."""
    FLAG = "flag"
    """Written true or false: a bool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a kind of change."""

    name: str
    type: FieldType
    unit: str
    """For people: 'times the peak', 'of the current size'."""
    default: FieldValue
    minimum: FieldValue | None = None
    """Inclusive; None: no bound of its own."""
    maximum: FieldValue | None = None
    meaning: str
    has_floor: bool = False
    """Whether guardrails.yaml may set a floor that no policy goes below (S29)."""
    floor: FieldValue | None = None
    """The floor where guardrails.yaml says nothing; None: there is none."""
    below: str | None = None
    """The field of the same change that must be more than this one; None: it stands alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSpec:
    """One kind of change, as policy files see it."""

    kind: ChangeKind
    meaning: str
    fields: tuple[FieldSpec, ...]
    least_lookback: timedelta | None = None
    """The floor of the lookback where guardrails.yaml says nothing; None: there is none."""
