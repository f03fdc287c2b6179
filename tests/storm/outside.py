"""What does Trimtab do to functions, call by call? Clients behind the gate that write it down.

An effect is a call after which a function is another to its callers; what a call wanted, or what it
was answered, does not matter. What was on record at that very moment is kept with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tests.fakes.cloud import FakeCloud
from tests.fakes.fake_trail import CHANGE_ROLE
from tests.fakes.lambda_state import Function
from tests.storm import gate as gates
from tests.storm.gate import Gate
from tests.storm.traffic import LiveMetrics
from trimtab.aws.actuator import NO_REVISION, AwsActuator
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.freeze import FREEZE_CHAIN
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.terms import Direction

WRITES = {
    "update_function_configuration": "UpdateFunctionConfiguration",
    "publish_version": "PublishVersion",
    "update_alias": "UpdateAlias",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What callers of a function can tell: $LATEST, its versions, its aliases."""

    latest: Mapping[str, Any]
    versions: Mapping[str, Mapping[str, Any]]
    aliases: Mapping[str, tuple[str, Mapping[str, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One call that changed a function, and what was on record just before it."""

    at: datetime
    process: int
    payload: Mapping[str, Any]
    session: str
    function: FunctionArn
    operation: str
    before: Effective
    after: Effective
    entries: tuple[Entry, ...]
    """The chain of its change."""
    mirrored: frozenset[int]
    """Which of them were mirrored."""
    tags: Mapping[str, str]
    control: tuple[Entry, ...]
    """The chain of freezes."""
    lengths: Mapping[str, int]
    """Chain -> how many entries it had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """Something a pipeline did to a function."""

    at: datetime
    function: FunctionArn
    what: str
    process: int
    """How many processes had begun before it."""
    is_visible: bool = True
    """It changed code, settings or an alias: an undo has to see it."""
    is_alias_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to write, whatever became of it; asking whether one would be allowed is none."""

    process: int
    function: FunctionArn


@dataclass(slots=True)
class Happened:
    """Everything that invariants look back on."""

    effects: list[Effect] = field(default_factory=list)
    by_function: dict[FunctionArn, list[Effect | Foreign]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    """What the last reconciliation asked a person to look at."""
    reported: set[str] = field(default_factory=set)
    """Everything that any reconciliation called a problem."""


VOLATILE = frozenset(
    {
        "RevisionId",
        "LastModified",
        "State",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
    }
)


def effective(function: Function) -> Effective:
    return Effective(
        latest={k: v for k, v in function.latest.items() if k not in VOLATILE},
        versions=dict(function.versions),
        aliases={
            name: (
                raw["FunctionVersion"],
                dict((raw.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}),
            )
            for name, raw in function.aliases.items()
        },
    )


class Place(Protocol):
    """What of a world the clients need."""

    cloud: FakeCloud
    clock: Any
    gate: Gate
    happened: Happened

    @property
    def raw(self) -> Any: ...

    def metrics(self, target: Target) -> LiveMetrics: ...


class GatedCloud:
    """Hands out clients whose every call passes the gate; AssumeRole does, too."""

    def __init__(self, world: Place, *, session: str) -> None:
        self._world = world
        self._session = session
        self.clock = world.clock

    def clients(self, target: Target) -> "GatedClients":
        cloud: FakeCloud = self._world.cloud
        self._world.metrics(target)
        found = self._world.gate.pass_on(
            "sts.assume_role",
            lambda: cloud.clients(target, self._session),
            faults=gates.READING,
            error=gates.port_error("sts.assume_role"),
        )
        return GatedClients(self._world, found, target, self._session)


class GatedClients:
    """The clients of one session."""

    def __init__(self, world: Place, clients: Any, target: Target, session: str) -> None:
        self._world = world
        self._clients = clients
        self._target = target
        self._session = session

    def client(self, service: str) -> Any:
        found = self._clients.client(service)
        return GatedClient(self._world, found, service, self._target, self._session)

    def writer(self, service: str) -> Any:
        return self.client(service)

    def calls(self) -> Mapping[str, int]:
        return dict(self._clients.calls())


class GatedClient:
    """One client of AWS behind the gate; what its writes do is written down."""

    def __init__(
        self, world: Place, client: Any, service: str, target: Target, session: str
    ) -> None:
        self._world = world
        self._client = client
        self._service = service
        self._target = target
        self._session = session

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        what = f"{self._service}.{name}"
        writes = name in WRITES

        def call(**asked: Any) -> Any:
            return self._world.gate.pass_on(
                what,
                lambda: self._written(name, found, asked) if writes else found(**asked),
                faults=gates.WRITING if writes else gates.READING,
                error=gates.client_failure(name),
            )

        return call

    def _written(self, name: str, found: Callable[..., Any], asked: Mapping[str, Any]) -> Any:
        arn = FunctionArn.parse(asked["FunctionName"])
        happened, process = self._world.happened, self._world.gate.process
        number = -1 if process is None else process.number
        functions = self._world.cloud[self._target].functions
        functions.session = self._session
        function = functions._functions.get(arn.name)
        if asked.get("RevisionId") != NO_REVISION:
            happened.attempts.append(Attempt(process=number, function=arn))
        if function is None:
            return found(**asked)
        before = effective(function)
        try:
            return found(**asked)
        finally:
            after = effective(function)
            if after != before:
                self._note(name, arn, before, after, number, dict(function.tags))

    def _note(
        self,
        name: str,
        arn: FunctionArn,
        before: Effective,
        after: Effective,
        number: int,
        tags: Mapping[str, str],
    ) -> None:
        world = self._world
        chain = change_chain(self._session.rsplit("-r", 1)[0])
        entries = tuple(world.raw.ledger._entries.get(chain, ()))
        effect = Effect(
            at=world.clock.now(),
            process=number,
            payload=world.gate.processes[number].payload,
            session=self._session,
            function=arn,
            operation=WRITES[name],
            before=before,
            after=after,
            entries=entries,
            mirrored=frozenset(e.seq for e in entries if (chain, e.seq) in world.raw.ledger.mirror),
            tags=tags,
            lengths={c: len(e) for c, e in world.raw.ledger._entries.items()},
            control=tuple(world.raw.ledger._entries.get(FREEZE_CHAIN, ())),
        )
        world.happened.effects.append(effect)
        world.happened.by_function.setdefault(arn, []).append(effect)


class Workshop:
    """Opens functions for a change, each session known by its name."""

    def __init__(self, world: Place) -> None:
        self._world = world

    def open(
        self,
        function: FunctionArn,
        *,
        session: str,
        actions: Sequence[str],
        direction: Direction,
        qualifier: str | None = None,
    ) -> AwsActuator:
        clients = GatedCloud(self._world, session=session).clients(function.target)
        clock = self._world.clock
        return AwsActuator(
            function,
            clients,  # type: ignore[arg-type]
            session=session,
            change_role=CHANGE_ROLE,
            clock=clock,
            qualifier=qualifier,
            sleep=clock.sleep,
        )
