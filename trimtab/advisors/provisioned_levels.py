"""Which level is worth its price in each slot, and which with only so many changes a day?

Another environment is worth having in a slot if it is busy for at least a *price*, a share of the
time: the break-even where cost alone decides, less where spillover is bounded, and the same in all
slots, because then nothing can be shifted between two slots at a gain (a Lagrange multiplier).
With limited changes the best segments are found by dynamic programming over slot, level and
changes made that day. No I/O.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, exp, inf, log

from trimtab.advisors.provisioned_demand import DAYS, TypicalWeek
from trimtab.advisors.provisioned_terms import ScheduleTerms

LOWEST_PRICE = 0.02
"""Nothing is provisioned for what happens less often than that: chosen, not measured."""
HALVINGS = 10
CANDIDATES = 24
"""Levels that segments are chosen from; where demand has more they lie closer where it is more
often."""
ROOM = 1.1
"""One level is tried so much above the highest that a slot alone would have: where few changes are
left, spillover elsewhere is made up for."""
CHANGE_WORTH = 0.0002
"""What a change must be worth, as a share of the concurrency that a week needs: 50 changes that are
worth just this are 1 % of it. Chosen, so that nobody reads changes that do nothing."""
NEAR = 0.9
"""Segments for a price this near to another are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A level for each slot."""

    levels: tuple[int, ...]
    price: float
    """What its last environments are busy for at least, 0..1 of the time."""


@dataclass(frozen=True, slots=True)
class _Step:
    reached: Sequence[Sequence[float]]
    """By changes made today, then by level: the least cost until here."""
    jumps: Sequence[int]
    """By changes made today: the cheapest level to come from."""
    counts: Sequence[int]
    """By level: how many changes yesterday had; only where a day begins."""


@dataclass(frozen=True, slots=True)
class _Piece:
    slots: tuple[int, ...]
    spilled: tuple[float, ...]
    """By candidate, over all its slots."""


def cheapest(week: TypicalWeek, terms: ScheduleTerms) -> Plan:
    """Return the cheapest levels that keep the bound on spillover; the nearest to it, if none."""
    needed = week.needed()
    if needed <= 0.0:
        return Plan(levels=(terms.lowest,) * len(week.typical), price=1.0)

    def levels_at(price: float) -> tuple[int, ...]:
        if price > 1.0:
            return (terms.lowest,) * len(week.typical)
        off = week.deviations.quantile(1.0 - price)
        rows = enumerate(zip(week.typical, week.spread, strict=True))
        return tuple(
            _level(week, slot, price, terms, guess=round(typical + off * spread))
            for slot, (typical, spread) in rows
        )

    def spillover_at(price: float) -> float:
        levels = levels_at(price)
        return sum(week.spilled(slot, level) for slot, level in enumerate(levels)) / needed

    price = _highest_price(terms, spillover_at)
    free = Plan(levels=levels_at(price), price=price)
    limit = terms.changes_per_day
    return free if limit is None else _limited(week, terms, free, limit=limit)


def spillover(week: TypicalWeek, levels: Sequence[int]) -> float:
    """Return the share of the concurrency needed that these levels leave to run on demand."""
    spilled = sum(week.spilled(slot, level) for slot, level in enumerate(levels))
    return spilled / max(week.needed(), 1e-12)


def _highest_price(terms: ScheduleTerms, spillover_at: Callable[[float], float]) -> float:
    """Return the highest price at which the bound is kept, or the lowest there is."""
    top = terms.rates.break_even
    if terms.max_spillover >= 1.0 or spillover_at(top) <= terms.max_spillover:
        return top
    low, high = log(LOWEST_PRICE), log(top)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if spillover_at(exp(middle)) <= terms.max_spillover:
            low = middle
        else:
            high = middle
    return exp(low)


def _level(week: TypicalWeek, slot: int, price: float, terms: ScheduleTerms, *, guess: int) -> int:
    """Return the highest level whose last environment is busy for that share of the time."""

    def is_worth(level: int) -> bool:
        return week.spilled(slot, level - 1) - week.spilled(slot, level) >= price

    level = min(max(guess, terms.lowest), terms.highest)
    while level < terms.highest and is_worth(level + 1):
        level += 1
    while level > terms.lowest and not is_worth(level):
        level -= 1
    return level


def _limited(week: TypicalWeek, terms: ScheduleTerms, free: Plan, *, limit: int) -> Plan:
    """Find segments at a price, then the price for them; again, where that is another one."""
    candidates = _candidates(free.levels, terms)
    spilled = [
        [week.spilled(slot, level) for level in candidates] for slot in range(len(week.typical))
    ]
    needed = week.needed()

    def plan_at(price: float) -> Plan:
        toll = CHANGE_WORTH * needed
        chosen = _segmented(spilled, candidates, price=price, limit=limit, toll=toll)
        pieces = _pieces(chosen, spilled)

        def spillover_at(price: float) -> float:
            return sum(piece.spilled[_best(piece, candidates, price)] for piece in pieces) / needed

        settled = _highest_price(terms, spillover_at)
        levels = [0] * len(week.typical)
        for piece in pieces:
            level = candidates[_best(piece, candidates, settled)]
            for slot in piece.slots:
                levels[slot] = level
        return Plan(levels=tuple(levels), price=settled)

    plan = plan_at(free.price)
    return plan if plan.price > NEAR * free.price else plan_at(plan.price)


def _candidates(levels: Sequence[int], terms: ScheduleTerms) -> list[int]:
    """Return levels to choose from: those of the slots alone, and what lies in between."""
    top = min(max(ceil(max(levels) * ROOM), max(levels) + 1), terms.highest)
    low = min(levels)
    if top - low < CANDIDATES:
        return list(range(low, top + 1))
    ordered = sorted(levels)
    share = (len(ordered) - 1) / (CANDIDATES // 2 - 1)
    often = {ordered[round(index * share)] for index in range(CANDIDATES // 2)}
    evenly = {low + round(index * (top - low) / (CANDIDATES // 2)) for index in range(13)}
    return sorted(often | evenly)


def _segmented(
    spilled: Sequence[Sequence[float]],
    candidates: Sequence[int],
    *,
    price: float,
    limit: int,
    toll: float,
) -> list[int]:
    """Return which candidate each slot has: the cheapest week with so many changes in each day.

    Exact, as long as the level around Sunday's midnight is that of the cheapest open week.
    """
    costs = [
        [price * level + off for level, off in zip(candidates, row, strict=True)] for row in spilled
    ]
    chosen = _walk(costs, limit=limit, toll=toll)
    if chosen[0] != chosen[-1]:
        held = min({chosen[0], chosen[-1]}, key=lambda index: costs[0][index] + costs[-1][index])
        chosen = _walk(costs, limit=limit, toll=toll, held=held)
    return chosen


def _walk(
    costs: Sequence[Sequence[float]], *, limit: int, toll: float, held: int | None = None
) -> list[int]:
    """Walk from Monday's midnight to Sunday's; with `held`, that level holds before and after.

    Each change costs the toll.
    """
    width = len(costs[0])
    a_day = max(len(costs) // DAYS, 1)
    start = [0.0 if held is None or index == held else inf for index in range(width)]
    reached = [start] + [[inf] * width for _ in range(limit)]
    steps: list[_Step] = []
    for slot, cost in enumerate(costs):
        counts: list[int] = []
        if slot > 0 and slot % a_day == 0:
            ends = [
                min((so_far, made) for made, so_far in enumerate(c))
                for c in zip(*reached, strict=True)
            ]
            counts = [made for _, made in ends]
            reached = [[so_far for so_far, _ in ends]] + [[inf] * width for _ in range(limit)]
        least = [min(row) for row in reached]
        jumps = [row.index(top) for row, top in zip(reached, least, strict=True)]
        steps.append(_Step(reached, jumps, counts))
        tops = [top + toll for top in least]
        after = [[so_far + here for so_far, here in zip(reached[0], cost, strict=True)]]
        for row, top in zip(reached[1:], tops, strict=False):
            after.append(
                [
                    (so_far if so_far <= top else top) + here
                    for so_far, here in zip(row, cost, strict=True)
                ]
            )
        reached = after
    ends_at = range(width) if held is None else (held,)
    _, made, index = min(
        (row[end], made, end) for made, row in enumerate(reached) for end in ends_at
    )
    return _back(steps, toll=toll, made=made, index=index)


def _back(steps: Sequence[_Step], *, toll: float, made: int, index: int) -> list[int]:
    """Walk back along what was cheapest."""
    chosen: list[int] = []
    for step in reversed(steps):
        chosen.append(index)
        if made > 0:
            jump = step.jumps[made - 1]
            if step.reached[made - 1][jump] + toll < step.reached[made][index]:
                made, index = made - 1, jump
        if step.counts:
            made = step.counts[index]
    return chosen[::-1]


def _pieces(chosen: Sequence[int], spilled: Sequence[Sequence[float]]) -> list[_Piece]:
    """Return the segments of the week; the one over Sunday's midnight is one."""
    runs: list[list[int]] = []
    for slot, index in enumerate(chosen):
        if slot > 0 and index == chosen[slot - 1]:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    if len(runs) > 1 and chosen[0] == chosen[-1]:
        runs[0] = runs.pop() + runs[0]
    return [
        _Piece(tuple(run), tuple(map(sum, zip(*(spilled[slot] for slot in run), strict=True))))
        for run in runs
    ]


def _best(piece: _Piece, candidates: Sequence[int], price: float) -> int:
    """Return the candidate that is cheapest all through this segment."""
    length = price * len(piece.slots)
    costs = [length * level + off for level, off in zip(candidates, piece.spilled, strict=True)]
    return costs.index(min(costs))
