"""How is a waiting execution of the Change state machine told, and how does an undo start?"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading
from trimtab.domain.errors import PermanentError

NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


MAX_STARTS = 10
"""Executions of one round forward before a person is needed; chosen."""
MAX_UNDOS = 100
"""And back: a function that takes no calls is tried to be let go for longer; chosen."""


class AwsExecutions:
    """The waiting and the coming executions."""

    def __init__(self, client: Any, *, change_machine: str | None = None) -> None:
        """`change_machine` is needed to start an undo only."""
        self._client = client
        self._change_machine = change_machine

    def signal(self, task_token: str, output: Mapping[str, Any]) -> bool:
        with reading("states:SendTaskSuccess"):
            try:
                self._client.send_task_success(taskToken=task_token, output=json.dumps(output))
            except ClientError as error:
                if code_of(error) in NOBODY_WAITS:
                    return False
                raise
        return True

    def start_forward(self, change_id: str, number: int) -> bool:
        return self._start_again(f"{change_id}-r{number}", change_id, number, "forward")

    def start_undo(self, change_id: str, number: int) -> bool:
        return self._start_again(f"{change_id}-r{number}-undo", change_id, number, "undo")

    def _start_again(self, name: str, change_id: str, number: int, direction: str) -> bool:
        """Start it under a name of its own; a name is kept for 90 days, so one that failed is
        started again under the next.

        Raises: PermanentError after so many attempts: a person has to look.
        """
        event = {"change_id": change_id, "round": number, "direction": direction}
        most = MAX_STARTS if direction == "forward" else MAX_UNDOS
        for attempt in range(1, most + 1):
            tried = name if attempt == 1 else f"{name}-{attempt}"
            status = self._status(tried)
            if status is None:
                return self._start(tried, event)
            if status == "RUNNING":
                return False
        raise PermanentError(f"{most} executions {name} have ended: look at the last")

    def _start(self, name: str, event: Mapping[str, Any]) -> bool:
        """Start one execution; False: the name was used before."""
        with reading(f"states:StartExecution {name}"):
            try:
                self._client.start_execution(
                    stateMachineArn=self._change_machine, name=name, input=json.dumps(event)
                )
            except ClientError as error:
                if code_of(error) != "ExecutionAlreadyExists":
                    raise
                return False
        return True

    def _status(self, name: str) -> str | None:
        """Return the status of an execution; None: there was none of this name."""
        machine = str(self._change_machine)
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        with reading(f"states:DescribeExecution {name}"):
            try:
                found = self._client.describe_execution(executionArn=arn)
            except ClientError as error:
                if code_of(error) != "ExecutionDoesNotExist":
                    raise
                return None
        return str(found["status"])
