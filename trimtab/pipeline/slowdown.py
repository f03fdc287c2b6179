"""Is a function slower than its policy allows, or is that only how days differ? Pure (S13).

A mean duration differs from one stretch of time to the next, however many invocations it is of. So
a watch ends early where the answer is clear, and looks longer where it is not; at its end, doubt
counts against the change.
"""

from enum import StrEnum
from math import log, sqrt

from trimtab.advisors.memory_beliefs import DRIFT

CLEARLY_WITHIN, CLEARLY_BEYOND, AT_LAST = 1.3, 0.8, 0.75
"""Standard deviations off the limit from which a watch ends: well within, beyond, and when it may
not be prolonged. Chosen so that few are kept that are truly too slow, and few taken back that are
not: `make eval-memory`."""

MOST_LOOKS = 4
"""As many stretches a watch may take; the same as its patience with too little traffic."""


class Answer(StrEnum):
    HOLDS = "holds"
    TOO_SLOW = "too_slow"
    UNCLEAR = "unclear"


def judge_slowdown(
    *, before_ms: float, after_ms: float, limit: float, looks_before: int, looks_after: int
) -> Answer:
    """Compare two mean durations; `limit` is the ratio allowed, a look one stretch of time."""
    doubt = DRIFT * sqrt(1.0 / looks_before + 1.0 / looks_after)
    over = log(after_ms / before_ms) - log(limit)
    if over <= -CLEARLY_WITHIN * doubt:
        return Answer.HOLDS
    if over >= CLEARLY_BEYOND * doubt:
        return Answer.TOO_SLOW
    if looks_after < MOST_LOOKS:
        return Answer.UNCLEAR
    return Answer.HOLDS if over <= -AT_LAST * doubt else Answer.TOO_SLOW
