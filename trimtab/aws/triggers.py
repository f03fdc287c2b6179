"""What points to the functions of one target? Every source in its turn; one that fails hides.

Each listing is read at most once, and what failed is not asked again: a scan of thousands of
functions pays for it once. The regions and slices of a scan share what a shelf keeps.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trimtab.aws.reach import AwsReachSource
from trimtab.aws.sessions import Clients
from trimtab.aws.trigger_apis import read_http_apis, read_rest_apis
from trimtab.aws.trigger_fleet import FleetReader, named_in_environments
from trimtab.aws.trigger_listed import (
    name_of,
    of_distributions,
    of_mappings,
    of_pipes,
    of_rules,
    of_topics,
)
from trimtab.aws.trigger_named import NamedReader
from trimtab.aws.trigger_pages import pages
from trimtab.aws.trigger_stacks import StackReader
from trimtab.aws.trigger_states import read_machines
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import OutsideError, RetryableError
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import Clock, Hidden, Named, Pointer, Role, Schedule, Seen, Wide

KEPT_FOR = timedelta(minutes=15)
"""Chosen: the slices of one target follow each other within it."""
STOP_READING = timedelta(seconds=90)
"""With less time left than this no further API, machine or stack is read; chosen, half a minute
before nothing more is asked at all."""

OPEN = ("RUNNING", "PAUSING", "PAUSED")
"""Source: Lambda API, ExecutionStatus (botocore 1.44.5)."""
EXECUTIONS_PER_PAGE = 1000
"""Source: Lambda API, ListDurableExecutionsByFunction, MaxItems at most 1000 (botocore 1.44.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one source told."""

    seen: Seen
    there: frozenset[str] = frozenset()
    """Names and ids of all that was listed, where that matters."""
    callers: Mapping[FunctionArn, str | None] = field(default_factory=dict)
    """Every function with its role, of the source that lists functions."""


class TriggerShelf:
    """Keeps what the sources of a target told, for the slices that follow; no failure."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[Target, TriggerKind], tuple[datetime, Told]] = {}

    def find(self, target: Target, kind: TriggerKind) -> Told | None:
        with self._lock:
            kept = self._kept.get((target, kind))
        if kept is None or self._clock.now() - kept[0] >= KEPT_FOR:
            return None
        return kept[1]

    def keep(self, target: Target, kind: TriggerKind, told: Told) -> None:
        with self._lock:
            self._kept[target, kind] = (self._clock.now(), told)


class AwsTriggerSource:
    """One target, read."""

    def __init__(
        self,
        target: Target,
        clients: Clients,
        *,
        reach: AwsReachSource,
        clock: Clock,
        shelf: TriggerShelf | None = None,
    ) -> None:
        self._target = target
        self._clients = clients
        self._reach = reach
        self._clock = clock
        self._shelf = shelf or TriggerShelf(clock)
        self._fleet = FleetReader(clients, target)
        self._things = NamedReader(clients, target)
        self._wide: Wide | None = None
        self._no_schedules: Hidden | None = None
        self._sent: dict[FunctionArn, tuple[str, ...] | OutsideError] = {}

    def as_of(self) -> datetime:
        return self._clock.now()

    def know_functions(self, marker: str | None, page: Mapping[str, object]) -> None:
        """Keep what a page of ListFunctions tells of callers, so that it is not read again."""
        self._fleet.know(marker, page)

    def wide(self) -> Wide:
        if self._wide is None:
            self._wide = self._read()
        return self._wide

    def _read(self) -> Wide:
        told: dict[TriggerKind, Told] = {}
        hidden: list[Hidden] = []
        for kind, read in self._sources().items():
            kept = self._shelf.find(self._target, kind)
            try:
                told[kind] = kept or read()
            except OutsideError as error:
                hidden.append(Hidden(source=kind, error=str(error)))
                continue
            hidden += told[kind].seen.hidden
            self._shelf.keep(self._target, kind, told[kind])
        callers = {f: role for one in told.values() for f, role in one.callers.items()}
        roles: Mapping[str, Role] | None = None
        try:
            roles = self._reach.roles({role for role in callers.values() if role is not None})
        except OutsideError as error:
            hidden.append(Hidden(source="IAM roles", error=str(error)))
        return Wide(
            pointers=_by_function(told.values()),
            hidden=tuple(hidden),
            roles=roles,
            callers=callers,
            listed=frozenset(told),
            there=frozenset(name for one in told.values() for name in one.there),
        )

    def _sources(self) -> Mapping[TriggerKind, Callable[[], Told]]:
        clients, target, hurry = self._clients, self._target, self._hurry
        return {
            TriggerKind.EVENT_SOURCE: lambda: _told(of_mappings(self._reach)),
            TriggerKind.RULE: self._rules,
            TriggerKind.TOPIC: lambda: _told(of_topics(clients, target)),
            TriggerKind.PIPE: lambda: _told(of_pipes(clients, target)),
            TriggerKind.DISTRIBUTION: lambda: _told(of_distributions(clients, target)),
            TriggerKind.REST_API: lambda: Told(**read_rest_apis(clients, target, hurry)),
            TriggerKind.HTTP_API: lambda: Told(**read_http_apis(clients, target, hurry)),
            TriggerKind.STATE_MACHINE: lambda: Told(seen=read_machines(clients, target, hurry)),
            TriggerKind.STACK: lambda: Told(seen=StackReader(clients, target, hurry).read()),
            TriggerKind.ENVIRONMENT: self._environments,
        }

    def _rules(self) -> Told:
        found = tuple(of_rules(self._reach))
        there = frozenset(name_of(rule) for rule in self._reach.rules())
        return Told(seen=Seen(pointers=found), there=there)

    def _environments(self) -> Told:
        callers = self._fleet.callers()
        roles = {one.function: one.role for one in callers}
        return Told(seen=named_in_environments(callers), callers=roles)

    def _hurry(self) -> None:
        """Stop a long walk in time: what was found must still be judged and stored."""
        if self._clock.remaining() < STOP_READING:
            raise RetryableError(f"the time to read {self._target} ran out; try again later")

    def schedules(self, function: FunctionArn) -> Seen:
        if self._no_schedules is not None:
            return Seen(hidden=(self._no_schedules,))
        kind = TriggerKind.SCHEDULE
        try:
            self._reach.schedules(frozenset())
        except OutsideError as error:
            self._no_schedules = Hidden(source=kind, error=str(error))
            return Seen(hidden=(self._no_schedules,))
        try:
            found = self._reach.schedules({function})
        except OutsideError as error:
            return Seen(hidden=(Hidden(source=kind, error=str(error), function=function),))
        pointers = [_schedule(one, one.function) for one in found if one.function is not None]
        return Seen(
            pointers=tuple(one for one in pointers if one.function == function),
            hidden=tuple(_unclear(one) for one in found if one.function is None),
        )

    def named(self, principal: str, arn: str) -> Named | None:
        return self._things.named(principal, arn)

    def destinations(self, caller: FunctionArn) -> tuple[str, ...]:
        if caller not in self._sent:
            try:
                self._sent[caller] = self._fleet.destinations(caller)
            except OutsideError as error:
                self._sent[caller] = error
        found = self._sent[caller]
        if isinstance(found, OutsideError):
            raise found
        return found

    def open_executions(self, function: FunctionArn) -> int:
        listed = pages(
            self._clients.client("lambda").list_durable_executions_by_function,
            f"lambda:ListDurableExecutionsByFunction {function}",
            more="NextMarker",
            token="Marker",
            FunctionName=str(function),
            Statuses=list(OPEN),
            MaxItems=EXECUTIONS_PER_PAGE,
        )
        return sum(len(page.get("DurableExecutions") or ()) for page in listed)


def _told(pointers: Iterable[Pointer]) -> Told:
    return Told(seen=Seen(pointers=tuple(pointers)))


def _by_function(told: Iterable[Told]) -> Mapping[FunctionArn, tuple[Pointer, ...]]:
    found: dict[FunctionArn, list[Pointer]] = {}
    for pointer in (one for source in told for one in source.seen.pointers):
        found.setdefault(pointer.function, []).append(pointer)
    return {function: tuple(named) for function, named in found.items()}


def _schedule(one: Schedule, function: FunctionArn) -> Pointer:
    return Pointer(
        kind=TriggerKind.SCHEDULE,
        name=one.name,
        function=function,
        qualifier=one.qualifier,
        is_on=one.is_enabled,
        why="the schedule is enabled" if one.is_enabled else "the schedule is disabled",
        expression=one.expression,
        zone=one.zone,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        changed_at=one.changed_at,
    )


def _unclear(one: Schedule) -> Hidden:
    said = f"scheduler:GetSchedule {one.name}: it does not tell which function it calls"
    return Hidden(source=f"{TriggerKind.SCHEDULE} {one.name}", error=said, role=one.role)
