"""What is proposed for an alias, and when is nothing? Below, at and above each threshold."""

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.advisors.demands import DEAR, RATES
from tests.advisors.provisioned_asking import (
    ALL,
    AS_OF,
    FREE,
    Asked,
    a_demand,
    a_target,
    a_use,
    all_day,
    cases,
    of_office,
    office,
    price_in,
    reduce,
    remove,
)
from trimtab.advisors.provisioned_advice import IDLE_FOR
from trimtab.advisors.provisioned_option import usd
from trimtab.advisors.provisioned_schedule import outlook_of, week_of
from trimtab.advisors.provisioned_terms import ScheduleTerms
from trimtab.domain.price import DISCOUNT_FLOOR, HOURS_PER_MONTH
from trimtab.domain.provisioned import ProvisionedVerdict
from trimtab.domain.terms import ChangeKind

MONTH_S = 3600 * HOURS_PER_MONTH
SILENT = all_day(0.0)


def test_what_nothing_ran_on_is_removed_and_saves_all_that_it_costs() -> None:
    found = remove.proposed(a_use(4, busy=SILENT))
    advice, ready = found.provisioned, 4 * RATES.provisioned * MONTH_S
    assert advice is not None
    assert (found.kind, found.after) == (ChangeKind.REMOVE_PROVISIONED, {"provisioned": 0})
    assert (advice.verdict, advice.level, advice.schedule) == (ProvisionedVerdict.IDLE, 4, None)
    assert found.saving.high_usd_month == pytest.approx(ready)
    assert found.saving.low_usd_month == pytest.approx(ready * DISCOUNT_FLOOR)
    assert advice.now.cost_usd_month == pytest.approx(ready, abs=0.01)
    assert (advice.now.utilisation, advice.proposed.cost_usd_month) == (0.0, 0.0)
    assert advice.cold_start_usd is None


@pytest.mark.parametrize(("times", "is_worth"), [(0.99, True), (1.0, True), (1.01, False)])
def test_a_removal_must_save_so_much(times: float, is_worth: bool) -> None:
    (case,) = cases(a_use(4, busy=SILENT))
    least = case.usd_month(4 * RATES.provisioned) * times
    fields = {"min_saving_usd": least}
    if is_worth:
        assert remove.proposed(a_use(4, busy=SILENT), fields=fields)
        return
    why = remove.why(a_use(4, busy=SILENT), fields=fields)
    assert why == f"live: it would save {usd(least / times)} a month, {usd(least)} are asked for"


@pytest.mark.parametrize(
    ("stood", "days"),
    [
        (IDLE_FOR, None),
        (IDLE_FOR + timedelta(seconds=1), None),
        (IDLE_FOR - timedelta(seconds=1), 13),
        (timedelta(0), 0),
    ],
)
@pytest.mark.parametrize(("ask", "use"), [(remove, a_use(4, busy=SILENT)), (reduce, a_use(30))])
def test_what_was_just_changed_is_not_judged(
    ask: Asked, use: Any, stood: timedelta, days: int | None
) -> None:
    changed = replace(use, stood_since=AS_OF - stood)
    if days is None:
        assert ask.proposed(changed)
        return
    assert ask.why(changed) == f"live: it was changed {days} days ago, 14 are needed to tell"


@pytest.mark.parametrize(("ask", "use"), [(remove, a_use(4, busy=SILENT)), (reduce, a_use(30))])
def test_s08_when_it_was_changed_must_be_known(ask: Asked, use: Any) -> None:
    why = ask.why(replace(use, stood_since=None))
    assert why == "live: when it was last changed is not known"


def test_what_a_schedule_moves_is_judged_whenever_it_was_moved() -> None:
    use = a_use(12, busy=SILENT, target=a_target(of_office(12, 0)), stood_since=AS_OF)
    assert remove.proposed(use).after == {"provisioned": 0}


def test_a_schedule_that_nothing_ran_on_saves_what_its_week_costs() -> None:
    """At whatever hour it is looked at: twelve from 7:50 to 18:00 on five days of seven."""
    mean = 12 * 5 * (10 * 60 + 10) / (7 * 24 * 60)
    for level in (12, 0):
        found = remove.advice(a_use(level, busy=SILENT, target=a_target(of_office(12, 0))))
        assert found.now.level_mean == pytest.approx(mean, abs=0.01)
        assert found.now.cost_usd_month == pytest.approx(
            mean * RATES.provisioned * MONTH_S, abs=0.01
        )
        assert (found.level, found.verdict) == (None, ProvisionedVerdict.IDLE)


