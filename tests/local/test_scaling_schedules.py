"""When do schedules of scheduled actions fire? Lists, ranges, steps, time zones, changed clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from trimtab.local.scaling.schedules import ScheduleError, parse

START = datetime(2026, 11, 2, tzinfo=UTC)
"""A Monday, 00:00."""

FIRES = [
    ("cron(30 8 ? * MON-WED *)", None, 7, ["02 08:30", "03 08:30", "04 08:30"]),
    ("cron(0 6 ? * 2,WED *)", None, 7, ["02 06:00", "04 06:00"]),
    ("cron(0 6 ? * SAT-MON *)", None, 7, ["02 06:00", "07 06:00", "08 06:00"]),
    ("cron(0/30 6-7 5 11 ? 2026)", None, 7, ["05 06:00", "05 06:30", "05 07:00", "05 07:30"]),
    ("cron(0 */12 3 NOV ? *)", None, 7, ["03 00:00", "03 12:00"]),
    ("cron(0 6 ? * * 2027)", None, 7, []),
    ("cron(0 6 4 * ? *)", "Europe/Berlin", 7, ["04 05:00"]),
    ("cron(0 6 4 * ? *)", "America/New_York", 7, ["04 11:00"]),
    ("at(2026-11-03T09:00:00)", "Asia/Tokyo", 7, ["03 00:00"]),
    ("at(2026-11-02T00:00:00)", None, 7, []),
    ("rate(12 hours)", None, 1, ["02 12:00", "03 00:00"]),
    ("rate(1 day)", None, 2, ["03 00:00", "04 00:00"]),
]


@pytest.mark.parametrize(("schedule", "zone", "days", "expected"), FIRES)
def test_it_fires_then(schedule: str, zone: str | None, days: int, expected: list[str]) -> None:
    until = START + timedelta(days=days)
    found = parse(schedule, zone).firings(START, until, since=START)
    assert [f"{at:%d %H:%M}" for at in found] == expected


def test_a_rate_counts_from_its_start_and_not_from_when_it_is_asked() -> None:
    since = START + timedelta(minutes=50)
    found = list(parse("rate(2 hours)").firings(START, START + timedelta(hours=5), since=since))
    assert [at - since for at in found] == [timedelta(hours=n) for n in (0, 2, 4)]


def test_an_hour_that_is_skipped_does_not_come_and_one_that_comes_twice_counts_once() -> None:
    every_night = parse("cron(30 2 ? * * *)", "Europe/Berlin")
    spring = datetime(2026, 3, 28, tzinfo=UTC)
    found = every_night.firings(spring, spring + timedelta(days=3), since=spring)
    assert [f"{at:%d %H:%M}" for at in found] == ["28 01:30", "30 00:30"]
    autumn = datetime(2026, 10, 24, tzinfo=UTC)
    found = every_night.firings(autumn, autumn + timedelta(days=3), since=autumn)
    assert [f"{at:%d %H:%M}" for at in found] == ["24 00:30", "25 00:30", "26 01:30"]


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [("cron(60 8 ? * * *)", None), ("cron(0 8 ? * 8 *)", None), ("cron(0 8 L * ? *)", None),
     ("cron(0/0 8 ? * * *)", None), ("cron(0 8 ? * ? *)", None), ("rate(0 minutes)", None),
     ("cron(0 8 ? * * *)", "Mars/Base"), ("at(tomorrow)", None), ("", None)],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(schedule: str, zone: str | None) -> None:
    with pytest.raises(ScheduleError):
        parse(schedule, zone)
