"""Is what was promised reached? One line for each figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.evaluation.provisioned.judging import (
    BY_COST,
    BY_COST_8,
    DAILY_8,
    TRACKED,
    TRACKED_8,
    UNLIMITED,
    Day,
)
from tests.evaluation.provisioned.scoring import Line
from tests.evaluation.provisioned.series import M4, TWEETS

P99 = "p99 of each hour of the week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    what: str
    most: float
    found: float

    @property
    def is_kept(self) -> bool:
        return self.found <= self.most + 1e-9


def promises(lines: Sequence[Line], day: Day | None) -> list[Promise]:
    """Return those that the families at hand can tell."""
    of = {(row.family, row.name): row for row in lines}
    found: list[Promise] = []
    if (M4, UNLIMITED.name) in of:
        row = of[M4, UNLIMITED.name]
        found += [
            Promise(what="M4: unit-hours of the constant peak", most=0.64, found=row.units),
            Promise(what="M4: mean spillover", most=0.027, found=row.spillover),
            Promise(what="M4: cost of on demand", most=0.865, found=row.cost),
        ]
    if (TWEETS, TRACKED.name) in of:
        row, base = of[TWEETS, TRACKED.name], of[TWEETS, P99]
        found += [
            Promise(
                what="tweets: mean spillover, that of p99", most=base.spillover, found=row.spillover
            ),
            Promise(what="tweets: cost of p99's", most=0.88, found=row.cost / base.cost),
        ]
    found += _few_changes(of)
    found += [
        Promise(what=f"{family}: dearest, cost alone", most=1.05, found=row.cost_most)
        for (family, name), row in of.items()
        if name == BY_COST.name
    ]
    return found + ([] if day is None else _day(day))


def _few_changes(of: Mapping[tuple[str, str], Line]) -> list[Promise]:
    pairs = ((UNLIMITED, DAILY_8), (TRACKED, TRACKED_8), (BY_COST, BY_COST_8))
    return [
        Promise(
            what=f"{family}: cost of {few.name} / unlimited",
            most=1.03,
            found=row.cost / of[family, many.name].cost,
        )
        for many, few in pairs
        for (family, name), row in of.items()
        if name == few.name
    ]


def _day(day: Day) -> list[Promise]:
    found = [
        Promise(
            what="Azure: functions given any", most=0.02, found=day.provisioned / day.functions
        ),
        Promise(what="Azure: dearest, cost alone", most=1.05, found=day.dearest),
    ]
    if day.least_mean is not None:
        found.append(
            Promise(
                what="Azure: 0.1 / the least mean concurrency given any",
                most=1.0,
                found=0.1 / day.least_mean,
            )
        )
    if day.saved_by_oracle > 0.0:
        found.append(
            Promise(
                what="Azure: half the oracle's saving / ours",
                most=1.0,
                found=0.5 * day.saved_by_oracle / max(day.saved, 1e-9),
            )
        )
    return found


def text(promise: Promise) -> str:
    said = "kept" if promise.is_kept else "MISSED"
    return f"{said:7s} {promise.what:58s} {promise.found:8.4f}, at most {promise.most:.4f}"
