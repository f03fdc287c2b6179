"""What do the metrics say? GetMetricData, 500 series a call, and only what is complete (S8)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from trimtab.aws.errors import reading
from trimtab.ports import MetricQuery, Point

SERIES_PER_CALL = 500
"""Source: CloudWatch API, GetMetricData, MetricDataQueries maximum (botocore 1.44.5)."""

LAMBDA_INSIGHTS = "LambdaInsights"
COMPLETE = "Complete"
PARTIAL = "PartialData"


def read_series(
    client: Any,
    queries: Sequence[MetricQuery],
    *,
    start: datetime,
    end: datetime,
    period_s: int,
) -> Mapping[MetricQuery, tuple[Point, ...] | None]:
    """Read every series once, in order of time. None: CloudWatch did not say Complete of it.

    Raises: OutsideError when a call fails as a whole.
    """
    wanted = list(dict.fromkeys(queries))
    found: dict[MetricQuery, tuple[Point, ...] | None] = {}
    for at in range(0, len(wanted), SERIES_PER_CALL):
        batch = {f"q{n}": q for n, q in enumerate(wanted[at : at + SERIES_PER_CALL])}
        found |= _read_batch(client, batch, start=start, end=end, period_s=period_s)
    return found


def _read_batch(
    client: Any,
    batch: Mapping[str, MetricQuery],
    *,
    start: datetime,
    end: datetime,
    period_s: int,
) -> dict[MetricQuery, tuple[Point, ...] | None]:
    points: dict[str, dict[datetime, float]] = {key: {} for key in batch}
    status: dict[str, str] = {}
    asked = {
        "MetricDataQueries": [_asked(key, query, period_s) for key, query in batch.items()],
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampAscending",
    }
    for page in _pages(client, asked):
        for result in page["MetricDataResults"]:
            key = result["Id"]
            points[key].update(zip(result["Timestamps"], result["Values"], strict=True))
            status[key] = _later(status.get(key), result.get("StatusCode", "not told"))
    return {
        query: _points(points[key]) if status.get(key) == COMPLETE else None
        for key, query in batch.items()
    }


def _later(before: str | None, now: str) -> str:
    """Join what two pages say of one series: partial may become complete, an error stays one."""
    return now if before in (None, PARTIAL, COMPLETE) else str(before)


def _pages(client: Any, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    token: str | None = None
    while True:
        more = {} if token is None else {"NextToken": token}
        with reading("cloudwatch:GetMetricData"):
            page = client.get_metric_data(**asked, **more)
        yield page
        token = page.get("NextToken")
        if not token:
            return


def _asked(key: str, query: MetricQuery, period_s: int) -> Mapping[str, Any]:
    metric = {
        "Namespace": query.namespace,
        "MetricName": query.metric,
        "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions(query).items()],
    }
    stat = {"Metric": metric, "Period": period_s, "Stat": query.statistic}
    return {"Id": key, "MetricStat": stat, "ReturnData": True}


def dimensions(query: MetricQuery) -> Mapping[str, str]:
    """Return the dimensions that name one function, or one of its aliases, in this namespace.

    ExecutedVersion stands beside the two others, and only for a weighted alias.

    Source: "Types of metrics for Lambda functions", AWS Lambda Developer Guide, read 2026-11-21:
    metrics of the account and region have none.
    """
    if query.is_of_account:
        return {}
    name = query.function.name
    if query.namespace == LAMBDA_INSIGHTS:
        return {"function_name": name}
    if query.alias is None:
        return {"FunctionName": name}
    of_alias = {"FunctionName": name, "Resource": f"{name}:{query.alias}"}
    if query.executed_version is None:
        return of_alias
    return of_alias | {"ExecutedVersion": query.executed_version}


def _points(values: Mapping[datetime, float]) -> tuple[Point, ...]:
    return tuple(Point(at=_utc(at), value=float(v)) for at, v in sorted(values.items()))


def _utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
