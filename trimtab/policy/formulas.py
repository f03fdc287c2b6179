"""How are derived signals computed? One small sum each; None where there is no such value."""


def peak_ratio(peak_mb: float, memory_mb: float) -> float | None:
    return peak_mb / memory_mb if memory_mb else None


def error_rate(errors: float, invocations: float) -> float | None:
    """Return errors per invocation; None without invocations, because nothing could fail."""
    return min(errors / invocations, 1.0) if invocations else None


def cpu_share(time_mean_ms: float, duration_sum_ms: float, invocations: float) -> float | None:
    """Return the share of an invocation spent on a CPU, at most 1 (threads can add up to more)."""
    if not invocations or not duration_sum_ms:
        return None
    return min(time_mean_ms * invocations / duration_sum_ms, 1.0)
