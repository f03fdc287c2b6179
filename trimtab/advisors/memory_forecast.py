"""How long would a function take at another size? Beliefs → the spread of log(there / now). No I/O.

From the nearest measured size on, a function follows its shape, straying from it. Where something
happened between the last two sizes that no shape explains, it may well go on like that.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from trimtab.advisors.memory_beliefs import OCTAVE, Beliefs, Look, Pair, straying_over
from trimtab.advisors.memory_shapes import log_durations
from trimtab.advisors.memory_spread import LIGHT, Bells, Spread

GOES_ON = 0.6
"""How likely a jump that was seen between the last two sizes goes on beyond; by the same."""
GOES_ON_SPREAD = 0.35
"""How evenly it does, against its own length."""


@lru_cache(maxsize=8192)
def forecast(beliefs: Beliefs, memory_mb: int, now_mb: int) -> Spread:
    """Return log(duration there / duration at `now_mb`), which must have been measured."""
    now = next(look.log_duration for look in beliefs.looks if look.memory_mb == now_mb)
    measured = next((look for look in beliefs.looks if look.memory_mb == memory_mb), None)
    bells = Bells()
    if measured is not None:
        bells.add(1.0, measured.log_duration - now, measured.variance)
        return bells.spread()
    below = [look for look in beliefs.looks if look.memory_mb < memory_mb]
    above = [look for look in beliefs.looks if look.memory_mb > memory_mb]
    if below and above:
        _between(bells, beliefs, (below[-1], above[0]), memory_mb, now)
    else:
        _beyond(bells, beliefs, (below[::-1] or above)[:2], memory_mb, now)
    return bells.spread()


def _between(
    bells: Bells, beliefs: Beliefs, ends: tuple[Look, Look], memory_mb: int, now: float
) -> None:
    """Between two measured sizes the function goes from one to the other; a jump that lies between
    may lie on either side.
    """
    low, high = ends
    pair = Pair(low, high)
    part = math.log2(memory_mb / low.memory_mb) / pair.octaves
    at, at_low = log_durations(memory_mb), log_durations(low.memory_mb)
    noise = (1.0 - part) ** 2 * low.variance + part**2 * high.variance
    inside = straying_over(pair.octaves * min(part, 1.0 - part))
    for index, weights in beliefs.shapes:
        off = pair.off(index)
        from_low = at[index] - at_low[index] + low.log_duration - now
        for straying, weight in enumerate(weights):
            quiet, jumped = pair.parts(off, straying)
            chance = weight * jumped / (quiet + jumped)
            variance = inside[straying][1] + noise
            bells.add(weight - chance, from_low + part * off, variance)
            bells.add(chance * part, from_low + off, variance)
            bells.add(chance * (1.0 - part), from_low, variance)


def _beyond(
    bells: Bells, beliefs: Beliefs, near: Sequence[Look], memory_mb: int, now: float
) -> None:
    """Beyond all measured sizes the shape is followed from the nearest one, `near[0]`."""
    last = near[0]
    octaves = abs(math.log2(memory_mb / last.memory_mb))
    ways = [(c, v + last.variance, w + last.variance) for c, v, w in straying_over(octaves)]
    at, at_last = log_durations(memory_mb), log_durations(last.memory_mb)
    means = [
        (at[index] - at_last[index] + last.log_duration - now, weights)
        for index, weights in beliefs.shapes
    ]
    if len(near) == 1:
        for straying, (chance, variance, wide) in enumerate(ways):
            alike = [(weights[straying], mean) for mean, weights in means]
            bells.add_alike([(w * (1.0 - chance), mean) for w, mean in alike], variance)
            bells.add_alike([(w * chance, mean) for w, mean in alike], wide)
        return
    pair, offs, jumped = _last_pair(beliefs, memory_mb < last.memory_mb)
    far = min(octaves, OCTAVE) / pair.octaves
    if memory_mb < last.memory_mb:
        far = -far
    doubt = last.variance + pair.noise * (octaves / pair.octaves) ** 2
    for straying, (chance, variance, wide) in enumerate(ways):
        stay: list[tuple[float, float]] = []
        for off, likely, (mean, weights) in zip(offs, jumped, means, strict=True):
            weight = weights[straying]
            goes_on = weight * GOES_ON * likely[straying]
            if goes_on >= LIGHT:
                further = off * far
                unevenly = doubt + (GOES_ON_SPREAD * further) ** 2
                bells.add(goes_on, mean + further, variance + unevenly)
            stay.append((weight - goes_on, mean))
        bells.add_alike([(w * (1.0 - chance), mean) for w, mean in stay], variance)
        bells.add_alike([(w * chance, mean) for w, mean in stay], wide)


@lru_cache(maxsize=4096)
def _last_pair(
    beliefs: Beliefs, is_lowest: bool
) -> tuple[Pair, Sequence[float], Sequence[Sequence[float]]]:
    """Return the two outermost sizes at one end, how far each shape is off between them, and how
    likely, with each straying, there was a jump.
    """
    pair = Pair(*(beliefs.looks[:2] if is_lowest else beliefs.looks[-2:]))
    offs = [pair.off(index) for index, _ in beliefs.shapes]
    rows = [
        [_jumped(pair, off, straying) for straying in range(len(weights))]
        for off, (_, weights) in zip(offs, beliefs.shapes, strict=True)
    ]
    return pair, offs, rows


def _jumped(pair: Pair, off: float, straying: int) -> float:
    """Return how likely it is that there was a jump between two measured sizes."""
    quiet, jumped = pair.parts(off, straying)
    return jumped / (quiet + jumped)
