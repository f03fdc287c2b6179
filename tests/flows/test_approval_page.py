"""Does the page answer every visitor, and decide for none but a person who posts its form? (S2)"""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.fakes.builders import APPROVER, APPROVER_ID
from tests.pipeline.house import House
from trimtab.domain.approval import DecisionWord
from trimtab.domain.errors import RetryableError
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import to_wire
from trimtab.flows.approval_page import ApprovalPage
from trimtab.flows.decide import token_hash
from trimtab.flows.visit import MAX_BODY
from trimtab.report import pages

TOKEN = "a-token-of-this-test-that-nobody-guesses"
NONCE = "nonce-1"
FORM = "application/x-www-form-urlencoded"
COOKIE = f"trimtab-{token_hash(TOKEN)[:12]}={NONCE}"


def linked(house: House) -> Remediation:
    change = house.proposed()
    house.link(change, token=TOKEN)
    return change


def a_page(house: House) -> ApprovalPage:
    return ApprovalPage(
        bench=house.decide_bench(), pages=pages, people=house.people, new_nonce=lambda: NONCE
    )


def answer(house: House, method: str, **given: Any) -> Any:
    event: dict[str, Any] = {
        "requestContext": {"http": {"method": method}},
        "pathParameters": {"token": TOKEN},
        "headers": {"Content-Type": FORM},
        "cookies": [COOKIE],
    }
    return a_page(house).answer(event | given)


def form(**fields: str) -> str:
    return urlencode({"nonce": NONCE, "decision": "approve", "reason": ""} | fields)


def post(house: House, body: str | None = None, **given: Any) -> Any:
    return answer(house, "POST", body=form() if body is None else body, **given)


def test_s02_a_get_shows_the_question_and_spends_nothing() -> None:
    house = House()
    change = linked(house)
    for _ in range(3):
        response = answer(house, "GET", headers={}, cookies=None)
        assert response["statusCode"] == 200
        assert "orders" in response["body"]
        assert NONCE in response["body"]
    assert house.status(change) == "proposed"
    assert house.events(change) == ["proposed", "opened", "link_issued"]
    assert post(house)["statusCode"] == 200


def test_the_cookie_is_short_lived_strict_and_named_per_approval() -> None:
    house = House()
    linked(house)
    (cookie,) = answer(house, "GET")["cookies"]
    assert cookie.startswith(f"{COOKIE}; ")
    for word in ("Max-Age=3600", "HttpOnly", "Secure", "SameSite=Strict"):
        assert word in cookie
    assert TOKEN not in cookie


def test_s02_a_head_looks_and_shows_nothing() -> None:
    house = House()
    change = linked(house)
    response = answer(house, "HEAD")
    assert (response["statusCode"], response["body"]) == (200, "")
    assert "cookies" not in response
    assert house.status(change) == "proposed"


@pytest.mark.parametrize(
    ("decision", "reason", "status"),
    [("approve", "", "approved"), ("approve", "fine", "approved"), ("reject", "no", "rejected")],
)
def test_a_post_of_the_form_decides(decision: str, reason: str, status: str) -> None:
    house = House()
    change = linked(house)
    response = post(house, form(decision=decision, reason=reason))
    assert response["statusCode"] == 200
    assert house.status(change) == status


def test_a_form_in_base64_is_read() -> None:
    house = House()
    change = linked(house)
    body = base64.b64encode(form(decision="reject", reason="größer").encode()).decode()
    assert post(house, body, isBase64Encoded=True)["statusCode"] == 200
    decision = house.round(change).decision
    assert decision is not None
    assert decision.decision.reason == "größer"


