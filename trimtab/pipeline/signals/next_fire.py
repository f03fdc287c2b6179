"""When does a schedule call next? rate(), cron() and at(), however rarely; no I/O.

Source of the grammar: "Schedule types in EventBridge Scheduler", EventBridge Scheduler User Guide,
and "Cron expressions reference", Amazon EventBridge User Guide, read 2026-11-22.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from trimtab.domain.errors import InputError
from trimtab.pipeline.signals.reach_schedules import AT, CRON, DAYS, RATE, UNITS_S

HORIZON_YEARS = 12
"""How far ahead is looked: a 29th of February comes within 8 years, also around 2100."""

MONTHS = {
    name: 1 + n
    for n, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
    )
}
PART = re.compile(r"(\*|(?P<first>[0-9]+)(-(?P<last>[0-9]+))?)(/(?P<step>[0-9]+))?")
NEAREST = re.compile(r"(?P<day>[0-9]{1,2})W")
LAST_OF_WEEKDAY = re.compile(r"(?P<day>[1-7])L")
NTH = re.compile(r"(?P<day>[1-7])#(?P<nth>[1-5])")
SATURDAY, SUNDAY = 5, 6
WEEK = 7
FIELDS = 6
FIRST_YEAR, LAST_YEAR = 1970, 2199


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Between which moments a schedule may call, and by which clock."""

    zone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None


ALWAYS = Span()


def next_fire_at(expression: str, span: Span = ALWAYS, *, at: datetime) -> datetime | None:
    """Return when it calls next, after `at`; None: never again. Of a rate the latest moment, as
    nothing tells when it began.

    Raises: InputError when it cannot be read.
    """
    begin = at if span.starts_at is None else max(at, span.starts_at)
    if span.ends_at is not None and span.ends_at <= begin:
        return None
    found = _after(expression, _zone(span.zone), begin)
    if found is None or span.ends_at is None:
        return found
    if RATE.fullmatch(expression):
        return min(found, span.ends_at)
    return found if found <= span.ends_at else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(f"{name!r} is no time zone that is known") from error


def _after(expression: str, zone: ZoneInfo, begin: datetime) -> datetime | None:
    once, rate, cron = (p.fullmatch(expression) for p in (AT, RATE, CRON))
    if once is not None:
        moment = datetime.fromisoformat(once["moment"]).replace(tzinfo=zone).astimezone(UTC)
        return moment if moment > begin else None
    if rate is not None:
        return begin + timedelta(seconds=int(rate["count"]) * UNITS_S[rate["unit"]])
    if cron is None:
        raise InputError(f"{expression!r} is no schedule that is known")
    fields = cron["fields"].upper().split()
    if len(fields) != FIELDS:
        raise InputError(f"{expression!r} has not the six fields of cron()")
    return _next_of(fields, zone, begin)


def _next_of(fields: list[str], zone: ZoneInfo, begin: datetime) -> datetime | None:
    minutes, hours = _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 23)
    times = [time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes)]
    local = begin.astimezone(zone)
    for day in _days(fields, local.date()):
        for moment in times:
            found = datetime.combine(day, moment, tzinfo=zone).astimezone(UTC)
            if found > begin:
                return found
    return None


def _days(fields: list[str], first: date) -> Iterator[date]:
    """Yield the days it calls on, from the first on."""
    of_month, of_week = fields[2], _named(fields[4], DAYS)
    months = _numbers(_named(fields[3], MONTHS), 1, 12)
    years = _numbers(fields[5], FIRST_YEAR, LAST_YEAR)
    _check(of_month, of_week, first)
    for year in range(first.year, first.year + HORIZON_YEARS + 1):
        for month in range(1, 13) if year in years else ():
            if month in months and (year, month) >= (first.year, first.month):
                days = _in_month(of_month, of_week, year, month)
                yield from (day for day in sorted(days) if day >= first)


def _check(of_month: str, of_week: str, first: date) -> None:
    """Read both fields once, so that what cannot be read is said even where no month fits."""
    if (of_month == "?") == (of_week == "?") and "*" not in (of_month, of_week):
        raise InputError(f"cron() says both of days {of_month!r} and {of_week!r}")
    _in_month(of_month, of_week, first.year, first.month)


def _in_month(of_month: str, of_week: str, year: int, month: int) -> set[date]:
    length = monthrange(year, month)[1]
    days = {date(year, month, day) for day in range(1, length + 1)}
    if of_month not in ("?", "*"):
        days &= _by_day(of_month, year, month, length)
    if of_week not in ("?", "*"):
        days &= _by_weekday(of_week, days)
    return days


def _by_day(field: str, year: int, month: int, length: int) -> set[date]:
    nearest = NEAREST.fullmatch(field)
    if nearest is not None:
        return {_workday(date(year, month, min(int(nearest["day"]) or 1, length)), length)}
    if field == "LW":
        return {_workday(date(year, month, length), length)}
    if field == "L":
        return {date(year, month, length)}
    return {date(year, month, day) for day in _numbers(field, 1, 31) if day <= length}


def _workday(day: date, length: int) -> date:
    """Return the weekday nearest to a day, within its month."""
    if day.weekday() == SATURDAY:
        return day + timedelta(days=2) if day.day == 1 else day - timedelta(days=1)
    if day.weekday() == SUNDAY:
        return day - timedelta(days=2) if day.day == length else day + timedelta(days=1)
    return day


def _by_weekday(field: str, days: set[date]) -> set[date]:
    """Return the days of a month on those weekdays, of which 1 is Sunday."""
    last, nth = LAST_OF_WEEKDAY.fullmatch(field), NTH.fullmatch(field)
    if field == "L":
        return {day for day in days if day.weekday() == SATURDAY}
    if last is not None:
        same = sorted(day for day in days if _number(day) == int(last["day"]))
        return set(same[-1:])
    if nth is not None:
        same = sorted(day for day in days if _number(day) == int(nth["day"]))
        at = int(nth["nth"]) - 1
        return set(same[at : at + 1])
    wanted = _numbers(field, 1, WEEK)
    return {day for day in days if _number(day) in wanted}


def _number(day: date) -> int:
    return day.isoweekday() % WEEK + 1


def _named(field: str, names: dict[str, int]) -> str:
    for name, number in names.items():
        field = field.replace(name, str(number))
    return field


def _numbers(field: str, begin: int, end: int) -> set[int]:
    """Return the numbers that a field names; a range may go over the end: FRI-MON."""
    found: set[int] = set()
    for text in field.split(","):
        part = PART.fullmatch(text)
        if part is None:
            raise InputError(f"{text!r} is no part of cron() that is known")
        first = int(part["first"] or begin)
        until = int(part["last"] or (first if part["first"] and not part["step"] else end))
        step = int(part["step"] or 1)
        if step < 1 or not (begin <= first <= end and begin <= until <= end):
            raise InputError(f"{text!r} is beyond what cron() has there")
        span = (
            range(first, until + 1)
            if first <= until
            else (*range(first, end + 1), *range(begin, until + 1))
        )
        found |= set(list(span)[::step])
    return found
