"""How is a function set up? Its settings as the listing has them: layers, network, logs, more."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.fleet import Aside, Configuration, ListedFunction
from trimtab.policy.secret_names import secret_like

SOURCE = "ListFunctions"
BYTES_PER_MB = 1024 * 1024
INSIGHTS_LAYER = ":layer:LambdaInsightsExtension"
"""With -Arm64 behind it on arm64. Source: Amazon CloudWatch User Guide, "Available versions of the
Lambda Insights extension", read 2026-11-21."""

_VARIABLES = (
    "environment.variable_count",
    "environment.secret_like_count",
    "environment.secret_like_names",
    "environment.secret_value_count",
    "environment.secret_value_names",
)
_SIZES = ("code.layers_size_mb", "code.largest_layer_mb")


def setup_signals(listed: ListedFunction, aside: Aside | None) -> dict[str, Evidence]:
    """Return what the settings of a function tell. `aside` None: it changed since it was listed."""
    settings = {key: json.loads(text) for key, text in listed.configuration.settings.items()}
    dead_letter = _part(settings, "DeadLetterConfig").get("TargetArn")
    mounts = settings.get("FileSystemConfigs") or []
    values = {
        "code.is_signed": "SigningProfileVersionArn" in settings,
        "environment.has_customer_key": _has_key(settings, aside),
        "environment.kms_key": settings.get("KMSKeyArn"),
        "storage.mount_count": len(mounts),
        "storage.has_efs": any(":elasticfilesystem:" in mount.get("Arn", "") for mount in mounts),
        "tracing.mode": _part(settings, "TracingConfig").get("Mode", "PassThrough"),
        "snapstart.mode": settings.get("SnapStart", "None"),
        "snapstart.is_on": "SnapStart" in settings,
        "async.has_dead_letter_target": dead_letter is not None,
        "async.dead_letter_kind": None if dead_letter is None else _service(dead_letter),
        **_role(settings),
        **_network(settings),
        **_logging(settings, listed.function.name),
    }
    known: dict[str, Evidence] = {n: Known(value=v, source=SOURCE) for n, v in values.items()}
    return known | _code(settings, is_image=listed.package_type == "Image") | _beside(aside)


def _has_key(settings: Mapping[str, Any], aside: Aside | None) -> bool | None:
    """Without variables there is nothing to encrypt; whether there are may be unknown."""
    is_empty = aside is not None and aside.variables == ()
    return None if is_empty else "KMSKeyArn" in settings


def _part(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return settings.get(key) or {}


def role_arn(configuration: Configuration) -> str | None:
    """Return the ARN of the execution role, as listed."""
    text = configuration.settings.get("Role")
    return None if text is None else str(json.loads(text))


def subnets_of(configuration: Configuration) -> Sequence[str]:
    """Return the ids of the subnets it may be placed in; none without a VPC."""
    vpc = json.loads(configuration.settings.get("VpcConfig", "{}"))
    return tuple(vpc.get("SubnetIds", ()))


def zones_listed(configuration: Configuration) -> dict[str, Evidence]:
    """Return how many zones, where that needs no further call: a subnet lies in one."""
    subnets = subnets_of(configuration)
    if len(subnets) > 1:
        return {}
    return {"vpc.zone_count": Known(value=len(subnets) or None, source=SOURCE)}


def _service(arn: str) -> str:
    return next(iter(arn.split(":")[2:]), arn)


def _role(settings: Mapping[str, Any]) -> dict[str, Any]:
    arn = settings.get("Role")
    return {"role.arn": arn, "role.name": None if arn is None else arn.rpartition("/")[2]}


def _network(settings: Mapping[str, Any]) -> dict[str, Any]:
    if "VpcConfig" not in settings:
        names = ("vpc.id", "vpc.subnet_count", "vpc.security_group_count", "vpc.allows_ipv6")
        return dict.fromkeys(names)
    vpc = settings["VpcConfig"]
    return {
        "vpc.id": vpc.get("VpcId"),
        "vpc.subnet_count": len(vpc["SubnetIds"]),
        "vpc.security_group_count": len(vpc.get("SecurityGroupIds") or []),
        "vpc.allows_ipv6": bool(vpc.get("Ipv6AllowedForDualStack")),
    }


def _logging(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Levels need the JSON format; INFO is the default of both, and REPORT is an event of INFO.

    Source: AWS Lambda Developer Guide, "Log-level filtering", read 2026-11-21.
    """
    config = _part(settings, "LoggingConfig")
    own = f"/aws/lambda/{name}"
    is_json = config.get("LogFormat") == "JSON"
    system = config.get("SystemLogLevel", "INFO") if is_json else None
    return {
        "logging.format": config.get("LogFormat", "Text"),
        "logging.group": config.get("LogGroup", own),
        "logging.has_own_group": config.get("LogGroup", own) == own,
        "logging.application_level": config.get("ApplicationLogLevel", "INFO") if is_json else None,
        "logging.system_level": system,
        "logging.hides_reports": system == "WARN",
    }


def _code(settings: Mapping[str, Any], *, is_image: bool) -> dict[str, Evidence]:
    if is_image:
        names = ("code.handler", "code.layers", "code.layer_count", *_SIZES)
        inside = Unknown(reason="a container image may hold the extension itself")
        nothing = Known(value=None, source=SOURCE)
        return dict.fromkeys(names, nothing) | {"code.has_insights_layer": inside}
    layers = settings.get("Layers") or []
    arns = [layer.get("Arn", "") for layer in layers]
    values = {
        "code.handler": settings.get("Handler"),
        "code.layers": arns,
        "code.layer_count": len(layers),
        "code.has_insights_layer": any(INSIGHTS_LAYER in arn for arn in arns),
    }
    return {n: Known(value=v, source=SOURCE) for n, v in values.items()} | _layer_sizes(layers)


def _layer_sizes(layers: Sequence[Mapping[str, Any]]) -> dict[str, Evidence]:
    sizes = [layer["CodeSize"] / BYTES_PER_MB for layer in layers if "CodeSize" in layer]
    if len(sizes) < len(layers):
        return dict.fromkeys(_SIZES, Unknown(reason="the listing leaves out the size of a layer"))
    return {
        "code.layers_size_mb": Known(value=sum(sizes), source=SOURCE),
        "code.largest_layer_mb": Known(value=max(sizes, default=None), source=SOURCE),
    }


def _beside(aside: Aside | None) -> dict[str, Evidence]:
    if aside is None:
        changed = Unknown(reason="the function changed since it was listed")
        return dict.fromkeys((*_VARIABLES, "function.has_description"), changed)
    described: dict[str, Evidence] = {
        "function.has_description": Known(value=aside.has_description, source=SOURCE)
    }
    if aside.variables is None:
        lost = Unknown(reason="Lambda could not decrypt the variables for the read role")
        return described | dict.fromkeys(_VARIABLES, lost)
    named, valued = list(secret_like(aside.variables)), list(aside.secret_valued)
    values = (len(aside.variables), len(named), named, len(valued), valued)
    return described | {
        n: Known(value=v, source=SOURCE) for n, v in zip(_VARIABLES, values, strict=True)
    }
