"""What does Lambda answer about provisioned concurrency?

The emulator has it READY at once, on any number of aliases of one version, without limits. On AWS
a request is IN_PROGRESS with what was allocated before until all of it is there, a version has one
configuration, an alias keeps its own when it moves, and what an account or function has left is a
limit. Sources: "Configuring provisioned concurrency", Lambda developer guide, and
"PutProvisionedConcurrencyConfig", its API reference, read 2026-11-21; messages as recorded (see
tests/fakes/lambda_provisioned.py, which says which are not).
"""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import Any

from trimtab.local.patches import control, target

ALLOCATION_S = 0.2
"""How long an allocation takes; chosen, not measured. On AWS it is minutes."""

UNRESERVED = 100
"""What an account must keep unreserved. Source: PutFunctionConcurrency, Lambda API reference."""

LATEST = "$LATEST"
INVALID, CONFLICT = "InvalidParameterValueException", "ResourceConflictException"
REQUESTED = "RequestedProvisionedConcurrentExecutions"
ALLOCATED = ("AllocatedProvisionedConcurrentExecutions", "AvailableProvisionedConcurrentExecutions")
_NEEDED_FOR = "provisioned concurrency"
_BEGAN = "_began"
_UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
_NOT_PUBLISHED = "The function resource provided must be an alias or a published version."
_TAKEN = (
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
    "version"
)

_failing: dict[tuple[str, str, str], str] = {}
"""Account, region and function -> why its allocations fail."""

Config = dict[str, Any]
Function = dict[str, Any]


def apply() -> None:
    """Replace the three calls, follow an alias that moves, and register the control name."""
    service = target.module("ministack.services.lambda_svc")
    for name in ("_functions", "_func_arn", "json_response", "error_response_json"):
        target.demand(service, name, needed_for=_NEEDED_FOR)
    target.demand(service, "_ACCOUNT_CONCURRENCY_CAP", needed_for=_NEEDED_FOR)
    calls = {
        "_get_provisioned_concurrency": lambda name, qualifier: _get(service, name, qualifier),
        "_put_provisioned_concurrency": lambda name, qualifier, data: _put(
            service, name, qualifier, int(data.get("ProvisionedConcurrentExecutions", 0))
        ),
        "_delete_provisioned_concurrency": lambda name, qualifier: _delete(
            service, name, qualifier
        ),
    }
    for name, call in calls.items():
        target.replace(service, name, call, needed_for=_NEEDED_FOR)
    _follow_aliases(service)
    control.register("provisioned-concurrency", _fail)
    control.register("provisioned-ages", lambda body: _back_date(service, body))


def said(function: Function) -> dict[str, Config]:
    """Return qualifier -> configuration as Lambda says it, each settled if its time has come."""
    configured = function.get("provisioned_concurrency", {})
    for config in configured.values():
        if time.monotonic() - config.get(_BEGAN, 0.0) >= ALLOCATION_S:
            _end(function, config)
    return {key: _without_ours(config) for key, config in configured.items()}


def settle(service: Any) -> None:
    """End every allocation of this account and region now."""
    for function in service._functions.values():
        for config in function.get("provisioned_concurrency", {}).values():
            _end(function, config)


def _fail(body: dict[str, Any]) -> dict[str, Any]:
    """Let the allocations of a function fail, until told again without a reason."""
    key = (body["Account"], body["Region"], body["FunctionName"])
    _failing.pop(key, None)
    if body.get("StatusReason"):
        _failing[key] = body["StatusReason"]
    return {}


