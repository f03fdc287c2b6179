"""Which IAM action does a call to Lambda need, and on what?

The emulator goes by the last word of the path and takes UpdateAlias for ListAliases and
ListProvisionedConcurrencyConfigs for GetFunction, so a role that may not move an alias could. Here
the operation is found in botocore's own model of Lambda, as the emulator does for other services;
the action has the operation's name but for the exceptions below. CreateFunction names its function
in the body: the emulator asks for the permission on everything, AWS on that function.
"""

from __future__ import annotations

import json
from typing import Any

from trimtab.local.patches import target

ACTIONS = {
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}
"""Source: "Actions, resources, and condition keys for AWS Lambda", Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html,
read 2026-11-21."""


def apply() -> None:
    """Find Lambda's operations by its model."""
    actions = target.module("ministack.core.iam_actions")
    needed_for = "Lambda's IAM actions"
    models = target.demand(actions, "_BOTOCORE_SERVICE_MAP", needed_for=needed_for)
    match = target.demand(actions, "_match_rest_action", needed_for=needed_for)
    original = target.demand(actions, "extract_iam_action", needed_for=needed_for)
    models.setdefault("lambda", ["lambda"])

    def by_the_model(
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any
    ) -> str | None:
        if service == "lambda":
            operation = match(service, method, path, query_params)
            if operation is not None:
                return f"lambda:{ACTIONS.get(operation, operation)}"
        found: str | None = original(service, method, path, headers, body, query_params)
        return found

    actions.extract_iam_action = by_the_model
    _name_what_is_created(actions)


def _name_what_is_created(actions: Any) -> None:
    original = target.demand(actions, "extract_resource_arn", needed_for="CreateFunction")

    def with_the_body(
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> str:
        created = (
            service == "lambda" and method == "POST" and path.rstrip("/").endswith("/functions")
        )
        if created:
            name = str(json.loads(body or b"{}").get("FunctionName", ""))
            own = f"arn:aws:lambda:{region}:{account_id}:function:{name}"
            return name if name.startswith("arn:") else own
        found: str = original(
            service, method, path, headers, body, query_params, region, account_id
        )
        return found

    actions.extract_resource_arn = with_the_body
