"""Does a condition hold? Leaves under all, any and not, in Kleene's three values and one more.

Unknown and false is false; unknown and true is unknown. The fourth answer is ABSENT: the condition
compares something this function does not have. It loses to false, and beats unknown in `all`:
whatever the unknown is, this can never become a finding. Under `not` it could; there unknown wins.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from trimtab.domain.evidence import Signals, Unknown
from trimtab.domain.finding import Explanation
from trimtab.policy.derive import evidence_for
from trimtab.policy.matchers import Matcher
from trimtab.policy.problems import Path
from trimtab.policy.quantity import written
from trimtab.policy.signal import Signal


class Absence(Enum):
    """The one value that says: this function has no such thing."""

    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT
Answer: TypeAlias = bool | Literal[Absence.ABSENT] | None
"""None is unknown."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One signal, compared."""

    signal: Signal
    matcher: Matcher
    label: str
    """As a person reads it: 'memory.peak_ratio < 60%'."""
    path: Path = field(default=(), compare=False, repr=False)
    """Where it stands in its file."""

    def answer(self, signals: Signals) -> Answer:
        evidence = signals.get(self.signal.name)
        if evidence is None:
            evidence = evidence_for(self.signal.name, signals)
        if isinstance(evidence, Unknown):
            return None
        value = evidence.value
        if value is None and not self.matcher.asks_presence:
            return ABSENT
        return self.matcher.test(value)

    def explain(self, signals: Signals) -> Explanation:
        evidence = evidence_for(self.signal.name, signals)
        if isinstance(evidence, Unknown):
            shown, source = f"unknown: {evidence.reason}", None
        else:
            shown, source = self._shown(evidence.value), evidence.source
        return Explanation(
            text=self.label,
            answer=_kleene(self.answer(signals)),
            signal=self.signal.name,
            value=shown,
            source=source,
        )

    def _shown(self, value: Any) -> str:
        if self.matcher.key is None or value is None:
            return written(self.signal, value)
        entry = value.get(self.matcher.key)
        return "none" if entry is None else str(entry)

    def undecided(self, signals: Signals) -> Iterator[str]:
        if self.answer(signals) is None:
            yield self.signal.name

    def leaves(self) -> Iterator["Leaf"]:
        yield self


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one holds. False decides at once."""

    children: tuple["Condition", ...]
    is_negated: bool = False
    """Whether it stands under a `not`, where false would be a finding."""

    def answer(self, signals: Signals) -> Answer:
        result: Answer = True
        strongest = None if self.is_negated else ABSENT
        for child in self.children:
            got = child.answer(signals)
            if got is False:
                return False
            if got is not True and result is not strongest:
                result = got
        return result

    def explain(self, signals: Signals) -> Explanation:
        return _explain_group("all of", self, self.children, signals)

    def undecided(self, signals: Signals) -> Iterator[str]:
        if self.answer(signals) is None:
            yield from _undecided(self.children, signals)

    def leaves(self) -> Iterator[Leaf]:
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one holds. True decides at once."""

    children: tuple["Condition", ...]

    def answer(self, signals: Signals) -> Answer:
        result: Answer = False
        for child in self.children:
            got = child.answer(signals)
            if got is True:
                return True
            if got is not False and result is not None:
                result = got
        return result

    def explain(self, signals: Signals) -> Explanation:
        return _explain_group("any of", self, self.children, signals)

    def undecided(self, signals: Signals) -> Iterator[str]:
        if self.answer(signals) is None:
            yield from _undecided(self.children, signals)

    def leaves(self) -> Iterator[Leaf]:
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True, slots=True)
class Not:
    """The one inside does not hold."""

    child: "Condition"

    def __post_init__(self) -> None:
        object.__setattr__(self, "child", _negated(self.child))

    def answer(self, signals: Signals) -> Answer:
        got = self.child.answer(signals)
        return not got if got.__class__ is bool else got

    def explain(self, signals: Signals) -> Explanation:
        return _explain_group("not", self, (self.child,), signals)

    def undecided(self, signals: Signals) -> Iterator[str]:
        yield from self.child.undecided(signals)

    def leaves(self) -> Iterator[Leaf]:
        yield from self.child.leaves()


Condition: TypeAlias = Leaf | AllOf | AnyOf | Not


def _negated(condition: Condition) -> Condition:
    """Return it as it stands under a `not`, however deep: there nothing unknown is passed over."""
    if isinstance(condition, AllOf):
        return AllOf(tuple(_negated(child) for child in condition.children), is_negated=True)
    if isinstance(condition, AnyOf):
        return replace(condition, children=tuple(_negated(c) for c in condition.children))
    return condition


def signals_of(condition: Condition) -> frozenset[str]:
    """Return every signal the condition names; derived ones as named."""
    return frozenset(leaf.signal.name for leaf in condition.leaves())


def plain(condition: Condition) -> object:
    """Return the condition as plain data, for its digest. Order counts: it is what people read."""
    if isinstance(condition, Leaf):
        return [condition.signal.name, condition.matcher.key, condition.matcher.text]
    if isinstance(condition, Not):
        return {"not": plain(condition.child)}
    word = "all" if isinstance(condition, AllOf) else "any"
    return {word: [plain(child) for child in condition.children]}


def _kleene(answer: Answer) -> bool | None:
    return None if answer is ABSENT else answer


def _undecided(children: Iterable[Condition], signals: Signals) -> Iterator[str]:
    for child in children:
        yield from child.undecided(signals)


def _explain_group(
    text: str, group: Condition, children: Iterable[Condition], signals: Signals
) -> Explanation:
    return Explanation(
        text=text,
        answer=_kleene(group.answer(signals)),
        children=tuple(child.explain(signals) for child in children),
    )
