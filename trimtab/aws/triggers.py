"""What points to the functions of one target? Every source in its turn; one that fails hides.

Each listing is read at most once, and what failed is not asked again: a scan of thousands of
functions pays for it once. The regions and slices of a scan share what a shelf keeps.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from trimtab.aws.reach import AwsReachSource
from trimtab.aws.sessions import Clients
from trimtab.aws.trigger_apis import read_http_apis, read_rest_apis
from trimtab.aws.trigger_fleet import Caller, FleetReader, named_in_environments
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
from trimtab.domain.errors import OutsideError
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.ports import Clock, Hidden, Named, Pointer, Role, Schedule, Seen, Wide

KEPT_FOR = timedelta(minutes=15)
"""Chosen: the slices of one target follow each other within it."""

OPEN = ("RUNNING", "PAUSING", "PAUSED")
"""Source: Lambda API, ExecutionStatus (botocore 1.44.5)."""
EXECUTIONS_PER_PAGE = 1000
"""Source: Lambda API, ListDurableExecutionsByFunction, MaxItems at most 1000 (botocore 1.44.5)."""


class TriggerShelf:
    """Keeps what the listings of a target told, for the slices that follow; no failure."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Target, tuple[datetime, Wide]] = {}

    def find(self, target: Target) -> Wide | None:
        with self._lock:
            kept = self._kept.get(target)
        if kept is None or self._clock.now() - kept[0] >= KEPT_FOR:
            return None
        return kept[1]

    def keep(self, target: Target, wide: Wide) -> None:
        with self._lock:
            self._kept[target] = (self._clock.now(), wide)


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
            self._wide = self._shelf.find(self._target) or self._read()
        return self._wide

    def _read(self) -> Wide:
        gathering = _Gathering()
        there: set[str] = set()
        callers: tuple[Caller, ...] = ()

        def rest_apis() -> Seen:
            seen, ids = read_rest_apis(self._clients, self._target)
            there.update(ids)
            return seen

        def http_apis() -> Seen:
            seen, ids = read_http_apis(self._clients, self._target)
            there.update(ids)
            return seen

        def rules() -> Seen:
            found = of_rules(self._reach)
            there.update(name_of(rule) for rule in self._reach.rules())
            return Seen(pointers=tuple(found))

        def environments() -> Seen:
            nonlocal callers
            callers = self._fleet.callers()
            return named_in_environments(callers)

        clients, target = self._clients, self._target
        gathering.add(TriggerKind.EVENT_SOURCE, lambda: _seen(of_mappings(self._reach)))
        gathering.add(TriggerKind.RULE, rules)
        gathering.add(TriggerKind.TOPIC, lambda: _seen(of_topics(clients, target)))
        gathering.add(TriggerKind.PIPE, lambda: _seen(of_pipes(clients, target)))
        gathering.add(TriggerKind.DISTRIBUTION, lambda: _seen(of_distributions(clients, target)))
        gathering.add(TriggerKind.REST_API, rest_apis)
        gathering.add(TriggerKind.HTTP_API, http_apis)
        gathering.add(TriggerKind.STATE_MACHINE, lambda: read_machines(clients, target))
        gathering.add(TriggerKind.STACK, lambda: StackReader(clients, target).read())
        gathering.add(TriggerKind.ENVIRONMENT, environments)
        roles: Mapping[str, Role] | None = None
        try:
            roles = self._reach.roles({one.role for one in callers if one.role is not None})
        except OutsideError as error:
            gathering.hide("IAM roles", error)
        wide = Wide(
            pointers=gathering.by_function(),
            hidden=tuple(gathering.hidden),
            roles=roles,
            callers={one.function: one.role for one in callers},
            listed=frozenset(gathering.listed),
            there=frozenset(there),
        )
        if not gathering.has_failed:
            self._shelf.keep(self._target, wide)
        return wide

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


class _Gathering:
    """What the listings told so far."""

    def __init__(self) -> None:
        self.pointers: list[Pointer] = []
        self.hidden: list[Hidden] = []
        self.listed: set[TriggerKind] = set()
        self.has_failed = False

    def add(self, kind: TriggerKind, read: Callable[[], Seen]) -> None:
        """Read one source; when it fails all that it could name is hidden."""
        try:
            seen = read()
        except OutsideError as error:
            self.hide(kind, error)
            return
        self.pointers += seen.pointers
        self.hidden += seen.hidden
        self.listed.add(kind)

    def hide(self, source: str, error: OutsideError) -> None:
        self.has_failed = True
        self.hidden.append(Hidden(source=source, error=str(error)))

    def by_function(self) -> Mapping[FunctionArn, tuple[Pointer, ...]]:
        found: dict[FunctionArn, list[Pointer]] = {}
        for pointer in self.pointers:
            found.setdefault(pointer.function, []).append(pointer)
        return {function: tuple(named) for function, named in found.items()}


def _seen(pointers: Iterable[Pointer]) -> Seen:
    return Seen(pointers=tuple(pointers))


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
