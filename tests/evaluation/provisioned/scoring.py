"""What did levels cost on what really came? And the rules that schedules are held against."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from statistics import fmean

from tests.evaluation.provisioned.series import Series, quantile
from trimtab.advisors.provisioned_times import TICK_MINUTES, billed_and_ready
from trimtab.domain.provisioned import MINUTES_PER_WEEK, ProvisionedRates, WeeklySchedule

RATES = ProvisionedRates(on_demand=1.66667e-5, provisioned=4.1667e-6, provisioned_run=9.7222e-6)
"""us-east-1, x86, first tier: what the shared baselines count with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Sums over what came, in environments x points."""

    needed: float
    billed: float
    spilled: float

    @property
    def spillover(self) -> float:
        return self.spilled / self.needed if self.needed else 0.0

    @property
    def utilisation(self) -> float:
        return (self.needed - self.spilled) / self.billed if self.billed else 0.0

    @property
    def cost(self) -> float:
        """Return its cost / that of on demand."""
        used = self.needed - self.spilled
        spent = (
            RATES.provisioned * self.billed
            + RATES.provisioned_run * used
            + RATES.on_demand * self.spilled
        )
        return spent / (RATES.on_demand * self.needed) if self.needed else 1.0


def score(after: Sequence[float], levels: Sequence[float]) -> Score:
    """Score levels that are there at once, point by point."""
    pairs = list(zip(after, levels, strict=True))
    return Score(
        needed=sum(after),
        billed=sum(levels),
        spilled=sum(max(need - level, 0.0) for need, level in pairs),
    )


def score_fired(series: Series, schedule: WeeklySchedule | int) -> Score:
    """Score a schedule by when its actions fire: billed from then on, of use when warm."""
    if isinstance(schedule, int):
        return score(series.after, [float(schedule)] * len(series.after))
    billed, ready = billed_and_ready(schedule)
    ticks = MINUTES_PER_WEEK // TICK_MINUTES
    paid = spilled = 0.0
    for minute, need in zip(series.minutes_after, series.after, strict=True):
        first = minute // TICK_MINUTES
        last = max((minute + series.step_minutes) // TICK_MINUTES, first + 1)
        held = [tick % ticks for tick in range(first, last)]
        paid += fmean(billed[tick] for tick in held)
        spilled += fmean(max(need - ready[tick], 0.0) for tick in held)
    return Score(needed=sum(series.after), billed=paid, spilled=spilled)


def levels_after(series: Series, levels: Sequence[int], slot_minutes: int) -> list[int]:
    """Return the level of each point that came, from those of the slots of a week."""
    return [levels[minute % MINUTES_PER_WEEK // slot_minutes] for minute in series.minutes_after]


def constant_peak(series: Series) -> int:
    return ceil(max(series.before))


def baselines(series: Series) -> Mapping[str, list[float]]:
    """Return the levels of the shared baselines, by rule."""
    hour = max(60 // series.step_minutes, 1)
    week = 168 * hour
    start = series.offset
    by_hour: dict[int, list[float]] = defaultdict(list)
    for index, value in enumerate(series.before):
        by_hour[(start + index) % week // hour].append(value)
    first = start + len(series.before)
    slots = [(first + index) % week // hour for index in range(len(series.after))]
    peak = constant_peak(series)
    found: dict[str, list[float]] = {"constant at the peak before": [float(peak)] * len(slots)}
    for share in (0.99, 0.9, 0.5):
        level = {slot: ceil(quantile(seen, share) - 1e-9) for slot, seen in by_hour.items()}
        found[f"p{share * 100:.0f} of each hour of the week"] = [
            float(level.get(slot, peak)) for slot in slots
        ]
    blocks = [series.after[at : at + hour] for at in range(0, len(series.after), hour)]
    found["knowing each hour's peak"] = [float(ceil(max(b))) for b in blocks for _ in b]
    found["knowing each hour's cheapest level"] = [
        float(floor(quantile(b, 0.4))) for b in blocks for _ in b
    ]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One way of provisioning on one family: means over its series, each weighing the same."""

    family: str
    name: str
    series: int
    units: float
    """Of the unit-hours of the constant peak."""
    spillover: float
    spillover_p90: float
    utilisation: float
    cost: float
    cost_most: float


def line(family: str, name: str, scores: Sequence[Score], peaks: Sequence[Score]) -> Line:
    rows = list(zip(scores, peaks, strict=True))
    costs = [found.cost for found in scores if found.needed > 0]
    spillovers = [found.spillover for found in scores]
    return Line(
        family=family,
        name=name,
        series=len(scores),
        units=fmean(found.billed / peak.billed if peak.billed else 0.0 for found, peak in rows),
        spillover=fmean(spillovers),
        spillover_p90=quantile(spillovers, 0.9),
        utilisation=fmean(found.utilisation for found in scores),
        cost=fmean(costs) if costs else 1.0,
        cost_most=max(costs, default=1.0),
    )


HEAD = (
    f"{'':45s} {'n':>4s} {'units':>7s} {'spill':>7s} {'p90':>7s} {'busy':>7s} "
    f"{'cost':>8s} {'dearest':>9s}"
)
LEGEND = (
    "units: of the constant peak's; spill: of the concurrency needed, mean and p90; "
    "busy: of what is provisioned; cost: of all on demand, mean and dearest series"
)


def text(row: Line) -> str:
    return (
        f"{row.name:45s} {row.series:4d} {row.units:7.1%} {row.spillover:7.2%} "
        f"{row.spillover_p90:7.2%} {row.utilisation:7.1%} {row.cost:8.1%} {row.cost_most:9.1%}"
    )
