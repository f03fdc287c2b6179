"""Which rules and schedules of EventBridge call functions? All buses, all rules, all schedules."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from trimtab.aws.errors import reading
from trimtab.aws.sessions import Clients
from trimtab.domain.arn import FunctionArn, Target, with_qualifier
from trimtab.domain.errors import AccessDeniedError, InputError, NotFoundError, PermanentError
from trimtab.ports import Rule, Schedule

PER_PAGE = 100
"""Source: EventBridge and EventBridge Scheduler API, Limit and MaxResults at most 100 (botocore
1.44.5)."""

MOST_RULES = 3_000
"""A call each. Chosen: ten event buses as full as they are by default, with 300 rules each.

Source: "Amazon EventBridge quotas", EventBridge User Guide, read 2026-11-21.
"""

MOST_SCHEDULES = 20_000
"""Listed 100 a call; chosen. An account may have a million: those of single events, mostly."""

BY_THE_API = ":::aws-sdk:lambda:invoke"
"""How the ARN of a universal target ends that calls the API of Lambda.

Source: "Using universal targets", EventBridge Scheduler User Guide, read 2026-11-21.
"""


class EventReader:
    """Reads a target's rules once, whoever asks."""

    def __init__(self, target: Target, clients: Clients) -> None:
        self._target = target
        self._clients = clients
        self._rules: tuple[Rule, ...] | None = None
        self._listed: tuple[Mapping[str, Any], ...] | None = None
        self._read: dict[str, Schedule | None] = {}

    def rules(self) -> tuple[Rule, ...]:
        """Raises: OutsideError; PermanentError when there are more than `MOST_RULES`."""
        if self._rules is None:
            client = self._clients.client("events")
            listed: list[Mapping[str, Any]] = []
            for bus in self._buses(client):
                listed += self._on(client, bus)
                if len(listed) > MOST_RULES:
                    raise PermanentError(
                        f"events:ListRules in {self._target}: more than {MOST_RULES} rules, "
                        "and the targets of each are a call; they are not read"
                    )
            self._rules = tuple(self._rule(client, raw) for raw in listed)
        return self._rules

    def _buses(self, client: Any) -> Iterator[str]:
        for page in self._pages(client.list_event_buses, "events:ListEventBuses", Limit=PER_PAGE):
            yield from (bus["Name"] for bus in page["EventBuses"])

    def _on(self, client: Any, bus: str) -> Iterator[Mapping[str, Any]]:
        pages = self._pages(client.list_rules, "events:ListRules", Limit=PER_PAGE, EventBusName=bus)
        for page in pages:
            yield from ({**raw, "EventBusName": bus} for raw in page["Rules"])

    def _rule(self, client: Any, raw: Mapping[str, Any]) -> Rule:
        """Ask for the targets of a rule; one that is gone since has none."""
        pages = self._pages(
            client.list_targets_by_rule,
            "events:ListTargetsByRule",
            Limit=PER_PAGE,
            Rule=raw["Name"],
            EventBusName=raw["EventBusName"],
        )
        try:
            arns = [target["Arn"] for page in pages for target in page["Targets"]]
        except NotFoundError:
            arns = []
        return Rule(
            name=raw["Name"],
            state=raw.get("State", ""),
            schedule=raw.get("ScheduleExpression") or None,
            functions=frozenset(f for f in map(function_in, arns) if f is not None),
            targets=frozenset(arn for arn in arns if function_in(arn) is not None),
            bus=raw["EventBusName"],
        )

    def schedules(self, functions: Collection[FunctionArn]) -> tuple[Schedule, ...]:
        """Raises: OutsideError; PermanentError when there are more than `MOST_SCHEDULES`."""
        client = self._clients.client("scheduler")
        found: list[Schedule] = []
        for raw in self._listing(client):
            arn = raw["Target"]["Arn"]
            if arn.endswith(BY_THE_API) or function_in(arn) in functions:
                if raw["Arn"] not in self._read:
                    self._read[raw["Arn"]] = self._schedule(client, raw)
                schedule = self._read[raw["Arn"]]
                found += [] if schedule is None else [schedule]
        return tuple(found)

    def _listing(self, client: Any) -> tuple[Mapping[str, Any], ...]:
        """List the schedules once, whoever asks."""
        if self._listed is None:
            what = "scheduler:ListSchedules"
            listed: list[Mapping[str, Any]] = []
            pages = self._pages(client.list_schedules, what, MaxResults=PER_PAGE)
            for number, page in enumerate(pages, start=1):
                if number * PER_PAGE > MOST_SCHEDULES:
                    raise PermanentError(
                        f"{what} in {self._target}: more than {MOST_SCHEDULES} "
                        "schedules; they are not read"
                    )
                listed += page["Schedules"]
            self._listed = tuple(listed)
        return self._listed

    def _schedule(self, client: Any, raw: Mapping[str, Any]) -> Schedule | None:
        """Ask for one schedule, but not for a disabled one whose function is known; None: gone.

        The read role may not decrypt, so one under a key of the customer is refused.
        """
        is_enabled = raw["State"] == "ENABLED"
        answer: Mapping[str, Any] = {}
        named = with_qualifier(raw["Target"]["Arn"])
        if is_enabled or named is None:
            try:
                with reading(f"scheduler:GetSchedule {raw['Arn']}"):
                    answer = client.get_schedule(Name=raw["Name"], GroupName=raw["GroupName"])
            except NotFoundError:
                return None
            except AccessDeniedError:
                pass
        function, qualifier = named or _named_in(answer, raw["Arn"]) or (None, None)
        return Schedule(
            name=raw["Name"],
            is_enabled=is_enabled,
            function=function,
            expression=answer.get("ScheduleExpression"),
            ends_at=answer.get("EndDate"),
            qualifier=qualifier,
            zone=answer.get("ScheduleExpressionTimezone") or "UTC",
            starts_at=answer.get("StartDate"),
            changed_at=raw.get("LastModificationDate"),
            role=(answer.get("Target") or {}).get("RoleArn"),
        )

    def _pages(self, method: Any, what: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
        while True:
            with reading(f"{what} in {self._target}"):
                page = method(**asked)
            yield page
            if not page.get("NextToken"):
                return
            asked["NextToken"] = page["NextToken"]


def _named_in(answer: Mapping[str, Any], schedule: str) -> tuple[FunctionArn, str | None] | None:
    """Read the function that an input names: by ARN, or by name where the schedule is."""
    try:
        name = json.loads((answer.get("Target") or {}).get("Input") or "")["FunctionName"]
    except (ValueError, KeyError, TypeError):
        return None
    partition, _, region, account = schedule.split(":")[1:5]
    own = f"arn:{partition}:lambda:{region}:{account}:function:"
    return with_qualifier(str(name)) or with_qualifier(f"{own}{name}")


def function_in(arn: str) -> FunctionArn | None:
    """Return the function that an ARN names, without its qualifier; None: it is something else."""
    try:
        return FunctionArn.parse(arn)
    except InputError:
        return None
