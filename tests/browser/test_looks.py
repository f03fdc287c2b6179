"""Does every page and email fit the screen and everyone's eyes, in light and dark?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.browser.serving import NONCE
from tests.report.things import (
    ADVICE,
    APPROVER,
    NOW,
    a_configuration,
    a_decision,
    a_function,
    a_link,
    a_remediation,
    a_removal,
    a_round,
    a_run,
    a_verification,
)
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.finding import Saving
from trimtab.domain.notice import Email
from trimtab.domain.remediation import BeforeImage, Remediation
from trimtab.domain.sign_in import Session, SignedIn
from trimtab.domain.terms import Identity
from trimtab.domain.verification import Health
from trimtab.local.mailbox import Message
from trimtab.local.mailbox_page import MailboxServer, serve_mailbox
from trimtab.report import emails, pages

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage, TakePicture

TOUCH_PX = 44


def a_large_one() -> Remediation:
    """A change whose every text is as long as AWS allows, or nearly so."""
    return a_remediation(
        function=a_function("nightly" + "-reconciliation" * 8, region="ap-southeast-2"),
        before=BeforeImage(configuration=a_configuration(10240), aliases={}),
        after={"memory_mb": 10176},
        undo={"memory_mb": 10240},
        recommendation=replace(ADVICE, saving=Saving(low_usd_month=-9, high_usd_month=12345)),
    )


def the_question(remediation: Remediation | None = None) -> str:
    stored = a_round(remediation=remediation or a_remediation())
    return pages.approval_page(round=stored, link=a_link(), nonce=NONCE, now=NOW)


def a_question_that_asks_who(*, can_sign_in: bool = True, is_signed_in: bool = False) -> str:
    large = a_large_one()
    terms = replace(large.approval, identity=Identity.SIGN_IN)
    signed_in = SignedIn(issuer="https://login.example.com", subject="s", at=NOW)
    return pages.approval_page(
        round=a_round(remediation=replace(large, approval=terms)),
        link=a_link(),
        nonce=NONCE,
        now=NOW,
        can_sign_in=can_sign_in,
        session=Session(person="person-1", signed_in=signed_in) if is_signed_in else None,
    )


def answered(word: DecisionWord, status: RoundStatus, *, just_now: bool, **fields: object) -> str:
    stored = a_round(status, decision=a_decision(word, **fields))
    return pages.decided_page(round=stored, link=a_link(), just_now=just_now, now=NOW)


def keeping() -> str:
    stored = a_round(RoundStatus.NOTICE, remediation=a_removal(), decision=a_decision())
    return pages.decided_page(
        round=stored, link=a_link(), just_now=False, now=NOW, keep_nonce=NONCE
    )


def the_email() -> Email:
    link = "https://k3q9x.execute-api.eu-west-1.amazonaws.com/a/Zk3v9Qm1tT0aW8uXr5yBn2cLd7eFg4hJ"
    return emails.approval_email(
        approver=APPROVER,
        run_id="2026-11-21T0700-4f1c",
        items=[(a_remediation(), f"{link}1"), (a_large_one(), f"{link}2")],
        now=NOW,
        not_listed=a_run(),
    )


def the_end(status: RoundStatus, health: Health | None) -> Email:
    return emails.closing_email(
        approver=APPROVER,
        round=a_round(status, note="memory was 3008 MB when approved and is 2048 MB now"),
        verification=None if health is None else a_verification(health),
        now=NOW,
    )


def the_regression() -> Email:
    return emails.undone_email(
        approver=APPROVER,
        round=a_round(RoundStatus.WATCHING),
        verification=a_verification(Health.REGRESSED),
        now=NOW,
    )


APPROVED, REJECTED = DecisionWord.APPROVED, DecisionWord.REJECTED
DRAWN: dict[str, Callable[[], str]] = {
    "question": the_question,
    "question-large": lambda: the_question(a_large_one()),
    "question-sign-in": a_question_that_asks_who,
    "question-signed-in": lambda: a_question_that_asks_who(is_signed_in=True),
    "question-no-provider": lambda: a_question_that_asks_who(can_sign_in=False),
    "approved": lambda: answered(APPROVED, RoundStatus.APPROVED, just_now=True),
    "rejected": lambda: answered(
        REJECTED, RoundStatus.REJECTED, just_now=True, reason="Ask again in December"
    ),
    "already": lambda: answered(APPROVED, RoundStatus.WATCHING, just_now=False),
    "keep": keeping,
    "expired": lambda: pages.expired_page(
        round=a_round(), link=a_link(), now=NOW + timedelta(days=4)
    ),
    "not-found": pages.not_found_page,
    "email": lambda: the_email().html,
    "email-verified": lambda: the_end(RoundStatus.VERIFIED, Health.HEALTHY).html,
    "email-stale": lambda: the_end(RoundStatus.STALE, None).html,
    "email-regressed": lambda: the_regression().html,
    "email-undone": lambda: the_end(RoundStatus.UNDONE, Health.REGRESSED).html,
    "email-unproven": lambda: the_end(RoundStatus.UNPROVEN, Health.INSUFFICIENT_DATA).html,
}


def overflow_px(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def violations(page: Page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - may be missing

    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[n['html'][:120] for n in v['nodes']]}" for v in found]


def small_targets(page: Page) -> list[str]:
    """Return the controls that a thumb would miss. Links within a sentence are exempt."""
    controls = "button, summary, textarea, input[type=text], a.jump, a.button, .button a"
    script = """([controls, least]) => [...document.querySelectorAll(controls)]
        .filter(e => e.getBoundingClientRect().height > 0)
        .filter(e => e.getBoundingClientRect().height < least)
        .map(e => e.outerHTML.slice(0, 80))"""
    return list(page.evaluate(script, [controls, TOUCH_PX]))


@pytest.mark.parametrize("what", DRAWN)
def test_it_fits_the_screen_and_everyones_eyes(
    what: str,
    screen: tuple[int, str],
    open_page: OpenPage,
    picture: TakePicture,
) -> None:
    page = open_page(*screen)
    page.set_content(DRAWN[what]())
    picture(page, what)
    assert overflow_px(page) <= 0
    assert violations(page) == []
    assert small_targets(page) == []


def test_the_form_that_keeps_a_function_covers_nothing(
    screen: tuple[int, str], open_page: OpenPage
) -> None:
    page = open_page(*screen)
    page.set_content(keeping())
    boxes = [sheet.bounding_box() for sheet in page.locator(".stack > .sheet").all()]
    ends = [box["y"] + box["height"] for box in boxes if box]
    assert len(ends) == len(boxes)
    assert all(end <= box["y"] for end, box in zip(ends, boxes[1:], strict=False) if box)


def test_the_form_of_a_rejection_fits_too(
    screen: tuple[int, str], open_page: OpenPage, picture: TakePicture
) -> None:
    page = open_page(*screen)
    page.set_content(the_question())
    page.get_by_text("Reject …").click()
    picture(page, "rejecting")
    assert overflow_px(page) <= 0
    assert violations(page) == []
    assert small_targets(page) == []


def test_the_question_reads_in_order_without_style(open_page: OpenPage) -> None:
    page = open_page()
    page.set_content(the_question())
    headings = page.locator("h1, h2").all_inner_texts()
    assert [h.split("\n")[0] for h in headings][1:] == [
        "Why",
        "What could go wrong",
        "If you approve",
        "Three ways back",
        "Your answer",
    ]


@pytest.fixture
def mailbox() -> Iterator[MailboxServer]:
    def message(email: Email, minutes_ago: int) -> Message:
        sent_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        return Message(
            to=(email.to,), subject=email.subject, html=email.html, text=email.text, sent_at=sent_at
        )

    caught = [message(the_email(), 4), message(the_regression(), 1)]
    server = serve_mailbox(lambda: caught)
    yield server
    server.stop()


@pytest.mark.parametrize("view", ["list", "html", "text"])
def test_the_mailbox_fits_the_screen_and_everyones_eyes(
    view: str,
    screen: tuple[int, str],
    open_page: OpenPage,
    picture: TakePicture,
    mailbox: MailboxServer,
) -> None:
    page = open_page(*screen)
    page.goto(mailbox.url)
    if view != "list":
        page.locator("#list a").last.click()
        page.wait_for_url("**/mail/*")
    if view == "text":
        page.get_by_role("link", name="Plain text").click()
        page.wait_for_url("**view=text")
    picture(page, f"mailbox-{view}")
    assert overflow_px(page) <= 0
    assert violations(page) == []
