"""Which settings of a version can be written again, and when are two versions the same?

`FunctionConfiguration` answers more than `CreateFunction` takes: identity, state and sizes are left
out, and what is answered in another form is put into the form that is written.
Source: botocore 1.44.5, lambda: CreateFunction, UpdateFunctionConfiguration, FunctionConfiguration.
"""

from collections.abc import Mapping
from typing import Any

from trimtab.domain.backup import LATEST, Backup

AS_THEY_ARE = (
    "Architectures",
    "DeadLetterConfig",
    "Description",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "KMSKeyArn",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "Role",
    "Runtime",
    "Timeout",
)
"""Fields that are written in the form in which they are answered."""

EMPTY: Mapping[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "FileSystemConfigs": [],
    "KMSKeyArn": "",
    "Layers": [],
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
"""What an update says of a field that the version has not: left out, it would stay as before."""

OF_CODE = ("Architectures", "PackageType")
"""Fields that go with the code, and not with an update of the configuration."""


def settings_of(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written to make such a version; empty fields are left out."""
    found = {key: configuration.get(key) for key in AS_THEY_ARE}
    found["Environment"] = _only(configuration.get("Environment"), "Variables")
    found["Layers"] = [layer["Arn"] for layer in configuration.get("Layers") or ()]
    found["SnapStart"] = _only(configuration.get("SnapStart"), "ApplyOn")
    found["TracingConfig"] = _only(configuration.get("TracingConfig"), "Mode")
    found["ImageConfig"] = (configuration.get("ImageConfigResponse") or {}).get("ImageConfig")
    found["VpcConfig"] = _network(configuration.get("VpcConfig") or {})
    return {key: value for key, value in found.items() if not is_empty(value)}


def is_empty(value: Any) -> bool:
    """Tell whether a value says nothing: None, "", [], {}, or a structure of such."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    return value is None or value in ("", [])


def full(value: Any) -> Any:
    """Return a structure without what is empty in it."""
    if isinstance(value, dict):
        return {key: full(item) for key, item in value.items() if not is_empty(item)}
    return value


def _only(value: Mapping[str, Any] | None, member: str) -> dict[str, Any]:
    return {member: (value or {}).get(member)}


def _network(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the network of a version, sorted: Lambda answers it in any order."""
    if not raw.get("SubnetIds"):
        return {}
    network = {key: sorted(raw.get(key) or ()) for key in ("SubnetIds", "SecurityGroupIds")}
    dual = raw.get("Ipv6AllowedForDualStack")
    return network | ({"Ipv6AllowedForDualStack": True} if dual else {})


def renamed(settings: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Return settings for a function of another name: a log group named after the old one moves."""
    logging = settings.get("LoggingConfig") or {}
    if old == new or logging.get("LogGroup") != f"/aws/lambda/{old}":
        return dict(settings)
    return {**settings, "LoggingConfig": {**logging, "LogGroup": f"/aws/lambda/{new}"}}


def update_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of an update that leaves exactly these settings."""
    asked = {key: value for key, value in settings.items() if key not in OF_CODE}
    said = {key: value for key, value in EMPTY.items() if key not in asked}
    if settings.get("PackageType") == "Image":
        said |= {} if "ImageConfig" in asked else {"ImageConfig": {}}
    return asked | said


def code_of(configuration: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return what code a version runs, and for which processor."""
    return str(configuration["CodeSha256"]), tuple(configuration.get("Architectures") or ())


def _image(configuration: Mapping[str, Any]) -> tuple[Any, ...]:
    settings = settings_of(configuration)
    settings.pop("Description", None)
    return code_of(configuration), settings


def publications(backup: Backup) -> tuple[tuple[str, ...], ...]:
    """Group the versions as they are published again, oldest first.

    Lambda publishes no version that is like the one before: where one in between was deleted, the
    two beside it may be alike, and come back as one.
    """
    groups: list[tuple[str, ...]] = []
    before: tuple[Any, ...] | None = None
    for number in backup.versions:
        image = _image(backup.configuration(number))
        if image == before:
            groups[-1] = (*groups[-1], number)
        else:
            groups.append((number,))
        before = image
    return tuple(groups)


def symbols(backup: Backup) -> dict[str, str]:
    """Name each version by the order in which it is published: its number is never used again."""
    groups = publications(backup)
    named = {n: f"#{place}" for place, group in enumerate(groups, start=1) for n in group}
    return {LATEST: LATEST} | named
