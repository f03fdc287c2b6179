"""Puts questions to the memory-size advisor."""

from datetime import timedelta
from typing import Any

from trimtab.advisors.memory_size import advise
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.memory_curve import MeasuredPoint, MemoryCurve, MemoryRecord, SizeForecast
from trimtab.remediations.set_memory import SPEC

LOOKBACK = timedelta(days=14)
FIELDS: dict[str, Any] = {field.name: field.default for field in SPEC.fields}
MEAN_MS = 300.0
USUAL: dict[str, Any] = {
    "function.memory_mb": 3008,
    "function.timeout_s": 30,
    "usage.invocations": 100_000.0,
    "usage.duration_mean_ms": MEAN_MS,
    "usage.duration_p95_ms": 400.0,
    "usage.duration_p99_ms": 900.0,
    "memory.peak_mb": 300.0,
    "cost.compute_usd_month": 100.0,
}


def cpu(share: float, memory_mb: int = 3008, mean_ms: float = MEAN_MS) -> dict[str, float]:
    """Return the CPU time of a function that uses this share of what its size gives."""
    return {"cpu.time_mean_ms": share * mean_ms * memory_mb / 1769}


def signals(**given: Any) -> dict[str, Evidence]:
    values = USUAL | {name.replace("__", "."): value for name, value in given.items()}
    return {n: Known(value=v, source="test") for n, v in values.items()}


def ask(fields: dict[str, Any] | None = None, **given: Any) -> Recommendation | Abstention:
    return advise(signals(**given), FIELDS | (fields or {}), region="eu-west-1", lookback=LOOKBACK)


def proposed(fields: dict[str, Any] | None = None, **given: Any) -> Recommendation:
    advice = ask(fields, **given)
    assert isinstance(advice, Recommendation), advice
    return advice


def size(fields: dict[str, Any] | None = None, **given: Any) -> int:
    return proposed(fields, **given).after["memory_mb"]


def abstained(fields: dict[str, Any] | None = None, **given: Any) -> Abstention:
    advice = ask(fields, **given)
    assert isinstance(advice, Abstention), advice
    return advice


def curve(advice: Recommendation | Abstention) -> MemoryCurve:
    assert advice.curve is not None
    return advice.curve


def at(advice: Recommendation | Abstention, memory_mb: int) -> SizeForecast:
    found = curve(advice).at(memory_mb)
    assert found is not None
    return found


def point(memory_mb: int, mean_ms: float, **given: Any) -> MeasuredPoint:
    values: dict[str, Any] = {
        "memory_mb": memory_mb,
        "duration_mean_ms": mean_ms,
        "duration_p95_ms": None,
        "invocations": 100_000,
        "source": "change earlier-r1",
    }
    return MeasuredPoint(**values | given)


def record(*points: MeasuredPoint, **given: Any) -> MemoryRecord:
    return MemoryRecord(points=points, **given)


def holds(memory_mb: int, advice: Recommendation | Abstention) -> float:
    found = at(advice, memory_mb).holds
    assert found is not None
    return found
