"""Which memory size would do? Stage 3 of 8: the advisor behind `set_memory`.

CPU follows memory: 1,769 MB is one vCPU, so below it a smaller size is a slower one in proportion,
for the share of the time that the function really computes. Without evidence of that share the
advisor assumes all of it. Then only the part above 1,769 MB is free, and only that is proposed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from trimtab.domain.evidence import Signals, value_or_none
from trimtab.domain.finding import Abstention, Recommendation, Saving
from trimtab.domain.price import DISCOUNT_FLOOR
from trimtab.domain.terms import ChangeKind

ONE_VCPU_MB = 1769
"""Source: Lambda developer guide, "Configure Lambda function memory", read 2026-11: at 1,769 MB a
function has the equivalent of one vCPU."""

MIN_MEMORY_MB = 128
"""Source: the same page: memory goes from 128 MB to 10,240 MB in 1 MB steps."""

MIN_SAVING_SHARE = 0.05
"""A change that saves less than a twentieth is not worth anybody's time; chosen, not measured."""

LEAST_CPU_SHARE = 0.01
"""A smaller share counts as this one: its slowdown is below any limit, its inverse beyond a float.
"""

SIGNALS = (
    "function.memory_mb",
    "function.timeout_s",
    "usage.invocations",
    "usage.duration_p95_ms",
    "usage.duration_p99_ms",
    "memory.peak_mb",
    "cost.compute_usd_month",
)
"""What must be known, or the advisor abstains."""

