"""How often does a schedule call? rate(), cron() and at(), as EventBridge writes them; no I/O.

Source: "Schedule types in EventBridge Scheduler", EventBridge Scheduler User Guide, read
2026-11-21.
"""

import re
from datetime import datetime, timedelta
from itertools import pairwise

DAY_S = 86_400
UNITS_S = {"minute": 60, "hour": 3_600, "day": DAY_S}

RATE = re.compile(r"rate\((?P<count>[1-9]\d*) (?P<unit>minute|hour|day)s?\)")
CRON = re.compile(r"cron\((?P<fields>[^()]+)\)")
AT = re.compile(r"at\((?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")

ANY_ZONE = timedelta(hours=14)
"""How far a time zone may be from UTC: a moment is not over before it is everywhere."""


def shortest_gap_s(expression: str) -> int | None:
    """Return the shortest time between two calls in a row; None: it cannot be read.

    A schedule that calls once a day or less counts as a day.
    """
    rate = RATE.fullmatch(expression)
    if rate is not None:
        return int(rate["count"]) * UNITS_S[rate["unit"]]
    cron = CRON.fullmatch(expression)
    return None if cron is None else _gap_of(cron["fields"].split())


def calls_once(expression: str) -> bool:
    return AT.fullmatch(expression) is not None


def is_over(expression: str, ends_at: datetime | None, *, at: datetime) -> bool:
    """Tell whether a schedule surely calls no more."""
    if ends_at is not None and ends_at <= at:
        return True
    once = AT.fullmatch(expression)
    if once is None:
        return False
    moment = datetime.fromisoformat(once["moment"]).replace(tzinfo=at.tzinfo)
    return moment + ANY_ZONE <= at


def _gap_of(fields: list[str]) -> int | None:
    """Return the gap of minutes, hours, day of month, month, day of week, year."""
    if len(fields) != 6:  # noqa: PLR2004 - as named above
        return None
    minutes, hours = _values(fields[0], 60), _values(fields[1], 24)
    if not minutes or not hours:
        return None
    times = sorted(3_600 * hour + 60 * minute for hour in hours for minute in minutes)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    if {fields[2], fields[4]} <= {"*", "?"}:
        gaps.append(times[0] + DAY_S - times[-1])
    return min(gaps, default=DAY_S)


def _values(field: str, end: int) -> set[int] | None:
    """Return the numbers below `end` that a field names: '*', '5', '0/15', '8-18', '0,30'."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0", "-", str(end - 1)) if span == "*" else span.partition("-")
        if not first.isdigit() or (last and not last.isdigit()) or (step and not step.isdigit()):
            return None
        until = int(last) if last else (end - 1 if step else int(first))
        if until >= end or (step and int(step) < 1):
            return None
        found |= set(range(int(first), until + 1, int(step or 1)))
    return found
