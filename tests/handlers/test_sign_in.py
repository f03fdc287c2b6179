"""Does the approval Lambda sign a person in, over HTTP and with real keys, through its entry?"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.fakes.builders import APPROVER
from tests.fakes.provider import claims, signed
from tests.flows.signing_in import GUARDRAILS
from tests.handlers.conftest import Hub
from tests.handlers.test_handlers import ROOT, asked, call, planned, visit
from tests.pipeline.house import FILES
from tests.sign_in.standin import WELL_KNOWN, StandIn

CLIENT, SECRET_ID, SECRET = "trimtab", "trimtab/oidc", "the-secret-of-the-client"
NAME = "orders"


@pytest.fixture
def standin() -> Iterator[StandIn]:
    running = StandIn()
    yield running
    running.stop()


@pytest.fixture
def asking(hub: Hub, standin: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    """Return a hub whose guardrails ask for a sign-in with the stand-in."""
    for name, text in (FILES | {"guardrails.yaml": GUARDRAILS}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    hub.client("secretsmanager").create_secret(Name=SECRET_ID, SecretString=SECRET)
    monkeypatch.setenv("TRIMTAB_BUNDLE", str(tmp_path))
    monkeypatch.setenv("TRIMTAB_OIDC_ISSUER", standin.url)
    monkeypatch.setenv("TRIMTAB_OIDC_CLIENT_ID", CLIENT)
    monkeypatch.setenv("TRIMTAB_OIDC_SECRET", SECRET_ID)
    return hub


def leave(hub: Hub, token: str) -> tuple[dict[str, str], str]:
    """Follow the page's link; return what the provider is asked, and the cookie."""
    answer = visit(hub, token, queryStringParameters={"sign_in": "start"})
    assert answer["statusCode"] == 303, answer
    query = parse_qs(urlsplit(answer["headers"]["Location"]).query)
    (cookie,) = answer["cookies"]
    return {k: v[0] for k, v in query.items()}, cookie.partition(";")[0]


def come_back(hub: Hub, cookie: str, **query: str) -> Any:
    event = {
        "version": "2.0",
        "routeKey": "GET /signin/callback",
        "rawPath": "/signin/callback",
        "requestContext": {"http": {"method": "GET", "path": "/signin/callback"}},
        "queryStringParameters": query,
        "cookies": [cookie],
        "isBase64Encoded": False,
    }
    return call(hub, "approval", event)


def test_s01_a_person_signs_in_types_the_name_and_approves(
    asking: Hub, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    change, token = planned(asking), asked(asking)
    sent, cookie = leave(asking, token)
    said = claims(
        now=datetime.now(UTC), nonce=sent["nonce"], iss=standin.url, aud=CLIENT, email=APPROVER
    )
    standin.say("/token", {"id_token": signed(said)})
    back = come_back(asking, cookie, code="code-1", state=sent["state"])
    assert back["statusCode"] == 303, back
    assert back["headers"]["Location"] == f"https://api.test/a/{token}"
    assert standin.authorized[0] is not None
    session = back["cookies"][1].partition(";")[0]
    page = visit(asking, token, cookies=[session])
    assert f"Signed in as <b>{APPROVER}</b>" in page["body"]
    nonce = page["cookies"][0].partition(";")[0]
    form = {"nonce": nonce.partition("=")[2], "decision": "approve", "name": NAME}
    done = visit(asking, token, "POST", body=urlencode(form), cookies=[nonce, session])
    assert done["statusCode"] == 200
    decided = call(asking, "decide", {"change_id": change["change_id"], "round": 1})
    assert decided["decision"] == "approved"
    again = come_back(asking, cookie, code="code-1", state=sent["state"])
    assert again["statusCode"] == 400
    logged = " ".join(str(vars(record)) for record in caplog.records)
    for secret in (token, SECRET, "code-1", sent["state"], session, cookie, APPROVER):
        assert secret not in logged


def test_s16_a_provider_that_fails_is_logged_without_what_was_sent(
    asking: Hub, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    planned(asking)
    token = asked(asking)
    sent, cookie = leave(asking, token)
    standin.say("/token", {"error": "invalid_client", "error_description": SECRET}, status=401)
    answer = come_back(asking, cookie, code="code-1", state=sent["state"])
    assert answer["statusCode"] == 503
    assert "your link stays valid" in answer["body"]
    standin.say(WELL_KNOWN, b"", status=500)
    assert visit(asking, token, queryStringParameters={"sign_in": "start"})["statusCode"] == 503
    assert visit(asking, token)["statusCode"] == 200
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "the sign-in provider answered 401" in logged
    for secret in (token, SECRET, "code-1", sent["state"], cookie):
        assert secret not in logged


def test_who_does_not_sign_in_does_not_pay_for_it() -> None:
    """Neither the library nor what it stands on is imported by any handler."""
    code = (
        "import sys, pathlib\n"
        "from importlib import import_module\n"
        "for p in pathlib.Path('handlers').glob('[a-z]*.py'): import_module(f'handlers.{p.stem}')\n"
        "import trimtab.flows.sign_in, trimtab.wiring.asking\n"
        "print([m for m in ('joserfc', 'cryptography') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_doctor_fetches_what_a_sign_in_begins_with(asking: Hub, standin: StandIn) -> None:
    asking.organizations.create_organization(FeatureSet="ALL")
    facts = {"is": "SignInFacts", "is_wanted": True, "is_configured": True, "fault": None}
    assert call(asking, "doctor", {})["sign_in"].items() <= facts.items()
    standin.say("/jwks", {"keys": []})
    assert "no keys" in call(asking, "doctor", {})["sign_in"]["fault"]
