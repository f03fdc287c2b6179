"""What do the functions of a storm do all day? Figures made on demand, from how each one fares."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.bulk_clients import FakeCloudWatch

HEALTHY, REGRESSED, SILENT = "healthy", "regressed", "silent"
WORSE_WHEN_NEW = "worse when new"
"""Only what a version with an even number answers fails: the first canary of a function has 2."""

CALLS_PER_5_MIN = 100.0
PEAK_MB = 300.0
P95_MS = 400.0
DAY_S = 86_400


class LiveMetrics(FakeCloudWatch):
    """CloudWatch whose points are computed: every function fares as it was said last."""

    def __init__(self) -> None:
        super().__init__()
        self._moods: dict[str, list[tuple[datetime, str]]] = {}

    def fare(self, name: str, mood: str, *, since: datetime) -> None:
        """Say how a function fares from a moment on; healthy before any was said."""
        self._moods.setdefault(name, []).append((since, mood))

    def mood(self, name: str, at: datetime) -> str:
        said = [mood for since, mood in self._moods.get(name, ()) if since <= at]
        return said[-1] if said else HEALTHY

    def _inside(
        self, query: Mapping[str, Any], start: datetime, end: datetime
    ) -> tuple[str, str, list[tuple[datetime, float]]]:
        stat = query["MetricStat"]
        dimensions = {d["Name"]: d["Value"] for d in stat["Metric"]["Dimensions"]}
        name = dimensions.get("FunctionName") or dimensions.get("function_name") or ""
        period_s = int(stat["Period"])
        first = start + timedelta(seconds=-start.timestamp() % period_s)
        points = []
        while first < end:
            mood = self._mood_of(name, dimensions.get("ExecutedVersion"), first)
            value = _value(stat["Metric"]["MetricName"], stat["Stat"], mood, period_s)
            if value is not None:
                points.append((first, value))
            first += timedelta(seconds=period_s)
        return query["Id"], "Complete", points

    def _mood_of(self, name: str, executed_version: str | None, at: datetime) -> str:
        mood = self.mood(name, at)
        if mood != WORSE_WHEN_NEW:
            return mood
        is_new = executed_version is not None and int(executed_version) % 2 == 0
        return REGRESSED if is_new else HEALTHY


def _value(metric: str, statistic: str, mood: str, period_s: int) -> float | None:
    if period_s >= DAY_S:
        mood = HEALTHY
    if mood == SILENT:
        return None
    calls = CALLS_PER_5_MIN * period_s / 300
    figures = {
        ("Invocations", "Sum"): calls,
        ("Errors", "Sum"): calls / 2 if mood == REGRESSED else 0.0,
        ("Throttles", "Sum"): 0.0,
        ("Duration", "Sum"): calls * P95_MS / 2,
        ("Duration", "p95"): P95_MS,
        ("Duration", "Average"): P95_MS / 2,
        ("Duration", "p99"): P95_MS * 1.5,
        ("used_memory_max", "Maximum"): PEAK_MB,
    }
    return figures.get((metric, statistic))
