"""What do we believe of one function? Weights over the shapes, by what was measured. No I/O.

Bayes: each pair of neighbouring measured sizes, and the CPU time where it is known, make some
shapes likelier, and tell how far the function strays.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from trimtab.advisors.memory_shapes import (
    SHAPES,
    STRAYINGS,
    Prior,
    cpu_shares,
    log_durations,
)

DRIFT = 0.03
"""How far a mean duration is off from one stretch of time to the next, as a standard deviation of
its logarithm, however many invocations it is of; chosen."""
OF_ONE = 0.5
"""The same of one single invocation; chosen, of the order of measured functions."""

ENOUGH = 10_000.0
"""Invocations from which on drift is all that is left of the doubt."""

JUMP = 0.6
"""How far a jump goes, over an octave or more: a factor of 1.8; by `make eval-memory`."""
OCTAVE = 0.7
"""Below this distance, in octaves, straying shrinks in proportion: curves are smooth."""
SHARE_SPREAD = 0.06
"""How far a measured CPU share is off from what its shape says; by the same."""
SHARE_SURPRISE = 0.002
"""How likely a CPU share is that no shape explains."""
SHARE_GRAIN = 0.06
"""Shares are told apart as finely as this; chosen, within their spread."""

NEGLIGIBLE = 0.008
"""What is less likely than this is left out of forecasts: it moves no figure that is shown."""

Weights = tuple[float, ...]
"""One per straying."""


class Look(NamedTuple):
    """How long the function took at one size."""

    memory_mb: int
    log_duration: float
    variance: float


def look_at(memory_mb: int, duration_ms: float, invocations: float) -> Look:
    about = 10.0 ** math.floor(math.log10(min(max(invocations, 1.0), ENOUGH)))
    variance = DRIFT**2 + OF_ONE**2 / about
    return Look(memory_mb=memory_mb, log_duration=math.log(duration_ms), variance=variance)


def joined(looks: Sequence[Look]) -> tuple[Look, ...]:
    """Return one look per size, smallest first: several of one size are averaged."""
    by_size: dict[int, list[Look]] = {}
    for look in looks:
        by_size.setdefault(look.memory_mb, []).append(look)
    return tuple(_average(by_size[size]) for size in sorted(by_size))


def _average(looks: Sequence[Look]) -> Look:
    trust = [1.0 / look.variance for look in looks]
    mean = sum(t * look.log_duration for t, look in zip(trust, looks, strict=True)) / sum(trust)
    return Look(looks[0].memory_mb, mean, 1.0 / sum(trust))


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """What is believed of one function. Each is itself alone: forecasts are kept by it."""

    looks: tuple[Look, ...]
    """One per size, smallest first."""
    shapes: tuple[tuple[int, Weights], ...]
    """(index of the shape, how likely it is with each straying): those not negligible."""


def believe(prior: Prior, looks: Sequence[Look], cpu: tuple[int, float] | None) -> Beliefs:
    """Weigh the shapes by what was measured; `cpu` is (memory_mb, share of the CPU time given)."""
    looks = joined(looks)
    rows = [list(row) for row in prior.weights]
    if cpu is not None:
        memory_mb, measured = cpu
        for row, share in zip(rows, cpu_shares(memory_mb), strict=True):
            likely = _likely_share(measured, share)
            row[:] = [weight * likely for weight in row]
    for row, likely_row in zip(rows, likelihoods(looks), strict=True):
        row[:] = [weight * likely for weight, likely in zip(row, likely_row, strict=True)]
    total = sum(map(sum, rows))
    least = total * NEGLIGIBLE
    kept = [(index, row) for index, row in enumerate(rows) if sum(row) >= least]
    total = sum(sum(row) for _, row in kept)
    return Beliefs(looks, tuple((index, tuple(w / total for w in row)) for index, row in kept))


def _likely_share(measured: float, expected: float) -> float:
    off = (measured - expected) / SHARE_SPREAD
    return math.exp(-0.5 * off * off) + SHARE_SURPRISE


def likelihoods(looks: Sequence[Look]) -> list[list[float]]:
    """Return how likely the steps between neighbouring sizes are for each shape and straying; the
    looks are one per size, smallest first. The likeliest of each step is 1.
    """
    rows = [[1.0] * len(STRAYINGS) for _ in SHAPES]
    for below, above in pairwise(looks):
        pair = Pair(below, above)
        told = [
            [sum(pair.parts(pair.off(index), straying)) for straying in range(len(STRAYINGS))]
            for index in range(len(SHAPES))
        ]
        most = max(map(max, told))
        for row, likely in zip(rows, told, strict=True):
            row[:] = [weight * x / most for weight, x in zip(row, likely, strict=True)]
    return rows


class Pair:
    """Two neighbouring sizes, and what may have happened between them."""

    def __init__(self, below: Look, above: Look) -> None:
        self.octaves = math.log2(above.memory_mb / below.memory_mb)
        self.noise = below.variance + above.variance
        self._rise = above.log_duration - below.log_duration
        self._below, self._above = (log_durations(x.memory_mb) for x in (below, above))
        self._bells = [
            (chance, variance + self.noise, wide + self.noise)
            for chance, variance, wide in straying_over(self.octaves)
        ]

    def off(self, index: int) -> float:
        """Return how far the step is from what its shape says, towards the larger size."""
        return self._rise - self._above[index] + self._below[index]

    def parts(self, off: float, straying: int) -> tuple[float, float]:
        """Return how likely it is to be so far off without, and with, a jump on the way."""
        chance, variance, wide = self._bells[straying]
        quiet = math.exp(-0.5 * off * off / variance) / math.sqrt(variance)
        jumped = math.exp(-0.5 * off * off / wide) / math.sqrt(wide)
        return (1.0 - chance) * quiet + 1e-300, chance * jumped


@lru_cache(maxsize=4096)
def straying_over(octaves: float) -> tuple[tuple[float, float, float], ...]:
    """Return (chance of a jump, variance without, variance with) over a distance, per straying."""
    near = min(1.0, octaves / OCTAVE)
    found = []
    for straying in STRAYINGS:
        variance = straying.per_octave**2 * octaves * near
        chance = 1.0 - math.exp(-straying.jumps_per_octave * max(octaves, OCTAVE))
        found.append((chance, variance, variance + (JUMP * near) ** 2))
    return tuple(found)


def beliefs_of(
    prior: Prior, looks: Sequence[Look], *, cpu_share: float | None, now_mb: int
) -> Beliefs:
    """Return what is believed. Most of a fleet ran at one size only: those share their beliefs,
    which hang on the size and on few other things, a little rounded.
    """
    share = None if cpu_share is None else round(cpu_share / SHARE_GRAIN) * SHARE_GRAIN
    if len(looks) == 1:
        return _of_one_size(prior, now_mb, looks[0].variance, share)
    return believe(prior, looks, None if share is None else (now_mb, share))


@lru_cache(maxsize=4096)
def _of_one_size(prior: Prior, memory_mb: int, variance: float, share: float | None) -> Beliefs:
    looks = (Look(memory_mb, 0.0, variance),)
    return believe(prior, looks, None if share is None else (memory_mb, share))
