"""What do Lambda's read calls leave out, and what do they answer when there is nothing?

ListFunctions gives a subset on AWS (no state, no update status) in pages of 50 and lists
versions when asked; a function without a resource policy has none to get; provisioned
concurrency can be listed. Sources: "ListFunctions", "GetPolicy" and
"ListProvisionedConcurrencyConfigs", AWS Lambda API reference,
https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html, read 2026-11-21.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from trimtab.local.patches import provisioned, target

PAGE = 50
_LEFT_OUT = frozenset(
    {
        "State", "StateReason", "StateReasonCode",
        "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode",
        "RuntimeVersionConfig",
    }
)  # fmt: skip
_OF_ONE_FUNCTION = re.compile(
    r"/functions/([^/]+)/(provisioned-concurrency|runtime-management-config)$"
)


def apply() -> None:
    """Replace or add the read calls."""
    service = target.module("ministack.services.lambda_svc")
    for name in (
        "_functions",
        "json_response",
        "error_response_json",
        "_func_arn",
        "_resolve_name",
    ):
        target.demand(service, name, needed_for="Lambda's read calls")
    target.replace(
        service,
        "_list_functions",
        lambda query: _list_functions(service, query),
        needed_for="ListFunctions",
    )
    _answer_get_policy(service)
    _add_missing_reads(service)


def _list_functions(service: Any, query: dict[str, Any]) -> Any:
    entries = []
    for name in sorted(service._functions):
        function = service._functions[name]
        entries.append(function["config"])
        if _first(query, "FunctionVersion") == "ALL":
            versions = function.get("versions", {})
            entries.extend(versions[number]["config"] for number in sorted(versions, key=int))
    return service.json_response(_page("Functions", [_subset(each) for each in entries], query))


def _page(key: str, entries: list[dict[str, Any]], query: dict[str, Any]) -> dict[str, Any]:
    asked = min(int(_first(query, "MaxItems") or PAGE), PAGE)
    start = int(_first(query, "Marker") or 0)
    answer: dict[str, Any] = {key: entries[start : start + asked]}
    if start + asked < len(entries):
        answer["NextMarker"] = str(start + asked)
    return answer


def _subset(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _LEFT_OUT}


def _first(query: dict[str, Any], name: str) -> str | None:
    value = query.get(name)
    return value[0] if isinstance(value, list) else value


def _answer_get_policy(service: Any) -> None:
    original = target.demand(service, "_get_policy", needed_for="GetPolicy")

    def get_policy(*arguments: Any, **options: Any) -> Any:
        status, headers, body = original(*arguments, **options)
        if status == HTTPStatus.OK and b'\\"Statement\\": []' in body:
            message = "The resource you requested does not exist."
            return service.error_response_json("ResourceNotFoundException", message, 404)
        return status, headers, body

    service._get_policy = get_policy


def _add_missing_reads(service: Any) -> None:
    original = target.demand(service, "handle_request", needed_for="Lambda's read calls")

    async def handle(
        method: str, path: str, headers: Any, body: bytes, query: dict[str, Any]
    ) -> Any:
        found = _OF_ONE_FUNCTION.search(path) if method == "GET" else None
        if found is None or (
            found[2] == "provisioned-concurrency" and _first(query, "List") != "ALL"
        ):
            return await original(method, path, headers, body, query)
        name = service._resolve_name(found[1])
        function = service._functions.get(name)
        if function is None:
            message = f"Function not found: {service._func_arn(name)}"
            return service.error_response_json("ResourceNotFoundException", message, 404)
        arn = service._func_arn(name)
        if found[2] == "runtime-management-config":
            return service.json_response({"UpdateRuntimeOn": "Auto", "FunctionArn": arn})
        listed = [
            {"FunctionArn": f"{arn}:{key}", **config}
            for key, config in provisioned.said(function).items()
        ]
        return service.json_response(_page("ProvisionedConcurrencyConfigs", listed, query))

    service.handle_request = handle
