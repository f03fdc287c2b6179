"""How does an approver sign in? Out to the provider and back again, in one browser (S1, S2).

Nothing is stored on the way out: `state`, `nonce` and the PKCE verifier are digests of one secret
that only the browser's cookie holds, together with the link it left from. So whoever comes back
can only go where they came from. Coming back decides nothing: it makes a session.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.digest import canonical_json
from trimtab.domain.errors import InputError
from trimtab.domain.sign_in import HOLDS_FOR, Proven, Session, SignedIn, subject_id
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows.decide import token_hash
from trimtab.flows.visit import cookie_in, is_route, parameter_in
from trimtab.ports import IdentityProvider, Signer, SignIns, Verifier

CALLBACK = "/signin/callback"
CALLBACK_ROUTE = f"GET {CALLBACK}"
BEGIN, START = "sign_in", "start"
"""What the page's link asks for: `?sign_in=start`. The token stands in no page."""

ATTEMPT_LASTS = timedelta(minutes=10)
"""How long somebody may take at the provider; chosen: a password and a second factor."""

SESSION_COOKIE = "trimtab-session"
MAX_SESSION = 4_096
"""Source: RFC 6265, section 6.1: what a browser keeps of one cookie."""

_STATE = re.compile(r"[A-Za-z0-9_-]{43}")
_ATTEMPT = re.compile(r"([A-Za-z0-9_-]{20,100})\.([A-Za-z0-9_-]{1,100})\.([0-9]{1,12})")
_ONE_LINE = re.compile(r"[\x21-\x7e]{1,2048}")

