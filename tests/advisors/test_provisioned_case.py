"""Is what is known of an alias taken as it is, and what is not known never for zero (S8)?"""

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.advisors.demands import RATES
from tests.advisors.provisioned_asking import (
    ALL,
    AS_OF,
    OFTEN,
    a_demand,
    a_target,
    a_use,
    all_day,
    cases,
    office,
    signals,
)
from tests.report.weeks import a_change, a_schedule
from trimtab.advisors.provisioned_case import SIGNALS, as_met, cases_of
from trimtab.domain.evidence import Unknown
from trimtab.domain.finding import Abstention
from trimtab.domain.price import HOURS_PER_MONTH
from trimtab.domain.provisioned import Demand, ScheduledAction

DENIED = Unknown(reason="access denied")
WEEK = a_schedule(a_change(0, "07:50", 12), a_change(0, "18:00", 2), timezone="UTC")


@pytest.mark.parametrize("ask", ALL.values(), ids=ALL)
@pytest.mark.parametrize("name", SIGNALS)
def test_s08_each_signal_that_is_not_known_is_named(ask: Any, name: str) -> None:
    known = dict(signals())
    for found in (known | {name: DENIED}, {n: e for n, e in known.items() if n != name}):
        advice = ask.of(found)
        assert isinstance(advice, Abstention)
        assert advice.reason == f"not known: {name}"


@pytest.mark.parametrize("name", [n for n in SIGNALS if n != "concurrency.reserved"])
def test_s08_nothing_is_not_a_price_or_a_size(name: str) -> None:
    assert cases_of(signals(**{name: None})) == f"not known: {name}"


def test_that_nothing_is_reserved_is_known() -> None:
    (case,) = cases(concurrency__reserved=None)
    assert case.highest == 1000 - 100 + 10


@pytest.mark.parametrize("ask", ALL.values(), ids=ALL)
def test_s08_demand_that_was_not_answered_is_named_for_its_alias(ask: Any) -> None:
    reason = ask.why(a_use(), a_use(name="next", demand=None), a_use(name="old", demand=None))
    assert reason == "the demand of next, old was not answered completely"


def test_an_alias_that_splits_its_traffic_is_no_case() -> None:
    assert [case.name for case in cases(a_use(is_weighted=True), a_use(name="next"))] == ["next"]
    assert cases(a_use(is_weighted=True)) == ()


def test_a_version_that_two_aliases_share_is_no_case() -> None:
    shared = replace(a_use(), shared_with=("next",))
    assert [case.name for case in cases(shared, a_use(name="old"))] == ["old"]
    reason = ALL["remove"].why(shared)
    assert reason.endswith(
        "shares what is provisioned with next, which serve the same version: "
        "provision one alias alone"
    )


def test_a_numbered_version_is_a_case_as_any_alias() -> None:
    assert [case.name for case in cases(a_use(name="7"))] == ["7"]


@pytest.mark.parametrize(
    ("given", "highest"),
    [
        ({"account__unreserved_concurrency": 100}, 10),
        ({"account__unreserved_concurrency": 101}, 11),
        ({"account__unreserved_concurrency": 90}, 0),
        ({"account__unreserved_concurrency": 50}, 0),
        ({"concurrency__reserved": 30}, 29 - 5),
        ({"concurrency__reserved": 30, "account__unreserved_concurrency": 0}, 29 - 5),
        ({"concurrency__reserved": 6}, 0),
        ({"concurrency__reserved": 0}, 0),
    ],
    ids=str,
)
def test_no_more_than_is_reserved_or_left_can_be_provisioned(
    given: dict[str, Any], highest: int
) -> None:
    first, _ = cases(a_use(10), a_use(5, name="next"), **given)
    assert first.highest == highest


@pytest.mark.parametrize(
    ("target", "others"),
    [
        (None, 2),
        (a_target(minimum=2, maximum=2), 2),
        (a_target(minimum=2, maximum=9), 9),
        (a_target(WEEK, minimum=2, maximum=2), 12),
    ],
)
def test_what_another_alias_has_at_other_hours_is_not_given_away(target: Any, others: int) -> None:
    first, _ = cases(a_use(10), a_use(2, name="next", target=target), concurrency__reserved=50)
    assert first.highest == 49 - others


def test_an_action_that_sets_no_maximum_adds_nothing() -> None:
    action = ScheduledAction(
        name="theirs", schedule="rate(1 hour)", timezone="UTC", minimum=3, maximum=None
    )
    target = a_target(minimum=2, maximum=2, actions=(action,))
    first, _ = cases(a_use(10), a_use(2, name="next", target=target), concurrency__reserved=50)
    assert first.highest == 47


