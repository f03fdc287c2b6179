"""Is everything in place? A check says where it looked, what it found, and what to do next.

Three-valued: what could not be looked at is unknown, and never fine (S8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

HUB = "hub"
"""Stands for the account where one is named."""


class State(StrEnum):
    """Worst first, as they are shown."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    OK = "ok"

    @property
    def rank(self) -> int:
        return list(State).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    where: str
    """The hub, an account, or account/region."""
    what: str
    state: State
    said: str
    """What was found, in words."""
    todo: str = ""
    """What to do next; empty when there is nothing to do."""


class Answer(StrEnum):
    """What AWS said to a call that was made only to see whether it may be made."""

    ALLOWED = "allowed"
    DENIED = "denied"
    REGION_OFF = "region_off"
    """The region does not know the account's credentials: it is not enabled there."""
    FAILED = "failed"
    """Neither allowed nor denied: throttled, or no clear answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One action of a role, tried or simulated."""

    action: str
    answer: Answer
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What SES says of the hub's account and region, and of the sender."""

    is_production: bool
    is_sending: bool
    is_sender_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """How a bucket keeps what is put into it."""

    mode: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillFacts:
    """How restore drills are set up, and how the last one ended."""

    sandbox: str | None
    """The account that they restore into; None: nothing is restored."""
    every_days: int | None
    """None: none is scheduled."""
    last_at: datetime | None
    """When the last one ended; None: none ever did."""
    is_well: bool
    restored: int
    """How many backups came back in it as they were; what was only read back is none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One stack of a StackSet."""

    account: str
    region: str
    status: str
    """CURRENT, OUTDATED or INOPERABLE."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """A table as it stands."""

    status: str
    has_recovery: bool
    is_protected: bool
    key: str
    """ARN of the key that encrypts it."""


def worst_first(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Sort by state, the hub before the accounts."""
    return tuple(sorted(checks, key=lambda c: (c.state.rank, c.where != HUB, c.where, c.what)))


def counts(checks: Sequence[Check]) -> Mapping[str, int]:
    return {state.value: sum(c.state is state for c in checks) for state in State}


Document = Mapping[str, Any]
"""A policy document of IAM, as JSON data."""
