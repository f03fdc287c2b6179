"""Does evidence move beliefs where it should?"""

import math

import pytest

from trimtab.advisors.memory_beliefs import (
    DRIFT,
    Beliefs,
    beliefs_of,
    believe,
    joined,
    look_at,
)
from trimtab.advisors.memory_forecast import forecast
from trimtab.advisors.memory_shapes import SHAPES, SHIPPED, STRAYINGS


def computing(beliefs: Beliefs) -> float:
    """Return the share that computes, as believed."""
    return sum(SHAPES[index].computing * sum(weights) for index, weights in beliefs.shapes)


def test_the_shipped_prior_has_a_weight_for_every_shape_and_adds_up() -> None:
    assert [len(row) for row in SHIPPED.weights] == [len(STRAYINGS)] * len(SHAPES)
    assert sum(map(sum, SHIPPED.weights)) == pytest.approx(1.0, abs=1e-3)
    assert min(map(min, SHIPPED.weights)) > 0


def test_two_equal_durations_speak_for_waiting_and_doubled_ones_for_computing() -> None:
    flat = believe(SHIPPED, [look_at(1024, 300, 1e6), look_at(512, 300, 1e6)], None)
    steep = believe(SHIPPED, [look_at(1024, 300, 1e6), look_at(512, 600, 1e6)], None)
    assert computing(flat) < 0.2
    assert computing(steep) > 0.5


@pytest.mark.parametrize(("share", "low", "high"), [(0.05, 0.0, 0.1), (1.0, 0.7, 1.0)])
def test_cpu_time_tells_how_much_computes(share: float, low: float, high: float) -> None:
    beliefs = beliefs_of(SHIPPED, [look_at(1024, 300, 1e6)], cpu_share=share, now_mb=1024)
    assert low <= computing(beliefs) <= high


def test_functions_of_one_size_share_their_beliefs() -> None:
    one = beliefs_of(SHIPPED, [look_at(1024, 300, 40_000)], cpu_share=None, now_mb=1024)
    other = beliefs_of(SHIPPED, [look_at(1024, 7, 90_000)], cpu_share=None, now_mb=1024)
    assert one is other


def test_looks_of_one_size_are_averaged_and_surer() -> None:
    (look,) = joined([look_at(512, 100, 1e6), look_at(512, 110, 1e6)])
    assert math.exp(look.log_duration) == pytest.approx(math.sqrt(11_000))
    assert look.variance == pytest.approx(DRIFT**2 / 2, rel=0.1)


def test_few_invocations_are_doubted() -> None:
    assert look_at(512, 100, 0).variance > look_at(512, 100, 1000).variance


def test_a_jump_that_was_seen_may_go_on() -> None:
    looks = [look_at(2048, 300, 1e6), look_at(1536, 600, 1e6)]
    jumped = believe(SHIPPED, looks, None)
    smooth = believe(SHIPPED, [look_at(2048, 300, 1e6), look_at(1536, 305, 1e6)], None)
    further = [forecast(b, 1024, 1536) for b in (jumped, smooth)]
    assert further[0].quantile(0.8) > further[1].quantile(0.8)


def test_above_the_last_size_it_is_followed_upwards() -> None:
    looks = [look_at(512, 900, 1e6), look_at(1024, 500, 1e6)]
    up = forecast(believe(SHIPPED, looks, None), 1536, 1024)
    assert up.quantile(0.5) < 1.0
