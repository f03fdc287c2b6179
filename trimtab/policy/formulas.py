"""How are derived signals computed? One small sum each; None where there is no such value."""

from collections.abc import Mapping


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


ONE_VCPU_MB = 1769.0
"""Source: Lambda developer guide, "Configure Lambda function memory", read 2026-11."""


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


SECONDS_PER_MONTH = 730.0 * 3600.0
"""As AWS counts a month in its price calculator."""


def provisioned_cost(concurrency: float, memory_mb: float, usd_gb_second: float) -> float:
    """Return what keeping provisioned concurrency costs if it stays as it is for a month."""
    return concurrency * memory_mb / 1024.0 * SECONDS_PER_MONTH * usd_gb_second


def total_cost(on_demand: float | None, provisioned: float | None) -> float | None:
    """Return the sum; without provisioned concurrency it is the rest alone."""
    return None if on_demand is None else on_demand + (provisioned or 0.0)
