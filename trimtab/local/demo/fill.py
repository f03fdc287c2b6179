"""How do the demo's functions and their past get into the embedded AWS?"""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.demo.provisioned import ALIAS, provision
from trimtab.local.emulator import Emulator

DAYS = 15
CALL_SIZE = 400
"""Metric data in one PutMetricData call; AWS allows 1,000."""

MINUTES_BEFORE, MINUTES_AFTER = 10, 90
"""The span around 'this hour, a week ago' that has traffic by the minute: the watch's baseline."""

CALLS_A_MINUTE = 40
NOON, NIGHT = 12, 2
AGE = timedelta(days=60)
"""Of what is provisioned."""
ROLE = "fleet-functions"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}

SPREAD = ((0.6, 20), (1.0, 60), (1.4, 17), (1.9, 3))
"""Durations as multiples of the mean, and how many of 100 invocations have them."""


def package(body: str) -> bytes:
    """Zip a one-line function; another body is other code."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", f"def handler(event, context):\n    return {body!r}\n")
    return buffer.getvalue()


def create_functions(emulator: Emulator, functions: Iterable[DemoFunction]) -> None:
    """Create them, with aliases and tags, and age them: young functions are left alone."""
    by_target: dict[tuple[str, str], list[DemoFunction]] = defaultdict(list)
    for function in functions:
        by_target[function.account, function.region].append(function)
    for account in {account for account, _ in by_target}:
        emulator.client("iam", account).create_role(
            RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST)
        )
    now = datetime.now(UTC)
    for (account, region), group in by_target.items():
        client = emulator.client("lambda", account, region)
        for function in group:
            _create(client, function)
        for function in group:
            _alias(client, function)
        aged = {f.name: now - timedelta(days=f.age_days) for f in group}
        emulator.back_date(account, region, aged)
        provision(emulator, group, since=now - AGE)


def _create(client: Any, function: DemoFunction) -> None:
    more: dict[str, Any] = {}
    if function.is_durable:
        more["DurableConfig"] = {"ExecutionTimeout": 3600, "RetentionPeriodInDays": 7}
    with _calling_itself(client, function.user_agent):
        client.create_function(**_request(function), **more)


def _request(function: DemoFunction) -> dict[str, Any]:
    return dict(
        FunctionName=function.name,
        Runtime=function.runtime,
        Role=f"arn:aws:iam::{function.account}:role/{ROLE}",
        Handler="app.handler",
        Code={"ZipFile": package("v1")},
        MemorySize=function.memory_mb,
        Timeout=function.timeout_s,
        Architectures=[function.architecture],
        Tags=function.tags,
        Environment={"Variables": {"STAGE": "prod", "API_KEY": "not-a-real-secret"}},
    )


@contextmanager
def _calling_itself(client: Any, user_agent: str | None) -> Iterator[None]:
    """Let the client say that it is another tool, as its calls' only trace of it."""

    def name(request: Any, **_: Any) -> None:
        if user_agent is not None:
            request.headers["User-Agent"] = user_agent

    client.meta.events.register("before-send.lambda", name)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send.lambda", name)


def _alias(client: Any, function: DemoFunction) -> None:
    if function.alias is None:
        return
    client.get_waiter("function_active_v2").wait(FunctionName=function.name)
    version = client.publish_version(FunctionName=function.name)["Version"]
    client.create_alias(FunctionName=function.name, Name=ALIAS, FunctionVersion=version)
    if function.alias == "other":
        deploy(client, function.name, "v2")


def deploy(client: Any, name: str, body: str) -> None:
    """Do what a team's pipeline does: put new code into $LATEST."""
    client.update_function_code(FunctionName=name, ZipFile=package(body))


def write_past(
    emulator: Emulator, functions: Sequence[DemoFunction], *, asked: Sequence[DemoFunction]
) -> None:
    """Give every function two weeks of daily metrics, and those asked about minutes to compare.

    The minutes are whole ones: a baseline is read in whole periods, so each minute has one value.
    """
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    data: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for function in functions:
        for day in range(1, DAYS):
            at = midnight - timedelta(days=day) + timedelta(hours=_busy_hour(now))
            _add(data, function, at, function.invocations_day, with_insights=True)
    for function in (f for f in asked if f.invocations_day):
        for weeks in (1, 2):
            start = now - timedelta(weeks=weeks) - timedelta(minutes=MINUTES_BEFORE)
            for minute in range(MINUTES_BEFORE + MINUTES_AFTER):
                at = start + timedelta(minutes=minute)
                _add(data, function, at, CALLS_A_MINUTE, with_insights=False)
                if function.alias is not None and not function.provisioned:
                    _add_share(data, function, at, CALLS_A_MINUTE)
    _put(emulator, data)
    _recommend(emulator, functions)


def _busy_hour(now: datetime) -> int:
    """Return the hour that holds a whole day's calls: far from the minutes that are compared."""
    return NIGHT if abs(now.hour - NOON) <= 2 else NOON  # noqa: PLR2004 - hours


