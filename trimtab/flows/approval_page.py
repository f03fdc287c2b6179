"""What does the approval page answer? HTTP in, HTTP out: looking spends nothing, a valid POST
decides (S2).

The form carries a nonce that must equal a cookie set with the page, so that no other site can post
it. Nothing is stored by looking. Tokens and bodies appear in no message.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

from trimtab.domain.approval import Link, Round
from trimtab.domain.errors import InputError, NotFoundError, TamperedError
from trimtab.domain.freeze import Freeze
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.person import ERASED
from trimtab.flows import decide as stage
from trimtab.pipeline.freeze import read_freeze
from trimtab.ports import People

MAX_BODY = 8_192
"""Characters of a posted form; the longest reason with every character escaped fits; chosen."""

MAX_FIELDS = 10
COOKIE_SECONDS = 3_600
COOKIE_NAME_LENGTH = 12
NOBODY = f"somebody who was {ERASED} since"
METHODS = ("GET", "HEAD", "POST")

AFTER_A_LOOK = "Nothing was decided and your link stays valid. Try again in some minutes."
AFTER_A_POST = (
    "Whether your answer was taken cannot be said right now. Open the link in your email again in "
    "some minutes: it shows whether it was, and takes it if not."
)

_FORM = re.compile(r"application/x-www-form-urlencoded *(; *charset=\"?utf-8\"? *)?", re.IGNORECASE)
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{1,{stage.MAX_TOKEN}}}")

Response = dict[str, Any]


class Pages(Protocol):
    """How the pages look: `trimtab.report.pages`."""

    def approval_page(
        self,
        *,
        round: Round,
        link: Link,
        nonce: str,
        now: datetime,
        freeze: Freeze,
        earlier: Sequence[Entry],
    ) -> str: ...

    def decided_page(
        self, *, round: Round, link: Link, just_now: bool, now: datetime, freeze: Freeze
    ) -> str: ...

    def expired_page(self, *, round: Round, link: Link, now: datetime) -> str: ...

    def not_found_page(self) -> str: ...

    def error_page(self, *, what: str, next_step: str) -> str: ...

    def security_headers(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage:
    """The page with everything it needs; one method, from event to response."""

    bench: stage.Bench
    pages: Pages
    people: People
    new_nonce: Callable[[], str]

    def answer(self, event: Mapping[str, Any]) -> Response:
        """Take an HTTP API event (payload 2.0); never raises on what a visitor sent."""
        method = method_of(event)
        token = _token(event)
        try:
            if method in ("GET", "HEAD"):
                return self._show(token, with_body=method == "GET")
            if method == "POST":
                return self._take(token, event)
        except NotFoundError:
            return self._page(404, self.pages.not_found_page())
        except TamperedError:
            page = self.pages.error_page(
                what="The record of this change was altered",
                next_step="Nothing can be decided here. Tell the team that runs Trimtab.",
            )
            return self._page(409, page)
        except InputError as error:
            page = self.pages.error_page(
                what=_capital(str(error)),
                next_step="Nothing was decided. Open the link in your email again.",
            )
            return self._page(400, page)
        page = self.pages.error_page(what="This page is only read and posted", next_step="")
        return self._page(405, page) | {"headers": self._headers() | {"Allow": ", ".join(METHODS)}}

    def failed(self, event: Mapping[str, Any]) -> Response:
        """Answer a visit on which something outside failed: what a post did is not known then."""
        page = self.pages.error_page(
            what="This page cannot be shown at the moment",
            next_step=AFTER_A_POST if method_of(event) == "POST" else AFTER_A_LOOK,
        )
        return self._page(503, "" if method_of(event) == "HEAD" else page)

    def _show(self, token: str, *, with_body: bool) -> Response:
        now = self.bench.clock.now()
        seen = self._look(token, now=now)
        if not with_body:
            return self._page(200, "")
        closed = self._closed(seen, just_now=False, now=now)
        if closed is not None:
            return closed
        nonce = self.new_nonce()
        round, link = self._named(seen)
        ledger, chain = self.bench.ledger, change_chain(link.change_id)
        earlier = ledger.entries(chain) if link.round > 1 else ()
        freeze = read_freeze(ledger)
        page = self.pages.approval_page(
            round=round, link=link, nonce=nonce, now=now, freeze=freeze, earlier=earlier
        )
        cookie = (
            f"{_cookie_name(token)}={nonce}; Max-Age={COOKIE_SECONDS}; "
            "HttpOnly; Secure; SameSite=Strict"
        )
        return self._page(200, page) | {"cookies": [cookie]}

    def _take(self, token: str, event: Mapping[str, Any]) -> Response:
        form = _form(event)
        cookie = _cookie(event, _cookie_name(token))
        self._look(token, now=self.bench.clock.now())
        seen, just_now = stage.decide(token, form, cookie=cookie, bench=self.bench)
        closed = self._closed(seen, just_now=just_now, now=self.bench.clock.now())
        if closed is None:
            raise InputError("the decision could not be read back")
        return closed

    def _look(self, token: str, *, now: datetime) -> stage.Seen:
        """Find what a link is about.

        Raises: NotFoundError also when whom it was sent to was erased: it takes no answer any more.
        """
        seen = stage.look(token, desk=self.bench.desk, ledger=self.bench.ledger, now=now)
        if not self.people.addresses((seen.link.approver,)):
            raise NotFoundError(f"whom this link was sent to was {ERASED}")
        return seen

    def _closed(self, seen: stage.Seen, *, just_now: bool, now: datetime) -> Response | None:
        """Return the page of a round that takes no answer any more; None while it does."""
        if not seen.is_decided and not seen.is_expired:
            return None
        round, link = self._named(seen)
        if seen.is_decided:
            page = self.pages.decided_page(
                round=round,
                link=link,
                just_now=just_now,
                now=now,
                freeze=read_freeze(self.bench.ledger),
            )
            return self._page(200 if just_now else 409, page)
        return self._page(410, self.pages.expired_page(round=round, link=link, now=now))

    def _named(self, seen: stage.Seen) -> tuple[Round, Link]:
        """Return what is shown: addresses for ids, in one read; never an id.

        For the page only: what is signed, and compared, is the id.
        """
        signed, mine = seen.round.decision, seen.link.approver
        theirs = mine if signed is None else signed.decision.approver
        addresses = self.people.addresses(dict.fromkeys((mine, theirs)))
        link = replace(seen.link, approver=addresses.get(mine, NOBODY))
        if signed is None:
            return seen.round, link
        shown = replace(signed.decision, approver=addresses.get(theirs, NOBODY))
        return replace(seen.round, decision=replace(signed, decision=shown)), link

    def _headers(self) -> dict[str, str]:
        return dict(self.pages.security_headers())

    def _page(self, status: int, body: str) -> Response:
        return {"statusCode": status, "headers": self._headers(), "body": body}


def _cookie_name(token: str) -> str:
    """Name the cookie per approval, so that two open pages do not overwrite each other's."""
    return f"trimtab-{stage.token_hash(token)[:COOKIE_NAME_LENGTH]}"


