"""Is a removal told as what it is, on pages, in emails and in the record?"""

from dataclasses import replace

import pytest

from tests.report.things import APPROVER, NOW, a_decision, a_link, a_removal, a_round
from trimtab.domain.approval import RoundStatus
from trimtab.report.by_hand import by_hand
from trimtab.report.emails import closing_email, removal_email
from trimtab.report.history import step
from trimtab.report.pages import approval_page, decided_page
from trimtab.report.story import Tone, next_steps, standing, ways_back
from trimtab.report.words import becomes, headline, settings, was


def test_the_stages_of_a_removal_are_told_before_anybody_agrees() -> None:
    titles = [s.title for s in next_steps(a_removal(), now=NOW)]
    assert titles == ["Backup", "Notice", "Quarantine", "Deletion"]
    assert headline(a_removal()) == "Remove"
    assert (was(a_removal()), becomes(a_removal())) == ("there", "removed")
    assert settings({"functions": 0}) == "no function"


def test_the_page_says_what_the_first_event_in_quarantine_meets() -> None:
    told = standing(a_round(RoundStatus.QUARANTINE), now=NOW)
    assert "an asynchronous event is not retried" in told.text
    assert told.tone is Tone.WAIT
    assert ways_back(a_round(RoundStatus.QUARANTINE), undo_days=90) == "It can be taken back now."


@pytest.mark.parametrize("reserved", [None, 7])
def test_a_quarantine_is_let_go_by_hand_with_the_limit_first(reserved: int | None) -> None:
    removal = a_removal().removal
    assert removal is not None
    steps = by_hand(a_removal(removal=replace(removal, reserved=reserved)))
    assert "delete-function-concurrency" in steps[0].command
    assert [("put-function-concurrency" in s.command) for s in steps[1:]] == [True] * (
        reserved is not None
    )


def test_the_notice_and_the_last_call_carry_the_link_that_keeps_it() -> None:
    for deletes_at, words in ((None, "On notice"), (NOW, "Last call")):
        email = removal_email(
            approver=APPROVER,
            remediation=a_removal(),
            link="https://hub.test/a/t0ken",
            deletes_at=deletes_at,
            now=NOW,
        )
        assert "https://hub.test/a/t0ken" in email.text
        assert "https://hub.test/a/t0ken" in email.html
        assert words in email.text
        assert "a look at it changes nothing" in email.text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (RoundStatus.REMOVED, "removed"),
        (RoundStatus.UNDONE, "let go"),
        (RoundStatus.STALE, "not removed"),
        (RoundStatus.UNDO_STOPPED, "it could not be let go"),
        (RoundStatus.EXPIRED, "expired"),
    ],
)
def test_each_end_of_a_removal_has_a_subject_of_its_own(status: RoundStatus, said: str) -> None:
    stored = a_round(status, remediation=a_removal())
    email = closing_email(approver=APPROVER, round=stored, verification=None, now=NOW)
    assert email.subject.startswith(f"checkout-thumbnailer: {said}")


@pytest.mark.parametrize(
    "status", [RoundStatus.NOTICE, RoundStatus.QUARANTINE, RoundStatus.REMOVED]
)
def test_a_removal_on_its_way_or_done_is_not_called_not_applied(status: RoundStatus) -> None:
    stored = a_round(status, remediation=a_removal(), decision=a_decision())
    page = decided_page(round=stored, link=a_link(), just_now=False, now=NOW)
    assert "as approved" in page
    assert "not applied" not in page


def test_the_last_email_names_the_command_that_brings_it_back() -> None:
    stored = a_round(RoundStatus.REMOVED, remediation=a_removal())
    email = closing_email(approver=APPROVER, round=stored, verification=None, now=NOW)
    assert f"trimtab restore {a_removal().function} --why TEXT" in email.text


def test_the_question_offers_no_way_back_that_a_deletion_does_not_have() -> None:
    page = approval_page(round=a_round(remediation=a_removal()), link=a_link(), nonce="n", now=NOW)
    assert "No deletion is taken back" in page
    assert "Three ways back" not in page
    assert "days after it is closed" not in page


def test_each_write_of_a_removal_has_words() -> None:
    said = [
        step({"is": "SetReserved", "reserved": 0}),
        step({"is": "SetReserved", "reserved": None}),
        step({"is": "SetReserved", "reserved": 7}),
        step({"is": "DeleteFunction", "code_sha256": "x"}),
    ]
    assert said == [
        "reserve 0 for it: it takes no calls",
        "reserve no concurrency for it",
        "reserve 7 for it",
        "delete the function, with its versions and aliases",
    ]


@pytest.mark.parametrize("status", [RoundStatus.APPROVED, RoundStatus.APPLYING])
def test_nobody_is_told_that_a_deletion_can_be_taken_back(status: RoundStatus) -> None:
    said = ways_back(a_round(status, remediation=a_removal()), undo_days=90)
    assert said == "It can be kept until it is deleted."


@pytest.mark.parametrize(
    ("status", "lets_go"), [(RoundStatus.NOTICE, False), (RoundStatus.QUARANTINE, True)]
)
def test_what_takes_calls_is_not_let_go_by_hand(status: RoundStatus, lets_go: bool) -> None:
    stored = a_round(status, remediation=a_removal(), decision=a_decision())
    page = decided_page(round=stored, link=a_link(), just_now=False, now=NOW)
    assert "trimtab undo" in page
    assert ("delete-function-concurrency" in page) is lets_go
    assert "days after it is closed" not in page
