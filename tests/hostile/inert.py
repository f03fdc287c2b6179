"""Does an answer show, hold or run anything that a visitor sent?"""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from tests.hostile.stand import COOKIE_NAME, FIRST_APPROVER, FORM, FRESH, MARK, SECOND_APPROVER
from trimtab.report import pages

COOKIE = re.compile(
    re.escape(f"{COOKIE_NAME}={FRESH}; Max-Age=3600; HttpOnly; Secure; SameSite=Strict")
)
NAMES = (
    "html head meta title style body header main section footer svg rect circle path span b p "
    "h1 h2 h3 div dl dt dd time table thead tbody tr th td ul ol li code a form input button "
    "details summary label textarea figure figcaption text desc"
)
TAGS = frozenset(NAMES.split())
LOADS = frozenset(
    {"src", "srcset", "action", "formaction", "style", "background", "data", "poster"}
)
ECHO_FROM = 12
"""A text of the request that is at least so long stands in no answer by accident."""
MAY_STAND = frozenset({FORM, "approve.test"})


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def texts(value: Any) -> Iterator[str]:
    """Yield every text in an event, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inside in value.items():
            yield name
            yield from texts(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from texts(inside)


def check_headers(answer: Any) -> None:
    """Every answer carries all security headers, and nothing else but the methods and our cookie.

    No address: so nothing of the request can lead anywhere.
    """
    headers = dict(answer["headers"])
    allow = headers.pop("Allow", None)
    assert headers == dict(pages.security_headers())
    assert allow == ("GET, HEAD, POST" if answer["statusCode"] == 405 else None)
    assert answer.keys() <= {"statusCode", "headers", "body", "cookies"}
    for cookie in answer.get("cookies", ()):
        assert COOKIE.fullmatch(cookie)


def check_page(html: str) -> None:
    """A page is made of our elements only, leads nowhere and loads nothing."""
    found = Elements()
    found.feed(html)
    assert found.tags <= TAGS, found.tags - TAGS
    for name, value in found.attributes:
        assert not name.startswith("on")
        assert name not in LOADS
        assert name != "href" or value == "#answer"
        assert name != "http-equiv"
    assert "://" not in html
    assert "url(" not in html
    assert "@import" not in html


def check_no_echo(answer: Any, event: Any) -> None:
    """Nothing that was sent comes back: neither marked, nor any longer text of it."""
    said = json.dumps(answer, ensure_ascii=False)
    assert MARK not in said.casefold()
    for text in texts(event):
        if len(text) >= ECHO_FROM and text not in MAY_STAND:
            assert text not in answer["body"], text[:80]
            assert text not in str(answer.get("cookies", "")), text[:80]


def check_log(text: str, event: Any) -> None:
    """One line of method and status: no token, nonce, body, cookie or approver."""
    said = text.casefold()
    for secret in (MARK, FRESH, FIRST_APPROVER, SECOND_APPROVER, "nonce", "cookie", "token"):
        assert secret not in said, secret
    for sent in texts(event):
        if len(sent) >= ECHO_FROM:
            assert sent not in text, sent[:80]
    (line,) = text.splitlines()
    logged = json.loads(line)
    assert logged["message"] == "page"
    assert logged["method"] in {"GET", "HEAD", "POST", "other"}
