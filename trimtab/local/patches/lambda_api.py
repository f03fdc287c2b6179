"""When does Lambda refuse an update, and which RevisionId is current?

The emulator applies updates while another is in progress, publishes with a wrong RevisionId,
keeps the id when an update settles and calls an updating function Pending. AWS answers 409 to
the first, 412 to the second, gives a new id in the answer to an update and again when it
settles, and the function stays Active. Also lets the demo make a function look as old as its
fleet says. Source: design notes "Facts an honest fake must reproduce"; "PublishVersion", AWS
Lambda API reference, https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html,
read 2026-11-21.
"""

from __future__ import annotations

import contextvars
import json
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from trimtab.local.patches import control, target

_called_by_api: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "called_by_api", default=False
)
_STATE = ("State", "StateReason", "StateReasonCode")
_SETTLED = {
    "State": "Active",
    "StateReason": "",
    "StateReasonCode": "",
    "LastUpdateStatus": "Successful",
    "LastUpdateStatusReason": "",
    "LastUpdateStatusReasonCode": "",
}
_GUARDED = ("_update_config", "_update_code", "_publish_version")


def apply() -> None:
    """Guard the three operations, settle with a new RevisionId, register the back-dating."""
    service = target.module("ministack.services.lambda_svc")
    _mark_api_calls(service)
    for name in _GUARDED:
        original = target.demand(service, name, needed_for="409 while an update is in progress")
        setattr(service, name, _guarded(service, original, publishes=name == "_publish_version"))
    target.demand(service, "_functions", needed_for="functions that settle")
    target.replace(
        service,
        "_schedule_state_transition",
        lambda name, delay: _settle_later(service, name, delay),
        needed_for="functions that settle",
    )
    control.register("function-ages", lambda body: _back_date(service, body))


def _mark_api_calls(service: Any) -> None:
    """CloudFormation works on the records and waits for nothing: only API calls are refused."""
    original = target.demand(
        service, "handle_request", needed_for="telling API calls from CloudFormation's"
    )

    async def marked(*arguments: Any) -> Any:
        token = _called_by_api.set(True)
        try:
            return await original(*arguments)
        finally:
            _called_by_api.reset(token)

    service.handle_request = marked


def _guarded(service: Any, original: Callable[..., Any], *, publishes: bool) -> Callable[..., Any]:
    target.demand(service, "_check_revision", needed_for="412 on a wrong RevisionId")

    def operation(name: str, data: dict[str, Any]) -> Any:
        function = service._functions.get(name)
        if function is None or not _called_by_api.get():
            return original(name, data)
        refusal = _refusal(service, function["config"], data) if publishes else None
        if refusal is not None:
            return refusal
        if function["config"].get("LastUpdateStatus") == "InProgress":
            return service.error_response_json(
                "ResourceConflictException",
                "The operation cannot be performed at this time. "
                f"An update is in progress for resource: {function['config']['FunctionArn']}",
                409,
            )
        state = {key: function["config"].get(key) for key in _STATE}
        status, headers, body = original(name, data)
        if status == HTTPStatus.OK:
            function["config"].update(state)
            body = json.dumps({**json.loads(body), **state}).encode()
        return status, headers, body

    return operation


def _refusal(service: Any, config: dict[str, Any], data: dict[str, Any]) -> Any:
    """What PublishVersion answers to a precondition that does not hold; ``None`` when all do."""
    if data.get("RevisionId"):
        refused = service._check_revision(config, data)
        if refused is not None:
            return refused
    if data.get("CodeSha256") in (None, "", config["CodeSha256"]):
        return None
    message = (
        f"CodeSHA256 ({data['CodeSha256']}) is different from current CodeSHA256 in $LATEST "
        f"({config['CodeSha256']})."
    )
    return service.error_response_json("InvalidParameterValueException", message, 400)


def _settle_later(service: Any, name: str, delay: float) -> None:
    def settle() -> None:
        time.sleep(delay)
        function = service._functions.get(name)
        if function is None:
            return
        _renew_revision(service, function)
        for version in [function, *function.get("versions", {}).values()]:
            if version["config"].get("LastUpdateStatus") == "InProgress":
                version["config"].update(_SETTLED)

    threading.Thread(target=contextvars.copy_context().run, args=(settle,), daemon=True).start()


def _renew_revision(service: Any, function: dict[str, Any]) -> None:
    """A version of the settled configuration stays the latest one: its mark moves along."""
    old = function["config"]["RevisionId"]
    function["config"]["RevisionId"] = service.new_uuid()
    for version in function.get("versions", {}).values():
        if version.get("function_revision") == old:
            version["function_revision"] = function["config"]["RevisionId"]


def _back_date(service: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Set LastModified of functions of one account and region, and of all their versions."""
    responses = target.module("ministack.core.responses")
    missing = []
    with responses.request_scope(body["Account"], body["Region"]):
        for name, last_modified in body["LastModified"].items():
            function = service._functions.get(name)
            if function is None:
                missing.append(name)
                continue
            for version in [function, *function.get("versions", {}).values()]:
                version["config"]["LastModified"] = last_modified
    if missing:
        raise ValueError(
            f"no such function in {body['Account']}/{body['Region']}: {', '.join(sorted(missing))}"
        )
    return {}
