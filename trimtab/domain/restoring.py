"""Which calls bring a function back, in which order?

First the function with its oldest code, then version by version, then $LATEST, then everything that
points to them, and what calls it last. Each call is a plain description: `pipeline/restore` makes
it, and makes only those whose outcome is not there yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import LATEST, Backup, CodeKind, Component
from trimtab.domain.backup_items import MARKER, Item, tags_of
from trimtab.domain.backup_limits import MOST_TAGS
from trimtab.domain.backup_settings import (
    OF_CODE,
    code_of,
    publications,
    renamed,
    settings_of,
    update_of,
)
from trimtab.domain.digest import content_id

LAMBDA = "lambda"
SCALING = "application-autoscaling"

ORDER = (
    "alias",
    "permission",
    "async",
    "reserved",
    "provisioned",
    "target",
    "action",
    "scaling-policy",
    "url",
    "signing",
    "runtime",
    "recursion",
    "tag",
    "mapping",
)
"""Kinds of items in the order in which they are written: what calls the function comes last."""

REPLACED = ("reserved", "tag")
"""Kinds of which another value is written over: the restore itself has set the first to 0."""

Place: TypeAlias = Mapping[str, str]
"""Where Lambda takes code from: S3Bucket and S3Key, or ImageUri."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One call of a restore. Its parameters may hold an environment: they are never recorded."""

    name: str
    """What it makes, for the record."""
    service: str
    operation: str
    """As boto3 names the method."""
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOrder:
    """What is wanted: which backup, under which name, by whom and why."""

    backup_id: str
    function: FunctionArn
    """The one that was backed up."""
    name: str
    """The name of the function that is made."""
    by: str
    why: str
    starts_mappings: bool = False
    """Enable the mappings that were enabled; else they are made disabled."""
    account: str | None = None
    """Where it is made; None: in its own account."""
    stays_held: bool = False
    """Nobody may ever call it: nothing but its creation comes before that is said."""

    @property
    def target(self) -> FunctionArn:
        of = self.function
        return FunctionArn(
            partition=of.partition,
            region=of.region,
            account=of.account if self.account is None else self.account,
            name=self.name,
        )

    @property
    def is_copy(self) -> bool:
        return self.name != self.function.name

    @property
    def restore_id(self) -> str:
        """Name the restore: the same backup to the same name is the same restore."""
        return content_id({"backup": self.backup_id, "target": str(self.target)})


def stages(backup: Backup) -> tuple[str, ...]:
    """Return one old version for each that is published, oldest first."""
    return tuple(group[0] for group in publications(backup))


def create(backup: Backup, order: RestoreOrder, qualifier: str, code: Place) -> Write:
    """Create the function as this version was, with its tags and the mark of this restore."""
    settings = _settings(backup, order, qualifier)
    tags = dict(list(tags_of(backup).items())[: MOST_TAGS - 1])
    given = settings | {
        "FunctionName": order.name,
        "Code": dict(code),
        "Tags": tags | {MARKER: order.restore_id},
    }
    name = "function" if qualifier == LATEST else f"function as version {qualifier}"
    return Write(name=name, service=LAMBDA, operation="create_function", given=given)


def hold(order: RestoreOrder) -> Write:
    """Let nobody call it while it stands at code of old versions."""
    given = {"FunctionName": order.name, "ReservedConcurrentExecutions": 0}
    return Write(
        name="concurrency 0", service=LAMBDA, operation="put_function_concurrency", given=given
    )


def release(order: RestoreOrder) -> Write:
    return Write(
        name="concurrency unreserved",
        service=LAMBDA,
        operation="delete_function_concurrency",
        given={"FunctionName": order.name},
    )


def towards(
    backup: Backup,
    order: RestoreOrder,
    qualifier: str,
    *,
    there: Mapping[str, Any],
    code: Place,
) -> Write | None:
    """Return the next call that makes $LATEST like a version; None: it is like it.

    `there` is the configuration of $LATEST as it is now; its revision guards the call.
    """
    wanted = backup.configuration(qualifier)
    guard = {"FunctionName": order.name, "RevisionId": there["RevisionId"]}
    if code_of(wanted) != code_of(there):
        built_for = {"Architectures": wanted.get("Architectures")}
        given = guard | dict(code) | {k: v for k, v in built_for.items() if v}
        return Write(
            name=f"code of {qualifier}",
            service=LAMBDA,
            operation="update_function_code",
            given=given,
        )
    settings = _settings(backup, order, qualifier)
    if _updated(settings) != _updated(settings_of(there)):
        return Write(
            name=f"settings of {qualifier}",
            service=LAMBDA,
            operation="update_function_configuration",
            given=guard | update_of(settings),
        )
    return None


def publish(order: RestoreOrder, qualifier: str, *, there: Mapping[str, Any]) -> Write:
    """Publish $LATEST in the place of an old version, if it is still what was read."""
    return Write(
        name=f"version in the place of {qualifier}",
        service=LAMBDA,
        operation="publish_version",
        given={
            "FunctionName": order.name,
            "CodeSha256": there["CodeSha256"],
            "RevisionId": there["RevisionId"],
        },
    )


def _settings(backup: Backup, order: RestoreOrder, qualifier: str) -> dict[str, Any]:
    settings = settings_of(backup.configuration(qualifier))
    return renamed(settings, backup.function.name, order.name)


