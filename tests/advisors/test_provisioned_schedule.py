"""Is the schedule found the one that an alias should have, and is what it says of it true?"""

from datetime import datetime, time

import pytest

from tests.advisors.demands import DEAR, MONDAY, RATES, demand_of, office, terms
from trimtab.advisors.provisioned_schedule import outlook_of, plan_for, synthesise, week_of
from trimtab.advisors.provisioned_terms import Prospect, Synthesis, prospect
from trimtab.advisors.provisioned_times import minute_of
from trimtab.domain.provisioned import Demand, LevelChange, WeeklySchedule


def found_for(demand: Demand, **given: object) -> Synthesis:
    found = synthesise(demand, terms(**given))
    assert isinstance(found, Synthesis), found
    return found


def test_office_hours_get_office_hours() -> None:
    found = found_for(demand_of(office, wobble=0.02), max_spillover=0.02, changes_per_day=2)
    assert found.schedule is not None
    assert found.level is None
    rises = [change for change in found.schedule.changes if change.minimum > 10]
    assert [(change.weekday, change.at) for change in rises] == [
        (day, time(8, 50)) for day in range(5)
    ]
    assert len(found.schedule.changes) == 10
    assert found.proposed.spillover <= 0.02
    assert found.proposed.of_on_demand(RATES) < 0.95
    assert found.on_demand == Prospect(
        cost_usd_gb_s=pytest.approx(RATES.on_demand * found.on_demand.needed_mean),
        needed_mean=pytest.approx(sum(found.typical) / 168, rel=0.02),
        spillover=1.0,
        utilisation=None,
        level_mean=0.0,
    )
    assert found.basis == ("4.0 weeks of its demand, in UTC",)
    assert found.slot_minutes == 60
    assert len(found.levels) == len(found.high) == 168


def test_by_five_minutes_few_changes_are_placed_by_the_half_hour() -> None:
    def from_half_past(moment: datetime) -> float:
        return 20.0 if 10 <= moment.hour + moment.minute / 60 - 0.5 < 18 else 4.0

    demand = demand_of(from_half_past, step_minutes=5)
    found = found_for(demand, max_spillover=0.02)
    assert found.slot_minutes == 30
    assert found.schedule is not None
    assert {change.at for change in found.schedule.changes} >= {time(10, 20), time(18, 30)}
    assert found_for(demand, changes_per_day=None).slot_minutes == 60


def test_the_schedule_is_in_local_time() -> None:
    demand = demand_of(office, timezone="Asia/Tokyo")
    found = found_for(demand, timezone="Asia/Tokyo", changes_per_day=2)
    assert found.schedule is not None
    assert found.schedule.timezone == "Asia/Tokyo"
    assert {change.at for change in found.schedule.changes} == {time(8, 50), time(17, 0)}


def test_one_level_is_no_schedule() -> None:
    found = found_for(demand_of(lambda _: 10.0, wobble=0.01))
    assert found.schedule is None
    assert found.level == 10


@pytest.mark.parametrize("rates", [RATES, DEAR])
def test_where_nothing_is_saved_nothing_is_provisioned(rates: object) -> None:
    def seldom(moment: datetime) -> float:
        return 0.55 if rates is RATES else 20.0

    found = found_for(demand_of(seldom), rates=rates)
    assert (found.level, found.schedule) == (0, None)
    assert found.proposed == found.on_demand
    assert found.proposed.of_on_demand(rates) == pytest.approx(1.0)  # type: ignore[arg-type]


def test_a_saving_that_is_a_rounding_error_is_none() -> None:
    def hardly(moment: datetime) -> float:
        return 0.605

    week = week_of(demand_of(hardly, wobble=0.0), terms())
    assert not isinstance(week, str)
    assert set(plan_for(week, terms()).levels) == {0}
    assert set(plan_for(week, terms(max_spillover=0.5)).levels) == {1}


def test_more_than_two_hundred_actions_are_never_asked_for() -> None:
    def restless(moment: datetime) -> float:
        return 5.0 + moment.hour * 7 % 24 + moment.weekday()

    found = found_for(demand_of(restless, step_minutes=5), changes_per_day=None)
    assert found.schedule is not None
    assert 100 < len(found.schedule.changes) <= 200
    often = found_for(demand_of(restless, step_minutes=5), changes_per_day=48)
    assert often.schedule is not None
    assert len(often.schedule.changes) <= 200


def test_a_bound_that_cannot_be_kept_is_said() -> None:
    found = found_for(demand_of(office), max_spillover=0.02, highest=8)
    assert "more than the 2.0% asked for" in found.basis[-1]
    assert "within 8 environments" in found.basis[-1]


def test_odd_days_are_said() -> None:
    def with_a_holiday(moment: datetime) -> float:
        return office(moment) * (0.1 if (moment - MONDAY).days == 15 else 1.0)

    found = found_for(demand_of(with_a_holiday, wobble=0.02))
    assert found.basis[1] == "1 days unlike the same days of other weeks left out"


def test_too_little_is_a_reason() -> None:
    assert "two full weeks" in str(synthesise(demand_of(office, weeks=1.0), terms()))


def test_every_way_is_told_for_the_same_week() -> None:
    week = week_of(demand_of(office, wobble=0.0), terms())
    assert not isinstance(week, str)
    constant = outlook_of(20, week, terms())
    assert constant.spillover == pytest.approx(0.0, abs=1e-6)
    assert constant.level_mean == 20.0
    mean = (40 * 20.0 + 128 * 4.0) / 168
    assert constant.utilisation == pytest.approx(mean / 20.0, rel=1e-3)
    late = WeeklySchedule(
        timezone="UTC",
        changes=tuple(
            LevelChange(weekday=day, at=time(hour), minimum=level, maximum=level)
            for day in range(5)
            for hour, level in ((9, 20), (17, 4))
        ),
    )
    assert [minute_of(change) for change in late.changes][:2] == [540, 1020]
    found = outlook_of(late, week, terms())
    missed = 5 * 10 * (20.0 - 4.0) / (MINUTES * mean)
    assert found.spillover == pytest.approx(missed, rel=0.01)
    assert found.level_mean == pytest.approx(mean)


MINUTES = 7 * 24 * 60


def test_cost_is_what_is_billed_and_run_and_spilled() -> None:
    found = prospect(rates=RATES, billed=10.0, needed=8.0, spilled=2.0)
    assert found.cost_usd_gb_s == pytest.approx(10 * 4.1667e-6 + 6 * 9.7222e-6 + 2 * 1.66667e-5)
    assert (found.spillover, found.utilisation) == (0.25, 0.6)
    idle = prospect(rates=RATES, billed=3.0, needed=0.0, spilled=0.0)
    assert (idle.spillover, idle.utilisation) == (0.0, 0.0)
    assert idle.of_on_demand(RATES) == float("inf")
    assert prospect(rates=RATES, billed=0.0, needed=0.0, spilled=0.0).of_on_demand(RATES) == 1.0
