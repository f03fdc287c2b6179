"""Which signals are there? The one typed catalog: docs, schema, loader and engine all read it.

A new signal is one row here and one reader in `pipeline` or `aws`. Nothing else names signals.
"""

from collections.abc import Mapping
from types import MappingProxyType

from trimtab.policy.signal import Signal, SignalType, Tier

TAGS = "function.tags"
HAS_TAG = "function.has_tag"
"""Not a signal but a shorter way to ask `function.tags` for one name."""


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


_LISTED = "ListFunctions"
_METRICS = "CloudWatch AWS/Lambda"
_NO_ANSWER = "the answer for the series was not complete"
_NEVER = "never: it is in the listing"


def _listed(
    name: str,
    type_: SignalType,
    meaning: str,
    *,
    unit: str = "",
    unknown_when: str = _NEVER,
) -> Signal:
    return Signal(
        name=name,
        type=type_,
        unit=unit,
        meaning=meaning,
        source=_LISTED,
        tier=Tier.LISTED,
        unknown_when=unknown_when,
    )


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
        source=f"{_METRICS}: {source}",
        tier=Tier.METRICS,
        unknown_when=_NO_ANSWER,
        over_lookback=True,
    )


_NONE_UNUSED = " No value without invocations."

_ROWS = (
    _listed("function.name", SignalType.TEXT, "The name of the function."),
    _listed("function.memory_mb", SignalType.MEMORY, "The configured memory.", unit="MB"),
    _listed("function.timeout_s", SignalType.DURATION, "The configured timeout.", unit="s"),
    _listed(
        "function.runtime",
        SignalType.TEXT,
        "The runtime identifier, such as python3.13; 'container image' for an image.",
    ),
    _listed("function.architecture", SignalType.TEXT, "x86_64 or arm64."),
    _listed("function.package_type", SignalType.TEXT, "Zip or Image."),
    _listed(
        "function.age_days",
        SignalType.DAYS,
        "Days since its code or configuration was last changed.",
        unit="days",
    ),
    _listed(
        "function.code_size_mb",
        SignalType.SIZE,
        "The deployment package, zipped.",
        unit="MB",
    ),
    _listed(
        "function.ephemeral_storage_mb", SignalType.SIZE, "The configured size of /tmp.", unit="MB"
    ),
    _listed("function.has_vpc", SignalType.FLAG, "Whether it is attached to a VPC."),
    _listed(
        "function.kind",
        SignalType.TEXT,
        "'event function', the one kind Trimtab knows.",
        unknown_when="the raw answer shows a key or value that Trimtab does not know (S11)",
    ),
    Signal(
        name=TAGS,
        type=SignalType.MAPPING,
        unit="",
        meaning="The tags, name to value; empty when there are none.",
        source="Resource Groups Tagging API",
        tier=Tier.BULK,
        unknown_when="the listing of tags failed for the account and region",
    ),
    Signal(
        name="owner.tool",
        type=SignalType.TEXT,
        unit="",
        meaning="The tool that owns the function, in words; 'none' where none is proven to.",
        source="tags of the function, fleet.yaml, then CloudFormation",
        tier=Tier.DEEP,
        unknown_when="tags could not be read, or nothing proves that no tool owns it (S12)",
    ),
    Signal(
        name="function.state",
        type=SignalType.TEXT,
        unit="",
        meaning="Active, Pending, Inactive or Failed.",
        source="GetFunctionConfiguration",
        tier=Tier.DEEP,
        unknown_when="the call failed",
    ),
    Signal(
        name="function.last_update_status",
        type=SignalType.TEXT,
        unit="",
        meaning="Successful, InProgress or Failed.",
        source="GetFunctionConfiguration",
        tier=Tier.DEEP,
        unknown_when="the call failed",
    ),
    Signal(
        name="function.aliases",
        type=SignalType.MAPPING,
        unit="",
        meaning="Its aliases, name to version; empty when there are none.",
        source="ListAliases",
        tier=Tier.DEEP,
        unknown_when="the call failed",
    ),
    Signal(
        name="function.alias_obstacle",
        type=SignalType.TEXT,
        unit="",
        meaning="Why its aliases could not follow a change of $LATEST; 'none' when they could.",
        source="ListAliases, GetFunctionConfiguration of the versions served",
        tier=Tier.DEEP,
        unknown_when="a call failed",
    ),
    _usage("usage.invocations", SignalType.COUNT, "Invocations.", source="Invocations, Sum"),
    _usage("usage.errors", SignalType.COUNT, "Invocations that failed.", source="Errors, Sum"),
    _usage("usage.throttles", SignalType.COUNT, "Requests turned away.", source="Throttles, Sum"),
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
        source="cpu.time_mean_ms x usage.invocations / usage.duration_sum_ms",
        tier=Tier.METRICS,
        unknown_when="Lambda Insights is not on for the function",
        over_lookback=True,
        derived_from=("cpu.time_mean_ms", "usage.duration_sum_ms", "usage.invocations"),
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

SIGNALS: Mapping[str, Signal] = MappingProxyType({row.name: row for row in _ROWS})
