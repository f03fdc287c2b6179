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
    AT_HAND_SIGNALS,
    ONE_MILLISECOND_MS,
    OPTIONAL_SIGNALS,
    SIGNALS,
    Bounds,
    Case,
    case_of,
    has_failed_step,
    left_sizes,
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

__all__ = ["AT_HAND_SIGNALS", "OPTIONAL_SIGNALS", "SIGNALS", "advise"]

FIRST_MASS, LATER_MASS = 0.93, 0.86
"""How much of the forecast an interval holds, while one size only was measured and afterwards, so
that the truth lies inside nine times out of ten: straying is told too small of a function that
nothing is known of, and too large of one that was seen. By `make eval-memory`."""
WIDEST = 0.34
"""A step whose saving cannot be told within this many hundredths of the cost is too long: a shorter
one is looked for, and teaches. By the same."""
AFTER_A_FAILED_STEP = 0.9
"""How likely a step must be to hold after one that did not."""
REGRET = 0.4
"""What a step that is taken back weighs where sizes are compared: as much as saving four tenths.
It keeps steps short where little is known. By the same."""
MOST_BEFORE = 1.1
"""A baseline that was slower than now counts as no slower than this: days differ, and more is not
believed of a row that somebody may have written."""
PRESSED_MB, WHERE_PRESSED = 512, 0.9
"""Below this size a shortage of memory slows functions down too, before they run out of it, which
no share of CPU tells: a step there must be so likely to hold. From 512 MB on, of the steps proposed
without this, three in five did not. By the same."""
FAR_OUT = 0.99
"""How surely the p99 must stay under half the timeout."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One size, forecast."""

    memory_mb: int
    spread: Spread
    worth: float
    """Expected saving, less REGRET as far as it may be taken back: sizes are compared by it."""
    holds: float
    """How likely it is to stay."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """All that one judgement is made of."""

    case: Case
    bounds: Bounds
    beliefs: Beliefs
    needed: float
    """How likely a step must be to hold."""
    left: frozenset[int]
    """The sizes it was moved to, or came from, and did not stay at."""
    mass: float
    """How much of a forecast its interval holds."""
    allowed: float
    """How long it may take there / now: slowdown counts from before its first step."""


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
    desk = _desk(case, bounds, prior)
    if case.is_starved:
        return _raise_starved(desk)
    steps = [_step(desk, memory_mb) for memory_mb in sizes(case, bounds)]
    by_worth = sorted(steps, key=lambda step: step.worth, reverse=True)
    best = next((step for step in by_worth if _why_not(step, desk) is None), None)
    return _abstain(desk, steps) if best is None else _recommend(desk, steps, best)


def _desk(case: Case, bounds: Bounds, prior: Prior) -> _Desk:
    beliefs = beliefs_of(prior, case.looks, cpu_share=case.cpu_share, now_mb=case.memory_mb)
    has_failed = bool(case.measured) and has_failed_step(case)
    return _Desk(
        case,
        bounds,
        beliefs,
        max(bounds.certainty, AFTER_A_FAILED_STEP if has_failed else 0.0),
        left_sizes(case),
        FIRST_MASS if len(beliefs.looks) == 1 else LATER_MASS,
        min(case.baseline_ms / case.mean_ms, MOST_BEFORE) * (1.0 + bounds.max_slowdown),
    )


def _step(desk: _Desk, memory_mb: int) -> _Step:
    case = desk.case
    spread = forecast(desk.beliefs, memory_mb, case.memory_mb)
    limit = min(desk.allowed, case.longest(memory_mb, desk.bounds.min_saving))
    holds, kept = (0.0, 0.0) if limit <= 0 else spread.up_to_log(log(limit))
    ratio = kept / holds if holds > 0 else 1.0
    worth = holds * (1.0 - case.cost_ratio(memory_mb, ratio)) - (1.0 - holds) * REGRET
    return _Step(memory_mb, spread, worth, holds)


def _p99_ms(step: _Step, case: Case) -> float:
    """Return the p99 at the far end of the forecast."""
    return case.p99_ms * step.spread.quantile(FAR_OUT)


def _told(desk: _Desk, memory_mb: int, spread: Spread, step: _Step | None) -> SizeForecast:
    case = desk.case
    low, high = narrowest(spread, desk.mass)
    expected = min(max(spread.mean, low), high)
    return SizeForecast(
        memory_mb=memory_mb,
        slowdown=Interval(low=low, expected=expected, high=high),
        duration_p95_ms=Interval(
            low=case.p95_ms * low, expected=case.p95_ms * expected, high=case.p95_ms * high
        ),
        cost=_cost(desk, memory_mb, (low, expected, high)),
        holds=None if step is None else round(step.holds, 2),
        why_not=None if step is None else _why_not(step, desk),
    )


def _cost(desk: _Desk, memory_mb: int, ratios: tuple[float, float, float]) -> Interval:
    low, expected, high = (desk.case.cost_ratio(memory_mb, ratio) for ratio in ratios)
    return Interval(low=low, expected=expected, high=high)


def _why_not(step: _Step, desk: _Desk) -> str | None:
    """Say what keeps one size from being proposed; None: nothing."""
    case, bounds = desk.case, desk.bounds
    if step.memory_mb in desk.left:
        return "it was there before"
    needed = max(desk.needed, WHERE_PRESSED if step.memory_mb < PRESSED_MB else 0.0)
    if step.holds < needed:
        return (
            f"it would stay within {bounds.max_slowdown:.0%} slowdown and save "
            f"{bounds.min_saving:.0%} with a chance of {step.holds:.0%}; {needed:.0%} is asked"
        )
    if step.memory_mb < case.memory_mb and _p99_ms(step, case) > case.timeout_ms / 2:
        return f"its p99 could reach {_p99_ms(step, case):,.0f} ms, over half the timeout"
    low, high = narrowest(step.spread, desk.mass)
    if case.cost_ratio(step.memory_mb, high) - case.cost_ratio(step.memory_mb, low) > WIDEST:
        return "what it saves cannot be told closely enough"
    return None


def _abstain(desk: _Desk, steps: Sequence[_Step]) -> Abstention:
    """Say why nothing is proposed, and what is at stake where that is for want of evidence."""
    case, bounds = desk.case, desk.bounds
    floors = bounds.floors(case)
    lowest = max(floors.values())
    curve = _curve(desk, steps, None)
    if lowest >= case.memory_mb and not any(step.worth > 0 for step in steps):
        binding = next(name for name, floor in floors.items() if floor == lowest)
        return Abstention(
            reason=f"no smaller size is safe: {binding} asks for {lowest} MB", curve=curve
        )
    others = (told for told in curve.forecasts if told.memory_mb != case.memory_mb)
    hoped = max((1.0 - told.cost.low for told in others), default=0.0)
    if hoped < bounds.min_saving:
        return Abstention(
            reason=f"no size within one step would save {bounds.min_saving:.0%}", curve=curve
        )
    if not steps:
        return Abstention(reason="no size is within one step", curve=curve)
    nearest = max(steps, key=lambda step: (step.memory_mb not in desk.left, step.holds))
    return Abstention(
        reason=f"no step is likely enough to hold; the likeliest is {nearest.memory_mb} MB: "
        f"{_why_not(nearest, desk)}",
        curve=curve,
        at_stake_usd_month=round(case.cost_usd_month * hoped, 2),
    )


def _raise_starved(desk: _Desk) -> Recommendation | Abstention:
    """Propose the longest step up: how much it wants cannot be seen while it has too little."""
    highest = desk.bounds.highest(desk.case)
    if highest <= desk.case.memory_mb:
        return Abstention(
            reason=f"it uses all of its {desk.case.memory_mb} MB, and no larger size is allowed"
        )
    step = _step(desk, highest)
    return _recommend(desk, [step], step)


def _recommend(desk: _Desk, steps: Sequence[_Step], best: _Step) -> Recommendation:
    case = desk.case
    told = _told(desk, best.memory_mb, best.spread, None)
    cost, slowdown, p95 = told.cost, told.slowdown, told.duration_p95_ms
    usd, p99_ms = case.cost_usd_month, _p99_ms(best, case)
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
        predicted_p99_ms=round(p99_ms, 1),
        reasons=(
            _need(case),
            *_basis(desk),
            f"predicted duration {slowdown.expected:.2f} x ({slowdown.low:.2f} to "
            f"{slowdown.high:.2f}): p95 {case.p95_ms:.0f} ms to {p95.expected:.0f} ms "
            f"({p95.low:.0f} to {p95.high:.0f})",
            f"predicted cost {cost.expected:.2f} x ({cost.low:.2f} to {cost.high:.2f})",
            _chance(desk, best),
            f"at worst p99 {p99_ms:.0f} ms of {case.timeout_ms:.0f} ms timeout",
            f"costs {usd:.2f} USD a month now, at list price",
        ),
        curve=_curve(desk, steps, best),
        max_duration_ratio=None if case.is_starved else desk.allowed,
        cost_usd_month=case.compute_usd_month,
    )


def _need(case: Case) -> str:
    used = f"peak memory {case.peak_mb:g} MB of {case.memory_mb} MB"
    return f"{used}: starved, it may want more" if case.is_starved else used


def _chance(desk: _Desk, best: _Step) -> str:
    if desk.case.is_starved:
        return "raised because it is starved, whatever it costs"
    return (
        f"chance to hold {best.holds:.0%}: at most {desk.bounds.max_slowdown:.0%} slower than "
        f"before its first step, and {desk.bounds.min_saving:.0%} cheaper"
    )


def _curve(desk: _Desk, steps: Sequence[_Step], chosen: _Step | None) -> MemoryCurve:
    """Tell of every third size, of the present one and of the chosen one."""
    case = desk.case
    shown = {step.memory_mb: step for step in steps[::3]}
    if chosen is not None:
        shown[chosen.memory_mb] = chosen
    now = forecast(desk.beliefs, case.memory_mb, case.memory_mb)
    told = [_told(desk, case.memory_mb, now, None)]
    told += [_told(desk, step.memory_mb, step.spread, step) for step in shown.values()]
    return MemoryCurve(
        memory_mb=case.memory_mb,
        chosen_mb=None if chosen is None else chosen.memory_mb,
        points=case.measured,
        forecasts=tuple(sorted(told, key=lambda one: one.memory_mb)),
        basis=_basis(desk),
    )


def _basis(desk: _Desk) -> tuple[str, ...]:
    """Say what the forecast is based on."""
    case = desk.case
    runs = ", ".join(f"{look.memory_mb}" for look in desk.beliefs.looks)
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
