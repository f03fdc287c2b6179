"""Is a cloud of points what many bells say?"""

import math
from statistics import NormalDist

import pytest

from trimtab.advisors.memory_spread import Bells, Spread, narrowest


def spread_of(*bells: tuple[float, float, float]) -> Spread:
    found = Bells()
    for weight, mean, variance in bells:
        found.add(weight, mean, variance)
    return found.spread()


def test_one_bell_has_its_quantiles() -> None:
    spread = spread_of((1.0, 0.1, 0.04))
    bell = NormalDist(0.1, 0.2)
    for chance in (0.1, 0.5, 0.9):
        expected = math.exp(bell.inv_cdf(chance))
        assert spread.quantile(chance) == pytest.approx(expected, rel=0.03)
        below, _ = spread.up_to_log(math.log(expected))
        assert below == pytest.approx(chance, abs=0.04)


def test_the_mean_is_that_of_the_exponential() -> None:
    assert spread_of((1.0, 0.0, 0.09)).mean == pytest.approx(math.exp(0.045), rel=0.02)


def test_nothing_lies_below_the_smallest_point() -> None:
    assert spread_of((1.0, 0.0, 0.01)).up_to_log(-5.0) == (0.0, 0.0)
    assert spread_of((1.0, 0.0, 0.01)).up_to_log(5.0)[0] == pytest.approx(1.0)


def test_the_narrowest_stretch_follows_the_heavy_bell() -> None:
    low, high = narrowest(spread_of((0.9, 0.0, 0.0004), (0.1, 1.0, 0.04)), 0.85)
    assert 0.9 < low < high < 1.1


def test_the_whole_mass_is_the_whole_width() -> None:
    spread = spread_of((0.5, -1.0, 0.01), (0.5, 1.0, 0.01))
    assert narrowest(spread, 1.5) == (spread.values[0], spread.values[-1])


def test_bells_alike_are_the_same_one_by_one_or_at_once() -> None:
    alone, together = Bells(), Bells()
    pairs = [(0.2, 0.0), (0.3, 0.001), (0.4996, 0.5), (0.0004, 3.0)]
    for weight, mean in pairs:
        alone.add(weight, mean, 0.01)
    together.add_alike(pairs, 0.01)
    assert together.spread().logs == pytest.approx(alone.spread().logs)
    assert max(together.spread().logs) < 1.0
