"""On what terms may a change happen? Mode, approval, window, verification: the plain part of a
policy.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from trimtab.domain.wire import ONLY_IF_SAID


class Mode(StrEnum):
    """How far a policy may go. Ordered: a ceiling lowers the mode, never raises it."""

    OBSERVE = "observe"
    TICKET = "ticket"
    APPROVE = "approve"
    AUTO = "auto"

    @property
    def rank(self) -> int:
        return list(Mode).index(self)


class Severity(StrEnum):
    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class ChangeKind(StrEnum):
    """The kinds of change. One file in `remediations` each."""

    SET_MEMORY = "set_memory"
    SCHEDULE_PROVISIONED = "schedule_provisioned_concurrency"
    REDUCE_PROVISIONED = "reduce_provisioned_concurrency"
    REMOVE_PROVISIONED = "remove_provisioned_concurrency"
    REMOVE_FUNCTION = "remove_function"
    REMOVE_VERSIONS = "remove_versions"


IRREVERSIBLE = frozenset({ChangeKind.REMOVE_FUNCTION, ChangeKind.REMOVE_VERSIONS})
"""What no number takes back: never without a person who signed in, never beyond a ticket unless
guardrails.yaml says so (S28, S29)."""


class Direction(StrEnum):
    """Which way a change is written."""

    FORWARD = "forward"
    UNDO = "undo"
    """Covered by the approval of the forward change; never stopped by time, window or mode (S20).
    """


class Identity(StrEnum):
    """What somebody must prove before their yes counts. A no needs the link alone."""

    LINK = "link"
    """Nothing: whoever holds the personal link."""
    SIGN_IN = "sign_in"
    """Who they are, by a sign-in with the provider, and that they mean this function: its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTerms:
    """Who is asked, how many must agree, and until when. Silence is no (S4)."""

    approvers: tuple[str, ...]
    """Addresses, or the word 'owner'."""
    needed: int
    expires: timedelta
    identity: Identity = field(default=Identity.LINK, metadata=ONLY_IF_SAID)
    """What the guardrails asked for when it was planned; what was planned before: the link."""


LOOK_AHEAD_DAYS = 15
"""Two weeks and today: a weekly window may lose one week to the clocks going forward."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When forward writes may happen: days, hours and their time zone. The end is exclusive."""

    days: tuple[int, ...]
    """0 is Monday."""
    opens: time
    closes: time
    timezone: str

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(ZoneInfo(self.timezone))
        return local.weekday() in self.days and self.opens <= local.time() < self.closes

    def opens_at(self, at: datetime) -> datetime:
        """Return the moment, not before `at`, from which a write may happen.

        When clocks go back an opening happens twice; when they go forward it may not happen at all.
        """
        if self.is_open(at):
            return at
        zone = ZoneInfo(self.timezone)
        today = at.astimezone(zone).date()
        for ahead in range(LOOK_AHEAD_DAYS):
            for fold in (0, 1):
                wall = datetime.combine(today + timedelta(days=ahead), self.opens, tzinfo=zone)
                opening = wall.replace(fold=fold).astimezone(UTC)
                if opening >= at and self.is_open(opening):
                    return opening.astimezone(at.tzinfo)
        raise ValueError("a window without days never opens")


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryTerms:
    """How much of an alias's traffic tries a new version first, and for how long."""

    weight: float
    """0..1 of the traffic."""
    watch: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class WorseThan:
    """When a figure counts as regressed: more than `ratio` times the baseline and at least `floor`.

    A ratio of None compares with the floor alone: `> 0` is ratio None, floor 0, strict.
    """

    ratio: float | None
    floor: float | None
    """At least this much (with a ratio), or strictly more than this (without)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyTerms:
    """How long to wait, how long to watch, and what sends the change back."""

    settle: timedelta
    watch: timedelta
    samples: int
    """Invocations needed on both sides before a ratio means anything."""
    error_rate: WorseThan
    duration_p95: WorseThan
    out_of_memory: WorseThan
    throttles: WorseThan
