"""Do actions fire when Application Auto Scaling can keep to them, and in time?"""

from datetime import time
from random import Random

import pytest

from trimtab.advisors.provisioned_times import (
    billed_and_ready,
    changes_of,
    kept_quiet,
    minute_of,
)
from trimtab.domain.provisioned import MINUTES_PER_WEEK, LevelChange, WeeklySchedule


def a_week(slot_minutes: int, levels: dict[int, int], otherwise: int = 2) -> list[int]:
    """Return a week with these levels in slots that begin at these minutes."""
    slots = MINUTES_PER_WEEK // slot_minutes
    return [levels.get(slot * slot_minutes, otherwise) for slot in range(slots)]


def change(weekday: int, hour: int, minute: int, level: int) -> LevelChange:
    return LevelChange(weekday=weekday, at=time(hour, minute), minimum=level, maximum=level)


def test_a_rise_is_early_and_a_fall_is_due() -> None:
    changes = changes_of(a_week(60, {9 * 60: 7, 10 * 60: 7}), 60)
    assert changes == (change(0, 8, 50, 7), change(0, 11, 0, 2))


def test_a_rise_on_monday_at_midnight_fires_on_sunday() -> None:
    changes = changes_of(a_week(60, {0: 7}), 60)
    assert changes == (change(0, 1, 0, 2), change(6, 23, 50, 7))


def test_one_level_all_week_is_one_action() -> None:
    assert changes_of(a_week(60, {}), 60) == (change(0, 3, 0, 2),)


@pytest.mark.parametrize(
    ("levels", "kept"),
    [
        ({}, [2, 2, 2, 2, 2]),
        ({60: 1, 120: 1, 180: 1}, [2, 2, 2, 1, 2]),
        ({0: 1, 60: 1, 120: 5, 180: 1}, [1, 5, 5, 1, 2]),
        ({180: 9}, [2, 9, 9, 9, 2]),
        ({0: 9}, [9, 9, 9, 2, 2]),
    ],
)
def test_the_quiet_hours_have_what_is_needed_in_them_or_after(
    levels: dict[int, int], kept: list[int]
) -> None:
    assert list(kept_quiet(a_week(60, levels), 60)[:5]) == kept


def test_a_week_without_a_shape_has_no_quiet_hours() -> None:
    assert kept_quiet([3], MINUTES_PER_WEEK) == (3,)


@pytest.mark.parametrize("slot_minutes", [30, 60])
@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_levels_actions_keep_apart_and_what_is_wanted_is_ready(
    slot_minutes: int, seed: int
) -> None:
    chance = Random(seed)
    wanted = [chance.choice((0, 3, 3, 3, 8)) for _ in range(MINUTES_PER_WEEK // slot_minutes)]
    levels = kept_quiet(wanted, slot_minutes)
    changes = changes_of(levels, slot_minutes)
    minutes = [minute_of(one) for one in changes]
    assert minutes == sorted(minutes)
    around = [*minutes[1:], minutes[0] + MINUTES_PER_WEEK]
    assert min(after - before for before, after in zip(minutes, around, strict=True)) >= 5
    assert not [minute for minute in minutes if 60 <= minute % 1440 < 180]
    assert all(one.minimum == one.maximum for one in changes)
    billed, ready = billed_and_ready(WeeklySchedule(timezone="UTC", changes=changes))
    ticks = slot_minutes // 5
    for slot, level in enumerate(wanted):
        held = ready[slot * ticks : (slot + 1) * ticks]
        assert min(held) >= level
        assert set(held) == {levels[slot]}
    assert all(paid >= used for paid, used in zip(billed, ready, strict=True))


def test_no_more_changes_come_of_quiet_hours() -> None:
    def count(levels: object) -> int:
        return len(changes_of(levels, 60))  # type: ignore[arg-type]

    for seed in range(40):
        chance = Random(seed)
        wanted = [chance.choice((1, 2, 3)) for _ in range(168)]
        assert count(kept_quiet(wanted, 60)) <= count(wanted)


def test_a_rise_is_billed_at_once_and_of_use_when_warm() -> None:
    schedule = WeeklySchedule(
        timezone="UTC", changes=(change(0, 8, 52, 7), change(0, 11, 0, 2), change(6, 23, 58, 4))
    )
    billed, ready = billed_and_ready(schedule)
    at_nine = 9 * 12
    assert billed[at_nine - 2 : at_nine + 2] == [4, 7, 7, 7]
    assert ready[at_nine - 2 : at_nine + 2] == [4, 4, 4, 7]
    assert billed[11 * 12 - 1 : 11 * 12 + 1] == [7, 2]
    assert billed[-1] == 2
    assert billed[:2] == [4, 4]
    assert ready[:3] == [2, 2, 4]
