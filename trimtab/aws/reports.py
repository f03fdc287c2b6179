"""What do the REPORT lines say of memory, time and timeouts? Two log queries per 50 functions.

Nothing on trust: whoever writes to a log group can write a REPORT line. A line counts only at the
memory size the function really has, and in a shared group only from a stream of its own; that there
are no more lines than invocations is for the caller to check. No line is unknown, never zero (S8).
Source: CloudWatch Logs user guide, query examples: @maxMemoryUsed/1000/1000, and count(field)
counts the lines that have it; both read 2026-11.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from trimtab.aws.errors import code_of, message_of, reading
from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import OutsideError, PermanentError
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.ports import ReportFigures

GROUPS_PER_QUERY = 50
"""Source: CloudWatch Logs API, StartQuery, logGroupNames maximum (botocore 1.44.5)."""
ROWS = 10_000
"""One page of GetQueryResults; as many rows as this may have been cut off."""
MISSING_GROUPS = 10
"""How many log groups that do not exist are dropped from one batch; chosen, not measured."""
FIRST_POLL_S = 0.5
LONGEST_POLL_S = 5.0
DEADLINE_S = 60.0
"""A query takes seconds on a window of days; chosen, not measured."""

_STREAM = r"parse @logStream /^\d{4}\/\d{2}\/\d{2}\/(?<streamFunction>[A-Za-z0-9_-]*)\[/"
_STATS = (
    "stats max(usedMb) as peakMb, count(*) as reports, sum(ranOut) as outOfMemory,"
    " sum(timedOut) as timeouts, avg(tookMs) as tookMean, pct(tookMs, 95) as tookP95,"
    " avg(billedMs) as billedMean, pct(billedMs, 95) as billedP95, count(initMs) as coldStarts"
    " by @log, streamFunction, sizeMb"
)

TEXT_QUERY = f"""filter @type = "REPORT"
| {_STREAM}
| fields @maxMemoryUsed / 1000 / 1000 as usedMb, @memorySize / 1000 / 1000 as sizeMb,
  greatest(strcontains(@message, "Runtime.OutOfMemory"),
    floor(@maxMemoryUsed / @memorySize)) as ranOut,
  strcontains(@message, "Status: timeout") as timedOut,
  @duration as tookMs, @billedDuration as billedMs, @initDuration as initMs
| {_STATS}"""

JSON_QUERY = f"""filter type = "platform.report"
| {_STREAM}
| fields record.metrics.maxMemoryUsedMB as usedMb, record.metrics.memorySizeMB as sizeMb,
  greatest(strcontains(@message, "Runtime.OutOfMemory"),
    floor(record.metrics.maxMemoryUsedMB / record.metrics.memorySizeMB)) as ranOut,
  strcontains(record.status, "timeout") as timedOut,
  record.metrics.durationMs as tookMs, record.metrics.billedDurationMs as billedMs,
  record.metrics.initDurationMs as initMs
