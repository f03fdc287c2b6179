"""How does a checklist look on the page of a scan? Its points, and the functions that miss most."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.domain.checklist import Checklist, Point, PointState, Score, of_point, titles

MOST = 20
"""Functions that are named; the JSON of the scan has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistRow:
    """One checklist over all functions."""

    id: str
    title: str
    met: int
    judged: int
    points: tuple[tuple[Point, tuple[int, ...]], ...]
    """Each with how many functions meet it, miss it, are unknown, and have no such thing."""
    scored: int
    """How many functions."""
    functions: tuple[tuple[Score, tuple[str, ...], tuple[str, ...]], ...]
    """Each with the points it misses and those that are unknown; most missing first."""


def checklist_row(checklist: Checklist, found: Sequence[Score]) -> ChecklistRow:
    """Add up one checklist."""
    worst = heapq.nsmallest(MOST, found, key=lambda one: (one.met - one.judged, one.function))
    return ChecklistRow(
        id=checklist.id,
        title=checklist.title,
        met=sum(one.met for one in found),
        judged=sum(one.judged for one in found),
        points=tuple(
            (point, of_point(found, number)) for number, point in enumerate(checklist.points)
        ),
        scored=len(found),
        functions=tuple(
            (
                one,
                titles(checklist, one, PointState.MISSING),
                titles(checklist, one, PointState.UNKNOWN),
            )
            for one in worst
        ),
    )
