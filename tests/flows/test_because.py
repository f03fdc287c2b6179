"""Does a reason name what decided, and only that?"""

import pytest

from trimtab.domain.finding import Explanation
from trimtab.flows.because import NOT_NEEDED, reason


def leaf(text: str, answer: bool | None, value: str = "1") -> Explanation:
    return Explanation(text=text, answer=answer, signal=text, value=value)


def group(text: str, answer: bool | None, *children: Explanation) -> Explanation:
    return Explanation(text=text, answer=answer, children=children)


YES, NO, OPEN = leaf("yes", True), leaf("no", False), leaf("open", None, "unknown: denied")


@pytest.mark.parametrize(
    ("tree", "answer", "said"),
    [
        (YES, True, "yes: 1"),
        (group("all of", True, YES, YES), True, "yes: 1; yes: 1"),
        (group("all of", False, YES, NO, NO), False, "no: 1"),
        (group("any of", True, NO, YES, YES), True, "yes: 1"),
        (group("any of", False, NO, NO), False, "no: 1; no: 1"),
        (group("all of", None, YES, OPEN), None, "open: unknown: denied"),
        (group("not", True, NO), True, "not (no: 1)"),
        (group("not", None, OPEN), None, "not (open: unknown: denied)"),
        (leaf("a.kind = event", True, "event"), True, "a.kind = event"),
        (leaf("a.kind != event", True, "event"), True, "a.kind != event: event"),
        (leaf("usage.errors = 10", False, "0"), False, "usage.errors = 10: 0"),
        (leaf("later", None, "unknown: not asked"), None, f"later: {NOT_NEEDED}"),
    ],
)
def test_the_conditions_that_decided_are_named(
    tree: Explanation, answer: bool | None, said: str
) -> None:
    assert reason(tree, answer) == said
