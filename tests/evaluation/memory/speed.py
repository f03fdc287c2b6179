"""How long does it take to advise a fleet? One core, sizes and durations as in a real one."""

import gc
import random
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.evaluation.memory.playing import FIELDS
from trimtab.advisors.memory_size import advise
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.memory_curve import NO_RECORD, MeasuredPoint, MemoryRecord

SIZES_MB = (128, 256, 512, 768, 1024, 1536, 1769, 2048, 3008, 4096)
KNOWS_CPU, HAS_RECORD = 0.5, 0.1
"""Half have CPU time, a tenth a step behind them; assumed."""


def seconds_for(functions: int) -> float:
    chance = random.Random(1)
    fleet = [_signals(chance) for _ in range(functions)]
    gc.collect()
    gc.freeze()  # The fleet is the judge's own, and no garbage of the advisor.
    begun = time.process_time()
    for signals in fleet:
        advise(signals, FIELDS, region="eu-west-1", lookback=timedelta(days=14))
    return time.process_time() - begun


def _signals(chance: random.Random) -> Mapping[str, Evidence]:
    memory_mb = chance.choice(SIZES_MB)
    mean_ms = 10 ** chance.uniform(0.5, 4)
    invocations = 10 ** chance.uniform(3, 7)
    values: dict[str, Any] = {
        "function.memory_mb": memory_mb,
        "function.timeout_s": 900,
        "usage.invocations": invocations,
        "usage.duration_mean_ms": mean_ms,
        "usage.duration_p95_ms": mean_ms * 1.5,
        "usage.duration_p99_ms": mean_ms * 2,
        "memory.peak_mb": memory_mb * chance.uniform(0.1, 0.6),
        "cost.compute_usd_month": memory_mb * mean_ms * invocations / 1e9,
        "memory.record": _record(chance, memory_mb, mean_ms),
    }
    if chance.random() < KNOWS_CPU:
        values["cpu.time_mean_ms"] = mean_ms * chance.uniform(0, min(memory_mb / 1769, 1))
    return {name: Known(value=value, source="drawn") for name, value in values.items()}


def _record(chance: random.Random, memory_mb: int, mean_ms: float) -> MemoryRecord:
    if chance.random() >= HAS_RECORD:
        return NO_RECORD
    points = tuple(
        MeasuredPoint(
            memory_mb=size,
            duration_mean_ms=mean_ms * chance.uniform(0.9, 1.1),
            duration_p95_ms=None,
            invocations=10_000,
            source="change drawn-r1",
        )
        for size in (memory_mb * 2, memory_mb * 2, memory_mb)
    )
    return MemoryRecord(points=points, baseline=points[0])