WRONG: list[tuple[str, dict[str, Any], int]] = [
    ("no body", {"body": ""}, 400),
    ("no body at all", {"body": None}, 400),
    ("no content type", {"headers": {}}, 400),
    ("no headers", {"headers": None}, 400),
    ("json", {"headers": {"content-type": "application/json"}}, 400),
    ("multipart", {"headers": {"content-type": "multipart/form-data; boundary=x"}}, 400),
    ("text", {"headers": {"content-type": "text/plain"}}, 400),
    ("oversize", {"body": form(reason="x" * MAX_BODY)}, 400),
    ("far oversize", {"body": "x" * (MAX_BODY * 2 + 1)}, 400),
    ("a field twice", {"body": form() + "&decision=approve"}, 400),
    ("a nonce twice", {"body": form() + "&nonce=" + NONCE}, 400),
    ("too many fields", {"body": "&".join(f"f{n}=1" for n in range(11))}, 400),
    ("broken base64", {"body": "%%%", "isBase64Encoded": True}, 400),
    ("base64 that is not text", {"body": "/////w==", "isBase64Encoded": True}, 400),
    ("not UTF-8", {"body": "decision=approve&nonce=%FF%FE"}, 400),
    ("no cookies", {"cookies": None}, 400),
    ("another cookie", {"cookies": ["trimtab-other=nonce-1", "x"]}, 400),
    ("a cookie with another nonce", {"cookies": [COOKIE + "x"]}, 400),
    ("another nonce", {"body": form(nonce="other")}, 400),
    ("no decision", {"body": form(decision="")}, 400),
    ("another decision", {"body": form(decision="approved")}, 400),
    ("no reason for a no", {"body": form(decision="reject")}, 400),
    ("an unknown token", {"pathParameters": {"token": "unknown"}}, 404),
    ("no token", {"pathParameters": None}, 404),
    ("a token too long", {"pathParameters": {"token": "x" * 101}}, 404),
]


@pytest.mark.parametrize(
    ("given", "status"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_s02_a_post_that_is_not_the_form_decides_nothing(
    given: dict[str, Any], status: int
) -> None:
    house = House()
    change = linked(house)
    response = answer(house, "POST", **{"body": form(), **given})
    assert response["statusCode"] == status
    assert house.status(change) == "proposed"
    assert house.events(change) == ["proposed", "opened", "link_issued"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "get"])
def test_s02_other_methods_are_refused_with_those_that_are_taken(method: str) -> None:
    house = House()
    change = linked(house)
    response = answer(house, method, body=form())
    assert response["statusCode"] == 405
    assert response["headers"]["Allow"] == "GET, HEAD, POST"
    assert house.status(change) == "proposed"


def test_s02_an_unknown_token_shows_nothing_of_any_change() -> None:
    house = House()
    linked(house)
    for method in ("GET", "HEAD", "POST"):
        response = answer(house, method, body=form(), pathParameters={"token": "unknown"})
        assert response["statusCode"] == 404
        assert "orders" not in response["body"]


def test_s03_a_replay_is_told_and_changes_nothing() -> None:
    house = House()
    change = linked(house)
    post(house, form(decision="reject", reason="no"))
    replay = post(house)
    assert replay["statusCode"] == 409
    assert "eject" in replay["body"]
    assert answer(house, "GET")["statusCode"] == 409
    assert house.status(change) == "rejected"


def test_s03_of_two_posts_at_once_one_decides_and_the_other_is_told() -> None:
    house = House()
    change = linked(house)
    first: list[int] = []

    def other() -> None:
        first.append(post(house, form(decision="reject", reason="no"))["statusCode"])

    house.desk.before_next("decide", other)
    second = post(house)["statusCode"]
    assert (first, second) == ([200], 409)
    assert house.status(change) == "rejected"
    assert house.events(change).count("decided") == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_s04_after_the_expiry_the_page_says_so_and_decides_nothing(method: str) -> None:
    house = House()
    change = linked(house)
    house.clock.advance(timedelta(hours=72))
    response = answer(house, method, body=form())
    assert response["statusCode"] == 410
    assert house.status(change) == "proposed"


def test_what_was_decided_stays_to_be_seen_after_the_expiry() -> None:
    house = House()
    change = linked(house)
    house.answer(change, DecisionWord.REJECTED)
    house.clock.advance(timedelta(hours=72))
    assert answer(house, "GET")["statusCode"] == 409


def test_every_answer_carries_the_security_headers() -> None:
    house = House()
    linked(house)
    for response in (
        answer(house, "GET"),
        answer(house, "HEAD"),
        answer(house, "PUT"),
        answer(house, "GET", pathParameters={"token": "unknown"}),
        post(house, "broken", headers={}),
        post(house),
    ):
        assert "default-src 'none'" in response["headers"]["Content-Security-Policy"]
        assert response["headers"]["Cache-Control"] == "no-store"
        assert TOKEN not in response["body"]


def test_a_desk_that_fails_is_no_answer_of_ours() -> None:
    house = House()
    linked(house)
    house.desk.fail_next("round", RetryableError("on purpose"))
    with pytest.raises(RetryableError):
        answer(house, "GET")


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("GET", "Nothing was decided and your link stays valid."),
        ("POST", "Whether your answer was taken cannot be said right now."),
        ("HEAD", ""),
    ],
)
def test_a_visit_on_which_something_outside_failed_gets_a_page(method: str, said: str) -> None:
    response = a_page(House()).failed({"requestContext": {"http": {"method": method}}})
    assert response["statusCode"] == 503
    assert said in response["body"]
    assert bool(response["body"]) == bool(said)
    assert response["headers"]["Cache-Control"] == "no-store"


