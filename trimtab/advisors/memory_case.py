"""What does the memory-size advisor know of one function, and what may it propose? From signals and
the fields of the policy's `change:` block.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trimtab.advisors.memory_beliefs import Look, joined, look_at
from trimtab.domain.evidence import Signals, value_or_none
from trimtab.domain.memory_curve import NO_RECORD, MeasuredPoint, MemoryRecord
from trimtab.domain.memory_sizes import MAX_MEMORY_MB, MIN_MEMORY_MB, ONE_VCPU_MB

ONE_MILLISECOND_MS = 2.0
"""A mean below this is mostly rounding and overhead; twice the unit of billing; chosen."""

OF_A_CHANGE = "change "
"""How the source of a point begins that a watch measured."""

SIGNALS = (
    "function.memory_mb",
    "function.timeout_s",
    "usage.invocations",
    "usage.duration_mean_ms",
    "usage.duration_p95_ms",
    "usage.duration_p99_ms",
    "memory.peak_mb",
    "cost.compute_usd_month",
)
"""What must be known, or the advisor abstains."""

OPTIONAL_SIGNALS = (
    "cpu.time_mean_ms",
    "cost.usd_month",
    "memory.record",
)
"""What sharpens the advice where it is known."""

AT_HAND_SIGNALS = ("usage.billed_mean_ms", "logs.out_of_memory")
"""What does so where REPORT lines were read anyway: reading them is paid by the gigabyte."""

NAMES = (*SIGNALS, *OPTIONAL_SIGNALS, *AT_HAND_SIGNALS)

STARVED_SHARE = 0.95
"""Of the memory: who used so much may have wanted more. The share that memory-starved asks about.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One function, as far as it is known."""

    memory_mb: int
    timeout_ms: float
    invocations: float
    mean_ms: float
    p95_ms: float
    p99_ms: float
    peak_mb: float
    compute_usd_month: float
    cost_usd_month: float
    """Compute, and what does not hang on memory: requests."""
    init_ms: float
    """Billed init, per invocation on average; 0 where it is not known."""
    of_compute: float
    """Share of the cost that hangs on memory and duration; requests are the rest."""
    of_init: float
    """Share of the billed time that is init."""
    cpu_share: float | None
    """CPU time used / CPU time given at this size; None: not known."""
    record: MemoryRecord
    measured: tuple[MeasuredPoint, ...]
    """What is on record with the code it has now, as far as is known."""
    looks: tuple[Look, ...]
    """What is measured: this lookback, and what is on record."""

    out_of_memory: float
    """Invocations that ended so; 0 where it is not known."""

    @property
    def is_starved(self) -> bool:
        """It used nearly all its memory, or ran out of it: how much it wants, nobody knows."""
        return self.peak_mb >= self.memory_mb * STARVED_SHARE or self.out_of_memory > 0

    @property
    def baseline_ms(self) -> float:
        """Return the mean duration that slowdown counts from: before the first of its steps."""
        baseline = self.record.baseline
        return self.mean_ms if baseline is None else baseline.duration_mean_ms

    def cost_ratio(self, memory_mb: int, duration_ratio: float) -> float:
        """Return the cost of an invocation at another size / now.

        Init takes as long at every size and is billed by memory; requests cost the same.
        """
        billed = (1.0 - self.of_init) * duration_ratio + self.of_init
        return memory_mb / self.memory_mb * billed * self.of_compute + 1.0 - self.of_compute

    def longest(self, memory_mb: int, least_saving: float) -> float:
        """Return the duration ratio at which another size still saves this share."""
        most = (self.of_compute - least_saving) / self.of_compute
        billed = most * self.memory_mb / memory_mb
        return max((billed - self.of_init) / (1.0 - self.of_init), 0.0)


def case_of(signals: Signals) -> Case | str:
    """Return what is known of the function; a text names what would have to be."""
    values = {name: value_or_none(signals.get(name)) for name in NAMES}
    missing = [name for name in SIGNALS if values[name] is None]
    if missing:
        return f"not known: {', '.join(missing)}"
    record = _sane(values["memory.record"] or NO_RECORD)
    measured = tuple(p for p in record.points if p.code_sha256 in (None, record.code_sha256))
    compute, mean_ms = values["cost.compute_usd_month"], values["usage.duration_mean_ms"]
    total, billed_ms = values["cost.usd_month"], values["usage.billed_mean_ms"]
    if min(compute, mean_ms) <= 0:
        return "it costs nothing"
    cost = compute if total is None else max(total, compute)
    init_ms = 0.0 if billed_ms is None else max(billed_ms - mean_ms - 1.0, 0.0)
    return Case(
        memory_mb=values["function.memory_mb"],
        timeout_ms=values["function.timeout_s"] * 1000.0,
        invocations=values["usage.invocations"],
        mean_ms=mean_ms,
        p95_ms=values["usage.duration_p95_ms"],
        p99_ms=values["usage.duration_p99_ms"],
        peak_mb=values["memory.peak_mb"],
        compute_usd_month=compute,
        cost_usd_month=cost,
        init_ms=init_ms,
        of_compute=compute / cost,
        of_init=init_ms / (mean_ms + init_ms),
        cpu_share=_cpu_share(values["cpu.time_mean_ms"], mean_ms, values["function.memory_mb"]),
        record=record,
        out_of_memory=values["logs.out_of_memory"] or 0.0,
        measured=measured,
        looks=(
            look_at(values["function.memory_mb"], mean_ms, values["usage.invocations"]),
            *(
                look_at(p.memory_mb, p.duration_mean_ms, p.invocations)
                for p in measured
                if p.source.startswith(OF_A_CHANGE)
            ),
            *(
                _looks_elsewhere(measured, values["function.memory_mb"], mean_ms)
                if measured
                else ()
            ),
        ),
    )


def _sane(record: MemoryRecord) -> MemoryRecord:
    """Leave out what no function can have done: whoever wrote it, it teaches nothing."""
    baseline = record.baseline
    if not record.points and baseline is None:
        return record
    return replace(
        record,
        points=tuple(point for point in record.points if _is_sane(point)),
        baseline=baseline if baseline is None or _is_sane(baseline) else None,
    )


def _is_sane(point: MeasuredPoint) -> bool:
    return (
        MIN_MEMORY_MB <= point.memory_mb <= MAX_MEMORY_MB
        and LEAST_MS <= point.duration_mean_ms <= MOST_MS
        and point.invocations > 0
    )


def _looks_elsewhere(
    measured: Sequence[MeasuredPoint], memory_mb: int, mean_ms: float
) -> tuple[Look, ...]:
    """Return what was measured outside of production, with another payload: how size and duration
    go together, and not how long it takes. So its level is set where production is; what lies on
    one side of production only is left out.
    """
    told = joined(
        [
            look_at(p.memory_mb, p.duration_mean_ms, p.invocations)
            for p in measured
            if not p.source.startswith(OF_A_CHANGE)
        ]
    )
    below = [look for look in told if look.memory_mb <= memory_mb]
    above = [look for look in told if look.memory_mb >= memory_mb]
    if not below or not above:
        return ()
    low, high = below[-1], above[0]
    part = 0.0
    if high.memory_mb > low.memory_mb:
        part = math.log(memory_mb / low.memory_mb) / math.log(high.memory_mb / low.memory_mb)
    there = (1.0 - part) * low.log_duration + part * high.log_duration
    level = math.log(mean_ms) - there
    return tuple(
        Look(look.memory_mb, look.log_duration + level, look.variance + low.variance)
        for look in told
        if look.memory_mb != memory_mb
    )


def left_sizes(case: Case) -> frozenset[int]:
    """Return the sizes that a change moved it to, or from, with this code, and that it left."""
    moved = (point for point in case.measured if point.source.startswith(OF_A_CHANGE))
    return frozenset(point.memory_mb for point in moved) - {case.memory_mb}


def has_failed_step(case: Case) -> bool:
    """Tell whether it was moved once, with this code, to a size it did not keep."""
    came_from = None if case.record.baseline is None else case.record.baseline.memory_mb
    return any(
        point.source.startswith(OF_A_CHANGE)
        and not _is_on_the_way(point, came_from, case.memory_mb)
        for point in case.measured
        if point.memory_mb != case.memory_mb
    )


def _is_on_the_way(point: MeasuredPoint, came_from_mb: int | None, memory_mb: int) -> bool:
    """Tell whether a size lies between where a function came from and where it is."""
    if came_from_mb is None:
        return False
    return (came_from_mb - point.memory_mb) * (point.memory_mb - memory_mb) >= 0


def _cpu_share(time_ms: float | None, mean_ms: float, memory_mb: int) -> float | None:
    """Return CPU time used / CPU time given; code of one thread cannot use more than one vCPU."""
    if time_ms is None:
        return None
    return min(time_ms / mean_ms / (memory_mb / ONE_VCPU_MB), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the policy allows."""

    headroom: float
    max_slowdown: float
    max_step: float
    min_saving: float
    certainty: float

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Bounds":
        return cls(
            headroom=fields["headroom"],
            max_slowdown=fields["max_slowdown"],
            max_step=fields["max_step"],
            min_saving=fields["min_saving"],
            certainty=fields["certainty"],
        )

    def floors(self, case: Case) -> Mapping[str, int]:
        """Return the smallest size that each bound allows, in MB, rounded up."""
        return {
            "the platform": MIN_MEMORY_MB,
            f"peak memory times {self.headroom:g}": math.ceil(case.peak_mb * self.headroom),
            f"a step of at most {self.max_step:.0%}": math.ceil(
                case.memory_mb * (1.0 - self.max_step)
            ),
        }

    def highest(self, case: Case) -> int:
        return min(math.floor(case.memory_mb * (1.0 + self.max_step)), MAX_MEMORY_MB)


