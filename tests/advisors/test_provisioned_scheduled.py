"""When is a schedule proposed for an alias? Below, at and above each threshold."""

from typing import Any

import pytest

from tests.advisors.demands import DEAR
from tests.advisors.provisioned_asking import (
    FREE,
    a_demand,
    a_target,
    a_use,
    all_day,
    of_office,
    office,
    price_in,
    schedule,
)
from trimtab.advisors.provisioned_advice import WITHIN
from trimtab.domain.finding import Recommendation
from trimtab.domain.provisioned import ProvisionedVerdict, WeeklySchedule
from trimtab.domain.terms import ChangeKind


def test_a_level_all_week_becomes_a_schedule_of_its_hours() -> None:
    found = schedule.proposed(a_use(20))
    advice = found.provisioned
    assert advice is not None
    assert advice.schedule is not None
    levels = [change.minimum for change in advice.schedule.changes]
    assert (found.kind, found.after) == (
        ChangeKind.SCHEDULE_PROVISIONED,
        {"minimum": min(levels), "maximum": max(levels)},
    )
    assert min(levels) == 0
    assert max(levels) >= 12
    assert advice.proposed.spillover <= 0.05
    assert advice.proposed.cost_usd_month < advice.on_demand.cost_usd_month
    assert found.saving.low_usd_month > 0
    assert (advice.verdict, advice.level) == (ProvisionedVerdict.UNDER_USED, 20)
    assert len(advice.demand) == len(advice.demand_high) == 7 * 24 * 60 // advice.slot_minutes


def test_what_spills_is_ended_whatever_it_saves() -> None:
    dear = {"min_gain": 1.0, "min_saving_usd": 1e6}
    assert schedule.advice(a_use(5), fields=dear).verdict is ProvisionedVerdict.SPILLING
    assert "are asked for" in schedule.why(a_use(20), fields=dear)


def test_no_more_than_can_be_provisioned_is_proposed() -> None:
    why = schedule.why(a_use(5), concurrency__reserved=6)
    assert "would run on demand, 5.0% are allowed, and no more than 5 can be provisioned" in why
    why = schedule.why(a_use(5), fields={"max_level": 7.0})
    assert "would run on demand, 5.0% are allowed" in why


def test_a_policy_lets_no_more_be_provisioned_than_it_says() -> None:
    fields = {"max_level": 11.0, "max_spillover": 0.3}
    found = schedule.proposed(a_use(20), fields=fields)
    assert found.after["maximum"] <= 11


def test_even_demand_needs_no_schedule() -> None:
    assert schedule.why(a_use(12, busy=all_day(12.0))).endswith(" all week, no schedule")


def test_too_little_demand_is_no_week() -> None:
    why = schedule.why(a_use(12, demand=a_demand(office, days=5)))
    assert why.startswith("live: only 5 days of its demand are known")


def test_without_an_alias_there_is_nothing_to_schedule() -> None:
    why = "it has no alias that serves a version"
    assert schedule.why(a_use(12, is_weighted=True)) == why
    assert schedule.why(a_use(0, exists=False, target=a_target())) == why


def test_cost_alone_may_decide() -> None:
    alone = schedule.advice(a_use(20), fields={"max_spillover": 1.0})
    bounded = schedule.advice(a_use(20), fields={"max_spillover": 0.02})
    assert alone.proposed.cost_usd_month < bounded.proposed.cost_usd_month
    assert alone.proposed.spillover > bounded.proposed.spillover


def replanned(now: WeeklySchedule, level: int, **fields: Any) -> Any:
    return schedule(a_use(level, target=a_target(now)), fields=FREE | fields)


@pytest.mark.parametrize("level", [30, 0], ids=["by day", "by night"])
@pytest.mark.parametrize(("times", "is_worth"), [(0.99, True), (1.01, False)])
def test_a_schedule_of_ours_is_found_again_where_the_gain_is_worth_it(
    level: int, times: float, is_worth: bool
) -> None:
    """At whatever hour it is looked at."""
    now = of_office(30, 0)
    found = replanned(now, level, min_gain=0.0)
    gain = 1 - found.provisioned.proposed.cost_usd_month / found.provisioned.now.cost_usd_month
    assert 0.05 < gain < 1.0
    assert found.provisioned.verdict is ProvisionedVerdict.UNDER_USED
    again = replanned(now, level, min_gain=gain * times)
    assert isinstance(again, Recommendation) is is_worth
    usual = replanned(now, level, min_gain=0.0, min_saving_usd=found.saving.high_usd_month * 2)
    assert "are asked for" in usual.reason


def test_a_schedule_as_it_would_be_found_now_stays() -> None:
    """Also where it spills a little more than is aimed at, which is less than is allowed."""
    first = schedule.advice(a_use(20)).schedule
    assert first is not None
    again = replanned(first, 0, min_gain=0.1)
    assert "a schedule saves $0.00 a month" in again.reason
    spilled = schedule.advice(a_use(20)).proposed.spillover
    assert spilled > 0
    for allowed, is_spilling in ((spilled * 1.02, False), (spilled * 0.98, True)):
        assert spilled > allowed * WITHIN
        found = replanned(first, 0, max_spillover=allowed, min_gain=1.0)
        verdict = getattr(getattr(found, "provisioned", None), "verdict", None)
        assert (verdict is ProvisionedVerdict.SPILLING) is is_spilling


def test_a_schedule_of_ours_whose_level_is_nothing_now_is_not_provisioned_anew() -> None:
    """Where it never pays: less is asked for, not nothing."""
    use = a_use(0, target=a_target(of_office(40, 0)))
    assert schedule.proposed(use, rates=DEAR).after["maximum"] < 40
    why = schedule.why(a_use(0), rates=DEAR)
    assert why.startswith("live: a schedule would be justified only for latency")


def test_what_is_provisioned_anew_may_cost_so_much_for_each_cold_start() -> None:
    why = schedule.why(a_use(0), rates=DEAR)
    price = price_in(why.replace("avoids costs", "costs"))
    assert 0 < price < 1
    for allowed in (0.0, price * 0.5):
        fields = {"max_price_per_cold_start": allowed}
        assert "justified only for latency" in schedule.why(a_use(0), rates=DEAR, fields=fields)
    fields = {"max_price_per_cold_start": price * 2}
    found = schedule.advice(a_use(0), rates=DEAR, fields=fields)
    assert found.verdict is ProvisionedVerdict.FOR_LATENCY
    assert found.cold_start_usd == pytest.approx(price, abs=0.006)
    assert found.proposed.cost_usd_month > found.now.cost_usd_month


def test_what_is_provisioned_for_latency_is_only_changed_for_less() -> None:
    fields = {"max_price_per_cold_start": 1e6, "min_gain": 0.0}
    found = schedule.advice(a_use(40), rates=DEAR, fields=fields)
    assert found.verdict is ProvisionedVerdict.FOR_LATENCY
    assert found.proposed.cost_usd_month < found.now.cost_usd_month
    assert found.schedule is not None
    use = a_use(0, target=a_target(found.schedule))
    assert "are asked for" in schedule.why(use, rates=DEAR, fields=fields)


def test_most_money_is_scheduled_first() -> None:
    small, large = a_use(20), a_use(60, name="next")
    for uses in ((small, large), (large, small)):
        assert schedule.advice(*uses).qualifier == "next"
