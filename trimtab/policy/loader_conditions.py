"""Which condition does `when:` describe? Mappings of signals to matchers, with all, any and not."""

from collections.abc import Mapping
from typing import Any

from trimtab.policy.catalog import HAS_TAG, SIGNALS, TAGS
from trimtab.policy.condition import AllOf, AnyOf, Condition, Leaf, Not
from trimtab.policy.matchers import Matcher, entry_matcher, parse_matcher
from trimtab.policy.problems import Document, Mistakes, Path, unknown_word
from trimtab.policy.quantity import ReadingError
from trimtab.policy.signal import Signal, SignalType

MAX_LEAVES = 200
"""Comparisons in one policy; chosen, ten times the longest sensible one."""
MAX_NAME = 128
"""Source: Tag naming limits, AWS General Reference, read 2026-11."""

_GROUPS = ("all", "any", "not")


def read_condition(
    document: Document, path: Path, raw: Any, mistakes: Mistakes
) -> Condition | None:
    """Read a condition; None after noting what is wrong with it."""
    count = _comparisons(raw)
    if count > MAX_LEAVES:
        mistakes.at_value(document, path, f"{count} comparisons; at most {MAX_LEAVES}")
        return None
    before = len(mistakes.problems)
    condition = _entries(document, path, raw, mistakes)
    return condition if len(mistakes.problems) == before else None


def _comparisons(raw: Any) -> int:
    """Count before reading: to look for the nearest right word of thousands takes seconds."""
    if isinstance(raw, list):
        return sum(_comparisons(item) for item in raw)
    if not isinstance(raw, Mapping):
        return 0
    return sum(_comparisons(raw[key]) if key in _GROUPS else _leaves_of(raw[key]) for key in raw)


def _leaves_of(raw: Any) -> int:
    return max(len(raw), 1) if isinstance(raw, Mapping) else 1


def _entries(document: Document, path: Path, raw: Any, mistakes: Mistakes) -> Condition | None:
    """Read a mapping whose entries must all hold."""
    if not isinstance(raw, Mapping) or not raw:
        mistakes.at_value(
            document, path, "conditions are a mapping of signals to what they must be"
        )
        return None
    children = [_entry(document, (*path, key), key, raw[key], mistakes) for key in raw]
    return _grouped(AllOf, children)


def _entry(
    document: Document, path: Path, key: str, raw: Any, mistakes: Mistakes
) -> Condition | None:
    if key == "not":
        return _negated(document, path, raw, mistakes)
    if key in _GROUPS:
        return _group(document, path, AllOf if key == "all" else AnyOf, raw, mistakes)
    if key == HAS_TAG:
        return _has_tag(document, path, raw, mistakes)
    if key not in SIGNALS:
        known = (*SIGNALS, HAS_TAG, *_GROUPS)
        mistakes.at_key(document, path, unknown_word("signal", key, known))
        return None
    signal = SIGNALS[key]
    if signal.type is SignalType.MAPPING and isinstance(raw, Mapping):
        return _mapping(document, path, signal, raw, mistakes)
    try:
        matcher = parse_matcher(signal, raw)
    except ReadingError as error:
        mistakes.at_value(document, path, str(error))
        return None
    return Leaf(signal, matcher, _label(key, matcher), path)


def _negated(document: Document, path: Path, raw: Any, mistakes: Mistakes) -> Condition | None:
    if isinstance(raw, Mapping) and len(raw) > 1:
        text = "not takes one condition; say 'not: {all: [...]}' or 'not: {any: [...]}'"
        mistakes.at_value(document, path, text)
    child = _entries(document, path, raw, mistakes)
    return None if child is None else Not(child)


def _group(
    document: Document,
    path: Path,
    group: type[AllOf] | type[AnyOf],
    raw: Any,
    mistakes: Mistakes,
) -> Condition | None:
    if not isinstance(raw, list) or not raw:
        mistakes.at_value(
            document, path, f"{path[-1]} takes a list of conditions, each with a dash"
        )
        return None
    children = [_entries(document, (*path, n), item, mistakes) for n, item in enumerate(raw)]
    return _grouped(group, children)


def _grouped(
    group: type[AllOf] | type[AnyOf], children: list[Condition | None]
) -> Condition | None:
    whole = tuple(child for child in children if child is not None)
    if not whole:
        return None
    return whole[0] if len(whole) == 1 else group(whole)


def _has_tag(document: Document, path: Path, raw: Any, mistakes: Mistakes) -> Condition | None:
    if not isinstance(raw, str):
        mistakes.at_value(document, path, f"{HAS_TAG} takes the name of one tag")
        return None
    entry = read_entry(document, path, raw, "present", mistakes)
    return None if entry is None else Leaf(SIGNALS[TAGS], entry, _label(f"tag {raw}", entry), path)


def _mapping(
    document: Document, path: Path, signal: Signal, raw: Mapping[str, Any], mistakes: Mistakes
) -> Condition | None:
    """Read a mapping of names to what each must be; all must hold."""
    if not raw:
        mistakes.at_value(document, path, f"name what {signal.name} must hold")
    leaves: list[Condition | None] = []
    for name, said in raw.items():
        place: Path = (*path, name)
        entry = read_entry(document, place, name, said, mistakes)
        if entry is not None:
            leaves.append(Leaf(signal, entry, _label(f"{signal.name} {name}", entry), place))
    return _grouped(AllOf, leaves)


def read_entry(
    document: Document, path: Path, name: str, raw: Any, mistakes: Mistakes
) -> Matcher | None:
    """Read what one tag or other entry must be; None after noting what is wrong."""
    if not 0 < len(name) <= MAX_NAME:
        mistakes.at_value(document, path, f"a name here has 1 to {MAX_NAME} characters")
        return None
    try:
        return entry_matcher(name, raw)
    except ReadingError as error:
        mistakes.at_value(document, path, str(error))
        return None


def _label(name: str, matcher: Matcher) -> str:
    verb = "is " if matcher.asks_presence else ""
    return f"{name} {verb}{matcher.text}"
