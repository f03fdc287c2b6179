"""Which memory size would do? Stage 3 of 8: the advisor behind `set_memory`.

It forecasts duration and cost at the sizes within one step, each with an interval, from what was
measured of this function and from what is known of functions at large. It proposes the step that is
worth most of those likely to hold: within the slowdown the policy allows, counted from before the
first step, and saving enough. What could hurt beyond what a watch takes back, running out of memory
or of time, is held far out instead. Else it abstains, and says what better evidence could save.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log
from typing import Any

from trimtab.advisors.memory_beliefs import Beliefs, beliefs_of
from trimtab.advisors.memory_case import (
    ONE_MILLISECOND_MS,
    OPTIONAL_SIGNALS,
    SIGNALS,
    Bounds,
    Case,
    case_of,
    sizes,
)
from trimtab.advisors.memory_forecast import forecast
from trimtab.advisors.memory_shapes import SHIPPED, Prior
from trimtab.advisors.memory_spread import Spread, narrowest
from trimtab.domain.evidence import Signals
from trimtab.domain.finding import Abstention, Recommendation, Saving
from trimtab.domain.memory_curve import Interval, MemoryCurve, SizeForecast
from trimtab.domain.price import DISCOUNT_FLOOR
from trimtab.domain.terms import ChangeKind

__all__ = ["OPTIONAL_SIGNALS", "SIGNALS", "advise"]

FIRST_MASS, LATER_MASS = 0.91, 0.86
"""How much of the forecast an interval holds, while one size only was measured and afterwards, so
that the truth lies inside nine times out of ten: straying is told too small of a function that
nothing is known of, and too large of one that was seen. By `make eval-memory`."""
WIDEST = 0.31
"""A step whose saving cannot be told within this many hundredths of the cost is too long: a shorter
one is looked for, and teaches. By the same."""
AFTER_A_FAILED_STEP = 0.65
"""How likely a step must be to hold after one that did not."""
LEAST_WORTH = 0.02
"""Expected saving, steps that are taken back counted as none, from which on a step is proposed."""
FAR_OUT = 0.99
"""How surely the p99 must stay under half the timeout."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One size, forecast."""

    memory_mb: int
    forecast: SizeForecast
    worth: float
    """Expected saving, counting nothing where it would be taken back."""
    holds: float
    """How likely it is to stay."""
    width: float
    p99_ms: float
    """At the far end."""


def advise(
    signals: Signals,
    fields: Mapping[str, Any],
    *,
    region: str,
    lookback: timedelta,
    prior: Prior = SHIPPED,
) -> Recommendation | Abstention:
    """Recommend the step that is worth most within all bounds of the policy, or say why not.

    Fields: headroom (new size over peak used), max_slowdown (of the mean, 0.1 is a tenth), max_step
    (share of the size that one change may take away or add), min_saving (share of the cost),
    certainty (how likely a step must be to hold). What it costs is worked out of region and
    lookback already.
    """
    del region, lookback
    case, bounds = case_of(signals), Bounds.of(fields)
    if isinstance(case, str):
        return Abstention(reason=case)
    if case.mean_ms < ONE_MILLISECOND_MS and not case.is_starved:
        return Abstention(
            reason=f"it takes {case.mean_ms:.2g} ms: a millisecond is mostly rounding and "
            "overhead, and nobody can tell what another size would do"
        )
    beliefs = _beliefs(case, prior)
    if case.is_starved:
        return _raise_starved(case, bounds, beliefs)
    steps = [_step(case, bounds, beliefs, memory_mb) for memory_mb in sizes(case, bounds)]
    allowed = [step for step in steps if _why_not(step, case, bounds) is None]
    best = max(allowed, key=lambda step: step.worth, default=None)
    if best is None:
        return _abstain(case, bounds, steps, beliefs)
    return _recommend(case, bounds, steps, best, beliefs)


def _beliefs(case: Case, prior: Prior) -> Beliefs:
    return beliefs_of(prior, case.looks, cpu_share=case.cpu_share, now_mb=case.memory_mb)


