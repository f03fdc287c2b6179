"""What may a schedule do, and what does a way of provisioning come to? The nouns of its advisor."""

from dataclasses import dataclass

from trimtab.domain.provisioned import ProvisionedRates, WeeklySchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTerms:
    """What a schedule must keep to. Memory does not matter: every cost is in proportion to it."""

    rates: ProvisionedRates
    timezone: str
    """IANA name. Slots and changes are local to it."""
    highest: int
    """Environments that may be provisioned at most: reserved concurrency, room in the account."""
    lowest: int = 0
    max_spillover: float = 1.0
    """0..1 of the concurrency needed that may run on demand; 1.0: cost alone decides."""
    changes_per_day: int | None = 8
    """None: as many as Application Auto Scaling takes. 8: chosen, so that a person can read it."""
    may_track: bool = False
    """Target tracking is tried besides, where demand is known by five minutes or less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What one way of provisioning comes to in a typical week."""

    cost_usd_gb_s: float
    """USD per second of time and GB of memory, on average: provisioned, running on it, spilled."""
    needed_mean: float
    """Environments busy on average."""
    spillover: float
    """0..1 of what is needed."""
    utilisation: float | None
    """0..1 of what is provisioned; None: nothing is."""
    level_mean: float

    def of_on_demand(self, rates: ProvisionedRates) -> float:
        """Return its cost / the cost of running all on demand; 1.0 where both are nothing."""
        on_demand = rates.on_demand * self.needed_mean
        if on_demand <= 0.0:
            return 1.0 if self.cost_usd_gb_s <= 0.0 else float("inf")
        return self.cost_usd_gb_s / on_demand


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """The schedule found, what it comes to, and the week that it is for."""

    schedule: WeeklySchedule | None
    """None: one level holds all week."""
    level: int | None
    """That level, 0 for none; None: a schedule is proposed."""
    levels: tuple[int, ...]
    """What is wanted in each slot, before the times of day that changes must keep clear of."""
    slot_minutes: int
    typical: tuple[float, ...]
    high: tuple[float, ...]
    proposed: Prospect
    on_demand: Prospect
    price: float
    """0..1 of the time that the last environment of a level is busy at least."""
    basis: tuple[str, ...]


def prospect(*, rates: ProvisionedRates, billed: float, needed: float, spilled: float) -> Prospect:
    """Return what this comes to, from environments on average: billed, needed, spilled."""
    used = max(needed - spilled, 0.0)
    return Prospect(
        cost_usd_gb_s=rates.provisioned * billed
        + rates.provisioned_run * used
        + rates.on_demand * spilled,
        needed_mean=needed,
        spillover=spilled / needed if needed > 0.0 else 0.0,
        utilisation=used / billed if billed > 0.0 else None,
        level_mean=billed,
    )
