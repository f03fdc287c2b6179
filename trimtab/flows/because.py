"""Why does a policy say what it says of a function? The conditions that decided, in one line."""

from collections.abc import Sequence

from trimtab.domain.evidence import NOT_ASKED
from trimtab.domain.finding import Assessment, Explanation
from trimtab.policy.evaluate import Judgement

OUT_OF_SCOPE = "out of the policy's scope"
NOT_NEEDED = "not read: it could not change the verdict"


def because(judgement: Judgement, *, applies: bool | None) -> str:
    """Name what decided: for a finding every condition, else those that stand in its way."""
    if applies is False:
        return OUT_OF_SCOPE
    wanted = {Assessment.NON_COMPLIANT: True, Assessment.COMPLIANT: False}
    return reason(judgement.explanation, wanted.get(judgement.assessment))


def reason(part: Explanation, answer: bool | None) -> str:
    """Say which conditions below gave this answer, with the values they compared."""
    if not part.children:
        value = shown(part)
        return part.text if part.text.endswith(f" = {value}") else f"{part.text}: {value}"
    if part.text == "not":
        return f"not ({reason(part.children[0], _opposite(answer))})"
    deciding = [child for child in part.children if child.answer is answer]
    return "; ".join(reason(child, answer) for child in _least(part.text, deciding, answer))


def shown(leaf: Explanation) -> str:
    """Return the value of a condition as people are told it."""
    if leaf.value == f"unknown: {NOT_ASKED.reason}":
        return NOT_NEEDED
    return str(leaf.value)


def _opposite(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _least(
    group: str, children: Sequence[Explanation], answer: bool | None
) -> Sequence[Explanation]:
    """One false condition decides an 'all of', one true one an 'any of'."""
    decides_alone = {"all of": False, "any of": True}[group]
    return children[:1] if answer is decides_alone else children
