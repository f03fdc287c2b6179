"""Which identity may a role send email as? AWS authorizes SendEmail on the sender's identity.

The emulator checks it on '*' and knows no ``ses:FromAddress``, so that a least-privilege statement
would be refused.
"""

from __future__ import annotations

import json
from email.utils import parseaddr
from typing import Any

from trimtab.local.patches import target

PATH = "/v2/email/outbound-emails"
ACTION = "ses:SendEmail"


def apply() -> None:
    """Name the resource of SendEmail, and the address it is sent from."""
    needed_for = "permission to send email"
    actions = target.module("ministack.core.iam_actions")
    resource = target.demand(actions, "_ses_v2_resource_arn", needed_for=needed_for)
    app = target.module("ministack.app")
    enforce = target.demand(app, "_enforce_data_plane", needed_for=needed_for)

    def named_resource(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        if method == "POST" and path.rstrip("/") == PATH:
            return f"arn:aws:ses:{region}:{account_id}:identity/{_sender(body)}"
        return str(resource(method, path, body, region, account_id))

    def with_sender(service: str, iam_action: str, *more: Any, **named: Any) -> Any:
        if iam_action == ACTION:
            address = str(named.get("resource_arn", "")).rpartition("/")[2]
            named["service_context"] = {"ses:FromAddress": address}
        return enforce(service, iam_action, *more, **named)

    actions._ses_v2_resource_arn = named_resource
    app._enforce_data_plane = with_sender


def _sender(body: bytes) -> str:
    """The plain address of the request's sender; '*' where it names none."""
    try:
        named = json.loads(body or b"{}").get("FromEmailAddress", "")
    except (ValueError, AttributeError):
        return "*"
    return parseaddr(str(named))[1] or "*"
