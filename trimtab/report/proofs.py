"""How does an approver read the evidence? The conditions of the policy, each with what was read."""

from collections.abc import Iterator
from dataclasses import dataclass

from trimtab.domain.finding import Explanation
from trimtab.report.figures import figures

NOT, ALL_OF = "not", "all of"
OPPOSITES = ((" is present", " is absent"), (" is absent", " is present"))
SIGNS = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "=": "!=", "!=": "="}
ANSWERS = {True: "holds", False: "does not hold", None: "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One condition of the policy with the value that was read."""

    condition: str
    answer: str
    value: str
    source: str


def proofs(explanation: Explanation) -> tuple[Proof, ...]:
    """Return the conditions in reading order; a missing value is said, never left blank (S8).

    What stands under a `not` is said as its opposite, so that 'holds' always speaks for the change.
    """
    return tuple(_proofs(explanation, negated=False))


def _proofs(part: Explanation, *, negated: bool) -> Iterator[Proof]:
    if not part.children:
        yield _proof(part, negated=negated)
    elif part.text == NOT:
        for child in part.children:
            yield from _proofs(child, negated=not negated)
    elif negated and part.text == ALL_OF and len(part.children) > 1:
        yield _none_of_all(part)
    else:
        for child in part.children:
            yield from _proofs(child, negated=negated)


def _proof(leaf: Explanation, *, negated: bool) -> Proof:
    answer = leaf.answer if leaf.answer is None or not negated else not leaf.answer
    return Proof(
        condition=figures(_opposite(leaf.text) if negated else leaf.text),
        answer=ANSWERS[answer],
        value=figures(leaf.value) if leaf.value is not None else "not read",
        source=leaf.source if leaf.source is not None else "no source",
    )


def _none_of_all(group: Explanation) -> Proof:
    """One line for 'not all of these': each alone may hold, so none is answered by itself."""
    leaves = group.leaves()
    answer = None if group.answer is None else not group.answer
    return Proof(
        condition=f"not all at once: {'; '.join(figures(leaf.text) for leaf in leaves)}",
        answer=ANSWERS[answer],
        value="; ".join(figures(leaf.value or "not read") for leaf in leaves),
        source="; ".join(dict.fromkeys(leaf.source or "no source" for leaf in leaves)),
    )


def _opposite(condition: str) -> str:
    """Return the opposite of one comparison: 'is present' and 'is absent', '<' and '>='."""
    for word, other in OPPOSITES:
        if condition.endswith(word):
            return condition.removesuffix(word) + other
    name, space, rest = condition.partition(" ")
    sign, gap, value = rest.partition(" ")
    if space and gap and sign in SIGNS:
        return f"{name} {SIGNS[sign]} {value}"
    return f"not: {condition}"
