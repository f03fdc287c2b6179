"""Does the picture of a memory curve fit the screen and everyone's eyes, however odd the curve?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.browser.serving import NONCE, ApprovalSite
from tests.browser.test_looks import overflow_px, small_targets, violations
from tests.hostile.words import MORE
from tests.report.curves import CURVES
from tests.report.hostile import TEXTS
from tests.report.things import ADVICE, NOW, a_link, a_remediation, a_round
from trimtab.domain.memory_curve import MemoryCurve
from trimtab.report import pages

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage, TakePicture

PHONE_PX = 360
ALL = "\n".join((*TEXTS, *MORE))


def the_question(curve: MemoryCurve) -> str:
    stored = a_round(remediation=a_remediation(recommendation=replace(ADVICE, curve=curve)))
    return pages.approval_page(round=stored, link=a_link(), nonce=NONCE, now=NOW)


def spilling(page: object) -> list[str]:
    """Return the words of the drawing that stand outside of it."""
    script = """() => [...document.querySelectorAll('svg.curve')].flatMap(svg => {
        const frame = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(t => frame.width > 0)
            .map(t => [t.getBoundingClientRect(), t.textContent])
            .filter(([r]) => r.left < frame.left - 1 || r.right > frame.right + 1
                || r.top < frame.top - 1 || r.bottom > frame.bottom + 1)
            .map(([, words]) => words) })"""
    return list(page.evaluate(script))  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", CURVES)
def test_a_curve_fits_the_screen_and_everyones_eyes(
    what: str, screen: tuple[int, str], open_page: OpenPage, picture: TakePicture
) -> None:
    page = open_page(*screen)
    page.set_content(the_question(CURVES[what]))
    page.locator("details.sizes").evaluate("e => e.open = true")
    picture(page, f"curve-{what}")
    assert overflow_px(page) <= 0
    assert violations(page) == []
    assert small_targets(page) == []
    assert spilling(page) == []
    assert page.locator("svg.curve:visible").count() == 1


@pytest.mark.parametrize("what", CURVES)
def test_a_curve_fits_the_narrowest_phone(what: str, open_page: OpenPage) -> None:
    page = open_page(PHONE_PX)
    page.set_content(the_question(CURVES[what]))
    assert (overflow_px(page) <= 0, spilling(page)) == (True, [])


class CurveSite(ApprovalSite):
    """The approval page with a picture, whose every text is hostile."""

    def question(self) -> str:
        return the_question(replace(CURVES["usual"], basis=(ALL,)))


@pytest.fixture
def site() -> Iterator[CurveSite]:
    site = CurveSite()
    yield site
    site.stop()


def test_s23_the_picture_keeps_within_the_policy_of_the_page(
    site: CurveSite, open_page: OpenPage
) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.url)
    band = page.locator("svg.curve:visible .band").first
    assert band.evaluate("e => getComputedStyle(e).fill") == "rgb(12, 93, 91)"
    assert asked == [site.url]