def write_now(emulator: Emulator, function: DemoFunction, *, errors_when_tried: int = 0) -> None:
    """Let a minute's worth of traffic happen at this moment, to a function as it is now.

    `errors_when_tried`: of CALLS_A_MINUTE through an alias, were all of it answered by the version
    that is tried.
    """
    data: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    at, failed = datetime.now(UTC), 0
    for arm in _arms(emulator, function):
        errors = round(errors_when_tried * arm.share) if arm.is_tried else 0
        calls = CALLS_A_MINUTE * arm.share
        _add_share(data, function, at, calls, version=arm.version, errors=errors)
        failed += errors
    _add(data, function, at, CALLS_A_MINUTE, with_insights=True, errors=failed)
    _put(emulator, data)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arm:
    """One of two versions that an alias splits its traffic between."""

    version: str
    share: float
    is_tried: bool


def _arms(emulator: Emulator, function: DemoFunction) -> Sequence[_Arm]:
    """Return who answers how much of the alias; none where it is not split, or not there."""
    if function.alias is None:
        return ()
    client = emulator.client("lambda", function.account, function.region)
    alias = client.get_alias(FunctionName=function.name, Name=ALIAS)
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if not weights:
        return ()
    rest = _Arm(version=alias["FunctionVersion"], share=1.0 - sum(weights.values()), is_tried=False)
    return (rest, *(_Arm(version=v, share=share, is_tried=True) for v, share in weights.items()))


def _add(
    data: dict[tuple[str, str, str], list[dict[str, Any]]],
    function: DemoFunction,
    at: datetime,
    invocations: float,
    *,
    with_insights: bool,
    errors: int = 0,
) -> None:
    calls = round(invocations)
    if calls < 1:
        return
    own = data[function.account, function.region, "AWS/Lambda"]
    own += _points(function, at, calls, [("FunctionName", function.name)], errors=errors)
    if with_insights and function.peak_source == "insights":
        data[function.account, function.region, "LambdaInsights"] += _insights(function, at)


def _add_share(
    data: dict[tuple[str, str, str], list[dict[str, Any]]],
    function: DemoFunction,
    at: datetime,
    invocations: float,
    *,
    version: str | None = None,
    errors: int = 0,
) -> None:
    """Add what came through the alias; `version`: only what this one answered."""
    named = [("FunctionName", function.name), ("Resource", f"{function.name}:{ALIAS}")]
    if version is not None:
        named.append(("ExecutedVersion", version))
    own = data[function.account, function.region, "AWS/Lambda"]
    own += _points(function, at, round(invocations), named, errors=errors)


def _points(
    function: DemoFunction,
    at: datetime,
    calls: int,
    named: Sequence[tuple[str, str]],
    *,
    errors: int,
) -> list[dict[str, Any]]:
    """Return what Lambda reports of so many calls, under these dimensions."""
    dimensions = [{"Name": name, "Value": value} for name, value in named]
    counted = (("Invocations", calls), ("Errors", errors), ("Throttles", 0))
    points: list[dict[str, Any]] = [
        {"MetricName": metric, "Dimensions": dimensions, "Timestamp": at, "Value": value}
        for metric, value in counted
    ]
    points.append(
        {
            "MetricName": "Duration",
            "Dimensions": dimensions,
            "Timestamp": at,
            "Unit": "Milliseconds",
            "Values": [function.duration_ms * factor for factor, _ in SPREAD],
            "Counts": [max(1.0, calls * share / 100) for _, share in SPREAD],
        }
    )
    return points


def _insights(function: DemoFunction, at: datetime) -> list[dict[str, Any]]:
    name = [{"Name": "function_name", "Value": function.name}]
    figures = {"used_memory_max": function.used_mb}
    if function.cpu_share is not None:
        cpu = min(1.0, function.memory_mb / 1769)
        figures["cpu_total_time"] = function.cpu_share * function.duration_ms * cpu
    return [
        {"MetricName": metric, "Dimensions": name, "Timestamp": at, "Value": value}
        for metric, value in figures.items()
    ]


def _put(emulator: Emulator, data: dict[tuple[str, str, str], list[dict[str, Any]]]) -> None:
    for (account, region, namespace), rows in data.items():
        client = emulator.client("cloudwatch", account, region)
        for start in range(0, len(rows), CALL_SIZE):
            client.put_metric_data(Namespace=namespace, MetricData=rows[start : start + CALL_SIZE])


def _recommend(emulator: Emulator, functions: Sequence[DemoFunction]) -> None:
    """Let Compute Optimizer know the peaks of the functions it is the source for."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for function in functions:
        if function.peak_source == "optimizer":
            peak = {"name": "Memory", "statistic": "Maximum", "value": function.used_mb}
            rows[function.account, function.region].append(
                {
                    "functionArn": f"{function.arn}:$LATEST",
                    "functionVersion": "$LATEST",
                    "accountId": function.account,
                    "currentMemorySize": function.memory_mb,
                    "finding": "NotOptimized",
                    "utilizationMetrics": [peak],
                }
            )
    for (account, region), recommendations in rows.items():
        body = {"Account": account, "Region": region, "Recommendations": recommendations}
        emulator.control("compute-optimizer", body)
