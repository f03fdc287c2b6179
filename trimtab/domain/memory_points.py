"""Which measured points of a function are kept? The last ones of each size, 20 at most."""

from collections import Counter
from collections.abc import Iterable

from trimtab.domain.digest import canonical_json, content_id
from trimtab.domain.memory_curve import MeasuredPoint
from trimtab.domain.wire import to_wire

MOST_POINTS = 20
"""Of one function; chosen: ten steps, each with a point before and one after it."""


def point_id(point: MeasuredPoint) -> str:
    """Name a point: the very same one again has the same name."""
    return content_id(to_wire(point))


def kept(points: Iterable[MeasuredPoint]) -> tuple[MeasuredPoint, ...]:
    """Return those that stay, oldest first.

    Of more than may be kept, the oldest that has a younger one of its size goes first; where every
    size stands once, the oldest of all. The answer hangs on the set alone, so that two who tidy up
    at once leave the same.
    """
    left = sorted(set(points), key=_age)
    while len(left) > MOST_POINTS:
        sizes = Counter(point.memory_mb for point in left)
        left.remove(next((p for p in left if sizes[p.memory_mb] > 1), left[0]))
    return tuple(left)


def _age(point: MeasuredPoint) -> tuple[str, str]:
    """Order by moment; one without a moment is the oldest."""
    at = "" if point.measured_at is None else str(to_wire(point.measured_at))
    return at, canonical_json(to_wire(point))
