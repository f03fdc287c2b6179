"""Which browser do these tests use? An installed Chromium, never downloaded; else they skip."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = (375, 1280)
SCHEMES = ("light", "dark")

OpenPage = Callable[..., "Page"]
TakePicture = Callable[["Page", str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that none runs by accident without a browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    reason = "playwright is not installed: make browser-check brings it"
    api = pytest.importorskip("playwright.sync_api", reason=reason)
    pytest.importorskip("axe_playwright_python.sync_playwright", reason=reason)
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium here: install chromium to run the browser tests")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(params=[(w, s) for w in WIDTHS for s in SCHEMES], ids=lambda p: f"{p[0]}-{p[1]}")
def screen(request: pytest.FixtureRequest) -> tuple[int, str]:
    """A phone and a desktop, each in light and in dark."""
    return (request.param[0], request.param[1])


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a page of a given width and colour scheme; whatever it complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(
        width: int = 375,
        scheme: str = "light",
        *,
        with_script: bool = True,
        may_be_refused: bool = False,
    ) -> Page:
        """A page that may be refused may be answered with 400: the browser says so."""

        def heard(text: str) -> None:
            if not may_be_refused or "the server responded with a status of 400" not in text:
                complaints.append(text)

        context = browser.new_context(
            viewport={"width": width, "height": 812},
            color_scheme=scheme,
            java_script_enabled=with_script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def picture(screen: tuple[int, str]) -> TakePicture:
    """Keep a picture of a page in build/screenshots, for people to look at."""

    def taken(page: Page, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        width, scheme = screen
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)

    return taken
