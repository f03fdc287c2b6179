"""How are derived signals computed? One small sum each; None where there is no such value."""

from collections.abc import Mapping, Sequence

from trimtab.domain.memory_sizes import ONE_VCPU_MB
from trimtab.policy.tool_tags import tool_in_tags


def peak_ratio(peak_mb: float, memory_mb: float) -> float | None:
    return peak_mb / memory_mb if memory_mb else None


def error_rate(errors: float, invocations: float) -> float | None:
    """Return errors per invocation; None without invocations, because nothing could fail."""
    return min(errors / invocations, 1.0) if invocations else None


def total_size(package_mb: float, layers_mb: float) -> float:
    return package_mb + layers_mb


FREE_STORAGE_MB = 512.0
"""Source: AWS Lambda pricing, "Lambda ephemeral storage pricing", read 2026-11."""


def beyond_free_storage(ephemeral_storage_mb: float) -> float:
    return max(ephemeral_storage_mb - FREE_STORAGE_MB, 0.0)


def tag_count(tags: Mapping[str, str]) -> int:
    return len(tags)


def duration_mean(duration_sum_ms: float, invocations: float) -> float | None:
    """Return the time of one invocation, on average; None without invocations."""
    return duration_sum_ms / invocations if invocations else None


def cpu_share(
    time_mean_ms: float, duration_sum_ms: float, invocations: float, memory_mb: float
) -> float | None:
    """Return the share of an invocation that is spent computing, at most 1.

    Below one vCPU a function gets its part of a CPU only: one that always computes has used
    memory / 1769 of the time. Threads can add up to more than 1.
    """
    if not invocations or not duration_sum_ms or not memory_mb:
        return None
    used = time_mean_ms * invocations / duration_sum_ms
    return min(used / min(memory_mb / ONE_VCPU_MB, 1.0), 1.0)


def tool_tag(tags: Mapping[str, str]) -> str:
    """Return the tool the tags name, or 'none'."""
    return tool_in_tags(tags) or "none"


def trigger_count(
    event_sources: int, rules: int, schedules: int, policy_sources: int, has_url: bool
) -> int:
    return event_sources + rules + schedules + policy_sources + has_url


def any_of(one: bool, other: bool) -> bool:
    return one or other


def how_many(names: Sequence[str]) -> int:
    return len(names)


def has_any(names: Sequence[str]) -> bool:
    return bool(names)


def retries_at_most(events: float, errors: float, invocations: float) -> float:
    """Return how many invocations can have been retries: no more than failed, nor than were beyond
    one for each event.
    """
    return min(errors, max(invocations - events, 0.0))


def retry_cost(usd_month: float, retries: float, invocations: float) -> float | None:
    """Return the part of the cost that retries have, each as dear as any invocation."""
    return usd_month * retries / invocations if invocations else None


def share_of(part: float, whole: float) -> float | None:
    """Return a part over its whole; None where the whole is 0."""
    return part / whole if whole else None


def share_of_both(part: float, rest: float) -> float | None:
    """Return one of two counts over their sum; None where both are 0."""
    return share_of(part, part + rest)


def timeout_rate(timeouts: float, invocations: float) -> float | None:
    """Return timeouts per invocation, at most 1; None without invocations."""
    return min(timeouts / invocations, 1.0) if invocations else None


def share_of_timeout(duration_ms: float, timeout_s: float) -> float | None:
    return share_of(duration_ms, timeout_s * 1000.0)


BYTES_PER_MB = 1024.0 * 1024.0


def to_mb(number_of_bytes: float) -> float:
    return number_of_bytes / BYTES_PER_MB


def share_of_storage(used_bytes: float, storage_mb: float) -> float | None:
    return share_of(to_mb(used_bytes), storage_mb)


def break_even(
    provisioned: float, on_demand_usd: float, ready_usd: float, run_usd: float
) -> float | None:
    """Return the share of the time at which both cost the same; None when nothing is provisioned.

    What is busy for the share u costs ready + u x run provisioned, and u x on demand without.
    """
    cheaper_usd = on_demand_usd - run_usd
    return ready_usd / cheaper_usd if provisioned and cheaper_usd > 0 else None


def is_below(value: float, limit: float) -> bool:
    return value < limit


SECONDS_PER_MONTH = 730.0 * 3600.0
"""As AWS counts a month in its price calculator."""


def provisioned_cost(concurrency: float, memory_mb: float, usd_gb_second: float) -> float:
    """Return what keeping provisioned concurrency costs if it stays as it is for a month."""
    return concurrency * memory_mb / 1024.0 * SECONDS_PER_MONTH * usd_gb_second


def total_cost(on_demand: float | None, provisioned: float | None) -> float | None:
    """Return the sum; without provisioned concurrency it is the rest alone."""
    return None if on_demand is None else on_demand + (provisioned or 0.0)
