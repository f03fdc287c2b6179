"""What would Lambda Insights say of a measured function? Its CPU time, worked out from its curve.

Waiting and computing are fitted to the whole curve, with the number of vCPUs that fits best: the
computing part at one vCPU is the CPU time of an invocation, at every size.
"""

from collections.abc import Sequence
from functools import lru_cache

from tests.evaluation.memory.curves import Curve
from tests.evaluation.memory.training import sizes_of
from trimtab.domain.memory_sizes import ONE_VCPU_MB

VCPUS = (1.0, 1.75, 3.0)


def cpu_share(curve: Curve, memory_mb: int) -> float:
    """Return CPU time used / CPU time given at this size, 0..1."""
    waiting, computing, vcpus = _parts(curve)
    factor = _factor(memory_mb, vcpus)
    duration = waiting + computing * factor
    used = computing * factor / duration * min(memory_mb / ONE_VCPU_MB, vcpus)
    return min(max(used / (memory_mb / ONE_VCPU_MB), 0.0), 1.0)


def _factor(memory_mb: float, vcpus: float) -> float:
    return ONE_VCPU_MB / min(memory_mb, ONE_VCPU_MB * vcpus)


@lru_cache
def _parts(curve: Curve) -> tuple[float, float, float]:
    """Return waiting and computing in milliseconds, and the vCPUs the code can use."""
    sizes = sizes_of(curve)
    durations = [curve.duration_ms(size) for size in sizes]
    fits = []
    for vcpus in VCPUS:
        waiting, computing = _fit(durations, [_factor(size, vcpus) for size in sizes])
        off = sum(
            ((waiting + computing * _factor(size, vcpus)) / duration - 1.0) ** 2
            for size, duration in zip(sizes, durations, strict=True)
        )
        fits.append((off, vcpus, waiting, computing))
    _, vcpus, waiting, computing = min(fits)
    return waiting, computing, vcpus


def _fit(durations: Sequence[float], factors: Sequence[float]) -> tuple[float, float]:
    """Fit duration = waiting + computing x factor, neither negative, by relative squares."""
    ones = [1.0 / d for d in durations]
    parts = [f / d for f, d in zip(factors, durations, strict=True)]
    a, b = sum(x * x for x in ones), sum(x * y for x, y in zip(ones, parts, strict=True))
    c, p, q = sum(y * y for y in parts), sum(ones), sum(parts)
    rest = a * c - b * b
    if rest > 1e-12 * a * c:
        waiting, computing = (p * c - q * b) / rest, (a * q - b * p) / rest
        if waiting >= 0 and computing >= 0:
            return waiting, computing
    only = [(p / a, 0.0), (0.0, q / c)]
    return min(
        only,
        key=lambda fit: sum(
            (fit[0] * x + fit[1] * y - 1.0) ** 2 for x, y in zip(ones, parts, strict=True)
        ),
    )
