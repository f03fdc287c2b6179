"""Which versions, concurrency, limits and log groups are there? The read role, one target.

What is read of a function is kept for as long as the source is: several questions need it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from trimtab.aws.answers import raw_of
from trimtab.aws.configurations import moment
from trimtab.aws.errors import READ, reading
from trimtab.aws.metrics import read_series
from trimtab.aws.provisioned import (
    DIMENSION,
    NAMESPACE,
    Scaling,
    last_activity,
    read_scaling,
    resource_of,
)
from trimtab.aws.sessions import Clients
from trimtab.aws.stacks import owning_stack
from trimtab.aws.states import LATEST, list_aliases
from trimtab.aws.surroundings import account_settings
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import InputError, PermanentError
from trimtab.domain.fleet import Alias
from trimtab.domain.provisioned import NONE, READY, ProvisionedState
from trimtab.ports import (
    DAY_S,
    USE_DAYS,
    AccountSettings,
    Clock,
    LateSeries,
    LogGroup,
    MetricQuery,
    Point,
    ProvisionedConcurrency,
    PublishedVersion,
)

FUNCTIONS_PER_PAGE = 50
GROUPS_PER_CALL = 50
"""Source: CloudWatch Logs API, DescribeLogGroups, logGroupIdentifiers maximum (botocore 1.44.5)."""
DELIVERY_DAYS = 1
"""How long a group of class DELIVERY keeps its events. Source: as above, logGroupClass."""


class AwsCapacity:
    """One target, as far as its capacity goes."""

    def __init__(self, target: Target, clients: Clients, *, clock: Clock) -> None:
        self._target = target
        self._clients = clients
        self._clock = clock
        self._versions: dict[FunctionArn, tuple[PublishedVersion, ...]] = {}
        self._aliases: dict[FunctionArn, tuple[Alias, ...]] = {}
        self._provisioned: dict[FunctionArn, tuple[ProvisionedConcurrency, ...]] = {}
        self._scaling: Scaling | None = None

    def versions(
        self, functions: Sequence[FunctionArn]
    ) -> Mapping[FunctionArn, tuple[PublishedVersion, ...]]:
        """List the versions of all functions, but no more pages than there are functions asked
        about: beyond that, each of them is asked by itself.
        """
        unread = [function for function in functions if function not in self._versions]
        if unread:
            found = self._all_versions(most_pages=len(unread))
            for function in unread:
                listed = found.get(function)
                self._versions[function] = (
                    self._versions_of(function) if listed is None else tuple(listed)
                )
        return {function: self._versions[function] for function in functions}

    def versions_of(self, function: FunctionArn) -> tuple[PublishedVersion, ...]:
        if function not in self._versions:
            self._versions[function] = self._versions_of(function)
        return self._versions[function]

    def _all_versions(self, *, most_pages: int) -> dict[FunctionArn, list[PublishedVersion]]:
        """Return the versions of every function of the target; of none at all when that takes too
        many pages, since more of the same function may follow on the next.
        """
        found: dict[FunctionArn, list[PublishedVersion]] = {}
        client = self._clients.client("lambda")
        pages = self._pages(
            f"lambda:ListFunctions of all versions in {self._target}",
            lambda more: client.list_functions(
                FunctionVersion="ALL", MaxItems=FUNCTIONS_PER_PAGE, **more
            ),
        )
        for number, page in enumerate(pages, start=1):
            for raw in page["Functions"]:
                self._collect(raw, found)
            if number == most_pages and page.get("NextMarker"):
                return {}
        return found

    def _versions_of(self, function: FunctionArn) -> tuple[PublishedVersion, ...]:
        found: dict[FunctionArn, list[PublishedVersion]] = {}
        client = self._clients.client("lambda")
        for page in self._pages(
            f"lambda:ListVersionsByFunction {function}",
            lambda more: client.list_versions_by_function(FunctionName=str(function), **more),
        ):
            for raw in page["Versions"]:
                self._collect(raw, found)
        return tuple(found.get(function, ()))

    def _collect(
        self, raw: Mapping[str, Any], found: dict[FunctionArn, list[PublishedVersion]]
    ) -> None:
        """Add one entry of a listing; that of $LATEST says that its function was listed."""
        try:
            number = str(raw["Version"])
            if number != LATEST and not number.isdigit():
                return
            versions = found.setdefault(FunctionArn.parse(raw["FunctionArn"]), [])
            if number != LATEST:
                versions.append(_version(raw))
        except (InputError, KeyError, ValueError) as error:
            raise PermanentError(
                f"lambda:ListFunctions of all versions in {self._target}: {error}; {READ}"
            ) from error

    def aliases(self, function: FunctionArn) -> tuple[Alias, ...]:
        if function not in self._aliases:
            client = self._clients.client("lambda")
            self._aliases[function] = tuple(list_aliases(client, str(function)))
        return self._aliases[function]

    def know_aliases(self, function: FunctionArn, aliases: tuple[Alias, ...]) -> None:
        """Keep aliases that were read with the state of the function."""
        self._aliases[function] = aliases

    def reserved_concurrency(self, function: FunctionArn) -> int | None:
        client = self._clients.client("lambda")
        with reading(f"lambda:GetFunctionConcurrency {function}"):
            raw = raw_of(client.get_function_concurrency(FunctionName=str(function)))
        reserved = raw.get("ReservedConcurrentExecutions")
        return None if reserved is None else int(reserved)

    def provisioned_concurrency(self, function: FunctionArn) -> tuple[ProvisionedConcurrency, ...]:
        if function not in self._provisioned:
            client = self._clients.client("lambda")
            pages = self._pages(
                f"lambda:ListProvisionedConcurrencyConfigs {function}",
                lambda more: client.list_provisioned_concurrency_configs(
                    FunctionName=str(function), **more
                ),
            )
            self._provisioned[function] = tuple(
                _provisioned(function, raw)
                for page in pages
                for raw in page["ProvisionedConcurrencyConfigs"]
            )
        return self._provisioned[function]

    def provisioned_states(self, function: FunctionArn) -> tuple[ProvisionedState, ...]:
        if self._scaling is None:
            self._scaling = read_scaling(self._clients, f"in {self._target}")
        configs = {raw.qualifier: raw for raw in self.provisioned_concurrency(function)}
        begins = resource_of(function, "")
        scaled = {r.removeprefix(begins) for r in self._scaling.targets if r.startswith(begins)}
        return tuple(
            ProvisionedState(
                qualifier=qualifier,
                requested=0 if found is None else found.requested,
                allocated=0 if found is None else found.allocated,
                status=NONE if found is None else found.status,
                target=self._scaling.target_of(resource_of(function, qualifier)),
            )
            for qualifier in sorted(configs.keys() | scaled)
            for found in (configs.get(qualifier),)
        )

    def last_scaling(self, function: FunctionArn, qualifier: str) -> str | None:
        return last_activity(self._clients, resource_of(function, qualifier))

    def stack_of(self, function: FunctionArn, qualifier: str) -> str | None:
        client = self._clients.client("cloudformation")
        scaled = f"{resource_of(function, qualifier)}|{DIMENSION}|{NAMESPACE}"
        for physical_id in (f"{function}:{qualifier}", scaled):
            found = owning_stack(client, physical_id)
            if found is not None:
                return found
        return None

    def age_days(self, moment: datetime) -> float:
        return (self._clock.now() - moment) / timedelta(days=1)

    def late_series(
        self, queries: Sequence[MetricQuery], *, days: int = USE_DAYS, period_s: int = DAY_S
    ) -> LateSeries:
        until = self._clock.now()
        if period_s < DAY_S:
            until -= timedelta(seconds=until.timestamp() % period_s)
        since = until - timedelta(days=days)
        series: Mapping[MetricQuery, tuple[Point, ...] | None] = read_series(
            self._clients.client("cloudwatch"), queries, start=since, end=until, period_s=period_s
        )
        return LateSeries(since=since, until=until, series=series)

    def account_settings(self) -> AccountSettings:
        return account_settings(self._clients.client("lambda"), f"in {self._target}")

    def log_groups(self, names: Sequence[str]) -> Mapping[str, LogGroup]:
        found: dict[str, LogGroup] = {}
        wanted = sorted(set(names))
        for at in range(0, len(wanted), GROUPS_PER_CALL):
            for raw in self._groups(wanted[at : at + GROUPS_PER_CALL]):
                found[raw["logGroupName"]] = _log_group(raw)
        return found

    def _groups(self, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        client = self._clients.client("logs")
        asked: dict[str, Any] = {"logGroupIdentifiers": list(names)}
        while True:
            with reading(f"logs:DescribeLogGroups in {self._target}"):
                page = client.describe_log_groups(**asked)
            yield from page["logGroups"]
            if not page.get("nextToken"):
                return
            asked["nextToken"] = page["nextToken"]

    def _pages(
        self, what: str, ask: Callable[[Mapping[str, str]], Mapping[str, Any]]
    ) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        while True:
            with reading(what):
                page = raw_of(ask(more))
            yield page
            if not page.get("NextMarker"):
                return
            more = {"Marker": page["NextMarker"]}


def _version(raw: Mapping[str, Any]) -> PublishedVersion:
    snap_start = raw.get("SnapStart") or {}
    return PublishedVersion(
        number=raw["Version"],
        published_at=moment(raw["LastModified"]),
        code_size_bytes=raw["CodeSize"],
        has_snapshot=snap_start.get("OptimizationStatus") == "On",
        code_sha256=raw.get("CodeSha256") or "",
        revision_id=raw.get("RevisionId") or "",
    )


def _provisioned(function: FunctionArn, raw: Mapping[str, Any]) -> ProvisionedConcurrency:
    try:
        return ProvisionedConcurrency(
            qualifier=raw["FunctionArn"].rpartition(":")[2],
            requested=raw["RequestedProvisionedConcurrentExecutions"],
            allocated=raw.get("AllocatedProvisionedConcurrentExecutions") or 0,
            changed_at=moment(raw["LastModified"]),
            status=raw.get("Status") or READY,
        )
    except (KeyError, ValueError) as error:
        what = f"lambda:ListProvisionedConcurrencyConfigs {function}"
        raise PermanentError(f"{what}: no usable {error}; {READ}") from error


def _log_group(raw: Mapping[str, Any]) -> LogGroup:
    days = raw.get("retentionInDays")
    return LogGroup(
        name=raw["logGroupName"],
        retention_days=DELIVERY_DAYS if raw.get("logGroupClass") == "DELIVERY" else days,
        stored_bytes=raw.get("storedBytes") or 0,
    )
