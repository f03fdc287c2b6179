"""How is the account of the drills looked at, and cleared? Only a drill's function is deleted.

Whose it is, how it is named and which mark it carries is read again just before each deletion. The
role itself may delete nothing but functions of that name.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from trimtab.aws.errors import reading, writing
from trimtab.aws.sessions import Clients, HubSession
from trimtab.domain.arn import FunctionArn
from trimtab.domain.drill import PREFIX, require_ours
from trimtab.domain.errors import NotFoundError, RetryableError

SESSION = "trimtab-drill"
POLL_S = 1.0
GONE_DEADLINE_S = 30.0
"""A deletion shows within seconds. Chosen, not measured."""


class AwsSandbox:
    """One account in one region."""

    def __init__(
        self,
        clients: Clients,
        *,
        account: str,
        sleep: Callable[[float], None] = time.sleep,
        deadline_s: float = GONE_DEADLINE_S,
    ) -> None:
        self._clients = clients
        self._account = account
        self._sleep = sleep
        self._deadline_s = deadline_s

    def functions(self) -> tuple[FunctionArn, ...]:
        """Raises: OutsideError."""
        found: list[str] = []
        asked: dict[str, Any] = {}
        while True:
            with reading(f"lambda:ListFunctions {self._account}"):
                page = self._clients.client("lambda").list_functions(**asked)
            found += [str(raw["FunctionArn"]) for raw in page["Functions"]]
            if not page.get("NextMarker"):
                break
            asked = {"Marker": page["NextMarker"]}
        arns = sorted(map(FunctionArn.parse, found))
        return tuple(arn for arn in arns if arn.name.startswith(PREFIX))

    def tags(self, function: FunctionArn) -> Mapping[str, str]:
        """Raises: NotFoundError when it is not there; OutsideError."""
        with reading(f"lambda:ListTags {function}"):
            answer = self._clients.client("lambda").list_tags(Resource=str(function))
        return dict(answer.get("Tags") or {})

    def delete(self, function: FunctionArn) -> None:
        """Raises: ConflictError for what is no drill's, untouched; WriteUnknownError, OutsideError;
        RetryableError when it is still there after a while.
        """
        require_ours(function, self.tags(function), sandbox=self._account)
        with writing(f"lambda:DeleteFunction {function}"):
            self._clients.writer("lambda").delete_function(FunctionName=str(function))
        waited = 0.0
        while self._is_there(function):
            if waited >= self._deadline_s:
                raise RetryableError(f"{function} is still there after {waited:.0f} s")
            self._sleep(POLL_S)
            waited += POLL_S

    def _is_there(self, function: FunctionArn) -> bool:
        try:
            self.tags(function)
        except NotFoundError:
            return False
        return True


def enter_sandbox(
    hub: HubSession, *, account: str, role: str, region: str, external_id: str
) -> AwsSandbox:
    """Raises: AccessDeniedError, RetryableError, PermanentError."""
    clients = hub.assume(
        account=account,
        role=role,
        region=region,
        session_name=SESSION,
        external_id=external_id,
        policy=sandbox_session(account, region, hub.role_arn(account, role, region)),
    )
    return AwsSandbox(clients, account=account)


def sandbox_session(account: str, region: str, role_arn: str) -> Mapping[str, Any]:
    """Narrow a session to finding a drill's functions and deleting them. `role_arn` names the
    partition.
    """
    partition = role_arn.split(":")[1]
    ours = f"arn:{partition}:lambda:{region}:{account}:function:{PREFIX}*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["lambda:ListFunctions"], "Resource": ["*"]},
            {
                "Effect": "Allow",
                "Action": ["lambda:DeleteFunction", "lambda:ListTags"],
                "Resource": [ours],
            },
        ],
    }
