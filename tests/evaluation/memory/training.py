"""How common is each shape? Learned from measured curves, by expectation maximisation.

It asks the advisor's own question, how likely the steps between neighbouring sizes are, so that
what is trained is what is shipped. Families count by the root of their members: ten functions of
one comparison are not ten functions.
"""

from collections import Counter
from collections.abc import Sequence
from math import log, sqrt

from tests.evaluation.memory.curves import Curve
from trimtab.advisors.memory_beliefs import Look, likelihoods
from trimtab.advisors.memory_case import ONE_MILLISECOND_MS
from trimtab.advisors.memory_shapes import STRAYINGS, Prior

SIZES = (256, 512, 1024, 1536, 2048, 3008)
"""Below, pressure on memory mixes in, which no CPU share explains."""
MEASURED = 0.015
"""How far a measured mean is off, as a standard deviation of its logarithm; chosen."""
SMOOTHING = 5.0
"""Functions' worth of belief that every shape is equally common."""
ROUNDS = 80


def train(curves: Sequence[Curve]) -> Prior:
    """Return how common each shape is among these curves."""
    usable = [
        c for c in curves if min(c.durations_ms) > ONE_MILLISECOND_MS and len(sizes_of(c)) > 1
    ]
    members = Counter(curve.family for curve in usable)
    counts = [1.0 / sqrt(members[curve.family]) for curve in usable]
    likely = [_likelihoods(curve) for curve in usable]
    weights = [1.0 / len(likely[0])] * len(likely[0])
    for _ in range(ROUNDS):
        sums = [SMOOTHING / len(weights)] * len(weights)
        for row, count in zip(likely, counts, strict=True):
            joint = [x * weight for x, weight in zip(row, weights, strict=True)]
            total = sum(joint)
            sums = [old + count * x / total for old, x in zip(sums, joint, strict=True)]
        weights = [x / sum(sums) for x in sums]
    each = len(STRAYINGS)
    return Prior(tuple(tuple(weights[n : n + each]) for n in range(0, len(weights), each)))


def sizes_of(curve: Curve) -> list[int]:
    """Return the sizes of the grid that lie within the curve."""
    return [m for m in SIZES if curve.sizes[0] <= m <= curve.sizes[-1] * 1.03]


def _likelihoods(curve: Curve) -> list[float]:
    looks = [Look(m, log(curve.duration_ms(m)), MEASURED**2) for m in sizes_of(curve)]
    found = [x for row in likelihoods(looks) for x in row]
    most = max(found)
    return [x / most for x in found]
