"""Are days made alike, and nothing changed twice?"""

from datetime import time

from trimtab.advisors.provisioned_alike import alike, without_repeats
from trimtab.domain.provisioned import LevelChange, WeeklySchedule


def at(weekday: int, hour: int, level: int) -> LevelChange:
    return LevelChange(weekday=weekday, at=time(hour), minimum=level, maximum=level)


def test_every_working_day_and_both_days_of_a_weekend_are_one_of_them() -> None:
    changes = (at(0, 8, 10), at(0, 18, 2), at(1, 8, 11), at(1, 18, 2), at(5, 9, 3), at(5, 17, 2))
    schedule = WeeklySchedule(timezone="UTC", changes=changes)
    found = list(alike(schedule))
    as_monday = found[0]
    assert [c.at.hour for c in as_monday.changes if c.weekday == 4] == [8, 18]
    assert {c.minimum for c in as_monday.changes if c.weekday in range(5)} == {10, 2}
    assert [c.weekday for c in as_monday.changes if c.minimum == 3] == [5, 6]
    assert all(one.timezone == "UTC" for one in found)
    assert len(found) == 4 + 3, "days without a change make none of the others alike"


def test_a_level_that_holds_is_not_set_again() -> None:
    changes = (at(0, 8, 2), at(0, 9, 5), at(1, 9, 5), at(2, 9, 2))
    assert without_repeats(changes) == (at(0, 9, 5), at(2, 9, 2))