| {_STATS}"""

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """Where a function logs, and the memory size its lines must name."""

    function: FunctionArn
    group: str
    memory_mb: int

    @property
    def is_shared(self) -> bool:
        """Whether others may log there too: anything but the group Lambda made for it."""
        return self.group != default_group(self.function)


def default_group(function: FunctionArn) -> str:
    return f"/aws/lambda/{function.name}"


class ReportReader:
    """Reads the REPORT lines of many functions of one target at once."""

    def __init__(self, client: Any, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    def figures(
        self, places: Sequence[LogPlace], *, start: datetime, end: datetime
    ) -> Mapping[FunctionArn, Evidence]:
        """Known values are ReportFigures; a failed batch is unknown for its own functions only."""
        found: dict[FunctionArn, Evidence] = {}
        groups = sorted({place.group for place in places})
        for at in range(0, len(groups), GROUPS_PER_QUERY):
            batch = groups[at : at + GROUPS_PER_QUERY]
            inside = [place for place in places if place.group in batch]
            try:
                rows, missing = self._rows(batch, start=start, end=end)
            except OutsideError as error:
                found |= {place.function: Unknown(reason=str(error)) for place in inside}
                continue
            found |= {place.function: _judge(place, rows, missing) for place in inside}
        return found

    def _rows(
        self, groups: Sequence[str], *, start: datetime, end: datetime
    ) -> tuple[list[Row], frozenset[str]]:
        missing: set[str] = set()
        rows: list[Row] = []
        span = {"startTime": int(start.timestamp()), "endTime": int(end.timestamp())}
        for query in (TEXT_QUERY, JSON_QUERY):
            query_id = self._start(query, groups, missing, span)
            if query_id is not None:
                rows += self._results(query_id)
        return rows, frozenset(missing)

    def _start(
        self, query: str, groups: Sequence[str], missing: set[str], span: Mapping[str, int]
    ) -> str | None:
        """Start one query, without the groups that turn out to be missing; None: none is left."""
        while True:
            left = [group for group in groups if group not in missing]
            if not left:
                return None
            with reading("logs:StartQuery"):
                try:
                    answer = self._client.start_query(
                        logGroupNames=left, queryString=query, limit=ROWS, **span
                    )
                    return str(answer["queryId"])
                except ClientError as error:
                    named = _missing_group(error, left)
                    if named is None or len(missing) >= MISSING_GROUPS:
                        raise
                    missing.add(named)

    def _results(self, query_id: str) -> list[Row]:
        """Wait for one query.

        Raises: OutsideError when it fails, takes too long or answers more than one page.
        """
        waited, pause = 0.0, FIRST_POLL_S
        while True:
            with reading("logs:GetQueryResults"):
                answer = self._client.get_query_results(queryId=query_id)
            if answer["status"] == "Complete":
                rows: list[Row] = [
                    {cell["field"]: cell.get("value", "") for cell in row}
                    for row in answer["results"]
                ]
                if len(rows) >= ROWS or answer.get("nextToken"):
                    raise PermanentError("logs:GetQueryResults: more rows than one page")
                return rows
            if answer["status"] not in ("Scheduled", "Running") or waited >= DEADLINE_S:
                raise PermanentError(
                    f"logs:GetQueryResults: the query is {answer['status']} after {waited:.0f} s"
                )
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 2, LONGEST_POLL_S)


def _missing_group(error: ClientError, groups: Iterable[str]) -> str | None:
    """Return the group that AWS says does not exist: the longest name found in the message."""
    if code_of(error) != "ResourceNotFoundException":
        return None
    return max((g for g in groups if g in message_of(error)), key=len, default=None)


def _judge(place: LogPlace, rows: Iterable[Row], missing: frozenset[str]) -> Evidence:
    if place.group in missing:
        return Unknown(reason=f"there is no log group {place.group}")
    own = [row for row in rows if _is_of(row, place)]
    if not own:
        return Unknown(reason=f"no REPORT line in {place.group}")
    counted = [row for row in own if _is_at(row, place.memory_mb)]
    if not counted:
        return Unknown(reason=f"no REPORT line at the configured {place.memory_mb} MB")
    try:
        figures = ReportFigures(
            peak_memory_mb=max(_finite(row["peakMb"]) for row in counted),
            lines=sum(int(float(row["reports"])) for row in counted),
            out_of_memory=sum(int(float(row["outOfMemory"])) for row in counted),
            timeouts=sum(int(float(row["timeouts"])) for row in counted),
            duration_mean_ms=_averaged("tookMean", counted),
            duration_p95_ms=_averaged("tookP95", counted),
            billed_mean_ms=_averaged("billedMean", counted),
            billed_p95_ms=_averaged("billedP95", counted),
            cold_starts=_counted("coldStarts", counted),
        )
    except (KeyError, ValueError, OverflowError, ZeroDivisionError):
        return Unknown(reason=f"a figure of the REPORT lines in {place.group} cannot be read")
    return Known(value=figures, source="REPORT lines")


def _is_of(row: Row, place: LogPlace) -> bool:
    """Tell whether a row is about this function; '@log' reads 'account:group'."""
    if row.get("@log", "").partition(":")[2] != place.group or "reports" not in row:
        return False
    stream_function = row.get("streamFunction", "")
    if stream_function:
        return stream_function == place.function.name
    return not place.is_shared


def _averaged(name: str, rows: Sequence[Row]) -> float | None:
    """Return the mean over the rows, each counting by its lines; None where one does not tell."""
    if not all(name in row for row in rows):
        return None
    weights = [float(row["reports"]) for row in rows]
    total = sum(_finite(row[name]) * lines for row, lines in zip(rows, weights, strict=True))
    return total / sum(weights)


def _counted(name: str, rows: Sequence[Row]) -> int | None:
    return sum(int(float(row[name])) for row in rows) if all(name in row for row in rows) else None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_at(row: Row, memory_mb: int) -> bool:
    try:
        return round(float(row["sizeMb"])) == memory_mb
    except (KeyError, ValueError, OverflowError):
        return False
