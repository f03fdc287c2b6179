"""Does any way of tricking a sign-in make a session, a decision or a redirect elsewhere?

(S1, S2, S23)
"""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import APPROVER, APPROVER_ID
from tests.fakes.people import FakeSigner
from tests.fakes.provider import CLIENT, EC, ISSUER, STRANGER
from tests.flows.signing_in import API, TOKEN, Browser, Desk, Kept
from tests.hostile.inert import check_page
from trimtab.domain.digest import canonical_json
from trimtab.domain.sign_in import Session, SignedIn
from trimtab.domain.wire import to_wire
from trimtab.flows.sign_in import MAX_SESSION, SESSION_COOKIE

MARK = "zq7x"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def browser(desk: Desk) -> Browser:
    return Browser(desk)


def refused(desk: Desk, browser: Browser, answer: Any, *statuses: int) -> None:
    """Hold that an answer is a page that made no session and decided nothing."""
    assert answer["statusCode"] in (statuses or (400,))
    assert "Location" not in answer["headers"]
    check_page(answer["body"])
    assert SESSION_COOKIE not in browser.jar
    assert browser.post()["statusCode"] == 400
    assert desk.status == "proposed"


def test_s02_a_code_and_state_that_are_replayed_are_refused(desk: Desk, browser: Browser) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    jar = dict(browser.jar)
    assert browser.come_back(query)["statusCode"] == 303
    browser.jar.clear()
    refused(desk, browser, browser.come_back(query))
    browser.jar.update(jar)
    asked = desk.provider.asked
    refused(desk, browser, browser.come_back(query))
    assert desk.provider.asked == asked, "a spent state asks the provider nothing"


def test_s01_login_csrf_another_browsers_way_back_signs_nobody_in(desk: Desk) -> None:
    attacker, victim = Browser(desk), Browser(desk)
    query = desk.provider.log_in(attacker.leave(), as_="mallory@example.com")
    refused(desk, victim, victim.come_back(query))
    victim.leave()
    refused(desk, victim, victim.come_back(query))


def test_s01_a_planted_cookie_brings_the_wrong_person_and_no_session(desk: Desk) -> None:
    attacker, victim = Browser(desk), Browser(desk)
    query = desk.provider.log_in(attacker.leave(), as_="mallory@example.com")
    victim.jar.update(attacker.jar)
    refused(desk, victim, victim.come_back(query), 403)


def test_s01_another_approvers_session_does_not_count(desk: Desk, browser: Browser) -> None:
    desk.provider.claims = {"email": "erin@example.com"}
    answer = browser.sign_in()
    refused(desk, browser, answer, 403)


QUERIES: dict[str, dict[str, str]] = {
    "nothing": {},
    "no state": {"state": ""},
    "another state": {"state": "A" * 43},
    "a shorter state": {"state": "A" * 42},
    "a state of markup": {"state": f"<script>{MARK}</script>"},
    "a state with a line break": {"state": "A" * 42 + "\n"},
    "look-alike letters": {"state": "\u0430" * 43},
    "two states": {"state": "A" * 43 + "," + "B" * 43},
    "a huge state": {"state": "A" * 1_000_000},
}


@pytest.mark.parametrize("changed", QUERIES.values(), ids=list(QUERIES))
def test_s02_a_state_that_was_not_begun_here_is_refused(
    desk: Desk, browser: Browser, changed: dict[str, str]
) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    answer = browser.come_back(query | changed if changed else {})
    assert MARK not in answer["body"]
    refused(desk, browser, answer)
    assert desk.sign_ins.spent == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"code": ""},
        {"code": "x\r\nSet-Cookie: a=1"},
        {"code": "x" * 2049},
        {"code": "\u00e9"},
        {"code": "unknown"},
        {"error": "access_denied", "error_description": f"<b>{MARK}</b>"},
        {"error": MARK, "code": ""},
    ],
    ids=["none", "header", "long", "not ASCII", "unknown", "denied", "odd error"],
)
def test_s02_a_code_that_is_none_is_refused(
    desk: Desk, browser: Browser, changed: dict[str, str]
) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    answer = browser.come_back(query | changed)
    assert MARK not in answer["body"]
    refused(desk, browser, answer)


