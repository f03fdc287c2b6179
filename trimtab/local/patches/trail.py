"""Who wrote which function? CloudTrail's event history, kept of what was really called.

The emulator can keep events, but names operations otherwise than AWS, answers one page and knows
no session names. Kept here are the calls that write a function, refused ones too, with the user
agent they came with. What a stack creates is not called through the API and leaves no event.
Source: design notes of `trimtab/aws/trail.py`, which reads it.
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from typing import Any
from urllib.parse import unquote

from trimtab.local.patches import target

_NEEDED_FOR = "CloudTrail's event history"
_PATH = re.compile(r"/20\d\d-\d\d-\d\d/functions(/(?P<name>[^/]+)(?P<rest>/.*)?)?/?")
_NAMES = {
    ("POST", ""): "CreateFunction20150331",
    ("DELETE", ""): "DeleteFunction20150331",
    ("PUT", "/code"): "UpdateFunctionCode20150331v2",
    ("PUT", "/configuration"): "UpdateFunctionConfiguration20150331v2",
    ("POST", "/versions"): "PublishVersion20150331",
    ("POST", "/aliases"): "CreateAlias20150331",
    ("PUT", "/aliases/"): "UpdateAlias20150331",
    ("PUT", "/concurrency"): "PutFunctionConcurrency20171031",
    ("DELETE", "/concurrency"): "DeleteFunctionConcurrency20171031",
    ("PUT", "/provisioned-concurrency"): "PutProvisionedConcurrencyConfig20190930",
    ("DELETE", "/provisioned-concurrency"): "DeleteProvisionedConcurrencyConfig20190930",
}
"""Method and what follows the function in the path -> the event, with the version of the API."""

_PAGE = 50
_Event = dict[str, Any]
_events: dict[tuple[str, str], list[_Event]] = defaultdict(list)
"""By account and region, oldest first."""


def apply() -> None:
    """Record writes of functions, and answer LookupEvents from them."""
    app = target.module("ministack.app")
    service = target.module("ministack.services.cloudtrail")
    answers = target.demand(service, "_DISPATCH", needed_for=_NEEDED_FOR)
    target.replace(app, "_maybe_record_cloudtrail", _recorder(), needed_for=_NEEDED_FOR)
    responses = target.module("ministack.core.responses")
    answers["LookupEvents"] = lambda body: _look_up(
        service, _events[responses.get_account_id(), responses.get_region()], body
    )


def _recorder() -> Any:
    responses = target.module("ministack.core.responses")
    sessions = target.demand(
        target.module("ministack.services.sts"), "_sessions", needed_for=_NEEDED_FOR
    )
    key_of = target.demand(
        target.module("ministack.core.router"), "extract_access_key_id", needed_for=_NEEDED_FOR
    )

    def record(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        request_id: str,
        region: str,
    ) -> None:
        call = _call(method, path, body) if service == "lambda" else None
        if call is None:
            return
        event, function = call
        key = key_of(headers, query_params) or ""
        arn = str(sessions.get(key, {}).get("Arn", ""))
        agent = headers.get("user-agent", "")
        account = responses.get_account_id()
        _events[account, region].append(
            _event(event, function, arn=arn, agent=agent, event_id=request_id)
        )

    return record


def record_event(
    account: str, region: str, name: str, function: str, *, arn: str, agent: str
) -> None:
    """Keep a write that a service made by itself, so that no request shows it."""
    events = _events[account, region]
    event_id = f"by-service-{len(events)}"
    events.append(_event(name, function, arn=arn, agent=agent, event_id=event_id))


def _call(method: str, path: str, body: bytes) -> tuple[str, str] | None:
    """Return the event and the function as the caller named it; None: no write of a function."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    rest = match["rest"] or ""
    if rest.startswith("/aliases/"):
        rest = "/aliases/"
    name = match["name"]
    event = _NAMES.get((method, rest)) if name or not rest else None
    if event is None:
        return None
    if name is None:
        return event, str(json.loads(body or b"{}").get("FunctionName", ""))
    return event, unquote(name)


def _event(name: str, function: str, *, arn: str, agent: str, event_id: str) -> _Event:
    at = time.time()
    session = arn.rpartition("/")[2] or "root"
    document = {
        "eventName": name,
        "eventSource": "lambda.amazonaws.com",
        "userAgent": agent,
        "userIdentity": {"type": "AssumedRole" if arn else "Root", "arn": arn},
        "requestParameters": {"functionName": function},
        "eventID": event_id,
        "readOnly": False,
    }
    return {
        "EventId": event_id,
        "EventName": name,
        "EventSource": "lambda.amazonaws.com",
        "EventTime": at,
        "ReadOnly": "false",
        "Username": session,
        "Resources": [{"ResourceType": "AWS::Lambda::Function", "ResourceName": function}],
        "CloudTrailEvent": json.dumps(document),
    }


def _look_up(service: Any, events: list[_Event], body: dict[str, Any]) -> Any:
    """One page, newest first; moments are seconds since 1970."""
    attributes = body.get("LookupAttributes") or ()
    start, end = float(body.get("StartTime") or 0), float(body.get("EndTime") or time.time())
    found = [
        event
        for event in reversed(events)
        if start <= event["EventTime"] <= end
        and all(_has(event, a["AttributeKey"], a["AttributeValue"]) for a in attributes)
    ]
    at = int(body.get("NextToken") or 0)
    stop = at + int(body.get("MaxResults") or _PAGE)
    more = {"NextToken": str(stop)} if stop < len(found) else {}
    return service._ok({"Events": found[at:stop], **more})


def _has(event: _Event, key: str, value: str) -> bool:
    if key in ("ResourceName", "ResourceType"):
        return any(resource[key] == value for resource in event["Resources"])
    return bool(event.get(key) == value)