NOT_BEGUN = (
    "this sign-in was not begun in this browser, or took longer than ten minutes: open the link in "
    "your email and begin it again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way out to the provider and back."""

    secret: str
    token: str
    """Of the personal link it began at."""
    begun_s: int
    """Whole seconds since 1970."""
    issuer: str

    @property
    def state(self) -> str:
        return self._derived("state")

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """43 characters. Source: RFC 7636, section 4.1: from 43 to 128."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """Source: RFC 7636, section 4.2, S256."""
        return _encoded(hashlib.sha256(self.verifier.encode()).digest())

    @property
    def cookie(self) -> str:
        return f"{self.secret}.{self.token}.{self.begun_s}"

    def _derived(self, what: str) -> str:
        parts = [what, self.secret, self.token, self.begun_s, self.issuer]
        return _encoded(hashlib.sha256(canonical_json(parts).encode()).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInDoor:
    """The way to the one provider that is configured."""

    provider: Callable[[], IdentityProvider]
    issuer: str
    sign_ins: SignIns
    signer: Callable[[], Signer]
    verifier: Callable[[], Verifier]
    signing_key: str
    api_url: str
    """Base address of the page: redirects lead there, whatever host a visitor named."""
    new_secret: Callable[[], str]

    def leave(self, token: str, *, now: datetime) -> tuple[str, str]:
        """Return the address at the provider, and the cookie that brings the visitor back.

        Raises: OutsideError when the provider cannot be asked where to go.
        """
        attempt = Attempt(
            secret=self.new_secret(),
            token=token,
            begun_s=int(now.timestamp()),
            issuer=self.issuer,
        )
        address = self.provider().address(
            state=attempt.state, nonce=attempt.nonce, challenge=attempt.challenge
        )
        seconds = int(ATTEMPT_LASTS.total_seconds())
        cookie = (
            f"{_attempt_cookie(attempt.state)}={attempt.cookie}; Path=/signin; "
            f"Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax"
        )
        return address, cookie

    def attempt(self, event: Mapping[str, Any], *, now: datetime) -> Attempt:
        """Find what a visitor who comes back had begun; nothing is spent yet.

        Raises: InputError when this browser did not begin it, or too long ago, or it comes from
        another provider (RFC 9207).
        """
        state = parameter_in(event, "state")
        cookie = cookie_in(event, _attempt_cookie(state)) if _STATE.fullmatch(state) else None
        kept = _ATTEMPT.fullmatch(cookie or "")
        if kept is None:
            raise InputError(NOT_BEGUN)
        secret, token, begun = kept.groups()
        attempt = Attempt(secret=secret, token=token, begun_s=int(begun), issuer=self.issuer)
        age_s = now.timestamp() - attempt.begun_s
        is_in_time = -1 <= age_s < ATTEMPT_LASTS.total_seconds()
        if not hmac.compare_digest(attempt.state, state) or not is_in_time:
            raise InputError(NOT_BEGUN)
        issuer = parameter_in(event, "iss")
        if issuer and issuer != self.issuer:
            raise InputError("this sign-in comes from another provider than it was begun with")
        return attempt

    def prove(self, attempt: Attempt, event: Mapping[str, Any], *, now: datetime) -> Proven:
        """Spend the attempt, and the code for what the provider says of the person.

        Raises: InputError when it was spent, or the provider said no; OutsideError when the
        provider does not answer.
        """
        code = parameter_in(event, "code")
        if parameter_in(event, "error") or not _ONE_LINE.fullmatch(code):
            raise InputError("you were not signed in: the provider says that it was not completed")
        if not self.sign_ins.spend(token_hash(attempt.state), until=now + ATTEMPT_LASTS):
            raise InputError(
                "this sign-in was used already: open the link in your email and begin it again"
            )
        return self.provider().prove(
            code=code, verifier=attempt.verifier, nonce=attempt.nonce, now=now
        )

    def session(self, proven: Proven, person: str, *, now: datetime) -> str:
        """Return the cookie of a new session."""
        signed_in = SignedIn(
            issuer=proven.issuer, subject=subject_id(proven, person), at=now.replace(microsecond=0)
        )
        session = Session(person=person, signed_in=signed_in)
        signature, _ = self.signer().sign(session.message())
        body = _encoded(canonical_json(to_wire(session)).encode())
        return (
            f"{SESSION_COOKIE}={body}.{signature}; Path=/a; "
            f"Max-Age={int(HOLDS_FOR.total_seconds())}; HttpOnly; Secure; SameSite=Lax"
        )

    def signed_in(self, event: Mapping[str, Any], person: str, *, now: datetime) -> Session | None:
        """Return the session of this visitor, if they signed in as this person; else None."""
        value = cookie_in(event, SESSION_COOKIE) or ""
        body, _, signature = value.partition(".")
        session = _read(body) if len(value) <= MAX_SESSION else None
        if session is None or session.signed_in.issuer != self.issuer:
            return None
        if not session.holds(person, now=now):
            return None
        is_ours = self.verifier().holds(
            session.message(), signature=signature, key_id=self.signing_key
        )
        return session if is_ours else None

    def way_back(self, attempt: Attempt) -> tuple[str, str]:
        """Return where the visitor came from, and the cookie that ends the attempt."""
        ended = (
            f"{_attempt_cookie(attempt.state)}=; Path=/signin; Max-Age=0; "
            "HttpOnly; Secure; SameSite=Lax"
        )
        return f"{self.api_url.rstrip('/')}/a/{attempt.token}", ended


def begins(event: Mapping[str, Any]) -> bool:
    """Tell whether a visitor followed the page's link to sign in."""
    return parameter_in(event, BEGIN) == START


def comes_back(event: Mapping[str, Any]) -> bool:
    """Tell whether a visitor comes from the provider."""
    return is_route(event, CALLBACK_ROUTE)


def _attempt_cookie(state: str) -> str:
    """Name the cookie per attempt, so that two at once do not overwrite each other's."""
    return f"trimtab-signin-{token_hash(state)[:12]}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _read(body: str) -> Session | None:
    try:
        plain = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        return from_wire(Session, json.loads(plain))
    except (ValueError, RecursionError, InputError):
        return None
