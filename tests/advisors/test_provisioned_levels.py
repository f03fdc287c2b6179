"""Are the levels the cheapest there are, for a bound and for so many changes a day?"""

from itertools import pairwise, product
from random import Random

import pytest

from tests.advisors.demands import DEAR, RATES, demand_of, office, terms
from trimtab.advisors.provisioned_demand import Deviations, TypicalWeek, typical_week
from trimtab.advisors.provisioned_levels import _walk, cheapest, spillover

EVEN = Deviations.of([(-1.0, 1.0), (-0.5, 1.0), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0)])


def a_week(*typical: float, spread: float = 1.0) -> TypicalWeek:
    return TypicalWeek(
        slot_minutes=7 * 24 * 60 // len(typical),
        typical=typical,
        spread=(spread,) * len(typical),
        deviations=EVEN,
    )


def the_office(**given: float) -> TypicalWeek:
    found = typical_week(demand_of(office, **given), timezone="UTC", slot_minutes=60)  # type: ignore[arg-type]
    assert isinstance(found, TypicalWeek)
    return found


def changes_by_day(levels: tuple[int, ...]) -> list[int]:
    a_day = len(levels) // 7
    changed = [level != levels[slot - 1] for slot, level in enumerate(levels)]
    return [sum(changed[first : first + a_day]) for first in range(0, len(levels), a_day)]


def cost(week: TypicalWeek, levels: tuple[int, ...], price: float) -> float:
    return sum(price * level + week.spilled(slot, level) for slot, level in enumerate(levels))


@pytest.mark.parametrize("typical", [0.3, 0.9, 3.0, 3.5, 7.2])
def test_by_cost_alone_no_other_level_is_cheaper(typical: float) -> None:
    week = a_week(typical)
    (level,) = cheapest(week, terms()).levels
    costs = {one: cost(week, (one,), RATES.break_even) for one in range(12)}
    assert costs[level] == pytest.approx(min(costs.values()))


def test_where_it_never_pays_nothing_is_provisioned_unless_latency_asks_for_it() -> None:
    week = a_week(5.0, spread=0.1)
    assert cheapest(week, terms(rates=DEAR)).levels == (0,)
    assert cheapest(week, terms(rates=DEAR, lowest=2)).levels == (2,)
    assert cheapest(week, terms(rates=DEAR, max_spillover=0.05)).levels == (5,)


@pytest.mark.parametrize("bound", [0.01, 0.03, 0.1])
@pytest.mark.parametrize("limit", [None, 8, 2, 1, 0])
def test_the_bound_is_kept_and_the_changes_are(bound: float, limit: int | None) -> None:
    week = the_office()
    asked = terms(max_spillover=bound, changes_per_day=limit)
    plan = cheapest(week, asked)
    assert spillover(week, plan.levels) <= bound
    assert max(changes_by_day(plan.levels)) <= (24 if limit is None else limit)
    lower = tuple(level - 1 for level in plan.levels)
    assert spillover(week, lower) > bound


def test_fewer_changes_never_cost_less() -> None:
    week = the_office(wobble=0.3)
    found = [
        cost(week, cheapest(week, terms(changes_per_day=limit)).levels, RATES.break_even)
        for limit in (None, 8, 4, 2, 1, 0)
    ]
    assert all(fewer >= more - 1e-9 for more, fewer in pairwise(found))
    assert found[-1] > found[0] * 1.05


def test_two_changes_a_day_are_those_of_the_office() -> None:
    levels = cheapest(the_office(), terms(changes_per_day=2)).levels
    assert changes_by_day(levels) == [2, 2, 2, 2, 2, 0, 0]
    assert levels[9] > levels[8]
    assert levels[17] < levels[16]


def test_what_may_be_provisioned_is_bounded() -> None:
    week = the_office()
    capped = cheapest(week, terms(max_spillover=0.01, highest=10, changes_per_day=None))
    assert max(capped.levels) == 10
    assert spillover(week, capped.levels) > 0.01
    few = cheapest(week, terms(max_spillover=0.01, highest=10, changes_per_day=1))
    assert max(few.levels) <= 10
    assert min(cheapest(week, terms(lowest=6)).levels) == 6
    assert set(cheapest(week, terms(highest=0)).levels) == {0}


def test_without_demand_the_lowest_level_holds() -> None:
    week = typical_week(demand_of(lambda _: 0.0), timezone="UTC", slot_minutes=60)
    assert isinstance(week, TypicalWeek)
    assert set(cheapest(week, terms(max_spillover=0.01)).levels) == {0}
    assert spillover(week, (0,) * 168) == 0.0


def test_large_levels_are_searched_in_steps_and_keep_the_bound() -> None:
    def grand(moment: object) -> float:
        return office(moment) * 40.0  # type: ignore[arg-type]

    week = typical_week(demand_of(grand), timezone="UTC", slot_minutes=60)
    assert isinstance(week, TypicalWeek)
    free = cheapest(week, terms(max_spillover=0.02, changes_per_day=None, highest=5000))
    few = cheapest(week, terms(max_spillover=0.02, changes_per_day=3, highest=5000))
    assert spillover(week, few.levels) <= 0.02
    assert cost(week, few.levels, RATES.break_even) < 1.03 * cost(
        week, free.levels, RATES.break_even
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("limit", [0, 1, 2])
def test_the_cheapest_segments_are_found(seed: int, limit: int) -> None:
    """Held against every possible week of two slots a day and two levels."""
    chance = Random(seed)
    costs = [[chance.randrange(9), chance.randrange(9)] for _ in range(14)]

    def total(levels: tuple[int, ...]) -> float:
        return sum(row[level] for row, level in zip(costs, levels, strict=True))

    def changes(levels: tuple[int, ...], *, first: int) -> list[int]:
        """Return those of each day, with that level on Sunday before."""
        around = (first, *levels)
        changed = [before != after for before, after in pairwise(around)]
        return [sum(changed[day : day + 2]) for day in range(0, 14, 2)]

    weeks = list(product((0, 1), repeat=14))
    for held in (None, 0, 1):
        walked = tuple(_walk(costs, limit=limit, toll=0.75, held=held))
        told = {
            levels: total(levels) + 0.75 * sum(made)
            for levels in weeks
            if max(made := changes(levels, first=levels[0] if held is None else held)) <= limit
            and held in {None, levels[-1]}
        }
        assert told[walked] == min(told.values())
