"""How does a person use the emails and the page? Reads mail, opens the link, posts the form. No
shortcut.
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
NONCE = re.compile(r'name="nonce"\s+value="([^"]+)"')
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a browser got."""

    status: int
    body: str
    cookie: str | None
    """name=value, as it would be sent back."""


class Person:
    """One approver with a mail program and a browser."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def links(self) -> list[str]:
        """Return every personal link in the mails so far, each once."""
        texts = [message.text for message in self._emulator.messages()]
        return list(dict.fromkeys(link for text in texts for link in LINK.findall(text)))

    def open(self, link: str, method: str = "GET") -> Reply:
        return self._send(link, method=method)

    def answer(self, link: str, decision: str, *, reason: str = "") -> Reply:
        """Open the page, press a button."""
        page = self.open(link)
        nonce = NONCE.search(page.body)
        form = {"decision": decision, "reason": reason}
        if nonce is not None:
            form["nonce"] = html.unescape(nonce.group(1))
        return self.post(link, form, cookie=page.cookie)

    def post(self, link: str, form: Mapping[str, str], *, cookie: str | None) -> Reply:
        return self._send(link, method="POST", form=form, cookie=cookie)

    def _send(
        self,
        link: str,
        *,
        method: str,
        form: Mapping[str, str] | None = None,
        cookie: str | None = None,
    ) -> Reply:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(self._emulator.reachable(link), data=data, method=method)
        if cookie is not None:
            request.add_header("Cookie", cookie)
        try:
            response = urllib.request.urlopen(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            given = response.headers.get("Set-Cookie")
            return Reply(
                status=int(response.status or 0),
                body=response.read().decode(),
                cookie=None if given is None else given.split(";")[0],
            )
