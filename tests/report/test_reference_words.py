"""Is what still points to a removed function told, and unread never told as none? (S8)"""

from dataclasses import replace

import pytest

from tests.report.hostile import TEXTS, structure
from tests.report.test_history import an_entry
from tests.report.things import APPROVER, NOW, a_removal, a_removal_of_versions, a_round
from trimtab.domain.approval import RoundStatus
from trimtab.domain.references import Reference, References
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.domain.wire import to_wire
from trimtab.report.emails import closing_email
from trimtab.report.history import sentence
from trimtab.report.reference_words import NOT_READ

RULE = Reference(kind=TriggerKind.RULE, name="nightly", qualifiers=(), why="it is disabled")
NOTHING = References(found=(), unread=())
UNREAD = References(found=(), unread=("SNS topic: sns:ListSubscriptions: denied",))
ONE = References(found=(RULE,), unread=())
BOTH = References(found=(RULE,), unread=UNREAD.unread, more=3)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (None, (NOT_READ,)),
        (NOTHING, ("nothing that was read points to it",)),
        (UNREAD, ("points to it; 1 source could not be read", "not read: SNS topic: sns[:]")),
        (ONE, ("1 thing still points to it; a ticket is asked for", "nightly: it is disabled")),
        (BOTH, ("4 things still point to it, 1 of them listed; 1 source could not",)),
    ],
    ids=["not read", "nothing", "unread", "one", "both"],
)
def test_s08_the_last_email_says_what_points_to_it(
    left: References | None, said: tuple[str, ...]
) -> None:
    stored = a_round(RoundStatus.REMOVED, remediation=a_removal())
    email = closing_email(approver=APPROVER, round=stored, verification=None, now=NOW, left=left)
    for part in said:
        assert part.replace("sns[:]", "sns") in email.text, email.text
        assert part.replace("sns[:]", "sns").split(";")[0].lower() in email.html.lower()


@pytest.mark.parametrize("text", TEXTS)
def test_s23_a_hostile_name_changes_no_element_of_the_email(text: str) -> None:
    stored = a_round(RoundStatus.REMOVED, remediation=a_removal())
    emails = [
        closing_email(
            approver=APPROVER,
            round=stored,
            verification=None,
            now=NOW,
            left=References(found=(replace(RULE, name=name, why=name),), unread=(name,)),
        )
        for name in ("nightly", text)
    ]
    assert structure(emails[0].html) == structure(emails[1].html)
    plain, hostile = (email.text.splitlines() for email in emails)
    assert len(plain) == len(hostile)
    assert "://evil" not in emails[1].text


def test_only_a_removal_says_anything_of_it() -> None:
    stored = a_round(RoundStatus.STALE, remediation=a_removal())
    email = closing_email(approver=APPROVER, round=stored, verification=None, now=NOW)
    assert "points to it" not in email.text


@pytest.mark.parametrize(
    ("event", "data", "said"),
    [
        (
            "references_read",
            {"references": to_wire(BOTH), "labels": []},
            "4 things still point to it, 1 of them listed; 1 source could not be read; "
            "EventBridge rule nightly: it is disabled; not read: SNS topic",
        ),
        (
            "reference_sent",
            {"reference": to_wire(RULE)},
            "a ticket is asked for: EventBridge rule nightly still points to it",
        ),
        (
            "reference_ticketed",
            {"reference": to_wire(RULE), "address": "https://t/1"},
            "ticket of EventBridge rule nightly: https://t/1",
        ),
    ],
)
def test_the_record_says_it(event: str, data: dict[str, object], said: str) -> None:
    assert said in sentence(an_entry(event, data), a_removal())


def test_a_removal_of_versions_leaves_the_function_and_says_nothing_of_it() -> None:
    stored = a_round(RoundStatus.REMOVED, remediation=a_removal_of_versions())
    email = closing_email(approver=APPROVER, round=stored, verification=None, now=NOW)
    assert "points to it" not in email.text
