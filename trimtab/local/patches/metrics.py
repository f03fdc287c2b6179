"""Does GetMetricData answer with old points, in the asked order, in pages, and quickly?

The emulator forgets points after 14 days, always answers oldest first, knows no pages and
searches every metric of the account for every query. AWS keeps hourly points for 455 days and
answers newest first unless asked otherwise. Source: "GetMetricData", Amazon CloudWatch API
reference,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html, read
2026-11-21.
"""

from __future__ import annotations

import json
import time
from typing import Any

from trimtab.local.patches import target

KEPT_SECONDS = 455 * 24 * 3600
EVICT_EVERY_SECONDS = 300
MAX_DATAPOINTS = 100_800
"""The API's own limit for the points of one answer."""


def apply() -> None:
    """Keep old points, and replace how GetMetricData collects them."""
    service = target.module("ministack.services.cloudwatch")
    target.replace(service, "TWO_WEEKS_SECONDS", KEPT_SECONDS, needed_for="old metric points")
    _evict_rarely(service)
    original = target.demand(service, "_get_metric_data", needed_for="GetMetricData")
    for helper in (
        "_metrics",
        "_parse_ts",
        "_dims_key",
        "_dims_from_list",
        "_calc_stats",
        "_stat_value",
    ):
        target.demand(service, helper, needed_for="GetMetricData")
    for helper in ("_ts_iso", "_cbor_ok", "_json_ok", "_cbor_metric_data_result"):
        target.demand(service, helper, needed_for="GetMetricData")

    def get_metric_data(params: Any, decoded: Any, is_cbor: bool, is_json: bool = False) -> Any:
        if not is_cbor and not is_json:
            return original(params, decoded, is_cbor, is_json)
        answer = _answer(service, decoded)
        if is_cbor:
            results = [
                service._cbor_metric_data_result(result) for result in answer["MetricDataResults"]
            ]
            return service._cbor_ok({**answer, "MetricDataResults": results})
        return service._json_ok(answer)

    service._get_metric_data = get_metric_data


def _evict_rarely(service: Any) -> None:
    """The emulator walks all points on every PutMetricData; once in five minutes is enough."""
    original = target.demand(service, "_evict_old_metrics", needed_for="old metric points")
    last = [time.monotonic()]

    def evict() -> None:
        if time.monotonic() - last[0] > EVICT_EVERY_SECONDS:
            last[0] = time.monotonic()
            original()

    service._evict_old_metrics = evict


def _answer(service: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Fill pages with whole results; a token names the query the next page starts with."""
    newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    room = int(request.get("MaxDatapoints") or MAX_DATAPOINTS)
    queries = request.get("MetricDataQueries") or []
    start = int(json.loads(request["NextToken"])) if request.get("NextToken") else 0
    results: list[dict[str, Any]] = []
    for index in range(start, len(queries)):
        result = _result(service, queries[index], request, newest_first=newest_first)
        if results and len(result["Values"]) > room:
            return {"MetricDataResults": results, "NextToken": json.dumps(index)}
        room -= len(result["Values"])
        if queries[index].get("ReturnData", True):
            results.append(result)
    return {"MetricDataResults": results}


def _result(
    service: Any, query: dict[str, Any], request: dict[str, Any], *, newest_first: bool
) -> dict[str, Any]:
    identity = {"Id": query["Id"], "Label": query.get("Label") or query["Id"]}
    stat = query.get("MetricStat")
    if stat is None:
        unsupported = {
            "Code": "Unsupported",
            "Value": "The local emulator evaluates no metric expressions.",
        }
        return {
            **identity,
            "StatusCode": "InternalError",
            "Messages": [unsupported],
            "Timestamps": [],
            "Values": [],
        }
    pairs = _series(
        service,
        stat,
        service._parse_ts(request["StartTime"]),
        service._parse_ts(request["EndTime"]),
    )
    if newest_first:
        pairs.reverse()
    return {
        **identity,
        "StatusCode": "Complete",
        "Timestamps": [service._ts_iso(at) for at, _ in pairs],
        "Values": [value for _, value in pairs],
    }


def _series(
    service: Any, stat: dict[str, Any], start: float, end: float
) -> list[tuple[float, float]]:
    """One value per period that has points, oldest first; ``end`` is exclusive."""
    metric, period = stat["Metric"], int(stat["Period"])
    dimensions = service._dims_key(service._dims_from_list(metric.get("Dimensions") or []))
    points = service._metrics.get((metric["Namespace"], metric["MetricName"], dimensions)) or []
    buckets: dict[float, list[Any]] = {}
    for point in points:
        if start <= point["Timestamp"] < end:
            buckets.setdefault(int(point["Timestamp"] // period) * period, []).append(point)
    pairs = []
    for at in sorted(buckets):
        value = service._stat_value(service._calc_stats(buckets[at]), stat["Stat"], buckets[at])
        if value is not None:
            pairs.append((at, value))
    return pairs
