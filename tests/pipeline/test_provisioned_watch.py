"""Is a watch of provisioned concurrency ended by its spillover, and what it cost told? (S8, S13)"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.house import House
from tests.pipeline.provisioning import ALIAS, NAME, an_alias_house, applied, load, office_hours
from tests.report.weeks import a_change, a_schedule
from trimtab.domain.evidence import NOT_ASKED
from trimtab.domain.ledger import change_chain
from trimtab.domain.price import HOURS_PER_MONTH
from trimtab.domain.provisioned import ProvisionedState, ScalableTarget
from trimtab.domain.provisioned_actions import actions_of
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Baseline, Figures, Health, Verification
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.provisioned_watch import (
    COLD,
    COST,
    EARLIEST,
    SPILLOVER,
    is_asked,
    read_use,
    state_of,
    weigh_cost,
    weigh_spillover,
)
from trimtab.pipeline.savings import MEASURED, Bench

ON_ALIAS = {"FunctionName": NAME, "Resource": f"{NAME}:{ALIAS}"}
WEEK = timedelta(days=7)
UNKNOWN = Figures(
    invocations=NOT_ASKED,
    errors=NOT_ASKED,
    throttles=NOT_ASKED,
    duration_p95_ms=NOT_ASKED,
    out_of_memory=NOT_ASKED,
)


@dataclass
class Scene:
    """A change that was applied, and the watch of the week after."""

    house: House
    change: Remediation
    began: datetime

    @property
    def baseline(self) -> Baseline:
        return Baseline(figures=UNKNOWN, watch_from=self.began, watch_until=self.began + WEEK)

    def called(self, ran: float, spilled: float, *, invocations: float | None = None) -> None:
        """Let the alias be called so often in each five minutes from now on."""
        moments = [self.began + timedelta(minutes=5) * n for n in range(2016)]
        values: Mapping[str, float] = {
            "ProvisionedConcurrencyInvocations": ran,
            "ProvisionedConcurrencySpilloverInvocations": spilled,
            "Invocations": ran + spilled if invocations is None else invocations,
            "Duration": (ran + spilled) * 1000.0,
        }
        for metric, value in values.items():
            self.house.cloud[TARGET].metrics.put(
                metric, "Sum", dict.fromkeys(moments, value), **ON_ALIAS
            )

    def spoil(self, *metrics: str) -> None:
        for metric in metrics:
            self.house.cloud[TARGET].metrics.spoil(metric, "PartialData", **ON_ALIAS)

    def weighed(
        self, health: Health = Health.HEALTHY, *, after: timedelta = WEEK, **given: Any
    ) -> Verification:
        now = self.began + after
        self.house.clock.advance(now - self.house.clock.now())
        as_it_was = Verification(health=health, comparisons=(), at=now)
        source = self.house.fleet.open(TARGET)
        change = replace(self.change, **given)
        return weigh_spillover(change, self.baseline, source, as_it_was, now=now)

    def bench(self) -> Bench:
        return Bench(
            source=self.house.fleet.open(TARGET),
            ledger=self.house.ledger,
            memories=self.house.memories,
            clock=self.house.clock,
        )

    def cost(
        self, change: Remediation | None = None, *, health: Health = Health.HEALTHY
    ) -> Verification:
        now = self.began + WEEK
        if self.house.clock.now() < now:
            self.house.clock.advance(now - self.house.clock.now())
        as_it_was = Verification(health=health, comparisons=(), at=now)
        return weigh_cost(change or self.change, self.baseline, as_it_was, self.bench())

    def measured(self) -> Any:
        known = read_round(self.house.ledger, self.change.change_id, self.change.round)
        return known.last(MEASURED)


def scene(kind: str = "schedule", fields: str = "{min_saving_usd: 1}", **given: Any) -> Scene:
    house = an_alias_house(f"{kind}_provisioned_concurrency", fields, **given)
    change = applied(house)
    began = datetime(2026, 11, 2, 10, 15, tzinfo=UTC)
    return Scene(house, change, began)


def removed(bound: str = "0%") -> Scene:
    fields = f"{{max_spillover: {bound}, min_saving_usd: 0}}"
    return scene("remove", fields, of=lambda at: 0.0)


def only(verification: Verification) -> Any:
    (found,) = verification.comparisons
    assert found.figure == SPILLOVER
    return found


@pytest.mark.parametrize(
    ("ran", "spilled", "health"),
    [
        (100.0, 0.0, Health.HEALTHY),
        (96.0, 4.0, Health.HEALTHY),
        (95.0, 5.0, Health.HEALTHY),
        (94.0, 6.0, Health.REGRESSED),
        (0.0, 100.0, Health.REGRESSED),
    ],
)
def test_s13_more_spillover_than_allowed_takes_it_back(
    ran: float, spilled: float, health: Health
) -> None:
    at = scene()
    at.called(ran, spilled)
    found = at.weighed()
    assert (found.health, only(found).answer) == (health, health)
    assert only(found).after == pytest.approx(spilled / 100)
    assert f"{spilled / 100:.1%} of the invocations, allowed 5.0%" in only(found).why


@pytest.mark.parametrize(
    ("spilled", "after", "health", "is_told"),
    [
        (10.0, EARLIEST, Health.WATCHING, True),
        (10.1, EARLIEST, Health.REGRESSED, True),
        (10.1, EARLIEST - timedelta(minutes=15), Health.WATCHING, False),
        (6.0, EARLIEST, Health.WATCHING, True),
    ],
)
def test_s13_a_watch_ends_early_only_far_beyond_the_bound_and_after_a_day(
    spilled: float, after: timedelta, health: Health, *, is_told: bool
) -> None:
    at = scene()
    at.called(100.0 - spilled, spilled)
    found = at.weighed(Health.WATCHING, after=after)
    assert (found.health, bool(found.comparisons)) == (health, is_told)


@pytest.mark.parametrize(
    "metric", ["ProvisionedConcurrencyInvocations", "ProvisionedConcurrencySpilloverInvocations"]
)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Health.HEALTHY, Health.INSUFFICIENT_DATA),
        (Health.INSUFFICIENT_DATA, Health.INSUFFICIENT_DATA),
        (Health.WATCHING, Health.WATCHING),
    ],
)
def test_s08_spillover_that_is_not_known_is_not_none(
    metric: str, before: Health, after: Health
) -> None:
    at = scene()
    at.called(100.0, 0.0)
    at.spoil(metric)
    found = at.weighed(before)
    assert (found.health, only(found).after) == (after, None)
    assert only(found).answer is Health.INSUFFICIENT_DATA


def test_s13_nothing_that_ran_proves_nothing() -> None:
    at = scene()
    found = at.weighed()
    assert (found.health, only(found).after) == (Health.INSUFFICIENT_DATA, None)


@pytest.mark.parametrize(
    ("calls", "health"), [(199, Health.INSUFFICIENT_DATA), (200, Health.REGRESSED)]
)
def test_s13_a_share_needs_enough_invocations(calls: int, health: Health) -> None:
    at = scene()
    put = at.house.cloud[TARGET].metrics.put
    for metric, value in (
        ("ProvisionedConcurrencyInvocations", 0.0),
        ("ProvisionedConcurrencySpilloverInvocations", float(calls)),
    ):
        put(metric, "Sum", {at.began + timedelta(hours=1): value}, **ON_ALIAS)
    found = at.weighed()
    assert (found.health, only(found).answer) == (health, health)


def test_what_is_regressed_already_is_not_asked_about() -> None:
    at = scene()
    at.called(0.0, 100.0)
    assert at.weighed(Health.REGRESSED).comparisons == ()
    assert at.weighed(max_spillover=None).comparisons == ()
    assert at.weighed(provisioned=None).comparisons == ()


@pytest.mark.parametrize(
    ("health", "minute", "expected"),
    [
        (Health.WATCHING, 14, False),
        (Health.WATCHING, 15, True),
        (Health.WATCHING, 0, True),
        (Health.HEALTHY, 14, True),
        (Health.INSUFFICIENT_DATA, 14, True),
    ],
)
def test_an_open_watch_asks_now_and_then(health: Health, minute: int, *, expected: bool) -> None:
    assert is_asked(health, datetime(2026, 11, 3, 9, minute, tzinfo=UTC)) is expected
    at = scene()
    at.called(0.0, 100.0)
    after = timedelta(days=2, minutes=minute - 15)
    assert bool(at.weighed(health, after=after).comparisons) is expected


def test_s13_what_was_removed_is_put_back_at_its_first_call() -> None:
    at = removed()
    at.called(0.0, 0.0, invocations=1.0)
    found = at.weighed()
    assert (found.health, only(found).after) == (Health.REGRESSED, 1.0)
    assert "2016 invocations, all of them on demand" in only(found).why
    early = at.weighed(Health.WATCHING, after=timedelta(hours=3))
    assert early.health is Health.WATCHING, "not before a day is over"


def test_where_all_may_run_on_demand_a_call_is_no_harm() -> None:
    at = removed("100%")
    at.called(0.0, 0.0, invocations=1.0)
    found = at.weighed()
    assert (found.health, only(found).answer) == (Health.HEALTHY, Health.HEALTHY)


@pytest.mark.parametrize(
    ("before", "after", "health"),
    [
        (Health.INSUFFICIENT_DATA, WEEK, Health.HEALTHY),
        (Health.WATCHING, WEEK, Health.HEALTHY),
        (Health.WATCHING, WEEK - timedelta(minutes=15), Health.WATCHING),
        (Health.WATCHING, WEEK + timedelta(minutes=1), Health.HEALTHY),
        (Health.WATCHING, WEEK + timedelta(minutes=16), Health.WATCHING),
        (Health.HEALTHY, WEEK, Health.HEALTHY),
    ],
)
def test_what_was_removed_and_is_not_called_needs_no_sample(
    before: Health, after: timedelta, health: Health
) -> None:
    assert removed().weighed(before, after=after).health is health


def test_s08_calls_that_were_not_answered_are_not_none() -> None:
    at = removed()
    at.called(0.0, 0.0)
    at.spoil("Invocations")
    found = at.weighed()
    assert (found.health, only(found).after) == (Health.INSUFFICIENT_DATA, None)
    assert found.comparisons[0].why.endswith("CloudWatch did not answer")


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


def test_what_is_provisioned_is_read_only_where_a_change_is_about_it() -> None:
    at = scene()
    source = at.house.fleet.open(TARGET)
    there = state_of(source, at.change).provisioned
    assert there is not None
    assert [state.qualifier for state in there] == [ALIAS]
    assert state_of(source, replace(at.change, provisioned=None)).provisioned is None
