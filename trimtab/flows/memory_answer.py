"""What does a policy ask of a memory size? For whoever tells why a size is not the one."""

from dataclasses import dataclass

from trimtab.domain.evidence import Known
from trimtab.flows.change_answer import Found

PEAK = "memory.peak_mb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a policy asks of a size, as far as it is known."""

    max_slowdown: float | None = None
    max_step: float | None = None
    least_mb: float | None = None
    """The peak with its headroom."""


def bounds_of(one: Found) -> Bounds:
    """Return the bounds of the very policy that made the finding; of another none are known."""
    if one.policy is None or one.policy.change is None:
        return Bounds()
    fields = {n: v for n, v in one.policy.change.fields.items() if isinstance(v, float)}
    peak, headroom = one.finding.signals.get(PEAK), fields.get("headroom")
    least_mb = None
    if isinstance(peak, Known) and isinstance(peak.value, int | float) and headroom is not None:
        least_mb = peak.value * headroom
    return Bounds(
        max_slowdown=fields.get("max_slowdown"),
        max_step=fields.get("max_step"),
        least_mb=least_mb,
    )
