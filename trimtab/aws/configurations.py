"""How does a raw FunctionConfiguration become our values, and where do its secrets stop? (S16)

Environment variables are compared here and dropped. Not even their names are kept as a setting: the
read role may not decrypt what the change role may, so the two would never agree. Their names alone
go on beside the settings, as an `Aside`, for signals; `secret_values` says which of them hold what
has the form of a secret.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trimtab.aws.kinds import unknown_kind
from trimtab.aws.secret_values import secret_valued
from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import canonical_json
from trimtab.domain.fleet import Aside, Configuration, ListedFunction

NOT_SETTINGS = frozenset(
    {
        "CodeSha256",
        "CodeSize",
        "ConfigSha256",
        "Description",
        "Environment",
        "FunctionArn",
        "FunctionName",
        "LastModified",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "MasterArn",
        "MemorySize",
        "RevisionId",
        "RuntimeVersionConfig",
        "SigningJobArn",
        "State",
        "StateReason",
        "StateReasonCode",
        "Timeout",
        "Version",
    }
)
"""Identity, state, and what has a field of its own. Description too: a version has its own label.
Environment: a change of it shows in LastModified, and `same_environment` compares two versions.
RuntimeVersionConfig: ListFunctions does not answer it; `states` compares it where it matters."""

DEFAULT_EPHEMERAL_STORAGE_MB = 512


def configuration_of(raw: Mapping[str, Any]) -> Configuration:
    settings = {key: _plain(key, value) for key, value in raw.items() if key not in NOT_SETTINGS}
    return Configuration(
        code_sha256=raw["CodeSha256"],
        memory_mb=raw["MemorySize"],
        timeout_s=raw["Timeout"],
        settings={k: canonical_json(v) for k, v in sorted(settings.items()) if not _is_empty(v)},
    )


def listed_function(raw: Mapping[str, Any]) -> ListedFunction:
    """Raises: InputError when the ARN is not one of a function."""
    return ListedFunction(
        function=FunctionArn.parse(raw["FunctionArn"]),
        configuration=configuration_of(raw),
        revision_id=raw.get("RevisionId", ""),
        last_modified_at=moment(raw["LastModified"]),
        runtime=raw.get("Runtime") or None,
        architecture=next(iter(raw.get("Architectures") or ["x86_64"])),
        package_type=raw.get("PackageType", "Zip"),
        code_size_bytes=raw["CodeSize"],
        ephemeral_storage_mb=(raw.get("EphemeralStorage") or {}).get(
            "Size", DEFAULT_EPHEMERAL_STORAGE_MB
        ),
        has_vpc=has_vpc(raw),
        unknown_kind=unknown_kind(raw),
    )


def aside_of(raw: Mapping[str, Any]) -> Aside:
    environment = raw.get("Environment") or {}
    variables = None if environment.get("Error") else environment.get("Variables") or {}
    return Aside(
        variables=None if variables is None else tuple(sorted(variables)),
        secret_valued=() if variables is None else secret_valued(variables),
        has_description=bool(raw.get("Description")),
    )


def moment(text: str) -> datetime:
    """Read Lambda's LastModified: '2026-11-02T10:00:00.000+0000'."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def has_vpc(raw: Mapping[str, Any]) -> bool:
    return bool((raw.get("VpcConfig") or {}).get("SubnetIds"))


def same_environment(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether both surely hold the same variables; undecrypted ones never do."""
    first, second = one.get("Environment") or {}, other.get("Environment") or {}
    if first.get("Error") or second.get("Error"):
        return False
    return (first.get("Variables") or {}) == (second.get("Variables") or {})


def _plain(key: str, value: Any) -> Any:
    """Bring one setting into the form that is the same in every answer about the same thing."""
    if key == "SnapStart":
        apply_on = (value or {}).get("ApplyOn")
        return None if apply_on == "None" else apply_on
    if key == "VpcConfig" and value is not None:
        parts = {k: sorted(v) if isinstance(v, list) else v for k, v in value.items()}
        return parts if parts.get("SubnetIds") else None
    return value


def _is_empty(value: Any) -> bool:
    """Null, '' and empty containers all mean that the setting is not there."""
    return value is None or value in ("", [], {})
