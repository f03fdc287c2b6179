"""How does a week of provisioned concurrency look? Demand, today's level, the proposal, the costs.

Pure and whole, like `memory_picture`: no script, no style attribute. What is needed, not often
exceeded, had now and proposed also differ in shape (an area, dots, dashes, a thick line), so that
grey paper tells them apart.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from trimtab.domain.provisioned import MINUTES_PER_WEEK, WeeklySchedule
from trimtab.domain.week import MINUTES_PER_DAY, holds_at, minute_of
from trimtab.report import provisioned_words as said
from trimtab.report.drawing import (
    CHARACTER_PX,
    LEFT,
    RIGHT,
    Panel,
    frame,
    instead,
    text,
    whole,
)
from trimtab.report.figures import amount
from trimtab.report.provisioned_words import DAYS, Shown

KEY_TOP, KEY_ROW, SWATCH = 30.0, 18.0, 26.0
WEEK_PX, AXIS, BAR_ROW, BAR_PX = 150.0, 58.0, 24.0, 12.0
HEADING_Y = 12.0
MOST_SLOTS = 336
"""Half hours of a week: what is finer is drawn by means, and the high line by maxima."""
BARS_LEFT = 80.0
"""Room for the words before the bars."""
BOLD_PX = 8.6
"""Of the figures behind them, about."""
MIN_WAYS = 2
"""Now and on demand."""
ROOM = 1.08
NOTHING = "it is not known what was needed"

Run = Sequence[tuple[float, float, float]]
"""Slots in a row whose value is known: (from minute, to minute, value)."""


def provisioned_picture(seen: Shown, *, width_px: int, id_: str) -> str:
    """Draw a week. `id_` makes the drawing's title its own on a page with several."""
    keys = tuple(_keys(seen))
    week = Panel(
        top=KEY_TOP + KEY_ROW * len(keys),
        height=WEEK_PX,
        most=_most(seen),
        x=lambda minute: LEFT + (width_px - LEFT - RIGHT) * minute / MINUTES_PER_WEEK,
    )
    rows = said.outlooks(seen)
    costs_at = week.bottom + AXIS
    parts = (
        text(0, HEADING_Y, "environments, over a week", "heading"),
        *_key(keys),
        *_days(week),
        *_week(week, seen, width_px),
        _clock(seen, week, width_px),
        *_costs(seen, rows, costs_at, width_px),
    )
    return whole(
        parts,
        width_px=width_px,
        height_px=costs_at + 20 + BAR_ROW * len(rows),
        id_=id_,
        title="Provisioned concurrency over a week, and what it costs",
        told=said.in_words(seen),
    )


def _keys(seen: Shown) -> Iterator[tuple[str, str]]:
    """Return a shape and its words, one a line."""
    yield "needed", "needed, typically"
    yield "high", "not often exceeded"
    yield "now-level", f"now: {said.now_level(seen.advice)}"
    if seen.after is not None:
        yield "line", f"proposed: {said.proposed_level(seen)}"
    if seen.schedule is not None and _is_moving(seen.schedule):
        yield "at-most", "at most, by target tracking"


def _key(keys: Sequence[tuple[str, str]]) -> Iterator[str]:
    for number, (kind, words) in enumerate(keys):
        y = KEY_TOP + KEY_ROW * number
        shape = f"M0 {y - 8:.1f}h{SWATCH:g}v8h-{SWATCH:g}Z"
        line = f"M0 {y - 4:.1f}h{SWATCH:g}"
        yield f'<path class="{kind}" d="{shape if kind == "needed" else line}"/>'
        yield text(SWATCH + 8, y, words, "tick")


def _is_moving(schedule: WeeklySchedule) -> bool:
    return any(c.maximum > c.minimum for c in schedule.changes)


def _most(seen: Shown) -> float:
    """Return the value of the upper edge, a little above all that is drawn."""
    schedule = seen.schedule
    values = [
        *seen.demand,
        *seen.demand_high,
        *(float(c.maximum) for c in (() if schedule is None else schedule.changes)),
        float(seen.level or 0),
        _now(seen),
    ]
    return max((v for v in values if math.isfinite(v)), default=0.0) * ROOM or 1.0


def _now(seen: Shown) -> float:
    level = seen.advice.level
    return seen.advice.now.level_mean if level is None else float(level)


def _week(panel: Panel, seen: Shown, width_px: int) -> Iterator[str]:
    if not any(map(math.isfinite, seen.demand)):
        yield instead(panel, NOTHING, width_px)
        return
    yield from frame(panel, amount, width_px)
    typical, high = _slots(seen.demand, _mean), _slots(seen.demand_high, max)
    for run in _runs(typical):
        first, last = panel.x(run[0][0]), panel.x(run[-1][1])
        yield (
            f'<path class="needed" d="M{first:.1f} {panel.bottom:.1f}{_stairs(panel, run)}'
            f'L{last:.1f} {panel.bottom:.1f}Z"/>'
        )
    for run in _runs(high):
        yield f'<path class="high" d="M{_stairs(panel, run)[1:]}"/>'
    if math.isfinite(_now(seen)):
        yield f'<path class="now-level" d="M{LEFT} {panel.y(_now(seen)):.1f}H{width_px - RIGHT}"/>'
    yield from _proposed(panel, seen, width_px)


