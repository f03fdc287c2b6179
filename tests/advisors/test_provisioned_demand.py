"""Is the typical week what the weeks have in common, whatever is odd or missing in them?"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.advisors.demands import MONDAY, demand_of, office
from trimtab.advisors.provisioned_demand import (
    Deviations,
    TypicalWeek,
    local_minutes,
    typical_week,
    without_shape,
)
from trimtab.domain.provisioned import Demand


def week_of(demand: Demand, timezone: str = "UTC", slot_minutes: int = 60) -> TypicalWeek:
    found = typical_week(demand, timezone=timezone, slot_minutes=slot_minutes)
    assert isinstance(found, TypicalWeek), found
    return found


def at(week: TypicalWeek, day: int, hour: int) -> float:
    return week.typical[(day * 24 + hour) * 60 // week.slot_minutes]


def test_deviations_are_an_empirical_distribution() -> None:
    off = Deviations.of([(1.0, 1.0), (-1.0, 1.0), (3.0, 2.0)])
    assert off.excess(-5.0) == pytest.approx(1.5 + 5.0)
    assert off.excess(1.0) == pytest.approx(1.0)
    assert off.excess(3.0) == 0.0
    assert [off.quantile(share) for share in (0.0, 0.25, 0.26, 0.5, 0.51, 1.0)] == [
        -1.0, -1.0, 1.0, 1.0, 3.0, 3.0,
    ]  # fmt: skip


@pytest.mark.parametrize(("step", "slot"), [(5, 30), (5, 60), (30, 30), (60, 60), (60, 30)])
def test_a_pattern_is_found_again(step: int, slot: int) -> None:
    week = week_of(demand_of(office, step_minutes=step), slot_minutes=slot)
    assert len(week.typical) == 7 * 24 * 60 // slot
    assert at(week, 0, 9) == pytest.approx(20.0, rel=0.15)
    assert at(week, 0, 8) == pytest.approx(4.0, rel=0.15)
    assert at(week, 6, 9) == pytest.approx(4.0, rel=0.15)
    assert week.weeks == pytest.approx(4.0)
    assert week.odd_days == 0
    assert week.needed() == pytest.approx(sum(week.typical), rel=0.02)
    assert week.spilled(0, 0.0) == pytest.approx(week.typical[0], rel=0.05)
    assert all(high >= typical for high, typical in zip(week.high(0.95), week.typical, strict=True))


def test_growth_puts_the_week_at_the_height_of_the_last_one() -> None:
    def growing(moment: datetime) -> float:
        return office(moment) * 1.2 ** ((moment - MONDAY).days // 7)

    assert at(week_of(demand_of(growing)), 0, 12) == pytest.approx(20 * 1.2**3, rel=0.12)


def test_one_week_at_ten_times_the_usual_height_is_not_believed() -> None:
    def launched(moment: datetime) -> float:
        return office(moment) * (10.0 if (moment - MONDAY).days >= 21 else 1.0)

    assert at(week_of(demand_of(launched)), 0, 12) < 45.0


@pytest.mark.parametrize("factor", [0.0, 0.1, 8.0])
def test_an_odd_day_is_left_out(factor: float) -> None:
    def with_a_holiday(moment: datetime) -> float:
        return office(moment) * (factor if (moment - MONDAY).days == 15 else 1.0)

    week = week_of(demand_of(with_a_holiday, wobble=0.02))
    usual = week_of(demand_of(office, wobble=0.02))
    assert week.odd_days == 1
    assert week.typical == pytest.approx(usual.typical, rel=0.03)
    assert sum(week.spread) < 1.2 * sum(usual.spread)


def test_where_many_days_are_odd_none_is() -> None:
    def at_random(moment: datetime) -> float:
        days = (moment - MONDAY).days
        return office(moment) * (9.0 if days % 7 == days // 7 or days in {5, 13, 20} else 1.0)

    assert week_of(demand_of(at_random)).odd_days == 0


def test_two_weeks_do_not_tell_which_day_is_odd() -> None:
    def with_a_holiday(moment: datetime) -> float:
        return office(moment) * (0.1 if (moment - MONDAY).days == 8 else 1.0)

    assert week_of(demand_of(with_a_holiday, weeks=2.0)).odd_days == 0


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Berlin", datetime(2026, 3, 9, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 5, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 2, 23, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("step", [5, 60])
def test_a_change_of_the_clocks_does_not_smear(zone: str, first: datetime, step: int) -> None:
    demand = demand_of(office, starts_at=first, timezone=zone, step_minutes=step, wobble=0.0)
    week = week_of(demand, timezone=zone)
    for day in range(5):
        assert at(week, day, 8) == pytest.approx(4.0)
        assert at(week, day, 9) == pytest.approx(20.0)
        assert at(week, day, 16) == pytest.approx(20.0)
        assert at(week, day, 17) == pytest.approx(4.0)
    assert week.weeks == pytest.approx(4.0, abs=0.02)


def test_local_minutes_count_from_monday() -> None:
    demand = Demand(starts_at=MONDAY, period_s=300, means=(1.0, None))
    assert list(local_minutes(demand, ZoneInfo("Asia/Kolkata"))) == [
        (minute, value)
        for minute, value in zip((_epoch(330), _epoch(335)), (1.0, None), strict=True)
    ]


def _epoch(minute: int) -> int:
    return int((MONDAY - datetime(1970, 1, 5, tzinfo=UTC)).total_seconds()) // 60 + minute


def test_what_is_missing_is_not_zero() -> None:
    def lost(moment: datetime) -> float | None:
        days = (moment - MONDAY).days
        is_lost = days in {3, 12} or (days % 7 == 5 and moment.hour == 4)
        return None if is_lost else office(moment)

    week = week_of(demand_of(lost, wobble=0.0))
    assert week.typical == pytest.approx(week_of(demand_of(office, wobble=0.0)).typical, rel=0.01)


def test_an_hour_without_demand_ever_stays_at_zero() -> None:
    week = week_of(demand_of(lambda moment: 0.0 if moment.weekday() == 6 else 5.0))
    assert at(week, 6, 12) == 0.0
    assert week_of(demand_of(lambda _: 0.0)).needed() == 0.0


def test_a_week_without_demand_among_others_breaks_nothing() -> None:
    week = week_of(
        demand_of(lambda moment: 0.0 if 7 <= (moment - MONDAY).days < 14 else office(moment))
    )
    assert at(week, 0, 12) > 10.0


def test_too_little_is_a_reason() -> None:
    short = typical_week(demand_of(office, weeks=1.5), timezone="UTC", slot_minutes=60)
    assert short == "only 10 days of its demand are known: at least two full weeks are needed"
    nights = demand_of(lambda moment: None if moment.hour < 6 else 3.0, weeks=6.0)
    found = typical_week(nights, timezone="UTC", slot_minutes=60)
    assert found == "25% of the hours of a week are known in no week"
    nothing = Demand(starts_at=MONDAY, period_s=3600, means=(None,) * 24 * 28)
    assert "only 0 days" in str(typical_week(nothing, timezone="UTC", slot_minutes=60))
    assert without_shape([None, None]) == "nothing is known about its demand"


def test_only_the_newest_weeks_are_read() -> None:
    def moved(moment: datetime) -> float:
        return 50.0 if moment < MONDAY + timedelta(weeks=3) else office(moment)

    assert at(week_of(demand_of(moved, weeks=11.0)), 6, 3) == pytest.approx(4.0, rel=0.2)


def test_without_a_shape_there_is_one_slot() -> None:
    week = without_shape([1.0, None, 3.0])
    assert isinstance(week, TypicalWeek)
    assert week.typical == (2.0,)
    assert week.spilled(0, 2.0) == pytest.approx(0.5)
    assert week.spilled(0, 3.0) == pytest.approx(0.0)