def _updated(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in OF_CODE}


def missing_writes(
    wanted: Mapping[str, Item],
    there: Mapping[str, Item],
    order: RestoreOrder,
    numbers: Mapping[str, str],
) -> tuple[Write, ...]:
    """Return the calls for the items that are not there, in order. `numbers`: symbol -> new number.

    What is there with another value is left as somebody made it, and shows as a difference.
    """
    found = []
    is_held = "reserved $LATEST" in there and "reserved $LATEST" not in wanted
    for kind in ORDER:
        if kind == "reserved" and is_held:
            found.append(release(order))
        for key, item in wanted.items():
            if item.kind != kind or (order.is_copy and kind == "mapping"):
                continue
            now = there.get(key)
            if now is None or (kind in REPLACED and now.value != item.value):
                found.append(_write(item, order, numbers))
    return tuple(found)


def _write(item: Item, order: RestoreOrder, numbers: Mapping[str, str]) -> Write:
    at = numbers.get(item.at, item.at)
    if item.kind in ("target", "action", "scaling-policy"):
        return _scaling_write(item, order, at)
    operation = OPERATIONS[item.kind]
    on: dict[str, Any] = {"FunctionName": order.name}
    if item.kind == "alias":
        given = on | _alias(item, numbers)
    elif item.kind == "mapping":
        given = _mapping(item, order, at)
    elif item.kind == "tag":
        given = {"Resource": str(order.target), "Tags": {item.name: item.value}}
    else:
        given = on | ({} if at == LATEST else {"Qualifier": at}) | _told(item)
    return Write(name=item.key, service=LAMBDA, operation=operation, given=given)


OPERATIONS: Mapping[str, str] = {
    "alias": "create_alias",
    "permission": "add_permission",
    "async": "put_function_event_invoke_config",
    "reserved": "put_function_concurrency",
    "provisioned": "put_provisioned_concurrency_config",
    "url": "create_function_url_config",
    "signing": "put_function_code_signing_config",
    "runtime": "put_runtime_management_config",
    "recursion": "put_function_recursion_config",
    "tag": "tag_resource",
    "mapping": "create_event_source_mapping",
}

SINGLE: Mapping[str, str] = {
    "reserved": "ReservedConcurrentExecutions",
    "signing": "CodeSigningConfigArn",
    "recursion": "RecursiveLoop",
}
"""Items of one value, and the parameter that takes it."""


def _told(item: Item) -> dict[str, Any]:
    """Return what an item adds to the parameters that say where it is."""
    if item.kind in SINGLE:
        return {SINGLE[item.kind]: item.value}
    if item.kind == "provisioned":
        return {"ProvisionedConcurrentExecutions": item.given}
    named = {"StatementId": item.name} if item.kind == "permission" else {}
    return named | dict(item.value)


def _alias(item: Item, numbers: Mapping[str, str]) -> dict[str, Any]:
    version, weights = item.value["version"], item.value["weights"]
    shifted = {numbers.get(symbol, symbol): weight for symbol, weight in weights.items()}
    routing = {"RoutingConfig": {"AdditionalVersionWeights": shifted}} if shifted else {}
    described = {"Description": item.value["Description"]} if item.value["Description"] else {}
    said = {"Name": item.at, "FunctionVersion": numbers.get(version, version)}
    return said | described | routing


def _mapping(item: Item, order: RestoreOrder, at: str) -> dict[str, Any]:
    function = order.name if at == LATEST else f"{order.name}:{at}"
    is_enabled = order.starts_mappings and item.given["Enabled"]
    return dict(item.given) | {"FunctionName": function, "Enabled": is_enabled}


def _scaling_write(item: Item, order: RestoreOrder, at: str) -> Write:
    of = {
        "ServiceNamespace": "lambda",
        "ResourceId": f"function:{order.name}:{at}",
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    operation, name = {
        "target": ("register_scalable_target", {}),
        "action": ("put_scheduled_action", {"ScheduledActionName": item.name}),
        "scaling-policy": ("put_scaling_policy", {"PolicyName": item.name}),
    }[item.kind]
    given = of | name | item.value
    return Write(name=item.key, service=SCALING, operation=operation, given=given)


def place_of_code(
    backup: Backup, qualifier: str, *, stored: Mapping[str, Mapping[str, str]]
) -> Place:
    """Say where the code of a version is taken from. `stored`: key in the vault -> where it is."""
    wanted = backup.configuration(qualifier)["CodeSha256"]
    code = next(c for c in backup.code if c.code_sha256 == wanted)
    if code.kind is CodeKind.IMAGE:
        return {"ImageUri": str(code.image)}
    if code.kind is CodeKind.REFERENCED:
        return dict(code.s3_object or {}) | {"S3ObjectStorageMode": "REFERENCE"}
    key = backup.of(Component.FUNCTION, qualifier)["Code"].get("SourceKMSKeyArn")
    assert code.stored is not None
    return dict(stored[code.stored.key]) | ({"SourceKMSKeyArn": key} if key else {})


def new_numbers(backup: Backup, published: Sequence[str]) -> dict[str, str]:
    """Name the new number of each symbol, from the versions that were published, oldest first."""
    return {f"#{place}": number for place, number in enumerate(published, start=1)}
