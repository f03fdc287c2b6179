"""What is provisioned at a moment, and what does a demand come to at given levels? Sums only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from trimtab.domain.price import HOURS_PER_MONTH
from trimtab.domain.provisioned import Demand, LevelChange, ProvisionedRates, WeeklySchedule


def level_at(schedule: WeeklySchedule, at: datetime) -> LevelChange:
    """Return the change that holds at a moment: the last one of the week up to it."""
    local = at.astimezone(ZoneInfo(schedule.timezone))
    now = (local.weekday(), local.time())
    before = [c for c in schedule.changes if (c.weekday, c.at) <= now]
    return (before or schedule.changes)[-1]


def levels_over(demand: Demand, schedule: WeeklySchedule | None, level: int) -> Sequence[int]:
    """Return what is provisioned in each period: what the schedule says, or the level."""
    if schedule is None:
        return [level] * len(demand.means)
    step = timedelta(seconds=demand.period_s)
    return [
        level_at(schedule, demand.starts_at + step * n).minimum for n in range(len(demand.means))
    ]


def cost_usd_month(
    means: Sequence[float | None],
    levels: Sequence[int],
    *,
    rates: ProvisionedRates,
    memory_gb: float,
) -> float:
    """Return what this demand costs a month at these levels; a period not known is left out."""
    cost, periods = 0.0, 0
    for mean, level in zip(means, levels, strict=True):
        if mean is None:
            continue
        ran = min(mean, level)
        cost += rates.provisioned * level + rates.provisioned_run * ran
        cost += rates.on_demand * (mean - ran)
        periods += 1
    return cost / max(periods, 1) * memory_gb * 3600 * HOURS_PER_MONTH


def utilisation_of(means: Sequence[float | None], levels: Sequence[int]) -> float | None:
    """Return the share of what is provisioned that is busy; None: nothing is."""
    known = [(mean, level) for mean, level in zip(means, levels, strict=True) if mean is not None]
    provisioned = sum(level for _, level in known)
    return sum(min(mean, level) for mean, level in known) / provisioned if provisioned else None
