"""What does a new policy look like? The text of one that loads, and of tests around its limits."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.domain.terms import Severity
from trimtab.policy.bounds import CHOICES, bounds_of
from trimtab.policy.catalog import HAS_TAG, SIGNALS, TAGS
from trimtab.policy.condition import Leaf
from trimtab.policy.matchers import entry_matcher, parse_matcher
from trimtab.policy.problems import unknown_word
from trimtab.policy.quantity import ReadingError, is_amount, written_amount
from trimtab.policy.reach import OTHER, Samples, variable_of
from trimtab.policy.signal import Signal, SignalType

_USUAL = {
    SignalType.MEMORY: "> 1024 MB",
    SignalType.SIZE: "> 100 MB",
    SignalType.DURATION: "> 10s",
    SignalType.DAYS: "> 90d",
    SignalType.COUNT: "> 100",
    SignalType.RATIO: "> 50%",
    SignalType.MONEY: "> $10",
    SignalType.FLAG: "true",
}
"""What a condition says when only its signal is named; chosen, to be changed by hand."""

WHY = "Say here why this matters, for whoever reads the finding."
REMEDY = "Say here what to do about it."
"""What a person replaces; `trimtab policy validate` warns while they stand there."""

_POLICY = """\
# Run `trimtab policy validate` and `trimtab policy test` after every change.
# docs/policies-reference.md lists every key, signal and matcher.
id: {id}
title: {title}
why: >
  {why}
remedy: {remedy}
severity: {severity}
mode: observe

when:
{conditions}
lookback: 14d
"""
_TESTS = """\
# Run with: trimtab policy test. A row changes what `given` says; what neither says is unknown.
policy: {id}
given:
{given}

tests:
{rows}"""
_ROW = """\
  - name: {name}
    signals: {signals}
    expect: {expect}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold:
    """The two files of a new policy."""

    policy: str
    tests: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One value that a test gives to one signal."""

    name: str
    value: Any
    holds: bool


def scaffold(policy_id: str, title: str, severity: Severity, said: Sequence[str]) -> Scaffold:
    """Return a policy of these conditions: 'function.memory_mb', 'function.memory_mb > 1024', or
    'function.has_tag team'.

    Raises: ReadingError for a condition that is none, or for which no fitting value is found.
    """
    leaves = [_leaf(text) for text in said]
    names = [leaf.signal.name for leaf in leaves]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ReadingError(f"{twice} is named twice: one condition for each signal")
    rows = {leaf.signal.name: tuple(_rows(leaf)) for leaf in leaves}
    given = {leaf.signal.name: _fitting(leaf, rows[leaf.signal.name]) for leaf in leaves}
    return Scaffold(
        policy=_POLICY.format(
            id=policy_id,
            title=json.dumps(title, ensure_ascii=False),
            why=WHY,
            remedy=REMEDY,
            severity=severity.value,
            conditions="\n".join(f"  {_entry(one)}" for one in leaves),
        ),
        tests=_TESTS.format(
            id=policy_id,
            given="\n".join(f"  {n}: {_value(SIGNALS[n], value)}" for n, value in given.items()),
            rows="\n".join(text for leaf in leaves for text in _texts(leaf, rows)),
        ),
    )


def _leaf(text: str) -> Leaf:
    name, _, rest = text.strip().partition(" ")
    if name == HAS_TAG:
        return _has_tag(rest.strip())
    if name not in SIGNALS:
        raise ReadingError(unknown_word("signal", name, (*SIGNALS, HAS_TAG)))
    signal = SIGNALS[name]
    matcher = parse_matcher(signal, rest.strip() or _usual(signal))
    return Leaf(signal, matcher, f"{name} {matcher.text}")


def _has_tag(tag: str) -> Leaf:
    if not tag:
        raise ReadingError(f"{HAS_TAG} takes the name of one tag: '{HAS_TAG} team'")
    return Leaf(SIGNALS[TAGS], entry_matcher(tag, "present"), f"tag {tag} is present")


def _usual(signal: Signal) -> str:
    if signal.name in CHOICES:
        return CHOICES[signal.name][0]
    usual, bounds = _USUAL.get(signal.type, "present"), bounds_of(signal)
    if is_amount(signal):
        limit = (parse_matcher(signal, usual).limits or (0,))[0]
        if not bounds.least <= limit < bounds.most:
            return f"> {(bounds.least + bounds.most) // 2:.0f}"
    return usual


def _rows(leaf: Leaf) -> Iterator[_Row]:
    """Yield a row at every value that tells the condition's two answers apart."""
    if is_amount(leaf.signal) and leaf.matcher.limits:
        for limit in sorted(leaf.matcher.limits):
            yield from _around(leaf, limit)
        return
    answers: set[bool] = set()
    for value in _candidates(leaf):
        holds = leaf.matcher.test(value)
        if holds not in answers:
            answers.add(holds)
            shown = "nothing" if value in (None, {}, ()) else _value(leaf.signal, value)
            yield _Row(name=f"with {shown}", value=value, holds=holds)


