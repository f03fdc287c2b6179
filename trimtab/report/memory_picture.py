"""How does a memory curve look? One drawing as inline SVG: duration above, cost below.

Pure and whole: no script, no file, no style attribute (the pages' policy forbids them). Colours
come from `picture.css` by class; what is measured, forecast, now and chosen also differ in shape,
so that grey paper tells them apart. The words for those who see no picture are its title and
description, and the table beside it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from trimtab.domain.memory_curve import Interval, MeasuredPoint, MemoryCurve, SizeForecast
from trimtab.report import memory_words as said
from trimtab.report.drawing import (
    CHARACTER_PX,
    LEFT,
    RIGHT,
    Panel,
    frame,
    instead,
    text,
    through,
    whole,
)

HEADING_Y, CHOSEN_Y, NOW_Y = 12.0, 31.0, 47.0
"""A line of words for each: now and chosen never cover each other."""
MARKS = 57
DURATION_PX, COST_PX, BETWEEN = 150, 84, 34
AXIS = 38
SMALL, LARGE = 3.0, 6.5
"""Radius of a point of ten invocations or fewer, and of a hundred thousand or more."""

ROOM = 2.5
"""How far above the highest line, point or limit a panel reaches for an interval. What goes
further is cut at the edge, and said to be."""
NOTHING = "nothing is measured or forecast yet"
NO_FORECAST = "not forecast"
CUT = "the band goes on above"
ROOM_FOR_WORDS = 1.12
"""Above the limit, so that its words stand within the panel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A line that the duration has to stay under, as a ratio of now."""

    ratio: float
    label: str


def memory_picture(
    curve: MemoryCurve, *, width_px: int, id_: str, limit: Limit | None = None
) -> str:
    """Draw the curve. `id_` makes the drawing's title its own on a page with several."""
    forecasts = tuple(f for f in curve.forecasts if _is_drawable(f))
    points = tuple(p for p in curve.points if _is_point(p))
    sizes = sorted({f.memory_mb for f in forecasts} | {p.memory_mb for p in points} | _ours(curve))
    x = _across(sizes, width_px)
    duration = Panel(
        top=MARKS, height=DURATION_PX, most=_most_ms(curve, forecasts, points, limit), x=x
    )
    cost = Panel(top=duration.bottom + BETWEEN, height=COST_PX, most=_most_cost(forecasts), x=x)
    parts = (
        *_duration(duration, curve, forecasts, points, limit, width_px),
        *_cost(cost, forecasts, width_px),
        *_headings(cost, width_px),
        *_sizes(sizes, cost, width_px),
        *_marks(curve, duration, cost, width_px),
    )
    return whole(
        parts,
        width_px=width_px,
        height_px=cost.bottom + AXIS,
        id_=id_,
        title="Duration and cost over memory",
        told=said.in_words(curve),
    )


def _ours(curve: MemoryCurve) -> set[int]:
    return {m for m in (curve.memory_mb, curve.chosen_mb) if m is not None and m > 0}


def _is_drawable(forecast: SizeForecast) -> bool:
    both = (forecast.duration_p95_ms, forecast.cost)
    return forecast.memory_mb > 0 and all(map(math.isfinite, (n for i in both for n in _ends(i))))


def _ends(interval: Interval) -> tuple[float, float, float]:
    return (interval.low, interval.expected, interval.high)


def _is_point(point: MeasuredPoint) -> bool:
    return point.memory_mb > 0 and math.isfinite(_measured_ms(point))


def _measured_ms(point: MeasuredPoint) -> float:
    return point.duration_mean_ms if point.duration_p95_ms is None else point.duration_p95_ms


def _across(sizes: Sequence[int], width_px: int) -> Callable[[float], float]:
    """Return where a size stands: each doubling is as wide as the next."""
    low, high = (math.log2(s) for s in ((sizes[0], sizes[-1]) if sizes else (128, 10240)))
    room = max((high - low) * 0.06, 0.12)
    low, high = low - room, high + room
    span = width_px - LEFT - RIGHT
    return lambda size: LEFT + span * (math.log2(size) - low) / (high - low)


def _most_ms(
    curve: MemoryCurve,
    forecasts: Sequence[SizeForecast],
    points: Sequence[MeasuredPoint],
    limit: Limit | None,
) -> float:
    lines = [f.duration_p95_ms.expected for f in forecasts] + [_measured_ms(p) for p in points]
    at_limit = (_limit_ms(curve, limit) or 0.0) * ROOM_FOR_WORDS
    return _edge([*lines, at_limit], (f.duration_p95_ms for f in forecasts))


def _most_cost(forecasts: Sequence[SizeForecast]) -> float:
    return _edge([1.0, *(f.cost.expected for f in forecasts)], (f.cost for f in forecasts))


def _edge(lines: Sequence[float], intervals: Iterator[Interval]) -> float:
    """Return the value of a panel's upper edge, a little above what it shows."""
    highest = max(lines, default=0.0)
    widest = max((i.high for i in intervals), default=0.0)
    return max(highest, min(widest, highest * ROOM)) * 1.06 or 1.0


def _limit_ms(curve: MemoryCurve, limit: Limit | None) -> float | None:
    now = said.now_ms(curve)
    if limit is None or not now or not math.isfinite(limit.ratio):
        return None
    return now * limit.ratio


