"""How is each small text of a policy file read? Days, hours, zones, accounts, thresholds."""

import re
from datetime import date, time, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trimtab.domain.finding import Assessment
from trimtab.domain.terms import Mode, Severity, WorseThan
from trimtab.policy.fleet_rules import OWNER, allowed_address
from trimtab.policy.problems import unknown_word
from trimtab.policy.quantity import ReadingError, read_duration

E = TypeVar("E", bound=StrEnum)

PLACES = ("member", "hub")
"""Accounts whose Security Hub may be told of findings."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_NUMBER = r"\d{1,9}(?:\.\d{1,6})?"
_WORSE = re.compile(
    rf"> ?(?:(?P<ratio>{_NUMBER})x(?: and >= ?(?P<least>{_NUMBER}))?|(?P<floor>{_NUMBER}))"
)


class Hours(NamedTuple):
    opens: time
    closes: time


MAX_SLUG = 64
"""Characters of a policy id; chosen: it is part of file names, tags and columns."""


def read_slug(raw: object) -> str:
    if isinstance(raw, str) and len(raw) > MAX_SLUG:
        raise ReadingError(f"{_shown(raw)} is longer than {MAX_SLUG} characters")
    return _shaped(
        raw, r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "a name in kebab-case like memory-oversized"
    )


def read_account(raw: object) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool):
        raise ReadingError(f'put account numbers in quotes: "{raw:012d}"')
    return _shaped(raw, r"\d{12}", "an account number of 12 digits")


def read_organizational_unit(raw: object) -> str:
    return _shaped(raw, r"(ou|r)-[a-z0-9-]{1,64}", "the id of an OU like ou-ab12-11111111")


def read_region(raw: object) -> str:
    return _shaped(raw, r"[a-z]{2,4}(-[a-z]+)+-\d", "a region like eu-west-1")


def read_runtime(raw: object) -> str:
    return _shaped(raw, r"[a-z][a-z0-9.]{1,39}", "the identifier of a runtime like nodejs22.x")


MAX_DOMAIN = 253
"""Source: RFC 1035, section 2.3.4, less the length bytes and the root."""


def read_domain(raw: object) -> str:
    if isinstance(raw, str) and len(raw) > MAX_DOMAIN:
        raise ReadingError(f"{_shown(raw)} is longer than {MAX_DOMAIN} characters")
    return _shaped(raw, r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain in lower case like example.com")


def read_address(raw: object) -> str:
    """Read a plain email address, in lower case. Whether its domain is allowed is asked later."""
    if isinstance(raw, str):
        clean = allowed_address(raw, (raw.strip(" ").lower().rpartition("@")[2],))
        if clean is not None:
            return clean
    raise ReadingError(f"{_shown(raw)} is not a plain email address")


def read_approver(raw: object) -> str:
    return OWNER if raw == OWNER else read_address(raw)


def read_span(raw: object) -> timedelta:
    """Read a duration longer than none: nothing ever happens within no time."""
    span = read_duration(raw)
    if not span:
        raise ReadingError(f"{_shown(raw)} is no time at all; write a duration like 24h")
    return span


def read_day(raw: object) -> date:
    day = _shaped(raw, r"2\d{3}-\d\d-\d\d", "a day like 2027-01-31")
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise ReadingError(f"{_shown(raw)} is no day of the calendar") from error


def read_zone(raw: object) -> str:
    """Read an IANA time zone name that this machine knows."""
    name = _shaped(raw, r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", "a time zone like Europe/Berlin")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        text = f"{_shown(name)} is not a time zone; write one like Europe/Berlin"
        raise ReadingError(text) from error
    return name


def read_days(raw: object) -> tuple[int, ...]:
    """Read days of the week: 'mon-thu', 'mon, wed' or a list; 0 is Monday."""
    parts = raw if isinstance(raw, list) else str(raw).split(",")
    days: set[int] = set()
    for part in parts:
        first, dash, last = str(part).strip().partition("-")
        start, end = _day(first), _day(last if dash else first)
        if end < start:
            raise ReadingError(f"{_shown(part)} runs backwards: the week begins on mon")
        days.update(range(start, end + 1))
    if not days:
        raise ReadingError("a window needs at least one day")
    return tuple(sorted(days))


def read_hours(raw: object) -> Hours:
    """Read '09:00-16:00'; the end is exclusive and on the same day."""
    match = _HOURS.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise ReadingError(f'{_shown(raw)} are not hours; write them like "09:00-16:00"')
    hours = Hours(time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4])))
    if hours.opens >= hours.closes:
        raise ReadingError(f"{_shown(raw)} ends before it begins; a window stays within one day")
    return hours


def read_worse(raw: object) -> WorseThan:
    """Read '> 1.5x and >= 5', '> 1.25x' or '> 0'."""
    match = _WORSE.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if match is None:
        raise ReadingError(
            f"{_shown(raw)} is not a threshold; write '> 1.5x and >= 5', '> 1.25x' or '> 0'"
        )
    if match["ratio"] is None:
        return WorseThan(ratio=None, floor=float(match["floor"]))
    ratio = float(match["ratio"])
    if ratio < 1:
        raise ReadingError(f"{_shown(raw)} would call an improvement worse: at least 1x")
    return WorseThan(ratio=ratio, floor=None if match["least"] is None else float(match["least"]))


def read_mode(raw: object) -> Mode:
    return _word(Mode, "mode", raw)


def read_built_mode(raw: object) -> Mode:
    mode = read_mode(raw)
    if mode is Mode.AUTO:
        raise ReadingError("mode 'auto' is not built yet; the highest is 'approve'")
    return mode


def read_severity(raw: object) -> Severity:
    return _word(Severity, "severity", raw)


def read_assessment(raw: object) -> Assessment:
    return _word(Assessment, "assessment", raw)


def read_sink(raw: object) -> str:
    if raw != "github":
        raise ReadingError(f"ticket sink {_shown(raw)} is not built yet; built: github")
    return "github"


def read_place(raw: object) -> str:
    if raw not in PLACES:
        raise ReadingError(unknown_word("place to import into", raw, PLACES))
    return str(raw)


def read_quorum(raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 1:
        raise ReadingError(f"needed is a whole number from 1, not {_shown(raw)}")
    if raw > 1:
        raise ReadingError(f"needed: {raw} is not built yet; write 1")
    return raw


def as_selection(raw: object) -> object:
    """Let a bare list stand for what is included."""
    return {"include": raw} if isinstance(raw, list) else raw


def _word(words: type[E], what: str, raw: object) -> E:
    known = [word.value for word in words]
    if raw not in known:
        raise ReadingError(unknown_word(what, raw, known))
    return words(raw)


def _day(text: str) -> int:
    if text not in _DAYS:
        raise ReadingError(unknown_word("day", text, _DAYS))
    return _DAYS.index(text)


def _shaped(raw: object, pattern: str, what: str) -> str:
    if not isinstance(raw, str) or re.fullmatch(pattern, raw) is None:
        raise ReadingError(f"{_shown(raw)} is not {what}")
    return raw


def _shown(raw: object) -> str:
    return repr(raw)[:60]
