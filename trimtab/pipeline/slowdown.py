"""Is a function slower than its policy allows, or is that only how days differ? Pure (S13).

A mean duration differs from one stretch of time to the next, however many invocations it is of. So
a watch ends early where the answer is clear, and looks longer where it is not; at its end, doubt
counts against the change.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from math import log, sqrt

from trimtab.advisors.memory_beliefs import DRIFT
from trimtab.domain.evidence import value_or_none
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Baseline, Comparison, Figures, Health, Verification
from trimtab.pipeline.figures import WEEKS_BACK
from trimtab.pipeline.health import PATIENCE

FIGURE = "mean duration"

CLEARLY_WITHIN, CLEARLY_BEYOND, AT_LAST = 1.3, 0.8, 0.75
"""Standard deviations off the limit from which a watch ends: well within, beyond, and when it may
not be prolonged. Chosen so that few are kept that are truly too slow, and few taken back that are
not: `make eval-memory`."""

MOST_LOOKS = PATIENCE
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


def weigh_slowdown(
    remediation: Remediation,
    baseline: Baseline,
    after: Figures,
    verification: Verification,
    *,
    now: datetime,
) -> Verification:
    """Add the mean duration to a watch that would end well; unclear, it goes on."""
    allowed = remediation.recommendation.max_duration_ratio
    if allowed is None or verification.health not in (Health.HEALTHY, Health.INSUFFICIENT_DATA):
        return verification
    before_ms = value_or_none(baseline.figures.duration_mean_ms)
    after_ms = value_or_none(after.duration_mean_ms)
    calls = [value_or_none(f.invocations) for f in (baseline.figures, after)]
    few = [n for n in calls if n is None or n < max(remediation.verify.samples, 1)]
    if not before_ms or not after_ms or few:
        return verification
    length = baseline.watch_until - baseline.watch_from
    answer = judge_slowdown(
        before_ms=before_ms,
        after_ms=after_ms,
        limit=allowed,
        looks_before=len(WEEKS_BACK),
        looks_after=max(1, min(MOST_LOOKS, (now - baseline.watch_from) // length)),
    )
    found = Comparison(
        figure=FIGURE,
        before=before_ms,
        after=after_ms,
        answer=_HEALTH[answer],
        why=f"{FIGURE} {before_ms:.4g} ms before, {after_ms:.4g} ms after: "
        f"{after_ms / before_ms:.2f} x, allowed {allowed:.2f} x",
    )
    health = verification.health if answer is Answer.HOLDS else _HEALTH[answer]
    comparisons = (*verification.comparisons, found)
    return replace(verification, health=health, comparisons=comparisons)


_HEALTH = {
    Answer.HOLDS: Health.HEALTHY,
    Answer.TOO_SLOW: Health.REGRESSED,
    Answer.UNCLEAR: Health.WATCHING,
}
