"""How does one function stand right now? It, its aliases, and the versions they serve."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.answers import raw_of
from trimtab.aws.configurations import configuration_of, moment, same_environment
from trimtab.aws.errors import code_of, reading
from trimtab.aws.kinds import unknown_kind
from trimtab.domain.arn import FunctionArn
from trimtab.domain.fleet import Alias, FunctionState

LATEST = "$LATEST"


def read_state(client: Any, function: FunctionArn, *, read_at: datetime) -> FunctionState:
    """Read one function: 2 calls, and 2 more when its aliases serve one numbered version.

    Aliases on different versions are an obstacle whatever those are, so they are not read.
    Raises: OutsideError when any of them fails.
    """
    name = str(function)
    with reading(f"lambda:GetFunction {name}"):
        answer = raw_of(client.get_function(FunctionName=name))
    raw = answer["Configuration"]
    aliases = tuple(list_aliases(client, name))
    served = sorted({v for a in aliases for v in (a.version, *a.weights)} - {LATEST})
    versions = {v: _version(client, name, v) for v in served if len(served) == 1}
    return FunctionState(
        function=function,
        read_at=read_at,
        configuration=configuration_of(raw),
        revision_id=raw.get("RevisionId", ""),
        last_modified_at=moment(raw["LastModified"]),
        state=raw.get("State", "not told"),
        last_update_status=raw.get("LastUpdateStatus", "not told"),
        unknown_kind=unknown_kind(raw),
        tags=None if answer.get("TagsError") else dict(answer.get("Tags") or {}),
        aliases=aliases,
        versions={number: configuration_of(version) for number, version in versions.items()},
        same_environment=frozenset(n for n, v in versions.items() if same_environment(raw, v)),
        obstacles=tuple(_obstacles(client, name, raw, aliases, versions)),
        runtime=raw.get("Runtime") or None,
        code_size_bytes=raw.get("CodeSize", 0),
        reserved_concurrency=(answer.get("Concurrency") or {}).get("ReservedConcurrentExecutions"),
    )


def list_aliases(client: Any, name: str) -> Iterable[Alias]:
    """Yield the aliases of a function, page by page.

    Raises: OutsideError when a page fails.
    """
    asked: dict[str, Any] = {"FunctionName": name}
    while True:
        with reading(f"lambda:ListAliases {name}"):
            page = raw_of(client.list_aliases(**asked))
        for alias in page["Aliases"]:
            routing = alias.get("RoutingConfig") or {}
            yield Alias(
                name=alias["Name"],
                version=alias["FunctionVersion"],
                weights=dict(routing.get("AdditionalVersionWeights") or {}),
                revision_id=alias.get("RevisionId", ""),
            )
        if not page.get("NextMarker"):
            return
        asked["Marker"] = page["NextMarker"]


def _version(client: Any, name: str, version: str) -> Mapping[str, Any]:
    with reading(f"lambda:GetFunctionConfiguration {name}:{version}"):
        answer = client.get_function_configuration(FunctionName=name, Qualifier=version)
    return raw_of(answer)


def _obstacles(
    client: Any,
    name: str,
    raw: Mapping[str, Any],
    aliases: Iterable[Alias],
    versions: Mapping[str, Mapping[str, Any]],
) -> Iterable[str]:
    """Yield what forbids to publish a version and move an alias, in words."""
    if (raw.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions":
        yield "SnapStart is on: publishing would run the function's initialisation"
    for alias in aliases:
        if alias.weights:
            yield f"alias {alias.name} splits its traffic between two versions"
    for number, version in versions.items():
        if _runtime_version(version) != _runtime_version(raw):
            yield f"$LATEST has another runtime version than version {number}"
    if versions and _has_provisioned_concurrency(client, name):
        yield "provisioned concurrency is configured: moving an alias would reallocate it"


def _runtime_version(raw: Mapping[str, Any]) -> str:
    return str((raw.get("RuntimeVersionConfig") or {}).get("RuntimeVersionArn") or "")


def _has_provisioned_concurrency(client: Any, name: str) -> bool:
    with reading(f"lambda:ListProvisionedConcurrencyConfigs {name}"):
        try:
            answer = client.list_provisioned_concurrency_configs(FunctionName=name)
        except ClientError as error:
            if code_of(error) == "ProvisionedConcurrencyConfigNotFoundException":
                return False
            raise
    page = raw_of(answer)
    return bool(page.get("ProvisionedConcurrencyConfigs") or page.get("NextMarker"))
