"""How often does a schedule call, and when is it over?"""

from datetime import UTC, datetime, timedelta

import pytest

from trimtab.pipeline.signals.reach_schedules import calls_once, is_over, shortest_gap_s

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3_600, 86_400


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", MINUTE),
        ("rate(5 minutes)", 5 * MINUTE),
        ("rate(1 hour)", HOUR),
        ("rate(2 days)", 2 * DAY),
        ("cron(* * * * ? *)", MINUTE),
        ("cron(0/5 * * * ? *)", 5 * MINUTE),
        ("cron(*/10 * * * ? *)", 10 * MINUTE),
        ("cron(0,30 9-17 ? * MON-FRI *)", 30 * MINUTE),
        ("cron(15 * * * ? *)", HOUR),
        ("cron(0 10 * * ? *)", DAY),
        ("cron(0 8 1 * ? *)", DAY),
        ("cron(0 0,23 * * ? *)", HOUR),
        ("cron(0 0,23 ? * MON *)", 23 * HOUR),
        ("cron(50-59/3 8 * * ? *)", 3 * MINUTE),
        ("cron(0 0,23 ? * MON-FRI *)", HOUR),
        ("cron(0 0,23 ? * sat,sun *)", HOUR),
        ("cron(0 0,23 ? * 7,1 *)", HOUR),
        ("cron(0 0,23 ? * 2,4 *)", 23 * HOUR),
        ("cron(0 0,23 1,15 * ? *)", 23 * HOUR),
        ("cron(0 0,23 1-2 * ? *)", HOUR),
        ("cron(0 0,23 1,31 * ? *)", HOUR),
        ("cron(0 0,23 L * ? *)", None),
        ("cron(0 0,23 ? * 6#3 *)", None),
        ("cron(0 0,23 1 * MON *)", None),
        ("cron(0 12 L * ? *)", DAY),
        ("cron(0 8,10 L * ? *)", 2 * HOUR),
        ("cron(0 22-2,12 * * ? *)", None),
        ("cron(0- 10 * * ? *)", None),
        ("cron(0/ 10 * * ? *)", None),
        ("cron(\u00b2 10 * * ? *)", None),
        ("cron(0 10 * * ?)", None),
        ("cron(60 10 * * ? *)", None),
        ("cron(0/0 10 * * ? *)", None),
        ("cron(x 10 * * ? *)", None),
        ("cron(5-x 10 * * ? *)", None),
        ("cron(0/x 10 * * ? *)", None),
        ("cron(0 x * * ? *)", None),
        ("cron(9-5 10 * * ? *)", None),
        ("every now and then", None),
    ],
)
def test_the_shortest_time_between_two_calls(expression: str, expected: int | None) -> None:
    assert shortest_gap_s(expression) == expected


def test_a_single_call_is_no_schedule_that_repeats() -> None:
    assert calls_once("at(2026-11-22T13:00:00)")
    assert not calls_once("rate(1 day)")


@pytest.mark.parametrize(
    ("expression", "ends_at", "expected"),
    [
        ("rate(1 day)", None, False),
        ("rate(1 day)", NOW, True),
        ("rate(1 day)", NOW + timedelta(seconds=1), False),
        ("at(2026-11-22T13:00:00)", None, False),
        ("at(2026-11-20T22:00:01)", None, False),
        ("at(2026-11-20T22:00:00)", None, True),
    ],
)
def test_a_schedule_is_over_once_it_is_so_in_every_time_zone(
    expression: str, ends_at: datetime | None, expected: bool
) -> None:
    assert is_over(expression, ends_at, at=NOW) is expected
