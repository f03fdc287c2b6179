"""Which conditions of a policy say nothing? Those that always or never hold, and those said twice.

A condition is judged with what must hold beside it: `> 1024` after `> 2048` says nothing new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from textwrap import shorten

from trimtab.policy.bounds import written_bounds
from trimtab.policy.condition import AllOf, AnyOf, Condition, Leaf, Not
from trimtab.policy.problems import Document, Path
from trimtab.policy.reach import Reach, Samples, meet, variable_of

LONGEST_LABEL = 100
"""Characters of a condition in a warning; chosen: a message stays on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One warning about a condition, and where the condition stands."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What holds wherever the condition matters: what it stands beside, and in."""

    conditions: tuple[Condition, ...] = ()
    reach: Reach


def pointless(condition: Condition, document: Document) -> tuple[Said, ...]:
    """Return a warning for each condition that can be left out, or can never hold."""
    walk = _Walk(Samples(condition.leaves()), document)
    found = walk.visit(condition, _Beside(reach={}))
    return tuple(dict.fromkeys(found))


class _Walk:
    def __init__(self, samples: Samples, document: Document) -> None:
        self._samples = samples
        self._document = document

    def visit(self, condition: Condition, beside: _Beside) -> Iterator[Said]:
        if isinstance(condition, Leaf):
            yield from self._about(condition, beside)
        elif isinstance(condition, Not):
            yield from self.visit(condition.child, beside)
        elif isinstance(condition, AllOf):
            yield from self._all(condition, beside)
        else:
            yield from self._any(condition, beside)

    def _all(self, group: AllOf, beside: _Beside) -> Iterator[Said]:
        idle: list[Condition] = []
        for number, child in enumerate(group.children):
            earlier = group.children[:number]
            wider = [one for one in earlier if one not in idle and self._drops(one, child)]
            idle += wider
            for one in wider:
                yield self._said(one, f"says nothing: {self._named(child)} says more")
            if child in earlier:
                yield self._twice(child, earlier)
                continue
            yield from self.visit(child, beside)
            reach = meet((beside.reach, self._samples.reach(child, holds=True)))
            if reach is not None:
                beside = replace(beside, conditions=(*beside.conditions, child), reach=reach)

    def _any(self, group: AnyOf, beside: _Beside) -> Iterator[Said]:
        useful: list[Condition] = []
        for number, child in enumerate(group.children):
            earlier = group.children[:number]
            if child in earlier:
                yield self._twice(child, earlier)
                continue
            narrower = [one for one in useful if self._implies(one, child)]
            wider = next((one for one in useful if self._implies(child, one)), None)
            if wider is not None:
                yield self._said(child, f"says nothing: {self._named(wider)} holds then anyway")
            else:
                for one in narrower:
                    yield self._said(one, f"says nothing: {self._named(child)} holds then anyway")
                useful = [*(one for one in useful if one not in narrower), child]
            yield from self.visit(child, beside)
        if self._samples.reach(group, holds=False) is None and not self._is_idle(group.children):
            names = " or ".join(quoted(leaf) for leaf in list(group.leaves())[:3])
            yield self._said(group, f"always holds: {names} leaves nothing out")

    def _is_idle(self, children: Sequence[Condition]) -> bool:
        """Tell whether one member alone always holds: then it is told of that one."""
        return any(self._samples.reach(child, holds=False) is None for child in children)

    def _about(self, leaf: Leaf, beside: _Beside) -> Iterator[Said]:
        true, false = (self._samples.reach(leaf, holds=holds) for holds in (True, False))
        limits = written_bounds(leaf.signal)
        why = f": {leaf.signal.name} is {limits}" if limits else ""
        if true is None:
            yield self._said(leaf, f"can never hold{why}")
        elif false is None:
            yield self._said(leaf, f"always holds{why}")
        elif meet((beside.reach, true)) is None:
            yield self._said(leaf, f"can never hold beside {self._culprit(true, beside)}")
        elif not _asks_for_any(leaf) and self._covers(beside.reach, leaf, holds=True):
            yield self._said(leaf, f"always holds beside {self._culprit(false, beside)}")

    def _culprit(self, reach: Reach, beside: _Beside) -> str:
        """Name the condition that alone leaves nothing of this."""
        for one in beside.conditions:
            if meet((self._samples.reach(one, holds=True), reach)) is None:
                return self._named(one)
        return "the conditions around it"

    def _drops(self, wider: Condition, narrower: Condition) -> bool:
        """Tell whether a later condition makes an earlier one idle; twins are told elsewhere."""
        return (
            isinstance(wider, Leaf)
            and isinstance(narrower, Leaf)
            and not _asks_for_any(wider)
            and self._implies(narrower, wider)
            and not self._implies(wider, narrower)
        )

    def _implies(self, condition: Condition, other: Condition) -> bool:
        """Tell whether the other surely holds where the condition does. False: not known to."""
        reach = self._samples.reach(condition, holds=True)
        if reach is None or any(_asks_for_any(leaf) for leaf in other.leaves()):
            return False
        if other in _conjuncts(condition):
            return True
        return self._covers(reach, other, holds=True)

    def _covers(self, reach: Reach, other: Condition, *, holds: bool) -> bool:
        if isinstance(other, Leaf):
            wanted, against = (
                self._samples.reach(other, holds=is_so) for is_so in (holds, not holds)
            )
            left = reach.get(variable_of(other))
            if left is None or wanted is None or meet((reach, against)) is not None:
                return False
            return left <= wanted.get(variable_of(other), frozenset())
        if isinstance(other, Not):
            return self._covers(reach, other.child, holds=not holds)
        every = all if isinstance(other, AllOf) is holds else any
        return every(self._covers(reach, child, holds=holds) for child in other.children)

    def _twice(self, child: Condition, earlier: Sequence[Condition]) -> Said:
        first = earlier[earlier.index(child)]
        return self._said(child, f"is said twice: line {self._line(_first(first))} says it")

    def _named(self, condition: Condition) -> str:
        leaf = _first(condition)
        return f"{quoted(leaf)} on line {self._line(leaf)}"

    def _line(self, leaf: Leaf) -> int:
        return self._document.value_at(leaf.path).line

    def _said(self, condition: Condition, message: str) -> Said:
        leaf = _first(condition)
        more = "" if isinstance(condition, Leaf) else " and what belongs to it"
        return Said(path=leaf.path, message=f"{quoted(leaf)}{more} {message}")


def quoted(leaf: Leaf) -> str:
    """Quote a condition; of a list of many choices the beginning."""
    return f"'{shorten(leaf.label, LONGEST_LABEL, placeholder=' ...')}'"


def _first(condition: Condition) -> Leaf:
    return next(iter(condition.leaves()))


def _conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """Return what must all hold for the condition to hold, itself included."""
    if not isinstance(condition, AllOf):
        return (condition,)
    return (condition, *chain.from_iterable(_conjuncts(child) for child in condition.children))


def _asks_for_any(leaf: Leaf) -> bool:
    """Tell whether it asks if a function has such a thing: it turns "not applicable" into an
    answer, even where another condition says as much of the value.
    """
    return leaf.matcher.asks_presence and leaf.matcher.key is None
