"""What calls a function, and who may? Event sources, policies, URLs, asynchronous events, loops."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.answers import raw_of
from trimtab.aws.errors import code_of, message_of, reading
from trimtab.aws.reach_events import EventReader
from trimtab.aws.reach_roles import RoleShelf, read_roles
from trimtab.aws.reach_subnets import read_zones
from trimtab.aws.sessions import Clients
from trimtab.domain.arn import FunctionArn, Target, with_qualifier
from trimtab.domain.errors import PermanentError
from trimtab.ports import (
    AsyncSettings,
    EventSource,
    FunctionUrl,
    ResourcePolicy,
    Role,
    Rule,
    Schedule,
)

PER_PAGE = 100
"""Source: Lambda API, ListEventSourceMappings, MaxItems: at most 100 are answered (botocore
1.44.5)."""
URLS_PER_PAGE = 50
"""Source: Lambda API, ListFunctionUrlConfigs and ListFunctionEventInvokeConfigs, MaxItems at most
50 (botocore 1.44.5)."""

FUNCTIONS_PER_PAGE = 50
"""Source: Lambda API, ListFunctions, MaxItems: at most 50 are answered (botocore 1.44.5)."""
MOST_PAGES = 100
"""Of functions, to count who shares a role; chosen: each slice of a target lists them all again,
so for 5,000 functions a scan makes 5,000 calls for it."""

NO_POLICY = frozenset(
    {
        "No policy is associated with the given resource",
        "The resource you requested does not exist",
    }
)
"""What GetPolicy says of a function without a policy; of a function, version or alias that is not
there it says another thing. Source: issues 418 of aws/aws-toolkit-vscode and 307 of
aws/serverless-application-model, read 2026-11-21; the first as GetLayerVersionPolicy says it, issue
6824 of cloud-custodian/cloud-custodian."""

KINDS = {"rds": "documentdb"}
"""Service in the ARN of a source -> kind, where they differ."""
SELF_MANAGED = "self-managed-kafka"


class AwsReachSource:
    """One target, read."""

    def __init__(self, target: Target, clients: Clients, *, shelf: RoleShelf) -> None:
        self._target = target
        self._clients = clients
        self._shelf = shelf
        self._events = EventReader(target, clients)
        self._sources: tuple[EventSource, ...] | None = None
        self._urls: dict[FunctionArn, tuple[FunctionUrl, ...]] = {}
        self._policies: dict[tuple[FunctionArn, str | None], str | None] = {}
        self._named: dict[str | None, tuple[tuple[str | None, ...], str | None]] = {}

    def event_sources(self) -> tuple[EventSource, ...]:
        if self._sources is None:
            client = self._clients.client("lambda")
            pages = self._pages(
                client.list_event_source_mappings, "ListEventSourceMappings", MaxItems=PER_PAGE
            )
            self._sources = tuple(
                self._event_source(raw) for page in pages for raw in page["EventSourceMappings"]
            )
        return self._sources

    def _event_source(self, raw: Mapping[str, Any]) -> EventSource:
        named = with_qualifier(raw["FunctionArn"])
        if named is None:
            raise PermanentError(
                f"lambda:ListEventSourceMappings in {self._target}: {raw['FunctionArn']!r} is not "
                "the ARN of a Lambda function"
            )
        on_failure = (raw.get("DestinationConfig") or {}).get("OnFailure") or {}
        return EventSource(
            function=named[0],
            kind=_kind(raw),
            state=raw.get("State", ""),
            has_failure_destination=bool(on_failure.get("Destination")),
            qualifier=named[1],
            source=raw.get("EventSourceArn") or raw.get("UUID", ""),
            changed_at=raw.get("LastModified"),
        )

    def rules(self) -> tuple[Rule, ...]:
        return self._events.rules()

    def schedules(self, functions: Collection[FunctionArn]) -> tuple[Schedule, ...]:
        return self._events.schedules(functions)

    def roles(self, wanted: Collection[str]) -> Mapping[str, Role]:
        return self._shelf.roles(
            self._target.account,
            wanted,
            read=lambda: read_roles(self._clients.client("iam"), self._target),
        )

    def zones(self, subnets: Collection[str]) -> Mapping[str, str]:
        if not subnets:
            return {}
        return read_zones(self._clients.client("ec2"), self._target, subnets)

    def know_functions(self, marker: str | None, page: Mapping[str, Any]) -> None:
        """Keep which roles a page of ListFunctions names, and where the next one begins."""
        roles = tuple(function.get("Role") for function in page["Functions"])
        self._named[marker] = (roles, page.get("NextMarker") or None)

    def role_uses(self) -> Mapping[str | None, int] | None:
        client = self._clients.client("lambda")
        uses: Counter[str | None] = Counter()
        marker: str | None = None
        for _ in range(MOST_PAGES):
            if marker not in self._named:
                more = {} if marker is None else {"Marker": marker}
                with reading(f"lambda:ListFunctions in {self._target}"):
                    page = raw_of(client.list_functions(MaxItems=FUNCTIONS_PER_PAGE, **more))
                self.know_functions(marker, page)
            roles, marker = self._named[marker]
            uses.update(roles)
            if marker is None:
                return uses
        return None

    def policies(
        self, function: FunctionArn, qualifiers: Sequence[str | None]
    ) -> tuple[ResourcePolicy, ...]:
        found = ((qualifier, self._kept_policy(function, qualifier)) for qualifier in qualifiers)
        return tuple(
            ResourcePolicy(qualifier=qualifier, document=document)
            for qualifier, document in found
            if document is not None
        )

    def _kept_policy(self, function: FunctionArn, qualifier: str | None) -> str | None:
        key = (function, qualifier)
        if key not in self._policies:
            self._policies[key] = self._policy(function, qualifier)
        return self._policies[key]

    def _policy(self, function: FunctionArn, qualifier: str | None) -> str | None:
        client = self._clients.client("lambda")
        asked = {} if qualifier is None else {"Qualifier": qualifier}
        with reading(f"lambda:GetPolicy {function}"):
            try:
                answer = client.get_policy(FunctionName=str(function), **asked)
            except ClientError as error:
                if _has_no_policy(error):
                    return None
                raise
        return str(answer["Policy"])

    def urls(self, function: FunctionArn) -> tuple[FunctionUrl, ...]:
        if function not in self._urls:
            client = self._clients.client("lambda")
            pages = self._pages(
                client.list_function_url_configs,
                "ListFunctionUrlConfigs",
                FunctionName=str(function),
                MaxItems=URLS_PER_PAGE,
            )
            self._urls[function] = tuple(
                FunctionUrl(qualifier=_qualifier(raw["FunctionArn"]), auth=raw["AuthType"])
                for page in pages
                for raw in page["FunctionUrlConfigs"]
            )
        return self._urls[function]

    def async_settings(self, function: FunctionArn) -> tuple[AsyncSettings, ...]:
        client = self._clients.client("lambda")
        pages = self._pages(
            client.list_function_event_invoke_configs,
            "ListFunctionEventInvokeConfigs",
            FunctionName=str(function),
            MaxItems=URLS_PER_PAGE,
        )
        return tuple(
            _async_settings(raw) for page in pages for raw in page["FunctionEventInvokeConfigs"]
        )

    def recursive_loop(self, function: FunctionArn) -> str:
        client = self._clients.client("lambda")
        with reading(f"lambda:GetFunctionRecursionConfig {function}"):
            answer = client.get_function_recursion_config(FunctionName=str(function))
        return str(answer["RecursiveLoop"])

    def _pages(self, method: Any, operation: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
        """Ask for all pages of one of Lambda's listings, to the end."""
        what = f"lambda:{operation} {asked.get('FunctionName') or f'in {self._target}'}"
        while True:
            with reading(what):
                page = method(**asked)
            yield page
            if not page.get("NextMarker"):
                return
            asked["Marker"] = page["NextMarker"]


def _kind(raw: Mapping[str, Any]) -> str:
    arn = raw.get("EventSourceArn")
    if not arn:
        return SELF_MANAGED if raw.get("SelfManagedEventSource") else "unknown"
    service = str(arn).split(":")[2]
    return KINDS.get(service, service)


def _has_no_policy(error: ClientError) -> bool:
    """Tell whether AWS says that there is no policy: nothing else that looks like it will do."""
    said = message_of(error).removesuffix(".")
    return code_of(error) == "ResourceNotFoundException" and said in NO_POLICY


def _qualifier(arn: str) -> str | None:
    return next(iter(arn.split(":")[7:]), None)


def _async_settings(raw: Mapping[str, Any]) -> AsyncSettings:
    on_failure = (raw.get("DestinationConfig") or {}).get("OnFailure") or {}
    return AsyncSettings(
        retries=raw.get("MaximumRetryAttempts"),
        max_event_age_s=raw.get("MaximumEventAgeInSeconds"),
        has_failure_destination=bool(on_failure.get("Destination")),
    )
