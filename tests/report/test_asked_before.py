"""Is who is asked again told so, and how it ended the last time, without naming anybody?"""

from typing import Any

import pytest

from tests.report.test_history import an_entry
from tests.report.things import a_decision, a_remediation
from trimtab.domain.approval import DecisionWord
from trimtab.domain.wire import to_wire
from trimtab.report.asked_before import asked_before

SECOND = a_remediation(round=2)
BEGIN = "Asked before: this is round 2 of the same change."
PERSON = "person-xmvn47csv4wjpokg"


def decided(word: DecisionWord, reason: str | None) -> tuple[str, dict[str, Any]]:
    signed = to_wire(a_decision(word, approver=PERSON, reason=reason))
    return "decided", {"round": 1, "signed": signed}


ALLOWED = ("allowed", {"round": 1, "why": f"{PERSON} looked at it"})
TOLD = ("told", {"round": 1, "approver": PERSON, "ending": "undone"})


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((), ""),
        ((decided(DecisionWord.REJECTED, "not yet"),), " Last time it was rejected: not yet."),
        (
            (decided(DecisionWord.REJECTED, "not yet."), ALLOWED),
            " Last time it was rejected: not yet. It was allowed again: somebody looked at it.",
        ),
        ((decided(DecisionWord.EXPIRED, "x"),), " Last time nobody answered in time."),
        ((("undone", {"round": 1}), TOLD), " Last time it was applied and taken back."),
        ((("watch_healthy", {"round": 1}),), " Last time it was applied and kept."),
        ((("applied", {"round": 1}),), ""),
        ((("decided", {"round": 1}),), ""),
        ((("decided", {"round": 1, "signed": None}),), ""),
        ((("undone", {"round": 2}), ("told", {})), ""),
    ],
)
def test_the_round_before_is_told(
    events: tuple[tuple[str, dict[str, Any]], ...], said: str
) -> None:
    chain = [an_entry(event, data) for event, data in events]
    assert asked_before(SECOND, chain) == BEGIN + said


def test_a_first_round_was_not_asked_before() -> None:
    assert asked_before(a_remediation(), [an_entry(*ALLOWED)]) is None
