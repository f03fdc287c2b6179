"""Does the whole way work with a provider that we did not write? Out, back, and a session."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.builders import APPROVER
from tests.flows.signing_in import TOKEN, Browser, Desk, asked_of
from trimtab.local.demo.person import _Stay
from trimtab.local.sign_in import CLIENT_ID, Provider, start_provider
from trimtab.sign_in.provider import OidcProvider

pytestmark = pytest.mark.contract
UNVERIFIED = "nobody@example.com"


@pytest.fixture(scope="module")
def provider(local_python: Path) -> Iterator[Provider]:
    running = start_provider(local_python, [APPROVER, "erin@example.com"])
    yield running
    running.stop()


@pytest.fixture
def desk(provider: Provider) -> Desk:
    """Return a change whose door leads to the running provider."""
    made = Desk(issuer=provider.issuer, at=datetime.now(UTC))
    made.provider = OidcProvider(
        issuer=provider.issuer,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        redirect_uri="https://approve.test/signin/callback",
    )
    return made


def log_in(address: str, *, as_: str | None) -> dict[str, str]:
    """Press a button at the provider; return the query it sends the browser back with."""
    form = {"action": "deny"} if as_ is None else {"sub": as_}
    request = urllib.request.Request(address, data=urllib.parse.urlencode(form).encode())
    try:
        answer = urllib.request.build_opener(_Stay).open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return asked_of(str(answer.headers["Location"]))


def test_s01_a_person_signs_in_there_and_approves_here(desk: Desk) -> None:
    browser = Browser(desk)
    back = browser.come_back(log_in(browser.leave(), as_=APPROVER))
    assert back["statusCode"] == 303, back["body"]
    assert back["headers"]["Location"].endswith(f"/a/{TOKEN}")
    assert browser.post()["statusCode"] == 200
    assert desk.status == "approved"


@pytest.mark.parametrize(("who", "status"), [("erin@example.com", 403), (UNVERIFIED, 400)])
def test_s01_somebody_else_does_not(desk: Desk, who: str, status: int) -> None:
    browser = Browser(desk)
    assert browser.come_back(log_in(browser.leave(), as_=who))["statusCode"] == status
    assert browser.post()["statusCode"] == 400
    assert desk.status == "proposed"


def test_who_turns_back_at_the_provider_can_begin_again(desk: Desk) -> None:
    browser = Browser(desk)
    query = log_in(browser.leave(), as_=None)
    answer = browser.come_back({"state": "A" * 43} | query)
    assert answer["statusCode"] == 400
    assert browser.come_back(log_in(browser.leave(), as_=APPROVER))["statusCode"] == 303


def test_s02_a_code_that_was_spent_there_is_refused_here(desk: Desk) -> None:
    browser = Browser(desk)
    query = log_in(browser.leave(), as_=APPROVER)
    jar = dict(browser.jar)
    assert browser.come_back(query)["statusCode"] == 303
    desk.sign_ins.spent.clear()
    browser.jar = jar
    answer = browser.come_back(query)
    assert answer["statusCode"] == 400
    assert re.search("does not take this sign-in any more", answer["body"])


def test_the_provider_is_what_the_hub_is_told(provider: Provider) -> None:
    assert provider.client_id == CLIENT_ID
    provider.stop()
    assert provider.process.poll() is not None
    provider.stop()
