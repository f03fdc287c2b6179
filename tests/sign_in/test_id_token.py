"""Does a token count only when the provider's key signed it, for us, for this sign-in, now? (S1)"""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.fakes.provider import CLIENT, EC, ISSUER, RSA, STRANGER, claims, public_keys, signed
from trimtab.domain.errors import InputError, RetryableError
from trimtab.domain.sign_in import Proven
from trimtab.sign_in.id_token import MAX_TOKEN, proven_by

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NONCE = "nonce-of-this-sign-in"


def prove(token: str, keys: Any = None, *, now: datetime = NOW) -> Proven:
    return proven_by(
        token,
        public_keys() if keys is None else keys,
        issuer=ISSUER,
        client_id=CLIENT,
        nonce=NONCE,
        now=now,
    )


def said(**changed: Any) -> dict[str, Any]:
    return claims(now=NOW, **{"nonce": NONCE} | changed)


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    ("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")], ids=["RS", "PS", "ES"]
)
def test_a_good_token_names_a_person(key: RSAKey | ECKey, alg: str) -> None:
    assert prove(signed(said(), key=key, alg=alg)) == Proven(
        issuer=ISSUER, subject="subject-of-the-provider", address="dana@example.com"
    )


@pytest.mark.parametrize(
    "more",
    [{"aud": [CLIENT]}, {"aud": [CLIENT, "other"], "azp": CLIENT}, {"azp": CLIENT}, {"x": [1]}],
)
def test_several_audiences_count_when_the_party_is_us(more: dict[str, Any]) -> None:
    assert prove(signed(said(**more))).subject == "subject-of-the-provider"


def unsigned(alg: str) -> str:
    return f"{encoded({'alg': alg, 'typ': 'JWT'})}.{encoded(said())}."


def hashed(secret: bytes) -> str:
    head = f"{encoded({'alg': 'HS256', 'kid': 'rsa-1'})}.{encoded(said())}"
    return f"{head}.{encoded(hmac.digest(secret, head.encode(), 'sha256'))}"


PEM = RSA.as_pem(private=False)
FORGED: dict[str, str] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg NONE": unsigned("NONE"),
    "no alg": f"{encoded({'typ': 'JWT'})}.{encoded(said())}.",
    "alg of a list": f"{encoded({'alg': ['RS256']})}.{encoded(said())}.x",
    "no signature": signed(said()).rpartition(".")[0] + ".",
    "another signature": signed(said())[:-8] + "AAAAAAAA",
    "another key": signed(said(), key=STRANGER),
    "the public key as secret": hashed(PEM),
    "the public key as secret, as it is published": hashed(json.dumps(public_keys(RSA)).encode()),
    "a key it brings": signed(said(), key=STRANGER, jwk=STRANGER.as_dict(private=False)),
    "an unknown key": signed(said(), kid="unknown"),
    "another curve": signed(
        said(), key=ECKey.generate_key("P-384", parameters={"kid": "ec-1"}), alg="ES384"
    ),
    "a critical header": signed(said()).replace(
        signed(said()).split(".")[0],
        encoded({"alg": "RS256", "kid": "rsa-1", "crit": ["exp"], "exp": 1}),
    ),
    "other claims": ".".join(
        [signed(said()).split(".")[0], encoded(said(sub="x")), signed(said()).split(".")[2]]
    ),
    "nothing": "",
    "dots": "..",
    "five parts": "a.b.c.d.e",
    "not ASCII": "\u00e9.\u00e9.\u00e9",
    "deep": f"{encoded(b'[' * 8000)}.e30.x",
    "too long": "x" * (MAX_TOKEN + 1),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=list(FORGED))
def test_s01_a_token_that_the_provider_did_not_sign_is_refused(token: str) -> None:
    with pytest.raises(InputError, match="the sign-in could not be verified"):
        prove(token)


@pytest.mark.parametrize("body", [b"[]", b"null", b"x", b'{"exp": NaN}', b"[" * 8000])
def test_s01_claims_that_are_none_are_refused(body: bytes) -> None:
    token = jws.serialize_compact({"alg": "RS256", "kid": "rsa-1"}, body, RSA)
    with pytest.raises(InputError):
        prove(token)


AT = int(NOW.timestamp())
WRONG: dict[str, dict[str, Any]] = {
    **{f"no {name}": {name: None} for name in ("iss", "sub", "aud", "exp", "iat", "nonce")},
    "expired beyond the skew": {"exp": AT - 60},
    "issued in the future": {"iat": AT + 61},
    "not before later": {"nbf": AT + 61},
    "an expiry of text": {"exp": "never"},
    "an expiry of true": {"exp": True},
    "another issuer": {"iss": ISSUER + "/"},
    "two issuers": {"iss": [ISSUER, "https://evil.test"]},
    "another audience": {"aud": "other"},
    "an audience of capitals": {"aud": CLIENT.upper()},
    "no audience in a list": {"aud": []},
    "another party": {"azp": "other"},
    "two audiences, no party": {"aud": [CLIENT, "other"]},
    "another nonce": {"nonce": NONCE + "x"},
    "a nonce of a list": {"nonce": [NONCE]},
    "a nonce of another alphabet": {"nonce": "n\u043ence-of-this-sign-in"},
    "a subject of a number": {"sub": 1},
    "a long subject": {"sub": "x" * 256},
    "an address of a list": {"email": ["dana@example.com"]},
    "an address with a line break": {"email": "dana@example.com\r\nBcc: x"},
    "a long address": {"email": "x" * 255},
    "verified by a number": {"email_verified": 1},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=list(WRONG))
def test_s01_a_token_that_is_not_for_this_sign_in_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        prove(signed(said(**changed)))


def test_the_clocks_may_be_a_minute_apart() -> None:
    token = signed(said())
    assert prove(token, now=NOW - timedelta(seconds=60))
    assert prove(token, now=NOW + timedelta(seconds=300 + 59))
    for late in (-61, 300 + 60):
        with pytest.raises(InputError):
            prove(token, now=NOW + timedelta(seconds=late))


def test_a_token_without_a_key_name_counts_when_there_is_one_key() -> None:
    token = signed(said(), kid=None)
    assert prove(token, public_keys(RSA))
    with pytest.raises(InputError):
        prove(token, public_keys(RSA, EC))


def test_keys_of_other_kinds_are_passed_over() -> None:
    others: list[Any] = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "rsa-1"},
        {"kty": "unheard-of", "kid": "x"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        RSAKey.generate_key(2048, {"kid": "e", "use": "enc"}).as_dict(private=False),
        "a key",
        None,
    ]
    keys = {"keys": [*others, *public_keys()["keys"]]}
    assert prove(signed(said()), keys)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": []},
        {"keys": "x"},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [{"kty": "RSA", "n": 1}]},
    ],
)
def test_a_provider_without_keys_is_asked_again_later(keys: Any) -> None:
    with pytest.raises(RetryableError):
        prove(signed(said()), keys)


def test_an_address_that_nobody_verified_says_whom_to_tell() -> None:
    with pytest.raises(InputError, match="the team that runs Trimtab"):
        prove(signed(said(email_verified=False)))