OPTIONAL_SIGNALS = ("cpu.share", "memory.record")
"""What sharpens the advice where it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    memory_mb: int
    timeout_ms: float
    peak_mb: float
    p95_ms: float
    p99_ms: float
    cpu_share: float
    has_cpu_evidence: bool
    cost_usd_month: float


def predicted_slowdown(*, old_mb: float, new_mb: float, cpu_share: float) -> float:
    """Return new duration / old duration: (min(old, 1769) / min(new, 1769)) ^ cpu_share."""
    return float((min(old_mb, ONE_VCPU_MB) / min(new_mb, ONE_VCPU_MB)) ** cpu_share)


def advise(
    signals: Signals, fields: Mapping[str, Any], *, region: str, lookback: timedelta
) -> Recommendation | Abstention:
    """Recommend the cheapest size within all limits of the policy, or say why none is proposed.

    Fields: headroom (new size over peak used, 1.4), max_slowdown (of the p95, 0.1 is a tenth),
    max_step (share of the current size that one change may take away, 0.5 is half). What it costs
    is worked out of region and lookback already.
    """
    del region, lookback
    missing = [name for name in SIGNALS if value_or_none(signals.get(name)) is None]
    if missing:
        return Abstention(reason=f"not known: {', '.join(missing)}")
    facts = _facts(signals)
    floors = _floors(facts, fields)
    lowest_mb = max(floors.values())
    binding = next(name for name, floor in floors.items() if floor == lowest_mb)
    if facts.peak_mb >= facts.memory_mb:
        return Abstention(reason="it uses all the memory it has: starved, not over-provisioned")
    if lowest_mb >= facts.memory_mb:
        return Abstention(reason=f"no smaller size is safe: {binding} asks for {lowest_mb} MB")
    new_mb = _cheapest(facts, lowest_mb)
    before, after = _cost_factor(facts, facts.memory_mb), _cost_factor(facts, new_mb)
    if after > before * (1 - MIN_SAVING_SHARE):
        return Abstention(
            reason=f"a smaller size would save under {MIN_SAVING_SHARE:.0%}: below "
            f"{ONE_VCPU_MB} MB it runs slower as it gets smaller"
            + ("" if facts.has_cpu_evidence else " (no CPU evidence, so all of it is assumed)")
        )
    return _recommendation(facts, new_mb=new_mb, binding=binding)


def _facts(signals: Signals) -> _Facts:
    values = {name: value_or_none(evidence) for name, evidence in signals.items()}
    cpu = values.get("cpu.share")
    return _Facts(
        memory_mb=values["function.memory_mb"],
        timeout_ms=values["function.timeout_s"] * 1000.0,
        peak_mb=values["memory.peak_mb"],
        p95_ms=values["usage.duration_p95_ms"],
        p99_ms=values["usage.duration_p99_ms"],
        cpu_share=1.0 if cpu is None else min(1.0, max(0.0, cpu)),
        has_cpu_evidence=cpu is not None,
        cost_usd_month=values["cost.compute_usd_month"],
    )


def _floors(facts: _Facts, fields: Mapping[str, Any]) -> dict[str, int]:
    """Return the smallest size that each limit allows, in MB, rounded up."""
    old_cpu_mb = min(facts.memory_mb, ONE_VCPU_MB)
    slowest = (1.0 + fields["max_slowdown"]) ** (1.0 / max(facts.cpu_share, LEAST_CPU_SHARE))
    p99_room = facts.p99_ms / (facts.timeout_ms / 2)
    return {
        "the platform": MIN_MEMORY_MB,
        f"peak memory times {fields['headroom']:g}": math.ceil(facts.peak_mb * fields["headroom"]),
        f"a step of at most {fields['max_step']:.0%}": math.ceil(
            facts.memory_mb * (1.0 - fields["max_step"])
        ),
        f"a slowdown of at most {fields['max_slowdown']:.0%}": math.ceil(old_cpu_mb / slowest),
        "a p99 under half the timeout": math.floor(old_cpu_mb * p99_room) + 1
        if p99_room < 1.0
        else facts.memory_mb,
    }


def _cost_factor(facts: _Facts, memory_mb: int) -> float:
    """Return what an invocation costs at this size, up to a constant."""
    return memory_mb * predicted_slowdown(
        old_mb=facts.memory_mb, new_mb=memory_mb, cpu_share=facts.cpu_share
    )


def _cheapest(facts: _Facts, lowest_mb: int) -> int:
    """Return the larger of two sizes that cost the same: above one vCPU smaller is always cheaper,
    below it only as far as the function waits instead of computing."""
    knee_mb = max(lowest_mb, min(ONE_VCPU_MB, facts.memory_mb))
    saves = _cost_factor(facts, lowest_mb) < _cost_factor(facts, knee_mb) * (1 - MIN_SAVING_SHARE)
    return lowest_mb if saves else knee_mb


def _recommendation(facts: _Facts, *, new_mb: int, binding: str) -> Recommendation:
    slowdown = predicted_slowdown(old_mb=facts.memory_mb, new_mb=new_mb, cpu_share=facts.cpu_share)
    worst = predicted_slowdown(old_mb=facts.memory_mb, new_mb=new_mb, cpu_share=1.0)
    share = new_mb / facts.memory_mb
    high = facts.cost_usd_month * (1.0 - share)
    low = facts.cost_usd_month * (1.0 - share * worst)
    evidence = "from Lambda Insights" if facts.has_cpu_evidence else "assumed: no CPU evidence"
    return Recommendation(
        kind=ChangeKind.SET_MEMORY,
        after={"memory_mb": new_mb},
        saving=Saving(
            low_usd_month=round(low * DISCOUNT_FLOOR if low > 0 else low, 2),
            high_usd_month=round(high, 2),
        ),
        duration_p95_ms=facts.p95_ms,
        predicted_p95_ms=round(facts.p95_ms * slowdown, 1),
        predicted_p99_ms=round(facts.p99_ms * worst, 1),
        reasons=(
            f"peak memory {facts.peak_mb:g} MB of {facts.memory_mb} MB",
            f"CPU share {facts.cpu_share:.2f} ({evidence})",
            f"predicted slowdown {slowdown:.2f} x: p95 {facts.p95_ms:.0f} ms to "
            f"{facts.p95_ms * slowdown:.0f} ms",
            f"at worst p99 {facts.p99_ms * worst:.0f} ms of {facts.timeout_ms:.0f} ms timeout",
            f"{new_mb} MB; the next limit is {binding}",
            f"costs {facts.cost_usd_month:.2f} USD a month now, at list price",
        ),
        cost_usd_month=facts.cost_usd_month,
    )
