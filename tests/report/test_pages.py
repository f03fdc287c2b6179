"""Do the pages show all that an approver needs, decide nothing, and run nothing?"""

import base64
import hashlib
import re
import subprocess
import sys
from datetime import datetime, timedelta
from html import unescape

import pytest

from tests.report.hostile import TEXTS, structure
from tests.report.test_history import an_entry
from tests.report.things import (
    APPROVER,
    CHANGE_ID,
    EXPLANATION,
    NOW,
    a_decision,
    a_link,
    a_remediation,
    a_round,
)
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.finding import Explanation
from trimtab.report import pages


def shown(html: str) -> str:
    """Return what a person reads: the text without elements, on one line."""
    body = html[html.index("<body>") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def approval(**fields: object) -> str:
    stored = a_round(remediation=a_remediation(**fields))
    return pages.approval_page(round=stored, link=a_link(), nonce="n-1", now=NOW)


@pytest.mark.parametrize(
    "said",
    [
        "checkout-thumbnailer",
        "account 111122223333",
        "region eu-west-1",
        "Memory now 3,008 MB",
        "after the change 1,792 MB",
        "$12\N{EN DASH}31 a month",
        "Tue 24 Nov 2026, 07:00 UTC",
        "In 2 days 23 hours. No answer means no.",
        "memory.peak_ratio < 60 %",
        "31 % (934 MB of 3,008 MB)",
        "Lambda Insights, highest of 14 days",
        "409 conflict",
        "It waits for the change window",
        f"trimtab undo {CHANGE_ID}",
        "--memory-size 3008",
        CHANGE_ID,
        APPROVER,
    ],
)
def test_the_approver_sees(said: str) -> None:
    assert said in shown(approval())


def test_s2_nothing_on_any_page_can_run_or_load_by_itself() -> None:
    tags = {tag for tag, _ in structure(approval())}
    assert not tags & {"script", "img", "iframe", "link", "object", "embed", "base", "audio"}
    assert not {name for _, names in structure(approval()) for name in names if name[:2] == "on"}
    assert "http" not in approval().replace("http-equiv", "")


def test_s2_both_answers_are_posts_that_carry_the_nonce() -> None:
    html = approval()
    assert html.count('<form method="post">') == 2
    assert html.count('<input type="hidden" name="nonce" value="n-1">') == 2
    assert 'name="decision" value="approve"' in html
    assert 'name="decision" value="reject"' in html


def test_a_rejection_needs_a_reason_of_at_most_500_characters() -> None:
    (field,) = re.findall(r"<textarea[^>]*>", approval())
    assert 'name="reason" required maxlength="500"' in field


def test_a_change_without_known_risks_says_so() -> None:
    assert "No particular risk is known." in shown(approval(risks=()))


def test_a_change_that_was_asked_before_says_so_at_the_top() -> None:
    stored = a_round(remediation=a_remediation(round=2))
    chain = (an_entry("undone", {"round": 1, "reason": "it got worse"}),)
    html = pages.approval_page(round=stored, link=a_link(), nonce="n", now=NOW, earlier=chain)
    said = "Last time it was applied and taken back: it got worse."
    assert shown(html).index(said) < shown(html).index("Memory now")
    assert "Asked before" not in approval()


def test_your_own_answer_is_confirmed() -> None:
    stored = a_round(RoundStatus.APPROVED, decision=a_decision())
    html = pages.decided_page(round=stored, link=a_link(), just_now=True, now=NOW)
    assert "Approved. Thank you." in shown(html)
    assert "Approved, not yet applied." in shown(html)
    assert "<form" not in html


def test_your_own_rejection_is_confirmed_with_its_reason() -> None:
    decision = a_decision(DecisionWord.REJECTED, reason="ask again in December")
    stored = a_round(RoundStatus.REJECTED, decision=decision)
    text = shown(pages.decided_page(round=stored, link=a_link(), just_now=True, now=NOW))
    assert "Rejected. Nothing is changed." in text
    assert "ask again in December" in text
    assert "Ways back" not in text


def test_s3_a_second_visitor_is_told_who_decided_and_when() -> None:
    decision = a_decision(approver="finops@example.com", decided_at=NOW - timedelta(hours=2))
    stored = a_round(RoundStatus.WATCHING, decision=decision, note="all quiet")
    text = shown(pages.decided_page(round=stored, link=a_link(), just_now=False, now=NOW))
    assert "Already approved" in text
    assert "with the link sent to finops@example.com, Sat 21 Nov 2026, 05:45 UTC" in text
    assert "(2 hours ago)" in text
    assert "this visit changed nothing" in text
    assert "all quiet" in text


def test_nothing_is_offered_to_take_back_what_was_taken_back_already() -> None:
    stored = a_round(RoundStatus.UNDONE, decision=a_decision())
    text = shown(pages.decided_page(round=stored, link=a_link(), just_now=False, now=NOW))
    assert "It runs with 3,008 MB again." in text
    assert "trimtab undo" not in text


@pytest.mark.parametrize(
    ("status", "applied_at", "label", "back"),
    [
        (RoundStatus.APPROVED, None, "as approved", "As soon as it is applied, it can be"),
        (RoundStatus.WATCHING, NOW, "as applied", "until Sat 20 Feb 2027, 08:15 UTC at least."),
        (RoundStatus.VERIFIED, NOW, "as applied", "until Sat 20 Feb 2027, 08:15 UTC at least."),
        (RoundStatus.UNDO_STOPPED, None, "as applied", "It can be taken back."),
        (RoundStatus.UNDONE, NOW, "as tried", None),
        (RoundStatus.STALE, None, "not applied", None),
    ],
)
def test_what_is_said_of_values_and_ways_back_goes_by_where_it_stands(
    status: RoundStatus, applied_at: datetime | None, label: str, back: str | None
) -> None:
    stored = a_round(status, decision=a_decision(), applied_at=applied_at)
    text = shown(pages.decided_page(round=stored, link=a_link(), just_now=False, now=NOW))
    assert f"{label} 1,792 MB" in text
    assert ("Ways back" in text) == (back is not None)
    assert back is None or back in text


def test_the_clock_is_named_when_it_decided() -> None:
    decision = a_decision(DecisionWord.EXPIRED, auth="clock")
    stored = a_round(RoundStatus.EXPIRED, decision=decision)
    text = shown(pages.decided_page(round=stored, link=a_link(), just_now=False, now=NOW))
    assert "by the clock: nobody answered in time" in text


def test_a_round_that_ended_without_a_decision_says_how() -> None:
    stored = a_round(RoundStatus.STALE)
    text = shown(pages.decided_page(round=stored, link=a_link(), just_now=False, now=NOW))
    assert "Not written" in text


def test_s4_an_expired_link_says_that_silence_meant_no() -> None:
    late = NOW + timedelta(days=4)
    html = pages.expired_page(round=a_round(), link=a_link(), now=late)
    assert "Silence means no." in shown(html)
    assert "<form" not in html


def test_a_wrong_link_tells_nothing_of_any_change() -> None:
    text = shown(pages.not_found_page())
    assert "This link does not lead to a change" in text
    assert "Nothing was decided by opening this page." in text


def test_an_error_says_what_to_do() -> None:
    text = shown(pages.error_page(what="The form is too old", next_step="Open the link again."))
    assert "The form is too old" in text
    assert "Open the link again." in text


def test_the_policy_allows_the_style_sheet_that_is_sent_and_nothing_else() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", approval(), flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert pages.security_headers()["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert " style=" not in approval()


def test_no_page_is_kept_framed_or_referred_to() -> None:
    headers = pages.security_headers()
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("text", TEXTS)
def test_s23_hostile_text_changes_no_element_of_a_page(text: str) -> None:
    leaf = Explanation(text=text, answer=True, value=text, source=text)
    html = approval(title=text, policy_id=text, risks=(text,) * 4, explanation=leaf, run_id=text)
    calm = Explanation(text="x", answer=True, value="x", source="x")
    usual = approval(title="x", policy_id="x", risks=("x",) * 4, explanation=calm, run_id="x")
    assert structure(html) == structure(usual)
    assert "\u202e" not in html


@pytest.mark.parametrize("text", TEXTS)
def test_s23_a_hostile_reason_changes_no_element_of_a_page(text: str) -> None:
    def page(reason: str) -> str:
        decision = a_decision(DecisionWord.REJECTED, reason=reason)
        stored = a_round(RoundStatus.REJECTED, decision=decision)
        return pages.decided_page(round=stored, link=a_link(), just_now=False, now=NOW)

    assert structure(page(text)) == structure(page("x"))


def test_every_leaf_of_the_explanation_has_a_row() -> None:
    assert approval().count('role="rowheader"') == len(EXPLANATION.leaves())


def test_importing_the_pages_loads_no_template_engine() -> None:
    code = (
        "import sys, trimtab.report.pages, trimtab.report.emails; "
        "sys.exit(bool({'jinja2', 'pydantic', 'boto3'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
