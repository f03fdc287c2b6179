"""Does a yes that asks for a sign-in need the person, in this browser, and the name? (S1, S2)"""

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import APPROVER, APPROVER_ID
from tests.fakes.provider import ISSUER
from tests.flows.signing_in import API, TOKEN, Browser, Desk, asked_of, asking_bundle
from tests.pipeline.house import House
from trimtab.domain.approval import DecisionWord
from trimtab.domain.errors import PermanentError, RetryableError
from trimtab.domain.sign_in import HOLDS_FOR
from trimtab.domain.terms import Identity
from trimtab.flows.sign_in import ATTEMPT_LASTS, SESSION_COOKIE, Attempt


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def browser(desk: Desk) -> Browser:
    return Browser(desk)


def test_s01_who_signed_in_and_typed_the_name_approves(desk: Desk, browser: Browser) -> None:
    assert browser.sign_in()["statusCode"] == 303
    answer = browser.post()
    assert answer["statusCode"] == 200
    assert f"by {APPROVER}, who signed in" in answer["body"]
    signed = desk.house.round(desk.change).decision
    assert signed is not None
    decision = signed.decision
    assert (decision.word, decision.auth) == (DecisionWord.APPROVED, "sign_in")
    assert decision.approver == APPROVER_ID
    assert decision.signed_in is not None
    assert decision.signed_in.issuer == ISSUER
    assert b'"signed_in"' in decision.message()
    desk.house.carry(desk.change)
    assert desk.status == "watching"


def test_s16_neither_address_nor_subject_nor_cookie_goes_on_record(
    desk: Desk, browser: Browser
) -> None:
    browser.sign_in()
    secrets = [kept.value for kept in browser.jar.values()]
    browser.post()
    chain = [repr(e) for c in desk.house.ledger.chains() for e in desk.house.ledger.entries(c)]
    for secret in (APPROVER, "subject-of-the-provider", *secrets):
        assert secret not in " ".join(chain)


def test_s01_the_link_alone_does_not_approve_what_asks_for_a_sign_in(
    desk: Desk, browser: Browser
) -> None:
    page = browser.open()["body"]
    assert "Sign in to approve" in page
    assert "Approve this change" not in page
    answer = browser.post()
    assert answer["statusCode"] == 400
    assert "Sign in first" in answer["body"]
    assert desk.status == "proposed"


def test_rejecting_needs_the_link_alone(desk: Desk, browser: Browser) -> None:
    assert browser.post(decision="reject", why="not now", name=None)["statusCode"] == 200
    signed = desk.house.round(desk.change).decision
    assert signed is not None
    assert (signed.decision.auth, signed.decision.signed_in) == ("link", None)
    assert desk.status == "rejected"


def test_s01_who_signed_in_rejects_as_link_too(desk: Desk, browser: Browser) -> None:
    browser.sign_in()
    browser.post(decision="reject", why="no", name=None)
    signed = desk.house.round(desk.change).decision
    assert signed is not None
    assert signed.decision.auth == "link"


@pytest.mark.parametrize(
    "typed",
    [None, "", "Orders", "ORDERS", "orders2", "order", "or ders", "orders\0", "<b>orders</b>"],
)
def test_s01_another_name_than_the_functions_decides_nothing(
    desk: Desk, browser: Browser, typed: str | None
) -> None:
    browser.sign_in()
    answer = browser.post(name=typed)
    assert answer["statusCode"] == 400
    assert "The name you typed is not the function&#39;s" in answer["body"]
    assert "<b>" not in answer["body"]
    assert desk.status == "proposed"
    assert browser.post(name="  orders ")["statusCode"] == 200


def test_the_page_says_who_is_signed_in_and_asks_for_the_name(browser: Browser) -> None:
    browser.sign_in()
    page = browser.open()["body"]
    assert f"Signed in as <b>{APPROVER}</b>" in page
    assert 'name="name"' in page
    assert "<code>orders</code>" in page
    assert TOKEN not in page
    assert APPROVER_ID not in page


def test_s02_leaving_and_coming_back_decide_and_store_nothing(desk: Desk, browser: Browser) -> None:
    before = desk.stored
    for _ in range(3):
        browser.leave()
    assert desk.sign_ins.spent == {}
    answer = browser.sign_in()
    assert answer["headers"]["Location"] == f"{API}/a/{TOKEN}"
    assert answer["body"] == ""
    assert desk.stored == before
    assert desk.status == "proposed"


def test_a_head_never_leaves_and_a_post_does_not_come_back(desk: Desk, browser: Browser) -> None:
    assert browser.send("HEAD", f"/a/{TOKEN}", query={"sign_in": "start"})["statusCode"] == 200
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    assert browser.send("POST", "/signin/callback", query=query)["statusCode"] in (400, 404)
    assert desk.sign_ins.spent == {}


def test_the_way_out_carries_pkce_state_and_nonce_and_no_token(browser: Browser) -> None:
    address = browser.leave()
    asked = asked_of(address)
    assert address.startswith(f"{ISSUER}/authorize?")
    assert asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    ((name, kept),) = browser.jar.items()
    assert name.startswith("trimtab-signin-")
    assert kept.path == "/signin"
    assert kept.value.split(".")[0] not in address
    assert TOKEN not in address
    other = asked_of(browser.leave())
    assert not {other["state"], other["nonce"], other["code_challenge"]} & set(asked.values())


