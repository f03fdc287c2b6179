"""Does the provider get what the standards ask for, and is only a good answer believed?"""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fakes.provider import claims, signed
from tests.sign_in.standin import WELL_KNOWN, StandIn
from trimtab.domain.errors import InputError, PermanentError, RetryableError
from trimtab.domain.sign_in import Proven
from trimtab.sign_in.provider import MAX_ANSWER, OidcProvider

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
REDIRECT = "https://approve.test/signin/callback"
CLIENT, SECRET = "trimtab client", "s3cr3t/+&"


@pytest.fixture
def standin() -> Iterator[StandIn]:
    running = StandIn()
    yield running
    running.stop()


def a_provider(standin: StandIn, *, secret: str | None = None) -> OidcProvider:
    return OidcProvider(
        issuer=standin.url, client_id=CLIENT, client_secret=secret, redirect_uri=REDIRECT
    )


def prove(standin: StandIn, *, secret: str | None = None, **said: Any) -> Proven:
    token = signed(claims(now=NOW, nonce="n", iss=standin.url, aud=CLIENT) | said)
    if "/token" not in standin.answers:
        standin.say("/token", {"id_token": token, "access_token": "a"})
    provider = a_provider(standin, secret=secret)
    return provider.prove(code="c", verifier="v" * 43, nonce="n", now=NOW)


def test_a_browser_is_sent_with_all_that_the_standards_ask_for(standin: StandIn) -> None:
    address = a_provider(standin).address(state="s", nonce="n", challenge="h")
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{standin.url}/authorize"
    assert {k: v[0] for k, v in parse_qs(parts.query).items()} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "scope": "openid email",
        "state": "s",
        "nonce": "n",
        "code_challenge": "h",
        "code_challenge_method": "S256",
    }


def test_an_endpoint_with_a_query_keeps_it(standin: StandIn) -> None:
    endpoint = f"{standin.url}/authorize?tenant=1"
    standin.say(WELL_KNOWN, standin.metadata(authorization_endpoint=endpoint))
    assert (
        a_provider(standin)
        .address(state="s", nonce="n", challenge="h")
        .startswith(f"{endpoint}&response_type=code")
    )


def test_a_public_client_spends_the_code_with_the_verifier_alone(standin: StandIn) -> None:
    assert prove(standin).address == "dana@example.com"
    assert standin.posted == [
        {
            "grant_type": "authorization_code",
            "code": "c",
            "redirect_uri": REDIRECT,
            "client_id": CLIENT,
            "code_verifier": "v" * 43,
        }
    ]
    assert standin.authorized == [None]


@pytest.mark.parametrize("methods", [None, ["client_secret_post", "client_secret_basic"]])
def test_a_secret_goes_into_the_header(standin: StandIn, methods: list[str] | None) -> None:
    said = standin.metadata(token_endpoint_auth_methods_supported=methods)
    standin.say(WELL_KNOWN, said)
    prove(standin, secret=SECRET)
    pair = base64.b64encode(b"trimtab%20client:s3cr3t%2F%2B%26").decode()
    assert standin.authorized == [f"Basic {pair}"]
    assert "client_secret" not in standin.posted[0]


def test_a_secret_goes_into_the_form_where_only_that_is_taken(standin: StandIn) -> None:
    said = standin.metadata(token_endpoint_auth_methods_supported=["client_secret_post"])
    standin.say(WELL_KNOWN, said)
    prove(standin, secret=SECRET)
    assert standin.authorized == [None]
    assert standin.posted[0]["client_secret"] == SECRET


def test_s16_the_secret_is_shown_nowhere(standin: StandIn) -> None:
    assert SECRET not in repr(a_provider(standin, secret=SECRET))
    standin.say("/token", {"error": "invalid_client"}, status=401)
    with pytest.raises(PermanentError) as told:
        prove(standin, secret=SECRET)
    assert SECRET not in str(told.value)


BAD_METADATA: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://evil.test"},
    "no issuer": {"issuer": None},
    "no token endpoint": {"token_endpoint": None},
    "a token endpoint without TLS": {"token_endpoint": "http://evil.test/token"},
    "a token endpoint of a file": {"token_endpoint": "file:///etc/passwd"},
    "a token endpoint with a password": {"token_endpoint": "https://a:b@evil.test/token"},
    "a token endpoint of a number": {"token_endpoint": 1},
    "a token endpoint that is none": {"token_endpoint": "https://[broken"},
    "keys without TLS": {"jwks_uri": "http://evil.test/jwks"},
    "no keys": {"jwks_uri": None},
}


@pytest.mark.parametrize("changed", BAD_METADATA.values(), ids=list(BAD_METADATA))
def test_s01_metadata_that_lead_elsewhere_are_refused(
    standin: StandIn, changed: dict[str, Any]
) -> None:
    standin.say(WELL_KNOWN, standin.metadata(**changed))
    with pytest.raises(PermanentError):
        prove(standin)


@pytest.mark.parametrize(
    ("path", "what", "status", "error"),
    [
        ("/token", {"error": "invalid_grant"}, 400, InputError),
        ("/token", {"error": "invalid_client"}, 401, PermanentError),
        ("/token", {"error": "invalid_request"}, 400, PermanentError),
        ("/token", b"oops", 500, RetryableError),
        ("/token", b"oops", 429, RetryableError),
        ("/token", {}, 302, PermanentError),
        ("/token", {"access_token": "a"}, 200, PermanentError),
        ("/token", {"id_token": 1}, 200, PermanentError),
        ("/token", b"<html>", 200, RetryableError),
        ("/token", b"[]", 200, RetryableError),
        ("/token", b"[" * 100_000, 200, RetryableError),
        ("/token", b'"' + b"x" * MAX_ANSWER + b'"', 200, RetryableError),
        ("/jwks", b"", 503, RetryableError),
        ("/jwks", {}, 200, RetryableError),
        (WELL_KNOWN, b"", 503, RetryableError),
        (WELL_KNOWN, b"", 404, PermanentError),
    ],
)
def test_what_fails_is_told_apart_and_quotes_nothing(
    standin: StandIn, path: str, what: Any, status: int, error: type[Exception]
) -> None:
    standin.say(path, what, status=status)
    with pytest.raises(error) as told:
        prove(standin)
    assert "oops" not in str(told.value)


def test_a_provider_that_is_not_there_is_tried_again_later(standin: StandIn) -> None:
    standin.stop()
    with pytest.raises(RetryableError, match="did not answer"):
        a_provider(standin).address(state="s", nonce="n", challenge="h")
    standin.stop = lambda: None  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "issuer",
    ["http://login.test", "login.test", "", "https://", "https://a.test?x=1", "https://a.test#b"],
)
def test_s01_an_issuer_without_tls_is_refused(issuer: str) -> None:
    with pytest.raises(InputError, match="https"):
        OidcProvider(issuer=issuer, client_id=CLIENT, client_secret=None, redirect_uri=REDIRECT)


def test_a_look_fetches_what_a_sign_in_begins_with_and_spends_nothing(standin: StandIn) -> None:
    assert a_provider(standin).look() >= 1
    assert standin.posted == []


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": "none"}])
def test_a_provider_without_keys_is_told(standin: StandIn, keys: dict[str, Any]) -> None:
    standin.say("/jwks", keys)
    with pytest.raises(PermanentError, match="no keys"):
        a_provider(standin).look()


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_look_believes_no_address_that_a_sign_in_would_not(standin: StandIn, name: str) -> None:
    standin.say(WELL_KNOWN, standin.metadata(**{name: "http://evil.test/"}))
    with pytest.raises(PermanentError, match=name):
        a_provider(standin).look()