def method_of(event: Mapping[str, Any]) -> str:
    """Return the method of a request if it is one that is taken, else 'other': safe to log."""
    method = _mapping(_mapping(event.get("requestContext")).get("http")).get("method")
    return method if isinstance(method, str) and method in METHODS else "other"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _token(event: Mapping[str, Any]) -> str:
    """Return the token of the path; empty when it is not even written like one."""
    token = _mapping(event.get("pathParameters")).get("token")
    return token if isinstance(token, str) and _TOKEN.fullmatch(token) else ""


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _cookie(event: Mapping[str, Any], name: str) -> str | None:
    """Return the value of our cookie; None also when it came with two values.

    Another site of the same domain may set a cookie of our name beside ours: which of the two
    came with the page cannot be told.
    """
    given = event.get("cookies")
    values = set()
    for cookie in given if isinstance(given, list) else ():
        key, _, value = str(cookie).partition("=")
        if key.strip() == name:
            values.add(value.strip())
    value = values.pop() if len(values) == 1 else ""
    return value if value.isascii() else None


def _form(event: Mapping[str, Any]) -> dict[str, str]:
    """Read a posted form; each field once.

    Raises: InputError for another content type, an oversize or a broken body.
    """
    headers = {str(k).lower(): str(v) for k, v in _mapping(event.get("headers")).items()}
    if not _FORM.fullmatch(headers.get("content-type", "")):
        raise InputError("this page takes its own form only")
    body = str(event.get("body") or "")
    if len(body) > MAX_BODY * 2:
        raise InputError("the form is too long")
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True).decode()
        if len(body) > MAX_BODY:
            raise InputError("the form is too long")
        body.encode()  # refuses half characters, which JSON can carry and no store takes
        fields = parse_qs(
            body,
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            encoding="utf-8",
            errors="strict",
        )
    except (binascii.Error, ValueError) as error:
        raise InputError("the form is not readable") from error
    if any(len(values) > 1 for values in fields.values()):
        raise InputError("the form names a field twice")
    return {name: values[0] for name, values in fields.items()}
