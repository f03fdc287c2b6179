"""Does the page of a scan fit everyone's eyes, search a large fleet, and stay inert?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_looks import overflow_px, violations
from tests.hostile.words import MORE
from tests.report.big_scan import AS_OF, cards, sightings
from tests.report.hostile import TEXTS
from tests.report.test_scan_page import wild_page
from trimtab.domain.checklist import Checklist, Point, scores
from trimtab.domain.fleet import Gap
from trimtab.flows.tally import tally
from trimtab.report.scan_page import scan_page
from trimtab.report.words import TO

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage, TakePicture

AT_ONCE = 200
"""Rows that the script draws at a time."""
TARGET_PX = 24
"""Source: WCAG 2.2, 2.5.8 Target Size (Minimum), read 2026-11-21."""
WAIT_MS = 300
NOT_CHECKED = Point(title="Somebody is on call", not_checked="only people know")


def a_file(folder: Path, *, functions: int = 400) -> str:
    """Write the page of a scan with every kind of row; return its address."""
    policies = cards(20)
    seen = sightings(functions, policies, targets=4)
    lost = Gap(account="199999999999", region="eu-west-1", what="target", error="AccessDenied")
    points = (*(Point(title=one.title, policies=(one.id,)) for one in policies), NOT_CHECKED)
    ready = Checklist(id="ready", title="Ready for production", points=points)
    text = scan_page(
        seen,
        gaps=(lost,),
        left_out=(),
        sums=tally(seen, (lost,)),
        policies=policies,
        checklists=((ready, scores(ready, seen)),),
        now=AS_OF,
    )
    return written(folder, text)


def written(folder: Path, text: str) -> str:
    path = folder / "scan.html"
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


def shown(page: Page) -> str:
    return page.locator("#shown").inner_text()


def test_it_fits_the_screen_and_everyones_eyes(
    screen: tuple[int, str], open_page: OpenPage, picture: TakePicture, tmp_path: Path
) -> None:
    page = open_page(*screen)
    page.goto(a_file(tmp_path, functions=12))
    picture(page, "scan")
    assert overflow_px(page) <= 0
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    picture(page, "scan-open")
    assert overflow_px(page) <= 0
    assert violations(page) == []
    small = """(least) => [...document.querySelectorAll("button, summary, select, input, .jumps a")]
        .filter((e) => e.getBoundingClientRect().height > 0)
        .filter((e) => e.getBoundingClientRect().height < least).map((e) => e.outerHTML)"""
    assert page.evaluate(small, TARGET_PX) == []


def test_a_search_takes_words_of_every_column(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(1280)
    page.goto(a_file(tmp_path))
    everything = shown(page)
    rows = page.locator("#list tbody tr")
    assert rows.count() == AT_ONCE
    page.fill("#search", "worker-02-0007 high")
    assert rows.all_inner_texts()
    assert all("worker-02-0007" in text for text in rows.all_inner_texts())
    assert all("High" in text for text in rows.all_inner_texts())
    page.fill("#search", "no such function")
    assert rows.count() == 0
    assert page.locator("#place").inner_text() == "Nothing fits"
    page.fill("#search", "")
    assert shown(page) == everything


def test_filters_narrow_together(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(1280)
    page.goto(a_file(tmp_path))
    rows = page.locator("#list tbody tr")
    page.select_option("#severity", "critical")
    page.select_option("#account", label="100000000001 billing-production")
    page.select_option("#kind", "suppressed")
    texts = rows.all_inner_texts()
    assert texts
    for text in texts:
        assert "Critical" in text
        assert "100000000001" in text
        assert "Suppressed until the end of" in text
    page.select_option("#severity", "")
    page.select_option("#kind", "open")
    page.select_option("#policy", label="operations-question-05")
    assert all("not known" in text for text in rows.all_inner_texts())


def test_what_is_not_known_is_in_the_list_too(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(1280)
    page.goto(a_file(tmp_path))
    page.fill("#search", "199999999999")
    (text,) = page.locator("#list tbody tr").all_inner_texts()
    assert "target" in text
    assert "not known" in text
    assert "AccessDenied" in text


def test_the_order_can_be_chosen(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(1280)
    page.goto(a_file(tmp_path))
    first = page.locator("#list tbody tr").first
    page.select_option("#order", "name")
    assert first.locator("th").inner_text() == "(no one function)"
    page.select_option("#kind", "finding")
    assert first.locator("th").inner_text().startswith("billing-")
    page.select_option("#order", "saving")
    assert "a month" in first.inner_text()
    page.select_option("#order", "cost")
    assert "-0098" in first.inner_text()


def test_it_is_read_by_keyboard_a_page_at_a_time(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(1280)
    page.goto(a_file(tmp_path))
    place = page.locator("#place")
    assert place.inner_text().startswith(f"1{TO}200 of ")
    assert page.locator("#before").is_disabled()
    page.locator("#after").focus()
    page.keyboard.press("Enter")
    assert place.inner_text().startswith(f"201{TO}400 of ")
    page.locator("#before").focus()
    page.keyboard.press("Enter")
    assert place.inner_text().startswith(f"1{TO}200 of ")


def test_the_number_of_a_policy_leads_to_its_findings(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(1280)
    page.goto(a_file(tmp_path))
    page.fill("#search", "nothing")
    link = page.locator("#policies a[data-policy]").first
    policy = link.get_attribute("data-policy")
    link.focus()
    page.keyboard.press("Enter")
    texts = page.locator("#list tbody tr").all_inner_texts()
    assert texts
    assert all(policy in text for text in texts)


def test_without_script_the_sums_are_whole_and_a_sentence_says_the_rest(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(1280, with_script=False)
    page.goto(a_file(tmp_path))
    assert page.get_by_text("needs JavaScript in this browser").is_visible()
    assert not page.locator("#tools").is_visible()
    assert page.locator("#policies tbody tr").count() == 20
    assert page.locator("#worst tbody tr").count() > 0


@pytest.mark.parametrize("name", ["all", "long"])
def test_s23_hostile_names_and_reasons_run_nothing_and_ask_nobody(
    name: str, open_page: OpenPage, tmp_path: Path
) -> None:
    text = "x" * 5000 if name == "long" else "\n".join((*TEXTS, *MORE))
    page = open_page()
    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    address = written(tmp_path, wild_page(text))
    page.goto(address)
    page.wait_for_timeout(WAIT_MS)
    assert page.locator("#list tbody tr").count() == 3
    assert page.locator("#list tbody").locator("img, script, a, iframe, svg, form").count() == 0
    assert overflow_px(page) <= 0
    assert (asked, dialogs) == ([address], [])
