"""Is what was provisioned told with its cost, for the very same demand, once? (S8)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.provisioned_scene import WEEK, removed, scene
from tests.pipeline.provisioning import ALIAS, NAME, load, office_hours
from tests.report.weeks import a_change, a_schedule
from trimtab.domain.ledger import change_chain
from trimtab.domain.price import HOURS_PER_MONTH
from trimtab.domain.provisioned import ProvisionedState, ScalableTarget
from trimtab.domain.provisioned_actions import actions_of
from trimtab.domain.verification import Health
from trimtab.pipeline.provisioned_watch import COLD, COST, read_use
from trimtab.pipeline.savings import MEASURED


def test_the_whole_span_is_demand_from_its_first_minute_on() -> None:
    """A weekend without a call was provisioned too."""
    at = scene()
    late = at.began + timedelta(days=3)
    load(at.house, office_hours, since=late, until=at.began + WEEK, level=16.0)
    source = at.house.fleet.open(TARGET)
    at.house.clock.advance(WEEK + timedelta(days=1))
    use = read_use(source, at.change, start=at.began, end=at.began + WEEK)
    assert use.demand is not None
    assert use.demand.starts_at == at.began
    assert len(use.demand.means) == 2016
    assert set(use.demand.means[: 3 * 288 - 3]) == {0.0}
    assert use.spillover == pytest.approx(0.0)
    assert (use.called or 0) > 0


def test_what_it_cost_is_worked_out_for_the_very_same_demand() -> None:
    at = scene()
    load(at.house, office_hours, since=at.began, until=at.began + WEEK, level=16.0)
    found = at.cost()
    (told,) = found.comparisons
    advice = at.change.recommendation.provisioned
    assert advice is not None
    rates, periods = advice.rates, 2016
    busy = [office_hours(at.began + timedelta(minutes=5) * n) for n in range(periods)]
    before = sum(
        rates.provisioned * 12
        + rates.provisioned_run * min(need, 12)
        + rates.on_demand * max(need - 12, 0)
        for need in busy
    )
    assert told.figure == COST
    assert told.before == pytest.approx(before / periods * 3600 * HOURS_PER_MONTH)
    assert told.after is not None
    assert told.after < told.before
    saving = at.measured().data["saving"]
    assert saving["cost_before_usd_month"] == pytest.approx(told.before)
    assert saving["predicted_cost_usd_month"] == advice.proposed.cost_usd_month
    assert f"${told.before:.2f} a month before, for the very same demand" in told.why
    assert "busy" in told.why
    assert found.health is Health.HEALTHY


def test_what_it_cost_is_entered_once_and_told_as_entered() -> None:
    at = scene()
    load(at.house, office_hours, since=at.began, until=at.began + WEEK, level=16.0)
    first = at.cost()
    at.house.clock.advance(timedelta(days=1))
    load(at.house, lambda _: 1.0, since=at.began, until=at.began + WEEK, level=16.0)
    assert at.cost().comparisons == first.comparisons
    entries = at.house.ledger.entries(change_chain(at.change.change_id))
    assert sum(entry.event == MEASURED for entry in entries) == 1


def test_what_a_schedule_before_would_have_cost_is_worked_out_by_its_hours() -> None:
    at = scene()
    load(at.house, office_hours, since=at.began, until=at.began + WEEK, level=16.0)
    days = [
        a_change(day, hour, level)
        for day in range(7)
        for hour, level in (("06:00", 9), ("18:00", 0))
    ]
    old = a_schedule(*days, timezone="UTC")
    target = ScalableTarget(
        minimum=9, maximum=9, is_suspended=False, actions=actions_of(old, "old-change-id")
    )
    state = ProvisionedState(
        qualifier=ALIAS, requested=9, allocated=9, status="READY", target=target
    )
    advice = at.change.recommendation.provisioned
    assert advice is not None
    recommendation = replace(
        at.change.recommendation, provisioned=replace(advice, before=state, level=None)
    )
    (told,) = at.cost(replace(at.change, recommendation=recommendation)).comparisons
    rates, expected = advice.rates, 0.0
    for n in range(2016):
        moment = at.began + timedelta(minutes=5) * n
        need, level = office_hours(moment), 9 if 6 <= moment.hour < 18 else 0
        expected += rates.provisioned * level + rates.provisioned_run * min(need, level)
        expected += rates.on_demand * max(need - level, 0)
    assert told.before == pytest.approx(expected / 2016 * 3600 * HOURS_PER_MONTH)


def test_what_was_removed_cost_what_was_ready_and_nothing_after() -> None:
    at = removed()
    at.called(0.0, 0.0)
    (told,) = at.cost().comparisons
    advice = at.change.recommendation.provisioned
    assert advice is not None
    ready = 12 * advice.rates.provisioned * 3600 * HOURS_PER_MONTH
    assert (told.before, told.after) == (pytest.approx(ready), 0.0)
    assert "busy" not in told.why


def test_s08_a_cost_that_was_not_answered_is_not_zero_and_not_entered() -> None:
    at = scene()
    at.called(100.0, 0.0)
    at.spoil("Duration")
    (told,) = at.cost().comparisons
    assert (told.before, told.after, told.answer) == (None, None, Health.INSUFFICIENT_DATA)
    assert at.measured() is None


@pytest.mark.parametrize("health", [Health.WATCHING, Health.REGRESSED, Health.REVERTED])
def test_only_what_ends_without_harm_is_measured(health: Health) -> None:
    at = scene()
    at.called(100.0, 0.0)
    assert at.cost(health=health).comparisons == ()
    assert at.measured() is None


def test_cold_starts_are_told_where_the_logs_tell_them() -> None:
    at = scene()
    at.called(100.0, 0.0)
    for n in range(4):
        at.house.cloud[TARGET].logs.add(
            f"/aws/lambda/{NAME}",
            ReportLine(
                at=at.began + timedelta(hours=n),
                memory_mb=1024,
                used_mb=100.0,
                is_out_of_memory=False,
                duration_ms=100.0,
                is_cold=n == 0,
            ),
        )
    found = at.cost()
    cold = next(c for c in found.comparisons if c.figure == COLD)
    assert (cold.after, cold.answer) == (0.25, Health.HEALTHY)
    assert "25.00% of 4 invocations, of all its aliases" in cold.why