def _back_date(service: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Set LastModified of what a function of an account and region has provisioned."""
    responses = target.module("ministack.core.responses")
    with responses.request_scope(body["Account"], body["Region"]):
        function = service._functions.get(body["FunctionName"], {})
        configured = function.get("provisioned_concurrency", {})
        if not configured:
            raise ValueError(f"nothing is provisioned for {body['FunctionName']} there")
        for config in configured.values():
            config["LastModified"] = body["LastModified"]
    return {}


def _without_ours(config: Config) -> Config:
    return {key: value for key, value in config.items() if key != _BEGAN}


def _end(function: Function, config: Config) -> None:
    if config["Status"] != "IN_PROGRESS":
        return
    account, region = function["config"]["FunctionArn"].split(":")[4:2:-1]
    reason = _failing.get((account, region, function["config"]["FunctionName"]))
    if reason is None:
        config["Status"] = "READY"
        config.update(dict.fromkeys(ALLOCATED, config[REQUESTED]))
    else:
        config.update({"Status": "FAILED", "StatusReason": reason})


def _get(service: Any, name: str, qualifier: str) -> Any:
    refused = _refuse_place(service, name, qualifier, _NOT_PUBLISHED)
    if refused is not None:
        return refused
    config = said(service._functions[name]).get(qualifier)
    if config is None:
        code = "ProvisionedConcurrencyConfigNotFoundException"
        message = "No Provisioned Concurrency Config found for this function"
        return service.error_response_json(code, message, int(HTTPStatus.NOT_FOUND))
    return service.json_response(config)


def _put(service: Any, name: str, qualifier: str, count: int) -> Any:
    refused = _refuse_place(service, name, qualifier, _UNPUBLISHED)
    if refused is not None:
        return refused
    function = service._functions[name]
    configured = said(function)
    refused = _refuse_version(service, function, qualifier, configured) or _refuse_count(
        service, function, qualifier, count
    )
    if refused is not None:
        return refused
    old = configured.get(qualifier, {})
    config = {
        REQUESTED: count,
        **{name: old.get(name, 0) for name in ALLOCATED},
        "Status": "IN_PROGRESS",
        "LastModified": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime()),
    }
    function.setdefault("provisioned_concurrency", {})[qualifier] = {
        **config,
        _BEGAN: time.monotonic(),
    }
    return service.json_response(config, int(HTTPStatus.ACCEPTED))


def _delete(service: Any, name: str, qualifier: str) -> Any:
    """Nothing to delete is no error on AWS."""
    refused = _refuse_place(service, name, qualifier, _NOT_PUBLISHED)
    if refused is not None:
        return refused
    service._functions[name].get("provisioned_concurrency", {}).pop(qualifier, None)
    return int(HTTPStatus.NO_CONTENT), {}, b""


def _refuse_place(service: Any, name: str, qualifier: str, unpublished: str) -> Any:
    """Answer as AWS refuses what is no alias and no published version; None when it is one."""
    if qualifier in ("", LATEST):
        return service.error_response_json(INVALID, unpublished, int(HTTPStatus.BAD_REQUEST))
    if is_published(service, name, qualifier):
        return None
    what = "Function not found:" if qualifier.isdigit() else "Cannot find alias arn:"
    message = f"{what} {service._func_arn(name)}:{qualifier}"
    return service.error_response_json(
        "ResourceNotFoundException", message, int(HTTPStatus.NOT_FOUND)
    )


def is_published(service: Any, name: str, qualifier: str) -> bool:
    """Tell whether the function is there, with this alias or version."""
    function = service._functions.get(name)
    return function is not None and (
        qualifier in function.get("aliases", {}) or qualifier in function.get("versions", {})
    )


def _refuse_version(
    service: Any, function: Function, qualifier: str, configured: dict[str, Config]
) -> Any:
    aliases = function.get("aliases", {})
    alias = aliases.get(qualifier)
    version = qualifier if alias is None else alias["FunctionVersion"]
    served = _taken(function, qualifier, version)
    weights = ((alias or {}).get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    if alias is None and served:
        code, why = CONFLICT, "Version is pointed by a Provisioned Concurrency alias"
    elif served:
        code, why = CONFLICT, _TAKEN
    elif weights:
        code, why = INVALID, "Alias with weights can not be used with Provisioned Concurrency"
    elif version == LATEST:
        code, why = INVALID, _UNPUBLISHED
    elif configured.get(qualifier, {}).get("Status") == "IN_PROGRESS":
        code, why = CONFLICT, "A previous request is being processed. Please try again shortly"
    else:
        return None
    status = HTTPStatus.CONFLICT if code == CONFLICT else HTTPStatus.BAD_REQUEST
    return service.error_response_json(code, why, int(status))


def _taken(function: Function, qualifier: str, version: str) -> set[str]:
    """Return the other qualifiers whose provisioned concurrency is this version's."""
    aliases = function.get("aliases", {})
    others = set(function.get("provisioned_concurrency", {})) - {qualifier}
    return {q for q in others if aliases.get(q, {}).get("FunctionVersion", q) == version}


def _refuse_count(service: Any, function: Function, qualifier: str, count: int) -> Any:
    others = _requested(function, besides=qualifier)
    reserved = function.get("concurrency")
    if reserved is not None:
        why = (
            "Requested Provisioned Concurrency should not be greater than the "
            "reservedConcurrentExecution for function"
        )
        is_refused = others + count > reserved
    else:
        why = (
            "Specified ConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        )
        elsewhere = sum(
            _requested(each) if each.get("concurrency") is None else each["concurrency"]
            for each in service._functions.values()
            if each is not function
        )
        limit = service._ACCOUNT_CONCURRENCY_CAP or 1000
        is_refused = limit - elsewhere - others - count < UNRESERVED
    if not is_refused:
        return None
    return service.error_response_json(INVALID, why, int(HTTPStatus.BAD_REQUEST))


def _requested(function: Function, *, besides: str = "") -> int:
    configured = function.get("provisioned_concurrency", {})
    return sum(config[REQUESTED] for key, config in configured.items() if key != besides)


def _follow_aliases(service: Any) -> None:
    """Provision the version that an alias moves to, and nothing more once an alias is gone."""
    update = target.demand(service, "_update_alias", needed_for=_NEEDED_FOR)
    delete = target.demand(service, "_delete_alias", needed_for=_NEEDED_FOR)

    def update_alias(name: str, alias: str, data: dict[str, Any]) -> Any:
        function = service._functions.get(name) or {}
        config = function.get("provisioned_concurrency", {}).get(alias)
        version = (function.get("aliases", {}).get(alias) or {}).get("FunctionVersion")
        wanted = str(data.get("FunctionVersion") or version)
        if config is not None and wanted != version and _taken(function, alias, wanted):
            return service.error_response_json(CONFLICT, _TAKEN, int(HTTPStatus.CONFLICT))
        answer = update(name, alias, data)
        if config is not None and wanted != version and answer[0] == HTTPStatus.OK:
            config.update({"Status": "IN_PROGRESS", _BEGAN: time.monotonic()})
            config.pop("StatusReason", None)
        return answer

    def delete_alias(name: str, alias: str) -> Any:
        answer = delete(name, alias)
        if answer[0] == HTTPStatus.NO_CONTENT:
            service._functions[name].get("provisioned_concurrency", {}).pop(alias, None)
        return answer

    service._update_alias = update_alias
    service._delete_alias = delete_alias


def message_of(answer: Any) -> str | None:
    """Return why an answer is a refusal; None when it is none."""
    status, _, body = answer
    if status < HTTPStatus.BAD_REQUEST:
        return None
    told = json.loads(body)
    return str(told.get("message") or told.get("Message"))
