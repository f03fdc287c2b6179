"""Is a warning about a condition true? The policy is judged with that condition taken out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trimtab.domain.evidence import Signals
from trimtab.policy.condition import AllOf, Answer, AnyOf, Condition, Leaf, Not
from trimtab.policy.problems import Path
from trimtab.policy.warnings_conditions import Said


@dataclass(frozen=True)
class Fixed:
    """A condition that answers the same, whatever it is asked of."""

    said: bool

    def answer(self, signals: Signals) -> Answer:
        return self.said


@dataclass(frozen=True)
class Claim:
    """One warning, with the policy's condition as it would be if the warning is true."""

    said: Said
    leaf: Leaf
    instead: Condition | None

    @classmethod
    def of(cls, condition: Condition, said: Said) -> Claim | None:
        """Return the claim of a warning about one comparison; others are not tried."""
        (leaf,) = [leaf for leaf in condition.leaves() if leaf.path == said.path]
        if "and what belongs to it" in said.message:
            return None
        for words, answer in (("can never hold beside", False), ("always holds beside", True)):
            if words in said.message:
                fixed = Fixed(answer)
                return cls(said, leaf, _put(condition, said.path, fixed))  # type: ignore[arg-type]
        if "says nothing" in said.message or "said twice" in said.message:
            return cls(said, leaf, _put(condition, said.path, None))
        return cls(said, leaf, None)

    def is_refuted(self, condition: Condition, signals: Signals) -> bool:
        if " beside " in self.said.message:
            if self.instead is None or not isinstance(self.leaf.answer(signals), bool):
                return False
            holds = condition.answer(signals) is True
            return holds is not (self.instead.answer(signals) is True)
        if self.instead is not None:
            return condition.answer(signals) is not self.instead.answer(signals)
        if "can never hold" in self.said.message:
            return self.leaf.answer(signals) is True
        if "always holds" in self.said.message:
            return self.leaf.answer(signals) is False
        return False


def _put(condition: Condition, path: Path, instead: Condition | None) -> Condition | None:
    """Return the condition with another in the place of one comparison; None takes it out."""
    if isinstance(condition, Leaf):
        return instead if condition.path == path else condition
    if isinstance(condition, Not):
        child = _put(condition.child, path, instead)
        return None if child is None else replace(condition, child=child)
    assert isinstance(condition, AllOf | AnyOf)
    children = [_put(child, path, instead) for child in condition.children]
    left = tuple(child for child in children if child is not None)
    return replace(condition, children=left) if left else None
