"""How are amounts written? '30d', '512 MB', '60%', '$20' in, numbers in the signal's unit out."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from trimtab.domain.errors import InputError
from trimtab.policy.signal import Signal, SignalType


class ReadingError(InputError, ValueError):
    """A text in a policy file does not say what its place needs."""


MAX_DURATION = timedelta(days=3660)
"""Ten years: longer than any record CloudWatch keeps; chosen, so that sums cannot overflow."""

_AMOUNT = re.compile(r"(?P<money>\$ ?)?(?P<number>\d{1,15}(\.\d{1,9})?) ?(?P<unit>[A-Za-z%]{0,3})")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MEGABYTES = {"KB": 1 / 1024, "MB": 1.0, "GB": 1024.0}
"""Lambda's own megabyte and gigabyte are powers of two."""
_SECONDS_PER = {"ms": 0.001, "s": 1.0, "days": 86400.0}

_KINDS = {
    SignalType.MEMORY: "a size",
    SignalType.SIZE: "a size",
    SignalType.DURATION: "a duration",
    SignalType.DAYS: "a duration",
    SignalType.COUNT: "a number",
    SignalType.RATIO: "a share",
    SignalType.MONEY: "an amount of money",
}
_EXAMPLES = {
    "a size": "512 MB or 1 GB",
    "a duration": "30d, 12h, 15m, 10s or 250ms",
    "a number": "1000",
    "a share": "60% or 0.6",
    "an amount of money": "$20",
}


def is_amount(signal: Signal) -> bool:
    """Tell whether the values of this signal are numbers that can be ordered."""
    return signal.type in _KINDS


def read_amount(signal: Signal, raw: object) -> float:
    """Read an amount in the unit of this signal. A bare number is taken to be in that unit.

    Days may lie below 0: a date that has passed.
    Raises: ReadingError when it is an amount of something else.
    """
    wanted = _KINDS[signal.type]
    text = str(raw).strip()
    if signal.type is SignalType.DAYS and text[:1] == "-" and text[1:2].isdigit():
        return -read_amount(signal, text[1:])
    kind, value = _classified(text)
    if kind == wanted == "a duration":
        return value / _SECONDS_PER[signal.unit]
    if kind == wanted:
        return value
    if kind == "a number" and wanted != "a share":
        return value
    if kind == "a number" and value <= 1:
        return value
    if kind == "a number":
        number = written_plain(value)
        raise ReadingError(f"{number} is not a share: write {number}% or a number up to 1")
    name = "duration" if signal.type is SignalType.DAYS else signal.type.value
    what = f"{name} in {signal.unit}" if signal.unit else name
    shown = kind if kind else f"not an amount; write {_EXAMPLES[wanted]}"
    raise ReadingError(f"{signal.name} is a {what}; {str(raw)[:40]!r} is {shown}")


def read_duration(raw: object) -> timedelta:
    """Read a duration such as 30d, 12h, 15m or 10s.

    Raises: ReadingError.
    """
    kind, value = _classified(raw) if isinstance(raw, str) else ("", 0.0)
    if kind != "a duration":
        raise ReadingError(f"{str(raw)[:40]!r} is not a duration; write {_EXAMPLES['a duration']}")
    return timedelta(seconds=value)


def read_percent(raw: object) -> float:
    """Read a percentage such as 10% as a share, 0.1.

    Raises: ReadingError.
    """
    kind, value = _classified(raw) if isinstance(raw, str) else ("", 0.0)
    if kind != "a share":
        raise ReadingError(f"{str(raw)[:40]!r} is not a percentage; write it like 10%")
    return value


def _classified(text: str) -> tuple[str, float]:
    """Return what kind of amount this is and its value in s, MB, 0..1 or USD; '' for none."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return "", 0.0
    number, unit = float(match["number"]), match["unit"]
    if match["money"]:
        return ("an amount of money", number) if not unit else ("", 0.0)
    if not unit:
        return "a number", number
    if unit == "%":
        return "a share", number / 100
    if unit in _MEGABYTES:
        return "a size", number * _MEGABYTES[unit]
    if unit in _SECONDS and number * _SECONDS[unit] <= MAX_DURATION.total_seconds():
        return "a duration", number * _SECONDS[unit]
    return "", 0.0


def written_amount(signal: Signal, value: float) -> str:
    """Write an amount with its unit, as people read it."""
    if signal.type is SignalType.RATIO:
        return f"{written_plain(value * 100)}%"
    if signal.type is SignalType.MONEY:
        return f"${written_plain(value)}"
    if signal.type is SignalType.COUNT:
        return written_plain(value)
    return f"{written_plain(value)} {signal.unit}"


def written(signal: Signal, value: Any) -> str:
    """Write any value of a signal for people; 'none' where the function has no such thing."""
    if value is None:
        return "none"
    if is_amount(signal):
        return written_amount(signal, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{k}={v}" for k, v in sorted(value.items())) or "none"
    if isinstance(value, str):
        return value
    return ", ".join(value) or "none"


def written_duration(value: timedelta) -> str:
    """Write a duration in the largest unit that leaves no fraction: 14d, 36h, 90s."""
    seconds = value.total_seconds()
    for unit in ("d", "h", "m", "s"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{written_plain(seconds / _SECONDS[unit])}{unit}"
    return f"{written_plain(seconds)}s"


def written_plain(value: float) -> str:
    """Write a number without exponent or trailing zeros, to at most four decimals."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return text or "0"
