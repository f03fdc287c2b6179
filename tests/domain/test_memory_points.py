"""Which measured points stay, whoever tidies up?"""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from trimtab.domain.memory_curve import MeasuredPoint
from trimtab.domain.memory_points import MOST_POINTS, kept, point_id

AT = datetime(2026, 11, 2, tzinfo=UTC)


def a_point(memory_mb: int, day: int | None = 0) -> MeasuredPoint:
    return MeasuredPoint(
        memory_mb=memory_mb,
        duration_mean_ms=200.0,
        duration_p95_ms=None,
        invocations=100,
        source="change a-r1",
        measured_at=None if day is None else AT + timedelta(days=day),
    )


def test_of_one_size_the_oldest_goes_first() -> None:
    many = [a_point(512, day) for day in range(MOST_POINTS)]
    only = a_point(1024, -1)
    assert kept([*many, only]) == (only, *many[1:])


def test_where_every_size_stands_once_the_oldest_of_all_goes() -> None:
    many = [a_point(128 + size, size) for size in range(MOST_POINTS + 2)]
    assert kept(many) == tuple(many[2:])


def test_a_point_without_a_moment_is_the_oldest() -> None:
    assert kept([a_point(512, 1), a_point(1024, None)])[0].memory_mb == 1024


def test_the_order_of_what_comes_does_not_matter() -> None:
    three = [a_point(512, 3), a_point(512, 1), a_point(1024, 2)]
    assert len({kept(order) for order in permutations(three)}) == 1


def test_the_very_same_point_is_one() -> None:
    assert kept([a_point(512), a_point(512)]) == (a_point(512),)
    assert point_id(a_point(512)) == point_id(a_point(512)) != point_id(a_point(513))
