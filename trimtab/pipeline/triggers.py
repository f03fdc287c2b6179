"""What may call a function or needs it? Joins all sources into the trigger graph; no I/O itself.

The listings of a target come first and are read once. Of a function then at most: its aliases, its
provisioned concurrency, its URLs, and the policy of each qualifier. What fails is a blind, and the
rest is read all the same (S8).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from trimtab.domain.arn import FunctionArn, with_qualifier
from trimtab.domain.errors import InputError, OutsideError
from trimtab.domain.fleet import ListedFunction
from trimtab.domain.trigger_graph import Blind, Trigger, TriggerGraph, TriggerKind
from trimtab.pipeline.signals.next_fire import Span, next_fire_at
from trimtab.pipeline.signals.reach_roles import trusted_services
from trimtab.pipeline.signals.setup import role_arn
from trimtab.pipeline.triggers_policy import REPLICATOR, Around, is_replicated, of_policy
from trimtab.pipeline.triggers_role import may_call
from trimtab.ports import FunctionSource, Hidden, Pointer, PublishedVersion, ResourcePolicy, Wide

MOST_VERSIONS, MOST_ALIASES = 50, 20
"""A call each for their policies; chosen: of a function with more not all are read."""
MOST_CALLERS = 300
"""A call each for where their events go, once for a target; chosen: 100 seconds at 3 a second."""

EDGE_SERVICE = "edgelambda.amazonaws.com"
ROLES, POLICY, MANY = "IAM roles", "resource policy", "resource policies of further versions"
DESTINATIONS = "asynchronous destinations"

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class _Work:
    """What is known of one function so far."""

    source: FunctionSource
    listed: ListedFunction
    wide: Wide
    at: datetime
    triggers: list[Trigger] = field(default_factory=list)
    blinds: list[Blind] = field(default_factory=list)

    @property
    def function(self) -> FunctionArn:
        return self.listed.function

    def ask(self, what: str, read: Callable[[], T]) -> T | None:
        """Ask one question; None: it failed, and only this function is in the dark."""
        try:
            return read()
        except (OutsideError, InputError) as error:
            self.blind(what, str(error))
            return None

    def blind(self, what: str, error: str) -> None:
        own = frozenset({self.function})
        self.blinds.append(Blind(source=what, error=error, functions=own))


def graph_of(source: FunctionSource, listed: ListedFunction) -> TriggerGraph:
    """Return what points to one function. Nothing is raised: what fails is in the graph."""
    triggers = source.triggers
    wide, at, function = triggers.wide(), triggers.as_of(), listed.function
    work = _Work(source=source, listed=listed, wide=wide, at=at)
    scheduled = triggers.schedules(function)
    for pointer in (*wide.pointers.get(function, ()), *scheduled.pointers):
        work.triggers.append(judged(pointer, at=at))
    for hidden in (*wide.hidden, *scheduled.hidden):
        blind = _blind(hidden, function, wide)
        work.blinds += [] if blind is None else [blind]
    policies = _policies(work)
    _urls(work)
    _destinations(work)
    edge = _edge(work, policies)
    executions = _executions(work)
    return TriggerGraph(
        target=function.target,
        as_of=at,
        triggers={function: tuple(work.triggers)},
        edge={function: edge},
        open_executions={function: executions},
        blinds=tuple(dict.fromkeys(work.blinds)),
    )


def graph_of_all(source: FunctionSource, functions: Sequence[ListedFunction]) -> TriggerGraph:
    """Return one graph of these functions, of which there is at least one."""
    graphs = [graph_of(source, listed) for listed in functions]
    return TriggerGraph(
        target=graphs[0].target,
        as_of=graphs[0].as_of,
        triggers={f: found for graph in graphs for f, found in graph.triggers.items()},
        edge={f: edge for graph in graphs for f, edge in graph.edge.items()},
        open_executions={f: n for graph in graphs for f, n in graph.open_executions.items()},
        blinds=tuple(dict.fromkeys(blind for graph in graphs for blind in graph.blinds)),
    )


def judged(pointer: Pointer, *, at: datetime) -> Trigger:
    """Tell whether what names a function may call it now or later."""
    is_live, why, moment = pointer.is_on, pointer.why, None
    if pointer.is_on and pointer.expression is not None:
        span = Span(zone=pointer.zone, starts_at=pointer.starts_at, ends_at=pointer.ends_at)
        try:
            moment = next_fire_at(pointer.expression, span, at=at)
            is_live = moment is not None
            why = pointer.expression if is_live else f"{pointer.expression} is over"
        except InputError as error:
            why = f"{pointer.why}; when it calls cannot be told: {error}"
    return Trigger(
        kind=pointer.kind,
        name=pointer.name,
        qualifier=pointer.qualifier,
        is_live=is_live,
        why=why,
        points=True,
        next_fire_at=moment,
        changed_at=pointer.changed_at,
    )


def _blind(hidden: Hidden, function: FunctionArn, wide: Wide) -> Blind | None:
    """Return what something unread could hide of a function; None: it could not call it."""
    own = frozenset({function})
    if hidden.function is not None:
        return Blind(source=hidden.source, error=hidden.error, functions=own)
    if hidden.role is None or wide.roles is None:
        return Blind(source=hidden.source, error=hidden.error, functions=None)
    if not may_call(wide.roles.get(hidden.role), function):
        return None
    return Blind(source=hidden.source, error=hidden.error, functions=own)


def _policies(work: _Work) -> tuple[ResourcePolicy, ...]:
    """Read the policy of every qualifier, and what they and provisioned concurrency point at."""
    function, reach = work.function, work.source.reach
    found: list[ResourcePolicy] = []
    for qualifier in _qualifiers(work):
        found += work.ask(POLICY, partial(reach.policies, function, (qualifier,))) or ()
    around = Around(
        function=function,
        wide=work.wide,
        known=tuple(work.triggers),
        look=work.source.triggers.named,
    )
    for policy in found:
        told = work.ask(POLICY, partial(_told, policy, around)) or ()
        work.triggers += dict.fromkeys(one for one in told if isinstance(one, Trigger))
        work.blinds += [one for one in told if isinstance(one, Blind)]
    return tuple(found)


def _told(policy: ResourcePolicy, around: Around) -> tuple[Trigger | Blind, ...]:
    return tuple(of_policy(policy, around))


def _qualifiers(work: _Work) -> tuple[str | None, ...]:
    """Return what a policy may hang on: the function, its aliases and its versions."""
    capacity, function = work.source.capacity, work.function
    aliases = work.ask("aliases", lambda: capacity.aliases(function)) or ()
    versions = work.ask("published versions", lambda: capacity.versions_of(function)) or ()
    if aliases or versions:
        work.triggers += work.ask("provisioned concurrency", partial(_provisioned, work)) or ()
    oldest = oldest_first(versions)
    if len(oldest) < len(versions) or len(aliases) > MOST_ALIASES:
        said = f"lambda:GetPolicy {function}: {len(versions)} versions and {len(aliases)} aliases"
        work.blind(MANY, f"{said}, each with its own; not all are read")
    names = [alias.name for alias in aliases][:MOST_ALIASES]
    return (None, *names, *(version.number for version in oldest))


def oldest_first(versions: Sequence[PublishedVersion]) -> tuple[PublishedVersion, ...]:
    """Return the versions whose policies are read: the oldest, which are the first to go."""
    return tuple(sorted(versions, key=lambda one: int(one.number))[:MOST_VERSIONS])


def _provisioned(work: _Work) -> tuple[Trigger, ...]:
    return tuple(
        Trigger(
            kind=TriggerKind.PROVISIONED,
            name=f"{one.requested} environments",
            qualifier=one.qualifier,
            is_live=True,
            why="somebody pays to keep it ready",
            changed_at=one.changed_at,
        )
        for one in work.source.capacity.provisioned_concurrency(work.function)
    )


def _urls(work: _Work) -> None:
    urls = work.ask("function URLs", lambda: work.source.reach.urls(work.function))
    for url in urls or ():
        work.triggers.append(
            Trigger(
                kind=TriggerKind.URL,
                name=f"authentication {url.auth}",
                qualifier=url.qualifier,
                is_live=True,
                why="whoever has the address may call it",
            )
        )


def _destinations(work: _Work) -> None:
    """Ask only those functions where their events go whose role could call this one."""
    roles, function = work.wide.roles, work.function
    if roles is None:
        return
    callers = [
        caller
        for caller, role in work.wide.callers.items()
        if caller != function and may_call(None if role is None else roles.get(role), function)
    ]
    if len(callers) > MOST_CALLERS:
        said = (
            f"lambda:ListFunctionEventInvokeConfigs: {len(callers)} functions may call {function}"
        )
        work.blind(DESTINATIONS, f"{said}; more than {MOST_CALLERS} are not asked")
        return
    for caller in callers:
        read = partial(work.source.triggers.destinations, caller)
        for named in map(with_qualifier, work.ask(DESTINATIONS, read) or ()):
            if named is not None and named[0] == function:
                work.triggers.append(
                    Trigger(
                        kind=TriggerKind.DESTINATION,
                        name=caller.name,
                        qualifier=named[1],
                        is_live=True,
                        why="what became of its events goes there",
                        points=True,
                    )
                )


def _edge(work: _Work, policies: tuple[ResourcePolicy, ...]) -> bool | None:
    """Tell whether it runs at the edge, or may."""
    is_named = any(one.kind is TriggerKind.DISTRIBUTION for one in work.triggers)
    is_copied = work.ask(POLICY, lambda: is_replicated(policies))
    if is_copied:
        work.triggers.append(_copied(is_named=is_named, wide=work.wide))
    if is_named or is_copied:
        return True
    role = role_arn(work.listed.configuration)
    if work.wide.roles is None or role is None or is_copied is None:
        return None
    found = work.wide.roles.get(role)
    if found is None:
        return False
    trusts = work.ask(ROLES, lambda: trusted_services(found.trust))
    return None if trusts is None else EDGE_SERVICE in trusts


def _copied(*, is_named: bool, wide: Wide) -> Trigger:
    """Return the edge's leave to copy it, which stays behind when no distribution names it."""
    is_live: bool | None = is_named
    why = "a distribution names it" if is_named else "no distribution names it any more"
    if not is_named and TriggerKind.DISTRIBUTION not in wide.listed:
        is_live, why = None, "the distributions could not be read"
    return Trigger(kind=TriggerKind.EDGE, name=REPLICATOR, qualifier=None, is_live=is_live, why=why)


def _executions(work: _Work) -> int | None:
    """Count its durable executions that are not over; what is not durable has none."""
    if "DurableConfig" not in work.listed.configuration.settings:
        return 0
    source, function = work.source.triggers, work.function
    found = work.ask("durable executions", lambda: source.open_executions(function))
    if found:
        work.triggers.append(
            Trigger(
                kind=TriggerKind.DURABLE,
                name=f"{found} open",
                qualifier=None,
                is_live=True,
                why="they go on by themselves",
            )
        )
    return found
