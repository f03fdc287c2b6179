"""How is one function written to? One guarded call per step, in the change role, no retries (S26).

The session is named after the change, so that CloudTrail tells our writes from others', and a
session policy narrows the role to this one function and to what its kind of change declares.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.answers import raw_of
from trimtab.aws.configurations import configuration_of, same_environment
from trimtab.aws.errors import code_of, reading, writing
from trimtab.aws.metrics import read_series
from trimtab.aws.our_writes import OurWrites
from trimtab.aws.provisioned import read_one
from trimtab.aws.provisioned_writes import ProvisionedWriter
from trimtab.aws.removal_writes import write_removal
from trimtab.aws.routing import Routed, routing_of
from trimtab.aws.session_policy import session_policy
from trimtab.aws.sessions import Clients, HubSession
from trimtab.aws.states import LATEST, read_state
from trimtab.aws.surroundings import read_surroundings
from trimtab.aws.version_states import read_numbers, read_version
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import PermanentError, RetryableError
from trimtab.domain.fleet import Alias, FunctionState
from trimtab.domain.provisioned_step import ProvisionedStep
from trimtab.domain.step import (
    MoveAlias,
    PublishVersion,
    RemovalStep,
    SetMemory,
    SplitAlias,
    Step,
)
from trimtab.domain.terms import Direction
from trimtab.ports import Clock, MetricQuery, Point, Surroundings, VersionState

NO_REVISION = "00000000-0000-4000-8000-000000000000"
"""A RevisionId that no function has: a call that carries it is refused before it does anything."""

DELETING = "Deleting"
"""A deletion may take its time. Source: Lambda API, State (botocore 1.44.5)."""

POLL_S = 1.0
"""Source: botocore 1.44.5, lambda waiter function_updated_v2: GetFunction every second."""
SETTLE_DEADLINE_S = 180.0
"""Three times the minute that a VPC function may need."""


class AwsActuator:
    """One function, open for the steps of one change."""

    def __init__(
        self,
        function: FunctionArn,
        clients: Clients,
        *,
        session: str,
        change_role: str,
        clock: Clock,
        qualifier: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        settle_deadline_s: float = SETTLE_DEADLINE_S,
    ) -> None:
        """`qualifier`: what is provisioned for this alias or version is read, and written, too."""
        self._function = function
        self._qualifier = qualifier
        self._provisioned = ProvisionedWriter(
            function, clients, nobody=session, sleep=sleep, deadline_s=settle_deadline_s
        )
        self._ours = OurWrites(function, clients, session=session, change_role=change_role)
        self._clients = clients
        self._clock = clock
        self._sleep = sleep
        self._settle_deadline_s = settle_deadline_s

    def state(self) -> FunctionState:
        now = self._clock.now()
        state = read_state(self._clients.client("lambda"), self._function, read_at=now)
        if self._qualifier is None:
            return state
        there = read_one(self._clients, self._function, self._qualifier)
        return replace(state, provisioned=(there,))

    def version(self, number: str) -> VersionState:
        return read_version(self._clients.client("lambda"), self._function, number)

    def version_numbers(self) -> tuple[str, ...]:
        return read_numbers(self._clients.client("lambda"), self._function)

    def write(self, step: Step, *, state: FunctionState | None) -> None:
        """Make the one call of this step.

        Raises: WriteUnknownError when it may have landed; PermanentError or RetryableError when it
        surely did not.
        """
        if isinstance(step, ProvisionedStep):
            self._provisioned.write(step)
            return
        client = self._clients.writer("lambda")
        name = str(self._function)
        if isinstance(step, RemovalStep):
            write_removal(client, name, step)
            return
        assert state is not None, "what is guarded by a revision was read"
        if isinstance(step, SetMemory):
            guard = _guard(state.revision_id, name)
            with writing(f"lambda:UpdateFunctionConfiguration {name}"):
                client.update_function_configuration(
                    FunctionName=name, MemorySize=step.memory_mb, RevisionId=guard
                )
        elif isinstance(step, PublishVersion):
            guard = _guard(state.revision_id, name)
            with writing(f"lambda:PublishVersion {name}"):
                client.publish_version(
                    FunctionName=name,
                    CodeSha256=step.code_sha256,
                    Description=step.description,
                    RevisionId=guard,
                )
        else:
            alias = self._alias(step, state)
            if isinstance(step, SplitAlias):
                self._await_version(step.canary_version)
            guard = _guard(alias.revision_id, f"{name}:{alias.name}")
            with writing(f"lambda:UpdateAlias {name}:{alias.name}"):
                client.update_alias(
                    FunctionName=name, Name=alias.name, RevisionId=guard, **routing_of(step)
                )

    def probe(self, step: Step) -> None:
        """Make the call of this step with a RevisionId that cannot be right: 412 means allowed.

        The values are those that are there already, so that even a service that took it would
        change nothing.
        Raises: AccessDeniedError; RetryableError; PermanentError when the guard is not honoured.
        """
        if isinstance(step, ProvisionedStep):
            self._provisioned.probe(step)
            return
        client, name = self._clients.writer("lambda"), str(self._function)
        with reading(f"a trial of {type(step).__name__} on {name}"):
            try:
                if isinstance(step, SetMemory):
                    client.update_function_configuration(
                        FunctionName=name, MemorySize=step.memory_mb, RevisionId=NO_REVISION
                    )
                elif isinstance(step, MoveAlias):
                    client.update_alias(
                        FunctionName=name,
                        Name=step.alias,
                        FunctionVersion=step.to_version,
                        RevisionId=NO_REVISION,
                    )
                else:
                    raise TypeError(f"{step} cannot be tried: it would be made")
            except ClientError as error:
                if code_of(error) == "PreconditionFailedException":
                    return
                if code_of(error) == "ResourceConflictException":
                    raise RetryableError(f"{name}: an update of it is in progress") from error
                raise
        raise PermanentError(f"{name}: it takes a wrong RevisionId, so no write is guarded here")

    def made(self, step: Step, *, since: datetime) -> bool:
        """Ask CloudTrail for what our session did to this function."""
        return self._ours.made(step, since=since)

    def _alias(self, step: Routed, state: FunctionState) -> Alias:
        """Find the alias as it was read, still as the step expects it (S22)."""
        for alias in state.aliases:
            if alias.name == step.alias and _is_expected(step, alias):
                return alias
        raise PermanentError(
            f"lambda:UpdateAlias {self._function}:{step.alias}: it no longer serves version "
            f"{_expected(step)}; read the function again"
        )

    def settle(self) -> FunctionState:
        client = self._clients.client("lambda")
        waited = 0.0
        while self._is_in_progress(client):
            if waited >= self._settle_deadline_s:
                raise RetryableError(
                    f"{self._function}: an update is still in progress after {waited:.0f} s; "
                    "try again later"
                )
            self._sleep(POLL_S)
            waited += POLL_S
        if self._qualifier is not None:
            self._provisioned.settle(self._qualifier)
        return self.state()

    def _is_in_progress(self, client: Any) -> bool:
        with reading(f"lambda:GetFunction {self._function}"):
            answer = raw_of(client.get_function(FunctionName=str(self._function)))
        raw = answer["Configuration"]
        is_busy = raw.get("State") in ("Pending", DELETING)
        return bool(is_busy or raw.get("LastUpdateStatus") == "InProgress")

    def _await_version(self, version: str) -> None:
        """Wait until a version may be given traffic: a fresh one can take a while.

        Raises: RetryableError when it does not become active in time; PermanentError when it never
        will.
        """
        client, waited = self._clients.client("lambda"), 0.0
        name = f"{self._function}:{version}"
        while True:
            with reading(f"lambda:GetFunctionConfiguration {name}"):
                raw = client.get_function_configuration(
                    FunctionName=str(self._function), Qualifier=version
                )
            found = raw.get("State")
            if found == "Active":
                return
            if found != "Pending":
                raise PermanentError(f"{name}: it is {found}: no traffic is sent to it")
            if waited >= self._settle_deadline_s:
                raise RetryableError(f"{name}: it is still Pending after {waited:.0f} s")
            self._sleep(POLL_S)
            waited += POLL_S

    def published(self, step: PublishVersion) -> str | None:
        """Return the newest version that is what this step publishes; `$LATEST` does not count.

        A description alone can be anybody's: code, memory, every other setting and the environment
        are compared with $LATEST, which comes first in the list.
        """
        client = self._clients.client("lambda")
        asked: dict[str, Any] = {"FunctionName": str(self._function)}
        found: list[int] = []
        latest: Mapping[str, Any] = {}
        while True:
            with reading(f"lambda:ListVersionsByFunction {self._function}"):
                page = raw_of(client.list_versions_by_function(**asked))
            for version in page["Versions"]:
                if version["Version"] == LATEST:
                    latest = version
                elif _is_made_by(step, version, latest):
                    found.append(int(version["Version"]))
            if not page.get("NextMarker"):
                return str(max(found)) if found else None
            asked["Marker"] = page["NextMarker"]

    def surroundings(self) -> Surroundings:
        return read_surroundings(self._clients, self._function)

    def series(
        self, queries: Sequence[MetricQuery], *, start: datetime, end: datetime, period_s: int
    ) -> Mapping[MetricQuery, tuple[Point, ...] | None]:
        client = self._clients.client("cloudwatch")
        return read_series(client, queries, start=start, end=end, period_s=period_s)


class AwsWorkshop:
    """Opens functions for a change, through the change role."""

    def __init__(
        self,
        hub: HubSession,
        *,
        change_role: str,
        restore_role: str,
        external_id: str,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hub = hub
        self._roles = {Direction.FORWARD: change_role, Direction.UNDO: restore_role}
        self._external_id = external_id
        self._clock = clock
        self._sleep = sleep

    def open(
        self,
        function: FunctionArn,
        *,
        session: str,
        actions: Sequence[str],
        direction: Direction,
        qualifier: str | None = None,
    ) -> AwsActuator:
        clients = self._hub.assume(
            account=function.account,
            role=self._roles[direction],
            region=function.region,
            session_name=session,
            external_id=self._external_id,
            policy=session_policy(function, actions),
        )
        return AwsActuator(
            function,
            clients,
            session=session,
            change_role=self._roles[Direction.FORWARD],
            clock=self._clock,
            qualifier=qualifier,
            sleep=self._sleep,
        )


def _is_expected(step: Routed, alias: Alias) -> bool:
    if isinstance(step, MoveAlias):
        return alias.version == step.from_version
    if isinstance(step, SplitAlias):
        return alias.version == step.stable_version and not alias.weights
    return step.canary_version in alias.weights


def _expected(step: Routed) -> str:
    if isinstance(step, MoveAlias):
        return step.from_version
    if isinstance(step, SplitAlias):
        return f"{step.stable_version} alone"
    return f"{step.canary_version} with a share of its traffic"


def _guard(revision_id: str, what: str) -> str:
    """Refuse to write unguarded: a read without a RevisionId is no licence to write."""
    if not revision_id:
        raise PermanentError(f"{what}: no RevisionId was read; nothing is written without one")
    return revision_id


def _is_made_by(
    step: PublishVersion, version: Mapping[str, Any], latest: Mapping[str, Any]
) -> bool:
    if not latest or version.get("Description") != step.description:
        return False
    expected = replace(
        configuration_of(latest), code_sha256=step.code_sha256, memory_mb=step.memory_mb
    )
    return configuration_of(version) == expected and same_environment(latest, version)
