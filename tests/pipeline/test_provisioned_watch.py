"""Is a watch of provisioned concurrency ended by its spillover, where it should be? (S8, S13)"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.pipeline.provisioned_scene import ON_ALIAS, WEEK, removed, scene
from tests.pipeline.provisioning import ALIAS
from trimtab.domain.verification import Health, Verification
from trimtab.pipeline.provisioned_watch import EARLIEST, SPILLOVER, is_asked, state_of


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
    assert early.health is Health.REGRESSED, "it does not wait for a day to be over"


def test_s08_work_that_met_nothing_provisioned_is_spillover() -> None:
    at = scene()
    at.called(100.0, 0.0, invocations=1000.0)
    found = at.weighed()
    assert (found.health, only(found).after) == (Health.REGRESSED, pytest.approx(0.9))
    never = scene()
    never.called(0.0, 0.0, invocations=9000.0)
    assert never.weighed().health is Health.REGRESSED


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


def test_what_is_provisioned_is_read_only_where_a_change_is_about_it() -> None:
    at = scene()
    source = at.house.fleet.open(TARGET)
    there = state_of(source, at.change).provisioned
    assert there is not None
    assert [state.qualifier for state in there] == [ALIAS]
    assert state_of(source, replace(at.change, provisioned=None)).provisioned is None
