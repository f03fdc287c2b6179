"""What does Application Auto Scaling answer, and when does it scale? A client of the one model.

What it keeps and how it fires is `trimtab.local.scaling`, which the embedded AWS serves too. Here
it is a client as boto3's: requests are checked against botocore's own model, calls are counted and
can be made to fail, and what it scales is the fake Lambda's provisioned concurrency.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

from tests.fakes.clock import FakeClock
from tests.fakes.failures import FailingClient, client_error
from tests.fakes.fake_trail import CHANGE_ROLE
from tests.fakes.lambda_provisioned import Caller, LambdaProvisioned
from tests.fakes.lambda_state import Raw
from trimtab.domain.arn import FunctionArn, Target
from trimtab.local.scaling.records import (
    NAMESPACE,
    SERVICE_LINKED_ROLE,
    CapacityRefusedError,
    Provisioned,
    ScalingError,
)
from trimtab.local.scaling.service import ScalingService

SERVICE = "application-autoscaling"
ITSELF = Caller(username="AutoScaling-ProvisionedConcurrency", role=SERVICE_LINKED_ROLE)
"""Whom CloudTrail names when it scales by itself; the session's name is chosen, not recorded."""


@cache
def model() -> Any:
    """Return botocore's model of the service."""
    return botocore.session.get_session().get_service_model(SERVICE)


class FakeScaling(FailingClient):
    """The boto3 client of one account and region, as far as Lambda goes."""

    def __init__(self, target: Target, clock: FakeClock, functions: LambdaProvisioned) -> None:
        super().__init__()
        self._clock = clock
        self._functions = functions
        self._service = ScalingService(
            account=target.account,
            region=target.region,
            capacities=_FakeCapacities(functions),
            now=clock.now,
        )
        self._service.page_size = 2

    @property
    def per_page(self) -> int:
        """How many results a page has, less than asked for, so that paging shows; AWS: 50."""
        return self._service.page_size

    @per_page.setter
    def per_page(self, size: int) -> None:
        self._service.page_size = size

    def register(
        self, function: FunctionArn, qualifier: str, *, least: int = 0, most: int | None = None
    ) -> None:
        """Have it scaled since long ago, whether it exists or not; nothing is moved.

        `most` None: the same as `least`.
        """
        self._service.seed(
            function.name, qualifier, least=least, most=least if most is None else most
        )

    def tick(self, now: datetime | None = None) -> list[tuple[datetime, str, str]]:
        """Let time reach `now`, or the clock's: fire what is due since the last time.

        Returns moment, resource id and action of each firing. Allocations end before each.
        """
        fired = self._service.tick(self._clock.now() if now is None else now)
        return [(each["At"], each["ResourceId"], each["ScheduledActionName"]) for each in fired]

    def scheduled(self, function: FunctionArn, qualifier: str) -> dict[str, Raw]:
        """Return its scheduled actions by name, without a call."""
        found = self._all("DescribeScheduledActions", "ScheduledActions", function, qualifier)
        return {action["ScheduledActionName"]: action for action in found}

    def range_of(self, function: FunctionArn, qualifier: str) -> tuple[int, int] | None:
        """Return its minimum and maximum, without a call; None when it is not scaled."""
        asked = {"ServiceNamespace": NAMESPACE, "ResourceIds": [_resource(function, qualifier)]}
        for raw in self._service.answer("DescribeScalableTargets", asked)["ScalableTargets"]:
            return raw["MinCapacity"], raw["MaxCapacity"]
        return None

    def activities(self, function: FunctionArn, qualifier: str) -> list[Raw]:
        """Return what was done to it, newest first, without a call."""
        return self._all("DescribeScalingActivities", "ScalingActivities", function, qualifier)

    def _all(self, operation: str, key: str, function: FunctionArn, qualifier: str) -> list[Raw]:
        asked = {"ServiceNamespace": NAMESPACE, "ResourceId": _resource(function, qualifier)}
        size, self._service.page_size = self._service.page_size, 10_000
        try:
            found: list[Raw] = self._service.answer(operation, asked)[key]
        finally:
            self._service.page_size = size
        return found

    def register_scalable_target(self, **asked: Any) -> Raw:
        return self._answer("RegisterScalableTarget", asked)

    def deregister_scalable_target(self, **asked: Any) -> Raw:
        return self._answer("DeregisterScalableTarget", asked)

    def describe_scalable_targets(self, **asked: Any) -> Raw:
        return self._answer("DescribeScalableTargets", asked)

    def put_scheduled_action(self, **asked: Any) -> Raw:
        return self._answer("PutScheduledAction", asked)

    def delete_scheduled_action(self, **asked: Any) -> Raw:
        return self._answer("DeleteScheduledAction", asked)

    def describe_scheduled_actions(self, **asked: Any) -> Raw:
        return self._answer("DescribeScheduledActions", asked)

    def put_scaling_policy(self, **asked: Any) -> Raw:
        return self._answer("PutScalingPolicy", asked)

    def delete_scaling_policy(self, **asked: Any) -> Raw:
        return self._answer("DeleteScalingPolicy", asked)

    def describe_scaling_policies(self, **asked: Any) -> Raw:
        return self._answer("DescribeScalingPolicies", asked)

    def describe_scaling_activities(self, **asked: Any) -> Raw:
        return self._answer("DescribeScalingActivities", asked)

    def _answer(self, operation: str, asked: Raw) -> Raw:
        """Answer as boto3 does; what its model does not allow is refused before it is a call."""
        report = ParamValidator().validate(asked, model().operation_model(operation).input_shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())

        def work() -> Raw:
            try:
                answered = self._service.answer(operation, asked)
                self._tell(operation, asked)
                return answered
            except ScalingError as error:
                raise client_error(error.code, error.message, operation, status=400) from error

        answer = copy.deepcopy(self.run(operation, work))
        return answer | {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}}}

    def _tell(self, operation: str, asked: Raw) -> None:
        """Let CloudTrail know of a write that went through."""
        trail = self._functions.trail
        if trail is None or operation.startswith("Describe"):
            return
        trail.put(
            operation,
            at=self._clock.now(),
            username=self._functions.session,
            role=CHANGE_ROLE,
            source="autoscaling.amazonaws.com",
            request=_camel(asked),
        )