LEAST_MS, MOST_MS = 0.1, 1_000_000.0
"""What a mean duration can be: above a tenth of a millisecond, below what Lambda lets anything run.
"""

STEPS = (0.5, 0.56, 0.62, 0.68, 0.74, 0.8, 0.86, 0.9, 0.94, 1.25)
"""The sizes that are looked at, as shares of the present one."""
SHORT_STEP = 0.1
"""A policy with shorter steps than this has its two ends looked at besides."""
GRAIN_MB = 16
"""Sizes are multiples of this: people read them, and nothing is known more finely."""


def sizes(case: Case, bounds: Bounds) -> Sequence[int]:
    """Return the sizes within one step and above every floor, smallest first; those that were
    measured are among them.
    """
    lowest, highest = max(bounds.floors(case).values()), bounds.highest(case)
    wanted = {_grained(case.memory_mb * step) for step in STEPS}
    wanted |= {point.memory_mb for point in case.measured}
    if bounds.max_step < SHORT_STEP:
        wanted |= {_grained(lowest), highest // GRAIN_MB * GRAIN_MB}
    return sorted(m for m in wanted if lowest <= m <= highest and m != case.memory_mb)


def _grained(memory_mb: float) -> int:
    return max(MIN_MEMORY_MB, math.ceil(memory_mb / GRAIN_MB) * GRAIN_MB)
