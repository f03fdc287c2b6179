"""Which services does the emulator lack, and who answers for them?

Small fakes of our own for the few calls Trimtab makes: Compute Optimizer, Service Quotas,
Security Hub, the Price List and CodeDeploy; `scaling` serves Application Auto Scaling the same way.
Each checks IAM like every other service. What they answer is seeded through the control endpoint;
unseeded they answer like an account that never switched the service on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from trimtab.local.patches import control, target

Operation = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""Account, region and request in; answer out; raises ``Refusal``."""

PAGE = 100

_optimizer: dict[tuple[str, str], dict[str, Any]] = {}
_quotas: dict[tuple[str, str, str], float] = {}
_findings: dict[tuple[str, str], list[dict[str, Any]]] = {}


class Refusal(Exception):
    """A service error: its code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def apply() -> None:
    """Register the fakes with routing, IAM and the control endpoint."""
    serve(
        "compute-optimizer", prefix="ComputeOptimizerService.",
        operations={
            "GetLambdaFunctionRecommendations": _recommendations,
            "GetEnrollmentStatus": _enrollment,
        },
    )  # fmt: skip
    serve("servicequotas", prefix="ServiceQuotasV20190624.", operations={"GetServiceQuota": _quota})
    serve(
        "codedeploy",
        prefix="CodeDeploy_20141006.",
        operations={"ListDeployments": lambda *_: {"deployments": []}},
    )
    serve("pricing", prefix="AWSPriceListService.", operations={"GetProducts": _products})
    serve("securityhub", prefix=None, operations={"/findings/import": _import_findings})
    _check_imports()
    control.register("compute-optimizer", _seed_optimizer)
    control.register("service-quota", _seed_quota)
    control.register(
        "security-hub",
        lambda body: {"Findings": _findings.get((body["Account"], body["Region"]), [])},
    )


def _check_imports() -> None:
    """Let IAM know which action an import is, and that it is about a product.

    Source: "Actions, resources, and condition keys for AWS Security Hub", Service Authorization
    Reference, read 2026-11-21.
    """
    actions = target.module("ministack.core.iam_actions")
    needed_for = "imports of findings"
    models = target.demand(actions, "_BOTOCORE_SERVICE_MAP", needed_for=needed_for)
    original = target.demand(actions, "extract_resource_arn", needed_for=needed_for)
    models.setdefault("securityhub", ["securityhub"])

    def with_product(
        service: str, method: str, path: str, headers: Any, body: bytes, *more: Any, **named: Any
    ) -> Any:
        if service == "securityhub" and path == "/findings/import":
            return json.loads(body)["Findings"][0]["ProductArn"]
        return original(service, method, path, headers, body, *more, **named)

    actions.extract_resource_arn = with_product


def serve(service: str, *, prefix: str | None, operations: dict[str, Operation]) -> None:
    """Answer the operations of a service, which the emulator then routes to and checks."""
    app, router = target.module("ministack.app"), target.module("ministack.core.router")
    responses = target.module("ministack.core.responses")
    needed_for = f"the {service} fake"
    actions = target.demand(
        target.module("ministack.core.iam_actions"),
        "SERVICE_TO_IAM_NAMESPACE",
        needed_for=needed_for,
    )
    target.demand(router, "SERVICE_PATTERNS", needed_for=needed_for)
    target.demand(app, "SERVICE_HANDLERS", needed_for=needed_for)

    async def handle(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        del method, query_params
        name = path if prefix is None else str(headers.get("x-amz-target", "")).removeprefix(prefix)
        content_type = headers.get("content-type") or "application/json"
        try:
            if name not in operations:
                raise Refusal(
                    "InvalidAction", f"The local {service} fake does not answer {name!r}."
                )
            answer = operations[name](
                responses.get_account_id(), responses.get_region(), json.loads(body or b"{}")
            )
        except Refusal as refusal:
            error = {"__type": refusal.code, "message": refusal.message}
            return (
                refusal.status,
                {"Content-Type": content_type, "x-amzn-errortype": refusal.code},
                json.dumps(error).encode(),
            )
        return 200, {"Content-Type": content_type}, json.dumps(answer).encode()

    app.SERVICE_HANDLERS[service] = handle
    router.SERVICE_PATTERNS[service] = {
        "target_prefixes": [] if prefix is None else [prefix],
        "host_patterns": [],
        "credential_scope": service,
    }
    actions.setdefault(service, service)


def _seed_optimizer(body: dict[str, Any]) -> dict[str, Any]:
    """Status (as GetEnrollmentStatus gives it) and recommendations of an account and region."""
    _optimizer[(body["Account"], body["Region"])] = {
        "status": body.get("Status", "Active"),
        "recommendations": list(body.get("Recommendations", ())),
    }
    return {}


def _enrollment(account: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
    del request
    return {"status": _optimizer.get((account, region), {"status": "Inactive"})["status"]}


def _recommendations(account: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for asked in request.get("accountIds") or [account]:
        seeded = _optimizer.get((asked, region))
        if seeded is None or seeded["status"] != "Active":
            raise Refusal(
                "OptInRequiredException",
                f"Account {asked} is not registered for recommendations.",
                403,
            )
        rows.extend(seeded["recommendations"])
    arns = request.get("functionArns")
    if arns:
        rows = [
            row
            for row in rows
            if row["functionArn"] in arns or row["functionArn"].rsplit(":", 1)[0] in arns
        ]
    for rule in request.get("filters") or ():
        member = {"Finding": "finding", "FindingReasonCode": "findingReasonCodes"}[rule["name"]]
        rows = [row for row in rows if _matches(row.get(member), rule["values"])]
    start = int(request.get("nextToken") or 0)
    stop = start + min(int(request.get("maxResults") or PAGE), PAGE)
    answer: dict[str, Any] = {"lambdaFunctionRecommendations": rows[start:stop]}
    if stop < len(rows):
        answer["nextToken"] = str(stop)
    return answer


def _matches(found: Any, wanted: list[str]) -> bool:
    return bool(set(found if isinstance(found, list) else [found]) & set(wanted))


def _seed_quota(body: dict[str, Any]) -> dict[str, Any]:
    _quotas[(body["Account"], body["ServiceCode"], body["QuotaCode"])] = float(body["Value"])
    return {}


def _products(account: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
    """An empty list: the hub then judges by the prices it brings along."""
    del account, region, request
    return {"FormatVersion": "aws_v1", "PriceList": []}


def _quota(account: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
    value = _quotas.get((account, request["ServiceCode"], request["QuotaCode"]))
    if value is None:
        raise Refusal(
            "NoSuchResourceException",
            f"No quota {request['QuotaCode']} for {request['ServiceCode']}.",
        )
    arn = (
        f"arn:aws:servicequotas:{region}:{account}:{request['ServiceCode']}/{request['QuotaCode']}"
    )
    return {"Quota": {**request, "QuotaArn": arn, "Value": value}}


def _import_findings(account: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
    imported = {finding["Id"]: finding for finding in _findings.get((account, region), [])}
    imported.update({finding["Id"]: finding for finding in request["Findings"]})
    _findings[(account, region)] = list(imported.values())
    return {"SuccessCount": len(request["Findings"]), "FailedCount": 0, "FailedFindings": []}
