"""What does the approval page answer? HTTP in, HTTP out: looking spends nothing, a valid POST
decides (S2).

The form carries a nonce that must equal a cookie set with the page, so that no other site can post
it. Nothing is stored by looking. Tokens and bodies appear in no message. Where a round asks for a
sign-in, the way to the provider and back is `flows.sign_in`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from trimtab.domain.approval import Link, Round
from trimtab.domain.errors import InputError, NotFoundError, TamperedError
from trimtab.domain.freeze import Freeze
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.person import ERASED
from trimtab.domain.sign_in import Session, is_same_address
from trimtab.domain.terms import Identity
from trimtab.flows import decide as stage
from trimtab.flows import keep, sign_in
from trimtab.flows.visit import METHODS, cookie_in, form_in, method_of, token_in
from trimtab.pipeline.freeze import read_freeze
from trimtab.ports import People

COOKIE_SECONDS = 3_600
COOKIE_NAME_LENGTH = 12
MAX_SHOWN = 254
"""Characters of an address. Source: RFC 5321, section 4.5.3.1.3, less the angle brackets."""
NOBODY = f"somebody who was {ERASED} since"

AFTER_A_LOOK = "Nothing was decided and your link stays valid. Try again in some minutes."
AFTER_A_POST = (
    "Whether your answer was taken cannot be said right now. Open the link in your email again in "
    "some minutes: it shows whether it was, and takes it if not."
)
AFTER_A_SIGN_IN = (
    "Nothing was decided and your link stays valid. The sign-in may be out of reach: open the link "
    "in your email again in some minutes. Rejecting needs no sign-in."
)

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
        can_sign_in: bool,
        session: Session | None,
    ) -> str: ...

    def decided_page(
        self,
        *,
        round: Round,
        link: Link,
        just_now: bool,
        now: datetime,
        freeze: Freeze,
        keep_nonce: str | None,
        is_kept: bool,
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
    door: sign_in.SignInDoor | None = None
    """None: no provider is configured."""

    def answer(self, event: Mapping[str, Any]) -> Response:
        """Take an HTTP API event (payload 2.0); never raises on what a visitor sent."""
        method = method_of(event)
        token = token_in(event)
        try:
            if sign_in.comes_back(event):
                return self._come_back(event)
            if method in ("GET", "HEAD"):
                return self._show(token, event, with_body=method == "GET")
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
        next_step = AFTER_A_LOOK
        if method_of(event) == "POST":
            next_step = AFTER_A_POST
        elif sign_in.comes_back(event) or sign_in.begins(event):
            next_step = AFTER_A_SIGN_IN
        page = self.pages.error_page(
            what="This page cannot be shown at the moment", next_step=next_step
        )
        return self._page(503, "" if method_of(event) == "HEAD" else page)

    def _show(self, token: str, event: Mapping[str, Any], *, with_body: bool) -> Response:
        now = self.bench.clock.now()
        seen = self._look(token, now=now)
        if not with_body:
            return self._page(200, "")
        closed = self._closed(seen, token, just_now=False, now=now)
        if closed is not None:
            return closed
        if self.door is not None and _asks(seen) and sign_in.begins(event):
            address, left = self.door.leave(token, now=now)
            return self._redirect(address, left)
        nonce, cookie = self._new_nonce(token)
        round, link = self._named(seen)
        ledger, chain = self.bench.ledger, change_chain(link.change_id)
        earlier = ledger.entries(chain) if link.round > 1 else ()
        freeze = read_freeze(ledger)
        page = self.pages.approval_page(
            round=round,
            link=link,
            nonce=nonce,
            now=now,
            freeze=freeze,
            earlier=earlier,
            can_sign_in=self.door is not None,
            session=self._session(seen, event, now=now),
        )
        return self._page(200, page) | {"cookies": [cookie]}

    def _new_nonce(self, token: str) -> tuple[str, str]:
        """Return a nonce for a form, and the cookie that must come back with it."""
        nonce = self.new_nonce()
        return nonce, (
            f"{_cookie_name(token)}={nonce}; Max-Age={COOKIE_SECONDS}; "
            "HttpOnly; Secure; SameSite=Strict"
        )

    def _take(self, token: str, event: Mapping[str, Any]) -> Response:
        form = form_in(event)
        cookie = cookie_in(event, _cookie_name(token))
        now = self.bench.clock.now()
        seen = self._look(token, now=now)
        if form.get("decision") == keep.DECISION:
            keep.keep(seen, form, cookie=cookie, bench=self.bench)
            return self._decided(seen, token, just_now=False, now=now)
        session = self._session(seen, event, now=now)
        seen, just_now = stage.decide(token, form, cookie=cookie, session=session, bench=self.bench)
        closed = self._closed(seen, token, just_now=just_now, now=self.bench.clock.now())
        if closed is None:
            raise InputError("the decision could not be read back")
        return closed

    def _come_back(self, event: Mapping[str, Any]) -> Response:
        """Take a visitor from the provider: sign them in, or say why not. Decides nothing."""
        now = self.bench.clock.now()
        if self.door is None:
            raise NotFoundError("no sign-in is configured")
        attempt = self.door.attempt(event, now=now)
        seen = self._look(attempt.token, now=now)
        back, ended = self.door.way_back(attempt)
        proven = self.door.prove(attempt, event, now=now)
        asked = self._named(seen)[1].approver
        if not is_same_address(proven.address, asked):
            page = self.pages.error_page(
                what=f"You signed in as {proven.address[:MAX_SHOWN]}",
                next_step=f"This link was sent to {asked}, and only they can approve with it. "
                "Nothing was decided. Sign out at your provider, open the link in the email again, "
                "and sign in as who was asked.",
            )
            return self._page(403, page) | {"cookies": [ended]}
        session = self.door.session(proven, seen.link.approver, now=now)
        return self._redirect(back, ended, session)

    def _session(
        self, seen: stage.Seen, event: Mapping[str, Any], *, now: datetime
    ) -> Session | None:
        """Return the approver's session where the round asks for one; nobody else's counts."""
        if self.door is None or not _asks(seen):
            return None
        return self.door.signed_in(event, seen.link.approver, now=now)

    def _look(self, token: str, *, now: datetime) -> stage.Seen:
        """Find what a link is about.

        Raises: NotFoundError also when whom it was sent to was erased: it takes no answer any more.
        """
        seen = stage.look(token, desk=self.bench.desk, ledger=self.bench.ledger, now=now)
        if not self.people.addresses((seen.link.approver,)):
            raise NotFoundError(f"whom this link was sent to was {ERASED}")
        return seen

    def _closed(
        self, seen: stage.Seen, token: str, *, just_now: bool, now: datetime
    ) -> Response | None:
        """Return the page of a round that takes no answer any more; None while it does."""
        if not seen.is_decided and not seen.is_expired:
            return None
        if seen.is_decided:
            return self._decided(seen, token, just_now=just_now, now=now)
        round, link = self._named(seen)
        return self._page(410, self.pages.expired_page(round=round, link=link, now=now))

    def _decided(self, seen: stage.Seen, token: str, *, just_now: bool, now: datetime) -> Response:
        """Return the answer that counts; of a removal on its way, with the form that keeps it."""
        round, link = self._named(seen)
        keeping = keep.keeping_of(seen, self.bench)
        is_open = keeping is keep.Keeping.OPEN
        nonce, cookie = self._new_nonce(token) if is_open else (None, "")
        page = self.pages.decided_page(
            round=round,
            link=link,
            just_now=just_now,
            now=now,
            freeze=read_freeze(self.bench.ledger),
            keep_nonce=nonce,
            is_kept=keeping is keep.Keeping.KEPT,
        )
        is_news = just_now or keeping is not keep.Keeping.NO
        answer = self._page(200 if is_news else 409, page)
        return answer | ({"cookies": [cookie]} if is_open else {})

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

    def _redirect(self, address: str, *cookies: str) -> Response:
        answer = self._page(303, "")
        answer["headers"]["Location"] = address
        return answer | {"cookies": list(cookies)}


def _cookie_name(token: str) -> str:
    """Name the cookie per approval, so that two open pages do not overwrite each other's."""
    return f"trimtab-{stage.token_hash(token)[:COOKIE_NAME_LENGTH]}"


def _asks(seen: stage.Seen) -> bool:
    """Tell whether the round, as the ledger has it, asks for a sign-in."""
    return seen.round.remediation.approval.identity is Identity.SIGN_IN


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
