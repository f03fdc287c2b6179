"""What holds at a moment, and what does a demand come to? Held against sums done by hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report.weeks import a_change, a_schedule
from trimtab.domain.price import HOURS_PER_MONTH
from trimtab.domain.provisioned import Demand, ProvisionedRates
from trimtab.domain.provisioned_week import cost_usd_month, level_at, levels_over, utilisation_of

WEEK = (a_change(0, "07:50", 12), a_change(0, "18:00", 1), a_change(6, "00:30", 4))
RATES = ProvisionedRates(on_demand=10.0, provisioned=2.0, provisioned_run=5.0)


@pytest.mark.parametrize(
    ("zone", "at", "level"),
    [
        ("UTC", "2026-11-02T00:00:00+00:00", 4),
        ("UTC", "2026-11-02T07:49:59+00:00", 4),
        ("UTC", "2026-11-02T07:50:00+00:00", 12),
        ("UTC", "2026-11-02T17:59:59+00:00", 12),
        ("UTC", "2026-11-02T18:00:00+00:00", 1),
        ("UTC", "2026-11-08T00:29:00+00:00", 1),
        ("UTC", "2026-11-08T00:30:00+00:00", 4),
        ("UTC", "2026-11-08T23:59:59+00:00", 4),
        ("Europe/Berlin", "2026-11-07T23:29:00+00:00", 1),
        ("Europe/Berlin", "2026-11-07T23:30:00+00:00", 4),
        ("America/New_York", "2026-11-02T12:50:00+00:00", 12),
        ("America/New_York", "2026-11-08T04:59:00+00:00", 1),
        ("America/New_York", "2026-11-08T05:30:00+00:00", 4),
        ("America/New_York", "2026-11-09T04:59:00+00:00", 4),
        ("Pacific/Kiritimati", "2026-11-01T17:50:00+00:00", 12),
    ],
)
def test_the_last_change_of_the_local_week_holds(zone: str, at: str, level: int) -> None:
    found = level_at(a_schedule(*WEEK, timezone=zone), datetime.fromisoformat(at))
    assert found.minimum == level


@pytest.mark.parametrize(
    ("zone", "changed_on"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
    ],
)
def test_local_times_are_kept_on_both_sides_of_changed_clocks(zone: str, changed_on: str) -> None:
    """Sunday at 0:30 is before the change of clocks, Monday at 7:50 after it."""
    schedule = a_schedule(*WEEK, timezone=zone)
    midnight = datetime.fromisoformat(changed_on).replace(tzinfo=ZoneInfo(zone))
    held = {
        midnight.replace(minute=29): 1,
        midnight.replace(minute=30): 4,
        midnight.replace(hour=23): 4,
        midnight + timedelta(days=1, hours=7, minutes=49): 4,
        midnight + timedelta(days=1, hours=7, minutes=50): 12,
        midnight + timedelta(days=1, hours=18): 1,
    }
    found = {at: level_at(schedule, at.astimezone(UTC)).minimum for at in held}
    assert found == held
    hours = (midnight + timedelta(days=1)).astimezone(UTC) - midnight.astimezone(UTC)
    assert hours != timedelta(days=1), "clocks change on that day"


def test_an_hour_that_clocks_repeat_holds_what_the_wall_clock_says() -> None:
    schedule = a_schedule(
        a_change(6, "02:15", 3), a_change(6, "03:30", 9), timezone="Europe/Berlin"
    )
    found = [
        level_at(schedule, datetime(2026, 10, 25, hour, minute, tzinfo=UTC)).minimum
        for hour, minute in ((0, 10), (0, 20), (1, 10), (1, 20), (2, 29), (2, 30))
    ]
    assert found == [9, 3, 9, 3, 3, 9]


def test_an_hour_that_clocks_skip_is_over_at_once() -> None:
    schedule = a_schedule(
        a_change(6, "02:15", 3), a_change(6, "03:30", 9), timezone="Europe/Berlin"
    )
    before, after = datetime(2026, 3, 29, 0, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert [level_at(schedule, at).minimum for at in (before, after)] == [9, 3]


def a_demand(
    *means: float | None, starts_at: datetime = datetime(2026, 11, 2, 7, 40, tzinfo=UTC)
) -> Demand:
    return Demand(starts_at=starts_at, period_s=300, means=means)


def test_levels_are_those_of_each_period() -> None:
    demand = a_demand(1.0, None, 1.0, 1.0)
    assert list(levels_over(demand, None, 7)) == [7, 7, 7, 7]
    assert list(levels_over(demand, a_schedule(*WEEK, timezone="UTC"), 7)) == [4, 4, 12, 12]


@pytest.mark.parametrize(
    ("mean", "level", "usd_per_second"),
    [
        (0.0, 0, 0.0),
        (3.0, 0, 3 * 10.0),
        (0.0, 4, 4 * 2.0),
        (3.0, 4, 4 * 2.0 + 3 * 5.0),
        (4.0, 4, 4 * 2.0 + 4 * 5.0),
        (6.0, 4, 4 * 2.0 + 4 * 5.0 + 2 * 10.0),
    ],
)
def test_a_cost_is_what_is_ready_what_ran_on_it_and_what_did_not(
    mean: float, level: int, usd_per_second: float
) -> None:
    found = cost_usd_month([mean], [level], rates=RATES, memory_gb=0.5)
    assert found == pytest.approx(usd_per_second * 0.5 * 3600 * HOURS_PER_MONTH)


def test_a_period_that_is_not_known_costs_neither_nothing_nor_something() -> None:
    known = cost_usd_month([3.0, 6.0], [4, 4], rates=RATES, memory_gb=1.0)
    assert cost_usd_month([3.0, None, 6.0], [4, 99, 4], rates=RATES, memory_gb=1.0) == known
    assert cost_usd_month([None], [4], rates=RATES, memory_gb=1.0) == 0.0
    assert cost_usd_month([], [], rates=RATES, memory_gb=1.0) == 0.0


def test_as_many_levels_as_periods_are_needed() -> None:
    with pytest.raises(ValueError, match="shorter"):
        cost_usd_month([1.0, 1.0], [4], rates=RATES, memory_gb=1.0)


def test_what_is_busy_is_told_of_what_is_provisioned() -> None:
    assert utilisation_of([1.0, 9.0, None], [4, 4, 4]) == pytest.approx(5 / 8)
    assert utilisation_of([1.0, 9.0], [0, 0]) is None
    assert utilisation_of([None], [4]) is None
    assert utilisation_of([], []) is None


def test_it_breaks_even_where_it_costs_as_much_as_on_demand() -> None:
    assert RATES.break_even == pytest.approx(2.0 / 5.0)
    at = cost_usd_month([0.4], [1], rates=RATES, memory_gb=1.0)
    assert at == pytest.approx(cost_usd_month([0.4], [0], rates=RATES, memory_gb=1.0))
    never = ProvisionedRates(on_demand=10.0, provisioned=2.0, provisioned_run=10.0)
    assert never.break_even > 1
