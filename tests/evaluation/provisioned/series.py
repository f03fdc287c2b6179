"""Which demand is the schedule judged by? Weeks to learn from, and what came after, by family.

Read from a folder laid out like the shared data: workload/m4_hourly.csv.gz, nab_Twitter_*,
nab_nyc_taxi, worldcup98_requests_per_minute, azure2019_one_day_minute_invocations. Scaled, cut and
split as the shared baselines do it.
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from pathlib import Path

from trimtab.domain.provisioned import Demand

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
"""Where the first point of a series is put: hours of the week are counted from it."""
M4, M4_SMALL = "M4, peak 50", "M4, peak 8"
TWEETS, TAXI = "NAB tweets", "NYC taxi"
WORLDCUP, WORLDCUP_8 = "WorldCup98, last week", "WorldCup98, week 8"
AZURE = "Azure day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    name: str
    family: str
    step_minutes: int
    before: tuple[float, ...]
    after: tuple[float, ...]
    offset: int
    """How many points of the series come before those."""

    @property
    def demand(self) -> Demand:
        return Demand(
            starts_at=MONDAY + timedelta(minutes=self.offset * self.step_minutes),
            period_s=self.step_minutes * 60,
            means=self.before,
        )

    @property
    def minutes_after(self) -> range:
        """When the points to be judged by begin, in minutes since a Monday's midnight."""
        first = (self.offset + len(self.before)) * self.step_minutes
        return range(first, first + len(self.after) * self.step_minutes, self.step_minutes)


def quantile(values: Sequence[float], share: float) -> float:
    """Return what numpy's percentile does: the straight line between its neighbours."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    low, high = ordered[floor(at)], ordered[ceil(at)]
    return low + (high - low) * (at - floor(at))


def _split(
    name: str, family: str, values: Sequence[float], *, step: int, train: int, test: int
) -> Series:
    return Series(
        name=name,
        family=family,
        step_minutes=step,
        before=tuple(values[-(train + test) : -test]),
        after=tuple(values[-test:]),
        offset=len(values) - train - test,
    )


def m4(folder: Path, *, peak: float, family: str) -> list[Series]:
    path = folder / "workload" / "m4_hourly.csv.gz"
    if not path.is_file():
        return []
    found = []
    with gzip.open(path, "rt") as lines:
        for row in csv.reader(lines):
            values = [float(value) for value in row[1:]]
            if len(values) < 168 * 4 or min(values) < 0:
                continue
            scale = peak / max(values[:-168])
            rest = len(values) - 168
            found.append(
                _split(row[0], family, [value * scale for value in values], step=60,
                       train=rest - rest % 24, test=168)
            )  # fmt: skip
    return found


def _column(path: Path, name: str) -> list[float]:
    with gzip.open(path, "rt") as lines:
        return [float(row[name]) for row in csv.DictReader(lines)]


def tweets(folder: Path) -> list[Series]:
    found = []
    for path in sorted((folder / "workload").glob("nab_Twitter_volume_*.csv.gz")):
        values = _column(path, "value")
        top = quantile(values, 0.999)
        cut = [min(value, top) for value in values]
        scale = 20 / quantile(cut, 0.99)
        scaled = [value * scale for value in cut]
        name = path.name.split("_")[-1].removesuffix(".csv.gz")
        found.append(_split(name, TWEETS, scaled, step=5, train=288 * 7 * 4, test=288 * 14))
    return found


def taxi(folder: Path) -> list[Series]:
    path = folder / "workload" / "nab_nyc_taxi.csv.gz"
    if not path.is_file():
        return []
    values = [value / 1000 for value in _column(path, "value")]
    return [_split("taxi", TAXI, values, step=30, train=48 * 7 * 8, test=48 * 14)]


def worldcup(folder: Path) -> list[Series]:
    path = folder / "workload" / "worldcup98_requests_per_minute.csv.gz"
    if not path.is_file():
        return []
    values = [value / 60 * 0.25 for value in _column(path, "count")]
    train, test = 1440 * 7 * 4, 1440 * 7
    return [
        _split("all", WORLDCUP, values, step=1, train=train, test=test),
        _split("until day 60", WORLDCUP_8, values[: 1440 * 60], step=1, train=train, test=test),
    ]


def azure(folder: Path) -> list[Series]:
    """Return a day of each function, by the minute: learned from its first half."""
    path = folder / "workload" / "azure2019_one_day_minute_invocations.csv.gz"
    if not path.is_file():
        return []
    found = []
    with gzip.open(path, "rt") as lines:
        rows = csv.reader(lines)
        next(rows)
        for number, row in enumerate(rows):
            busy = max(float(row[3] or 0) / 1000, 0.001) / 60
            values = [float(value) * busy for value in row[9:]]
            found.append(_split(str(number), AZURE, values, step=1, train=720, test=720))
    return found
