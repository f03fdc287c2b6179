"""What does reading and writing functions need from outside? Clock, accounts, the two sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.evidence import Evidence
from trimtab.domain.fleet import Aside, FunctionState, ListedFunction, Scope, Targets
from trimtab.domain.step import PublishVersion, Step
from trimtab.domain.terms import Direction
from trimtab.ports.capacity import AccountSettings, CapacitySource
from trimtab.ports.reach import ReachSource
from trimtab.ports.triggers import TriggerSource


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """One series to read. `statistic` is Sum, Average, Maximum, SampleCount or a percentile like
    p95.
    """

    function: FunctionArn
    namespace: str
    metric: str
    statistic: str
    alias: str | None = None
    """An alias, or the number of a version."""
    executed_version: str | None = None
    """Of what came through a weighted alias, only what this version answered."""
    is_of_account: bool = False
    """The series of the whole account and region; `function` only says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPage:
    functions: tuple[ListedFunction, ...]
    asides: Mapping[FunctionArn, Aside]
    """One for each of these functions."""
    next_marker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigures:
    """What the REPORT lines of one function say over a span of time."""

    peak_memory_mb: float
    lines: int
    out_of_memory: int
    timeouts: int
    duration_mean_ms: float | None = None
    """Of the handler, without init. None here and below: the lines do not tell."""
    duration_p95_ms: float | None = None
    billed_mean_ms: float | None = None
    """Init included, where it is billed."""
    billed_p95_ms: float | None = None
    cold_starts: int | None = None
    """Lines with an init duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionWrite:
    """One call that wrote a function or tried to, as CloudTrail recorded it: text from outside."""

    event: str
    """The operation, without the version of the API."""
    at: datetime
    user_agent: str
    invoked_by: str
    """The AWS service that called for somebody; empty: none did."""
    session: str
    """The session name of the role, or the name of the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around a function just before its aliases are split."""

    account: AccountSettings
    scalable_targets: tuple[str, ...]
    """The aliases and versions whose provisioned concurrency something scales, also at 0."""
    deployments: tuple[str, ...]
    """CodeDeploy deployments in progress that are of this function, or do not say of which."""
    stack_in_progress: str | None
    """The stack that has the function and is being changed right now; None: none is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionState:
    """One published version as read afresh, and what names it besides an alias."""

    number: str
    code_sha256: str
    revision_id: str
    users: tuple[str, ...]
    """Provisioned concurrency, event source mappings and a policy of its own, in words."""


class Clock(Protocol):
    def now(self) -> datetime: ...

    def remaining(self) -> timedelta:
        """Time left for this invocation; `timedelta.max` where nothing limits it."""
        ...


class AccountSource(Protocol):
    """AWS Organizations, read from the hub."""

    def targets(self, scope: Scope) -> Targets: ...


class FunctionSource(Protocol):
    """One target, read through its read role. Every method is bulk but the last three."""

    @property
    def reach(self) -> ReachSource:
        """What calls its functions, who may, and what they may do."""
        ...

    @property
    def capacity(self) -> CapacitySource:
        """Versions, concurrency, limits and log groups."""
        ...

    @property
    def triggers(self) -> TriggerSource:
        """What points to its functions, as far as `reach` does not tell."""
        ...

    def list_functions(self, marker: str | None) -> FunctionPage: ...

    def tags(self) -> Mapping[FunctionArn, Mapping[str, str]]:
        """Tags of all functions that have any; one that is absent has none."""
        ...

    def series(
        self,
        queries: Sequence[MetricQuery],
        *,
        start: datetime,
        end: datetime,
        period_s: int,
    ) -> Mapping[MetricQuery, tuple[Point, ...] | None]:
        """Read series, 500 a call. None: the answer for that series was not complete."""
        ...

    def optimizer_peaks(self) -> Mapping[FunctionArn, float]:
        """Compute Optimizer's maximum memory used in MB; functions it is silent on are absent."""
        ...

    def report_figures(
        self,
        functions: Sequence[FunctionArn],
        *,
        start: datetime,
        end: datetime,
        memory_mb: Mapping[FunctionArn, int] | None = None,
    ) -> Mapping[FunctionArn, Evidence]:
        """Known values are ReportFigures. Two log queries per 50 functions, with their polls.

        A line counts at the size the function has; `memory_mb` says which it had at that time.
        """
        ...

    def state(self, function: FunctionArn) -> FunctionState:
        """Read one function afresh, in at most 4 calls."""
        ...

    def version(self, function: FunctionArn, number: str) -> VersionState:
        """Read one published version afresh, in four calls.

        Raises: NotFoundError when there is none.
        """
        ...

    def owning_stack(self, function: FunctionArn) -> str | None:
        """The CloudFormation stack that owns the function, asked of CloudFormation; None: none
        does.
        """
        ...

    def last_writers(
        self, function: FunctionArn, *, written_at: datetime
    ) -> tuple[FunctionWrite, ...]:
        """Who wrote the function of late, newest first, in at most 4 calls.

        What happened long ago, or between many reads, is missing: nothing found proves nothing.
        """
        ...

    def calls(self) -> Mapping[str, int]:
        """AWS calls made so far, by operation."""
        ...


class Fleet(Protocol):
    """Opens targets through the read role."""

    def open(self, target: Target) -> FunctionSource: ...


class Actuator(Protocol):
    """One function in its member account, through the change role. No SDK retries on writes."""

    def state(self) -> FunctionState: ...

    def write(self, step: Step, *, state: FunctionState | None) -> None:
        """Make the one call of this step, guarded by the revision ids in `state`; None: the call
        takes none.
        """
        ...

    def version(self, number: str) -> VersionState:
        """Read one published version afresh, in four calls.

        Raises: NotFoundError when there is none.
        """
        ...

    def version_numbers(self) -> tuple[str, ...]:
        """Read the numbers of its published versions: one call a page."""
        ...

    def settle(self) -> FunctionState:
        """Wait until no update is in progress, then read.

        Raises: RetryableError when it does not settle in time.
        """
        ...

    def probe(self, step: Step) -> None:
        """Ask, with a wrong RevisionId, whether this step would be allowed. Nothing is written.

        Raises: PermanentError when it would not be.
        """
        ...

    def made(self, step: Step, *, since: datetime) -> bool:
        """Tell whether CloudTrail has this step as made in our session. False: not (yet)."""
        ...

    def published(self, step: PublishVersion) -> str | None:
        """Find the version this step made: by its description, its code and its memory."""
        ...

    def surroundings(self) -> Surroundings:
        """Read what could get in the way of a canary; reads only."""
        ...

    def series(
        self, queries: Sequence[MetricQuery], *, start: datetime, end: datetime, period_s: int
    ) -> Mapping[MetricQuery, tuple[Point, ...] | None]: ...


class Workshop(Protocol):
    """Opens functions for a change, or for its undo, each through a role of its own. The session is
    named after the change and narrowed to the function.
    """

    def open(
        self,
        function: FunctionArn,
        *,
        session: str,
        actions: Sequence[str],
        direction: Direction,
        qualifier: str | None = None,
    ) -> Actuator:
        """`qualifier`: the alias or version whose provisioned concurrency is part of its state."""
        ...
