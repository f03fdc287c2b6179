"""How do EventBridge and its Scheduler answer? Rules on buses, their targets, and schedules."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.fakes.clock import NOW
from tests.fakes.failures import FailingClient, client_error
from trimtab.domain.arn import Target

Raw = dict[str, Any]

LISTED = ("Arn", "Name", "GroupName", "State", "LastModificationDate")

BY_THE_API = "arn:aws:scheduler:::aws-sdk:lambda:invoke"


def _page(key: str, items: Sequence[Raw], token: str, size: int) -> Raw:
    at = int(token)
    more = {"NextToken": str(at + size)} if at + size < len(items) else {}
    return {key: list(items[at : at + size])} | more


class FakeEvents(FailingClient):
    """The rules of one account and region. The default bus is always there."""

    def __init__(self, target: Target, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._here = f"{target.region}:{target.account}"
        self._rules: dict[str, dict[str, Raw]] = {"default": {}}
        self._targets: dict[tuple[str, str], list[Raw]] = {}

    def put_rule(
        self,
        name: str,
        *targets: object,
        schedule: str | None = None,
        state: str = "ENABLED",
        bus: str = "default",
    ) -> None:
        """Add a rule with the ARNs of its targets."""
        path = name if bus == "default" else f"{bus}/{name}"
        how = {"EventPattern": "{}"} if schedule is None else {"ScheduleExpression": schedule}
        rule = {
            "Name": name,
            "Arn": f"arn:aws:events:{self._here}:rule/{path}",
            "State": state,
            "EventBusName": bus,
        }
        self._rules.setdefault(bus, {})[name] = rule | how
        self._targets[bus, name] = [{"Id": str(n), "Arn": str(t)} for n, t in enumerate(targets)]

    def forget(self, name: str, bus: str = "default") -> None:
        del self._rules[bus][name], self._targets[bus, name]

    def list_event_buses(self, Limit: int = 100, NextToken: str = "0") -> Raw:
        buses = [
            {"Name": b, "Arn": f"arn:aws:events:{self._here}:event-bus/{b}"} for b in self._rules
        ]
        size = min(Limit, self._page)
        return self.run("ListEventBuses", lambda: _page("EventBuses", buses, NextToken, size))

    def list_rules(
        self, EventBusName: str = "default", Limit: int = 100, NextToken: str = "0"
    ) -> Raw:
        rules = list(self._rules[EventBusName].values())
        size = min(Limit, self._page)
        return self.run("ListRules", lambda: _page("Rules", rules, NextToken, size))

    def list_targets_by_rule(
        self, Rule: str, EventBusName: str = "default", Limit: int = 100, NextToken: str = "0"
    ) -> Raw:
        def work() -> Raw:
            if (EventBusName, Rule) not in self._targets:
                message = f"Rule {Rule} does not exist on EventBus {EventBusName}."
                raise client_error(
                    "ResourceNotFoundException", message, "ListTargetsByRule", status=400
                )
            targets = self._targets[EventBusName, Rule]
            return _page("Targets", targets, NextToken, min(Limit, self._page))

        return self.run("ListTargetsByRule", work)


class FakeScheduler(FailingClient):
    """The schedules of one account and region, of all groups."""

    def __init__(self, target: Target, *, page: int = 100) -> None:
        super().__init__()
        self._page = page
        self._here = f"{target.region}:{target.account}"
        self._schedules: dict[tuple[str, str], Raw] = {}

    def put(
        self,
        name: str,
        target: object = BY_THE_API,
        *,
        expression: str = "rate(1 day)",
        state: str = "ENABLED",
        group: str = "default",
        calls: object = None,
        ends_at: datetime | None = None,
        changed_at: datetime = NOW,
        role: str = "arn:aws:iam::111111111111:role/scheduler",
        zone: str = "UTC",
    ) -> None:
        """Add a schedule. `calls`: the input of a universal target."""
        target_raw = {"Arn": str(target), "RoleArn": role}
        self._schedules[group, name] = {
            "Arn": f"arn:aws:scheduler:{self._here}:schedule/{group}/{name}",
            "Name": name,
            "GroupName": group,
            "State": state,
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": zone,
            "LastModificationDate": changed_at,
            "Target": target_raw | ({} if calls is None else {"Input": json.dumps(calls)}),
        } | ({} if ends_at is None else {"EndDate": ends_at})

    def remove(self, name: str, group: str = "default") -> None:
        del self._schedules[group, name]

    def list_schedules(self, MaxResults: int = 100, NextToken: str = "0") -> Raw:
        def work() -> Raw:
            listed = [
                {
                    key: raw[key]
                    for key in ("Arn", "Name", "GroupName", "State", "LastModificationDate")
                }
                | {"Target": {"Arn": raw["Target"]["Arn"]}}
                for raw in self._schedules.values()
            ]
            return _page("Schedules", listed, NextToken, min(MaxResults, self._page))

        return self.run("ListSchedules", work)

    def get_schedule(self, Name: str, GroupName: str = "default") -> Raw:
        def work() -> Raw:
            if (GroupName, Name) not in self._schedules:
                message = f"Schedule {Name} does not exist."
                raise client_error("ResourceNotFoundException", message, "GetSchedule")
            return self._schedules[GroupName, Name]

        return self.run("GetSchedule", work)
