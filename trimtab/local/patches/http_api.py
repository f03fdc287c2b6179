"""What does a Lambda behind an HTTP API see of cookies, and a caller of its failure?

Payload format 2.0 carries cookies as the list ``event.cookies`` and not as a header; the
emulator passes the header only. A function that fails is a plain 500 to the caller; the
emulator answers 502 with the stack trace. Source: "Create AWS Lambda proxy integrations for
HTTP APIs", Amazon API Gateway developer guide,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
read 2026-11-21.
"""

from __future__ import annotations

from typing import Any

from trimtab.local.patches import target

_FAILED = {
    "statusCode": 500,
    "headers": {"content-type": "application/json"},
    "body": '{"message":"Internal Server Error"}',
}


def apply() -> None:
    """Move the cookie header into the event's ``cookies``, and hide why a function failed."""
    gateway = target.module("ministack.services.apigateway")
    original = target.demand(gateway, "run_reentrant", needed_for="event.cookies")
    target.demand(gateway, "_invoke_lambda_proxy", needed_for="event.cookies")

    async def with_cookies(function: Any, *arguments: Any, **options: Any) -> Any:
        event: Any = arguments[-1] if arguments else None
        if not _is_request(event):
            return await original(function, *arguments, **options)
        header = event["headers"].pop("cookie", None)
        if header is not None:
            parts = (part.strip() for part in header.split(";"))
            event["cookies"] = [part for part in parts if part]
        result = await original(function, *arguments, **options)
        return {"body": _FAILED} if result.get("error") and not result.get("throttle") else result

    gateway.run_reentrant = with_cookies


def _is_request(event: Any) -> bool:
    return (
        isinstance(event, dict)
        and event.get("version") == "2.0"
        and isinstance(event.get("headers"), dict)
    )
