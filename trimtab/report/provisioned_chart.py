"""How does a week of provisioned concurrency look in a terminal? A row of blocks for each day."""

import math
from collections.abc import Iterator, Sequence

from trimtab.domain.provisioned import MINUTES_PER_WEEK
from trimtab.domain.week import DAYS_PER_WEEK, MINUTES_PER_DAY, holds_at
from trimtab.report.figures import amount
from trimtab.report.provisioned_words import DAYS, Shown

BLOCKS = " \N{LOWER ONE EIGHTH BLOCK}\N{LOWER ONE QUARTER BLOCK}\N{LOWER THREE EIGHTHS BLOCK}" + (
    "\N{LOWER HALF BLOCK}\N{LOWER FIVE EIGHTHS BLOCK}\N{LOWER THREE QUARTERS BLOCK}"
    "\N{LOWER SEVEN EIGHTHS BLOCK}\N{FULL BLOCK}"
)
UNKNOWN = "?"
PER_DAY = 48
"""Characters of a day: half hours."""
LABEL = 13
CLOCK = "".join(f"{hour:02}:00".ljust(PER_DAY // 4) for hour in (0, 6, 12, 18))


def chart(seen: Shown) -> tuple[str, ...]:
    """Return a typical week of what is needed, and what is proposed below each day."""
    needed, proposed = _needed(seen), _proposed(seen)
    most = max((v for v in (*needed, *proposed) if math.isfinite(v)), default=0.0)
    zone = "UTC" if seen.schedule is None else "local time"
    head = f"a full block is {amount(round(most, 1))} environments; {zone}"
    return (head, " " * LABEL + CLOCK.rstrip(), *_days(needed, proposed, most))


def _days(needed: Sequence[float], proposed: Sequence[float], most: float) -> Iterator[str]:
    for day in range(DAYS_PER_WEEK):
        here = slice(day * PER_DAY, (day + 1) * PER_DAY)
        yield _row(f"{DAYS[day]} needed", needed[here], most)
        if proposed:
            yield _row("    proposed", proposed[here], most)


def _row(label: str, values: Sequence[float], most: float) -> str:
    return (label.ljust(LABEL) + "".join(_block(value, most) for value in values)).rstrip()


def _block(value: float, most: float) -> str:
    """Return a block as high as its share of the highest; what is there is never drawn as none."""
    if not math.isfinite(value):
        return UNKNOWN
    if value <= 0 or most <= 0:
        return BLOCKS[0]
    return BLOCKS[max(1, round(value / most * (len(BLOCKS) - 1)))]


def _needed(seen: Shown) -> tuple[float, ...]:
    """Return the typical demand of each half hour; None of it known is a question mark each."""
    demand = seen.demand
    if not demand:
        return (math.nan,) * (PER_DAY * DAYS_PER_WEEK)
    return tuple(_mean(_part(demand, at)) for at in range(PER_DAY * DAYS_PER_WEEK))


def _part(demand: Sequence[float], at: int) -> Sequence[float]:
    """Return the slots within a half hour: at least the one that holds then."""
    wide = len(demand) / (PER_DAY * DAYS_PER_WEEK)
    first = int(at * wide)
    return demand[first : max(first + 1, int((at + 1) * wide))]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _proposed(seen: Shown) -> tuple[float, ...]:
    """Return the level of each half hour, at its end; empty where none is proposed."""
    if seen.schedule is not None:
        wide = MINUTES_PER_DAY // PER_DAY
        ends = range(wide - 1, MINUTES_PER_WEEK, wide)
        return tuple(float(holds_at(seen.schedule, end).minimum) for end in ends)
    if not seen.level:
        return ()
    return (float(seen.level),) * (PER_DAY * DAYS_PER_WEEK)
