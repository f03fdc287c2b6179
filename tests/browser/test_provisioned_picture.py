"""Does the picture of a week fit the screen and everyone's eyes, however odd the week?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.serving import NONCE, ApprovalSite
from tests.browser.test_looks import overflow_px, small_targets, violations
from tests.browser.test_memory_picture import ALL, PHONE_PX, spilling
from tests.report.things import NOW, a_function, a_link, a_round
from tests.report.weeks import REASONS, WEEKS, a_provisioned_change, hostile
from trimtab.domain.remediation import Remediation
from trimtab.report import pages, provisioned_figure
from trimtab.report.render import render

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage, TakePicture


def the_question(change: Remediation) -> str:
    stored = a_round(remediation=change)
    return pages.approval_page(round=stored, link=a_link(), nonce=NONCE, now=NOW)


def the_page(what: str) -> str:
    """Return the approval page of a week, or where nothing is proposed the page of its own."""
    week = WEEKS[what]
    if week.after is not None:
        return the_question(a_provisioned_change(what))
    return render(
        "provisioned.html.j2",
        function=a_function(),
        origin="read now",
        title="Provisioned concurrency",
        week_of=provisioned_figure.figure(week),
        reasons=REASONS,
    )


@pytest.mark.parametrize("what", WEEKS)
def test_a_week_fits_the_screen_and_everyones_eyes(
    what: str, screen: tuple[int, str], open_page: OpenPage, picture: TakePicture
) -> None:
    page = open_page(*screen)
    page.set_content(the_page(what))
    picture(page, f"week-{what}")
    assert overflow_px(page) <= 0
    assert violations(page) == []
    assert small_targets(page) == []
    assert spilling(page) == []
    assert page.locator("svg.curve:visible").count() == 1


@pytest.mark.parametrize("what", WEEKS)
def test_a_week_fits_the_narrowest_phone(what: str, open_page: OpenPage) -> None:
    page = open_page(PHONE_PX)
    page.set_content(the_page(what))
    assert (overflow_px(page) <= 0, spilling(page)) == (True, [])


class WeekSite(ApprovalSite):
    """The approval page with a week, whose every text is hostile."""

    def question(self) -> str:
        return the_question(hostile(ALL))


@pytest.fixture
def site() -> Iterator[WeekSite]:
    site = WeekSite()
    yield site
    site.stop()


def test_s23_the_week_keeps_within_the_policy_of_the_page(
    site: WeekSite, open_page: OpenPage
) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.url)
    needed = page.locator("svg.curve:visible .needed").last
    assert needed.evaluate("e => getComputedStyle(e).fill") == "rgb(12, 93, 91)"
    assert asked == [site.url]
