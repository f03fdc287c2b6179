"""How is a quantity spread that may be one of many bells? Chances, means and narrowest intervals.

The bells are replaced by points, many for a heavy bell and few for a light one: sorted once, every
question is then a short walk.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import mul
from statistics import NormalDist

POINTS = 64
"""In all, shared out by weight; chosen so that ends of intervals are within a hundredth of what
more of them say."""
LIGHT = 0.001
"""Bells lighter than this are left out."""
MERGED_WITHIN = 0.5
"""Bells of about one width whose means are nearer than this, in widths, are merged."""
WIDTHS_PER_DOUBLING = 3.0


class Bells:
    """Many normal distributions, of different weight."""

    def __init__(self) -> None:
        self._merged: dict[tuple[int, int], list[float]] = {}

    def add(self, weight: float, mean: float, variance: float) -> None:
        """Add one; of about the width of others and near them it is merged with them."""
        if weight < LIGHT:
            return
        size = round(math.log2(variance) * (WIDTHS_PER_DOUBLING / 2.0))
        place = round(mean / (MERGED_WITHIN * math.sqrt(variance)))
        self._merge(size, place, weight, weight * mean, weight * variance)

    def add_alike(self, weights_and_means: Sequence[tuple[float, float]], variance: float) -> None:
        """Add many of the same width, at once."""
        size = round(math.log2(variance) * (WIDTHS_PER_DOUBLING / 2.0))
        scale = 1.0 / (MERGED_WITHIN * math.sqrt(variance))
        found: dict[int, list[float]] = {}
        for weight, mean in weights_and_means:
            place = round(mean * scale)
            sums = found.get(place)
            if sums is None:
                found[place] = [weight, weight * mean]
            else:
                sums[0] += weight
                sums[1] += weight * mean
        for place, (weight, means) in found.items():
            if weight >= LIGHT:
                self._merge(size, place, weight, means, weight * variance)

    def _merge(self, size: int, place: int, weight: float, means: float, variances: float) -> None:
        sums = self._merged.setdefault((size, place), [0.0, 0.0, 0.0])
        sums[0] += weight
        sums[1] += means
        sums[2] += variances

    def spread(self) -> "Spread":
        """Return a cloud of points in their place."""
        points: list[tuple[float, float]] = []
        whole = sum(weight for weight, _, _ in self._merged.values())
        for weight, means, variances in self._merged.values():
            mean, width = means / weight, math.sqrt(variances / weight)
            count = max(1, min(round(weight * POINTS), MOST_POINTS))
            each = weight / whole / count
            points += [(mean + width * offset, each) for offset in _offsets(count)]
        points.sort()
        weights = [weight for _, weight in points]
        logs = [x for x, _ in points]
        values = list(map(math.exp, logs))
        return Spread(
            logs, values, list(accumulate(weights)), list(accumulate(map(mul, weights, values)))
        )


MOST_POINTS = 30


@lru_cache
def _offsets(count: int) -> tuple[float, ...]:
    """Return points of a standard bell, equally likely, with its variance."""
    if count == 1:
        return (0.0,)
    normal = NormalDist()
    raw = [normal.inv_cdf((n + 0.5) / count) for n in range(count)]
    scale = math.sqrt(count / sum(x * x for x in raw))
    return tuple(x * scale for x in raw)


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """A sorted cloud of weighted points, of a logarithm."""

    logs: Sequence[float]
    values: Sequence[float]
    """exp of the points."""
    up_to: Sequence[float]
    """Weight of all points up to and with this one; the last is 1."""
    sums: Sequence[float]
    """Sum of weight times exp(point), likewise."""

    @property
    def mean(self) -> float:
        """Return the mean of exp."""
        return self.sums[-1]

    def up_to_log(self, limit: float) -> tuple[float, float]:
        """Return the chance to be at most this, and the sum of weight times exp up to there."""
        found = bisect_right(self.logs, limit)
        return (0.0, 0.0) if found == 0 else (self.up_to[found - 1], self.sums[found - 1])

    def quantile(self, chance: float) -> float:
        """Return exp of the point up to which this much lies."""
        last = len(self.logs) - 1
        return self.values[min(bisect_right(self.up_to, chance), last)]


@lru_cache(maxsize=8192)
def narrowest(spread: Spread, mass: float) -> tuple[float, float]:
    """Return the ends, as exp, of the narrowest stretch that holds this much."""
    values, up_to = spread.values, spread.up_to
    best = (values[0], values[-1])
    start, before = 0, 0.0
    for end, high in enumerate(values):
        while up_to[end] - up_to[start] >= mass:
            before = up_to[start]
            start += 1
        if up_to[end] - before >= mass and high - values[start] < best[1] - best[0]:
            best = (values[start], high)
    return best
