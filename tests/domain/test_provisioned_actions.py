"""Is a weekly schedule read back from its actions as it was written? Nothing else is read so."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.weeks import a_change, a_schedule
from trimtab.domain.provisioned import LevelChange, ScheduledAction, WeeklySchedule
from trimtab.domain.provisioned_actions import (
    PEAK,
    actions_of,
    is_of_peak,
    is_ours,
    plain,
    schedule_of,
)

ID = "2gwr4rbm55s7iplxihjrc3dp4l"
MOMENT = datetime(2026, 11, 27, 5, tzinfo=UTC)


@st.composite
def schedules(draw: st.DrawFn) -> WeeklySchedule:
    """Draw any schedule that may be: one change at a time, maximum at least the minimum."""
    moments = draw(
        st.sets(
            st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 59)),
            min_size=1,
            max_size=40,
        )
    )
    changes = []
    for day, hour, minute in sorted(moments):
        minimum = draw(st.integers(0, 5))
        maximum = minimum + draw(st.integers(0, 2))
        changes.append(
            LevelChange(weekday=day, at=time(hour, minute), minimum=minimum, maximum=maximum)
        )
    zone = draw(st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")))
    return WeeklySchedule(timezone=zone, changes=tuple(changes))


@given(schedules())
def test_what_is_written_is_read_back(schedule: WeeklySchedule) -> None:
    actions = actions_of(schedule, ID)
    assert schedule_of(actions) == schedule
    assert schedule_of(tuple(reversed(actions))) == schedule
    assert len({action.name for action in actions}) == len(actions)
    assert all(is_ours(action) and not is_of_peak(action) for action in actions)
    assert sum(len(a.schedule.split(",")) for a in actions) == len(schedule.changes)


def test_one_action_serves_all_days_of_a_time_and_level() -> None:
    change = a_schedule(a_change(0, "07:50", 12), a_change(0, "18:00", 1), a_change(4, "07:50", 12))
    assert [(a.name, a.schedule, a.timezone, a.minimum) for a in actions_of(change, ID)] == [
        ("trimtab-2gwr4rbm55s7-001", "cron(0 18 ? * MON *)", "Europe/Berlin", 1),
        ("trimtab-2gwr4rbm55s7-002", "cron(50 7 ? * MON,FRI *)", "Europe/Berlin", 12),
    ]


def test_two_levels_at_one_time_of_day_are_two_actions() -> None:
    change = a_schedule(a_change(0, "07:50", 12), a_change(1, "07:50", 3))
    assert [a.minimum for a in actions_of(change, ID)] == [12, 3]


def an_action(**given: Any) -> ScheduledAction:
    usual: dict[str, Any] = {
        "name": "nightly",
        "schedule": "cron(50 7 ? * MON,SUN *)",
        "timezone": "UTC",
        "minimum": 3,
        "maximum": 3,
    }
    return ScheduledAction(**usual | given)


def test_an_action_in_our_form_is_read() -> None:
    assert schedule_of((an_action(),)) == WeeklySchedule(
        timezone="UTC", changes=(a_change(0, "07:50", 3), a_change(6, "07:50", 3))
    )


@pytest.mark.parametrize(
    "given",
    [
        {"schedule": "at(2026-11-27T05:50:00)"},
        {"schedule": "rate(5 minutes)"},
        {"schedule": "cron(50 7 * * ? *)"},
        {"schedule": "cron(50 7 ? * MON-FRI *)"},
        {"schedule": "cron(50 7 ? * MON,XXX *)"},
        {"schedule": "cron(50 7 ? * MON, *)"},
        {"schedule": "cron(50 24 ? * MON *)"},
        {"schedule": "cron(60 7 ? * MON *)"},
        {"schedule": "cron(50 7 ? * MON 2027)"},
        {"minimum": None},
        {"maximum": None},
        {"starts_at": MOMENT},
        {"ends_at": MOMENT},
    ],
    ids=str,
)
def test_any_other_form_is_no_schedule(given: dict[str, Any]) -> None:
    assert schedule_of((an_action(**given),)) is None
    assert schedule_of((an_action(name="other"), an_action(**given))) is None


def test_no_action_and_two_time_zones_are_no_schedule() -> None:
    assert schedule_of(()) is None
    assert schedule_of((an_action(), an_action(timezone="Europe/Berlin"))) is None


def test_what_an_owner_did_for_a_peak_is_left_out_of_ours_alone() -> None:
    ours = actions_of(a_schedule(), ID)
    waiting = replace(ours[0], starts_at=MOMENT)
    peak = an_action(name=f"{ours[0].name[:-4]}{PEAK}202611270600-up")
    foreign = an_action(name=f"nightly{PEAK}", starts_at=MOMENT)
    assert is_of_peak(peak)
    assert not is_of_peak(foreign)
    assert plain((waiting, *ours[1:], peak, foreign)) == (*ours, foreign)
