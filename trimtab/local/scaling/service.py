"""What does Application Auto Scaling answer, and what happens when an action's time comes?

The operations of one account and region, as far as Lambda goes. Sources: the Application Auto
Scaling API reference (botocore's model of it), "How scheduled scaling works" and "Quotas" of its
user guide, read 2026-11-21. Its messages are AWS's own where somebody published them, ours
elsewhere: go by the codes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from trimtab.local.scaling import checks
from trimtab.local.scaling.records import (
    NAMESPACE,
    PRINCIPAL,
    SERVICE_LINKED_ROLE,
    Action,
    Activity,
    Capacities,
    CapacityRefusedError,
    Policy,
    Raw,
    ScalableTarget,
    ScalingError,
    describe_action,
    describe_activity,
    describe_policy,
    describe_target,
    invalid,
)

TARGETS, ACTIONS_PER_TARGET, POLICIES_PER_TARGET = 500, 200, 50
"""Source: "Quotas for Application Auto Scaling", its user guide, read 2026-11-21."""

PAGE = 50
ALLOCATION = timedelta(minutes=10)
"""By when what was fired is allocated: chosen, not measured."""

KEPT = timedelta(weeks=6)
"""How long activities are told of. Source: DescribeScalingActivities, its API reference."""


class ScalingService:
    """Application Auto Scaling for Lambda in one account and region."""

    def __init__(
        self, *, account: str, region: str, capacities: Capacities, now: Callable[[], datetime]
    ) -> None:
        self.page_size = PAGE
        self._account, self._region = account, region
        self._capacities = capacities
        self._clock = now
        self._at: datetime | None = None
        self._ticked_to: datetime | None = None
        self._targets: dict[str, ScalableTarget] = {}
        self._activities: list[Activity] = []
        self._numbers = itertools.count(1)
        self._operations: dict[str, Callable[[Raw], Raw]] = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe_targets,
            "PutScheduledAction": self._put_action,
            "DeleteScheduledAction": self._delete_action,
            "DescribeScheduledActions": self._describe_actions,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DescribeScalingActivities": self._describe_activities,
        }

    @property
    def operations(self) -> tuple[str, ...]:
        """Return the names that `answer` knows."""
        return tuple(self._operations)

    def answer(self, operation: str, request: Raw) -> Raw:
        """Answer one call. Moments are aware datetimes. Raises: ScalingError."""
        return self._operations[operation](request)

    def arn_of(self, resource: str) -> str:
        """Return the ARN of a target by its resource id; one that is not there yet has a new id."""
        found = self._targets.get(resource)
        place = f"arn:aws:application-autoscaling:{self._region}:{self._account}"
        return f"{place}:scalable-target/new" if found is None else found.arn

    def seed(self, function: str, qualifier: str, *, least: int, most: int) -> None:
        """Have a target that was registered long ago, whether its alias exists or not."""
        target = self._new_target(function, qualifier, least, most)
        self._targets[target.resource] = target

    def tick(self, now: datetime) -> list[Raw]:
        """Let the clock reach `now`: fire what is due since the last time, in its order; return it.

        Nothing fires late: what came due while suspended never does.
        """
        fired = []
        for at, target, action in sorted(self._due(now), key=lambda found: found[0]):
            self._at = at
            self._capacities.settle()
            self._settle_activities()
            self._fire(target, action)
            said = {"ResourceId": target.resource, "ScheduledActionName": action.name, "At": at}
            fired.append(said)
        if now - (self._at or self._ticked_to or now) >= ALLOCATION:
            self._capacities.settle()
        self._at = None
        self._ticked_to = max(now, self._ticked_to or now)
        return fired

    def now(self) -> datetime:
        """Return its moment: what was ticked to, when that is later than the clock."""
        if self._at is not None:
            return self._at
        now = self._clock()
        return now if self._ticked_to is None else max(now, self._ticked_to)

    # Scalable targets

    def _register(self, request: Raw) -> Raw:
        function, qualifier = checks.resource_of(request)
        least, most = request.get("MinCapacity"), request.get("MaxCapacity")
        target = self._targets.get(request["ResourceId"])
        if target is not None:
            least = target.least if least is None else least
            most = target.most if most is None else most
        if least is None or most is None:
            raise invalid("Minimum and maximum capacity are required for a new scalable target")
        checks.check_range(least, most)
        if not self._capacities.exists(function, qualifier):
            raise invalid(f"Lambda function doesn't exist: {request['ResourceId']}")
        if target is None:
            if len(self._targets) >= TARGETS:
                raise ScalingError("LimitExceededException", f"{TARGETS} scalable targets exist")
            target = self._new_target(function, qualifier, least, most)
            self._targets[target.resource] = target
        target.least, target.most = least, most
        target.suspended |= request.get("SuspendedState") or {}
        self._move_into_range(target)
        return {"ScalableTargetARN": target.arn}

    def _new_target(self, function: str, qualifier: str, least: int, most: int) -> ScalableTarget:
        place = f"{self._region}:{self._account}"
        role = f"aws-service-role/{PRINCIPAL}/{SERVICE_LINKED_ROLE}"
        return ScalableTarget(
            function=function,
            qualifier=qualifier,
            arn=f"arn:aws:application-autoscaling:{place}:scalable-target/{self._id()}",
            role_arn=f"arn:aws:iam::{self._account}:role/{role}",
            least=least,
            most=most,
            created_at=self.now(),
        )

    def _deregister(self, request: Raw) -> Raw:
        checks.resource_of(request)
        if self._targets.pop(request["ResourceId"], None) is None:
            raise checks.missing("scalable target", request)
        return {}

    def _describe_targets(self, request: Raw) -> Raw:
        asked = request.get("ResourceIds") or ()
        if len(asked) > PAGE:
            raise invalid(f"At most {PAGE} resource ids can be given")
        checks.check_filter(request, "ResourceIds")
        found = [
            describe_target(target)
            for target in self._of_namespace(request)
            if not asked or target.resource in asked
        ]
        return self._page("ScalableTargets", found, request)

    def _of_namespace(self, request: Raw) -> Iterable[ScalableTarget]:
        return self._targets.values() if request["ServiceNamespace"] == NAMESPACE else ()

    # Scheduled actions

    def _put_action(self, request: Raw) -> Raw:
        checks.resource_of(request)
        name = request["ScheduledActionName"]
        if not checks.is_name(name):
            raise invalid(f"Scheduled action name {name!r}: no colon, slash or bar, no outer space")
        target = self._target(request)
        old = target.actions.get(name)
        schedule = request.get("Schedule") or (old.schedule if old else None)
        timezone = request.get("Timezone") or (old.timezone if old else None)
        parsed = checks.parsed_schedule(schedule, timezone)
        capacity = request.get("ScalableTargetAction") or (old.capacity if old else {})
        checks.check_capacity(capacity)
        start, end = request.get("StartTime"), request.get("EndTime")
        if start is not None and end is not None and end <= start:
            raise invalid("The end time must be later than the start time")
        if old is None and len(target.actions) >= ACTIONS_PER_TARGET:
            message = f"{ACTIONS_PER_TARGET} scheduled actions exist for {target.resource}"
            raise ScalingError("LimitExceededException", message)
        place = f"arn:aws:autoscaling:{self._region}:{self._account}:scheduledAction:{self._id()}"
        target.actions[name] = Action(
            name=name,
            arn=old.arn
            if old
            else f"{place}:resource/lambda/{target.resource}:scheduledActionName/{name}",
            schedule=str(schedule),
            timezone=timezone,
            parsed=parsed,
            capacity=dict(capacity),
            start=start,
            end=end,
            created_at=old.created_at if old else self.now(),
            changed_at=self.now(),
        )
        return {}

    def _delete_action(self, request: Raw) -> Raw:
        checks.resource_of(request)
        name = request["ScheduledActionName"]
        target = self._targets.get(request["ResourceId"])
        if target is None or target.actions.pop(name, None) is None:
            raise checks.missing("scheduled action", request, f", scheduled action name: {name}")
        return {}

    def _describe_actions(self, request: Raw) -> Raw:
        checks.check_filter(request, "ResourceId")
        names = request.get("ScheduledActionNames") or ()
        found = [
            describe_action(target, action)
            for target in self._filtered(request)
            for action in target.actions.values()
            if not names or action.name in names
        ]
        return self._page("ScheduledActions", found, request)

    def _filtered(self, request: Raw) -> Iterator[ScalableTarget]:
        asked = request.get("ResourceId")
        for target in self._of_namespace(request):
            if asked in (None, target.resource):
                yield target

    # Policies

    def _put_policy(self, request: Raw) -> Raw:
        checks.resource_of(request)
        target, name = self._target(request), request["PolicyName"]
        old = target.policies.get(name)
        kind = request.get("PolicyType") or ("TargetTrackingScaling" if old else None)
        if kind != "TargetTrackingScaling":
            raise invalid(f"Policy type {kind} is not supported for Lambda")
        configuration = request.get("TargetTrackingScalingPolicyConfiguration") or {}
        checks.check_tracking(configuration)
        if old is None and len(target.policies) >= POLICIES_PER_TARGET:
            message = f"{POLICIES_PER_TARGET} policies exist for {target.resource}"
            raise ScalingError("LimitExceededException", message)
        place = f"{self._region}:{self._account}"
        target.policies[name] = Policy(
            name=name,
            arn=old.arn
            if old
            else f"arn:aws:autoscaling:{place}:scalingPolicy:{self._id()}:"
            f"resource/lambda/{target.resource}:policyName/{name}",
            configuration=dict(configuration),
            alarms=old.alarms if old else [self._alarm(target, side) for side in ("High", "Low")],
            created_at=old.created_at if old else self.now(),
        )
        policy = target.policies[name]
        return {"PolicyARN": policy.arn, "Alarms": list(policy.alarms)}

    def _alarm(self, target: ScalableTarget, side: str) -> Raw:
        name = f"TargetTracking-{target.resource}-Alarm{side}-{self._id()}"
        arn = f"arn:aws:cloudwatch:{self._region}:{self._account}:alarm:{name}"
        return {"AlarmName": name, "AlarmARN": arn}

    def _delete_policy(self, request: Raw) -> Raw:
        checks.resource_of(request)
        name = request["PolicyName"]
        target = self._targets.get(request["ResourceId"])
        if target is None or target.policies.pop(name, None) is None:
            raise checks.missing("scaling policy", request, f", policy name: {name}")
        return {}

    def _describe_policies(self, request: Raw) -> Raw:
        checks.check_filter(request, "ResourceId")
        names = request.get("PolicyNames") or ()
        found = [
            describe_policy(target, policy)
            for target in self._filtered(request)
            for policy in target.policies.values()
            if not names or policy.name in names
        ]
        return self._page("ScalingPolicies", found, request)

    # Activities

    def _describe_activities(self, request: Raw) -> Raw:
        checks.check_filter(request, "ResourceId")
        self._settle_activities()
        asked, oldest = request.get("ResourceId"), self.now() - KEPT
        found = [
            describe_activity(activity)
            for activity in reversed(self._activities)
            if request["ServiceNamespace"] == NAMESPACE
            and asked in (None, activity.resource)
            and activity.started_at >= oldest
        ]
        return self._page("ScalingActivities", found, request)

    def _settle_activities(self) -> None:
        """End the activities whose allocation is over; one that something else overtook is over."""
        for activity in self._activities:
            if activity.status != "InProgress":
                continue
            found = self._capacities.read(*activity.resource.split(":")[1:])
            if found is not None and found.status == "IN_PROGRESS":
                continue
            if found is not None and found.status == "FAILED":
                activity.end("Failed", f"Failed to provision: {found.reason}", self.now())
            else:
                activity.end("Successful", checks.fulfilled(activity.count), self.now())

    def _begin(self, target: ScalableTarget, description: str, cause: str) -> Activity:
        activity = Activity(
            id=self._id(),
            resource=target.resource,
            description=description,
            cause=cause,
            started_at=self.now(),
        )
        self._activities.append(activity)
        return activity

    # What happens when an action's time comes

    def _due(self, now: datetime) -> Iterator[tuple[datetime, ScalableTarget, Action]]:
        for target in self._targets.values():
            if target.suspended["ScheduledScalingSuspended"]:
                continue
            for action in target.actions.values():
                after = max(action.changed_at, self._ticked_to or action.changed_at)
                yield from ((at, target, action) for at in action.firings(after, now))

    def _fire(self, target: ScalableTarget, action: Action) -> None:
        """Overwrite the range for good, and move what is provisioned into it."""
        least = action.capacity.get("MinCapacity", target.least)
        most = action.capacity.get("MaxCapacity", target.most)
        said = " and ".join(
            f"{word} capacity to {action.capacity[member]}"
            for word, member in (("min", "MinCapacity"), ("max", "MaxCapacity"))
            if member in action.capacity
        )
        cause = f"scheduled action name {action.name} was triggered"
        activity = self._begin(target, f"Setting {said}", cause)
        if least > most:
            activity.end("Failed", f"Failed to set {said}: {checks.TOO_SMALL}", self.now())
            return
        target.least, target.most = least, most
        activity.end("Successful", f"Successfully set {said}", self.now())
        self._move_into_range(target)

    def _move_into_range(self, target: ScalableTarget) -> None:
        self._settle_activities()
        found = self._capacities.read(target.function, target.qualifier)
        count = 0 if found is None else found.requested
        wanted = min(max(count, target.least), target.most)
        if wanted == count:
            return
        bound = "minimum" if count < target.least else "maximum"
        description = f"Setting provisioned concurrency to {wanted}."
        activity = self._begin(target, description, f"{bound} capacity was set to {wanted}")
        activity.count = wanted
        try:
            if wanted:
                self._capacities.put(target.function, target.qualifier, wanted)
            else:
                self._capacities.delete(target.function, target.qualifier)
                activity.end("Successful", checks.fulfilled(0), self.now())
        except CapacityRefusedError as error:
            message = f"Failed to set provisioned concurrency to {wanted}. Reason: {error}"
            activity.end("Failed", message, self.now())

    def _target(self, request: Raw) -> ScalableTarget:
        target = self._targets.get(request["ResourceId"])
        if target is None:
            raise checks.missing("scalable target", request, found="registered")
        return target

    def _page(self, key: str, found: list[Raw], request: Raw) -> Raw:
        token, most = request.get("NextToken"), request.get("MaxResults")
        if most is not None and not 1 <= most <= PAGE:
            raise invalid(f"MaxResults must be between 1 and {PAGE}")
        if token is not None and not token.isdigit():
            raise ScalingError("InvalidNextTokenException", "The next token is not valid")
        at = int(token or 0)
        end = at + min(most or PAGE, self.page_size)
        return {key: found[at:end]} | ({"NextToken": str(end)} if end < len(found) else {})

    def _id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012d}"
