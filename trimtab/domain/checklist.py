"""How many points of a checklist does a function meet, what is missing, what is not known? Pure.

A point is met when the policies behind it were judged and found nothing. What is unknown is never
met and never missing (S8), and what Trimtab does not look at is said to be not checked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from trimtab.domain.arn import FunctionArn
from trimtab.domain.finding import Assessment
from trimtab.domain.sighting import Sighting


class PointState(StrEnum):
    MET = "met"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    """None of its policies speaks of this function."""
    NOT_CHECKED = "not_checked"


SHOWN = (PointState.MET, PointState.MISSING, PointState.UNKNOWN, PointState.NOT_APPLICABLE)
"""What a point that is checked can be, in the order it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One demand: policies that must find nothing, or the reason why nobody looks."""

    title: str
    policies: tuple[str, ...] = ()
    not_checked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    id: str
    title: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One function against one checklist, point by point in the order of the list."""

    function: FunctionArn
    states: tuple[PointState, ...]

    @property
    def met(self) -> int:
        return self.states.count(PointState.MET)

    @property
    def judged(self) -> int:
        """Return how many points could be told either way; the score is `met` of these."""
        return self.met + self.states.count(PointState.MISSING)


def score(
    checklist: Checklist, verdicts: Mapping[str, Assessment], *, function: FunctionArn
) -> Score:
    """Score one function by its verdicts, policy id -> assessment.

    A finding that an exemption suppresses is missing all the same: the function is as it is.
    """
    return Score(
        function=function,
        states=tuple(_state(point, verdicts) for point in checklist.points),
    )


def scores(checklist: Checklist, sightings: Iterable[Sighting]) -> tuple[Score, ...]:
    """Score every function that was seen, by ARN."""
    verdicts: dict[FunctionArn, dict[str, Assessment]] = {}
    for sighting in sightings:
        for line in sighting.lines:
            verdicts.setdefault(line.function, {})[line.policy_id] = line.assessment
    return tuple(score(checklist, verdicts[f], function=f) for f in sorted(verdicts))


def of_point(found: Sequence[Score], number: int) -> tuple[int, ...]:
    """Count one point over all functions: met, missing, unknown, not applicable."""
    count = Counter(one.states[number] for one in found)
    return tuple(count[state] for state in SHOWN)


def _state(point: Point, verdicts: Mapping[str, Assessment]) -> PointState:
    if point.not_checked is not None:
        return PointState.NOT_CHECKED
    said = {verdicts.get(policy, Assessment.INSUFFICIENT_DATA) for policy in point.policies}
    if Assessment.NON_COMPLIANT in said:
        return PointState.MISSING
    if Assessment.INSUFFICIENT_DATA in said:
        return PointState.UNKNOWN
    return PointState.MET if Assessment.COMPLIANT in said else PointState.NOT_APPLICABLE


def titles(checklist: Checklist, found: Score, state: PointState) -> tuple[str, ...]:
    """Return the points of a function that are in this state."""
    pairs = zip(checklist.points, found.states, strict=True)
    return tuple(point.title for point, one in pairs if one is state)