def test_a_message_on_a_page_begins_with_a_capital_and_says_what_to_do() -> None:
    house = House()
    linked(house)
    blank = post(house, form(decision="reject", reason="   "))["body"]
    assert "<h1>Say why you reject it: go back and write a reason" in blank
    assert "second tab: load it again from the email" in post(house, cookies=None)["body"]


def test_a_decision_that_cannot_be_read_back_is_not_shown_as_made() -> None:
    house = House()
    linked(house)
    still_open = house.desk.decide

    def lost(signed: Any) -> Any:
        found = house.desk.round(signed.decision.change_id, signed.decision.round)
        still_open(signed)
        return found

    house.desk.decide = lost  # type: ignore[method-assign]
    response = post(house)
    assert response["statusCode"] == 400
    assert "could not be read back" in response["body"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_s17_a_change_that_is_altered_on_record_is_neither_shown_nor_decided(method: str) -> None:
    house = House()
    change = linked(house)
    chain = change_chain(change.change_id)
    first, *rest = house.ledger.entries(chain)
    altered = to_wire(replace(change, after={"memory_mb": 128}))
    data = dict(first.data) | {"remediation": altered}
    house.ledger.replace(chain, (replace(first, data=data), *rest))
    response = answer(house, method, body=form())
    assert response["statusCode"] == 409
    assert "altered" in response["body"]
    assert house.events(change) == ["proposed", "opened", "link_issued"]


def test_s01_what_the_state_table_says_of_a_change_is_not_shown() -> None:
    house = House()
    change = linked(house)
    record = house.round(change)
    house.desk.forge(replace(record, remediation=replace(change, title="Nothing to see here")))
    response = answer(house, "GET")
    assert response["statusCode"] == 200
    assert "Nothing to see here" not in response["body"]


def test_s01_a_link_that_is_only_in_the_state_table_opens_nothing() -> None:
    house = House()
    change = house.proposed()
    house.desk.issue_link(change, approver=APPROVER_ID, token_hash=token_hash(TOKEN))
    for method in ("GET", "POST"):
        response = answer(house, method, body=form())
        assert response["statusCode"] == 409
    assert house.status(change) == "proposed"


def shown(house: House) -> str:
    return str(answer(house, "GET")["body"])


def test_the_page_shows_the_visitor_the_address_that_was_asked() -> None:
    house = House()
    linked(house)
    assert f"This link was sent to {APPROVER}." in shown(house)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_s05_the_link_of_somebody_erased_is_not_valid_and_takes_no_answer(method: str) -> None:
    house = House()
    change = linked(house)
    events = house.events(change)
    house.people.erase(APPROVER_ID)
    response = answer(house, method, body=form())
    unknown = answer(house, method, body=form(), pathParameters={"token": "unknown"})
    assert response == unknown
    assert response["statusCode"] == 404
    assert house.status(change) == "proposed"
    assert house.events(change) == events


def test_who_is_erased_while_they_answer_is_shown_without_an_id() -> None:
    house = House()
    linked(house)
    house.desk.before_next("decide", lambda: house.people.erase(APPROVER_ID))
    body = post(house)["body"]
    assert "with the link sent to somebody who was erased from the name table since" in body
    assert APPROVER_ID not in body


def test_s01_the_page_shows_who_decided_by_address_and_signs_the_id() -> None:
    house = House()
    change = linked(house)
    house.answer(change)
    body = shown(house)
    assert f"with the link sent to {APPROVER}" in body
    assert APPROVER_ID not in body
    decision = house.round(change).decision
    assert decision is not None
    assert decision.decision.approver == APPROVER_ID
