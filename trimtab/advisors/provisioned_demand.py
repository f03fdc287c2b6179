"""What does each slot of a week need? Weeks of demand → a typical week, and how far off it may be.

Weeks are counted back from the end of what is known, slots in local time. The typical week is the
shape of all weeks, recent ones and days alike weighing more, at the height of the last week; how
far off it may be is what each week was off from the others at the height of the week before it.
Days unlike any other of their weekday are left out. No I/O.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, log
from statistics import fmean, median
from zoneinfo import ZoneInfo

from trimtab.domain.provisioned import MINUTES_PER_WEEK, Demand

MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
DAYS = 7
WEEKS_READ = 8
"""Older ones say little: chosen, not measured."""
WEEKS_NEEDED = 2
KNOWN_SHARE = 0.9
"""Of two weeks so much must be known; a few lost hours do no harm. Chosen, not measured."""

RECENCY = 0.8
"""Weight of a week for the shape, against the next newer one. This and the five below were chosen
on the training weeks of M4, the last one forecast from those before: tests/evaluation/provisioned.
Half as much or twice as much hardly matters."""
FADING = 0.7
"""Weight of the errors of a week, against those of the next newer one."""
FIRST = 0.2
"""Weight of the errors of the first week that there is a forecast for: it is from one week only."""
ALIKE = 1 / 3
"""Share of the pairs of days whose courses count as alike: two thirds of a week's are not of the
same kind where weekdays and the weekend differ."""
EVENNESS = 0.1
"""How much of the spread of a slot is that of the whole week."""
ODD = 8.0
"""From how many usual deviations on a day is odd."""
LEVEL_SWING = 2.0
"""The height of one week counts up to so many times, or so many times less than, the usual one."""


@dataclass(frozen=True, slots=True)
class Deviations:
    """By how many spreads demand is off its typical value: an empirical distribution."""

    values: tuple[float, ...]
    weights_above: tuple[float, ...]
    sums_above: tuple[float, ...]

    @classmethod
    def of(cls, weighted: Sequence[tuple[float, float]]) -> "Deviations":
        """Make it from (value, weight), at least one of them with a weight above zero."""
        ordered = sorted(weighted)
        total = sum(weight for _, weight in ordered)
        weights, sums = [0.0], [0.0]
        for value, weight in reversed(ordered):
            weights.append(weights[-1] + weight / total)
            sums.append(sums[-1] + value * weight / total)
        return cls(
            tuple(value for value, _ in ordered), tuple(reversed(weights)), tuple(reversed(sums))
        )

    def excess(self, at: float) -> float:
        """Return by how much this is exceeded on average, counting zero where it is not."""
        index = bisect_right(self.values, at)
        return self.sums_above[index] - at * self.weights_above[index]

    def quantile(self, share: float) -> float:
        """Return what is exceeded in at most 1 - `share` of the time."""
        low, high = 0, len(self.values) - 1
        while low < high:
            middle = (low + high) // 2
            if self.weights_above[middle + 1] <= 1.0 - share + 1e-12:
                high = middle
            else:
                low = middle + 1
        return self.values[low]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypicalWeek:
    """What each slot needs; of one slot only where there is no shape."""

    slot_minutes: int
    typical: tuple[float, ...]
    spread: tuple[float, ...]
    """Never zero."""
    deviations: Deviations
    weeks: float = 0.0
    odd_days: int = 0

    def spilled(self, slot: int, level: float) -> float:
        """Return the environments needed beyond this level, on average over the slot."""
        spread = self.spread[slot]
        return spread * self.deviations.excess((level - self.typical[slot]) / spread)

    def needed(self) -> float:
        """Return the sum over all slots of the environments needed on average."""
        return sum(self.spilled(slot, 0.0) for slot in range(len(self.typical)))

    def high(self, share: float) -> tuple[float, ...]:
        """Return what each slot exceeds in at most 1 - `share` of the time."""
        off = self.deviations.quantile(share)
        rows = zip(self.typical, self.spread, strict=True)
        return tuple(max(typical + off * spread, 0.0) for typical, spread in rows)


Week = list[list[float]]
Means = list[float | None]


def without_shape(means: Sequence[float | None]) -> TypicalWeek | str:
    """Return what is needed where too little is known to tell one hour from another."""
    known = [value for value in means if value is not None]
    if not known:
        return "nothing is known about its demand"
    typical = fmean(known)
    spread = max(fmean(abs(value - typical) for value in known), 1e-9)
    return TypicalWeek(
        slot_minutes=MINUTES_PER_WEEK,
        typical=(typical,),
        spread=(spread,),
        deviations=Deviations.of([((value - typical) / spread, 1.0) for value in known]),
    )


def typical_week(demand: Demand, *, timezone: str, slot_minutes: int) -> TypicalWeek | str:
    """Return what a week needs, or why that cannot be told: less than two weeks are known."""
    weeks = _weeks(demand, ZoneInfo(timezone), slot_minutes)
    slots = MINUTES_PER_WEEK // slot_minutes
    counts = [sum(1 for cell in week if cell) for week in weeks]
    known = sum(counts[:WEEKS_READ]) / slots
    if known < WEEKS_NEEDED * KNOWN_SHARE:
        days = sum(counts) * DAYS / slots
        return f"only {days:.0f} days of its demand are known: at least two full weeks are needed"
    seen = sum(1 for slot in range(slots) if any(week[slot] for week in weeks)) / slots
    if seen < KNOWN_SHARE:
        return f"{1 - seen:.0%} of the hours of a week are known in no week"
    weeks = [week for week, count in zip(weeks, counts, strict=True) if count * DAYS >= slots]
    means = [[fmean(cell) if cell else None for cell in week] for week in weeks]
    odd = _odd_days(means)
    for age, day in odd:
        for slot in _slots_of(day, slots):
            means[age][slot] = None
    levels = _levels(means)
    typical = _forecast(means, levels, at=_believed(levels)[0])
    errors = _errors(weeks, means, levels)
    spread = _spread(errors, slots)
    weighted = [(error / spread[slot], weight) for slot, found, weight in errors for error in found]
    return TypicalWeek(
        slot_minutes=slot_minutes,
        typical=tuple(typical),
        spread=tuple(spread),
        deviations=Deviations.of(weighted),
        weeks=known,
        odd_days=len(odd),
    )


def local_minutes(demand: Demand, zone: ZoneInfo) -> Iterator[tuple[int, float | None]]:
    """Return for every period the local minutes since a Monday's midnight, and its demand."""
    step = demand.period_s // 60
    at_once = max(60 // step, 1)
    began = demand.starts_at
    start = int((began - MONDAY).total_seconds()) // 60
    for first in range(0, len(demand.means), at_once):
        minute = first * step
        local = start + minute + _offset(began + timedelta(minutes=minute), zone)
        for index, value in enumerate(demand.means[first : first + at_once]):
            yield local + index * step, value


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return int(offset.total_seconds()) // 60


def _weeks(demand: Demand, zone: ZoneInfo, slot_minutes: int) -> list[Week]:
    """Return the newest weeks, the newest first: for each slot what was seen in it."""
    step = demand.period_s // 60
    minutes = len(demand.means) * step
    ends_at = demand.starts_at + timedelta(minutes=minutes)
    last = int((ends_at - MONDAY).total_seconds()) // 60 + _offset(ends_at, zone) - 1
    slots = MINUTES_PER_WEEK // slot_minutes
    weeks: list[Week] = [
        [[] for _ in range(slots)]
        for _ in range(min(-(-minutes // MINUTES_PER_WEEK) + 1, WEEKS_READ))
    ]
    pieces = range(0, step, slot_minutes) if step > slot_minutes else range(1)
    for minute, value in local_minutes(demand, zone):
        if value is None:
            continue
        for piece in pieces:
            age = max((last - minute - piece) // MINUTES_PER_WEEK, 0)
            if age < len(weeks):
                weeks[age][(minute + piece) % MINUTES_PER_WEEK // slot_minutes].append(value)
    return weeks


def _slots_of(day: int, slots: int) -> range:
    return range(day * slots // DAYS, (day + 1) * slots // DAYS)


def _odd_days(means: Sequence[Means]) -> list[tuple[int, int]]:
    """Return (week, weekday) of days far from the other weeks' same day, where three are known."""
    slots = len(means[0])
    sums = {
        (age, day): total
        for age, week in enumerate(means)
        for day in range(DAYS)
        for total in (_day_sum(week, day, slots),)
        if total is not None
    }
    heights = {
        age: median(found)
        for age in range(len(means))
        if (found := [total for (of, _), total in sums.items() if of == age])
    }
    if len(heights) <= WEEKS_NEEDED or min(heights.values()) <= 0.0:
        return []
    shares = {key: max(total / heights[key[0]], 1e-3) for key, total in sums.items()}
    usual = {
        day: median(found)
        for day in range(DAYS)
        if (found := [share for (_, of), share in shares.items() if of == day])
    }
    offs = {key: log(share / usual[key[1]]) for key, share in shares.items()}
    deviation = max(1.48 * median(abs(off) for off in offs.values()), 0.03)
    odd = [key for key, off in offs.items() if abs(off) > ODD * deviation]
    return odd if len(odd) <= len(means) else []


def _day_sum(week: Means, day: int, slots: int) -> float | None:
    known = [value for slot in _slots_of(day, slots) if (value := week[slot]) is not None]
    return fmean(known) if len(known) * DAYS >= KNOWN_SHARE * slots else None


def _levels(means: Sequence[Means]) -> list[float]:
    """Return the height of each week against what its known slots have in all weeks."""
    slots = range(len(means[0]))
    usual = [_mean([week[slot] for week in means]) for slot in slots]
    levels = []
    for week in means:
        both = [(value, usual[slot]) for slot, value in enumerate(week) if value is not None]
        rest = sum(base for _, base in both)
        levels.append(sum(value for value, _ in both) / rest if rest > 0.0 else 1.0)
    return levels


def _believed(levels: Sequence[float]) -> list[float]:
    """Return the heights with those of odd weeks cut to what may be usual."""
    middle = median(levels)
    return [min(max(level, middle / LEVEL_SWING), middle * LEVEL_SWING) for level in levels]


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return fmean(known) if known else 0.0


def _forecast(
    means: Sequence[Means], levels: Sequence[float], *, at: float, but: int | None = None
) -> list[float]:
    """Return the shape of all weeks at this height; of all but one, as that one's neighbours."""
    slots = len(means[0])
    centre = 0 if but is None else but
    weights = [0.0 if age == but else RECENCY ** abs(age - centre) for age in range(len(means))]
    shape: list[float | None] = []
    for slot in range(slots):
        total = height = 0.0
        for week, level, weight in zip(means, levels, weights, strict=True):
            value = week[slot]
            if value is not None:
                total += weight * value
                height += weight * level
        shape.append(total / height if height > 0.0 else None)
    return [value * at for value in _pooled(_filled(shape))]


def _filled(shape: Means) -> list[float]:
    """Fill in slots that are never known from the same time of other days."""
    slots = len(shape)
    a_day = slots // DAYS
    return [
        _mean([shape[(slot + day * a_day) % slots] for day in range(DAYS)])
        if value is None
        else value
        for slot, value in enumerate(shape)
    ]


def _pooled(shape: Sequence[float]) -> list[float]:
    """Draw the course of each day towards those of days like it; how high it is remains."""
    slots = len(shape)
    days = [shape[_slots_of(day, slots)[0] : _slots_of(day, slots)[-1] + 1] for day in range(DAYS)]
    heights = [fmean(day) for day in days]
    courses = [
        [value / max(height, 1e-9) for value in day]
        for day, height in zip(days, heights, strict=True)
    ]
    apart = [
        [fmean((a - b) * (a - b) for a, b in zip(one, other, strict=True)) for other in courses]
        for one in courses
    ]
    off = sorted(value for at, row in enumerate(apart) for value in row[:at])
    scale = max(off[int(len(off) * ALIKE)], 1e-9)
    pooled: list[float] = []
    for row, height in zip(apart, heights, strict=True):
        weights = [exp(-value / scale) for value in row]
        total = sum(weights)
        for values in zip(*courses, strict=True):
            mixed = sum(weight * value for weight, value in zip(weights, values, strict=True))
            pooled.append(mixed / total * height)
    return pooled


Errors = list[tuple[int, list[float], float]]


def _errors(weeks: Sequence[Week], means: Sequence[Means], levels: Sequence[float]) -> Errors:
    """Return (slot, by how much it was off, weight) of each week against what the others say.

    A week far above the usual height tells nothing of ordinary ones; one below does no harm.
    """
    errors: Errors = []
    believed = _believed(levels)
    ages = [age for age in range(len(weeks) - 1) if levels[age] <= believed[age]]
    oldest = len(weeks) - 2
    for age in ages or range(len(weeks) - 1):
        forecast = _forecast(means, levels, at=believed[age + 1], but=age)
        weight = FADING**age * (FIRST if 0 < age == oldest else 1.0)
        for slot, cell in enumerate(weeks[age]):
            if cell and means[age][slot] is not None:
                expected = forecast[slot]
                errors.append((slot, [value - expected for value in cell], weight))
    return errors


def _spread(errors: Errors, slots: int) -> list[float]:
    """Return the mean deviation around each slot: that of its hour, here most, and of all days."""
    sums, weights = [0.0] * slots, [0.0] * slots
    for slot, found, weight in errors:
        sums[slot] += weight * fmean(abs(error) for error in found)
        weights[slot] += weight
    overall = sum(sums) / sum(weights)
    own = [
        total / weight if weight else overall for total, weight in zip(sums, weights, strict=True)
    ]
    a_day = slots // DAYS
    hours = [fmean(own[hour::a_day]) * DAYS for hour in range(a_day)]
    spread = []
    for slot in range(slots):
        around = [slot - 1, slot, slot + 1]
        near = fmean(hours[at % a_day] + 2.0 * own[at % slots] for at in around)
        spread.append(max((1 - EVENNESS) * near / (DAYS + 2) + EVENNESS * overall, 1e-6))
    return spread
