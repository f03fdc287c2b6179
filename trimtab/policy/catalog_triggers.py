"""Which signals tell whether anything may call a function, and which versions anything names?"""

from trimtab.policy.signal import Signal, SignalType, Tier

_GRAPH = "the trigger graph: docs/triggers.md"
_HIDDEN = "something that could hide a trigger of it could not be read; the reason names the call"


def _graph(
    name: str, type_: SignalType, meaning: str, *, unit: str = "", unknown_when: str = _HIDDEN
) -> Signal:
    return Signal(
        name=name,
        type=type_,
        unit=unit,
        meaning=meaning,
        source=_GRAPH,
        tier=Tier.DEEP,
        unknown_when=unknown_when,
    )


GRAPH_SIGNALS = (
    _graph(
        "trigger.has_live",
        SignalType.FLAG,
        "Whether anything may call it or needs it: nothing that was read stands in the way.",
        unknown_when=f"none is found and {_HIDDEN}",
    ),
    _graph(
        "trigger.live_count", SignalType.COUNT, "How many may call it or need it, of every kind."
    ),
    _graph(
        "trigger.dormant_count",
        SignalType.COUNT,
        "How many point to it and cannot call: disabled, over, not connected, or gone.",
    ),
    _graph(
        "trigger.has_orphan",
        SignalType.FLAG,
        "Whether its policies let something call that is gone: a bucket, rule, API, user pool,"
        " target group, alarm, user or role.",
        unknown_when=f"none is found and {_HIDDEN}",
    ),
    _graph(
        "trigger.next_fire_days",
        SignalType.DAYS,
        "Days until the next of its live schedules calls; of a rate, at most. None without one.",
        unit="days",
    ),
    _graph(
        "trigger.is_edge",
        SignalType.FLAG,
        "Whether it runs at the edge or may: a distribution names it, the edge may copy it, or"
        " edgelambda.amazonaws.com may assume its role.",
        unknown_when="the roles of the account could not be read",
    ),
    _graph(
        "durable.open_executions",
        SignalType.COUNT,
        "Durable executions that run, pause or are paused. 0 of a function that is not durable.",
        unknown_when="the call failed",
    ),
)

USER_SIGNALS = (
    _graph(
        "version.named",
        SignalType.TEXTS,
        "The numbers of its versions that anything names: an alias, in part too, provisioned"
        " concurrency, or a trigger, live or not.",
    ),
    _graph(
        "version.unnamed_count",
        SignalType.COUNT,
        "Published versions that nothing names, of the 50 oldest. A caller with rights of its own"
        " may name one.",
    ),
    _graph(
        "version.oldest_unnamed_age_days",
        SignalType.DAYS,
        "Days since the oldest of those was published, by its LastModified. None without any.",
        unit="days",
    ),
)

RECORD_SIGNAL = Signal(
    name="version.record",
    type=SignalType.RECORD,
    unit="",
    meaning="What its 50 oldest versions are, and who called them by their number in 400 days. For"
    " the advisor of old versions alone: conditions cannot compare it.",
    source="ListVersionsByFunction, ListAliases, CloudWatch by version",
    tier=Tier.DEEP,
    unknown_when="a call failed",
)

TRIGGER_GRAPH_SIGNALS = (*GRAPH_SIGNALS, *USER_SIGNALS, RECORD_SIGNAL)