def _step(case: Case, bounds: Bounds, beliefs: Beliefs, memory_mb: int) -> _Step:
    spread = forecast(beliefs, memory_mb, case.memory_mb)
    allowed = case.baseline_ms * (1.0 + bounds.max_slowdown) / case.mean_ms
    limit = min(allowed, case.longest(memory_mb, bounds.min_saving))
    holds, kept = (0.0, 0.0) if limit <= 0 else spread.up_to_log(log(limit))
    ratio = kept / holds if holds > 0 else 1.0
    told = _told(case, spread, memory_mb, _mass(beliefs))
    far_out = spread.quantile(FAR_OUT)
    return _Step(
        memory_mb,
        told,
        holds * (1.0 - case.cost_ratio(memory_mb, ratio)),
        holds,
        told.cost.high - told.cost.low,
        case.p99_ms * far_out,
    )


def _mass(beliefs: Beliefs) -> float:
    return FIRST_MASS if len(beliefs.looks) == 1 else LATER_MASS


def _told(case: Case, spread: Spread, memory_mb: int, mass: float) -> SizeForecast:
    low, high = narrowest(spread, mass)
    slowdown = Interval(low=low, expected=min(max(spread.mean, low), high), high=high)
    return SizeForecast(
        memory_mb=memory_mb,
        slowdown=slowdown,
        duration_p95_ms=Interval(
            low=case.p95_ms * low,
            expected=case.p95_ms * slowdown.expected,
            high=case.p95_ms * high,
        ),
        cost=Interval(
            low=case.cost_ratio(memory_mb, low),
            expected=case.cost_ratio(memory_mb, slowdown.expected),
            high=case.cost_ratio(memory_mb, high),
        ),
    )


def _why_not(step: _Step, case: Case, bounds: Bounds) -> str | None:
    """Say what keeps one size from being proposed; None: nothing."""
    needed = max(bounds.certainty, AFTER_A_FAILED_STEP if case.has_failed_step else 0.0)
    if any(look.memory_mb == step.memory_mb for look in case.looks):
        return "it was tried before"
    if step.memory_mb < case.memory_mb and step.p99_ms > case.timeout_ms / 2:
        return f"its p99 could reach {step.p99_ms:,.0f} ms, over half the timeout"
    if step.holds < needed:
        return (
            f"it would stay within {bounds.max_slowdown:.0%} slowdown and save "
            f"{bounds.min_saving:.0%} with a chance of {step.holds:.0%}; {needed:.0%} is asked"
        )
    if step.width > WIDEST:
        return "what it saves cannot be told closely enough"
    if step.worth < LEAST_WORTH:
        return "it is worth too little"
    return None


def _abstain(case: Case, bounds: Bounds, steps: Sequence[_Step], beliefs: Beliefs) -> Abstention:
    """Say why nothing is proposed, and what is at stake where that is for want of evidence."""
    floors = bounds.floors(case)
    lowest = max(floors.values())
    smaller = [step for step in steps if step.memory_mb < case.memory_mb]
    curve = _curve(case, steps, None, beliefs)
    if not smaller and lowest >= case.memory_mb:
        binding = next(name for name, floor in floors.items() if floor == lowest)
        return Abstention(
            reason=f"no smaller size is safe: {binding} asks for {lowest} MB", curve=curve
        )
    hoped = max((1.0 - step.forecast.cost.low for step in steps), default=0.0)
    if hoped < bounds.min_saving:
        return Abstention(
            reason=f"no size within one step would save {bounds.min_saving:.0%}", curve=curve
        )
    nearest = max(steps, key=lambda step: (step.holds, step.worth))
    return Abstention(
        reason=f"no step is likely enough to hold; the likeliest is {nearest.memory_mb} MB: "
        f"{_why_not(nearest, case, bounds)}",
        curve=curve,
        at_stake_usd_month=round(case.cost_usd_month * hoped, 2),
    )


