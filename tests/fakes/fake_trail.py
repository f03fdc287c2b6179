"""Who wrote what, and with which tool? CloudTrail's event history of one account and region."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.clock import FakeClock
from tests.fakes.failures import FailingClient, client_error
from trimtab.domain.arn import Target

Raw = dict[str, Any]

CHANGE_ROLE = "trimtab-change"
"""Whose sessions write."""

HISTORY = timedelta(days=90)
"""How far back event history reaches. Source: AWS CloudTrail API reference, LookupEvents."""

ATTRIBUTES = ("EventName", "EventSource", "Username", "ReadOnly")
"""Looked up as they stand at an event; ResourceName and ResourceType are looked up inside it."""


class FakeTrail(FailingClient):
    """LookupEvents: newest first, one lookup attribute, 50 events a page, 90 days back."""

    def __init__(self, target: Target, clock: FakeClock, *, events_per_page: int = 50) -> None:
        super().__init__()
        self._clock = clock
        self._account = target.account
        self._region = target.region
        self._events_per_page = events_per_page
        self._events: list[Raw] = []

    def put(
        self,
        name: str,
        *,
        at: datetime,
        username: str = "somebody",
        role: str = "role",
        user_agent: str = "console.amazonaws.com",
        function: str | None = None,
        request: Mapping[str, Any] | None = None,
        resources: Sequence[str] | None = None,
        source: str = "lambda.amazonaws.com",
        source_ip: str = "203.0.113.7",
        is_read_only: bool = False,
        error_code: str | None = None,
        **more: Any,
    ) -> Raw:
        """Record one event; `username` is the session name of an assumed `role`.

        `function` is what requestParameters.functionName holds: a name or an ARN. `resources`
        default to it. `more` goes into the CloudTrailEvent document as it is.
        """
        asked = dict(request or {}) | ({} if function is None else {"functionName": function})
        named = ([] if function is None else [function]) if resources is None else list(resources)
        event_id = f"00000000-0000-4000-8000-{len(self._events):012d}"
        document = self._identity(role, username) | {
            "eventTime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": source,
            "eventName": name,
            "sourceIPAddress": source_ip,
            "userAgent": user_agent,
            "requestParameters": asked or None,
            "responseElements": None,
            "eventID": event_id,
            "readOnly": is_read_only,
        }
        if error_code is not None:
            document |= {"errorCode": error_code, "errorMessage": f"{error_code} on purpose"}
        event = {
            "EventId": event_id,
            "EventName": name,
            "ReadOnly": str(is_read_only).lower(),
            "EventTime": at,
            "EventSource": source,
            "Username": username,
            "Resources": [
                {"ResourceType": "AWS::Lambda::Function", "ResourceName": resource}
                for resource in named
            ],
            "CloudTrailEvent": json.dumps(document | more, default=str),
        }
        self._events.append(event)
        return event

    def _identity(self, role: str, username: str) -> Raw:
        """What every document holds, whatever was called."""
        return {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole",
                "arn": f"arn:aws:sts::{self._account}:assumed-role/{role}/{username}",
                "accountId": self._account,
            },
            "awsRegion": self._region,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self._account,
            "eventCategory": "Management",
        }

    def put_raw(self, event: Mapping[str, Any]) -> None:
        """Record an event as it is, such as one whose document cannot be read."""
        self._events.append(dict(event))

    def lookup_events(
        self,
        LookupAttributes: Sequence[Mapping[str, str]] = (),
        StartTime: datetime | None = None,
        EndTime: datetime | None = None,
        MaxResults: int = 50,
        NextToken: str | None = None,
    ) -> Raw:
        def work() -> Raw:
            _check(LookupAttributes, StartTime, EndTime, MaxResults)
            oldest = self._clock.now() - HISTORY
            found = [
                event
                for event in sorted(self._events, key=lambda e: e["EventTime"], reverse=True)
                if all(_has(event, **attribute) for attribute in LookupAttributes)
                and max(StartTime or oldest, oldest) <= event["EventTime"]
                and event["EventTime"] <= (EndTime or self._clock.now())
            ]
            at = int(NextToken or 0)
            end = at + min(MaxResults, self._events_per_page)
            return {"Events": found[at:end]} | ({"NextToken": str(end)} if end < len(found) else {})

        return self.run("LookupEvents", work)


def _has(event: Raw, AttributeKey: str, AttributeValue: str) -> bool:
    if AttributeKey in ("ResourceName", "ResourceType"):
        return any(resource[AttributeKey] == AttributeValue for resource in event["Resources"])
    return bool(event[AttributeKey] == AttributeValue)


def _check(
    attributes: Sequence[Mapping[str, str]],
    start: datetime | None,
    end: datetime | None,
    most: int,
) -> None:
    known = (*ATTRIBUTES, "ResourceName", "ResourceType")
    if len(attributes) > 1 or any(a["AttributeKey"] not in known for a in attributes):
        raise client_error(
            "InvalidLookupAttributesException",
            "You can specify only one valid lookup attribute.",
            "LookupEvents",
            status=400,
        )
    if not 1 <= most <= 50:
        raise client_error(
            "InvalidMaxResultsException", "MaxResults is 1 to 50.", "LookupEvents", status=400
        )
    if start is not None and end is not None and start > end:
        raise client_error(
            "InvalidTimeRangeException", "StartTime is after EndTime.", "LookupEvents", status=400
        )