@pytest.mark.parametrize("issuer", ["https://evil.test", ISSUER + "/", ISSUER.upper()])
def test_s01_an_answer_of_another_issuer_is_refused_before_its_code_is_spent(
    desk: Desk, browser: Browser, issuer: str
) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    asked = desk.provider.asked
    refused(desk, browser, browser.come_back(query | {"iss": issuer}))
    assert desk.provider.asked == asked


@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": "https://evil.test"},
        {"next": "//evil.test", "return_to": "https://evil.test", "token": "other"},
        {"RelayState": "https://evil.test/a/x"},
    ],
)
def test_s02_no_parameter_and_no_host_chooses_where_a_sign_in_leads(
    desk: Desk, browser: Browser, more: dict[str, str]
) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER) | more
    answer = browser.come_back(query, host="evil.test")
    assert answer["headers"]["Location"] == f"{API}/a/{TOKEN}"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "..",
        "a.b.c",
        f"{'s' * 43}.{TOKEN}.99999999999999",
        f"{'s' * 43}.{TOKEN}.-1",
        f"{'s' * 43}.//evil.test.1",
        f"{'s' * 43}.{TOKEN}\r\nX: 1.1",
        "s" * 100_000,
    ],
)
def test_s02_a_cookie_that_is_not_the_attempts_is_refused(
    desk: Desk, browser: Browser, value: str
) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    ((name, _),) = browser.jar.items()
    browser.jar[name] = Kept(value=value, path="/signin")
    refused(desk, browser, browser.come_back(query))


def test_s02_a_cookie_for_another_link_does_not_lead_there(desk: Desk, browser: Browser) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    ((name, kept),) = browser.jar.items()
    other = kept.value.replace(TOKEN, "another-token")
    browser.jar[name] = Kept(value=other, path="/signin")
    refused(desk, browser, browser.come_back(query))


TOKENS: dict[str, dict[str, Any]] = {
    "of another audience": {"aud": "another-client"},
    "of several audiences and no party": {"aud": [CLIENT, "another"]},
    "for another party": {"azp": "another"},
    "of another issuer": {"iss": "https://evil.test"},
    "of another sign-in": {"nonce": "another"},
    "without a nonce": {"nonce": None},
    "of nobody": {"sub": ""},
    "without an address": {"email": None},
    "of an address that is not verified": {"email_verified": False},
    "of an address verified in words": {"email_verified": "true"},
    "of nothing said of the address": {"email_verified": None},
    "of an address of another alphabet": {"email": APPROVER.replace("o", "\u043e")},
    "of the Kelvin sign": {"email": "\u212aelvin@example.com"},
}


@pytest.mark.parametrize("said", TOKENS.values(), ids=list(TOKENS))
def test_s01_a_token_that_does_not_count_signs_nobody_in(
    desk: Desk, browser: Browser, said: dict[str, Any]
) -> None:
    desk.provider.claims = said
    refused(desk, browser, browser.sign_in())


@pytest.mark.parametrize("late_s", [361, 3600])
def test_s01_an_expired_token_signs_nobody_in(desk: Desk, browser: Browser, late_s: int) -> None:
    now = int(desk.house.clock.now().timestamp())
    desk.provider.claims = {"exp": now + 300 - late_s}
    refused(desk, browser, browser.sign_in())


def test_a_clock_that_is_a_minute_off_is_no_fault(desk: Desk, browser: Browser) -> None:
    now = int(desk.house.clock.now().timestamp())
    desk.provider.claims = {"exp": now - 59, "iat": now + 60}
    assert browser.sign_in()["statusCode"] == 303


def test_s01_a_token_signed_by_another_key_of_the_same_name_is_refused(
    desk: Desk, browser: Browser
) -> None:
    desk.provider.key = STRANGER
    refused(desk, browser, browser.sign_in())


def test_a_token_signed_by_a_curve_counts(desk: Desk, browser: Browser) -> None:
    desk.provider.key, desk.provider.alg = EC, "ES256"
    assert browser.sign_in()["statusCode"] == 303


def a_session(desk: Desk, **changed: Any) -> Session:
    signed_in = SignedIn(issuer=ISSUER, subject="subject", at=desk.house.clock.now())
    return replace(Session(person=APPROVER_ID, signed_in=signed_in), **changed)


