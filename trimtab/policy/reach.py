"""For which values can a condition hold? Sets of sample values, large enough to be never wrong.

A condition is tried on the values around every limit that its policy names. For each signal this
gives the samples for which it can be true, and those for which it can be false; no sample means
never. A group takes what its members leave over. Signals are taken to be independent, and what
cannot be sampled is left free: so it may miss that a condition says nothing, and never says so
wrongly.
"""

from collections.abc import Iterable, Mapping
from itertools import chain, combinations, pairwise
from math import ceil, floor, inf
from typing import Any, TypeAlias

from trimtab.policy.bounds import CHOICES, bounds_of
from trimtab.policy.condition import AllOf, Condition, Leaf, Not
from trimtab.policy.quantity import is_amount
from trimtab.policy.signal import Signal, SignalType

Variable: TypeAlias = tuple[str, str | None]
"""A signal, and of a mapping the one entry."""
Reach: TypeAlias = Mapping[Variable, frozenset[int]]
"""Variable -> the numbers of the samples that are left; a variable that is not here is free."""

MAX_SAMPLES = 2_000
"""Samples of one variable; chosen: beyond it the variable is left free."""
MAX_MEMBERS = 7
"""Texts of which every combination is tried; chosen, 256 samples."""
OTHER = "\0any other text"
"""Stands for every text that no condition names. No policy file can hold it."""


class Samples:
    """The sample values of a policy's variables, and what each condition leaves of them."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        by_variable: dict[Variable, list[Leaf]] = {}
        for leaf in leaves:
            by_variable.setdefault(variable_of(leaf), []).append(leaf)
        self._values = {name: _samples(found) for name, found in by_variable.items()}
        self._found: dict[tuple[Leaf, bool], Reach | None] = {}

    def values(self, variable: Variable) -> tuple[Any, ...]:
        """Return the samples of one variable, None for what is not there among them."""
        return self._values[variable]

    def reach(self, condition: Condition, *, holds: bool) -> Reach | None:
        """Return where the condition can be true (or false); None: nowhere."""
        if isinstance(condition, Leaf):
            key = (condition, holds)
            if key not in self._found:
                self._found[key] = self._of_leaf(condition, holds)
            return self._found[key]
        if isinstance(condition, Not):
            return self.reach(condition.child, holds=not holds)
        reaches = [self.reach(child, holds=holds) for child in condition.children]
        return meet(reaches) if isinstance(condition, AllOf) is holds else join(reaches)

    def _of_leaf(self, leaf: Leaf, holds: bool) -> Reach | None:
        variable = variable_of(leaf)
        values = self._values[variable]
        if not values:
            return {}
        left = frozenset(n for n, value in enumerate(values) if holds in _answers(leaf, value))
        return {variable: left} if left else None


def variable_of(leaf: Leaf) -> Variable:
    return leaf.signal.name, leaf.matcher.key


def meet(reaches: Iterable[Reach | None]) -> Reach | None:
    """Return what all of these leave; None when that is nothing."""
    left: dict[Variable, frozenset[int]] = {}
    for reach in reaches:
        if reach is None:
            return None
        for variable, samples in reach.items():
            left[variable] = left[variable] & samples if variable in left else samples
            if not left[variable]:
                return None
    return left


def join(reaches: Iterable[Reach | None]) -> Reach | None:
    """Return what at least one of these leaves; None when none leaves anything."""
    possible = [reach for reach in reaches if reach is not None]
    if not possible:
        return None
    shared = set.intersection(*(set(reach) for reach in possible))
    return {name: frozenset().union(*(reach[name] for reach in possible)) for name in shared}


def _answers(leaf: Leaf, value: Any) -> tuple[bool, ...]:
    """Return what the condition can answer for a sample; nothing where it compares no value."""
    if leaf.matcher.key is not None:
        if value == OTHER and leaf.matcher.limits is None:
            return (True, False)
        return (leaf.matcher.test({} if value is None else {leaf.matcher.key: value}),)
    if value is None and not leaf.matcher.asks_presence:
        return ()
    if leaf.matcher.limits is None and (value == OTHER or isinstance(value, tuple)):
        return (True, False)
    return (leaf.matcher.test(value),)


def _samples(leaves: list[Leaf]) -> tuple[Any, ...]:
    """Return the values to try, None among them for what is not there; empty: too many."""
    signal = leaves[0].signal
    limits = list(dict.fromkeys(chain.from_iterable(leaf.matcher.limits or () for leaf in leaves)))
    if is_amount(signal):
        values: Iterable[Any] = _amounts(signal, sorted(limits))
    elif signal.type is SignalType.FLAG:
        values = (True, False)
    elif signal.type is SignalType.TEXTS:
        values = _members(limits)
    elif signal.name in CHOICES:
        values = CHOICES[signal.name]
    elif signal.type is SignalType.MAPPING and leaves[0].matcher.key is None:
        values = ({}, {OTHER: OTHER})
    else:
        values = (*limits, OTHER)
    found = (*values, None)
    return found if 1 < len(found) <= MAX_SAMPLES else ()


def _amounts(signal: Signal, limits: list[float]) -> list[float]:
    """Return every limit, something below, between and above, as far as AWS allows it."""
    bounds = bounds_of(signal)
    ends = [end for end in (bounds.least, bounds.most) if abs(end) != inf]
    near: list[float]
    if bounds.is_whole:
        near = [
            n + step for limit in limits for n in (floor(limit), ceil(limit)) for step in (-1, 0, 1)
        ]
    else:
        known = sorted({*limits, *ends})
        between = [(low + high) / 2 for low, high in pairwise(known)]
        beyond = [known[0] - 1, known[-1] + 1] if known else []
        near = [*known, *between, *beyond]
    return [n for n in dict.fromkeys([*ends, *near]) if bounds.least <= n <= bounds.most]


def _members(limits: list[str]) -> list[tuple[str, ...]]:
    if len(limits) > MAX_MEMBERS:
        return []
    words = [*limits, OTHER]
    return [chosen for size in range(len(words) + 1) for chosen in combinations(words, size)]
