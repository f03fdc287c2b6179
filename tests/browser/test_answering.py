"""Can an approver answer as people do: by keyboard, without script, once, and never by looking?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.browser.serving import NONCE, ApprovalSite
from trimtab.local.mailbox import Message
from trimtab.local.mailbox_page import serve_mailbox

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

MANY_TABS = 12
PATIENCE = 50
NOW = datetime(2026, 11, 21, 7, 45, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[ApprovalSite]:
    site = ApprovalSite()
    yield site
    site.stop()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until a control of this name has the focus, as a person without a mouse does."""
    for _ in range(MANY_TABS):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text().strip().startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no-script"])
def test_approve_by_keyboard(site: ApprovalSite, open_page: OpenPage, with_script: bool) -> None:
    page = open_page(with_script=with_script)
    page.goto(site.url)
    tab_to(page, "Approve this change")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Approved. Thank you.").wait_for()
    assert site.posts == [{"nonce": NONCE, "decision": "approve"}]


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no-script"])
def test_reject_by_keyboard(site: ApprovalSite, open_page: OpenPage, with_script: bool) -> None:
    page = open_page(with_script=with_script)
    page.goto(site.url)
    tab_to(page, "Reject …")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Ask again in December")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Rejected. Nothing is changed.").wait_for()
    assert site.posts == [{"nonce": NONCE, "decision": "reject", "reason": "Ask again in December"}]


def test_a_rejection_without_a_reason_is_not_sent(site: ApprovalSite, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(site.url)
    page.get_by_text("Reject …").click()
    page.get_by_role("button", name="Reject this change").click()
    assert page.locator("#reason:invalid").count() == 1
    assert site.posts == []


def test_s2_looking_and_scrolling_and_waiting_sends_nothing(
    site: ApprovalSite, open_page: OpenPage
) -> None:
    page = open_page()
    page.goto(site.url)
    page.mouse.wheel(0, 5000)
    page.wait_for_timeout(300)
    page.reload()
    assert site.posts == []
    assert set(site.gets) == {"/a/token"}


def test_the_style_survives_the_content_security_policy(
    site: ApprovalSite, open_page: OpenPage
) -> None:
    page = open_page()
    page.goto(site.url)
    button = page.get_by_role("button", name="Approve this change")
    assert button.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(12, 93, 91)"


def test_the_jump_link_leads_to_the_answer(site: ApprovalSite, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(site.url)
    page.get_by_role("link", name="Go to the answer").click()
    approve = page.get_by_role("button", name="Approve this change")
    for _ in range(PATIENCE):
        if approve.bounding_box()["y"] < page.viewport_size["height"]:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the link does not lead to the answer")


def test_from_the_mailbox_to_the_question_in_a_new_tab(
    site: ApprovalSite, open_page: OpenPage
) -> None:
    html = f"<html><head></head><body><a href='{site.url}'>Review and answer</a></body></html>"
    caught = [
        Message(
            to=("a@example.com",), subject="s", html=html, text=site.url, sent_at=datetime.now(UTC)
        )
    ]
    server = serve_mailbox(lambda: caught)
    try:
        page = open_page(1280)
        page.goto(server.url)
        page.locator("#list a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/mail/*")
        with page.context.expect_page() as opened:
            page.frame_locator("iframe").get_by_text("Review and answer").click()
        opened.value.get_by_role("heading", name=re.compile("Lower the memory")).wait_for()
        assert page.url.startswith(server.url)
    finally:
        server.stop()


def test_new_mail_appears_by_itself(open_page: OpenPage) -> None:
    caught: list[Message] = []
    server = serve_mailbox(lambda: caught)
    try:
        page = open_page(1280)
        page.goto(server.url)
        page.get_by_text("No email yet. It appears here by itself.").wait_for()
        page.wait_for_timeout(200)
        caught.append(
            Message(to=("a@example.com",), subject="hello", html=None, text="t", sent_at=NOW)
        )
        page.get_by_text("1 new email").wait_for()
        page.get_by_role("link", name=re.compile("hello")).click()
        page.locator("pre", has_text="t").wait_for()
    finally:
        server.stop()