def planted(session: Session, signature: str) -> Kept:
    body = base64.urlsafe_b64encode(canonical_json(to_wire(session)).encode()).decode()
    return Kept(value=f"{body.rstrip('=')}.{signature}", path="/a")


def test_the_session_of_these_tests_would_count_were_it_signed(
    desk: Desk, browser: Browser
) -> None:
    session = a_session(desk)
    signature, _ = FakeSigner().sign(session.message())
    browser.jar[SESSION_COOKIE] = planted(session, signature)
    assert browser.post()["statusCode"] == 200


def test_s01_a_session_that_was_not_signed_here_does_not_count(
    desk: Desk, browser: Browser
) -> None:
    session = a_session(desk)
    plain = canonical_json(to_wire(session)).encode()
    for signature in ("", "x", FakeSigner("other").sign(session.message())[0]):
        browser.jar[SESSION_COOKIE] = planted(session, signature)
        assert browser.post()["statusCode"] == 400
    without_its_words, _ = FakeSigner().sign(plain)
    browser.jar[SESSION_COOKIE] = planted(session, without_its_words)
    assert browser.post()["statusCode"] == 400
    assert desk.status == "proposed"


def test_s01_a_signed_session_of_another_time_person_or_provider_does_not_count(
    desk: Desk, browser: Browser
) -> None:
    mine = a_session(desk)
    at = mine.signed_in.at
    for session in (
        replace(mine, person="person-aaaaaaaaaaaaaaaa"),
        replace(mine, signed_in=replace(mine.signed_in, issuer="https://before.test")),
        replace(mine, signed_in=replace(mine.signed_in, at=at - timedelta(minutes=30))),
        replace(mine, signed_in=replace(mine.signed_in, at=at + timedelta(seconds=1))),
    ):
        signature, _ = FakeSigner().sign(session.message())
        browser.jar[SESSION_COOKIE] = planted(session, signature)
        assert browser.post()["statusCode"] == 400
    assert desk.status == "proposed"


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "x",
        "!!!.sig",
        base64.urlsafe_b64encode(b"[" * 2000).decode(),
        base64.urlsafe_b64encode(b"null").decode() + ".sig",
        base64.urlsafe_b64encode(json.dumps({"is": "Session"}).encode()).decode() + ".sig",
        base64.urlsafe_b64encode(b"\xff\xfe").decode() + ".sig",
        "x" * (MAX_SESSION + 1),
        "\u00e9",
    ],
)
def test_s02_a_session_cookie_of_nonsense_is_none(desk: Desk, browser: Browser, value: str) -> None:
    browser.jar[SESSION_COOKIE] = Kept(value=value, path="/a")
    assert "Sign in to approve" in browser.open()["body"]
    assert browser.post()["statusCode"] == 400
    assert desk.status == "proposed"


def test_s02_another_site_cannot_post_the_form_of_who_is_signed_in(
    desk: Desk, browser: Browser
) -> None:
    browser.sign_in()
    browser.jar = {name: kept for name, kept in browser.jar.items() if name == SESSION_COOKIE}
    body = "decision=approve&name=orders&nonce=guessed"
    assert browser.send("POST", f"/a/{TOKEN}", body=body)["statusCode"] == 400
    assert desk.status == "proposed"


def test_s23_a_name_of_markup_that_is_typed_comes_back_nowhere(
    desk: Desk, browser: Browser
) -> None:
    browser.sign_in()
    answer = browser.post(name=f"<img src=x onerror={MARK}>")
    assert answer["statusCode"] == 400
    assert MARK not in answer["body"]
    check_page(answer["body"])


def test_s23_an_address_of_markup_is_shown_inert(desk: Desk, browser: Browser) -> None:
    answer = browser.sign_in(as_='"<script>x</script>"@example.com')
    refused(desk, browser, answer, 403)
    assert "<script>" not in answer["body"]


def test_s05_who_was_erased_meanwhile_cannot_come_back(desk: Desk, browser: Browser) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    desk.house.people.erase(APPROVER_ID)
    assert browser.come_back(query)["statusCode"] == 404
    assert desk.sign_ins.spent == {}
