"""How much is provisioned for an alias, when, and what was needed? Concurrency, in environments.

A level holds from its moment until the next one: an action of Application Auto Scaling overwrites
minimum and maximum for good, so a schedule is whole or it is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

MINUTES_PER_WEEK = 7 * 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How many environments one alias kept busy, period by period, whatever they ran on."""

    starts_at: datetime
    """The beginning of the first period, UTC."""
    period_s: int
    means: tuple[float | None, ...]
    """Busy environments on average over each period. None: not known, which is not zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """One scheduled action, weekly: from then on so much is provisioned, until the next."""

    weekday: int
    """0 is Monday."""
    at: time
    """Local time, without seconds."""
    minimum: int
    maximum: int
    """The same as the minimum unless target tracking moves it in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklySchedule:
    """All changes of a week, in order, in a time zone with its daylight saving."""

    timezone: str
    changes: tuple[LevelChange, ...]
    """By weekday and time; never empty. Before the first one the last one of the week holds."""
    target_utilisation: float | None = None
    """Target tracking holds this share of it busy, between minimum and maximum; None: it is not
    used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedRates:
    """USD per GB-second in one region, on one architecture."""

    on_demand: float
    provisioned: float
    """Being ready, busy or not."""
    provisioned_run: float
    """Running on it, besides."""

    @property
    def break_even(self) -> float:
        """Return the share of the time it must be busy to cost less than on demand; above 1 it
        never does.
        """
        return self.provisioned / max(self.on_demand - self.provisioned_run, 1e-12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What one way of provisioning means for a typical week."""

    cost_usd_month: float
    spillover: float
    """0..1 of the concurrency needed that found all of it busy and ran on demand."""
    utilisation: float | None
    """0..1 of what is provisioned; None: nothing is."""
    level_mean: float
    """Environments provisioned on average."""


class ProvisionedVerdict(StrEnum):
    """What provisioned concurrency is worth to an alias."""

    IDLE = "idle"
    UNDER_USED = "under-used"
    SPILLING = "spilling"
    UNJUSTIFIED = "cheaper on demand"
    FOR_LATENCY = "justified only for latency"
    FINE = "fine"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledAction:
    """An action of Application Auto Scaling, as it is there."""

    name: str
    schedule: str
    """As the service writes it: cron(...), at(...), rate(...)."""
    timezone: str
    minimum: int | None
    maximum: int | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalableTarget:
    """What Application Auto Scaling holds for one alias or version."""

    minimum: int
    maximum: int
    is_suspended: bool
    """Scheduled scaling is."""
    actions: tuple[ScheduledAction, ...] = ()
    policies: Mapping[str, str] | None = None
    """Name -> its configuration as canonical JSON; None: there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedState:
    """What is provisioned for one alias or numbered version, and what scales it."""

    qualifier: str
    requested: int
    """0: nothing is."""
    allocated: int
    status: str
    """'READY', 'IN_PROGRESS', 'FAILED', or 'NONE' where nothing is provisioned."""
    target: ScalableTarget | None


NONE, READY, IN_PROGRESS = "NONE", "READY", "IN_PROGRESS"


def nothing_provisioned(qualifier: str) -> ProvisionedState:
    return ProvisionedState(qualifier=qualifier, requested=0, allocated=0, status=NONE, target=None)


def most_of(state: ProvisionedState) -> int:
    """Return what is provisioned there at most, by whatever scales it."""
    target = state.target
    if target is None:
        return state.requested
    return max(state.requested, target.maximum, *(a.maximum or 0 for a in target.actions))


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifierUse:
    """One alias or numbered version: what is there, and what the last weeks needed of it."""

    state: ProvisionedState
    exists: bool
    """False: only what scales it is left of it."""
    is_weighted: bool
    stood_since: datetime | None
    """When what is provisioned was last changed; None: nothing is."""
    demand: Demand | None
    """None: not all of it was answered. Without any work it is zeros."""
    peak: float | None
    """The most that was busy at once. None: not all of it was answered."""
    ran: float | None
    """Invocations on provisioned concurrency; None as above."""
    spilled: float | None
    """Invocations that found all of it busy; None as above."""
    shared_with: tuple[str, ...] = ()
    """For a numbered version the aliases that serve it, whose calls run on it; for an alias those
    that the same version is provisioned for, which lets it have nothing of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedRecord:
    """All aliases of a function, and what is provisioned on numbered versions."""

    uses: tuple[QualifierUse, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedAdvice:
    """What is proposed for one alias, and what it is weighed against."""

    qualifier: str
    verdict: ProvisionedVerdict
    level: int | None
    """What is provisioned all the time now; None: a schedule of ours is."""
    schedule: WeeklySchedule | None
    """What is proposed; None: a constant level is, which `after` tells."""
    slot_minutes: int
    """The length of the slots below. The first begins on Monday at 0:00, local time."""
    demand: tuple[float, ...]
    """Busy environments in each slot of a typical week."""
    demand_high: tuple[float, ...]
    """What is not often exceeded in that slot."""
    before: ProvisionedState
    """What is there now, and what scales it."""
    now: Outlook
    proposed: Outlook
    on_demand: Outlook
    rates: ProvisionedRates
    memory_gb: float
    cold_start_usd: float | None
    """What each cold start costs that the proposal avoids, over on demand; None: it costs none."""
    basis: tuple[str, ...]
    """What this is based on, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedPlan:
    """What a change leaves provisioned for one alias or version: this, and nothing else."""

    qualifier: str
    level: int | None
    """All the time; 0: nothing is provisioned. None: the schedule says it."""
    schedule: WeeklySchedule | None = None
