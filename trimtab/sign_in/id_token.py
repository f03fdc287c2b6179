"""Whom does an ID token name, and does it count here? Signature and claims, by joserfc.

Source: OpenID Connect Core 1.0, section 3.1.3.7, "ID Token Validation", and RFC 8725, "JSON Web
Token Best Current Practices", read 2026-11-22.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from trimtab.domain.errors import InputError, RetryableError
from trimtab.domain.sign_in import Proven

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures with a public key only: `none`, and those with a shared secret, are not among them."""

SKEW_S = 60
"""How far the provider's clock may be from ours; chosen: a minute, as most verifiers allow."""

MAX_TOKEN = 16_384
MAX_ADDRESS = 254
MAX_SUBJECT = 255
"""Source: OpenID Connect Core 1.0, section 2, `sub`."""


def proven_by(
    token: str,
    keys: Mapping[str, Any],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    now: datetime,
) -> Proven:
    """Return whom a token names. `keys` is the provider's key set (JWKS), as it is published now.

    Raises: InputError with what is wrong with the token; RetryableError when the keys are no keys.
    """
    if len(token) > MAX_TOKEN:
        raise _refused("its token is too long")
    claims = _signed_claims(token, _key_set(keys))
    _check_claims(claims, issuer=issuer, client_id=client_id, now=now)
    given = claims["nonce"]
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise _refused("its token was made for another sign-in")
    subject, address = claims["sub"], claims.get("email")
    if not subject or len(subject) > MAX_SUBJECT:
        raise _refused("its token names nobody")
    if claims.get("email_verified") is not True or not isinstance(address, str):
        raise InputError(
            "your provider does not say that it verified your email address, so nobody can tell "
            "that you are who was asked: show this to the team that runs Trimtab"
        )
    if not address.isascii() or not address.isprintable() or len(address) > MAX_ADDRESS:
        raise _refused("it names an address that is none")
    return Proven(issuer=issuer, subject=subject, address=address)


def _key_set(keys: Mapping[str, Any]) -> KeySet:
    """Keep the keys that sign; one of another kind beside them is passed over.

    Raises: RetryableError when none is left.
    """
    listed = keys.get("keys")
    signing = [k for k in listed if _may_sign(k)] if isinstance(listed, list) else []
    try:
        return KeySet.import_key_set({"keys": signing})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise RetryableError("the provider publishes no keys that sign and can be read") from error


def _may_sign(key: object) -> bool:
    if not isinstance(key, dict) or key.get("kty") not in ("RSA", "EC"):
        return False
    return bool(key.get("use", "sig") == "sig" and key.get("crv", "P-256") == "P-256")


def _signed_claims(token: str, keys: KeySet) -> dict[str, Any]:
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _refused("its token is not signed by its keys") from error


def _check_claims(claims: dict[str, Any], *, issuer: str, client_id: str, now: datetime) -> None:
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=SKEW_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError as error:
        raise _refused("its token has expired") from error
    except ClaimError as error:
        raise _refused(f"its token does not count here ({error.claim})") from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    party = claims.get("azp", None if several else client_id)
    if party != client_id:
        raise _refused("its token was made for another application")


def _refused(why: str) -> InputError:
    return InputError(
        f"the sign-in could not be verified: {why}. Open the link in your email and begin it again"
    )
