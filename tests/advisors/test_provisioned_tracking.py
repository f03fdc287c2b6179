"""Is target tracking proposed where it pays, and played through with its lags?"""

from datetime import datetime

import pytest

from tests.advisors.demands import RATES, demand_of, office, terms
from trimtab.advisors.provisioned_schedule import synthesise
from trimtab.advisors.provisioned_terms import Synthesis
from trimtab.advisors.provisioned_tracking import _Capacity, _played
from trimtab.domain.provisioned import Demand


def bursts(moment: datetime) -> float:
    """Return 4, and 40 for two hours of a day, at another hour each day of four weeks."""
    day = moment.toordinal()
    return 40.0 if moment.hour // 2 == day * 5 % 12 else 4.0


def found_for(demand: Demand, **given: object) -> Synthesis:
    values: dict[str, object] = {"max_spillover": 0.05, "may_track": True}
    found = synthesise(demand, terms(**(values | given)))
    assert isinstance(found, Synthesis), found
    return found


def test_bursts_at_no_fixed_hour_are_tracked() -> None:
    demand = demand_of(bursts, step_minutes=5)
    found = found_for(demand)
    alone = found_for(demand, may_track=False)
    assert found.schedule is not None
    assert found.schedule.target_utilisation in {0.6, 0.75, 0.9}
    assert all(1 <= change.minimum < change.maximum for change in found.schedule.changes)
    assert found.proposed.spillover <= 0.05
    assert found.proposed.cost_usd_gb_s < 0.8 * alone.proposed.cost_usd_gb_s
    assert "target tracking played through on these weeks, with its lags" in found.basis


@pytest.mark.parametrize(
    "given", [{"may_track": False}, {"max_spillover": 1.0}, {"max_spillover": 0.0001}]
)
def test_it_is_not_where_it_may_not_or_need_not_or_cannot(given: dict[str, object]) -> None:
    found = found_for(demand_of(bursts, step_minutes=5), **given)
    assert found.schedule is None or found.schedule.target_utilisation is None


def test_hours_do_not_tell_what_an_alarm_sees() -> None:
    found = found_for(demand_of(bursts, step_minutes=60))
    assert found.schedule is None or found.schedule.target_utilisation is None


def test_a_regular_week_needs_none() -> None:
    demand = demand_of(office, step_minutes=5, wobble=0.3)
    found = found_for(demand)
    assert found.schedule is not None
    assert found.schedule.target_utilisation is None


def test_its_maximum_is_what_may_be_provisioned() -> None:
    found = found_for(demand_of(bursts, step_minutes=5), highest=41)
    assert found.schedule is not None
    assert {change.maximum for change in found.schedule.changes} == {41}


def levels_over(needs: list[float], *, floor: int = 2, maximum: int = 20) -> list[int]:
    """Return the capacity in each minute, at a target of one half."""
    capacity = _Capacity(0.5, maximum)
    levels = []
    capacity.hold(floor)
    for need in needs:
        capacity.pass_minute(need, floor)
        levels.append(capacity.level)
    return levels


def test_it_scales_out_after_three_points_and_an_allocation() -> None:
    levels = levels_over([2.0] * 12)
    assert levels[:5] == [2] * 5
    assert levels[5:] == [4] * 7


def test_it_grows_by_no_more_than_it_sees() -> None:
    levels = levels_over([10.0] * 40)
    steps = sorted(set(levels))
    assert steps == [2, 4, 8, 16, 20]
    assert levels_over([100.0] * 40)[-1] == 20


def test_it_scales_in_after_fifteen_points_and_not_when_idle() -> None:
    down = levels_over([8.0] * 30 + [1.0] * 20)
    assert down[29] >= 16
    assert down[44] >= 16
    assert down[-1] == 2
    idle = levels_over([8.0] * 30 + [0.0] * 200)
    assert idle[-1] >= 16


def test_periods_in_which_nothing_can_change_come_to_the_same() -> None:
    points = [(0, need) for need in (3.0, 3.0, 12.0, 12.0, 12.0, 3.0, 3.0, 3.0, 3.0, 0.0, 9.0)]

    class Slow(_Capacity):
        def is_settled(self, need: float, floor: int) -> bool:
            return False

    asked = terms()
    quick = _played(points, [3], _Capacity(0.75, 30), terms=asked, step=5)
    slow = _played(points, [3], Slow(0.75, 30), terms=asked, step=5)
    assert quick == slow
    assert quick.of_on_demand(RATES) > 1.0