def _raise_starved(case: Case, bounds: Bounds, beliefs: Beliefs) -> Recommendation | Abstention:
    """Propose the longest step up: how much it wants cannot be seen while it has too little."""
    highest = bounds.highest(case)
    if highest <= case.memory_mb:
        return Abstention(
            reason=f"it uses all of its {case.memory_mb} MB, and no larger size is allowed"
        )
    step = _step(case, bounds, beliefs, highest)
    return _recommend(case, bounds, [step], step, beliefs)


def _recommend(
    case: Case, bounds: Bounds, steps: Sequence[_Step], best: _Step, beliefs: Beliefs
) -> Recommendation:
    cost, slowdown = best.forecast.cost, best.forecast.slowdown
    p95, usd = best.forecast.duration_p95_ms, case.cost_usd_month
    low, high = usd * (1.0 - cost.high), usd * (1.0 - cost.low)
    return Recommendation(
        kind=ChangeKind.SET_MEMORY,
        after={"memory_mb": best.memory_mb},
        saving=Saving(
            low_usd_month=round(low * DISCOUNT_FLOOR if low > 0 else low, 2),
            high_usd_month=round(high, 2),
        ),
        duration_p95_ms=case.p95_ms,
        predicted_p95_ms=round(p95.expected, 1),
        predicted_p99_ms=round(best.p99_ms, 1),
        reasons=(
            _need(case),
            *_basis(case, beliefs),
            f"predicted duration {slowdown.expected:.2f} x ({slowdown.low:.2f} to "
            f"{slowdown.high:.2f}): p95 {case.p95_ms:.0f} ms to {p95.expected:.0f} ms "
            f"({p95.low:.0f} to {p95.high:.0f})",
            f"predicted cost {cost.expected:.2f} x ({cost.low:.2f} to {cost.high:.2f})",
            _chance(case, bounds, best),
            f"at worst p99 {best.p99_ms:.0f} ms of {case.timeout_ms:.0f} ms timeout",
            f"costs {usd:.2f} USD a month now, at list price",
        ),
        curve=_curve(case, steps, best.memory_mb, beliefs),
        cost_usd_month=usd,
    )


def _need(case: Case) -> str:
    used = f"peak memory {case.peak_mb:g} MB of {case.memory_mb} MB"
    return f"{used}: starved, it may want more" if case.is_starved else used


def _chance(case: Case, bounds: Bounds, best: _Step) -> str:
    if case.is_starved:
        return "raised because it is starved, whatever it costs"
    return (
        f"chance to hold {best.holds:.0%}: at most {bounds.max_slowdown:.0%} slower than before "
        f"its first step, and {bounds.min_saving:.0%} cheaper"
    )


def _curve(
    case: Case, steps: Sequence[_Step], chosen_mb: int | None, beliefs: Beliefs
) -> MemoryCurve:
    now = _told(
        case, forecast(beliefs, case.memory_mb, case.memory_mb), case.memory_mb, _mass(beliefs)
    )
    forecasts = (now, *(step.forecast for step in steps))
    return MemoryCurve(
        memory_mb=case.memory_mb,
        chosen_mb=chosen_mb,
        points=case.measured,
        forecasts=tuple(sorted(forecasts, key=lambda forecast: forecast.memory_mb)),
        basis=_basis(case, beliefs),
    )


def _basis(case: Case, beliefs: Beliefs) -> tuple[str, ...]:
    """Say what the forecast is based on."""
    runs = ", ".join(f"{look.memory_mb}" for look in beliefs.looks)
    told = [f"measured at {runs} MB, {case.invocations:,.0f} invocations now"]
    if case.cpu_share is None:
        told.append("no CPU time is known: from functions at large")
    else:
        told.append(f"CPU time {case.cpu_share:.2f} of what {case.memory_mb} MB gives")
    if case.init_ms > 0:
        told.append(f"init, billed at every size alike, {case.init_ms:.0f} ms an invocation")
    others = len(case.record.points) - len(case.measured)
    if others:
        told.append(f"{others} measured with other code left out")
    return tuple(told)
