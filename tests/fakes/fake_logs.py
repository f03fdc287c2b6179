"""How does CloudWatch Logs answer? Log groups, and our two queries over stored REPORT lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.fakes.failures import FailingClient, client_error

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One REPORT line, as far as the queries read it."""

    at: datetime
    memory_mb: int
    used_mb: float
    stream_function: str = ""
    """The function in the stream's name; only shared log groups have one."""
    is_out_of_memory: bool = False
    is_timeout: bool = False
    is_json: bool = False
    count: int = 1
    """How many lines like this there are."""
    duration_ms: float | None = None
    """None: the line tells of no times at all."""
    billed_ms: float = 0.0
    is_cold: bool = False


class FakeLogs(FailingClient):
    """CloudWatch Logs Insights of one account and region."""

    def __init__(self, account: str, *, polls_to_complete: int = 0) -> None:
        super().__init__()
        self.polls_to_complete = polls_to_complete
        self.status = "Complete"
        """What a query ends as: Failed, Cancelled and Timeout happen too."""
        self.most_groups = 0
        self.groups_per_page = 50
        self._account = account
        self._groups: dict[str, list[ReportLine]] = {}
        self._queries: list[tuple[list[Any], int]] = []
        self._settings: dict[str, Raw] = {}
        self.garbled: dict[str, str | None] = {}
        """Field -> what a row has in its place; None: nothing."""

    def add(self, group: str, *lines: ReportLine) -> None:
        """Create a log group, if need be, and add lines."""
        self._groups.setdefault(group, []).extend(lines)

    def keep(self, group: str, days: int | None = None, **raw: Any) -> None:
        """Create a log group, if need be, and set its retention; `raw`: more of its answer."""
        self.add(group)
        self._settings[group] = ({} if days is None else {"retentionInDays": days}) | raw

    def describe_log_groups(
        self,
        logGroupIdentifiers: Sequence[str] | None = None,
        logGroupNamePrefix: str = "",
        limit: int = 50,
        nextToken: str | None = None,
    ) -> Raw:
        """Filter by names or by prefix, in the order of names; a missing name is left out."""

        def work() -> Raw:
            assert logGroupIdentifiers is None or len(logGroupIdentifiers) <= 50
            names = [
                name
                for name in sorted(self._groups)
                if name.startswith(logGroupNamePrefix)
                and (logGroupIdentifiers is None or name in logGroupIdentifiers)
            ]
            at, size = int(nextToken or 0), min(limit, self.groups_per_page)
            answer: Raw = {"logGroups": [self._group(name) for name in names[at : at + size]]}
            return answer | ({"nextToken": str(at + size)} if at + size < len(names) else {})

        return self.run("DescribeLogGroups", work)

    def _group(self, name: str) -> Raw:
        usual = {"logGroupName": name, "logGroupClass": "STANDARD", "storedBytes": 0}
        return usual | self._settings.get(name, {})

    def start_query(
        self,
        logGroupNames: Sequence[str],
        queryString: str,
        startTime: int,
        endTime: int,
        limit: int,
    ) -> Raw:
        def work() -> Raw:
            self.most_groups = max(self.most_groups, len(logGroupNames))
            for name in logGroupNames:
                if name not in self._groups:
                    raise client_error(
                        "ResourceNotFoundException",
                        f"Log group '{name}' does not exist for account ID '{self._account}' "
                        "(Service: AWSLogs; Status Code: 400)",
                        "StartQuery",
                        status=400,
                    )
            is_json = "platform.report" in queryString
            rows = self._rows(logGroupNames, is_json=is_json, start=startTime, end=endTime)
            self._queries.append((rows[:limit], self.polls_to_complete))
            return {"queryId": str(len(self._queries) - 1)}

        return self.run("StartQuery", work)

    def get_query_results(self, queryId: str) -> Raw:
        def work() -> Raw:
            self._find(queryId, "GetQueryResults")
            rows, polls_left = self._queries[int(queryId)]
            if polls_left > 0:
                self._queries[int(queryId)] = (rows, polls_left - 1)
                return {"status": "Running", "results": []}
            return {"status": self.status, "results": rows}

        return self.run("GetQueryResults", work)

    def stop_query(self, queryId: str) -> Raw:
        def work() -> Raw:
            self._find(queryId, "StopQuery")
            return {"success": True}

        return self.run("StopQuery", work)

    def _find(self, query_id: str, operation: str) -> None:
        if query_id not in {str(n) for n in range(len(self._queries))}:
            message = f"The query with id {query_id} does not exist"
            raise client_error("ResourceNotFoundException", message, operation, status=400)

    def _rows(
        self, groups: Sequence[str], *, is_json: bool, start: int, end: int
    ) -> list[list[dict[str, str]]]:
        counted: dict[tuple[str, str, int], list[ReportLine]] = {}
        for group in groups:
            for line in self._groups[group]:
                if line.is_json == is_json and start <= line.at.timestamp() <= end:
                    key = (group, line.stream_function, line.memory_mb)
                    counted.setdefault(key, []).append(line)
        return [self._row(*key, lines) for key, lines in sorted(counted.items())]

    def _row(
        self, group: str, stream_function: str, memory_mb: int, lines: Sequence[ReportLine]
    ) -> list[dict[str, str]]:
        full = [line for line in lines if line.is_out_of_memory or line.used_mb >= line.memory_mb]
        values = {
            "@log": f"{self._account}:{group}",
            "streamFunction": stream_function,
            "sizeMb": str(memory_mb),
            "peakMb": str(max(line.used_mb for line in lines)),
            "reports": str(sum(line.count for line in lines)),
            "outOfMemory": str(sum(line.count for line in full)),
            "timeouts": str(sum(line.count for line in lines if line.is_timeout)),
        }
        if all(line.duration_ms is not None for line in lines):
            values |= _times(lines)
        shown = values | self.garbled
        return [{"field": k, "value": v} for k, v in shown.items() if v]


def _times(lines: Sequence[ReportLine]) -> dict[str, str]:
    """Return what the queries say of durations."""
    took = [line.duration_ms or 0.0 for line in lines for _ in range(line.count)]
    billed = [line.billed_ms for line in lines for _ in range(line.count)]
    return {
        "tookMean": str(sum(took) / len(took)),
        "tookP95": str(_p95(took)),
        "billedMean": str(sum(billed) / len(billed)),
        "billedP95": str(_p95(billed)),
        "coldStarts": str(sum(line.count for line in lines if line.is_cold)),
    }


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]
