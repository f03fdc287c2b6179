"""Which level holds when, and which days are alike?"""

import pytest

from tests.report.weeks import a_change, a_schedule
from trimtab.domain.week import MINUTES_PER_DAY, alike, holds_at, minute_of, runs


@pytest.mark.parametrize(
    ("minute", "level"),
    [
        (0, 2),
        (7 * 60 + 49, 2),
        (7 * 60 + 50, 12),
        (18 * 60 + 10, 4),
        (MINUTES_PER_DAY, 4),
        (5 * MINUTES_PER_DAY, 2),
        (7 * MINUTES_PER_DAY - 1, 2),
    ],
)
def test_a_level_holds_until_the_next_one_and_over_the_end_of_the_week(
    minute: int, level: int
) -> None:
    assert holds_at(a_schedule(), minute).minimum == level


def test_a_change_is_minutes_after_monday() -> None:
    assert minute_of(a_change(0, "00:00", 1)) == 0
    assert minute_of(a_change(6, "23:59", 1)) == 7 * MINUTES_PER_DAY - 1


def test_equal_days_stand_together() -> None:
    working, weekend = alike(a_schedule())
    assert working.days == (0, 1, 2, 3, 4)
    assert [(c.at.hour, c.minimum) for c in working.changes] == [(7, 12), (18, 4)]
    assert (weekend.days, weekend.changes, weekend.level.minimum) == ((5, 6), (), 2)


def test_days_without_a_change_of_another_level_are_not_alike() -> None:
    changes = (a_change(1, "00:00", 5), a_change(3, "00:00", 1), a_change(4, "12:00", 1, 3))
    found = alike(a_schedule(*changes))
    assert [one.days for one in found] == [(0, 5, 6), (1, 2), (3,), (4,)]
    assert [(one.level.minimum, one.level.maximum) for one in found] == [
        (1, 3),
        (5, 5),
        (1, 1),
        (1, 1),
    ]


def test_a_change_at_midnight_and_one_later_are_both_told() -> None:
    (_, monday) = sorted(
        alike(a_schedule(a_change(0, "00:00", 3), a_change(0, "09:00", 7))),
        key=lambda one: len(one.changes),
    )
    assert (monday.days, len(monday.changes)) == ((0,), 2)


def test_days_in_a_row_are_a_span() -> None:
    assert runs((0, 1, 2, 5)) == ((0, 2), (5, 5))
    assert runs(()) == ()
