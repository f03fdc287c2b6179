"""Demand made by hand: weeks of a pattern in local time, with what a test changes in them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from trimtab.advisors.provisioned_terms import ScheduleTerms
from trimtab.domain.provisioned import Demand, ProvisionedRates

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
RATES = ProvisionedRates(on_demand=1.66667e-5, provisioned=4.1667e-6, provisioned_run=9.7222e-6)
"""us-east-1, x86: pays above 60 % utilisation."""
DEAR = ProvisionedRates(on_demand=1.66667e-5, provisioned=5.3835e-6, provisioned_run=1.25615e-5)
"""A region where it never pays: 131 %."""


def office(moment: datetime) -> float:
    """Return 20 in office hours, 4 otherwise."""
    return 20.0 if moment.weekday() < 5 and 9 <= moment.hour < 17 else 4.0


def demand_of(
    pattern: Callable[[datetime], float | None],
    *,
    weeks: float = 4.0,
    step_minutes: int = 60,
    starts_at: datetime = MONDAY,
    timezone: str = "UTC",
    wobble: float = 0.1,
) -> Demand:
    """Return demand after a pattern of local time; each value is a little off."""
    zone = ZoneInfo(timezone)
    means: list[float | None] = []
    for index in range(int(weeks * 7 * 24 * 60) // step_minutes):
        moment = starts_at + timedelta(minutes=index * step_minutes)
        value = pattern(moment.astimezone(zone))
        factor = 1.0 + wobble * (1 if index * 7919 % 13 > 6 else -1)
        means.append(None if value is None else value * factor)
    return Demand(starts_at=starts_at, period_s=step_minutes * 60, means=tuple(means))


def terms(**given: object) -> ScheduleTerms:
    values: dict[str, object] = {"rates": RATES, "timezone": "UTC", "highest": 1000}
    return ScheduleTerms(**(values | given))  # type: ignore[arg-type]
