"""How is all of one function read, as Lambda gives it? One call or a few per part.

A read that fails raises: nothing is taken for absent unless the service says so in its own words.
The link to the code is a secret for ten minutes: it is followed at once and never shown (S16).
Source: botocore 1.44.5, lambda and application-autoscaling; GetFunction: "The link is valid for 10
minutes".
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.answers import raw_of
from trimtab.aws.download import Downloads
from trimtab.aws.errors import code_of, reading
from trimtab.aws.kinds import unknown_kind
from trimtab.aws.provisioned import DIMENSION, NAMESPACE, SERVICE
from trimtab.aws.sessions import Clients
from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import LATEST, Component, Part
from trimtab.domain.errors import PermanentError

NO_POLICY = "ResourceNotFoundException"
"""What GetPolicy answers where nobody ever gave a permission."""

Raw = dict[str, Any]


class AwsArchive:
    """One function, open for reading all that a backup holds."""

    def __init__(self, function: FunctionArn, clients: Clients, downloads: Downloads) -> None:
        self._function = function
        self._clients = clients
        self._downloads = downloads
        self._readers: Mapping[Component, Callable[[str | None], Any]] = {
            Component.FUNCTION: self._of_version,
            Component.VERSIONS: lambda _: self._versions(),
            Component.ALIASES: lambda _: list(self._pages("list_aliases", "Aliases")),
            Component.POLICY: self._policy,
            Component.MAPPINGS: lambda _: self._mappings(),
            Component.URLS: lambda _: list(
                self._pages("list_function_url_configs", "FunctionUrlConfigs")
            ),
            Component.ASYNC: lambda _: list(
                self._pages("list_function_event_invoke_configs", "FunctionEventInvokeConfigs")
            ),
            Component.RESERVED: lambda _: self._get("get_function_concurrency").get(
                "ReservedConcurrentExecutions"
            ),
            Component.PROVISIONED: lambda _: list(
                self._pages("list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs")
            ),
            Component.SCALING: lambda _: self._scaling(),
            Component.SIGNING: lambda _: self._get("get_function_code_signing_config").get(
                "CodeSigningConfigArn"
            ),
            Component.RUNTIME: self._runtime,
            Component.RECURSION: lambda _: self._get("get_function_recursion_config")[
                "RecursiveLoop"
            ],
        }

    def read(self, part: Part) -> Any:
        """Raises: OutsideError."""
        return self._readers[part.component](part.qualifier)

    def code(self, qualifier: str) -> Iterator[bytes]:
        """Raises: OutsideError, before the first chunk or between two."""
        answer = self._get("get_function", Qualifier=qualifier)
        location = (answer.get("Code") or {}).get("Location")
        if not location:
            raise PermanentError(
                f"lambda:GetFunction {self._function}:{qualifier}: no link to code"
            )
        yield from self._downloads.chunks(location, what=f"the code of {self._function}")

    def _get(self, method: str, **asked: Any) -> Mapping[str, Any]:
        with reading(f"lambda:{_operation(method)} {self._function}"):
            client = self._clients.client("lambda")
            return raw_of(getattr(client, method)(FunctionName=str(self._function), **asked))

    def _pages(self, method: str, key: str) -> Iterator[Raw]:
        asked: Raw = {}
        while True:
            page = self._get(method, **asked)
            yield from page[key]
            if not page.get("NextMarker"):
                return
            asked = {"Marker": page["NextMarker"]}

    def _of_version(self, qualifier: str | None) -> Raw:
        answer = self._get("get_function", Qualifier=qualifier or LATEST)
        code = {k: v for k, v in (answer.get("Code") or {}).items() if k != "Location"}
        configuration = answer["Configuration"]
        found: Raw = {
            "Code": code,
            "Configuration": configuration,
            "UnknownKind": unknown_kind(configuration),
        }
        if qualifier == LATEST:
            found["Tags"] = self._tags(str(self._function))
        return found

    def _tags(self, resource: str) -> Mapping[str, str]:
        """Read tags by the call that says so when it may not: GetFunction would leave them out."""
        with reading(f"lambda:ListTags {resource}"):
            answer = self._clients.client("lambda").list_tags(Resource=resource)
        return dict(answer.get("Tags") or {})

    def _versions(self) -> list[str]:
        found = self._pages("list_versions_by_function", "Versions")
        return [str(raw["Version"]) for raw in found if raw["Version"] != LATEST]

    def _policy(self, qualifier: str | None) -> Any:
        asked = {} if qualifier is None else {"Qualifier": qualifier}
        with reading(f"lambda:GetPolicy {self._function}:{qualifier or LATEST}"):
            try:
                answer = self._clients.client("lambda").get_policy(
                    FunctionName=str(self._function), **asked
                )
            except ClientError as error:
                if code_of(error) == NO_POLICY:
                    return None
                raise
        try:
            return json.loads(answer["Policy"])
        except ValueError:
            raise PermanentError(f"lambda:GetPolicy {self._function}: it is no JSON") from None

    def _mappings(self) -> list[Raw]:
        """Read all mappings of the region and keep ours: a filter by name may leave out aliases."""
        asked: Raw = {}
        found: list[Raw] = []
        while True:
            with reading(f"lambda:ListEventSourceMappings {self._function.target}"):
                page = raw_of(self._clients.client("lambda").list_event_source_mappings(**asked))
            found += [raw for raw in page["EventSourceMappings"] if self._is_ours(raw)]
            if not page.get("NextMarker"):
                return [self._with_tags(raw) for raw in found]
            asked = {"Marker": page["NextMarker"]}

    def _is_ours(self, raw: Mapping[str, Any]) -> bool:
        arn, ours = str(raw.get("FunctionArn")), str(self._function)
        return arn == ours or arn.startswith(f"{ours}:")

    def _with_tags(self, raw: Raw) -> Raw:
        arn = raw.get("EventSourceMappingArn")
        tags = self._tags(str(arn)) if arn else {}
        return raw | ({"Tags": tags} if tags else {})

    def _runtime(self, qualifier: str | None) -> Raw:
        answer = self._get("get_runtime_management_config", Qualifier=qualifier or LATEST)
        return {k: v for k, v in answer.items() if k != "FunctionArn"}

    def _scaling(self) -> Raw:
        """Read what scales any alias or version of it, gone ones included."""
        found = {
            "targets": self._described("describe_scalable_targets", "ScalableTargets"),
            "actions": self._described("describe_scheduled_actions", "ScheduledActions"),
            "policies": self._described("describe_scaling_policies", "ScalingPolicies"),
        }
        return {key: [_plain(raw) for raw in value] for key, value in found.items()}

    def _described(self, method: str, key: str) -> list[Raw]:
        start = f"function:{self._function.name}:"
        asked: Raw = {"ServiceNamespace": NAMESPACE}
        found: list[Raw] = []
        while True:
            with reading(f"{SERVICE}:{_operation(method)} {self._function}"):
                page = getattr(self._clients.client(SERVICE), method)(**asked)
            found += [
                raw
                for raw in page[key]
                if raw["ResourceId"].startswith(start) and raw["ScalableDimension"] == DIMENSION
            ]
            if not page.get("NextToken"):
                return found
            asked["NextToken"] = page["NextToken"]


def _operation(method: str) -> str:
    return "".join(word.title() for word in method.split("_"))


def _plain(value: Any) -> Any:
    """Write moments as text, all the way down: the rest of an answer is plain JSON already."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
