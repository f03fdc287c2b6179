"""What may call a function or needs it, and which of its versions does anything name?

Both from the trigger graph. Asked last, of those functions that a policy is still undecided about:
the listings are read once for all of them.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Signals, Unknown
from trimtab.domain.fleet import ListedFunction
from trimtab.domain.trigger_graph import TriggerGraph
from trimtab.pipeline.signals.reading import FunctionReading, TargetReading
from trimtab.pipeline.triggers import MANY, graph_of, oldest_first
from trimtab.ports import FunctionSource

GRAPH = "the trigger graph"

OF_TRIGGERS = (
    "trigger.has_live",
    "trigger.live_count",
    "trigger.dormant_count",
    "trigger.has_orphan",
    "trigger.next_fire_days",
    "trigger.is_edge",
    "durable.open_executions",
)
OF_VERSIONS = ("version.named", "version.unnamed_count", "version.oldest_unnamed_age_days")


def read_triggers(
    source: FunctionSource, listed: ListedFunction, known: Signals
) -> Mapping[str, Evidence]:
    return trigger_signals(graph_of(source, listed), listed.function)


def trigger_signals(graph: TriggerGraph, function: FunctionArn) -> dict[str, Evidence]:
    """Return what the graph tells of one function; a blind that could hide anything of it makes
    unknown what it could change.
    """
    triggers = graph.triggers_of(function)
    moment = graph.next_fire_at(function)
    is_whole = graph.live_count(function) is not None
    dormant = sum(one.is_live is False for one in triggers)
    orphan = any(one.is_gone for one in triggers)
    days = None if moment is None else (moment - graph.as_of) / timedelta(days=1)
    values: dict[str, Any] = {
        "trigger.has_live": graph.has_live(function),
        "trigger.live_count": graph.live_count(function),
        "trigger.dormant_count": dormant if is_whole else None,
        "trigger.has_orphan": orphan if orphan or is_whole else None,
        "trigger.is_edge": graph.edge[function],
        "durable.open_executions": graph.open_executions[function],
    }
    lost = Unknown(reason=_why(graph, function))
    told: dict[str, Evidence] = {
        name: lost if value is None else Known(value=value, source=GRAPH)
        for name, value in values.items()
    }
    next_fire = Known(value=days, source=GRAPH)
    return told | {"trigger.next_fire_days": next_fire if is_whole else lost}


def _why(graph: TriggerGraph, function: FunctionArn) -> str:
    """Name the first thing that could not be read, and how many more there are."""
    errors = [blind.error for blind in graph.unknown_for(function)]
    errors += [one.why for one in graph.triggers_of(function) if one.is_live is None]
    first, *others = dict.fromkeys(errors) or ("it could not be told",)
    return f"{first} (and {len(others)} more)" if others else first


def read_version_users(
    source: FunctionSource, listed: ListedFunction, known: Signals
) -> Mapping[str, Evidence]:
    """Return which numbered versions anything names, an alias that serves it in part included; of
    very many versions only the oldest are looked at.
    """
    graph, function = graph_of(source, listed), listed.function
    if any(blind.source != MANY for blind in graph.unknown_for(function)):
        return dict.fromkeys(OF_VERSIONS, Unknown(reason=_why(graph, function)))
    aliases = source.capacity.aliases(function)
    named = {version for alias in aliases for version in (alias.version, *alias.weights)}
    named |= graph.qualifiers(function)
    versions = oldest_first(source.capacity.versions_of(function))
    unnamed = [version for version in versions if version.number not in named]
    ages = [source.capacity.age_days(version.published_at) for version in unnamed]
    values: dict[str, Any] = {
        "version.named": sorted({v.number for v in versions} & named, key=int),
        "version.unnamed_count": len(unnamed),
        "version.oldest_unnamed_age_days": max(ages, default=None),
    }
    return {name: Known(value=value, source=GRAPH) for name, value in values.items()}


READINGS: tuple[TargetReading | FunctionReading, ...] = (
    FunctionReading(what="trigger graph", tells=frozenset(OF_TRIGGERS), read=read_triggers),
    FunctionReading(
        what="users of versions", tells=frozenset(OF_VERSIONS), read=read_version_users
    ),
)
