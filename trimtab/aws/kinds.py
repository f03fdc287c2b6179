"""Is this a plain Lambda function? Judged on the raw answer, closed to what we never saw (S11).

A key, a member or a value that is not named here makes the function an unknown kind: hands off.
Source: botocore 1.44.5, lambda FunctionConfiguration; Lambda developer guide, quotas (2026-11).
"""

import re
from collections.abc import Mapping
from typing import Any

OTHER_KINDS: Mapping[str, str] = {
    "AcceleratorConfig": "it uses an accelerator",
    "CapacityProviderConfig": "it runs on Lambda Managed Instances",
    "DurableConfig": "it is a durable function",
    "MasterArn": "it is a Lambda@Edge replica",
    "RuntimeConfig": "it brings a runtime of its own",
    "TenancyConfig": "it isolates tenants",
}
"""Keys that are absent, or null, in the plain kind."""

MEMBERS: Mapping[str, frozenset[str]] = {
    "DeadLetterConfig": frozenset({"TargetArn"}),
    "Environment": frozenset({"Variables", "Error"}),
    "EphemeralStorage": frozenset({"Size"}),
    "FileSystemConfigs": frozenset({"Arn", "LocalMountPath", "S3FilesConfig"}),
    "ImageConfigResponse": frozenset({"ImageConfig", "Error"}),
    "Layers": frozenset({"Arn", "CodeSize", "SigningProfileVersionArn", "SigningJobArn"}),
    "LoggingConfig": frozenset({"LogFormat", "ApplicationLogLevel", "SystemLogLevel", "LogGroup"}),
    "RuntimeVersionConfig": frozenset({"RuntimeVersionArn", "Error"}),
    "SnapStart": frozenset({"ApplyOn", "OptimizationStatus"}),
    "TracingConfig": frozenset({"Mode"}),
    "VpcConfig": frozenset({"SubnetIds", "SecurityGroupIds", "VpcId", "Ipv6AllowedForDualStack"}),
}
"""Members of the keys that hold a structure, or a list of structures."""

PLAIN_KEYS = frozenset(
    {
        "Architectures",
        "CodeSha256",
        "CodeSize",
        "ConfigSha256",
        "Description",
        "FunctionArn",
        "FunctionName",
        "Handler",
        "KMSKeyArn",
        "LastModified",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "MemorySize",
        "PackageType",
        "RevisionId",
        "Role",
        "Runtime",
        "SigningJobArn",
        "SigningProfileVersionArn",
        "State",
        "StateReason",
        "StateReasonCode",
        "Timeout",
        "Version",
    }
)

VALUES: Mapping[tuple[str, ...], frozenset[str]] = {
    ("PackageType",): frozenset({"Zip", "Image"}),
    ("Architectures",): frozenset({"x86_64", "arm64"}),
    ("SnapStart", "ApplyOn"): frozenset({"None", "PublishedVersions"}),
    ("TracingConfig", "Mode"): frozenset({"Active", "PassThrough"}),
    ("LoggingConfig", "LogFormat"): frozenset({"Text", "JSON"}),
}

RUNTIME = re.compile(
    r"(nodejs|python|java|dotnet|dotnetcore|ruby|go|provided)\d*(\.(x|\d+x?|al\d+))*"
)
"""A new version of a known family is the plain kind; a new family, 'custom', '-edge' are not."""

CEILINGS: Mapping[str, int] = {"MemorySize": 10_240, "Timeout": 900}
"""Above these it cannot be the plain kind, whatever else the answer says."""


def unknown_kind(raw: Mapping[str, Any]) -> str | None:
    """Say why a raw FunctionConfiguration is not a plain function; None: it is one."""
    present = {key: value for key, value in raw.items() if value is not None}
    return (
        next((why for key, why in OTHER_KINDS.items() if key in present), None)
        or _unknown_key(present)
        or _unknown_value(present)
    )


def _unknown_key(present: Mapping[str, Any]) -> str | None:
    for key, value in present.items():
        if key not in PLAIN_KEYS and key not in MEMBERS:
            return f"AWS says something new of it: {key}"
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and (new := _new_members(key, part)):
                return f"AWS says something new of it: {key}.{new[0]}"
    return None


def _new_members(key: str, part: Mapping[str, Any]) -> list[str]:
    known = MEMBERS.get(key, frozenset())
    return sorted(
        member for member, value in part.items() if value is not None and member not in known
    )


def _unknown_value(present: Mapping[str, Any]) -> str | None:
    for path, known in VALUES.items():
        value: Any = present
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        for word in value if isinstance(value, list) else [value]:
            if word is not None and word not in known:
                return f"its {'.'.join(path)} is {word}"
    runtime = present.get("Runtime")
    if runtime and not RUNTIME.fullmatch(str(runtime)):
        return f"its Runtime is {runtime}"
    for key, ceiling in CEILINGS.items():
        if present.get(key, 0) > ceiling:
            return f"its {key} is {present[key]}"
    return None
