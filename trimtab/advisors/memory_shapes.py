"""Which shapes can a function's duration over memory have? The family, and how common each is.

A shape is the share of the time that computes at one vCPU, and how many vCPUs the code can use.
Beside it stands how far real functions stray from it. CPU follows memory, so the computing part
takes 1769 / memory of what it takes at one vCPU, until the code has all the CPUs it can use; the
waiting part does not change. Init does not either: while it runs a function has all the CPU it
wants (measured: 94 hello-world functions at 128 to 1,024 MB, maxday/lambda-perf, 2026-08-22).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from trimtab.advisors.memory_prior import WEIGHTS
from trimtab.domain.memory_sizes import ONE_VCPU_MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Straying:
    """How a kind of function departs from its shape between two sizes."""

    per_octave: float
    """Standard deviation of log duration for a doubling of memory."""
    jumps_per_octave: float
    """How often something happens on the way that no shape has: a cache that no longer fits."""


class Shape(NamedTuple):
    computing: float
    """0..1 of the duration at one vCPU."""
    vcpus: float
    """How many the code can use."""


COMPUTING = (0.0, 0.04, 0.1, 0.18, 0.28, 0.4, 0.6, 0.8, 1.0)
VCPUS = (1.0, 1.15, 1.7)
STRAYINGS = (
    Straying(per_octave=0.03, jumps_per_octave=0.02),
    Straying(per_octave=0.1, jumps_per_octave=0.1),
    Straying(per_octave=0.1, jumps_per_octave=0.5),
)
"""Chosen among some forty families by how likely they make functions that were left out of the
training: `make eval-memory`."""

SHAPES = tuple(Shape(computing, vcpus) for computing, vcpus in product(COMPUTING, VCPUS))


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """How common each shape is with each straying: one row per shape; all adds up to 1."""

    weights: tuple[tuple[float, ...], ...]


SHIPPED = Prior(WEIGHTS)


@lru_cache(maxsize=4096)
def log_durations(memory_mb: int) -> Sequence[float]:
    """Return log duration at this size, of each shape, up to a constant of its own."""
    return tuple(_log_duration(shape, memory_mb) for shape in SHAPES)


def _log_duration(shape: Shape, memory_mb: int) -> float:
    return math.log(1.0 - shape.computing + shape.computing * _cpu_factor(shape, memory_mb))


def _cpu_factor(shape: Shape, memory_mb: float) -> float:
    """Return how long the computing part takes, against one vCPU."""
    return ONE_VCPU_MB / min(memory_mb, ONE_VCPU_MB * shape.vcpus)


@lru_cache(maxsize=4096)
def cpu_shares(memory_mb: int) -> Sequence[float]:
    """Return the share of the CPU time given at this size that each shape uses."""
    return tuple(_cpu_share(shape, memory_mb) for shape in SHAPES)


def _cpu_share(shape: Shape, memory_mb: int) -> float:
    given = memory_mb / ONE_VCPU_MB
    computing = shape.computing * _cpu_factor(shape, memory_mb)
    of_the_time = computing / (1.0 - shape.computing + computing)
    return of_the_time * min(given, shape.vcpus) / given
