"""How is a waiting execution of the Change state machine told, and how does an undo start?"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading
from trimtab.domain.errors import PermanentError

NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


MAX_UNDOS = 10
"""Undos of one round that are started before a person is needed; chosen."""


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

    def start_undo(self, change_id: str, number: int) -> bool:
        """Start it under a name of its own; a name is kept for 90 days, so one that failed is
        started again under the next.

        Raises: PermanentError after MAX_UNDOS attempts: a person has to look.
        """
        event = {"change_id": change_id, "round": number, "direction": "undo"}
        for attempt in range(1, MAX_UNDOS + 1):
            name = f"{change_id}-r{number}-undo" + ("" if attempt == 1 else f"-{attempt}")
            if self._start(name, event):
                return True
            if self._is_running(name):
                return False
        raise PermanentError(f"{MAX_UNDOS} undos of {change_id} have ended: look at the last")

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

    def _is_running(self, name: str) -> bool:
        machine = str(self._change_machine)
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        with reading(f"states:DescribeExecution {name}"):
            found = self._client.describe_execution(executionArn=arn)
        return bool(found["status"] == "RUNNING")
