"""Is more provisioned all through a peak, and is the schedule back after it? Played through."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.domain.test_provisioned_digest import a_change_of_level
from tests.fakes.builders import TARGET, a_remediation
from tests.pipeline.house import House
from tests.pipeline.provisioning import (
    ALIAS,
    NAME,
    actions,
    an_alias_house,
    applied,
    carry_on,
    function_of,
    level_of,
)
from tests.report.weeks import a_change, a_schedule
from trimtab.domain.errors import InputError
from trimtab.domain.provisioned import ProvisionedPlan, ScheduledAction, WeeklySchedule
from trimtab.domain.provisioned_actions import is_of_peak, is_ours
from trimtab.domain.provisioned_week import level_at
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.flows.peak import LONGEST, MOST, WARM_UP, Peak, peak_actions
from trimtab.pipeline.provisioned_watch import state_of
from trimtab.remediations import KINDS

BERLIN = ZoneInfo("Europe/Berlin")
STEP = timedelta(minutes=5)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def a_peak(starts: str, ends: str, level: int = 40) -> Peak:
    return Peak(starts_at=berlin(starts), ends_at=berlin(ends), level=level)


def scheduled() -> tuple[House, Remediation]:
    house = an_alias_house(fields="{min_saving_usd: 1, timezone: Europe/Berlin}")
    return house, applied(house)


def schedule_in(change: Remediation) -> WeeklySchedule:
    assert change.provisioned is not None
    assert change.provisioned.schedule is not None
    return change.provisioned.schedule


def put(house: House, found: Sequence[ScheduledAction]) -> None:
    """Run what is printed."""
    for action in found:
        times = {"StartTime": action.starts_at, "EndTime": action.ends_at}
        house.cloud[TARGET].scaling.put_scheduled_action(
            ServiceNamespace="lambda",
            ScalableDimension="lambda:function:ProvisionedConcurrency",
            ResourceId=f"function:{NAME}:{ALIAS}",
            ScheduledActionName=action.name,
            Schedule=action.schedule,
            Timezone=action.timezone,
            ScalableTargetAction={"MinCapacity": action.minimum, "MaxCapacity": action.maximum},
            **{name: at for name, at in times.items() if at is not None},
        )


def pass_to(house: House, until: datetime) -> Iterator[tuple[datetime, int]]:
    """Let time go on, and yield what is provisioned at each moment."""
    while house.clock.now() < until:
        house.clock.advance(min(STEP, until.astimezone(UTC) - house.clock.now()))
        house.cloud[TARGET].scaling.tick()
        yield house.clock.now(), level_of(house)


def foreign(house: House, change: Remediation) -> str | None:
    state = state_of(house.fleet.open(TARGET), change)
    return KINDS[change.kind].reverted(change, state)


PEAKS = {
    "begun and over within a working day": a_peak("2026-11-05T10:00", "2026-11-05T15:00"),
    "over a night": a_peak("2026-11-05T06:00", "2026-11-06T12:00"),
    "over a weekend": a_peak("2026-11-06T06:00", "2026-11-08T23:00"),
    "over the next Monday's rise": a_peak("2026-11-07T12:00", "2026-11-09T09:05"),
    "two weeks": a_peak("2026-11-05T06:00", "2026-11-19T06:00"),
    "from soon on": a_peak("2026-11-02T13:00", "2026-11-03T12:00"),
    "far ahead": a_peak("2026-11-20T06:00", "2026-11-20T20:00"),
    "where an action is due at its very end": a_peak("2026-11-05T06:00", "2026-11-06T08:50"),
    "where an action is due as it is raised": a_peak("2026-11-05T09:00", "2026-11-05T12:00"),
}


@pytest.mark.parametrize("peak", PEAKS.values(), ids=PEAKS)
def test_the_peak_is_held_and_the_schedule_before_and_after_it(peak: Peak) -> None:
    house, change = scheduled()
    schedule = schedule_in(change)
    put(house, peak_actions(change, peak, now=house.clock.now()))
    raised_at = peak.starts_at.astimezone(UTC) - WARM_UP
    ends_at = peak.ends_at.astimezone(UTC)
    seen = 0
    for at, level in pass_to(house, ends_at + timedelta(days=9)):
        if raised_at <= at < ends_at:
            seen += 1
            assert level == 40, at
        else:
            assert level == level_at(schedule, at).minimum, at
    assert seen == (ends_at - raised_at) // STEP


@pytest.mark.parametrize("hours", [0, 24, 70, 96, 24 * 10])
def test_the_watch_does_not_call_it_foreign_and_the_undo_clears_it(hours: int) -> None:
    house, change = scheduled()
    peak = PEAKS["over a night"]
    found = peak_actions(change, peak, now=house.clock.now())
    assert [a.name for a in found if is_of_peak(a)], "some are beside those of the schedule"
    for at in range(len(found)):
        put(house, found[at : at + 1])
        assert foreign(house, change) is None
    for at, _ in pass_to(house, house.clock.now() + timedelta(hours=hours)):
        if at.minute == 0:
            assert foreign(house, change) is None, at
    assert set(actions(house)) >= {action.name for action in found}
    carry_on(house, change, Direction.UNDO)
    scaling = house.cloud[TARGET].scaling
    assert (actions(house), level_of(house)) == ({}, 12)
    assert scaling.range_of(function_of(house), ALIAS) is None


def test_an_undo_during_a_peak_leaves_no_less_than_before_at_any_time() -> None:
    house, change = scheduled()
    put(house, peak_actions(change, PEAKS["over a night"], now=house.clock.now()))
    list(pass_to(house, berlin("2026-11-05T23:00")))
    assert level_of(house) == 40
    carry_on(house, change, Direction.UNDO)
    levels = {level for _, level in pass_to(house, berlin("2026-11-20T00:00"))}
    assert levels == {12}


def test_a_peak_below_the_schedule_does_not_lower_it() -> None:
    """At least so much: the office's twelve stay twelve."""
    house, change = scheduled()
    schedule = schedule_in(change)
    peak = replace(PEAKS["over a night"], level=5)
    put(house, peak_actions(change, peak, now=house.clock.now()))
    for at, level in pass_to(house, peak.ends_at + timedelta(days=3)):
        assert level >= level_at(schedule, at).minimum, at
        if peak.starts_at <= at < peak.ends_at:
            assert level >= 5


