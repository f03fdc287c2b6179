"""Which measured functions is the memory advisor judged by? Duration over memory, by family.

Read from a folder laid out like the shared data: memory/sebs_aws_*.csv.gz, power_tuning_*.json,
lambda_perf_*.json. The truth between two measured sizes is their straight line, both axes
logarithmic; below the smallest, duration grows as memory shrinks.
"""

import csv
import gzip
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from statistics import fmean
from typing import Any

GB_SECOND_USD = 1.66667e-5
REQUEST_USD = 2e-7
"""First tier, x86, us-east-1: what the shared baselines count with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    name: str
    family: str
    """Functions that are left out together: one application, one benchmark, one comparison."""
    source: str
    sizes: tuple[int, ...]
    durations_ms: tuple[float, ...]
    peak_mb: float | None

    def duration_ms(self, memory_mb: float) -> float:
        if memory_mb <= self.sizes[0]:
            return self.durations_ms[0] * self.sizes[0] / memory_mb
        if memory_mb >= self.sizes[-1]:
            return self.durations_ms[-1]
        right = bisect_right(self.sizes, memory_mb)
        low, high = self.sizes[right - 1], self.sizes[right]
        part = log(memory_mb / low) / log(high / low)
        before, after = self.durations_ms[right - 1], self.durations_ms[right]
        return exp((1 - part) * log(before) + part * log(after))

    def covers(self, memory_mb: int) -> bool:
        return self.sizes[0] < memory_mb <= self.sizes[-1] * 1.03

    def cost(self, memory_mb: float) -> float:
        return cost(memory_mb, self.duration_ms(memory_mb))

    def saving(self, start_mb: int, memory_mb: float) -> float:
        return 1.0 - self.cost(memory_mb) / self.cost(start_mb)

    def slowdown(self, start_mb: int, memory_mb: float) -> float:
        return self.duration_ms(memory_mb) / self.duration_ms(start_mb)


def cost(memory_mb: float, duration_ms: float) -> float:
    return memory_mb / 1024 * max(duration_ms, 1.0) / 1000 * GB_SECOND_USD + REQUEST_USD


def load(data: Path) -> tuple[Curve, ...]:
    """Return every measured function of a folder, in a fixed order.

    Raises: FileNotFoundError when there is nothing of this layout.
    """
    folder = data / "memory"
    found = (*_sebs(folder), *_community(folder), *_unfaasener(folder), *_hello(folder))
    if not found:
        raise FileNotFoundError(f"{folder}: no measured memory curves of the expected layout")
    return found


def _curve(
    name: str,
    family: str,
    source: str,
    runs: Mapping[int, Sequence[float]],
    peak: float | None = None,
) -> Curve:
    sizes = tuple(sorted(runs))
    return Curve(
        name=name,
        family=f"{source}/{family}",
        source=source,
        sizes=sizes,
        durations_ms=tuple(fmean(runs[size]) for size in sizes),
        peak_mb=peak,
    )


def _sebs(folder: Path) -> Iterator[Curve]:
    for file in sorted(folder.glob("sebs_aws_*.csv.gz")):
        runs: dict[int, list[float]] = {}
        peak = 0.0
        with gzip.open(file, "rt") as rows:
            for row in csv.DictReader(rows):
                if row["is_cold"] == "True" or not row["mem_used"] or not row["provider_time"]:
                    continue
                runs.setdefault(int(row["memory"]), []).append(float(row["provider_time"]) / 1000)
                peak = max(peak, float(row["mem_used"]))
        name = file.name.removeprefix("sebs_aws_").removesuffix(".csv.gz")
        yield _curve(name, name.partition("-")[0], "sebs", runs, peak)


def _read(folder: Path, pattern: str) -> list[Any]:
    return [row for file in sorted(folder.glob(pattern)) for row in json.loads(file.read_text())]


def _community(folder: Path) -> Iterator[Curve]:
    for run in _read(folder, "power_tuning_community*.json"):
        if run["kind"] == "warm":
            pairs = zip(run["memory_mb"], run["avg_duration_ms"], strict=True)
            origin = str(run.get("find_string_id") or run["function"])
            yield _curve(run["function"], origin, "community", {m: [d] for m, d in pairs})


def _unfaasener(folder: Path) -> Iterator[Curve]:
    found: dict[str, dict[int, list[float]]] = {}
    for run in _read(folder, "power_tuning_unfaasener*.json"):
        for size, duration in zip(run["memory_mb"], run["avg_duration_ms"], strict=True):
            found.setdefault(run["key"], {}).setdefault(size, []).append(duration)
    for key, runs in found.items():
        yield _curve(key, key.partition("/")[0], "unfaasener", runs)


def _hello(folder: Path) -> Iterator[Curve]:
    found: dict[tuple[str, str, str], dict[int, Any]] = {}
    for row in _read(folder, "lambda_perf_*.json"):
        key = (row["runtime"], row["package"], row["arch"])
        found.setdefault(key, {})[row["memory_mb"]] = row
    for key, rows in found.items():
        if len(rows) > 1 and all(row["avg_duration_ms"] for row in rows.values()):
            runs = {size: [row["avg_duration_ms"]] for size, row in rows.items()}
            peak = max(row["max_memory_used_mb"] for row in rows.values())
            yield _curve("/".join(key), key[0].split(" ")[0], "lambda-perf", runs, peak)
