"""How are the calls of a restore made? Once each, in the restore role, and never retried (S26).

The session is named after the restore. What an error quotes of an environment is left out (S16).
"""

import time
from collections.abc import Callable
from typing import Any

from trimtab.aws.answers import raw_of
from trimtab.aws.errors import reading, writing
from trimtab.aws.sessions import Clients
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import OutsideError, PermanentError, RetryableError
from trimtab.domain.restoring import LAMBDA, SCALING, Write

ALLOWED = {
    LAMBDA: frozenset(
        {
            "add_permission",
            "create_alias",
            "create_event_source_mapping",
            "create_function",
            "create_function_url_config",
            "delete_function_concurrency",
            "publish_version",
            "put_function_code_signing_config",
            "put_function_concurrency",
            "put_function_event_invoke_config",
            "put_function_recursion_config",
            "put_provisioned_concurrency_config",
            "put_runtime_management_config",
            "tag_resource",
            "update_function_code",
            "update_function_configuration",
        }
    ),
    SCALING: frozenset({"put_scaling_policy", "put_scheduled_action", "register_scalable_target"}),
}
"""Every call that a restore may make."""

POLL_S = 1.0
SETTLE_DEADLINE_S = 300.0
"""A function with a network of its own may take minutes to become Active; with snapshots, too.
Source: botocore 1.44.5, lambda waiter function_active_v2: GetFunction every second, 300 times."""


class AwsRecreator:
    """One function, open for the writes of one restore."""

    def __init__(
        self,
        function: FunctionArn,
        clients: Clients,
        *,
        sleep: Callable[[float], None] = time.sleep,
        deadline_s: float = SETTLE_DEADLINE_S,
    ) -> None:
        self._function = function
        self._clients = clients
        self._sleep = sleep
        self._deadline_s = deadline_s

    def write(self, write: Write) -> None:
        """Raises: WriteUnknownError, OutsideError; without a word of an environment."""
        if write.operation not in ALLOWED[write.service]:
            raise ValueError(f"a restore never calls {write.service}:{write.operation}")
        what = f"{write.service}:{_operation(write.operation)} {self._function}"
        method = getattr(self._clients.writer(write.service), write.operation)
        try:
            with writing(what):
                method(**write.given)
        except OutsideError as error:
            if _quotes(str(error), write.given.get("Environment")):
                raise type(error)(f"{what}: {_kind(error)}; the reason quotes a value") from None
            raise

    def settle(self, qualifier: str) -> None:
        """Raises: PermanentError when it failed; RetryableError when it takes too long."""
        waited = 0.0
        name = f"{self._function}:{qualifier}"
        while True:
            with reading(f"lambda:GetFunction {name}"):
                answer = self._clients.client("lambda").get_function(
                    FunctionName=str(self._function), Qualifier=qualifier
                )
            raw = raw_of(answer)["Configuration"]
            state, update = raw.get("State"), raw.get("LastUpdateStatus")
            if "Failed" in (state, update):
                raise PermanentError(f"{name}: its {_failed(raw)} failed; read its reason")
            if state in ("Active", "Inactive") and update in ("Successful", None):
                return
            if waited >= self._deadline_s:
                raise RetryableError(f"{name}: it is {state}, {update} after {waited:.0f} s")
            self._sleep(POLL_S)
            waited += POLL_S


def _failed(raw: Any) -> str:
    return "creation" if raw.get("State") == "Failed" else "update"


def _kind(error: OutsideError) -> str:
    return type(error).__name__


def _quotes(message: str, environment: Any) -> bool:
    values = ((environment or {}).get("Variables") or {}).values()
    return any(value and value in message for value in values)


def _operation(method: str) -> str:
    return "".join(word.title() for word in method.split("_"))
