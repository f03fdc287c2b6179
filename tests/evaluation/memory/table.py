"""How good is the memory advisor? Figures over functions and seeds, and the baselines beside."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import fmean
from typing import Any

from tests.evaluation.memory.curves import Curve
from tests.evaluation.memory.playing import Played

TOO_SLOW, DEARER = 1.10, -0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One advisor, or one rule, from one size."""

    name: str
    start_mb: int
    functions: int
    changed: int
    saving_mean: float
    of_best: float
    """Saving / saving of the best size with at most 10 % slowdown."""
    slower_share: float
    """Of the changed ones, at rest."""
    dearer_share: float
    steps: int = 0
    undone_share: float = 0.0
    covered_share: float = 0.0
    """Of the recommendations: the true saving lies in the predicted interval."""
    width_points: float = 0.0


def line(name: str, start_mb: int, played: Sequence[Played]) -> Line:
    savings = [p.curve.saving(p.start_mb, p.memory_mb) for p in played]
    best = [p.curve.saving(p.start_mb, best_mb(p.curve, p.start_mb)) for p in played]
    changed = [p for p in played if p.is_changed]
    steps = [step for p in played for step in p.steps]
    return Line(
        name=name,
        start_mb=start_mb,
        functions=len({p.curve.name for p in played}),
        changed=len(changed),
        saving_mean=fmean(savings),
        of_best=sum(savings) / sum(best) if sum(best) else 0.0,
        slower_share=_share(changed, lambda p: _slowdown(p) > TOO_SLOW),
        dearer_share=_share(changed, lambda p: p.curve.saving(p.start_mb, p.memory_mb) < DEARER),
        steps=len(steps),
        undone_share=_share(steps, lambda s: s.is_undone),
        covered_share=_share(steps, lambda s: s.saving_low <= s.saving <= s.saving_high),
        width_points=100 * fmean(s.saving_high - s.saving_low for s in steps) if steps else 0.0,
    )


def _slowdown(played: Played) -> float:
    return played.curve.slowdown(played.start_mb, played.memory_mb)


def _share(items: Sequence[Any], holds: Callable[[Any], bool]) -> float:
    return sum(map(holds, items)) / len(items) if items else 0.0


def rule(
    name: str, start_mb: int, curves: Sequence[Curve], pick: Callable[[Curve, int], int | None]
) -> Line | None:
    """Return how a rule does that moves once and looks at nothing afterwards."""
    played = []
    for curve in curves:
        memory_mb = pick(curve, start_mb)
        if memory_mb is not None:
            played.append(
                Played(curve=curve, start_mb=start_mb, memory_mb=memory_mb, steps=[], reason="")
            )
    return line(name, start_mb, played) if played else None


def best_mb(curve: Curve, start_mb: int) -> int:
    """Return the measured size that costs least with at most 10 % slowdown."""
    slowest = curve.duration_ms(start_mb) * TOO_SLOW
    allowed = [m for m in curve.sizes if m <= 10_240 and curve.duration_ms(m) <= slowest]
    return min([*allowed, start_mb], key=curve.cost)


def cheapest_mb(curve: Curve, _start_mb: int) -> int:
    return min((m for m in curve.sizes if m <= 10_240), key=curve.cost)


def smallest_mb(curve: Curve, _start_mb: int) -> int:
    return curve.sizes[0]


def classic_mb(curve: Curve, start_mb: int) -> int | None:
    """Return max used times 1.2, in steps of 64 MB, where the use is known."""
    if curve.peak_mb is None:
        return None
    return min(start_mb, max(128, ceil(1.2 * curve.peak_mb / 64) * 64))


RULES = {
    "max used x 1.2": classic_mb,
    "smallest measured": smallest_mb,
    "cheapest, any slowdown": cheapest_mb,
    "best within 10 % slowdown": best_mb,
}

LEGEND = """\
saving   mean over all functions, at rest after three steps
of best  that, of what the best measured size with at most 10 % slowdown would save
slower   share of the changed functions that are slower by more than 10 % at rest
dearer   share of them that cost more
undone   share of the steps that the watch took back
covered  share of the recommendations whose true saving lies in the predicted interval
width    of that interval, in points"""

HEAD = (
    "from MB  who                           n   saving  of best  slower  dearer  "
    "steps  undone  covered  width"
)


def text(row: Line) -> str:
    told = (
        f"{row.start_mb or 'both':>7}  {row.name:28s} {row.functions:3d}  {row.saving_mean:6.1%}  "
        f"{row.of_best:7.0%}  {row.slower_share:6.1%}  {row.dearer_share:6.1%}"
    )
    if not row.steps:
        return told
    return (
        f"{told}  {row.steps:5d}  {row.undone_share:6.1%}  {row.covered_share:7.1%}  "
        f"{row.width_points:5.1f}"
    )


def data(row: Line) -> dict[str, Any]:
    return asdict(row)