@pytest.mark.parametrize(
    ("given", "is_left_over", "schedule", "is_provisioned"),
    [
        ({}, False, None, True),
        ({"level": 0}, False, None, False),
        ({"level": 0, "target": a_target(WEEK)}, False, WEEK, True),
        ({"level": 0, "target": a_target()}, False, None, False),
        ({"level": 0, "target": a_target(WEEK), "exists": False}, True, None, False),
        ({"level": 0, "exists": False}, False, None, False),
    ],
)
def test_what_scales_it_is_told(
    given: dict[str, Any], is_left_over: bool, schedule: Any, is_provisioned: bool
) -> None:
    (case,) = cases(a_use(**given))
    found = (case.is_left_over, case.schedule, case.is_provisioned)
    assert found == (is_left_over, schedule, is_provisioned)


MEANS = (0.001, 0.01, 0.1, 0.5, 1.0, 3.3, 12.0, 40.0, 59.9, 60.0, 60.1, 200.0, 3000.0)


@pytest.mark.parametrize("mean", MEANS)
def test_numbers_at_once_are_as_many_on_average(mean: float) -> None:
    met = as_met(Demand(starts_at=AS_OF, period_s=300, means=(mean,) * 8064))
    found = [value for value in met.means if value is not None]
    assert math.fsum(found) / len(found) == pytest.approx(mean, rel=0.03, abs=0.0003)
    variance = math.fsum((value - mean) ** 2 for value in found) / len(found)
    assert variance == pytest.approx(mean, rel=0.06, abs=0.001), "as of a Poisson distribution"
    assert min(found) >= 0.0


def test_each_hour_of_the_day_keeps_its_mean() -> None:
    """The draws follow no day: an hour of the day over four weeks is met as the whole is."""
    met = as_met(Demand(starts_at=AS_OF, period_s=300, means=(5.0,) * 8064))
    for hour in range(24):
        found = [
            value
            for at, value in enumerate(met.means)
            if at % 288 // 12 == hour and value is not None
        ]
        assert sum(found) / len(found) == pytest.approx(5.0, rel=0.08)


def test_whole_environments_are_met_the_same_way_each_time() -> None:
    demand = a_demand(office)
    met = as_met(demand)
    assert met == as_met(demand)
    assert all(value is not None and value == int(value) for value in met.means)


def test_s08_a_period_that_is_not_known_stays_so_and_silence_stays_silence() -> None:
    demand = Demand(starts_at=AS_OF, period_s=300, means=(None, 0.0, 2.0, None))
    met = as_met(demand).means
    assert (met[0], met[1], met[3]) == (None, 0.0, None)
    assert (demand.means[2], met[2]) != (None, None)


def test_whole_weeks_are_told_newest_first() -> None:
    (case,) = cases(a_use(demand=a_demand(office, days=17)))
    weeks = list(case.weeks())
    week = timedelta(weeks=1)
    assert [found.starts_at for found in weeks] == [AS_OF - week, AS_OF - 2 * week]
    assert {len(found.means) for found in weeks} == {week // OFTEN}
    (young,) = cases(a_use(demand=a_demand(office, days=6.9)))
    assert list(young.weeks()) == []


def test_a_cost_is_that_of_its_memory() -> None:
    (case,) = cases(a_use(4, demand=a_demand(all_day(0.0), days=7)), function__memory_mb=512)
    month = 0.5 * 3600 * HOURS_PER_MONTH
    assert case.usd_month(2.0) == pytest.approx(2.0 * month)
    assert case.cost(None, 4, case.demand) == pytest.approx(4 * RATES.provisioned * month)


@pytest.mark.parametrize(
    ("means", "level", "cold"),
    [
        ((0.0, 0.0), 0, 0),
        ((2.0, 2.0, 2.0), 0, 2),
        ((2.0, 2.0, 2.0), 2, 0),
        ((2.0, 2.0, 2.0), 1, 1),
        ((2.0, 0.0, 2.0), 0, 2),
        ((2.0, 0.0, 0.0, 2.0), 0, 4),
        ((2.0, 0.0, 0.0, 3.0), 2, 1),
        ((2.0, 5.0, 3.0), 0, 5),
        ((2.0, None, None, 2.0), 0, 4),
    ],
)
def test_cold_starts_are_what_was_neither_warm_nor_provisioned(
    means: tuple[float | None, ...], level: int, cold: float
) -> None:
    (case,) = cases(a_use(demand=a_demand(office)))
    case = replace(case, demand=Demand(starts_at=AS_OF, period_s=300, means=means))
    hours = len(means) / 12
    assert case.cold_starts_month(None, level) == pytest.approx(cold / hours * HOURS_PER_MONTH)


def test_without_a_period_there_is_no_cold_start() -> None:
    (case,) = cases(a_use())
    case = replace(case, demand=Demand(starts_at=AS_OF, period_s=300, means=()))
    assert case.cold_starts_month(None, 0) == 0.0