WEEK = a_schedule(
    *(a_change(day, at, level) for day in range(7) for at, level in (("07:50", 12), ("18:00", 1)))
)


def a_change_with(schedule: WeeklySchedule | None) -> Remediation:
    plan = ProvisionedPlan(
        qualifier="live", level=None if schedule is not None else 0, schedule=schedule
    )
    return a_change_of_level(plan=plan)


@pytest.mark.parametrize(
    ("peak", "raised", "ended"),
    [
        (
            a_peak("2026-10-24T22:00", "2026-10-25T06:00"),
            "at(2026-10-24T19:50:00)",
            "at(2026-10-25T05:00:00)",
        ),
        (
            a_peak("2026-03-29T03:05", "2026-03-29T06:00"),
            "at(2026-03-29T00:55:00)",
            "at(2026-03-29T04:00:00)",
        ),
        (
            replace(
                a_peak("2026-10-25T01:00", "2026-10-25T02:30"),
                ends_at=berlin("2026-10-25T02:30").replace(fold=1),
            ),
            "at(2026-10-24T22:50:00)",
            "at(2026-10-25T01:30:00)",
        ),
    ],
    ids=["over changed clocks", "right after a skipped hour", "until the second of two hours"],
)
def test_moments_are_told_so_that_changed_clocks_cannot_move_them(
    peak: Peak, raised: str, ended: str
) -> None:
    now = peak.starts_at.astimezone(UTC) - timedelta(hours=3)
    *_, up, end = peak_actions(a_change_with(WEEK), peak, now=now)
    assert (up.schedule, end.schedule) == (raised, ended)
    assert (up.timezone, end.timezone) == ("UTC", "UTC")