def _around(leaf: Leaf, limit: float) -> Iterator[_Row]:
    bounds = bounds_of(leaf.signal)
    step = 1 if bounds.is_whole else max(abs(limit) / 100, 0.01)
    sides = (("just below", limit - step), ("at", limit), ("just above", limit + step))
    for side, value in sides:
        if bounds.least <= value <= bounds.most:
            name = f"{side} {written_amount(leaf.signal, limit)}"
            yield _Row(name=name, value=value, holds=leaf.matcher.test(value))


def _candidates(leaf: Leaf) -> Iterator[Any]:
    signal, matcher = leaf.signal, leaf.matcher
    if signal.type is SignalType.MAPPING:
        yield from ({matcher.key or "team": "payments"}, {})
        return
    if matcher.limits is None:
        pattern = matcher.text.removeprefix("matches ").strip("^$")
        yield from (pattern,) if signal.type is SignalType.TEXT else ((pattern,),)
    for value in Samples((leaf,)).values(variable_of(leaf)):
        if value is not None or matcher.asks_presence:
            yield _plain(value)


def _plain(value: Any) -> Any:
    """Put a text that can be written in the place of 'any other text'."""
    if value == OTHER:
        return "something else"
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _fitting(leaf: Leaf, rows: Sequence[_Row]) -> Any:
    """Return a value for which the condition holds."""
    for row in rows:
        if row.holds:
            return row.value
    raise ReadingError(f"{leaf.label!r}: no value found that fits; write the policy by hand")


def _texts(leaf: Leaf, rows: dict[str, tuple[_Row, ...]]) -> Iterator[str]:
    name = leaf.signal.name
    for row in rows[name]:
        expect = "non_compliant" if row.holds else "compliant"
        yield _text(f"{name} {row.name}", name, _value(leaf.signal, row.value), expect)
    unknown = '{unknown: "could not be read"}'
    yield _text(f"{name} unknown", name, unknown, f"insufficient_data\n    missing: [{name}]")
    if not leaf.matcher.asks_presence:
        text = f"{name}, where a function has no such thing"
        yield _text(text, name, "null", "not_applicable")


def _text(name: str, signal: str, value: str, expect: str) -> str:
    shown = json.dumps(name, ensure_ascii=False)
    return _ROW.format(name=shown, signals=f"{{{signal}: {value}}}", expect=expect)


def _entry(leaf: Leaf) -> str:
    """Write one condition as an entry of `when:`."""
    if leaf.matcher.key is not None:
        return f"{HAS_TAG}: {json.dumps(leaf.matcher.key, ensure_ascii=False)}"
    return f"{leaf.signal.name}: {_written(leaf)}"


def _written(leaf: Leaf) -> str:
    text = leaf.matcher.text.removeprefix("= ")
    return json.dumps(_as_read(text) if is_amount(leaf.signal) else text, ensure_ascii=False)


def _as_read(amount: str) -> str:
    """Write a duration as policy files do, without the space and the word that people read."""
    return amount.replace(" days", "d").replace(" ms", "ms").replace(" s", "s")


def _value(signal: Signal, value: Any) -> str:
    """Write a value as the tests read it."""
    if value is None:
        return "null"
    if is_amount(signal):
        return json.dumps(_as_read(written_amount(signal, value)))
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
