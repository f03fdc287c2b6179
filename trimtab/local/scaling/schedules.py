"""When does a scheduled action fire? ``at(...)``, ``rate(...)`` and six-field ``cron(...)``.

Source: "PutScheduledAction", Application Auto Scaling API reference, and "Schedule recurring
scaling actions using cron expressions", its user guide, read 2026-11-21. Of cron it knows numbers,
names, lists, ranges, steps, ``*`` and ``?``; ``L``, ``W`` and ``#`` are refused, AWS takes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
"""The first is 1 in both."""

FIELDS = 6
_EXPRESSION = re.compile(r"(at|rate|cron)\((.*)\)")
_UNITS = {"minute": "minutes", "hour": "hours", "day": "days"}
_EITHER = "?"


class ScheduleError(ValueError):
    """A schedule or time zone that AWS would refuse."""


class Schedule(Protocol):
    """A parsed schedule."""

    def firings(self, after: datetime, until: datetime, *, since: datetime) -> Iterator[datetime]:
        """Yield the moments after `after` up to and with `until`; rates count from `since`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """At one moment."""

    at: datetime

    def firings(self, after: datetime, until: datetime, *, since: datetime) -> Iterator[datetime]:
        """Yield the moment if it is within."""
        del since
        if after < self.at <= until:
            yield self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Again and again, from when it was made or is to start."""

    every: timedelta

    def firings(self, after: datetime, until: datetime, *, since: datetime) -> Iterator[datetime]:
        """Yield the moments within, the first of all of them at `since`."""
        at = since + max(0, (after - since) // self.every) * self.every
        while at <= until:
            if at > after:
                yield at
            at += self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """At wall-clock times of a time zone. A field that allows everything is None."""

    minutes: frozenset[int] | None
    hours: frozenset[int] | None
    days: frozenset[int] | None
    months: frozenset[int] | None
    weekdays: frozenset[int] | None
    years: frozenset[int] | None
    zone: ZoneInfo

    def firings(self, after: datetime, until: datetime, *, since: datetime) -> Iterator[datetime]:
        """Yield the moments within, in UTC. A time that a change of clocks skips does not come;
        one that comes twice counts once.
        """
        del since
        day, last = after.astimezone(self.zone).date(), until.astimezone(self.zone).date()
        while day <= last:
            if self._has(day):
                for at in self._times(day):
                    if after < at <= until:
                        yield at
            day += timedelta(days=1)

    def _has(self, day: date) -> bool:
        asked = (
            (self.days, day.day),
            (self.months, day.month),
            (self.weekdays, day.isoweekday() % len(DAYS) + 1),
            (self.years, day.year),
        )
        return all(allowed is None or value in allowed for allowed, value in asked)

    def _times(self, day: date) -> Iterator[datetime]:
        for hour in sorted(self.hours or range(24)):
            for minute in sorted(self.minutes or range(60)):
                local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                at = local.astimezone(UTC)
                if at.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                    yield at


def parse(text: str, timezone: str | None = None) -> Schedule:
    """Read a schedule. `timezone` None is UTC; a rate takes no notice of it.

    Raises: ScheduleError.
    """
    zone = _zone(timezone)
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        raise ScheduleError(f"{text!r} is neither at(...), nor rate(...), nor cron(...)")
    kind, inside = match.groups()
    if kind == "at":
        return _once(inside, zone)
    return _rate(inside) if kind == "rate" else _cron(inside, zone)


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleError(f"{name!r} is no time zone") from None


def _once(text: str, zone: ZoneInfo) -> Once:
    try:
        local = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        raise ScheduleError(f"at({text}) is not at(yyyy-mm-ddThh:mm:ss)") from None
    return Once(at=local.astimezone(UTC))


def _rate(text: str) -> Rate:
    match = re.fullmatch(r"([1-9]\d*) (minute|hour|day)s?", text)
    if match is None:
        raise ScheduleError(f"rate({text}) is not rate(value minutes|hours|days)")
    return Rate(every=timedelta(**{_UNITS[match[2]]: int(match[1])}))


def _cron(text: str, zone: ZoneInfo) -> Cron:
    fields = text.split()
    if len(fields) != FIELDS:
        raise ScheduleError(f"cron({text}) has {len(fields)} fields, not {FIELDS}")
    minute, hour, day, month, weekday, year = fields
    if (day == _EITHER) == (weekday == _EITHER):
        raise ScheduleError(f"cron({text}): one of day of month and day of week is to be '?'")
    return Cron(
        minutes=_field(minute, 0, 59),
        hours=_field(hour, 0, 23),
        days=_field(day, 1, 31),
        months=_field(month, 1, 12, MONTHS),
        weekdays=_field(weekday, 1, 7, DAYS),
        years=_field(year, 1970, 2199),
        zone=zone,
    )


def _field(text: str, least: int, most: int, names: tuple[str, ...] = ()) -> frozenset[int] | None:
    """Read one field; None when it allows everything."""
    if text == "*" or (text == _EITHER and most in (7, 31)):
        return None
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if "/" in part and (not step.isdigit() or int(step) < 1):
            raise ScheduleError(f"{part!r} has no step")
        start, end = _span(span, least, most, names)
        if step and "-" not in span:
            end = most
        values = [*range(start, most + 1), *range(least, end + 1)] if start > end else []
        values = values or list(range(start, end + 1))
        found.update(values[:: int(step or 1)])
    return frozenset(found)


def _span(text: str, least: int, most: int, names: tuple[str, ...]) -> tuple[int, int]:
    """Read a value, a range or ``*``; a range may run over the end, such as FRI-MON."""
    if text == "*":
        return least, most
    start, dash, end = text.partition("-")
    first = _value(start, least, most, names)
    return first, (_value(end, least, most, names) if dash else first)


def _value(text: str, least: int, most: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + 1
    if not text.isdigit() or not least <= int(text) <= most:
        raise ScheduleError(f"{text!r} is not one of {least} to {most}")
    return int(text)
