"""Does anybody use a function that is to be removed? Looked at by the watch and by apply alike.

In quarantine it is a dead man's switch (S15): a call lets it go, and so do two looks in a row that
could not be read.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import OutsideError
from trimtab.domain.round_events import (
    NOTICE_STARTED,
    QUARANTINE_READ,
    QUARANTINE_UNREAD,
    REMOVAL_STOPPED,
)
from trimtab.pipeline.figures import NAMESPACE, SIGNS, SeriesReader, floor_to
from trimtab.pipeline.on_record import OnRecord
from trimtab.pipeline.record import record_change
from trimtab.pipeline.removal_record import throttled_since
from trimtab.ports import Ledger, MetricQuery

CALLED = "called"
CHANGED = "changed"
UNREAD = "unread"
KEPT = "kept"
LATE = "late"
NEEDED = "needed"
"""What ends a removal: a call, a change of the function, blindness, its owner, the time, or that
none of the versions it is about may go.
"""

NOTICE_PERIOD_S = 3_600
"""CloudWatch keeps hours for 455 days. Source: "Metrics retention", CloudWatch User Guide."""
QUARANTINE_PERIOD_S = 60

MISSES = 2
"""Looks in a row that could not be read, then a quarantine is let go (S15)."""


def why_called(
    reader: SeriesReader, function: FunctionArn, *, since: datetime, now: datetime, period_s: int
) -> str | None:
    """Say which sign of use there is since a moment; None: none at all.

    Raises: OutsideError when one of the series was not answered completely (S8).
    """
    queries = {
        MetricQuery(function=function, namespace=NAMESPACE, metric=metric, statistic="Sum"): metric
        for metric in SIGNS
    }
    return first_use(reader, queries, since=since, now=now, period_s=period_s)


def first_use(
    reader: SeriesReader,
    queries: Mapping[MetricQuery, str],
    *,
    since: datetime,
    now: datetime,
    period_s: int,
) -> str | None:
    """Say which of these series, each with its name, has a figure above zero; None: none of them.

    Raises: OutsideError when one of the series was not answered completely (S8).
    """
    start = floor_to(since, period_s)
    end = max(now, start + timedelta(seconds=period_s))
    found = reader.series(tuple(queries), start=start, end=end, period_s=period_s)
    for query, metric in queries.items():
        points = found.get(query)
        if points is None:
            raise OutsideError(f"{query.function}: {metric} was not answered completely")
        total = sum(point.value for point in points)
        if total > 0:
            first = min(point.at for point in points if point.value > 0)
            return f"somebody uses it: {metric} {total:g}, first at {first.isoformat()}"
    return None


def look_in_notice(
    known: OnRecord, reader: SeriesReader, ledger: Ledger, *, actor: str, now: datetime
) -> str | None:
    """End a notice in which somebody called; return why. None: nobody did.

    Raises: OutsideError: a notice goes on unread, but does not lead to a quarantine unread.
    """
    began = known.last(NOTICE_STARTED)
    assert began is not None, "only a notice that began is looked at"
    function = known.remediation.function
    why = why_called(reader, function, since=began.at, now=now, period_s=NOTICE_PERIOD_S)
    if why is not None:
        stop(known, ledger, CALLED, why, actor=actor, now=now)
    return why


def look_in_quarantine(
    known: OnRecord, open_: Callable[[], SeriesReader], ledger: Ledger, *, actor: str, now: datetime
) -> str | None:
    """End a quarantine in which somebody called, or that could not be read twice; return why.

    An account that cannot be entered is a look that could not be read.
    """
    since = throttled_since(known)
    assert since is not None, "only a quarantine that began is looked at"
    remediation = known.remediation
    try:
        why = why_called(
            open_(), remediation.function, since=since, now=now, period_s=QUARANTINE_PERIOD_S
        )
    except OutsideError as error:
        return _missed(known, ledger, str(error), actor=actor, now=now)
    if why is not None:
        stop(known, ledger, CALLED, why, actor=actor, now=now)
    elif _misses(known):
        key = now.isoformat()
        record_change(ledger, remediation, QUARANTINE_READ, {}, actor=actor, at=now, key=key)
    return why


def _misses(known: OnRecord) -> int:
    """Count the looks in a row, up to the last, that could not be read."""
    count = 0
    for entry in known.entries:
        if entry.event == QUARANTINE_UNREAD:
            count += 1
        elif entry.event == QUARANTINE_READ:
            count = 0
    return count


def _missed(
    known: OnRecord, ledger: Ledger, error: str, *, actor: str, now: datetime
) -> str | None:
    key, data = now.isoformat(), {"reason": error}
    record_change(ledger, known.remediation, QUARANTINE_UNREAD, data, actor=actor, at=now, key=key)
    missed = _misses(known) + 1
    if missed < MISSES:
        return None
    why = f"whether somebody calls it could not be read {missed} times in a row: {error}"
    stop(known, ledger, UNREAD, why, actor=actor, now=now)
    return why


def stop(
    known: OnRecord, ledger: Ledger, what: str, reason: str, *, actor: str, now: datetime
) -> None:
    """Enter why a removal goes no further, once: the first reason stands."""
    data = {"what": what, "reason": reason}
    record_change(ledger, known.remediation, REMOVAL_STOPPED, data, actor=actor, at=now)
