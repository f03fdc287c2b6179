"""What must a value be? Matcher texts, checked against the signal's type and compiled to a test."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from trimtab.domain.evidence import Evidence, Known
from trimtab.policy.pattern import compile_pattern
from trimtab.policy.quantity import ReadingError, is_amount, read_amount, written_amount
from trimtab.policy.signal import Signal, SignalType, Tier

MAX_MATCHER = 300
"""Characters of a matcher; chosen, longer than the longest pattern."""
MAX_CHOICES = 200
"""Values in a list; chosen."""

_ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {
    # Called as compare(limit, value): value > limit is limit < value.
    ">=": operator.le,
    "<=": operator.ge,
    "!=": operator.ne,
    ">": operator.lt,
    "<": operator.gt,
    "=": operator.eq,
}
_EQUALITY = ("=", "!=")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One comparison, ready to run."""

    text: str
    """As a person reads it, in the signal's unit: '< 60%', '> 1024 MB', 'in [a, b]'."""
    test: Callable[[Any], bool] = field(compare=False, repr=False)
    asks_presence: bool = False
    """Whether it can be answered for a value that is not there."""
    key: str | None = None
    """The one entry it looks at, of a mapping."""
    limits: tuple[Any, ...] | None = field(default=(), compare=False, repr=False)
    """The values it compares with, in the signal's unit; None where a pattern stands for them."""


def matches(matcher: Matcher, evidence: Evidence) -> bool | None:
    """Compare what is known; None when it is unknown, or has no value to compare."""
    if not isinstance(evidence, Known):
        return None
    if evidence.value is None and not matcher.asks_presence:
        return None
    return matcher.test(evidence.value)


def parse_matcher(signal: Signal, raw: object) -> Matcher:
    """Read what a policy file says of a signal: a scalar, a text with an operator, or a list.

    Raises: ReadingError when it does not fit the type of the signal.
    """
    if signal.type is SignalType.RECORD:
        raise ReadingError(f"{signal.name} is for the advisor of a change: it cannot be compared")
    if isinstance(raw, list):
        return _membership(signal, raw)
    if isinstance(raw, str):
        return _parse_text(signal, raw.strip())
    if raw is None or isinstance(raw, Mapping):
        what = "nothing" if raw is None else "a mapping"
        raise ReadingError(f"{signal.name} is compared with {what}; for no value write 'absent'")
    return _comparison(signal, "=", raw)


def entry_matcher(key: str, raw: object) -> Matcher:
    """Read what one entry of a mapping must be, a tag for instance, as a matcher of the mapping.

    An entry that is not there fits 'absent' and nothing else.
    Raises: ReadingError.
    """
    inner = parse_matcher(_ENTRY, raw)

    def test(entries: Mapping[str, str] | None) -> bool:
        value = None if entries is None else entries.get(key)
        if value is None and not inner.asks_presence:
            return False
        return inner.test(value)

    return Matcher(inner.text, test, inner.asks_presence, key, inner.limits)


def _parse_text(signal: Signal, text: str) -> Matcher:
    if len(text) > MAX_MATCHER:
        raise ReadingError(f"a matcher has at most {MAX_MATCHER} characters, this one {len(text)}")
    if text in ("absent", "present"):
        return _presence(text)
    for symbol in _ORDERS:
        if text.startswith(symbol):
            return _comparison(signal, symbol, text.removeprefix(symbol).strip())
    if text.startswith("matches "):
        return _matching(signal, text.removeprefix("matches ").strip())
    if text.startswith("in [") and text.endswith("]"):
        items = [item.strip() for item in text.removeprefix("in [").removesuffix("]").split(",")]
        return _membership(signal, [item for item in items if item])
    return _comparison(signal, "=", text)


def _presence(word: str) -> Matcher:
    wants_empty = word == "absent"
    return Matcher(word, lambda value: _is_empty(value) is wants_empty, asks_presence=True)


def _comparison(signal: Signal, symbol: str, raw: object) -> Matcher:
    limit, shown = _limit(signal, raw)
    if symbol not in _EQUALITY and not is_amount(signal):
        raise ReadingError(
            f"{signal.name} is a {signal.type.value}: it has no order for {symbol!r}"
        )
    text = f"{symbol} {shown}"
    if signal.type is SignalType.TEXTS:
        wanted = symbol == "="
        return Matcher(text, lambda values: (limit in values) is wanted, limits=(limit,))
    return Matcher(text, partial(_ORDERS[symbol], limit), limits=(limit,))


def _membership(signal: Signal, items: list[object]) -> Matcher:
    if not 0 < len(items) <= MAX_CHOICES:
        raise ReadingError(f"a list has 1 to {MAX_CHOICES} values, this one {len(items)}")
    if any(isinstance(item, list | dict) or item is None for item in items):
        raise ReadingError("a list holds plain values only")
    limits = [_limit(signal, item) for item in items]
    choices = frozenset(limit for limit, _ in limits)
    text = f"in [{', '.join(shown for _, shown in limits)}]"
    if signal.type is SignalType.TEXTS:
        return Matcher(text, lambda values: not choices.isdisjoint(values), limits=(*choices,))
    return Matcher(text, choices.__contains__, limits=(*choices,))


def _matching(signal: Signal, pattern: str) -> Matcher:
    if signal.type is SignalType.TEXT:
        return Matcher(f"matches {pattern}", compile_pattern(pattern), limits=None)
    if signal.type is SignalType.TEXTS:
        fits = compile_pattern(pattern)
        text = f"matches {pattern}"
        return Matcher(text, lambda values: any(fits(value) for value in values), limits=None)
    raise ReadingError(f"{signal.name} is a {signal.type.value}: only text can match a pattern")


def _limit(signal: Signal, raw: object) -> tuple[Any, str]:
    """Return the value to compare with, and how it is written."""
    if signal.type is SignalType.FLAG:
        text = str(raw).lower() if isinstance(raw, bool) else raw
        if text not in ("true", "false"):
            raise ReadingError(f"{signal.name} is true or false, not {str(raw)[:40]!r}")
        return text == "true", str(text)
    if isinstance(raw, bool):
        raise ReadingError(f"{signal.name} is a {signal.type.value}, not true or false")
    if is_amount(signal):
        amount = read_amount(signal, raw)
        return amount, written_amount(signal, amount)
    if signal.type is SignalType.MAPPING:
        raise ReadingError(f"{signal.name} is a mapping: write the names and what each must be")
    if not isinstance(raw, str) or not raw:
        raise ReadingError(f"{signal.name} is text: write {str(raw)[:40]!r} in quotes")
    if raw.startswith(tuple(_ORDERS)):
        raise ReadingError(f"{raw[:40]!r} has two operators")
    return raw, raw


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, tuple | list | Mapping) and not value)


_ENTRY = Signal(
    name="the entry",
    type=SignalType.TEXT,
    unit="",
    meaning="One value of a mapping.",
    source="",
    tier=Tier.BULK,
    unknown_when="",
)
