"""Which weights does Lambda take on an alias?

The emulator stores whatever weights it is told. AWS refuses more than one version, a version the
alias serves already, one that is not published, $LATEST, and weights beside provisioned
concurrency. Source: "Implement Lambda canary deployments using a weighted alias", AWS Lambda
Developer Guide, read 2026-11-21; the messages as recorded (tests/contract/test_fake_lambda.py).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from trimtab.local.patches import target

LATEST = "$LATEST"
INVALID = "InvalidParameterValueException"


def apply() -> None:
    """Check what UpdateAlias would leave behind before it is stored."""
    service = target.module("ministack.services.lambda_svc")
    needed_for = "refusing weights that AWS refuses"
    original = target.demand(service, "_update_alias", needed_for=needed_for)
    check_revision = target.demand(service, "_check_revision", needed_for=needed_for)

    def update_alias(function_name: str, alias_name: str, data: dict[str, Any]) -> Any:
        function = service._functions.get(function_name) or {"aliases": {}}
        alias = function["aliases"].get(alias_name)
        if alias is not None:
            refused = check_revision(alias, data) or _refusal(service, function, alias, data)
            if refused is not None:
                return refused
        return original(function_name, alias_name, data)

    service._update_alias = update_alias


def _refusal(
    service: Any, function: dict[str, Any], alias: dict[str, Any], data: dict[str, Any]
) -> Any:
    """Answer as AWS refuses; ``None`` when it would not."""
    version = str(data.get("FunctionVersion") or alias["FunctionVersion"])
    published = function.get("versions", {})
    arn = function["config"]["FunctionArn"]
    if version != LATEST and version not in published:
        return _answer(service, "ResourceNotFoundException", f"Function not found: {arn}:{version}")
    routing = data["RoutingConfig"] if "RoutingConfig" in data else alias.get("RoutingConfig")
    weights = (routing or {}).get("AdditionalVersionWeights") or {}
    if len(weights) > 1:
        why = "Number of items in AdditionalVersionWeights cannot be greater than 1"
        return _answer(service, INVALID, why)
    for other, weight in weights.items():
        return _refused_weight(service, function, alias, version, str(other), float(weight))
    return None


def _refused_weight(
    service: Any,
    function: dict[str, Any],
    alias: dict[str, Any],
    version: str,
    other: str,
    weight: float,
) -> Any:
    if not other.isdigit() or not 0.0 <= weight <= 1.0:
        why = (
            f"1 validation error detected: Value '{{{other}={weight}}}' at "
            "'routingConfig.additionalVersionWeights' failed to satisfy constraint"
        )
        return _answer(service, "ValidationException", why)
    if version == LATEST:
        why = f"{LATEST} is not supported for an alias pointing to more than 1 version"
        return _answer(service, INVALID, why)
    if other == version:
        why = (
            f"Invalid function version {other}. Function version {other} is already included in "
            "routing configuration."
        )
        return _answer(service, INVALID, why)
    if other not in function.get("versions", {}):
        arn = function["config"]["FunctionArn"]
        return _answer(service, "ResourceNotFoundException", f"Function not found: {arn}:{other}")
    if alias["Name"] in function.get("provisioned_concurrency", {}):
        why = "Alias with weights can not be used with Provisioned Concurrency"
        return _answer(service, INVALID, why)
    return None


def _answer(service: Any, code: str, message: str) -> Any:
    is_missing = code == "ResourceNotFoundException"
    status = HTTPStatus.NOT_FOUND if is_missing else HTTPStatus.BAD_REQUEST
    return service.error_response_json(code, message, int(status))
