"""How does the embedded AWS scale provisioned concurrency?

The model is `trimtab.local.scaling`; here it is served, one for each account and region, over the
emulator's own Lambda. Its clock is told: ``POST /_trimtab/scaling-tick`` with Account, Region and
Now (ISO 8601) fires what came due since the last time, because time in the demo is compressed.

Who sets scaling up is checked as on AWS: for what scaling will do in his name, alarms included even
where no policy follows, and for the service-linked role where there is none. Sources: "Permissions
validation for API calls on target resources", "Service-linked roles" and, for the actions, "Lambda
functions" in "Identity-based policy examples", Application Auto Scaling user guide,
https://docs.aws.amazon.com/autoscaling/application/userguide/, read 2026-11-22.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from trimtab.local.patches import control, provisioned, services, target, trail
from trimtab.local.scaling.records import (
    PRINCIPAL,
    SERVICE_LINKED_ROLE,
    CapacityRefusedError,
    Provisioned,
    ScalingError,
)
from trimtab.local.scaling.service import ScalingService

SERVICE = "application-autoscaling"
PREFIX = "AnyScaleFrontendService."
SESSION = "AutoScaling-ProvisionedConcurrency"
"""The session CloudTrail names when scaling writes; chosen, not recorded."""

NEEDED = tuple(f"lambda:{verb}ProvisionedConcurrencyConfig" for verb in ("Put", "Get", "Delete"))
ALARMS = ("cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms")
CHECKED = ("RegisterScalableTarget", "PutScalingPolicy")
_NEEDED_FOR = "Application Auto Scaling"
_MOMENTS = ("StartTime", "EndTime")

_services: dict[tuple[str, str], ScalingService] = {}


def apply() -> None:
    """Serve the operations, create the role as AWS names it, and register the clock."""
    _name_the_role()
    operations = _of("0" * 12, "nowhere").operations
    _services.clear()
    services.serve(
        SERVICE, prefix=PREFIX, operations={name: _operation(name) for name in operations}
    )
    _keep_the_caller()
    _tell_iam()
    control.register("scaling-tick", _tick)


def _operation(name: str) -> services.Operation:
    def answer(account: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
        if name in CHECKED:
            _check_caller(account, region, request)
        given = {
            key: datetime.fromtimestamp(value, UTC) if key in _MOMENTS else value
            for key, value in request.items()
        }
        try:
            told = _of(account, region).answer(name, given)
        except ScalingError as error:
            raise services.Refusal(error.code, error.message) from error
        plain: dict[str, Any] = json.loads(json.dumps(told, default=datetime.timestamp))
        return plain

    return answer


def _of(account: str, region: str) -> ScalingService:
    key = (account, region)
    if key not in _services:
        _services[key] = ScalingService(
            account=account,
            region=region,
            capacities=_Lambda(account, region),
            now=lambda: datetime.now(UTC),
        )
    return _services[key]


def _tick(body: dict[str, Any]) -> dict[str, Any]:
    """Let the clock of an account and region reach Now; without it, the present."""
    now = datetime.fromisoformat(body["Now"]) if body.get("Now") else datetime.now(UTC)
    if now.tzinfo is None:
        raise ValueError(f"Now {body['Now']!r} has no time zone; write it with +00:00")
    responses = target.module("ministack.core.responses")
    with responses.request_scope(body["Account"], body["Region"]):
        fired = _of(body["Account"], body["Region"]).tick(now)
    return {"Fired": [{**each, "At": each["At"].isoformat()} for each in fired]}


class _Lambda:
    """The provisioned concurrency of the emulator's Lambda, in the scope of the request."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self._service = target.module("ministack.services.lambda_svc")

    def exists(self, function: str, qualifier: str) -> bool:
        return provisioned.is_published(self._service, function, qualifier)

    def read(self, function: str, qualifier: str) -> Provisioned | None:
        if not self.exists(function, qualifier):
            return None
        config = provisioned.said(self._service._functions[function]).get(qualifier)
        if config is None:
            return None
        return Provisioned(
            requested=config[provisioned.REQUESTED],
            status=config["Status"],
            reason=config.get("StatusReason", ""),
        )

    def put(self, function: str, qualifier: str, count: int) -> None:
        asked = {"ProvisionedConcurrentExecutions": count}
        answer = self._service._put_provisioned_concurrency(function, qualifier, asked)
        self._wrote("PutProvisionedConcurrencyConfig20190930", function, answer)

    def delete(self, function: str, qualifier: str) -> None:
        answer = self._service._delete_provisioned_concurrency(function, qualifier)
        self._wrote("DeleteProvisionedConcurrencyConfig20190930", function, answer)

    def settle(self) -> None:
        provisioned.settle(self._service)

    def _wrote(self, event: str, function: str, answer: Any) -> None:
        refused = provisioned.message_of(answer)
        if refused is not None:
            raise CapacityRefusedError(refused)
        role = f"assumed-role/{SERVICE_LINKED_ROLE}/{SESSION}"
        trail.record_event(
            self._account,
            self._region,
            event,
            function,
            arn=f"arn:aws:sts::{self._account}:{role}",
            agent=PRINCIPAL,
        )


_caller: list[str] = [""]
"""The access key of the request in hand: one at a time, because answering waits for nothing."""


