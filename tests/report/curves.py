"""Which memory curves may there be? A believable one, and those at every edge."""

from datetime import UTC, datetime
from typing import Any

from trimtab.domain.memory_curve import Interval, MeasuredPoint, MemoryCurve, SizeForecast

MEASURED_AT = datetime(2026, 11, 1, tzinfo=UTC)
BASIS = (
    "412,880 invocations at 3,008 MB over 14 days",
    "what was measured at 2,048 MB before change abc-r1",
    "functions of the same runtime, where nothing else tells",
)


def an_interval(expected: float, spread: float = 0.1) -> Interval:
    return Interval(
        low=expected * max(0.0, 1 - spread), expected=expected, high=expected * (1 + spread)
    )


def a_forecast(
    memory_mb: int, slowdown: float, *, now_mb: int, now_ms: float, spread: float
) -> SizeForecast:
    """Return one size of a curve: its interval is as wide as the size is far away."""
    here = 0.02 if memory_mb == now_mb else spread
    return SizeForecast(
        memory_mb=memory_mb,
        slowdown=an_interval(slowdown, here),
        duration_p95_ms=an_interval(now_ms * slowdown, here),
        cost=an_interval(memory_mb / now_mb * slowdown, here),
    )


def a_point(memory_mb: int = 3008, p95_ms: float | None = 420.0, **given: Any) -> MeasuredPoint:
    usual: dict[str, Any] = {
        "memory_mb": memory_mb,
        "duration_mean_ms": 260.0 if p95_ms is None else p95_ms * 0.6,
        "duration_p95_ms": p95_ms,
        "invocations": 412_880,
        "source": "metrics",
        "measured_at": MEASURED_AT,
    }
    return MeasuredPoint(**usual | given)


SIZES = (512, 768, 1024, 1536, 1769, 2048, 2560, 3008, 4096)


def a_curve(
    *,
    now_mb: int = 3008,
    chosen_mb: int | None = 1769,
    now_ms: float = 420.0,
    sizes: tuple[int, ...] = SIZES,
    bound: float = 0.6,
    spread: float = 0.14,
    **given: Any,
) -> MemoryCurve:
    """Build a curve of a function that computes this share of its time."""

    def slowdown(size: int) -> float:
        return float((min(now_mb, 1769) / min(size, 1769)) ** bound)

    usual: dict[str, Any] = {
        "memory_mb": now_mb,
        "chosen_mb": chosen_mb,
        "points": (a_point(now_mb, now_ms),),
        "forecasts": tuple(
            a_forecast(s, slowdown(s), now_mb=now_mb, now_ms=now_ms, spread=spread) for s in sizes
        ),
        "basis": BASIS,
    }
    return MemoryCurve(**usual | given)


NAN = Interval(low=float("nan"), expected=float("inf"), high=float("-inf"))
BROKEN = SizeForecast(memory_mb=1024, slowdown=NAN, duration_p95_ms=NAN, cost=NAN)

CURVES: dict[str, MemoryCurve] = {
    "usual": a_curve(
        points=(
            a_point(),
            a_point(2048, 432.0, invocations=90_000, source="change abc-r1"),
            a_point(1024, None, invocations=50, source="power tuning", duration_mean_ms=390.0),
        )
    ),
    "one-size": a_curve(sizes=(3008,), chosen_mb=None),
    "one-point-only": a_curve(sizes=(), chosen_mb=None),
    "nothing": a_curve(sizes=(), points=(), chosen_mb=None, basis=()),
    "twenty-points": a_curve(
        points=tuple(a_point(256 * n, 4200.0 / n**0.7, invocations=4**n) for n in range(1, 21)),
        sizes=tuple(256 * n for n in range(1, 21)),
        now_mb=3072,
        now_ms=740.0,
        chosen_mb=1792,
    ),
    "one-millisecond": a_curve(now_mb=128, now_ms=1.0, sizes=(128, 192, 256), chosen_mb=None),
    "fifteen-minutes": a_curve(now_mb=10240, now_ms=900_000.0, sizes=(5120, 10240), chosen_mb=5120),
    "huge-interval": a_curve(spread=60.0),
    "larger-than-now": a_curve(now_mb=512, chosen_mb=768, now_ms=3400.0, bound=0.98),
    "no-size-chosen": a_curve(chosen_mb=None),
    "neighbours": a_curve(now_mb=1792, chosen_mb=1769, sizes=(1769, 1792)),
    "all-sizes": a_curve(sizes=(128, 256, 512, 1024, 1769, 3008, 5120, 10240), spread=0.6),
    "not-numbers": a_curve(
        sizes=(1024,), forecasts=(BROKEN,), points=(a_point(512, float("nan")),)
    ),
    "zero": a_curve(now_ms=0.0),
}
