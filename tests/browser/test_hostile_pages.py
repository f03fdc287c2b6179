"""Does a browser ask anybody else, run anything or move on when names and reasons are hostile?

(S23)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from tests.browser.serving import NONCE, ApprovalSite
from tests.hostile.words import MORE
from tests.report.hostile import TEXTS
from tests.report.things import (
    NOW,
    a_configuration,
    a_decision,
    a_function,
    a_link,
    a_remediation,
    a_round,
)
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.domain.finding import Explanation
from trimtab.domain.remediation import BeforeImage, Remediation
from trimtab.report import pages

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

ALL = "\n".join((*TEXTS, *MORE))
WAIT_MS = 300
"""For what a page would load or run by itself, some time after it is there."""


def hostile_change() -> Remediation:
    return a_remediation(
        function=a_function(ALL),
        title=ALL,
        policy_id=ALL,
        run_id=ALL,
        risks=(ALL,),
        explanation=Explanation(text=ALL, answer=True, value=ALL, source=ALL),
        before=BeforeImage(configuration=a_configuration(), aliases={ALL: "12"}),
    )


class HostileSite(ApprovalSite):
    """The approval page of a change in which others wrote whatever they liked."""

    def question(self) -> str:
        stored = a_round(remediation=hostile_change())
        return pages.approval_page(round=stored, link=a_link(approver=ALL), nonce=NONCE, now=NOW)

    def answered(self, form: Mapping[str, str]) -> str:
        self.posts.append(form)
        decision = a_decision(DecisionWord.REJECTED, approver=ALL, reason=form["reason"])
        stored = a_round(
            RoundStatus.REJECTED, remediation=hostile_change(), decision=decision, note=ALL
        )
        return pages.decided_page(round=stored, link=a_link(), just_now=True, now=NOW)


@pytest.fixture
def site() -> Iterator[HostileSite]:
    site = HostileSite()
    yield site
    site.stop()


def test_s23_a_page_of_hostile_texts_asks_nobody_else_and_runs_nothing(
    site: HostileSite, open_page: OpenPage
) -> None:
    page = open_page()
    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(site.url)
    page.wait_for_timeout(WAIT_MS)
    assert site.posts == []
    page.get_by_text("Reject …").click()
    page.fill("#reason", "</textarea><img src=https://evil.example/x.png><script>alert(1)</script>")
    page.get_by_role("button", name="Reject this change").click()
    page.get_by_role("heading", name="Rejected. Nothing is changed.").wait_for()
    page.wait_for_timeout(WAIT_MS)
    assert (asked, dialogs) == ([site.url, site.url], [])
    assert page.url == site.url
    assert len(site.posts) == 1
