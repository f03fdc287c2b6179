"""Do repeated starts, failing callbacks and late answers behave as on AWS?

The emulator refuses any used execution name, waits forever when the Lambda that should hand out a
task token raises, accepts a token of an execution that has ended, and names a nested refusal like
the API. AWS answers a repeated start (same name, same input, still running) with the same
execution, fails the task at once, answers TaskTimedOut to a late token, and names the refusal
``StepFunctions.ExecutionAlreadyExistsException``. Source: "StartExecution" and "SendTaskSuccess",
AWS Step Functions API reference,
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html, read
2026-11-21; the name as in recorded executions of AWS.
"""

from __future__ import annotations

import contextvars
import json
from typing import Any

from trimtab.local.patches import target

_execution: contextvars.ContextVar[Any] = contextvars.ContextVar("execution", default=None)
_token: contextvars.ContextVar[str | None] = contextvars.ContextVar("token", default=None)
_owners: dict[str, Any] = {}
_ANSWERS = ("_send_task_success", "_send_task_failure", "_send_task_heartbeat")


def apply() -> None:
    """Make starts idempotent, callbacks fail with their Lambda, and late tokens time out."""
    service = target.module("ministack.services.stepfunctions")
    _start_once(service)
    _name_nested_refusals(service)
    _fail_callbacks(service)
    _refuse_late_tokens(service)


def _start_once(service: Any) -> None:
    original = target.demand(service, "_start_execution", needed_for="an idempotent start")
    for helper in ("_resolve_state_machine_arn", "_state_machines", "_executions"):
        target.demand(service, helper, needed_for="an idempotent start")

    def start(data: dict[str, Any]) -> Any:
        running = _running(service, data)
        if running is not None and running["input"] == data.get("input", "{}"):
            return service.json_response(
                {"executionArn": running["executionArn"], "startDate": running["startDate"]}
            )
        return original(data)

    service._start_execution = start


def _running(service: Any, data: dict[str, Any]) -> Any:
    arn = service._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    if arn is None or not data.get("name"):
        return None
    name = service._state_machines[arn]["name"]
    scope = arn.rsplit(":stateMachine:", 1)[0]
    found = service._executions.get(f"{scope}:execution:{name}:{data['name']}")
    return found if found is not None and found["status"] == "RUNNING" else None


def _name_nested_refusals(service: Any) -> None:
    nested = target.demand(service, "_invoke_nested_start_execution", needed_for="nested starts")
    error_type = target.demand(service, "_ExecutionError", needed_for="nested starts")

    def start(resource: str, payload: Any) -> Any:
        try:
            return nested(resource, payload)
        except error_type as error:
            name = error.error.removesuffix("Exception")
            raise error_type(f"StepFunctions.{name}Exception", error.cause) from error

    service._invoke_nested_start_execution = start


def _fail_callbacks(service: Any) -> None:
    execute = target.demand(service, "_execute_task", needed_for="late tokens")
    callback = target.demand(service, "_invoke_with_callback", needed_for="failing callbacks")
    call = target.demand(service, "_call_lambda", needed_for="failing callbacks")
    error_type = target.demand(service, "_ExecutionError", needed_for="failing callbacks")

    def with_execution(state: Any, given: Any, execution: Any, context: Any) -> Any:
        marked = _execution.set(execution)
        try:
            return execute(state, given, execution, context)
        finally:
            _execution.reset(marked)

    def with_token(resource: str, payload: Any, token: str, state: Any) -> Any:
        _owners[token] = _execution.get()
        marked = _token.set(token)
        try:
            return callback(resource, payload, token, state)
        finally:
            _token.reset(marked)

    def call_or_fail(function: Any, event: Any) -> Any:
        try:
            return call(function, event)
        except error_type as error:
            token = _token.get()
            if token is not None:
                cause = error.cause if isinstance(error.cause, str) else json.dumps(error.cause)
                failure = {"taskToken": token, "error": error.error, "cause": cause}
                service._send_task_failure(failure)
            raise

    service._execute_task = with_execution
    service._invoke_with_callback = with_token
    service._call_lambda = call_or_fail


def _refuse_late_tokens(service: Any) -> None:
    for name in _ANSWERS:
        original = target.demand(service, name, needed_for="late tokens")
        setattr(service, name, _unless_late(service, original))


def _unless_late(service: Any, original: Any) -> Any:
    waiting = target.demand(service, "_task_tokens", needed_for="late tokens")

    def answer(data: dict[str, Any]) -> Any:
        token = str(data.get("taskToken"))
        owner = _owners.get(token)
        if owner is not None and (owner["status"] != "RUNNING" or token not in waiting):
            message = "Task Timed Out: 'Provided task does not exist anymore'"
            return service.error_response_json("TaskTimedOut", message, 400)
        return original(data)

    return answer
