"""How does CloudWatch answer about alarms? Beside its metrics."""

from collections.abc import Sequence
from typing import Any

from tests.fakes.bulk_clients import FakeCloudWatch

Raw = dict[str, Any]


class FakeMetrics(FakeCloudWatch):
    """CloudWatch with alarms, by name."""

    def __init__(self) -> None:
        super().__init__()
        self._alarms: dict[str, Raw] = {}
        self._composite: set[str] = set()

    def put_alarm(
        self, name: str, *functions: object, is_on: bool = True, is_composite: bool = False
    ) -> None:
        self._alarms[name] = {
            "AlarmName": name,
            "ActionsEnabled": is_on,
            "AlarmActions": [str(one) for one in functions],
        }
        self._composite |= {name} if is_composite else set()

    def describe_alarms(self, AlarmNames: Sequence[str], AlarmTypes: Sequence[str]) -> Raw:
        def work() -> Raw:
            found = [self._alarms[name] for name in AlarmNames if name in self._alarms]
            of_kind = {
                kind: [a for a in found if (a["AlarmName"] in self._composite) is is_composite]
                for kind, is_composite in (("MetricAlarm", False), ("CompositeAlarm", True))
            }
            return {f"{kind}s": of_kind[kind] for kind in AlarmTypes}

        return self.run("DescribeAlarms", work)
