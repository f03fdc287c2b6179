"""What does the advisor do on each series, learned from what came before, and how does it score?"""

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from statistics import fmean

from tests.evaluation.provisioned.scoring import (
    RATES,
    Line,
    Score,
    baselines,
    levels_after,
    line,
    score,
    score_fired,
)
from tests.evaluation.provisioned.series import M4, M4_SMALL, TWEETS, Series
from tests.evaluation.provisioned.tracking import score_tracked
from trimtab.advisors.provisioned_demand import without_shape
from trimtab.advisors.provisioned_schedule import plan_for, synthesise
from trimtab.advisors.provisioned_terms import ScheduleTerms

BOUNDS = {M4: 0.027, M4_SMALL: 0.027, TWEETS: 0.08}
OTHERWISE = 0.027
"""The bound on spillover, one for all series of a family: about what the p99 schedule leaves."""
CAPACITY = 10_000
PEAK = "constant at the peak before"
CHEAPEST = "knowing each hour's cheapest level"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The terms that the advisor is given."""

    name: str
    is_bounded: bool = True
    changes_per_day: int | None = None
    may_track: bool = False


UNLIMITED = Way(name="Trimtab")
DAILY_8 = Way(name="Trimtab, 8 changes a day", changes_per_day=8)
TRACKED = Way(name="Trimtab, tracking", may_track=True)
TRACKED_8 = Way(name="Trimtab, tracking, 8 changes", changes_per_day=8, may_track=True)
BY_COST = Way(name="Trimtab, cost alone", is_bounded=False)
BY_COST_8 = Way(name="Trimtab, cost alone, 8 changes", is_bounded=False, changes_per_day=8)
WAYS = (UNLIMITED, DAILY_8, TRACKED, TRACKED_8, BY_COST, BY_COST_8)
FIRED = " - as it fires"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One series, one way."""

    at_once: Score
    """Levels there at once, as the baselines are scored."""
    fired: Score
    """With what it takes: rises ten minutes early and billed, no action from 1 to 3 o'clock."""
    is_tracked: bool


def terms_of(series: Series, way: Way) -> ScheduleTerms:
    return ScheduleTerms(
        rates=RATES,
        timezone="UTC",
        highest=CAPACITY,
        max_spillover=BOUNDS.get(series.family, OTHERWISE) if way.is_bounded else 1.0,
        changes_per_day=way.changes_per_day,
        may_track=way.may_track,
    )


def judge(series: Series, way: Way) -> Judged:
    found = synthesise(series.demand, terms_of(series, way))
    assert not isinstance(found, str), f"{series.name}: {found}"
    schedule = found.schedule
    if schedule is not None and schedule.target_utilisation is not None:
        return Judged(
            at_once=score_tracked(series, schedule, is_warm_up_billed=False),
            fired=score_tracked(series, schedule, is_warm_up_billed=True),
            is_tracked=True,
        )
    levels = levels_after(series, found.levels, found.slot_minutes)
    fires = found.level if schedule is None else schedule
    assert fires is not None
    return Judged(
        at_once=score(series.after, [float(level) for level in levels]),
        fired=score_fired(series, fires),
        is_tracked=False,
    )


def judge_family(family: Sequence[Series], ways: Sequence[Way] = WAYS) -> list[Line]:
    """Return the baselines of one family, then the advisor's ways, each twice."""
    name = family[0].family
    ruled = [baselines(series) for series in family]
    scored = {
        rule: [
            score(series.after, levels[rule]) for series, levels in zip(family, ruled, strict=True)
        ]
        for rule in ruled[0]
    }
    peaks = scored[PEAK]
    lines = [line(name, rule, scores, peaks) for rule, scores in scored.items()]
    with Pool() as pool:
        for way in ways:
            if way.may_track and family[0].step_minutes > 5:
                continue
            judged = pool.starmap(judge, [(series, way) for series in family])
            at_once = [found.at_once for found in judged]
            lines.append(line(name, way.name, at_once, peaks))
            fired = [found.fired for found in judged]
            lines.append(line(name, way.name + FIRED, fired, peaks))
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Functions of one day, learned from its first half, cost alone deciding."""

    functions: int
    provisioned: int
    least_mean: float | None
    """The mean concurrency, over the whole day, of the least busy one that got any."""
    dearest: float
    busy: int
    """Functions with a mean concurrency of 0.5 or more."""
    saved: float
    saved_by_oracle: float
    """Shares of the cost on demand, means over those."""


def judge_day(family: Sequence[Series]) -> Day:
    """Judge by constants: half a day tells no hour of the week from another."""
    terms = ScheduleTerms(rates=RATES, timezone="UTC", highest=CAPACITY)
    means: list[float] = []
    costs = [1.0]
    saved: list[tuple[float, float]] = []
    for series in family:
        week = without_shape(series.before)
        assert not isinstance(week, str)
        level = float(plan_for(week, terms).levels[0])
        mean = fmean(series.before + series.after)
        found = score(series.after, [level] * len(series.after))
        if level:
            means.append(mean)
            costs.append(found.cost)
        if mean >= 0.5:
            oracle = score(series.after, baselines(series)[CHEAPEST])
            saved.append((1.0 - found.cost, 1.0 - oracle.cost))
    return Day(
        functions=len(family),
        provisioned=len(means),
        least_mean=min(means, default=None),
        dearest=max(costs),
        busy=len(saved),
        saved=fmean(ours for ours, _ in saved) if saved else 0.0,
        saved_by_oracle=fmean(best for _, best in saved) if saved else 0.0,
    )