@pytest.mark.parametrize("name", ["ran", "spilled"])
def test_s08_how_often_it_was_used_must_be_known(name: str) -> None:
    why = remove.why(replace(a_use(4, busy=SILENT), **{name: None}))
    assert why == "live: how often it was used was not answered completely"


@pytest.mark.parametrize("given", [{"ran": 1.0}, {"spilled": 1.0}])
def test_one_invocation_is_not_idle(given: dict[str, float]) -> None:
    found = remove(replace(a_use(4, busy=SILENT), **given), fields=FREE)
    advice = getattr(found, "provisioned", None)
    assert advice is None or advice.verdict is not ProvisionedVerdict.IDLE


def test_s08_a_period_that_is_not_known_is_not_idle() -> None:
    demand = a_demand(SILENT)
    unknown = replace(demand, means=(None, *demand.means[1:]))
    found = remove(a_use(4, demand=unknown), fields=FREE)
    advice = getattr(found, "provisioned", None)
    assert advice is None or advice.verdict is not ProvisionedVerdict.IDLE


def test_an_alias_that_was_never_called_is_idle_however_short_its_figures() -> None:
    assert remove.advice(a_use(4, demand=a_demand(SILENT, days=1))).verdict is (
        ProvisionedVerdict.IDLE
    )


def test_what_is_used_needs_two_weeks_to_be_judged() -> None:
    why = remove.why(a_use(4, demand=a_demand(office, days=5)))
    assert why.startswith("live: only 5 days of its demand are known")


def test_what_costs_more_than_on_demand_is_removed() -> None:
    found = remove.advice(a_use(10, busy=all_day(1.0)))
    assert found.verdict is ProvisionedVerdict.UNJUSTIFIED
    assert found.proposed.cost_usd_month == found.on_demand.cost_usd_month
    assert found.now.cost_usd_month > found.on_demand.cost_usd_month


def test_what_costs_less_than_on_demand_stays() -> None:
    why = remove.why(a_use(2, busy=all_day(50.0)))
    assert why == "live: it costs less than running on demand"


def test_where_it_never_pays_even_what_is_always_busy_costs_more() -> None:
    found = remove.advice(a_use(2, busy=all_day(50.0)), rates=DEAR)
    assert found.verdict is ProvisionedVerdict.UNJUSTIFIED
    assert found.rates.break_even == pytest.approx(1.3114, abs=0.0001)


@pytest.mark.parametrize(("times", "is_removed"), [(0.99, True), (1.01, False)])
def test_for_fewer_cold_starts_the_policy_says_what_one_may_cost(
    times: float, is_removed: bool
) -> None:
    use = a_use(12)
    why = remove.why(use, fields={"max_price_per_cold_start": math.inf})
    assert why.startswith("live: justified only for latency: each cold start that it avoids costs")
    price = price_in(why)
    assert 0.0 < price < 10.0
    (case,) = cases(use)
    avoided = case.cold_starts_month(None, 0) - case.cold_starts_month(None, 12)
    terms = ScheduleTerms(rates=RATES, timezone="UTC", highest=900)
    week = week_of(case.demand, terms)
    assert not isinstance(week, str)
    now, none = (outlook_of(level, week, terms).cost_usd_gb_s for level in (12, 0))
    assert price == pytest.approx(case.usd_month(now - none) / avoided, abs=0.01)
    exact = case.usd_month(now - none) / avoided * times
    found = remove(use, fields={"max_price_per_cold_start": exact})
    assert (getattr(found, "after", None) == {"provisioned": 0}) is is_removed


def test_what_avoids_no_cold_start_has_no_price_that_a_policy_could_allow() -> None:
    """Spillover of a level that is always warm: nothing is avoided, all of it is paid."""
    use = a_use(1, busy=all_day(0.0), ran=1.0)
    assert remove.proposed(use, fields={"max_price_per_cold_start": 1e9, "min_saving_usd": 0.0})
    assert remove.advice(use, fields=FREE).cold_start_usd is None


def test_what_is_not_provisioned_is_not_removed() -> None:
    why = remove.why(a_use(0))
    assert why == "nothing is provisioned for an alias that could be removed"
    assert remove.why(a_use(9, is_weighted=True)) == why


