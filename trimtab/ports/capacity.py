"""What does judging versions, concurrency and logs need from outside? One target, its read role."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from trimtab.domain.arn import FunctionArn
from trimtab.domain.fleet import Alias

if TYPE_CHECKING:
    from trimtab.domain.provisioned import ProvisionedState
    from trimtab.ports.fleet import MetricQuery, Point

USE_DAYS = 14
"""How far back the use of provisioned concurrency is read, whatever a policy's lookback: it takes a
call per function, which is kept for some days. Chosen: the lookback that policies have unsaid."""

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """One numbered version of a function."""

    number: str
    published_at: datetime
    code_size_bytes: int
    has_snapshot: bool
    """SnapStart keeps a snapshot of it."""
    code_sha256: str = ""
    """Empty here and below: the listing did not say."""
    revision_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedConcurrency:
    """What is provisioned for one alias or numbered version."""

    qualifier: str
    requested: int
    allocated: int
    changed_at: datetime
    status: str = "READY"

    @property
    def is_on_version(self) -> bool:
        """Whether it is for a numbered version; no alias is named by digits alone."""
        return self.qualifier.isdigit()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The limits of one account and region, and how much code it stores."""

    concurrency_limit: int
    unreserved_concurrency: int
    code_storage_bytes: int
    code_storage_limit_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    name: str
    retention_days: int | None
    """None: its events never expire."""
    stored_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LateSeries:
    """Series of the last days."""

    since: datetime
    until: datetime
    series: "Mapping[MetricQuery, tuple[Point, ...] | None]"
    """None: the answer for that series was not complete."""


class CapacitySource(Protocol):
    """Versions, concurrency, limits and log groups of one target. Each may raise OutsideError."""

    def versions(
        self, functions: Sequence[FunctionArn]
    ) -> Mapping[FunctionArn, tuple[PublishedVersion, ...]]:
        """Read the numbered versions of each of these. At most about two calls per function, and
        far fewer where they have few versions.
        """
        ...

    def versions_of(self, function: FunctionArn) -> tuple[PublishedVersion, ...]:
        """Read the numbered versions of one function, unless they were read already: one call."""
        ...

    def aliases(self, function: FunctionArn) -> tuple[Alias, ...]:
        """Read its aliases, unless they were read with its state: one call."""
        ...

    def reserved_concurrency(self, function: FunctionArn) -> int | None:
        """Read what is reserved for it, None where nothing is: one call."""
        ...

    def provisioned_concurrency(self, function: FunctionArn) -> tuple[ProvisionedConcurrency, ...]:
        """Read what is provisioned for its aliases and versions: one call."""
        ...

    def provisioned_states(self, function: FunctionArn) -> "tuple[ProvisionedState, ...]":
        """Read what is provisioned and what scales it, also of an alias that is gone: one call, and
        three for the whole target.
        """
        ...

    def last_scaling(self, function: FunctionArn, qualifier: str) -> str | None:
        """Say what came of the newest scaling activity, in the service's words, unless it went
        well; None: it did, or there is none. One call.
        """
        ...

    def stack_of(self, function: FunctionArn, qualifier: str) -> str | None:
        """Name the stack that has the alias, or what scales it: two calls. None: no stack does."""
        ...

    def age_days(self, moment: datetime) -> float:
        """Return the days since then."""
        ...

    def late_series(
        self, queries: "Sequence[MetricQuery]", *, days: int = USE_DAYS, period_s: int = DAY_S
    ) -> LateSeries:
        """Read the last days in whole periods up to now."""
        ...

    def account_settings(self) -> AccountSettings: ...

    def log_groups(self, names: Sequence[str]) -> Mapping[str, LogGroup]:
        """Read the named log groups, 50 a call; one that does not exist is absent."""
        ...