def _proposed(panel: Panel, seen: Shown, width_px: int) -> Iterator[str]:
    schedule = seen.schedule
    if schedule is not None:
        if _is_moving(schedule):
            highest = _stairs(panel, _levels(schedule, is_maximum=True))
            yield f'<path class="at-most" d="M{highest[1:]}"/>'
        lowest = _stairs(panel, _levels(schedule, is_maximum=False))
        yield f'<path class="line" d="M{lowest[1:]}"/>'
    elif seen.level is not None:
        yield f'<path class="line" d="M{LEFT} {panel.y(seen.level):.1f}H{width_px - RIGHT}"/>'


def _levels(schedule: WeeklySchedule, *, is_maximum: bool) -> Run:
    """Return the stretches of a schedule between its changes."""
    edges = sorted({0, MINUTES_PER_WEEK, *map(minute_of, schedule.changes)})
    found = []
    for start, end in pairwise(edges):
        change = holds_at(schedule, start)
        found.append((start, end, change.maximum if is_maximum else change.minimum))
    return found


def _slots(values: Sequence[float], merge: Callable[[Sequence[float]], float]) -> Run:
    """Return the slots of a week, several in one where there are more than can be seen."""
    many = math.ceil(len(values) / MOST_SLOTS) or 1
    wide = MINUTES_PER_WEEK / max(len(values), 1)
    return [
        (at * wide, min(at + many, len(values)) * wide, merge(values[at : at + many]))
        for at in range(0, len(values), many)
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _runs(slots: Run) -> Iterator[Run]:
    """Return what is known in a row; a value that is no number ends it."""
    run: list[tuple[float, float, float]] = []
    for slot in slots:
        if math.isfinite(slot[2]):
            run.append(slot)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _stairs(panel: Panel, run: Run) -> str:
    """Return a path that keeps each value over its whole stretch: 'L0.0 5.0H2.0V7.0H4.0'."""
    path, before = "", None
    for start, end, value in run:
        y = f"{panel.y(value):.1f}"
        if before is None:
            path = f"L{panel.x(start):.1f} {y}"
        elif y != before:
            path += f"V{y}"
        path += f"H{panel.x(end):.1f}"
        before = y
    return path


def _days(panel: Panel) -> Iterator[str]:
    """Write the weekdays below, with a mark at midnight and a shorter one at noon."""
    for day, name in enumerate((*DAYS, "")):
        at = panel.x(day * MINUTES_PER_DAY)
        yield f'<path class="tick-mark" d="M{at:.1f} {panel.top:.1f}V{panel.bottom + 8:.1f}"/>'
        if name:
            noon = panel.x((day + 0.5) * MINUTES_PER_DAY)
            yield f'<path class="tick-mark" d="M{noon:.1f} {panel.bottom:.1f}v4"/>'
            yield text(noon, panel.bottom + 17, name, "tick", anchor="middle")


def _clock(seen: Shown, panel: Panel, width_px: int) -> str:
    """Say whose time it is, in as far as that fits."""
    words = "UTC" if seen.schedule is None else f"local time, {seen.schedule.timezone}"
    if len(words) * CHARACTER_PX > width_px - LEFT - RIGHT:
        words = "local time"
    middle = (LEFT + width_px - RIGHT) / 2
    return text(middle, panel.bottom + 34, words, "heading", anchor="middle")


def _costs(
    seen: Shown, rows: Sequence[said.OutlookRow], top: float, width_px: int
) -> Iterator[str]:
    """Draw what each way costs, as bars with their words."""
    advice = seen.advice
    outlooks = (advice.now, *((advice.proposed,) if len(rows) > MIN_WAYS else ()), advice.on_demand)
    known = [o.cost_usd_month for o in outlooks if math.isfinite(o.cost_usd_month)]
    most = max((usd for usd in known if usd > 0), default=1.0)
    longest = max(len(row.cost.removesuffix(" a month")) for row in rows)
    room = width_px - BARS_LEFT - 10 - BOLD_PX * longest
    yield text(0, top + 8, "cost a month", "heading")
    for number, (row, outlook) in enumerate(zip(rows, outlooks, strict=True)):
        way, _, _ = row.way.partition(":")
        y = top + 20 + BAR_ROW * number
        wide = 0.0
        if math.isfinite(outlook.cost_usd_month):
            wide = max(outlook.cost_usd_month, 0.0) / most * room
            kind = way.replace(" ", "-")
            yield (
                f'<path class="cost {kind}" '
                f'd="M{BARS_LEFT:g} {y:.1f}h{wide:.1f}v{BAR_PX:g}h-{wide:.1f}Z"/>'
            )
        yield text(0, y + 10, way, "tick")
        cost = row.cost.removesuffix(" a month")
        yield text(BARS_LEFT + wide + 6, y + 10, cost, "cost-label")
