"""What becomes of a function that the advisor is left alone with? Played, step by step.

Decisions see noisy values, scores use the true curve. One look is one mean duration with lognormal
noise: the advisor gets one before each step, the change one more as its baseline, the watch up to
four at the new size: it goes on while the answer is unclear, as the product's does. A step that is
too slow, counted from before the first, or saves too little is taken back; what it measured stays
on record.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from math import exp
from statistics import fmean
from typing import Any

from tests.evaluation.memory.computing import cpu_share
from tests.evaluation.memory.curves import Curve, cost
from trimtab.advisors.memory_shapes import Prior
from trimtab.advisors.memory_size import advise
from trimtab.domain.evidence import Evidence, Known
from trimtab.domain.finding import Recommendation
from trimtab.domain.memory_curve import NO_RECORD, MeasuredPoint
from trimtab.domain.memory_sizes import ONE_VCPU_MB
from trimtab.pipeline.slowdown import Answer, judge_slowdown

NOISE = 0.03
STEPS = 3
BASELINE_LOOKS = 2
INVOCATIONS = 1_000_000.0
FIELDS: Mapping[str, Any] = {
    "headroom": 1.4,
    "max_slowdown": 0.10,
    "max_step": 0.50,
    "min_saving": 0.02,
    "certainty": 0.50,
}
"""The defaults of the change; that they are is a test."""


@dataclass(slots=True, kw_only=True)
class Step:
    from_mb: int
    to_mb: int
    saving_low: float
    saving_high: float
    saving: float
    """The true one."""
    is_undone: bool
    knows_cpu: bool


@dataclass(slots=True, kw_only=True)
class Played:
    """One function from one size, with one seed."""

    curve: Curve
    start_mb: int
    memory_mb: int
    """Where it rests."""
    steps: list[Step]
    reason: str
    """Why it went no further."""

    @property
    def is_changed(self) -> bool:
        return self.memory_mb != self.start_mb


class Player:
    """Plays one function. `knows_cpu` tells whether CPU time is at hand."""

    def __init__(
        self, curve: Curve, start_mb: int, *, prior: Prior, seed: int, knows_cpu: bool
    ) -> None:
        self._curve, self._prior, self._knows_cpu = curve, prior, knows_cpu
        self._chance = random.Random(f"{seed}/{curve.name}/{start_mb}")
        self._fields = dict(FIELDS)
        self._record = NO_RECORD
        self._noise = NOISE
        self.played = Played(
            curve=curve, start_mb=start_mb, memory_mb=start_mb, steps=[], reason=""
        )

    def play(self, fields: Mapping[str, Any]) -> Played:
        self._fields |= fields
        for _ in range(STEPS):
            now_ms = self._look(self.played.memory_mb)
            advice = advise(
                self._signals(now_ms),
                self._fields,
                region="us-east-1",
                lookback=timedelta(days=14),
                prior=self._prior,
            )
            if not isinstance(advice, Recommendation):
                self.played.reason = advice.reason
                break
            self._step(advice, now_ms)
        return self.played

    def _look(self, memory_mb: int) -> float:
        return self._curve.duration_ms(memory_mb) * exp(self._chance.gauss(0.0, self._noise))

    def _signals(self, now_ms: float) -> dict[str, Evidence]:
        memory_mb = self.played.memory_mb
        compute = cost(memory_mb, now_ms) - cost(0, now_ms)
        values: dict[str, Any] = {
            "function.memory_mb": memory_mb,
            "function.timeout_s": 900,
            "usage.invocations": INVOCATIONS,
            "usage.duration_mean_ms": now_ms,
            "usage.duration_p95_ms": now_ms,
            "usage.duration_p99_ms": now_ms,
            "memory.peak_mb": (self._curve.peak_mb or self._curve.sizes[0]) / 1.4,
            "cost.compute_usd_month": compute * INVOCATIONS,
            "cost.usd_month": cost(memory_mb, now_ms) * INVOCATIONS,
            "memory.record": self._record,
        }
        if self._knows_cpu:
            share = cpu_share(self._curve, memory_mb) * exp(self._chance.gauss(0.0, self._noise))
            values["cpu.time_mean_ms"] = share * now_ms * memory_mb / ONE_VCPU_MB
        return {name: Known(value=value, source="played") for name, value in values.items()}

    def _step(self, advice: Recommendation, now_ms: float) -> None:
        played, to_mb = self.played, advice.after["memory_mb"]
        assert advice.curve is not None
        told = advice.curve.at(to_mb)
        assert told is not None
        before = [now_ms, self._look(played.memory_mb)]
        for each in before:
            self._keep(played.memory_mb, each)
        self._begin_series(fmean(before))
        after: list[float] = []
        while True:
            after.append(self._look(to_mb))
            answer = judge_slowdown(
                before_ms=self._baseline_ms(),
                after_ms=fmean(after),
                limit=1.0 + self._fields["max_slowdown"],
                looks_before=BASELINE_LOOKS,
                looks_after=len(after),
            )
            if answer is not Answer.UNCLEAR:
                break
        for each in after:
            self._keep(to_mb, each)
        saved = 1.0 - cost(to_mb, fmean(after)) / cost(played.memory_mb, fmean(before))
        is_undone = answer is not Answer.HOLDS or saved < self._fields["min_saving"]
        played.steps.append(
            Step(
                from_mb=played.memory_mb,
                to_mb=to_mb,
                saving_low=1.0 - told.cost.high,
                saving_high=1.0 - told.cost.low,
                saving=self._curve.saving(played.memory_mb, to_mb),
                is_undone=is_undone,
                knows_cpu=self._knows_cpu,
            )
        )
        if not is_undone:
            played.memory_mb = to_mb

    def _keep(self, memory_mb: int, mean_ms: float) -> None:
        point = self._point(memory_mb, mean_ms)
        self._record = replace(self._record, points=(*self._record.points, point))

    def _begin_series(self, mean_ms: float) -> None:
        """Every later slowdown counts from here."""
        if self._record.baseline is None:
            baseline = self._point(self.played.memory_mb, mean_ms)
            self._record = replace(self._record, baseline=baseline)

    def _baseline_ms(self) -> float:
        assert self._record.baseline is not None
        return self._record.baseline.duration_mean_ms

    def _point(self, memory_mb: int, mean_ms: float) -> MeasuredPoint:
        return MeasuredPoint(
            memory_mb=memory_mb,
            duration_mean_ms=mean_ms,
            duration_p95_ms=None,
            invocations=int(INVOCATIONS),
            source=f"change played-r{len(self.played.steps) + 1}",
        )