def _camel(value: Any) -> Any:
    """Write names as CloudTrail does: with a small first letter."""
    if not isinstance(value, dict):
        return value
    return {name[0].lower() + name[1:]: _camel(each) for name, each in value.items()}


class _FakeCapacities:
    """What it scales: provisioned concurrency of the fake Lambda, called by itself."""

    def __init__(self, functions: LambdaProvisioned) -> None:
        self._functions = functions

    def exists(self, function: str, qualifier: str) -> bool:
        return self._functions.publishes(function, qualifier)

    def read(self, function: str, qualifier: str) -> Provisioned | None:
        if not self.exists(function, qualifier):
            return None
        found = self._functions.provisioned(function, qualifier)
        if found is None:
            return None
        return Provisioned(requested=found.requested, status=found.status, reason=found.reason)

    def put(self, function: str, qualifier: str, count: int) -> None:
        with self._by_itself():
            self._functions.put_provisioned(function, qualifier, count)

    def delete(self, function: str, qualifier: str) -> None:
        with self._by_itself():
            self._functions.delete_provisioned(function, qualifier)

    def settle(self) -> None:
        self._functions.allocate()

    @contextmanager
    def _by_itself(self) -> Iterator[None]:
        try:
            with self._functions.called_by(ITSELF):
                yield
        except ClientError as error:
            raise CapacityRefusedError(error.response["Error"]["Message"]) from error


def _resource(function: FunctionArn, qualifier: str) -> str:
    return f"function:{function.name}:{qualifier}"
