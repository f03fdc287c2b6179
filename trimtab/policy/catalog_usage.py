"""Which signals tell how a function is used? Invocations, durations, memory, CPU and cost."""

from trimtab.policy.formulas import cpu_share, error_rate, peak_ratio
from trimtab.policy.signal import Signal, SignalType, Tier

_NONE_UNUSED = " No value without invocations."


def _usage(
    name: str,
    type_: SignalType,
    meaning: str,
    *,
    unit: str = "",
    source: str,
    none_when: str = "",
) -> Signal:
    return Signal(
        name=name,
        type=type_,
        unit=unit,
        meaning=meaning + none_when,
        source=f"CloudWatch AWS/Lambda: {source}",
        tier=Tier.METRICS,
        unknown_when="the answer for the series was not complete",
        over_lookback=True,
    )


USAGE_SIGNALS = (
    _usage("usage.invocations", SignalType.COUNT, "Invocations.", source="Invocations, Sum"),
    _usage("usage.errors", SignalType.COUNT, "Invocations that failed.", source="Errors, Sum"),
    _usage("usage.throttles", SignalType.COUNT, "Requests turned away.", source="Throttles, Sum"),
    _usage(
        "async.events",
        SignalType.COUNT,
        "Events that came for asynchronous invocation; 0 where nobody invokes it so.",
        source="AsyncEventsReceived, Sum",
    ),
    _usage(
        "usage.duration_sum_ms",
        SignalType.DURATION,
        "Time spent in the handler, summed over all invocations.",
        unit="ms",
        source="Duration, Sum",
    ),
    _usage(
        "usage.duration_p95_ms",
        SignalType.DURATION,
        "95 % of invocations were at most this long.",
        unit="ms",
        source="Duration, p95",
        none_when=_NONE_UNUSED,
    ),
    _usage(
        "usage.duration_p99_ms",
        SignalType.DURATION,
        "99 % of invocations were at most this long.",
        unit="ms",
        source="Duration, p99",
        none_when=_NONE_UNUSED,
    ),
    Signal(
        name="usage.error_rate",
        type=SignalType.RATIO,
        unit="0..1",
        meaning="Errors per invocation." + _NONE_UNUSED,
        source="usage.errors / usage.invocations",
        tier=Tier.METRICS,
        unknown_when="either is unknown",
        over_lookback=True,
        derived_from=("usage.errors", "usage.invocations"),
        formula=error_rate,
    ),
    Signal(
        name="memory.peak_mb",
        type=SignalType.MEMORY,
        unit="MB",
        meaning="The most memory one invocation used. The source says which of the three answered.",
        source="Lambda Insights, then Compute Optimizer, then REPORT lines",
        tier=Tier.LOGS,
        unknown_when="none of the three has figures for it",
        over_lookback=True,
    ),
    Signal(
        name="memory.peak_ratio",
        type=SignalType.RATIO,
        unit="0..1",
        meaning="Peak memory used over memory configured.",
        source="memory.peak_mb / function.memory_mb",
        tier=Tier.LOGS,
        unknown_when="the peak is unknown",
        over_lookback=True,
        derived_from=("memory.peak_mb", "function.memory_mb"),
        formula=peak_ratio,
    ),
    Signal(
        name="cpu.time_mean_ms",
        type=SignalType.DURATION,
        unit="ms",
        meaning="CPU time of one invocation, on average: user and system.",
        source="Lambda Insights: cpu_total_time, Average",
        tier=Tier.METRICS,
        unknown_when="Lambda Insights is not on for the function",
        over_lookback=True,
    ),
    Signal(
        name="cpu.share",
        type=SignalType.RATIO,
        unit="0..1",
        meaning="Share of an invocation that is spent computing, not waiting; at most 1.",
        source="cpu.time_mean_ms x usage.invocations / usage.duration_sum_ms / CPU it is given",
        tier=Tier.METRICS,
        unknown_when="Lambda Insights is not on for the function",
        over_lookback=True,
        derived_from=(
            "cpu.time_mean_ms",
            "usage.duration_sum_ms",
            "usage.invocations",
            "function.memory_mb",
        ),
        formula=cpu_share,
    ),
    Signal(
        name="logs.out_of_memory",
        type=SignalType.COUNT,
        unit="",
        meaning="Invocations that ended because memory ran out.",
        source="REPORT lines, by CloudWatch Logs Insights",
        tier=Tier.LOGS,
        unknown_when="the log group cannot be queried, or shows more lines than invocations",
        over_lookback=True,
    ),
    Signal(
        name="cost.usd_month",
        type=SignalType.MONEY,
        unit="USD a month",
        meaning="What its GB-seconds cost at list price, scaled to a month.",
        source="function.memory_mb x usage.duration_sum_ms x the price table",
        tier=Tier.METRICS,
        unknown_when="its duration is unknown",
        over_lookback=True,
    ),
)
