"""When does a schedule call next? By table: every form, the rare ones, and those of the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.clock import NOW
from trimtab.domain.errors import InputError
from trimtab.pipeline.signals.next_fire import Span, next_fire_at


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


NEXT = [
    ("rate(5 minutes)", NOW + timedelta(minutes=5)),
    ("rate(365 days)", NOW + timedelta(days=365)),
    ("at(2027-01-01T08:00:00)", utc(2027, 1, 1, 8)),
    ("at(2026-01-01T08:00:00)", None),
    ("cron(0 2 * * ? *)", utc(2026, 11, 3, 2)),
    ("cron(0 12 * * ? *)", utc(2026, 11, 2, 12)),
    ("cron(0 10 * * ? *)", utc(2026, 11, 3, 10)),
    ("cron(0/15 10 * * ? *)", utc(2026, 11, 2, 10, 15)),
    ("cron(0 0 1 1,4,7,10 ? *)", utc(2027, 1, 1)),
    ("cron(0 0 1 10 ? *)", utc(2027, 10, 1)),
    ("cron(0 0 29 2 ? *)", utc(2028, 2, 29)),
    ("cron(0 0 31 2 ? *)", None),
    ("cron(0 0 L * ? *)", utc(2026, 11, 30)),
    ("cron(0 0 LW 1 ? *)", utc(2027, 1, 29)),
    ("cron(0 0 LW 2 ? 2027)", utc(2027, 2, 26)),
    ("cron(0 0 15W 11 ? 2026)", utc(2026, 11, 16)),
    ("cron(0 0 14W 11 ? 2026)", utc(2026, 11, 13)),
    ("cron(0 0 1W 8 ? 2027)", utc(2027, 8, 2)),
    ("cron(0 0 1W 5 ? 2027)", utc(2027, 5, 3)),
    ("cron(0 0 31W 10 ? 2027)", utc(2027, 10, 29)),
    ("cron(0 0 17W 11 ? 2026)", utc(2026, 11, 17)),
    ("cron(0 0 ? * MON-FRI *)", utc(2026, 11, 3)),
    ("cron(0 0 ? * FRI-MON *)", utc(2026, 11, 6)),
    ("cron(0 0 ? * SAT *)", utc(2026, 11, 7)),
    ("cron(0 0 ? * L *)", utc(2026, 11, 7)),
    ("cron(0 0 ? * 6L *)", utc(2026, 11, 27)),
    ("cron(0 0 ? * 2#1 *)", utc(2026, 12, 7)),
    ("cron(0 0 ? 2 2#5 2027)", None),
    ("cron(0 0 ? jan sun *)", utc(2027, 1, 3)),
    ("cron(0 0 1 1 ? 2025)", None),
    ("cron(0 0 1 1 ? 2030)", utc(2030, 1, 1)),
    ("cron(0 0 * * * *)", utc(2026, 11, 3)),
    ("cron(0 0 * * MON *)", utc(2026, 11, 9)),
]


@pytest.mark.parametrize(("expression", "expected"), NEXT, ids=[text for text, _ in NEXT])
def test_the_next_call_is_told_however_rare(expression: str, expected: datetime | None) -> None:
    assert next_fire_at(expression, at=NOW) == expected


STRANGE = [
    "hourly",
    "rate(5 weeks)",
    "cron(0 0 * *)",
    "cron(0 0 1 1 2 2030)",
    "cron(0 0 ? * ? *)",
    "cron(0 0 ? * X *)",
    "cron(0 24 * * ? *)",
    "cron(0 0/0 * * ? *)",
    "cron(0 0 X 2 ? 2000)",
]


@pytest.mark.parametrize("expression", STRANGE)
def test_s08_what_cannot_be_read_is_said_and_not_guessed(expression: str) -> None:
    with pytest.raises(InputError):
        next_fire_at(expression, at=NOW)


def test_a_zone_moves_the_call_and_an_unknown_one_is_said() -> None:
    daily = "cron(0 2 * * ? *)"
    berlin = next_fire_at(daily, Span(zone="Europe/Berlin"), at=NOW)
    assert berlin == utc(2026, 11, 3, 1)
    with pytest.raises(InputError, match="no time zone"):
        next_fire_at(daily, Span(zone="Mars/Base"), at=NOW)


def test_a_schedule_calls_between_its_start_and_its_end() -> None:
    daily, start = "cron(0 2 * * ? *)", utc(2027, 1, 1)
    assert next_fire_at(daily, Span(starts_at=start), at=NOW) == utc(2027, 1, 1, 2)
    assert next_fire_at(daily, Span(starts_at=utc(2026, 1, 1)), at=NOW) == utc(2026, 11, 3, 2)
    assert next_fire_at(daily, Span(ends_at=NOW), at=NOW) is None
    assert next_fire_at(daily, Span(ends_at=utc(2026, 11, 2, 20)), at=NOW) is None
    assert next_fire_at(daily, Span(ends_at=utc(2026, 11, 4)), at=NOW) == utc(2026, 11, 3, 2)
    soon = NOW + timedelta(hours=1)
    assert next_fire_at("rate(1 day)", Span(ends_at=soon), at=NOW) == soon
