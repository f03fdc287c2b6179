"""Who wrote a function, and with which tool? CloudTrail's event history, asked sparingly.

LookupEvents takes one attribute, so reads and writes come mixed: a function that is read often
has many pages. Asked is the newest page, and one page around its last write where that was cut off.
Lambda events name a function as the caller did, by name or by ARN: both are looked up.
Source: "LookupEvents", AWS CloudTrail API reference,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html, and a recorded
UpdateFunctionCode20150331v2 whose functionName is an ARN, Stratus Red Team,
aws.persistence.lambda-overwrite-code, both read 2026-11-21.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import PermanentError
from trimtab.ports import FunctionWrite

HISTORY = timedelta(days=90)
"""How far event history reaches back. Source: LookupEvents, as above."""

PAGE = 50
"""Events a call answers at most. Source: LookupEvents, as above."""

AROUND = timedelta(minutes=1)
"""How far the event of a write may be from the LastModified it left; chosen, not measured."""

_WRITE = re.compile(
    r"(CreateFunction|UpdateFunctionCode|UpdateFunctionConfiguration|PublishVersion|CreateAlias"
    r"|UpdateAlias|PutFunctionConcurrency|PutProvisionedConcurrencyConfig"
    r"|DeleteProvisionedConcurrencyConfig)(20\d{6}(v\d)?)?"
)
"""Lambda events carry the version of its API, which AWS once meant to drop. Source: "Logging AWS
Lambda API calls using AWS CloudTrail", Lambda developer guide, and
github.com/SummitRoute/aws_breaking_changes/issues/53, read 2026-11-21."""

SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency"
"""What scales provisioned concurrency by itself, on a schedule: it decides nothing. Source:
"AWS Lambda and Application Auto Scaling", Application Auto Scaling User Guide, read 2026-11-21."""


def last_writers(
    client: Any, function: FunctionArn, *, written_at: datetime, now: datetime
) -> tuple[FunctionWrite, ...]:
    """Return what the history shows of writes to one function, newest first; the last of them was
    at `written_at`.

    A refused write counts too: whoever tried holds the function in its code. Nothing found proves
    nothing. Raises: OutsideError.
    """
    found: dict[str, FunctionWrite] = {}
    for name in (str(function), function.name):
        for event in _events(client, name, written_at, now=now):
            write = _write_of(event, function)
            if write is not None:
                found[event["EventId"]] = write
    return tuple(sorted(found.values(), key=lambda write: write.at, reverse=True))


def _events(
    client: Any, name: str, written_at: datetime, *, now: datetime
) -> Sequence[Mapping[str, Any]]:
    newest = _page(client, name, start=now - HISTORY, end=now)
    events: list[Mapping[str, Any]] = list(newest["Events"])
    seen_since = min((event["EventTime"] for event in events), default=now)
    if newest.get("NextToken") and now - HISTORY < written_at < seen_since:
        around = _page(client, name, start=written_at - AROUND, end=written_at + AROUND)
        events += around["Events"]
    return events


def _page(client: Any, name: str, *, start: datetime, end: datetime) -> Mapping[str, Any]:
    with reading(f"cloudtrail:LookupEvents of {name}"):
        page: Mapping[str, Any] = client.lookup_events(
            LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}],
            StartTime=start,
            EndTime=end,
            MaxResults=PAGE,
        )
    return page


def _write_of(event: Mapping[str, Any], function: FunctionArn) -> FunctionWrite | None:
    """Read one event; None when it is no write, or one of something else of the same name."""
    match = _WRITE.fullmatch(event.get("EventName", ""))
    if match is None or event.get("EventSource") != "lambda.amazonaws.com":
        return None
    document = _document(event, function)
    if not _is_named(function, (document.get("requestParameters") or {}).get("functionName")):
        return None
    identity = document.get("userIdentity") or {}
    if SCALING_ROLE in str(identity.get("arn")):
        return None
    return FunctionWrite(
        event=match[1],
        at=event["EventTime"].astimezone(UTC),
        user_agent=str(document.get("userAgent") or ""),
        invoked_by=str(identity.get("invokedBy") or ""),
        session=str(event.get("Username") or ""),
    )


def _document(event: Mapping[str, Any], function: FunctionArn) -> Mapping[str, Any]:
    try:
        document = json.loads(event["CloudTrailEvent"])
    except (KeyError, ValueError):
        document = None
    if not isinstance(document, Mapping):
        raise PermanentError(
            f"cloudtrail:LookupEvents of {function}: event {event.get('EventId')} cannot be read; "
            "look it up by hand in the event history"
        )
    return document


def _is_named(function: FunctionArn, said: object) -> bool:
    """Tell whether a request is about this function: by its name, its ARN or the end of that."""
    named = rf"(.*:function:)?{re.escape(function.name)}(:[^:]+)?"
    return isinstance(said, str) and re.fullmatch(named, said) is not None
