"""Does each email say what it must, twice, to the right person, and run or load nothing?"""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from tests.report.hostile import TEXTS, structure
from tests.report.test_history import an_entry
from tests.report.things import (
    APPROVER,
    CHANGE_ID,
    NOW,
    a_function,
    a_link,
    a_remediation,
    a_round,
    a_run,
    a_verification,
)
from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import InputError
from trimtab.domain.freeze import Freeze, Level
from trimtab.domain.notice import Email
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Comparison, Health, Verification
from trimtab.report.emails import approval_email, closing_email, undone_email
from trimtab.report.pages import approval_page

LINK = "https://hub.example.com/a/Zk3v9Qm1tT0aW8uXr5yBn2cLd7eFg4hJ"
ENDED = [status for status in RoundStatus if not status.is_open]


def asked(*remediations: Remediation, approver: str = APPROVER, **run: int) -> Email:
    items = [(r, f"{LINK}{n}") for n, r in enumerate(remediations or (a_remediation(),))]
    return approval_email(
        approver=approver, run_id="run-7", items=items, now=NOW, not_listed=a_run(**run)
    )


def shown(html: str) -> str:
    """Return what a person reads of an HTML email, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html[html.index("<body") :])).split())


@pytest.mark.parametrize(
    "said",
    [
        "checkout-thumbnailer",
        "111122223333",
        "eu-west-1",
        "3,008 MB",
        "1,792 MB",
        "$12\N{EN DASH}31 a month",
        "Tue 24 Nov 2026, 07:00 UTC",
        "Without an answer nothing is changed.",
        "--memory-size 3008",
        "You get this because you approve changes of this function under policy memory-oversized.",
        "120 functions read in 4 accounts, 2 gaps",
        "3 held back by limits",
    ],
)
def test_both_forms_of_an_approval_email_say(said: str) -> None:
    email = asked()
    assert said in shown(email.html)
    assert said in " ".join(email.text.split())


def test_each_change_has_its_own_button_and_its_link_in_plain_text() -> None:
    email = asked(a_remediation(), a_remediation(function=a_function("other")))
    assert re.findall(r'<a href="([^"]+)"', email.html) == [f"{LINK}0", f"{LINK}1"]
    assert f"\n{LINK}0\n" in email.text
    assert f"\n{LINK}1\n" in email.text


def test_the_subject_counts_and_names_the_first_deadline() -> None:
    later = a_remediation(expires_at=NOW + timedelta(days=9))
    assert asked(later, a_remediation()).subject == (
        "2 changes wait for your answer: $25\N{EN DASH}62 a month saved, "
        "first by Tue 24 Nov 2026, 07:00 UTC"
    )
    assert asked().subject.startswith("1 change waits for your answer: $12")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (RoundStatus.UNDONE, "memory put back to 3,008 MB"),
        (RoundStatus.VERIFIED, "memory kept at 1,792 MB"),
        (RoundStatus.UNPROVEN, "memory stays at 1,792 MB, too little traffic to tell"),
        (RoundStatus.STALE, "memory not changed, stopped at the last check"),
        (RoundStatus.WATCHING, "watching"),
    ],
)
def test_a_subject_names_the_function_and_how_it_ended(status: RoundStatus, said: str) -> None:
    email = closing_email(approver=APPROVER, round=a_round(status), verification=None, now=NOW)
    assert email.subject == f"checkout-thumbnailer: {said}"


def test_s23_a_name_that_no_function_can_have_is_cut_to_plain_letters() -> None:
    named = a_round(
        RoundStatus.UNDONE, remediation=a_remediation(function=a_function("a\r\nBcc: b@c.d"))
    )
    email = closing_email(approver=APPROVER, round=named, verification=None, now=NOW)
    assert email.subject == "aBccbcd: memory put back to 3,008 MB"


def test_an_ask_names_the_id_of_each_change() -> None:
    assert CHANGE_ID in asked().text
    assert CHANGE_ID in shown(asked().html)


def test_one_change_saves_by_itself_and_several_save_together() -> None:
    assert "\nIt saves $12" in asked().text
    assert "\nTogether they save $25" in asked(a_remediation(), a_remediation()).text


def test_an_ending_says_what_was_compared_with_its_units_and_the_rule() -> None:
    email = closing_email(
        approver=APPROVER,
        round=a_round(RoundStatus.UNDONE, note="the before-values are back"),
        verification=a_verification(Health.REGRESSED),
        now=NOW,
    )
    said = "0.2 % before, 3.1 % after; allowed 1.5 x once there are 5 errors"
    assert said in email.text
    assert said in shown(email.html)
    assert "the before-values are back" in email.text
    assert "1,792 MB as tried" in email.text


def test_mail_and_page_carry_the_same_mark() -> None:
    page = approval_page(round=a_round(), link=a_link(), nonce="n" * 43, now=NOW)
    for text in (asked().html, page):
        assert text.count('class="hull"') == text.count('class="tab"') == 1


def test_an_email_goes_to_its_approver_and_can_be_found_by_its_run() -> None:
    assert (asked().to, asked().reference) == (APPROVER, "run-7")


def test_the_reason_counts_the_functions() -> None:
    assert "changes of these functions under" in asked(a_remediation(), a_remediation()).text


def test_a_run_without_gaps_says_that_nothing_is_unread() -> None:
    assert "nothing unread" in asked(gaps=0).text


def test_an_email_loads_nothing_and_runs_nothing() -> None:
    elements = structure(asked().html)
    assert not {tag for tag, _ in elements} & {"script", "img", "link", "iframe", "form"}
    assert "url(" not in asked().html
    assert "display:grid" not in asked().html
    assert "display:flex" not in asked().html


def test_an_email_of_many_changes_is_not_clipped() -> None:
    clipped_from_bytes = 102_000  # Gmail cuts longer messages; seen, not documented by Google
    many = asked(*[a_remediation(function=a_function("f" * 140))] * 12)
    assert len(many.html.encode()) < clipped_from_bytes


@pytest.mark.parametrize("status", ENDED)
def test_every_end_has_an_email(status: RoundStatus) -> None:
    stored = a_round(status, note="because")
    email = closing_email(approver=APPROVER, round=stored, verification=None, now=NOW)
    assert email.subject.startswith("checkout-thumbnailer: ")
    assert email.reference == f"{CHANGE_ID}-r1"
    assert "because" in email.text
    assert "because" in shown(email.html)


def test_a_verified_change_tells_both_ways_back() -> None:
    email = closing_email(
        approver=APPROVER,
        round=a_round(RoundStatus.VERIFIED),
        verification=a_verification(),
        now=NOW,
    )
    for text in (email.text, shown(email.html)):
        assert f"trimtab undo {CHANGE_ID}" in text
        assert "--memory-size 3008" in text
        assert "not observed: Lambda Insights is not on" in text


def test_a_change_that_was_never_applied_has_no_way_back_to_offer() -> None:
    email = closing_email(
        approver=APPROVER, round=a_round(RoundStatus.STALE), verification=None, now=NOW
    )
    assert "aws lambda" not in email.text + email.html
    assert "trimtab undo" not in email.text + email.html


@pytest.mark.parametrize("by", ["person-xmvn47csv4wjpokg", "arn:aws:iam::111122223333:role/ops"])
def test_a_change_that_a_freeze_stopped_is_told_as_that_and_names_nobody(by: str) -> None:
    freeze = Freeze(level=Level.FORWARD, since=NOW, by=by, why="again")
    stored = a_round(RoundStatus.STALE, note=str(freeze))
    email = closing_email(approver=APPROVER, round=stored, verification=None, now=NOW)
    for text in (" ".join(email.text.split()), shown(email.html)):
        assert "Trimtab is frozen since 2026-11-21 07:45 UTC: again" in text
        assert "stopped. Nothing was changed." in text
        assert by not in text
        assert "differed" not in text
    assert "no longer what was approved" not in email.subject


def test_a_change_that_an_erasure_stopped_shows_no_id() -> None:
    note = "person-xmvn47csv4wjpokg, who was asked to approve it, was erased from the name table"
    stored = a_round(RoundStatus.STALE, note=note)
    email = closing_email(approver=APPROVER, round=stored, verification=None, now=NOW)
    assert "Note: somebody, who was asked to approve it, was erased" in " ".join(email.text.split())


def test_an_ask_says_when_the_same_was_asked_before() -> None:
    change = a_remediation(round=2)
    chain = (an_entry("stale", {"round": 1, "reason": "see evil.com"}),)
    email = approval_email(
        approver=APPROVER,
        run_id="run-7",
        items=[(change, LINK)],
        now=NOW,
        not_listed=a_run(),
        earlier={change.change_id: chain},
    )
    said = "Asked before: this is round 2 of the same change. Last time it was approved, and"
    for text in (" ".join(email.text.split()), shown(email.html)):
        assert f"{said} stopped before the write: see evil[.]com." in text
    assert "Asked before" not in asked().text + asked().html


def test_a_regression_is_told_while_it_is_taken_back() -> None:
    email = undone_email(
        approver=APPROVER,
        round=a_round(RoundStatus.WATCHING),
        verification=a_verification(Health.REGRESSED),
        now=NOW,
    )
    assert email.subject == "checkout-thumbnailer: it got worse, going back to 3,008 MB"
    assert "restoring 3,008 MB now" in email.text
    assert "Error rate: regressed" in shown(email.html)
    assert "--memory-size 3008" in email.text


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_text_changes_no_element_line_or_header(text: str) -> None:
    email, usual = (asked(a_remediation(policy_id=t, title=t)) for t in (text, "x"))
    assert structure(email.html) == structure(usual.html)
    assert len(email.text.splitlines()) == len(usual.text.splitlines())
    assert email.subject == usual.subject


@pytest.mark.parametrize("text", TEXTS)
def test_s23_a_hostile_note_changes_no_element_line_or_link(text: str) -> None:
    def closed(note: str) -> Email:
        comparison = Comparison(
            figure="errors", before=None, after=None, answer=Health.HEALTHY, why=note
        )
        compared = Verification(health=Health.HEALTHY, comparisons=(comparison,), at=NOW)
        stored = a_round(RoundStatus.VERIFIED, note=note)
        return closing_email(approver=APPROVER, round=stored, verification=compared, now=NOW)

    email = closed(text)
    assert structure(email.html) == structure(closed("x").html)
    assert len(email.text.splitlines()) == len(closed("x").text.splitlines())
    assert email.subject == closed("x").subject
    assert "evil.example" not in email.html + email.text


def test_s23_an_address_with_a_line_break_gets_no_email() -> None:
    with pytest.raises(InputError, match="plain email address"):
        asked(approver="a@example.com\r\nBcc: b@example.com")


def test_s16_no_email_or_page_carries_a_digest_of_code_or_a_setting() -> None:
    assert "c2hh" not in asked().html + asked().text


def a_saving(answer: Health) -> Comparison:
    why = "saving: 2.0% less billed GB-seconds per invocation; predicted $8.00 to $12.00 a month, "
    return Comparison(
        figure="saving",
        before=0.5,
        after=0.49,
        answer=answer,
        why=f"{why}measured $1.20 a month; at least 5.0% asked for",
    )


def test_an_ending_says_what_was_predicted_and_what_was_measured() -> None:
    kept = replace(a_verification(), comparisons=(a_saving(Health.HEALTHY),))
    stored = a_round(RoundStatus.VERIFIED)
    email = closing_email(approver=APPROVER, round=stored, verification=kept, now=NOW)
    for text in (email.text, shown(email.html)):
        said = " ".join(text.split())
        assert "predicted $8.00 to $12.00 a month, measured $1.20 a month" in said


def test_s13_a_step_that_saved_too_little_is_not_said_to_have_got_worse() -> None:
    little = replace(a_verification(), comparisons=(a_saving(Health.REGRESSED),))
    stored = a_round(RoundStatus.WATCHING)
    email = undone_email(approver=APPROVER, round=stored, verification=little, now=NOW)
    assert "it saved too little, going back to 3,008 MB" in email.subject
    assert "It saved too little: taking it back" in email.text
    both = (a_saving(Health.REGRESSED), *a_verification(Health.REGRESSED).comparisons)
    worse = replace(little, comparisons=both)
    email = undone_email(approver=APPROVER, round=stored, verification=worse, now=NOW)
    assert "it got worse" in email.subject
