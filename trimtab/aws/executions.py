"""How is a waiting execution of the Change state machine told, and how does an undo start?"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, reading

NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


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

    def start_undo(self, change_id: str, number: int) -> None:
        """Start it under a name of its own: Step Functions refuses a second one."""
        name = f"{change_id}-r{number}-undo"
        event = {"change_id": change_id, "round": number, "direction": "undo"}
        with reading(f"states:StartExecution {name}"):
            try:
                self._client.start_execution(
                    stateMachineArn=self._change_machine, name=name, input=json.dumps(event)
                )
            except ClientError as error:
                if code_of(error) != "ExecutionAlreadyExists":
                    raise
