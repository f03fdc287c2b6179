"""Does a real browser sign in? Its cookies come along over two sites, and its policies let it.

The page is on `localhost`, the provider on `127.0.0.1`: to a browser those are two sites, and both
may keep secure cookies without TLS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.fakes.builders import APPROVER
from tests.fakes.provider import ISSUER, REDIRECT, FakeProvider
from tests.flows.signing_in import TOKEN, Desk
from trimtab.local.serving import LocalServer

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

WHO = f"{ISSUER}/authorize"


class Elsewhere(FakeProvider):
    """A provider with a page of its own, on which a person presses a button."""

    def __init__(self) -> None:
        super().__init__()
        provider = self
        self.page_url = ""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say(200, f'<form method="post"><button name="as">{APPROVER}</button></form>')

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                asked = WHO + "?" + urlsplit(self.path).query
                back = provider.log_in(asked, as_=APPROVER)
                self._say(302, "", f"{provider.page_url}/signin/callback?{urlencode(back)}")

            def _say(self, status: int, body: str, location: str = "") -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                if location:
                    self.send_header("Location", location)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = LocalServer(Handler, port=0)

    def address(self, **asked: str) -> str:
        whole = super().address(**asked)
        assert REDIRECT in parse_qs(urlsplit(whole).query)["redirect_uri"]
        return whole.replace(ISSUER, self.server.url)


class Site:
    """The approval page over HTTP, with the provider's beside it."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.provider = Elsewhere()
        self.desk.provider = self.provider
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("GET", None)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer("POST", body)

            def _answer(self, method: str, body: str | None) -> None:
                answer = site.answer(method, self.path, dict(self.headers), body)
                self.send_response(answer["statusCode"])
                for name, value in answer["headers"].items():
                    self.send_header(name, value)
                for cookie in answer.get("cookies", ()):
                    self.send_header("Set-Cookie", cookie)
                self.end_headers()
                self.wfile.write(answer["body"].encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = LocalServer(Handler, port=0)
        self.url = self.server.url.replace("127.0.0.1", "localhost")
        self.provider.page_url = self.url
        self.desk.page = replace(self.desk.page, door=replace(self.desk.door, api_url=self.url))

    def answer(self, method: str, path: str, headers: dict[str, str], body: str | None) -> Any:
        parts = urlsplit(path)
        is_page = parts.path.startswith("/a/")
        cookies = headers.get("Cookie", "")
        event = {
            "routeKey": f"{method} /a/{{token}}" if is_page else f"{method} {parts.path}",
            "requestContext": {"http": {"method": method}},
            "pathParameters": {"token": parts.path.removeprefix("/a/")} if is_page else None,
            "queryStringParameters": {k: v[0] for k, v in parse_qs(parts.query).items()},
            "headers": headers,
            "cookies": [cookie.strip() for cookie in cookies.split(";") if cookie.strip()],
            "body": body,
        }
        return self.desk.page.answer(event)

    def stop(self) -> None:
        self.server.stop()
        self.provider.server.stop()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.stop()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_s01_a_person_signs_in_elsewhere_types_the_name_and_approves(
    site: Site, open_page: OpenPage, has_script: bool
) -> None:
    page = open_page(with_script=has_script, may_be_refused=True)
    page.goto(f"{site.url}/a/{TOKEN}")
    page.get_by_role("link", name="Sign in to approve").click()
    assert urlsplit(page.url).hostname == "127.0.0.1"
    page.get_by_role("button", name=APPROVER).click()
    page.wait_for_url(f"{site.url}/a/{TOKEN}")
    assert f"Signed in as {APPROVER}" in page.locator(".ask").inner_text()
    field = page.get_by_label("Type the function's name")
    field.fill("Orders")
    page.get_by_role("button", name="Approve this change").click()
    assert "The name you typed is not the function's" in page.locator("h1").inner_text()
    assert site.desk.status == "proposed"
    page.go_back()
    page.get_by_label("Type the function's name").fill(" orders ")
    page.get_by_role("button", name="Approve this change").click()
    assert "Approved" in page.locator("h1").inner_text()
    assert site.desk.status == "approved"


def test_s02_a_page_of_another_site_cannot_post_with_the_session(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(may_be_refused=True)
    page.goto(f"{site.url}/a/{TOKEN}")
    page.get_by_role("link", name="Sign in to approve").click()
    page.get_by_role("button", name=APPROVER).click()
    page.wait_for_url(f"{site.url}/a/{TOKEN}")
    nonce = page.locator('input[name="nonce"]').first.get_attribute("value") or ""
    fields = {"nonce": nonce, "decision": "approve", "name": "orders"}
    inputs = "".join(f'<input name="{n}" value="{escape(v)}">' for n, v in fields.items())
    page.goto(site.provider.server.url)
    page.set_content(
        f'<form method="post" action="{site.url}/a/{TOKEN}">{inputs}<button>Go</button></form>'
    )
    page.get_by_role("button", name="Go").click()
    page.wait_for_url(f"{site.url}/a/{TOKEN}")
    assert site.desk.status == "proposed"
