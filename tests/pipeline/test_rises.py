"""Is a person called for a rise that will not be there in time, once, and for nothing else?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.builders import TARGET, a_remediation
from tests.pipeline.house import House
from tests.pipeline.provisioning import ALIAS, NAME, an_alias_house, applied, level_of
from tests.report.weeks import a_change, a_schedule
from trimtab.domain.ledger import change_chain
from trimtab.domain.provisioned import ProvisionedPlan
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Health
from trimtab.pipeline import verify
from trimtab.pipeline.provisioned_watch import state_of
from trimtab.pipeline.rises import BELOW_PLAN, BelowPlan, look, rise_due

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = a_schedule(
    a_change(0, "07:50", 12),
    a_change(0, "12:00", 12, 20),
    a_change(0, "18:00", 1),
    a_change(6, "23:50", 4),
)


@pytest.mark.parametrize(
    ("at", "level"),
    [
        ("2026-11-02T07:54:59", None),
        ("2026-11-02T07:55:00", 12),
        ("2026-11-02T07:59:59", 12),
        ("2026-11-02T08:00:00", None),
        ("2026-11-03T07:57:00", None),
        ("2026-11-02T12:07:00", None),
        ("2026-11-02T18:07:00", None),
        ("2026-11-08T23:57:00", 4),
        ("2026-11-09T00:01:00", None),
        ("2026-10-26T07:57:00", 12),
        ("2026-03-30T07:57:00", 12),
    ],
)
def test_a_rise_is_due_five_to_ten_minutes_after_it_was_fired(at: str, level: int | None) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=BERLIN)
    for now in (moment, moment.astimezone(UTC)):
        found = rise_due(WEEK, now=now)
        assert (None if found is None else found.minimum) == level


def test_the_first_rise_of_a_week_rises_from_the_end_of_the_last() -> None:
    monday = datetime(2026, 11, 2, 0, 7, tzinfo=UTC)
    for before, is_rise in ((3, True), (4, False), (5, False)):
        schedule = a_schedule(a_change(0, "00:00", 4), a_change(6, "12:00", before), timezone="UTC")
        assert (rise_due(schedule, now=monday) is not None) is is_rise


def test_a_single_change_never_rises() -> None:
    schedule = a_schedule(a_change(0, "00:00", 4), timezone="UTC")
    assert rise_due(schedule, now=datetime(2026, 11, 2, 0, 7, tzinfo=UTC)) is None


def a_house() -> tuple[House, Remediation, datetime]:
    """Apply a schedule, and go on to seven minutes after its next rise was fired."""
    house = an_alias_house()
    change = applied(house)
    assert change.provisioned is not None
    assert change.provisioned.schedule is not None
    schedule = change.provisioned.schedule
    rise = next(c for c in schedule.changes if c.weekday == 1 and c.minimum > 3)
    fires = datetime(2026, 11, 3, rise.at.hour, rise.at.minute, tzinfo=UTC)
    return house, change, fires + timedelta(minutes=7)


def looked(house: House, change: Remediation) -> BelowPlan | None:
    source = house.fleet.open(TARGET)
    state = state_of(source, change)
    return look(change, state, source, house.ledger, now=house.clock.now())


def entries(house: House, change: Remediation) -> list[dict[str, Any]]:
    found = house.ledger.entries(change_chain(change.change_id))
    return [dict(entry.data) for entry in found if entry.event == BELOW_PLAN]


def go_to(house: House, at: datetime) -> None:
    while house.clock.now() < at:
        house.clock.advance(min(timedelta(minutes=5), at - house.clock.now()))
        house.cloud[TARGET].scaling.tick()


def fail_from(house: House, at: datetime) -> None:
    """Let every allocation fail, from the last night before a rise on."""
    go_to(house, at - timedelta(minutes=30))
    house.functions.allocate(NAME)
    house.functions.fail_allocation(NAME, ALIAS)


def test_a_rise_that_is_there_calls_nobody() -> None:
    house, change, at = a_house()
    go_to(house, at)
    assert looked(house, change) is None
    assert entries(house, change) == []


def test_a_rise_that_failed_is_told_once_with_its_reason() -> None:
    house, change, at = a_house()
    fail_from(house, at)
    go_to(house, at)
    found = looked(house, change)
    assert found is not None
    assert found.remediation == change
    assert found.allocated < found.level == level_of(house)
    assert found.why
    (entry,) = entries(house, change)
    assert (entry["level"], entry["allocated"], entry["why"]) == (
        found.level,
        found.allocated,
        found.why,
    )
    house.clock.advance(timedelta(minutes=1))
    assert looked(house, change) is None
    go_to(house, at + timedelta(days=1))
    assert looked(house, change) is not None
    assert [each["rise"][:10] for each in entries(house, change)] == ["2026-11-03", "2026-11-04"]


def test_without_an_activity_the_status_tells_why() -> None:
    house, change, at = a_house()
    go_to(house, at - timedelta(minutes=30))
    house.clock.advance(timedelta(minutes=30))
    found = looked(house, change)
    assert found is not None
    assert found.why == f"READY, {level_of(house)} asked for"
    assert found.allocated == level_of(house)


def test_at_another_time_what_is_missing_is_not_yet_needed() -> None:
    house, change, at = a_house()
    fail_from(house, at)
    go_to(house, at - timedelta(minutes=3))
    assert looked(house, change) is None


@pytest.mark.parametrize("plan", [None, ProvisionedPlan(qualifier=ALIAS, level=4)])
def test_what_has_no_schedule_has_no_rise(plan: ProvisionedPlan | None) -> None:
    house, change, at = a_house()
    go_to(house, at)
    source = house.fleet.open(TARGET)
    state = state_of(source, change)
    other = replace(a_remediation(), provisioned=plan)
    assert look(other, state, source, house.ledger, now=at) is None


def test_the_watch_calls_as_long_as_it_is_open() -> None:
    house, change, at = a_house()
    fail_from(house, at)
    go_to(house, at)
    seen = verify.verify(house.verify_bench())
    assert [below.remediation for below in seen.below_plan] == [change]
    assert [each.verification.health for each in seen.watched] == [Health.WATCHING]
    assert verify.verify(house.verify_bench()).below_plan == ()


def test_the_watch_of_what_was_taken_back_calls_nobody() -> None:
    """The end of the watch is told, and a rise that nobody aims at any more is none."""
    house, change, at = a_house()
    go_to(house, at)
    house.cloud[TARGET].scaling.deregister_scalable_target(
        ServiceNamespace="lambda",
        ScalableDimension="lambda:function:ProvisionedConcurrency",
        ResourceId=f"function:{NAME}:{ALIAS}",
    )
    house.functions.provision(NAME, ALIAS, 1)
    now = house.clock.now()
    house.traffic(NAME, since=now, until=now + timedelta(days=8))
    house.clock.advance(timedelta(days=7))
    seen = verify.verify(house.verify_bench())
    assert [each.verification.health for each in seen.watched] == [Health.REVERTED]
    assert (seen.gaps, seen.below_plan, entries(house, change)) == ((), (), [])
