"""Does guessing tokens teach anything: by status, by text, by header, or by what is read? (S2)"""

import re
import string
from typing import Any

import pytest

from tests.hostile import rounds
from tests.hostile.doors import TOKENS
from tests.hostile.stand import MARK, TOKEN, Stand, post, visit
from trimtab.report import pages

ALPHABET = string.ascii_letters + string.digits + "-_"
LETTERS_TRIED = 6


def neighbours() -> list[str]:
    """Return tokens of the right form that differ from the right one in one place."""
    return [
        f"{TOKEN[:at]}{letter}{TOKEN[at + 1 :]}"
        for at in range(len(TOKEN))
        for letter in [a for a in ALPHABET if a != TOKEN[at]][at % 7 : at % 7 + LETTERS_TRIED]
    ]


def looked(stand: Stand, event: Any) -> tuple[Any, tuple[str, ...]]:
    """Return an answer with what was read for it."""
    stand.reads()
    answer = stand.visit(event)
    return answer, stand.reads()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_s02_an_unknown_token_and_one_long_gone_cannot_be_told_apart(
    stand: Stand, method: str
) -> None:
    unknown = looked(stand, visit(method, token=f"{MARK}-{'u' * 38}"))
    rounds.purged(stand)
    assert looked(stand, visit(method)) == unknown
    assert unknown == (_not_found(), ("link",))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_s02_no_guess_near_the_token_is_answered_otherwise_or_reads_more(
    stand: Stand, method: str
) -> None:
    guesses = neighbours()
    assert len(set(guesses)) > 200
    before = stand.stored()
    for guess in guesses:
        assert looked(stand, visit(method, token=guess)) == (_not_found(), ("link",)), guess
    assert stand.stored() == before


def test_s02_what_is_not_written_like_a_token_is_answered_the_same_and_reads_no_more(
    stand: Stand,
) -> None:
    written = re.compile(r"[A-Za-z0-9_-]{1,100}")
    for name, token in TOKENS.items():
        answer, reads = looked(stand, visit("GET", token=token))
        assert answer == _not_found(), name
        assert reads == (("link",) if written.fullmatch(token) else ()), name


def test_s02_a_broken_form_is_refused_before_anything_is_read(stand: Stand) -> None:
    """So that it is refused alike for a right and a wrong token."""
    broken = {"headers": {"content-type": "application/json"}}
    right = looked(stand, post(**broken))
    wrong = looked(stand, post(token=f"{MARK}-wrong", **broken))
    assert right == wrong
    assert right[1] == ()


def test_s02_the_cookie_does_not_hold_the_token(stand: Stand) -> None:
    (cookie,) = stand.visit(visit("GET"))["cookies"]
    assert MARK not in cookie
    assert "domain" not in cookie.casefold()


def test_the_address_of_the_page_stands_in_no_page(stand: Stand) -> None:
    """The form posts to where it came from: no address is built, from the host header or else."""
    body = stand.visit(visit("GET", headers={"host": "evil.example"}))["body"]
    assert " action" not in body
    assert "evil.example" not in body
    assert body.count('<form method="post">') == 2


def test_s02_the_policy_of_the_page_allows_no_script_no_frame_and_no_other_place() -> None:
    headers = pages.security_headers()
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";")
    )
    digest = policy.pop("style-src")
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", digest)
    assert policy == {
        "default-src": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "text/html; charset=utf-8"


def _not_found() -> dict[str, Any]:
    return {
        "statusCode": 404,
        "headers": dict(pages.security_headers()),
        "body": pages.not_found_page(),
    }
