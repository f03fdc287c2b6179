"""Which write was ours? CloudTrail, by the name of our session and the role it was opened with."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from trimtab.aws.errors import reading
from trimtab.aws.provisioned import resource_of
from trimtab.aws.provisioned_writes import TRAIL_EVENTS as PROVISIONED_EVENTS
from trimtab.aws.provisioned_writes import is_of_step
from trimtab.aws.routing import is_routing
from trimtab.aws.sessions import Clients
from trimtab.domain.arn import FunctionArn
from trimtab.domain.provisioned_step import ProvisionedStep
from trimtab.domain.step import (
    DeleteFunction,
    DeleteVersion,
    MoveAlias,
    PublishVersion,
    RemovalStep,
    SetMemory,
    SetReserved,
    SplitAlias,
    Step,
    UnsplitAlias,
)

TRAIL_EVENTS: Mapping[type[Step], tuple[str, ...]] = {
    SetMemory: ("UpdateFunctionConfiguration",),
    MoveAlias: ("UpdateAlias",),
    SplitAlias: ("UpdateAlias",),
    UnsplitAlias: ("UpdateAlias",),
    SetReserved: ("PutFunctionConcurrency", "DeleteFunctionConcurrency"),
    DeleteFunction: ("DeleteFunction2",),
    DeleteVersion: ("DeleteFunction2",),
    **PROVISIONED_EVENTS,
}
"""What CloudTrail calls these steps, before the version of the API that it appends.
Source: "Logging AWS Lambda API calls using AWS CloudTrail", AWS Lambda Developer Guide, read
2026-11: UpdateFunctionConfiguration20150331v2, UpdateAlias20150331, DeleteFunction20150331. The
digit keeps DeleteFunctionConcurrency from being taken for a deletion."""

TRAIL_SLACK = timedelta(minutes=5)
"""How far the clock of whoever recorded the intent may be ahead; chosen."""


class OurWrites:
    """What one session did to one function, as CloudTrail has it."""

    def __init__(
        self, function: FunctionArn, clients: Clients, *, session: str, change_role: str
    ) -> None:
        self._function = function
        self._clients = clients
        self._session = session
        self._change_role = change_role

    def made(self, step: Step, *, since: datetime) -> bool:
        """Ask CloudTrail for what our session did to this function."""
        wanted = TRAIL_EVENTS[type(step)]
        asked: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": self._session}],
            "StartTime": since - TRAIL_SLACK,
        }
        client = self._clients.client("cloudtrail")
        while True:
            with reading(f"cloudtrail:LookupEvents of session {self._session}"):
                page = client.lookup_events(**asked)
            for event in page["Events"]:
                if event["EventName"].startswith(wanted) and self._is_made(step, event):
                    return True
            if not page.get("NextToken"):
                return False
            asked["NextToken"] = page["NextToken"]

    def _is_made(self, step: Step, event: Mapping[str, Any]) -> bool:
        """Tell whether an event is this very step, and went through."""
        try:
            said = json.loads(event["CloudTrailEvent"])
        except ValueError:
            return False
        if not self._is_by_us(said.get("userIdentity") or {}):
            return False
        given = said.get("requestParameters") or {}
        if said.get("errorCode"):
            return False
        if isinstance(step, ProvisionedStep):
            whose = given.get("resourceId") == resource_of(self._function, step.qualifier)
            is_about = whose or self._is_named(str(given.get("functionName")))
            return is_about and is_of_step(step, event["EventName"], given)
        if not self._is_named(str(given.get("functionName"))):
            return False
        if isinstance(step, SetMemory):
            return bool(given.get("memorySize") == step.memory_mb)
        if isinstance(step, RemovalStep):
            return _is_removal(step, given)
        assert not isinstance(step, PublishVersion)
        return bool(given.get("name") == step.alias) and is_routing(step, given)

    def _is_by_us(self, identity: Mapping[str, Any]) -> bool:
        """Tell whether an identity is a session of the change role; anybody may name a session so.

        Source: "CloudTrail userIdentity element", AWS CloudTrail user guide, read 2026-11: the ARN
        of an assumed role, arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION.
        """
        ours = f":{self._function.account}:assumed-role/{self._change_role}/{self._session}"
        return str(identity.get("arn")).endswith(ours)

    def _is_named(self, name: str) -> bool:
        return name in (str(self._function), self._function.name)


def _is_removal(step: RemovalStep, given: Mapping[str, Any]) -> bool:
    if isinstance(step, DeleteFunction):
        return not given.get("qualifier")
    if isinstance(step, DeleteVersion):
        return bool(given.get("qualifier") == step.version)
    return bool(given.get("reservedConcurrentExecutions") == step.reserved)
