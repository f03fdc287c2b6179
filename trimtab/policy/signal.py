"""What is a signal? Its name, type, unit and source, what it costs, when it is unknown."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any


class SignalType(StrEnum):
    """What a signal's values are, and so which matchers fit."""

    MEMORY = "memory"
    DURATION = "duration"
    COUNT = "count"
    RATIO = "ratio"
    TEXT = "text"
    TEXTS = "texts"
    FLAG = "flag"
    MAPPING = "mapping"
    MONEY = "money"
    DAYS = "days"
    SIZE = "size"
    RECORD = "record"
    """For the advisor of a change alone: no matcher fits it."""


class Tier(IntEnum):
    """What reading a signal costs. The engine asks for the cheapest tier that is open."""

    LISTED = 0
    """In the pages of ListFunctions, which are read anyway."""
    BULK = 1
    """One paged listing per target."""
    METRICS = 2
    """GetMetricData, 500 series a call."""
    OPTIMIZER = 3
    """Compute Optimizer, one paged listing per target."""
    LOGS = 4
    """Log queries: paid by the gigabyte read."""
    DEEP = 5
    """At least one call per function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One fact about a function that a policy may compare.

    Three answers are possible: a value; unknown, with a reason; or known to be None, which means
    that this function has no such thing (a container image has no runtime). Comparing the last
    makes the policy *not applicable*.
    """

    name: str
    type: SignalType
    unit: str
    """'MB', 'ms', 's', 'days', 'USD a month', '0..1', or '' where there is none."""
    meaning: str
    source: str
    tier: Tier
    """Of a derived signal: the dearest of those it is made of."""
    unknown_when: str
    over_lookback: bool = False
    """Whether it is summed up over the policy's lookback."""
    derived_from: tuple[str, ...] = ()
    """The signals to fetch instead; empty for one that is read."""
    formula: Callable[..., Any] | None = field(default=None, repr=False, compare=False)
    """Takes the known values of `derived_from`, in order; None where there is no such value."""
    takes_none: bool = False
    """Whether the formula is given None for a part that has no value; else there is none of it."""
