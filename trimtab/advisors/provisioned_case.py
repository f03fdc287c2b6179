"""What is known of one alias that could be provisioned otherwise, and what would that cost?

CloudWatch tells how many environments were busy on average over five minutes, not how many at each
moment. Calls that come independently of each other keep a Poisson number of them busy: so each
period stands for one draw from that distribution, evenly spread over its quantiles. What really ran
at once is more even or more bursty; the watch tells.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Any

from trimtab.domain.evidence import Known, Signals, value_or_none
from trimtab.domain.price import HOURS_PER_MONTH
from trimtab.domain.provisioned import (
    Demand,
    ProvisionedRates,
    ProvisionedRecord,
    QualifierUse,
    WeeklySchedule,
    most_of,
)
from trimtab.domain.provisioned_actions import plain, schedule_of
from trimtab.domain.provisioned_week import cost_usd_month, levels_over

SIGNALS = (
    "concurrency.provisioned_record",
    "function.memory_mb",
    "price.compute_usd_gb_s",
    "price.provisioned_usd_gb_s",
    "price.provisioned_run_usd_gb_s",
    "concurrency.reserved",
    "account.unreserved_concurrency",
)
"""What must be known, or the advisors abstain."""

MAY_BE_NONE = frozenset({"concurrency.reserved"})

LEFT_UNRESERVED = 100
"""What Lambda keeps from being provisioned. Source: "Configuring provisioned concurrency", AWS
Lambda Developer Guide, read 2026-11-21."""

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
"""Steps by this share visit all quantiles evenly, in no order that a day could follow."""

MANY = 60.0
"""From so many on a normal distribution stands for the Poisson one, which it is as good as."""

KEPT_PERIODS = 2
"""An environment without work is taken to be kept for so many periods: ten minutes. Lambda does
not say; chosen."""

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One alias, as far as it is known."""

    use: QualifierUse
    demand: Demand
    """As it is met: whole environments busy at once."""
    rates: ProvisionedRates
    memory_gb: float
    highest: int
    """What could be provisioned at most."""
    as_of: datetime

    @property
    def name(self) -> str:
        return self.use.state.qualifier

    @property
    def level(self) -> int:
        return self.use.state.requested

    @property
    def is_provisioned(self) -> bool:
        """Tell whether something is, be it at other hours."""
        return self.level > 0 or self.schedule is not None

    @property
    def is_left_over(self) -> bool:
        """Tell whether its alias is gone, and what scales it is not."""
        return not self.use.exists and self.use.state.target is not None

    @property
    def schedule(self) -> WeeklySchedule | None:
        """Return the schedule that it is scaled by now; None: it is not, or not by one of ours, or
        its alias is gone.
        """
        target = self.use.state.target
        if target is None or not self.use.exists:
            return None
        return schedule_of(plain(target.actions))

    def usd_month(self, usd_gb_s: float) -> float:
        return usd_gb_s * self.memory_gb * 3600 * HOURS_PER_MONTH

    def cost(self, schedule: WeeklySchedule | None, level: int, demand: Demand) -> float:
        """Return what a demand would cost a month, in USD."""
        levels = levels_over(demand, schedule, level)
        return cost_usd_month(demand.means, levels, rates=self.rates, memory_gb=self.memory_gb)

    def weeks(self) -> Iterator[Demand]:
        """Yield the whole weeks of its demand, the newest first."""
        length = int(WEEK.total_seconds()) // self.demand.period_s
        for end in range(len(self.demand.means), length - 1, -length):
            first = end - length
            starts_at = self.demand.starts_at + timedelta(seconds=self.demand.period_s * first)
            yield replace(self.demand, starts_at=starts_at, means=self.demand.means[first:end])

    def cold_starts_month(self, schedule: WeeklySchedule | None, level: int) -> float:
        """Return how many environments would have had to be started for a call."""
        means = [mean or 0.0 for mean in self.demand.means]
        levels = levels_over(self.demand, schedule, level)
        cold = 0.0
        for n, mean in enumerate(means):
            warm = max(means[max(n - KEPT_PERIODS, 0) : n], default=0.0)
            cold += max(mean - max(warm, levels[n]), 0.0)
        hours = max(len(means), 1) * self.demand.period_s / 3600
        return cold / hours * HOURS_PER_MONTH


def cases_of(signals: Signals) -> Sequence[Case] | str:
    """Return what is known of each alias; a text names what would have to be."""
    values = {name: value_or_none(signals.get(name)) for name in SIGNALS}
    missing = [
        name
        for name in SIGNALS
        if not isinstance(signals.get(name), Known)
        or (values[name] is None and name not in MAY_BE_NONE)
    ]
    if missing:
        return f"not known: {', '.join(missing)}"
    record: ProvisionedRecord = values["concurrency.provisioned_record"]
    unread = [use.state.qualifier for use in record.uses if use.demand is None]
    if unread:
        return f"the demand of {', '.join(unread)} was not answered completely"
    cases = tuple(
        _case(use, use.demand, values, record)
        for use in record.uses
        if not use.is_weighted and not use.shared_with and use.demand is not None
    )
    shared = [use for use in record.uses if use.shared_with]
    if not cases and shared:
        others = ", ".join(shared[0].shared_with)
        return (
            f"{shared[0].state.qualifier} shares what is provisioned with {others}, which serve "
            "the same version: provision one alias alone"
        )
    return cases


def _case(
    use: QualifierUse, demand: Demand, values: Mapping[str, Any], record: ProvisionedRecord
) -> Case:
    return Case(
        use=use,
        demand=as_met(demand),
        rates=ProvisionedRates(
            on_demand=values["price.compute_usd_gb_s"],
            provisioned=values["price.provisioned_usd_gb_s"],
            provisioned_run=values["price.provisioned_run_usd_gb_s"],
        ),
        memory_gb=values["function.memory_mb"] / 1024.0,
        highest=_highest(use, values, record),
        as_of=record.as_of,
    )


def _highest(use: QualifierUse, values: Mapping[str, Any], record: ProvisionedRecord) -> int:
    """Return the most that could be provisioned: what is reserved, less one for $LATEST and what
    other aliases have of it, or what the account has left.
    """
    reserved = values["concurrency.reserved"]
    if reserved is not None:
        others = sum(most_of(other.state) for other in record.uses if other is not use)
        return max(int(reserved) - 1 - others, 0)
    left = int(values["account.unreserved_concurrency"]) - LEFT_UNRESERVED
    return max(left + use.state.requested, 0)


def as_met(demand: Demand) -> Demand:
    """Turn averages into numbers of environments busy at once, one draw a period."""
    return replace(
        demand,
        means=tuple(
            None if mean is None else _drawn(mean, (0.5 + n * GOLDEN) % 1.0)
            for n, mean in enumerate(demand.means)
        ),
    )


def _drawn(mean: float, at: float) -> float:
    """Return this quantile of a Poisson distribution."""
    if mean <= 0.0:
        return 0.0
    if mean > MANY:
        return max(mean + math.sqrt(mean) * _normal(at), 0.0)
    count, probability = 0, math.exp(-mean)
    below = probability
    while below < at and count < mean + 12.0 * math.sqrt(mean) + 12.0:
        count += 1
        probability *= mean / count
        below += probability
    return float(count)


def _normal(at: float) -> float:
    return NormalDist().inv_cdf(min(max(at, 1e-6), 1.0 - 1e-6))