def _keep_the_caller() -> None:
    app = target.module("ministack.app")
    handlers = target.demand(app, "SERVICE_HANDLERS", needed_for=_NEEDED_FOR)
    key_of = target.demand(
        target.module("ministack.core.router"), "extract_access_key_id", needed_for=_NEEDED_FOR
    )
    original = handlers[SERVICE]

    async def handle(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        _caller[0] = key_of(headers, query_params) or ""
        return await original(method, path, headers, body, query_params)

    handlers[SERVICE] = handle


def _check_caller(account: str, region: str, request: dict[str, Any]) -> None:
    """Refuse a caller who may not do what scaling would do for him, as AWS does."""
    place = f"{region}:{account}"
    function = f"arn:aws:lambda:{place}:{request['ResourceId']}"
    alarm = f"arn:aws:cloudwatch:{place}:alarm:"
    missing = [
        action
        for action in NEEDED + ALARMS
        if not _may(action, region, function if action in NEEDED else alarm)
    ]
    if missing:
        message = f"User is missing the following permissions: {', '.join(missing)}"
        raise services.Refusal("ValidationException", message)
    roles = target.module("ministack.services.iam")._roles
    if SERVICE_LINKED_ROLE in roles:
        return
    role = f"arn:aws:iam::{account}:role/aws-service-role/{PRINCIPAL}/{SERVICE_LINKED_ROLE}"
    if not _may("iam:CreateServiceLinkedRole", region, role, {"iam:AWSServiceName": PRINCIPAL}):
        raise services.Refusal("ValidationException", f"Unable to assume IAM role: {role}")
    iam = target.module("ministack.services.iam")
    iam._create_service_linked_role({"AWSServiceName": [PRINCIPAL]})


def _may(action: str, region: str, resource: str, more: dict[str, Any] | None = None) -> bool:
    evaluator = target.module("ministack.core.iam_evaluator")
    enforce = target.demand(evaluator, "enforce", needed_for=_NEEDED_FOR)
    service = action.partition(":")[0]
    refused = enforce(
        _caller[0], action, service, region, resource_arn=resource, service_context=more
    )
    return refused is None


def _tell_iam() -> None:
    """Let IAM know which target a write is about, and the condition keys of both services.

    Source: "Actions, resources, and condition keys" for AWS Application Auto Scaling and for AWS
    Identity and Access Management, Service Authorization Reference, read 2026-11-21.
    """
    actions = target.module("ministack.core.iam_actions")
    context_of = target.demand(actions, "request_tag_context", needed_for=_NEEDED_FOR)
    arn_of = target.demand(actions, "extract_resource_arn", needed_for=_NEEDED_FOR)

    def with_keys(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        found: dict[str, Any] = dict(context_of(service, action, body, params))
        if service == SERVICE:
            asked = json.loads(body or b"{}")
            for key, member in _KEYS.items():
                if member in asked:
                    found[f"{SERVICE}:{key}"] = asked[member]
        elif action == "iam:CreateServiceLinkedRole":
            named = params.get("AWSServiceName", "")
            found["iam:AWSServiceName"] = named[0] if isinstance(named, list) else named
        return found

    def with_target(service: str, *more: Any) -> Any:
        headers, body, region, account = more[2], more[3], more[5], more[6]
        name = str(headers.get("x-amz-target", "")).removeprefix(PREFIX)
        if service != SERVICE or name.startswith("Describe"):
            return arn_of(service, *more)
        resource = json.loads(body or b"{}").get("ResourceId", "")
        return _of(account, region).arn_of(resource)

    actions.request_tag_context = with_keys
    actions.extract_resource_arn = with_target


_KEYS = {"service-namespace": "ServiceNamespace", "scalable-dimension": "ScalableDimension"}


def _name_the_role() -> None:
    """The emulator makes up the names of service-linked roles; this one is known."""
    iam = target.module("ministack.services.iam")
    create = target.demand(iam, "_create_service_linked_role", needed_for=_NEEDED_FOR)
    roles = target.demand(iam, "_roles", needed_for=_NEEDED_FOR)
    for name in ("_p", "_error", "_xml", "_role_xml"):
        target.demand(iam, name, needed_for=_NEEDED_FOR)

    def create_named(params: Any) -> Any:
        if iam._p(params, "AWSServiceName") != PRINCIPAL:
            return create(params)
        if SERVICE_LINKED_ROLE in roles:
            message = (
                f"Service role name {SERVICE_LINKED_ROLE} has been taken in this account, please "
                "try a different suffix."
            )
            return iam._error(400, "InvalidInput", message, ns="iam")
        known = set(roles)
        create(params)
        (made,) = set(roles) - known
        role = roles.pop(made)
        role["Arn"] = role["Arn"].replace(made, SERVICE_LINKED_ROLE)
        roles[SERVICE_LINKED_ROLE] = {**role, "RoleName": SERVICE_LINKED_ROLE}
        told = f"<Role>{iam._role_xml(SERVICE_LINKED_ROLE)}</Role>"
        name = "CreateServiceLinkedRole"
        return iam._xml(200, f"{name}Response", f"<{name}Result>{told}</{name}Result>", ns="iam")

    iam._create_service_linked_role = create_named
    handlers = target.demand(iam, "_IAM_HANDLERS", needed_for=_NEEDED_FOR)
    handlers["CreateServiceLinkedRole"] = create_named