def test_what_scales_an_alias_that_is_gone_is_taken_away_first() -> None:
    gone = a_use(0, name="old", exists=False, target=a_target(of_office(12, 0)))
    found = remove.proposed(a_use(30, busy=SILENT), gone)
    advice = found.provisioned
    assert advice is not None
    assert (advice.qualifier, advice.level, found.after) == ("old", None, {"provisioned": 0})
    assert advice.basis == ("alias old is gone: whatever bears its name next would be provisioned",)
    assert (found.saving.low_usd_month, found.saving.high_usd_month) == (0.0, 0.0)
    assert advice.now.utilisation is None


def test_most_money_comes_first() -> None:
    first, second = a_use(4, busy=SILENT), a_use(5, busy=SILENT, name="next")
    for uses in ((first, second), (second, first)):
        assert remove.advice(*uses).qualifier == "next"
    assert remove.advice(first, replace(second, ran=None)).qualifier == "live"


def test_all_reasons_are_told() -> None:
    why = remove.why(
        a_use(4, busy=SILENT, ran=None),
        a_use(1, busy=SILENT, name="next"),
        fields={"min_saving_usd": 500.0},
    )
    assert why.startswith("live: how often it was used was not answered completely; next: it would")


@pytest.mark.parametrize(
    ("peak", "after"), [(5.9, 7), (5.0, 6), (1.0, 4), (6.0, None), (6.1, None), (10.0, None)]
)
def test_what_was_never_busy_is_not_provisioned(peak: float, after: int | None) -> None:
    use = a_use(10, busy=all_day(1.0), peak=peak, spilled=0.0)
    if after is None:
        assert reduce.why(use) == f"live: {peak:g} of 10 were busy at once"
        return
    found = reduce.proposed(use)
    assert (found.kind, found.after) == (ChangeKind.REDUCE_PROVISIONED, {"provisioned": after})
    assert found.provisioned is not None
    assert found.provisioned.verdict is ProvisionedVerdict.UNDER_USED
    words = f"at most {peak:g} were measured busy at once in four weeks, times 1.1"
    assert found.provisioned.basis[-1].startswith(words)
    assert found.provisioned.proposed.spillover <= 0.01, "or its own watch would take it back"


@pytest.mark.parametrize(
    ("headroom", "after"), [(1.0, 10), (1.1, 11), (1.11, 12), (1.4, 14), (1.75, 18)]
)
def test_a_reserve_is_kept_and_no_rounding_error_adds_to_it(headroom: float, after: int) -> None:
    use = a_use(30, busy=all_day(1.0), peak=10.0, spilled=0.0)
    assert reduce.proposed(use, fields={"headroom": headroom}).after == {"provisioned": after}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"peak": None}, "live: how much was busy at once was not answered completely"),
        ({"peak": 0.0}, "live: nothing ran on it, which another policy is about"),
        ({"spilled": None}, "live: some of its work found all of it busy, or nobody can tell"),
        ({"spilled": 1.0}, "live: some of its work found all of it busy, or nobody can tell"),
        ({"target": a_target()}, "live: it is scaled already"),
        ({"demand": a_demand(office, days=5)}, "live: only 5 days of its demand are known"),
    ],
)
def test_s08_what_is_not_known_or_not_so_is_not_lowered(given: dict[str, Any], why: str) -> None:
    assert reduce.why(a_use(30, **given)).startswith(why)


def test_of_one_there_is_nothing_to_take_away() -> None:
    why = "nothing is provisioned for an alias that could be lowered"
    assert reduce.why(a_use(1)) == why
    assert reduce.why(a_use(0)) == why


def test_a_level_that_would_not_fall_is_not_proposed() -> None:
    use = a_use(2, busy=all_day(0.5), peak=1.0, spilled=0.0)
    why = reduce.why(use, fields=FREE)
    assert why == "live: with less than 2 more than 1.0% may run on demand"


def test_the_alias_with_most_money_is_lowered_first() -> None:
    small, large = a_use(30), a_use(90, name="next")
    for uses in ((small, large), (large, small)):
        assert reduce.advice(*uses).qualifier == "next"


@pytest.mark.parametrize("ask", ALL.values(), ids=ALL)
def test_the_same_is_told_each_time(ask: Asked) -> None:
    assert ask(a_use(30)) == ask(a_use(30))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.inf, "more than can be said"),
        (12.345, "$12.35"),
        (0.01, "$0.01"),
        (0.009999, "$0.009999"),
        (0.0, "$0.00"),
        (-3.0, "$-3.00"),
    ],
)
def test_money_is_told_with_as_many_digits_as_it_needs(value: float, text: str) -> None:
    assert usd(value) == text
