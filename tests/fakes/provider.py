"""Who says who somebody is in a test? A whole OpenID provider in memory, with real keys.

It checks what a good provider checks: the client, where it is sent back to, the PKCE verifier, and
that a code is spent once.
"""

import base64
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from trimtab.domain.errors import InputError, OutsideError
from trimtab.domain.sign_in import Proven
from trimtab.sign_in.id_token import proven_by

ISSUER = "https://login.test"
CLIENT = "trimtab-client"
REDIRECT = "https://approve.test/signin/callback"

RSA = RSAKey.generate_key(2048, parameters={"kid": "rsa-1", "use": "sig"}, private=True)
EC = ECKey.generate_key("P-256", parameters={"kid": "ec-1", "use": "sig"}, private=True)
STRANGER = RSAKey.generate_key(2048, parameters={"kid": "rsa-1", "use": "sig"}, private=True)
"""A key that is not the provider's, under the name of one that is."""


def public_keys(*keys: RSAKey | ECKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys or (RSA, EC)]}


def claims(*, now: datetime, nonce: str | None, **changed: Any) -> dict[str, Any]:
    """Return the claims of a good token, with others; a claim of None is left out."""
    issued = int(now.timestamp())
    usual: dict[str, Any] = {
        "iss": ISSUER,
        "sub": "subject-of-the-provider",
        "aud": CLIENT,
        "iat": issued,
        "exp": issued + 300,
        "nonce": nonce,
        "email": "dana@example.com",
        "email_verified": True,
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def signed(
    said: Mapping[str, Any],
    *,
    key: RSAKey | ECKey = RSA,
    alg: str = "RS256",
    **header: Any,
) -> str:
    whole = {"alg": alg, "kid": key.kid} | header
    return jwt.encode(
        {name: value for name, value in whole.items() if value is not None},
        dict(said),
        key,
        algorithms=[alg],
    )


@dataclass(slots=True, kw_only=True)
class Code:
    """What a code stands for."""

    challenge: str
    nonce: str
    address: str


class FakeProvider:
    """An IdentityProvider in memory; `claims` changes what its tokens say."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key: RSAKey | ECKey = RSA
        self.alg = "RS256"
        self.asked = 0
        self._codes: dict[str, Code] = {}
        self._numbers = itertools.count(1)
        self._failures: list[OutsideError] = []

    def address(self, *, state: str, nonce: str, challenge: str) -> str:
        self._begin()
        asked = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{ISSUER}/authorize?{urlencode(asked)}"

    def log_in(self, address: str, *, as_: str) -> dict[str, str]:
        """Let a person sign in at an address of ours; return the query they come back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == REDIRECT
        code = f"code-{next(self._numbers)}"
        self._codes[code] = Code(
            challenge=asked["code_challenge"], nonce=asked["nonce"], address=as_
        )
        return {"code": code, "state": asked["state"], "iss": ISSUER}

    def prove(self, *, code: str, verifier: str, nonce: str, now: datetime) -> Proven:
        self._begin()
        known = self._codes.pop(code, None)
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if known is None or known.challenge != challenge:
            raise InputError("the provider does not take this sign-in any more")
        said = claims(now=now, nonce=known.nonce, email=known.address) | self.claims
        token = signed(said, key=self.key, alg=self.alg)
        keys = public_keys()
        return proven_by(token, keys, issuer=ISSUER, client_id=CLIENT, nonce=nonce, now=now)

    def fail_next(self, error: OutsideError) -> None:
        self._failures.append(error)

    def _begin(self) -> None:
        self.asked += 1
        if self._failures:
            raise self._failures.pop(0)


class FakeSignIns:
    """Remembers what was used, until its time."""

    def __init__(self) -> None:
        self.spent: dict[str, datetime] = {}

    def spend(self, name: str, *, until: datetime) -> bool:
        if name in self.spent:
            return False
        self.spent[name] = until
        return True
