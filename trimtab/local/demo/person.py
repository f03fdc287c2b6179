"""How does a person use the emails and the page? Reads mail, opens the link, signs in where that is
asked, posts the form. No shortcut.
"""

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from trimtab.local.emulator import Emulator

LINK = re.compile(r"http://\S+/a/[A-Za-z0-9_-]+")
ASKED = re.compile(r"sign in as <b>([^<]+)</b>")
NAME = re.compile(r'id="name-hint">[^<]*<code>([^<]+)</code>')
NONCE = re.compile(r'name="nonce"\s+value="([^"]+)"')
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a browser got."""

    status: int
    body: str
    cookies: tuple[str, ...] = ()
    """Each name=value, as it would be sent back."""
    location: str = ""
    """Where it leads on to."""

    @property
    def cookie(self) -> str | None:
        return "; ".join(self.cookies) or None


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the person does."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class Person:
    """One approver with a mail program and a browser."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def links(self) -> list[str]:
        """Return every personal link in the mails so far, each once."""
        texts = [message.text for message in self._emulator.messages()]
        return list(dict.fromkeys(link for text in texts for link in LINK.findall(text)))

    def open(self, link: str, method: str = "GET", *, cookie: str | None = None) -> Reply:
        return self._send(self._emulator.reachable(link), method=method, cookie=cookie)

    def answer(self, link: str, decision: str, *, reason: str = "") -> Reply:
        """Open the page, sign in and type the name if it asks for that, press a button."""
        page, session = self.open(link), None
        asked = ASKED.search(page.body)
        if asked is not None and decision == "approve":
            session = self.sign_in(link, as_=html.unescape(asked.group(1)))
            page = self.open(link, cookie=session)
        form = {"decision": decision, "reason": reason}
        for field, shown in (("nonce", NONCE), ("name", NAME)):
            found = shown.search(page.body)
            if found is not None:
                form[field] = html.unescape(found.group(1))
        cookies = [cookie for cookie in (page.cookie, session) if cookie is not None]
        return self.post(link, form, cookie="; ".join(cookies) or None)

    def sign_in(self, link: str, *, as_: str) -> str | None:
        """Go to the provider and come back, like a browser; return the cookie of the session.

        None: the way back led to a page that says why not.
        """
        left = self.open(f"{link}?sign_in=start")
        there = self._send(left.location, method="POST", form={"sub": as_})
        back = self.open(there.location, cookie=left.cookie)
        kept = [c for c in back.cookies if c.startswith("trimtab-session=")]
        return kept[0] if back.location == link and kept else None

    def post(self, link: str, form: Mapping[str, str], *, cookie: str | None) -> Reply:
        address = self._emulator.reachable(link)
        return self._send(address, method="POST", form=form, cookie=cookie)

    def _send(
        self,
        address: str,
        *,
        method: str,
        form: Mapping[str, str] | None = None,
        cookie: str | None = None,
    ) -> Reply:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(address, data=data, method=method)
        if cookie is not None:
            request.add_header("Cookie", cookie)
        try:
            response = urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            given = response.headers.get_all("Set-Cookie") or ()
            return Reply(
                status=int(response.status or 0),
                body=response.read().decode(),
                cookies=tuple(cookie.split(";")[0] for cookie in given),
                location=response.headers.get("Location") or "",
            )
