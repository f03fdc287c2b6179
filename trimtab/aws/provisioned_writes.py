"""How is provisioned concurrency written, tried and found in CloudTrail? One call per step.

None of these calls takes a RevisionId. A trial is made so that AWS refuses it for what it says,
once it has let the caller in: on an alias that nobody has, with a minimum above the maximum, of an
action that is not there.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, message_of, reading, writing
from trimtab.aws.provisioned import DIMENSION, NAMESPACE, SERVICE, read_one, resource_of
from trimtab.aws.sessions import Clients
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import AccessDeniedError, PermanentError, RetryableError
from trimtab.domain.provisioned import IN_PROGRESS
from trimtab.domain.provisioned_step import (
    AwaitProvisioned,
    DeleteAction,
    DeregisterTarget,
    ProvisionedStep,
    PutAction,
    RegisterTarget,
    SetProvisioned,
    is_ready,
)
from trimtab.domain.step import Step

LET_IN = frozenset(
    {
        "InvalidParameterValueException",
        "ObjectNotFoundException",
        "ProvisionedConcurrencyConfigNotFoundException",
        "ResourceNotFoundException",
        "ValidationException",
    }
)
"""Said of a call that was let in."""

TRAIL_EVENTS: Mapping[type[Step], tuple[str, ...]] = {
    SetProvisioned: ("PutProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig"),
    RegisterTarget: ("RegisterScalableTarget",),
    DeregisterTarget: ("DeregisterScalableTarget",),
    PutAction: ("PutScheduledAction",),
    DeleteAction: ("DeleteScheduledAction",),
}
"""What CloudTrail calls these steps. Source: "Logging Application Auto Scaling API calls using AWS
CloudTrail", Application Auto Scaling User Guide, and "Logging AWS Lambda API calls", read 2026-11:
the operation's name, which Lambda lets be followed by the version of its API."""

MISSING = "missing the following permissions"
"""What RegisterScalableTarget says, as a validation error, of a caller who may not do what it does
for them. Source: as published in awsdocs/application-auto-scaling-user-guide, read 2026-11-21."""

FULL = "LimitExceededException"
"""Of Application Auto Scaling a quota, which does not pass by itself; elsewhere a throttle."""

SEEN_S = 60.0
"""Chosen: a capacity out of range is moved at once, by a service of its own."""

POLL_S = 5.0
"""Chosen: an allocation takes a minute or two at least."""


def asked_of(step: ProvisionedStep, function: FunctionArn) -> tuple[str, str, dict[str, Any]]:
    """Return service, method and parameters of the one call of a step.

    Raises: TypeError for one that only reads.
    """
    if isinstance(step, AwaitProvisioned):
        raise TypeError(f"{step} makes no call that writes")
    if isinstance(step, SetProvisioned):
        named: dict[str, Any] = {"FunctionName": str(function), "Qualifier": step.qualifier}
        if step.level == 0:
            return "lambda", "delete_provisioned_concurrency_config", named
        more = {"ProvisionedConcurrentExecutions": step.level}
        return "lambda", "put_provisioned_concurrency_config", named | more
    target: dict[str, Any] = {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource_of(function, step.qualifier),
        "ScalableDimension": DIMENSION,
    }
    if isinstance(step, RegisterTarget):
        bounds = {"MinCapacity": step.minimum, "MaxCapacity": step.maximum}
        suspended = {"SuspendedState": {"ScheduledScalingSuspended": step.is_suspended}}
        return SERVICE, "register_scalable_target", target | bounds | suspended
    if isinstance(step, DeregisterTarget):
        return SERVICE, "deregister_scalable_target", target
    if isinstance(step, DeleteAction):
        return SERVICE, "delete_scheduled_action", target | {"ScheduledActionName": step.name}
    return (
        SERVICE,
        "put_scheduled_action",
        target
        | {
            "ScheduledActionName": step.name,
            "Schedule": step.schedule,
            "Timezone": step.timezone,
            "ScalableTargetAction": {"MinCapacity": step.minimum, "MaxCapacity": step.maximum},
        },
    )


