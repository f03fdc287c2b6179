"""What is provisioned in the demo, who uses it, and what does a working day do to it?

The schedule is Application Auto Scaling's own: the demo only lets its clock run, a day in seconds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.emulator import Emulator

ALIAS = "live"
WEEKS = timedelta(weeks=4)
PERIOD = timedelta(minutes=5)
CALL_SIZE = 1000
"""Metric data in one PutMetricData call. Source: its API reference, read 2026-11-22."""

OPENS, CLOSES = 8, 18
AT_NIGHT = 1 / 60
"""Of what is busy in office hours, at all other times."""

PLAYED, A_DAY = timedelta(minutes=10), timedelta(days=1)
"""How far the clock is moved at once on the day that is played: schedules change at tens."""


def provision(emulator: Emulator, functions: Iterable[DemoFunction], *, since: datetime) -> None:
    """Provision what each has on its alias, since that moment."""
    waiting = [function for function in functions if function.provisioned]
    for function in waiting:
        client = emulator.client("lambda", function.account, function.region)
        client.put_provisioned_concurrency_config(
            FunctionName=function.name,
            Qualifier=ALIAS,
            ProvisionedConcurrentExecutions=function.provisioned,
        )
    for function in waiting:
        body = {"Account": function.account, "Region": function.region}
        body |= {"FunctionName": function.name, "LastModified": f"{since:%Y-%m-%dT%H:%M:%S}+0000"}
        emulator.control("provisioned-ages", body)


def busy_at(function: DemoFunction, at: datetime) -> float:
    """Return how many of its environments are busy on average."""
    is_work = at.isoweekday() <= 5 and OPENS <= at.hour < CLOSES  # noqa: PLR2004 - Friday
    return function.busy * (1.0 if is_work else AT_NIGHT)


class Load:
    """What CloudWatch has of the aliases with provisioned concurrency, period by period."""

    def __init__(self, emulator: Emulator, functions: Iterable[DemoFunction]) -> None:
        self._emulator = emulator
        self._functions = [function for function in functions if function.busy]
        self._until = _whole(datetime.now(UTC) - WEEKS)

    def write(self, until: datetime) -> None:
        """Write every period that has begun by then, with all that happens in it."""
        since, self._until = self._until, _whole(until) + PERIOD
        for function in self._functions:
            level = level_of(self._emulator, function)
            rows: list[dict[str, Any]] = []
            for number in range((self._until - since) // PERIOD):
                rows += _period(function, since + number * PERIOD, level)
            client = self._emulator.client("cloudwatch", function.account, function.region)
            for start in range(0, len(rows), CALL_SIZE):
                data = rows[start : start + CALL_SIZE]
                client.put_metric_data(Namespace="AWS/Lambda", MetricData=data)


def _whole(at: datetime) -> datetime:
    return at - (at - datetime.min.replace(tzinfo=UTC)) % PERIOD


def _period(function: DemoFunction, at: datetime, level: int) -> Iterator[dict[str, Any]]:
    """Yield what Lambda reports of the alias in these five minutes."""
    busy = busy_at(function, at)
    ran = min(busy, level)
    calls = busy * PERIOD.total_seconds() * 1000.0 / function.duration_ms
    figures = {
        "Invocations": calls,
        "Duration": busy * PERIOD.total_seconds() * 1000.0,
        "ProvisionedConcurrentExecutions": ran,
        "ProvisionedConcurrencyInvocations": calls * ran / busy,
        "ProvisionedConcurrencySpilloverInvocations": calls * (busy - ran) / busy,
    }
    named = {"FunctionName": function.name, "Resource": f"{function.name}:{ALIAS}"}
    dimensions = [{"Name": name, "Value": value} for name, value in named.items()]
    for metric, value in figures.items():
        yield {"MetricName": metric, "Dimensions": dimensions, "Timestamp": at, "Value": value}


def level_of(emulator: Emulator, function: DemoFunction) -> int:
    """Return what is provisioned on its alias by now; 0: nothing is."""
    client = emulator.client("lambda", function.account, function.region)
    try:
        found = client.get_provisioned_concurrency_config(
            FunctionName=function.name, Qualifier=ALIAS
        )
    except client.exceptions.ProvisionedConcurrencyConfigNotFoundException:
        return 0
    return int(found["RequestedProvisionedConcurrentExecutions"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment of a day that is played."""

    at: datetime
    fired: tuple[str, ...]
    """The scheduled actions that came due since the moment before."""
    level: int
    """What Lambda has provisioned after that."""


def play_day(emulator: Emulator, function: DemoFunction, midnight: datetime) -> Iterator[Moment]:
    """Let the clock of Application Auto Scaling run from one midnight to the next."""
    place, name = (function.account, function.region), f"function:{function.name}:{ALIAS}"
    emulator.scaling_tick(*place, midnight)
    level = level_of(emulator, function)
    for number in range(A_DAY // PLAYED):
        at = midnight + number * PLAYED
        fired = emulator.scaling_tick(*place, at)
        ours = tuple(f["ScheduledActionName"] for f in fired if f["ResourceId"] == name)
        if ours:
            level = level_of(emulator, function)
        yield Moment(at=at, fired=ours, level=level)


def next_monday(now: datetime) -> datetime:
    """Return the midnight at which the next Monday begins."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=8 - today.isoweekday())