def _duration(
    panel: Panel,
    curve: MemoryCurve,
    forecasts: Sequence[SizeForecast],
    points: Sequence[MeasuredPoint],
    limit: Limit | None,
    width_px: int,
) -> Iterator[str]:
    if not forecasts and not points:
        yield instead(panel, NOTHING, width_px)
        return
    yield from frame(panel, said.milliseconds, width_px)
    yield from _band(panel, [(f.memory_mb, f.duration_p95_ms) for f in forecasts])
    at_limit = _limit_ms(curve, limit)
    if limit is not None and at_limit is not None:
        y = panel.y(at_limit)
        yield f'<path class="limit" d="M{LEFT} {y:.1f}H{width_px - RIGHT}"/>'
        yield text(width_px - RIGHT, y - 5, limit.label, "limit-label", anchor="end")
    for point in points:
        kind = "point" if point.duration_p95_ms is not None else "point mean"
        yield (
            f'<circle class="{kind}" cx="{panel.x(point.memory_mb):.1f}" '
            f'cy="{panel.y(_measured_ms(point)):.1f}" r="{_radius(point.invocations):.1f}"/>'
        )


def _cost(panel: Panel, forecasts: Sequence[SizeForecast], width_px: int) -> Iterator[str]:
    if not forecasts:
        yield instead(panel, NO_FORECAST, width_px)
        return
    yield from frame(panel, lambda ratio: f"{ratio * 100:,.0f} %", width_px)
    yield from _band(panel, [(f.memory_mb, f.cost) for f in forecasts])
    yield f'<path class="as-now" d="M{LEFT} {panel.y(1.0):.1f}H{width_px - RIGHT}"/>'


def _radius(invocations: int) -> float:
    share = (math.log10(max(invocations, 10)) - 1) / 4
    return SMALL + (LARGE - SMALL) * min(share, 1.0)


def _band(panel: Panel, rows: Sequence[tuple[int, Interval]]) -> Iterator[str]:
    """Draw the interval and the line in it; of a single size a bar and a dash."""
    if not rows:
        return
    if any(interval.high > panel.most for _, interval in rows):
        yield text(LEFT + 4, panel.top + 12, CUT, "limit-label")
    if len(rows) == 1:
        ((size, only),) = rows
        x, low, high = panel.x(size), panel.y(only.low), panel.y(only.high)
        yield f'<path class="bar" d="M{x:.1f} {low:.1f}V{high:.1f}"/>'
        yield f'<path class="line" d="M{x - 7:.1f} {panel.y(only.expected):.1f}h14"/>'
        return
    above = [(panel.x(s), panel.y(i.high)) for s, i in rows]
    below = [(panel.x(s), panel.y(i.low)) for s, i in rows]
    middle = [(panel.x(s), panel.y(i.expected)) for s, i in rows]
    yield f'<path class="band" d="M{through([*above, *reversed(below)])}Z"/>'
    yield f'<path class="edge" d="M{through(above)}M{through(below)}"/>'
    yield f'<path class="line" d="M{through(middle)}"/>'


def _headings(cost: Panel, width_px: int) -> Iterator[str]:
    yield text(0, HEADING_Y, "p95 run time", "heading")
    yield text(0, cost.top - 10, "cost of an invocation, now = 100 %", "heading")
    middle = (LEFT + width_px - RIGHT) / 2
    yield text(middle, cost.bottom + 34, "memory in MB", "heading", anchor="middle")


def _sizes(sizes: Sequence[int], cost: Panel, width_px: int) -> Iterator[str]:
    """Write the sizes below: doublings, or where no two are in the frame the sizes themselves.
    Words that would touch the ones before are left out.
    """
    x = cost.x
    doublings = [128 * 2**n for n in range(7)] + [10240]
    shown = [s for s in doublings if LEFT <= x(s) <= width_px - RIGHT]
    last = 0.0
    for size in shown if len(shown) > 1 else sizes:
        words = f"{size:,}"
        half = len(words) * CHARACTER_PX / 2
        at = x(size)
        yield f'<path class="tick-mark" d="M{at:.1f} {cost.bottom:.1f}v4"/>'
        if at - half < last or at + half > width_px:
            continue
        last = at + half + 4
        yield text(at, cost.bottom + 17, words, "tick", anchor="middle")


def _marks(curve: MemoryCurve, duration: Panel, cost: Panel, width_px: int) -> Iterator[str]:
    """Mark the size it has and the size that is proposed, through both panels."""
    marks = (("now", curve.memory_mb, NOW_Y), ("chosen", curve.chosen_mb, CHOSEN_Y))
    for kind, size, y in marks:
        if size is None or size <= 0:
            continue
        at = duration.x(size)
        words = f"{kind} {size:,} MB"
        half = len(words) * CHARACTER_PX / 2
        middle = min(max(at, half + 2), width_px - half - 2)
        yield (
            f'<path class="mark {kind}" d="M{at:.1f} {y + 5:.1f}V{duration.bottom:.1f}'
            f'M{at:.1f} {cost.top:.1f}V{cost.bottom:.1f}"/>'
        )
        yield text(middle, y, words, f"mark-label {kind}", anchor="middle")
    chosen = None if curve.chosen_mb is None else curve.at(curve.chosen_mb)
    if chosen is not None and _is_drawable(chosen):
        for panel, value in ((duration, chosen.duration_p95_ms), (cost, chosen.cost)):
            px, py = panel.x(chosen.memory_mb), panel.y(value.expected)
            yield f'<path class="diamond" d="M{px:.1f} {py - 7:.1f}l7 7l-7 7l-7 -7Z"/>'
