"""Is a saving measured by the REPORT lines only where they stand for the invocations? (S8)"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.fake_logs import ReportLine
from tests.pipeline.house import House
from tests.pipeline.test_savings import SETTLE, WATCH, a_watched, ended, realised
from trimtab.domain.verification import Health
from trimtab.pipeline import savings

GROUP = "/aws/lambda/orders"


def lines(
    house: House, memory_mb: int, billed_ms: float, *, weeks: int = 0, each: int = 10
) -> None:
    """Log what the metrics count, from now on or some weeks before."""
    at = house.clock.now() - timedelta(weeks=weeks)
    until = at + SETTLE + WATCH * 4
    while at < until:
        line = ReportLine(
            at=at + timedelta(seconds=1),
            memory_mb=memory_mb,
            used_mb=300.0,
            count=each,
            duration_ms=billed_ms,
            billed_ms=billed_ms,
        )
        house.cloud[TARGET].logs.add(GROUP, line)
        at += timedelta(minutes=5)


def test_billed_lines_count_where_both_sides_have_them() -> None:
    house = House()
    change = a_watched(house)
    lines(house, 2592, 250.0)
    lines(house, 3008, 210.0, weeks=1)
    lines(house, 3008, 230.0, weeks=2)
    ended(house)
    found = realised(house, change)
    assert found.basis == savings.BY_LINES
    assert found.before.gb_s_per_invocation == pytest.approx(3008 / 1024 * 0.22)
    assert found.after.gb_s_per_invocation == pytest.approx(2592 / 1024 * 0.25)
    assert found.before.duration_mean_ms == 200.0, "learned without init"


def test_a_week_without_lines_is_left_out() -> None:
    house = House()
    change = a_watched(house)
    lines(house, 2592, 250.0)
    lines(house, 3008, 230.0, weeks=2)
    ended(house)
    assert realised(house, change).before.gb_s_per_invocation == pytest.approx(3008 / 1024 * 0.23)


Spoil = Callable[[House], None]


def _forged(house: House) -> None:
    lines(house, 2592, 1.0, each=30)


def _partial(house: House) -> None:
    lines(house, 2592, 1.0, each=5)


def _of_another_size(house: House) -> None:
    lines(house, 512, 1.0)


def _free(house: House) -> None:
    lines(house, 2592, 0.0)


def _before_only(house: House) -> None:
    lines(house, 3008, 1.0, weeks=1)


def _no_time(house: House) -> None:
    lines(house, 2592, 1.0)
    house.clock.leave(savings.TIME_FOR_LINES - timedelta(seconds=1))


def _logs_fail(house: House) -> None:
    lines(house, 2592, 1.0)
    house.cloud[TARGET].functions.fail_always("GetFunctionConfiguration", "AccessDeniedException")


@pytest.mark.parametrize(
    "spoil", [_forged, _partial, _of_another_size, _free, _before_only, _no_time, _logs_fail]
)
def test_s08_lines_that_do_not_stand_for_the_hours_leave_it_to_the_metrics(spoil: Spoil) -> None:
    house = House()
    change = a_watched(house)
    spoil(house)
    assert ended(house).health is Health.HEALTHY
    assert realised(house, change).basis == savings.BY_METRIC
