"""What do we say of a memory curve? The same in a page, an email and on the command line."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from trimtab.domain.memory_curve import Interval, MeasuredPoint, MemoryCurve, SizeForecast
from trimtab.report import words
from trimtab.report.figures import amount

NINE_OF_TEN = "nine times in ten"
FEW_MS = 10.0
"""Below it a run time is told with decimals: 1 ms and 1.4 ms are not the same."""
WHOLE_SECONDS_FROM_MS = 100_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeTerms:
    """What the policy asks of a size, as far as it is known."""

    max_slowdown: float | None = None
    max_step: float | None = None
    least_mb: float | None = None
    """The peak with its headroom."""


NO_TERMS = SizeTerms()


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRow:
    """One size, in words."""

    size: str
    mark: str
    """'now', 'chosen', or nothing."""
    duration: str
    cost: str
    measured: str
    why_not: str


def milliseconds(duration_ms: float) -> str:
    """Return a run time with as many digits as mean something: '0.8 ms', '431 ms', '12.5 s'."""
    if abs(duration_ms) < FEW_MS:
        return f"{amount(round(duration_ms, 1))} ms"
    if duration_ms >= WHOLE_SECONDS_FROM_MS:
        return f"{duration_ms / 1000:,.0f} s"
    return words.milliseconds(duration_ms)


def now_ms(curve: MemoryCurve) -> float | None:
    """Return the p95 run time at the size it has; None: it is neither forecast nor measured."""
    at = curve.at(curve.memory_mb)
    if at is not None and math.isfinite(at.duration_p95_ms.expected):
        return at.duration_p95_ms.expected
    measured = (p.duration_p95_ms for p in curve.points if p.memory_mb == curve.memory_mb)
    return next((ms for ms in measured if ms is not None and math.isfinite(ms)), None)


def between(interval: Interval, *, in_: str) -> str:
    """Return an interval: '431 ms (410 to 470 ms)'; `in_` is 'ms', or '%' of now."""
    say = milliseconds if in_ == "ms" else _percent
    if not all(map(math.isfinite, (interval.low, interval.expected, interval.high))):
        return "not known"
    low, high = say(interval.low), say(interval.high)
    return f"{say(interval.expected)} ({low} to {high})"


def _percent(ratio: float) -> str:
    return f"{ratio * 100:,.0f} %"


def forecast(curve: MemoryCurve | None) -> tuple[str, ...]:
    """Return what is predicted at the chosen size, and what that is based on; none where there is
    no curve, or it says nothing of that size.
    """
    at = None if curve is None or curve.chosen_mb is None else curve.at(curve.chosen_mb)
    if curve is None or at is None:
        return ()
    now = now_ms(curve)
    than = "" if now is None else f"; {milliseconds(now)} now"
    size = words.memory(at.memory_mb)
    return (
        f"p95 run time at {size}: {_told(at.duration_p95_ms, milliseconds)}{than}.",
        f"Cost of an invocation at {size}: {_told(at.cost, _percent)}; 100 % is now. "
        f"{based_on(curve)}",
    )


def _told(interval: Interval, say: Callable[[float], str]) -> str:
    return (
        f"{say(interval.expected)} predicted, {NINE_OF_TEN} {say(interval.low)} to "
        f"{say(interval.high)}"
    )


def based_on(curve: MemoryCurve) -> str:
    """Return what the forecast rests on. Nothing is said to be nothing."""
    lines = "; ".join(words.inert(line) for line in curve.basis)
    return f"Based on: {lines}." if lines else "It is not said what that is based on."


def in_words(curve: MemoryCurve) -> str:
    """Return the drawing in words, for those who do not see it."""
    said = [f"It has {words.memory(curve.memory_mb)}."]
    if curve.chosen_mb is None:
        said.append("No size is chosen.")
    else:
        said.append(f"Chosen is {words.memory(curve.chosen_mb)}.")
    said.extend(forecast(curve))
    count = words.count(len(curve.points), "size was", "sizes were")
    said.append(f"{count} measured, {words.count(len(curve.forecasts), 'size')} forecast.")
    return " ".join(said)


def rows(curve: MemoryCurve, terms: SizeTerms = NO_TERMS) -> tuple[SizeRow, ...]:
    """Return every size that is forecast, measured, had or chosen, smallest first."""
    sizes = {f.memory_mb for f in curve.forecasts} | {p.memory_mb for p in curve.points}
    sizes |= {size for size in (curve.memory_mb, curve.chosen_mb) if size is not None}
    return tuple(_row(curve, size, terms) for size in sorted(sizes))


def _row(curve: MemoryCurve, size: int, terms: SizeTerms) -> SizeRow:
    at = curve.at(size)
    marks = {curve.memory_mb: "now", curve.chosen_mb: "chosen"}
    return SizeRow(
        size=words.memory(size),
        mark=marks.get(size, ""),
        duration="" if at is None else between(at.duration_p95_ms, in_="ms"),
        cost="" if at is None else between(at.cost, in_="%"),
        measured="; ".join(_measured(p) for p in curve.points if p.memory_mb == size),
        why_not="" if at is None or size in marks else why_not(curve, at, terms),
    )


def _measured(point: MeasuredPoint) -> str:
    p95 = "" if point.duration_p95_ms is None else f"p95 {milliseconds(point.duration_p95_ms)}, "
    day = "" if point.measured_at is None else f", {point.measured_at:%Y-%m-%d}"
    return (
        f"{p95}mean {milliseconds(point.duration_mean_ms)} of "
        f"{words.count(point.invocations, 'invocation')} ({words.inert(point.source)}{day})"
    )


def why_not(curve: MemoryCurve, at: SizeForecast, terms: SizeTerms) -> str:
    """Return why this size is not the chosen one: as the advisor says, or as far as curve and
    policy tell.
    """
    if at.why_not is not None:
        return at.why_not
    if terms.least_mb is not None and at.memory_mb < terms.least_mb:
        return f"below {words.memory(math.ceil(terms.least_mb))}, the peak with its headroom"
    if terms.max_slowdown is not None and at.slowdown.high > 1 + terms.max_slowdown:
        slower, allowed = _percent(at.slowdown.high - 1), _percent(terms.max_slowdown)
        return f"may be {slower} slower; allowed are {allowed}"
    if terms.max_step is not None and at.memory_mb < curve.memory_mb * (1 - terms.max_step):
        return f"more than one step away: at most {_percent(terms.max_step)} at a time"
    chosen = None if curve.chosen_mb is None else curve.at(curve.chosen_mb)
    if chosen is not None and at.cost.expected > chosen.cost.expected:
        return "costs more than the chosen size"
    if chosen is None and at.cost.expected >= 1:
        return "costs no less than now"
    return "see the reasons"