def test_the_cookies_are_short_and_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    (left,) = browser.open(sign_in="start")["cookies"]
    assert left.endswith("; Path=/signin; Max-Age=600; HttpOnly; Secure; SameSite=Lax")
    ended, session = browser.sign_in()["cookies"]
    assert ended.endswith("=; Path=/signin; Max-Age=0; HttpOnly; Secure; SameSite=Lax")
    assert session.startswith(f"{SESSION_COOKIE}=")
    assert session.endswith("; Path=/a; Max-Age=1800; HttpOnly; Secure; SameSite=Lax")


def test_the_verifier_is_what_the_challenge_is_made_of(desk: Desk) -> None:
    attempt = Attempt(secret="s" * 43, token=TOKEN, begun_s=1, issuer=ISSUER)
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    assert attempt.challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    for other in (
        replace(attempt, secret="t" * 43),
        replace(attempt, token="other"),
        replace(attempt, begun_s=2),
        replace(attempt, issuer="https://other.test"),
    ):
        assert other.state != attempt.state
        assert other.verifier != attempt.verifier


def test_s01_somebody_else_who_signs_in_is_told_and_decides_nothing(
    desk: Desk, browser: Browser
) -> None:
    answer = browser.sign_in(as_="erin@example.com")
    assert answer["statusCode"] == 403
    assert "You signed in as erin@example.com" in answer["body"]
    assert f"This link was sent to {APPROVER}" in answer["body"]
    assert SESSION_COOKIE not in browser.jar
    assert browser.post()["statusCode"] == 400
    assert desk.status == "proposed"


def test_capitals_do_not_tell_addresses_apart(browser: Browser) -> None:
    assert browser.sign_in(as_=APPROVER.upper())["statusCode"] == 303


@pytest.mark.parametrize("error", [RetryableError, PermanentError])
def test_a_provider_that_is_down_loses_nothing(
    desk: Desk, browser: Browser, error: type[RetryableError | PermanentError]
) -> None:
    desk.provider.fail_next(error("on purpose"))
    with pytest.raises(error):
        browser.open(sign_in="start")
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    desk.provider.fail_next(error("on purpose"))
    with pytest.raises(error):
        browser.come_back(query)
    assert desk.status == "proposed"
    assert browser.sign_in()["statusCode"] == 303
    assert browser.post()["statusCode"] == 200


@pytest.mark.parametrize(
    "event",
    [{"routeKey": "GET /signin/callback"}, {"queryStringParameters": {"sign_in": "start"}}],
    ids=["back", "out"],
)
def test_a_page_of_503_says_what_to_do_about_a_sign_in(desk: Desk, event: Any) -> None:
    answer = desk.page.failed({"requestContext": {"http": {"method": "GET"}}} | event)
    assert answer["statusCode"] == 503
    assert "Nothing was decided and your link stays valid" in answer["body"]
    assert "Rejecting needs no sign-in" in answer["body"]


def test_a_post_that_failed_is_never_called_undecided_whatever_its_address_says(desk: Desk) -> None:
    event = {"queryStringParameters": {"sign_in": "start"}}
    answer = desk.page.failed({"requestContext": {"http": {"method": "POST"}}} | event)
    assert "Whether your answer was taken cannot be said right now" in answer["body"]
    assert "Nothing was decided" not in answer["body"]


def test_without_a_provider_the_page_says_so_and_takes_a_no(desk: Desk) -> None:
    desk.page = replace(desk.page, door=None)
    browser = Browser(desk)
    for page in (browser.open(), browser.open(sign_in="start")):
        assert page["statusCode"] == 200
        assert "no sign-in is configured any more" in page["body"]
    assert browser.come_back({"state": "x", "code": "y"})["statusCode"] == 404
    assert browser.post()["statusCode"] == 400
    assert browser.post(decision="reject", why="no")["statusCode"] == 200


def test_a_session_ends(desk: Desk, browser: Browser) -> None:
    browser.sign_in()
    desk.house.clock.advance(HOLDS_FOR - timedelta(seconds=1))
    assert "Signed in as" in browser.open()["body"]
    desk.house.clock.advance(timedelta(seconds=1))
    assert "Sign in to approve" in browser.open()["body"]
    assert browser.post()["statusCode"] == 400
    assert desk.status == "proposed"


def test_an_attempt_ends(desk: Desk, browser: Browser) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    desk.house.clock.advance(ATTEMPT_LASTS)
    assert browser.come_back(query)["statusCode"] == 400
    assert desk.provider.asked == 1


def test_a_round_that_asks_for_the_link_needs_and_keeps_no_sign_in() -> None:
    desk = Desk(House().bundle)
    browser = Browser(desk)
    assert desk.change.approval.identity is Identity.LINK
    assert browser.open(sign_in="start")["statusCode"] == 200
    assert browser.post(name=None)["statusCode"] == 200
    signed = desk.house.round(desk.change).decision
    assert signed is not None
    assert signed.decision.auth == "link"
    assert b"signed_in" not in signed.decision.message()


def test_who_comes_back_to_a_decided_round_is_shown_what_was_decided(
    desk: Desk, browser: Browser
) -> None:
    query = desk.provider.log_in(browser.leave(), as_=APPROVER)
    desk.house.answer(desk.change, DecisionWord.REJECTED)
    assert browser.come_back(query)["statusCode"] == 303
    assert browser.open()["statusCode"] == 409
    assert browser.open(sign_in="start")["statusCode"] == 409


def test_where_nobody_can_sign_in_the_kind_stays_in_tickets() -> None:
    house = House(asking_bundle(can_sign_in=False))
    house.plant()
    house.run()
    why = "no sign-in is configured, and set_memory asks for one"
    assert house.reasons() == {"orders": ("ticketed", why)}
