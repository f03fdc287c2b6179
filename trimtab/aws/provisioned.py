"""What is provisioned for an alias, and what scales it? Lambda and Application Auto Scaling, read
together.

Source: "RegisterScalableTarget", "DescribeScheduledActions" and "DescribeScalingPolicies",
Application Auto Scaling API reference, read 2026-11-21: a resource id of Lambda is
function:NAME:ALIAS or function:NAME:VERSION.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.answers import raw_of
from trimtab.aws.errors import code_of, reading
from trimtab.aws.sessions import Clients
from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import canonical_json
from trimtab.domain.provisioned import (
    NONE,
    ProvisionedState,
    ScalableTarget,
    ScheduledAction,
)

NAMESPACE = "lambda"
DIMENSION = "lambda:function:ProvisionedConcurrency"
SERVICE = "application-autoscaling"

NOT_OF_A_POLICY = frozenset({"Alarms", "CreationTime", "PolicyARN"})
"""What a scaling policy answers that is not what somebody configured."""


def resource_of(function: FunctionArn, qualifier: str) -> str:
    return f"function:{function.name}:{qualifier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """What Application Auto Scaling holds for Lambda in one account and region, by resource id."""

    targets: Mapping[str, Mapping[str, Any]]
    actions: Mapping[str, Sequence[ScheduledAction]] = field(default_factory=dict)
    policies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def target_of(self, resource: str) -> ScalableTarget | None:
        raw = self.targets.get(resource)
        if raw is None:
            return None
        suspended = raw.get("SuspendedState") or {}
        return ScalableTarget(
            minimum=raw["MinCapacity"],
            maximum=raw["MaxCapacity"],
            is_suspended=bool(suspended.get("ScheduledScalingSuspended")),
            actions=tuple(sorted(self.actions.get(resource, ()), key=lambda a: a.name)),
            policies=self.policies.get(resource),
        )


def read_scaling(clients: Clients, where: str, *, resource: str | None = None) -> Scaling:
    """Read all of it, or of one resource; actions and policies only where a target is. A dimension
    is only taken beside a resource.

    Raises: OutsideError when a call fails.
    """
    client = clients.client(SERVICE)
    several: dict[str, Any] = {"ServiceNamespace": NAMESPACE}
    one = several
    if resource is not None:
        of_lambda = several | {"ScalableDimension": DIMENSION}
        several, one = of_lambda | {"ResourceIds": [resource]}, of_lambda | {"ResourceId": resource}
    targets = {
        raw["ResourceId"]: raw
        for raw in _items(
            f"DescribeScalableTargets {where}",
            "ScalableTargets",
            lambda more: client.describe_scalable_targets(**several, **more),
        )
    }
    if not targets:
        return Scaling(targets={})
    actions: dict[str, list[ScheduledAction]] = {}
    for raw in _items(
        f"DescribeScheduledActions {where}",
        "ScheduledActions",
        lambda more: client.describe_scheduled_actions(**one, **more),
    ):
        actions.setdefault(raw["ResourceId"], []).append(_action(raw))
    policies: dict[str, dict[str, str]] = {}
    for raw in _items(
        f"DescribeScalingPolicies {where}",
        "ScalingPolicies",
        lambda more: client.describe_scaling_policies(**one, **more),
    ):
        kept = {k: v for k, v in raw.items() if k not in NOT_OF_A_POLICY}
        policies.setdefault(raw["ResourceId"], {})[raw["PolicyName"]] = canonical_json(kept)
    return Scaling(targets=targets, actions=actions, policies=policies)


def _items(
    what: str, key: str, ask: Callable[[Mapping[str, str]], Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        with reading(f"{SERVICE}:{what}"):
            page = ask(more)
        yield from page[key]
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _action(raw: Mapping[str, Any]) -> ScheduledAction:
    bounds = raw.get("ScalableTargetAction") or {}
    return ScheduledAction(
        name=raw["ScheduledActionName"],
        schedule=raw["Schedule"],
        timezone=raw.get("Timezone") or "UTC",
        minimum=bounds.get("MinCapacity"),
        maximum=bounds.get("MaxCapacity"),
        starts_at=raw.get("StartTime"),
        ends_at=raw.get("EndTime"),
    )


WELL = "Successful"


def last_activity(clients: Clients, resource: str) -> str | None:
    """Say what came of the newest activity, unless it went well; None: it did, or there is none.

    Raises: OutsideError when the call fails.
    """
    with reading(f"{SERVICE}:DescribeScalingActivities of {resource}"):
        page = clients.client(SERVICE).describe_scaling_activities(
            ServiceNamespace=NAMESPACE,
            ScalableDimension=DIMENSION,
            ResourceId=resource,
            MaxResults=1,
        )
    for raw in page["ScalingActivities"]:
        if raw["StatusCode"] != WELL:
            return f"{raw['StatusCode']}: {raw.get('StatusMessage') or raw['Description']}"
    return None


def read_one(clients: Clients, function: FunctionArn, qualifier: str) -> ProvisionedState:
    """Read one alias or version: two calls, and two more where it is scaled.

    Raises: OutsideError when a call fails.
    """
    resource = resource_of(function, qualifier)
    scaling = read_scaling(clients, f"of {resource}", resource=resource)
    client = clients.client("lambda")
    raw: Mapping[str, Any] = {}
    with reading(f"lambda:GetProvisionedConcurrencyConfig {function}:{qualifier}"):
        try:
            raw = raw_of(
                client.get_provisioned_concurrency_config(
                    FunctionName=str(function), Qualifier=qualifier
                )
            )
        except ClientError as error:
            if code_of(error) not in (
                "ProvisionedConcurrencyConfigNotFoundException",
                "ResourceNotFoundException",
            ):
                raise
    return state_of(qualifier, raw, scaling.target_of(resource))


def state_of(
    qualifier: str, raw: Mapping[str, Any], target: ScalableTarget | None
) -> ProvisionedState:
    """Return what a configuration says; an empty one: nothing is provisioned."""
    return ProvisionedState(
        qualifier=qualifier,
        requested=int(raw.get("RequestedProvisionedConcurrentExecutions") or 0),
        allocated=int(raw.get("AllocatedProvisionedConcurrentExecutions") or 0),
        status=str(raw.get("Status") or NONE),
        target=target,
    )
