"""How does one OpenID provider tell who somebody is? Discovery, code for token, keys, over HTTP.

Nothing is kept between two sign-ins: they are rare, and keys that were fetched just now are the
provider's keys of today.
Source: OpenID Connect Discovery 1.0, section 4, and RFC 6749, section 4.1, read 2026-11-22.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from trimtab.domain.errors import InputError, PermanentError, RetryableError
from trimtab.domain.sign_in import Proven
from trimtab.sign_in.id_token import proven_by

WELL_KNOWN = "/.well-known/openid-configuration"
SCOPE = "openid email"
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 3.0
"""Three calls in a row must end before the Lambda does, after 20 seconds."""

MAX_ANSWER = 262_144
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
"""Where a provider may be reached without TLS: the mock of the demo."""

BASIC, POST = "client_secret_basic", "client_secret_post"


class OidcProvider:
    """An IdentityProvider: the one that the settings name."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str | None, redirect_uri: str
    ) -> None:
        """Make no connection yet. A secret of None: a public client, which PKCE alone protects.

        Raises: InputError when the issuer is not an address that can be trusted.
        """
        if not _is_safe(issuer, issuer=issuer) or urlsplit(issuer).query:
            raise InputError("the issuer is not an https address without a query")
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S), retries=False
        )

    def __repr__(self) -> str:
        return f"OidcProvider({self._issuer})"

    def address(self, *, state: str, nonce: str, challenge: str) -> str:
        endpoint = self._endpoint(self._metadata(), "authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def prove(self, *, code: str, verifier: str, nonce: str, now: datetime) -> Proven:
        metadata = self._metadata()
        token = self._token(metadata, code=code, verifier=verifier)
        return proven_by(
            token,
            self._read("GET", self._endpoint(metadata, "jwks_uri")),
            issuer=self._issuer,
            client_id=self._client_id,
            nonce=nonce,
            now=now,
        )

    def look(self) -> int:
        """Fetch what every sign-in begins with; return how many keys are published.

        Raises: OutsideError, InputError when a sign-in could not begin, or not be proven.
        """
        metadata = self._metadata()
        for name in ("authorization_endpoint", "token_endpoint"):
            self._endpoint(metadata, name)
        keys = self._read("GET", self._endpoint(metadata, "jwks_uri")).get("keys")
        if not isinstance(keys, list) or not keys:
            raise PermanentError("the provider publishes no keys: no sign-in can be proven")
        return len(keys)

    def _metadata(self) -> Mapping[str, Any]:
        found = self._read("GET", self._issuer.rstrip("/") + WELL_KNOWN)
        if found.get("issuer") != self._issuer:
            raise PermanentError(
                "the provider names another issuer than oidc_issuer: give it exactly as its "
                f"{WELL_KNOWN} says it"
            )
        return found

    def _endpoint(self, metadata: Mapping[str, Any], name: str) -> str:
        address = metadata.get(name)
        if not isinstance(address, str) or not _is_safe(address, issuer=self._issuer):
            raise PermanentError(f"the provider publishes no {name} that can be trusted")
        return address

    def _token(self, metadata: Mapping[str, Any], *, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._client_id,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._client_secret is not None:
            methods = metadata.get("token_endpoint_auth_methods_supported", [BASIC])
            if BASIC not in methods and POST in methods:
                form["client_secret"] = self._client_secret
            else:
                headers["Authorization"] = _basic(self._client_id, self._client_secret)
        endpoint = self._endpoint(metadata, "token_endpoint")
        found = self._read("POST", endpoint, body=urlencode(form).encode(), headers=headers)
        token = found.get("id_token")
        if not isinstance(token, str):
            raise PermanentError("the provider gave no ID token: allow the scope openid")
        return token

    def _read(
        self,
        method: str,
        address: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Return the JSON object that is answered; of an error only its code is told."""
        sent = {"Accept": "application/json", "User-Agent": "trimtab"} | dict(headers or {})
        try:
            answer = self._pool.request(
                method, address, body=body, headers=sent, redirect=False, preload_content=False
            )
            with answer:
                data = answer.read(MAX_ANSWER + 1)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise RetryableError(
                f"the sign-in provider did not answer: {type(error).__name__}"
            ) from error
        if answer.status != HTTPStatus.OK:
            raise _failure(answer.status, data)
        found = _json(data)
        if len(data) > MAX_ANSWER or not isinstance(found, dict):
            raise RetryableError("the sign-in provider answered with something else than JSON")
        return found


def _failure(status: int, data: bytes) -> InputError | RetryableError | PermanentError:
    found = _json(data)
    if isinstance(found, dict) and found.get("error") == "invalid_grant":
        return InputError(
            "the provider does not take this sign-in any more: open the link in your email and "
            "begin it again"
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return RetryableError(f"the sign-in provider answered {status}")
    return PermanentError(
        f"the sign-in provider answered {status}: check oidc_issuer, oidc_client_id, its secret "
        "and the redirect address that is registered there"
    )


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _is_safe(address: str, *, issuer: str) -> bool:
    """Tell whether an address has TLS, or is on this machine like the issuer itself."""
    try:
        parts, home = urlsplit(address), urlsplit(issuer)
    except ValueError:
        return False
    if not parts.hostname or parts.fragment or parts.username is not None:
        return False
    is_local = parts.hostname in LOOPBACK and home.hostname in LOOPBACK
    return parts.scheme == "https" or (parts.scheme == "http" and is_local)


def _basic(client_id: str, secret: str) -> str:
    """Source: RFC 6749, section 2.3.1: both are form-encoded first."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