class ProvisionedWriter:
    """One function, open for the steps of one change of what it provisions."""

    def __init__(
        self,
        function: FunctionArn,
        clients: Clients,
        *,
        nobody: str,
        sleep: Callable[[float], None] = time.sleep,
        deadline_s: float = 180.0,
    ) -> None:
        """`nobody`: a name that no alias and no action has, such as the id of the change."""
        self._function = function
        self._clients = clients
        self._nobody = nobody
        self._sleep = sleep
        self._deadline_s = deadline_s

    def write(self, step: ProvisionedStep) -> None:
        """Make the one call of a step, or wait until what it asks for is ready.

        Raises: WriteUnknownError when it may have landed; PermanentError or RetryableError when it
        surely did not, or is not ready in time.
        """
        if isinstance(step, AwaitProvisioned):
            self._await(step)
            return
        service, method, asked = asked_of(step, self._function)
        client = self._clients.writer(service)
        what = f"{service}:{_operation(method)} {self._function}:{step.qualifier}"
        with writing(what):
            try:
                getattr(client, method)(**asked)
            except ClientError as error:
                if code_of(error) == FULL:
                    why = f"{what}: {message_of(error)}: ask AWS for a higher quota"
                    raise PermanentError(why) from error
                raise
        if isinstance(step, RegisterTarget):
            self._see(step)

    def _see(self, step: RegisterTarget) -> None:
        """Give the service the seconds that it takes to ask Lambda for another level."""
        waited = 0.0
        while waited < SEEN_S:
            state = read_one(self._clients, self._function, step.qualifier)
            is_within = step.minimum <= state.requested <= step.maximum
            if is_within or state.status == IN_PROGRESS:
                return
            self._sleep(POLL_S)
            waited += POLL_S

    def settle(self, qualifier: str) -> None:
        """Wait while an allocation is in progress.

        Raises: RetryableError when it is not over in time.
        """
        waited = 0.0
        while read_one(self._clients, self._function, qualifier).status == "IN_PROGRESS":
            waited = self._wait(waited, f"{qualifier} is still being allocated")

    def _await(self, step: AwaitProvisioned) -> None:
        waited = 0.0
        while True:
            state = read_one(self._clients, self._function, step.qualifier)
            if is_ready(state, step.level):
                return
            if state.status == "FAILED":
                raise PermanentError(
                    f"{self._function}:{step.qualifier}: Lambda could not allocate "
                    f"{state.requested}: see why with aws lambda get-provisioned-concurrency-config"
                )
            waited = self._wait(waited, f"{step.level} on {step.qualifier} are not ready")

    def _wait(self, waited: float, what: str) -> float:
        if waited >= self._deadline_s:
            raise RetryableError(f"{self._function}: {what} after {waited:.0f} s; try again later")
        self._sleep(POLL_S)
        return waited + POLL_S

    def probe(self, step: ProvisionedStep) -> None:
        """Make the call of a step in a form that changes nothing.

        Raises: AccessDeniedError; RetryableError; PermanentError when AWS takes it.
        """
        service, method, asked = asked_of(step, self._function)
        asked |= _harmless(step, self._function, self._nobody)
        what = f"{service}:{_operation(method)}"
        with reading(f"a trial of {what} on {self._function}"):
            try:
                getattr(self._clients.writer(service), method)(**asked)
            except ClientError as error:
                if MISSING in message_of(error):
                    raise AccessDeniedError(f"{what}: {message_of(error)}") from error
                if code_of(error) in LET_IN:
                    return
                raise
        raise PermanentError(f"{self._function}: {what} takes what cannot be right")


def _harmless(step: ProvisionedStep, function: FunctionArn, nobody: str) -> dict[str, Any]:
    """Return the parameters that make a call one that nothing can come of."""
    if isinstance(step, SetProvisioned):
        return {"Qualifier": nobody}
    if isinstance(step, RegisterTarget):
        return {"MinCapacity": 1, "MaxCapacity": 0, "ResourceId": resource_of(function, nobody)}
    if isinstance(step, DeregisterTarget):
        return {"ResourceId": resource_of(function, nobody)}
    if isinstance(step, PutAction):
        return {"Schedule": "at(never)", "ResourceId": resource_of(function, nobody)}
    return {"ScheduledActionName": nobody, "ResourceId": resource_of(function, nobody)}


def _operation(method: str) -> str:
    return "".join(word.title() for word in method.split("_"))


def is_of_step(step: ProvisionedStep, event: str, given: Mapping[str, Any]) -> bool:
    """Tell whether a recorded request said what this step says; of its function, nothing is asked
    here but the resource of a scalable target.
    """
    if isinstance(step, SetProvisioned):
        level = given.get("provisionedConcurrentExecutions") or 0
        is_delete = event.startswith("Delete")
        same = step.level == (0 if is_delete else level)
        return same and given.get("qualifier") == step.qualifier
    if isinstance(step, RegisterTarget):
        bounds = (given.get("minCapacity"), given.get("maxCapacity"))
        return bounds == (step.minimum, step.maximum)
    if isinstance(step, PutAction):
        action = given.get("scalableTargetAction") or {}
        bounds = (action.get("minCapacity"), action.get("maxCapacity"))
        said = (given.get("scheduledActionName"), given.get("schedule"))
        return said == (step.name, step.schedule) and bounds == (step.minimum, step.maximum)
    if isinstance(step, DeleteAction):
        return bool(given.get("scheduledActionName") == step.name)
    return isinstance(step, DeregisterTarget)
