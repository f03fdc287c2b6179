"""Which executions of a state machine have not ended?"""

from collections.abc import Iterator
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.run import Running


def running_executions(client: Any, machine: str) -> Iterator[Running]:
    """Yield them, newest first, as Step Functions lists them.

    Raises: OutsideError naming the machine.
    """
    asked: dict[str, Any] = {"stateMachineArn": machine, "statusFilter": "RUNNING"}
    while True:
        with reading(f"states:ListExecutions {machine}"):
            page = client.list_executions(**asked)
        for execution in page["executions"]:
            yield Running(
                machine=machine.rpartition(":")[2],
                name=str(execution["name"]),
                started_at=execution["startDate"],
            )
        if not page.get("nextToken"):
            return
        asked["nextToken"] = page["nextToken"]
