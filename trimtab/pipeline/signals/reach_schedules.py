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

PART = re.compile(r"(\*|(?P<first>[0-9]+)(-(?P<last>[0-9]+))?)(/(?P<step>[0-9]+))?")
"""One part of a field of cron()."""
EVERY = frozenset("*?")
DAYS = {name: 1 + n for n, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}

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
    minutes, hours = _values(fields[0], 0, 59), _values(fields[1], 0, 23)
    if not minutes or not hours:
        return None
    times = sorted(3_600 * hour + 60 * minute for hour in hours for minute in minutes)
    shortest = min((later - earlier for earlier, later in pairwise(times)), default=DAY_S)
    overnight = times[0] + DAY_S - times[-1]
    if overnight >= shortest:
        return shortest
    follows = _has_days_in_a_row(day_of_month=fields[2], day_of_week=fields[4])
    if follows is None:
        return None
    return overnight if follows else shortest


def _has_days_in_a_row(*, day_of_month: str, day_of_week: str) -> bool | None:
    """Tell whether two days it calls on follow each other; None: it cannot be read."""
    if day_of_month in EVERY and day_of_week in EVERY:
        return True
    if day_of_month in EVERY:
        for name, number in DAYS.items():
            day_of_week = day_of_week.upper().replace(name, str(number))
        days, last = _values(day_of_week, 1, 7), {7}
    elif day_of_week in EVERY:
        days, last = _values(day_of_month, 1, 31), {28, 29, 30, 31}
    else:
        return None
    if days is None:
        return None
    return any(day + 1 in days for day in days) or (1 in days and bool(days & last))


def _values(field: str, begin: int, end: int) -> set[int] | None:
    """Return the numbers from `begin` to `end` that a field names: '*', '5', '0/15', '8-18'."""
    found: set[int] = set()
    for text in field.split(","):
        part = PART.fullmatch(text)
        if part is None:
            return None
        first = int(part["first"] or begin)
        until = int(part["last"] or (first if part["first"] and not part["step"] else end))
        step = int(part["step"] or 1)
        if not begin <= first <= until <= end or step < 1:
            return None
        found |= set(range(first, until + 1, step))
    return found