@pytest.mark.parametrize(
    ("day", "hour"), [("2026-10-24", 6), ("2026-03-28", 5)], ids=["autumn", "spring"]
)
def test_what_waits_starts_at_the_local_time_of_the_day_after(day: str, hour: int) -> None:
    starts = berlin(f"{day}T20:00")
    peak = Peak(starts_at=starts, ends_at=starts + timedelta(hours=9), level=40)
    found = peak_actions(a_change_with(WEEK), peak, now=starts - timedelta(hours=1))
    (waiting,) = [a for a in found if not is_of_peak(a)] or [None]
    assert waiting is None or waiting.starts_at is not None
    through = Peak(starts_at=starts, ends_at=starts + timedelta(hours=13), level=40)
    found = peak_actions(a_change_with(WEEK), through, now=starts - timedelta(hours=1))
    (waiting,) = [a for a in found if not is_of_peak(a)]
    assert waiting.starts_at is not None
    assert waiting.starts_at.astimezone(BERLIN).time().isoformat() == "07:50:00"
    assert waiting.starts_at.hour == hour


def test_until_the_peak_others_stand_in_for_what_waits() -> None:
    now = berlin("2026-11-02T11:00").astimezone(UTC)
    peak = a_peak("2026-11-06T06:00", "2026-11-06T12:00")
    found = peak_actions(a_change_with(WEEK), peak, now=now)
    names = {action.name.removeprefix("trimtab-")[12:] for action in found}
    assert names == {
        "-peak-202611060500-001",
        "-001",
        "-peak-202611060500-up",
        "-peak-202611060500-end",
    }
    assert all(is_ours(action) for action in found)
    (standing,) = [a for a in found if a.ends_at is not None]
    assert (standing.schedule, standing.starts_at) == (found[1].schedule, None)
    assert standing.ends_at == datetime(2026, 11, 6, 4, 49, tzinfo=UTC)
    waiting = found[1]
    assert waiting.starts_at == datetime(2026, 11, 7, 6, 50, tzinfo=UTC)


def test_right_before_the_peak_nothing_stands_in() -> None:
    peak = a_peak("2026-11-06T07:50", "2026-11-06T12:00")
    for minutes, standing in ((12, 0), (10.5, 0), (25 * 60, 1)):
        now = peak.starts_at.astimezone(UTC) - timedelta(minutes=minutes)
        found = peak_actions(a_change_with(WEEK), peak, now=now)
        assert sum(a.ends_at is not None for a in found) == standing


NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
USUAL = Peak(starts_at=NOW + timedelta(hours=1), ends_at=NOW + timedelta(hours=2), level=40)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({}, None),
        ({"ends_at": USUAL.starts_at}, "it ends before it starts"),
        ({"ends_at": USUAL.starts_at + STEP}, None),
        ({"ends_at": USUAL.starts_at + LONGEST}, None),
        ({"ends_at": USUAL.starts_at + LONGEST + STEP}, "it lasts more than 14 days"),
        ({"starts_at": NOW + WARM_UP}, "it starts too soon"),
        ({"starts_at": NOW + WARM_UP + timedelta(seconds=1)}, None),
        ({"level": 0}, "--at-least is from 1 to 3000"),
        ({"level": 1}, None),
        ({"level": MOST}, None),
        ({"level": MOST + 1}, "--at-least is from 1 to 3000"),
    ],
)
def test_a_time_that_cannot_be_is_refused(given: dict[str, Any], refused: str | None) -> None:
    peak = replace(USUAL, **given)
    if refused is None:
        assert peak_actions(a_change_with(WEEK), peak, now=NOW)
        return
    with pytest.raises(InputError, match=refused):
        peak_actions(a_change_with(WEEK), peak, now=NOW)


@pytest.mark.parametrize("change", [a_remediation(), a_change_with(None)])
def test_what_has_no_schedule_cannot_be_raised(change: Remediation) -> None:
    with pytest.raises(InputError, match="has no schedule: nothing to raise"):
        peak_actions(change, USUAL, now=NOW)


def test_more_actions_than_a_target_may_have_are_refused() -> None:
    """Each of 140 actions fires on one day; most of them would need another to stand in."""
    crowded = a_schedule(
        *(
            a_change(day, f"{hour:02}:00", hour + 24 * day)
            for day in range(7)
            for hour in range(20)
        ),
        timezone="UTC",
    )
    peak = Peak(starts_at=NOW + timedelta(days=8), ends_at=NOW + timedelta(days=16), level=40)
    with pytest.raises(InputError, match="more than 200 actions"):
        peak_actions(a_change_with(crowded), peak, now=NOW)
    near = replace(peak, starts_at=NOW + timedelta(minutes=20), ends_at=NOW + timedelta(days=8))
    assert peak_actions(a_change_with(crowded), near, now=NOW)
