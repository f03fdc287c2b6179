"""How does a person read the demo's emails? A mailbox page on 127.0.0.1 that shows what was caught.

Every view is a whole page from the server; the one script only looks for new mail. An email's own
HTML stands in a sandboxed frame: no script runs in it and its links open in a new tab.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from trimtab.local.mailbox import Message
from trimtab.local.serving import LocalServer
from trimtab.report import words

TEMPLATES = Path(__file__).parent / "templates"
HTML, TEXT = "html", "text"
_LINK = re.compile(r"(https?://[^\s<>\"]+)")

Fetch = Callable[[], Sequence[Message]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One message with the name its page has."""

    id: str
    message: Message

    @property
    def to(self) -> str:
        return ", ".join(self.message.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    content_type: str
    body: str
    nonce: str = ""


class MailboxServer:
    """A running mailbox page. `url` is where to look."""

    def __init__(self, fetch: Fetch, *, port: int) -> None:
        self._server = LocalServer(_handler_for(fetch), port=port)
        self.url = f"{self._server.url}/"

    def stop(self) -> None:
        """Stop listening."""
        self._server.stop()


def serve_mailbox(fetch: Fetch, port: int = 0) -> MailboxServer:
    """Serve the mailbox until stopped. Port 0 takes a free one. `fetch` is asked at every look."""
    return MailboxServer(fetch, port=port)


def answer(path: str, query: str, *, fetch: Fetch, now: datetime) -> Answer:
    """Answer one look at the mailbox."""
    try:
        listed = newest_first(fetch())
    except OSError as error:
        return _page(503, listed=(), open_one=None, view=HTML, now=now, fault=str(error))
    chosen = parse_qs(query)
    view = TEXT if chosen.get("view") == [TEXT] else HTML
    if path in ("/list", "/state"):
        open_id = chosen.get("open", [""])[0]
        return _fragment(path, listed, open_id=open_id, now=now)
    open_id = path.removeprefix("/mail/")
    open_one = next((entry for entry in listed if entry.id == open_id), None)
    status = 200 if path == "/" or open_one is not None else HTTPStatus.NOT_FOUND
    return _page(status, listed=listed, open_one=open_one, view=view, now=now)


def newest_first(messages: Sequence[Message]) -> tuple[Listed, ...]:
    """Name each message by its content, so that its page stays where it is when others come."""
    named = [
        Listed(id=_name(message, position), message=message)
        for position, message in enumerate(messages)
    ]
    return tuple(sorted(named, key=lambda entry: entry.message.sent_at, reverse=True))


def _name(message: Message, position: int) -> str:
    content = json.dumps([position, message.to, message.subject, message.text])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _fragment(path: str, listed: tuple[Listed, ...], *, open_id: str, now: datetime) -> Answer:
    if path == "/state":
        state = json.dumps({"count": len(listed), "newest": listed[0].id if listed else ""})
        return Answer(status=200, content_type="application/json", body=state)
    body = (
        _engine().get_template("mail_list.html.j2").render(listed=listed, open_id=open_id, now=now)
    )
    return Answer(status=200, content_type="text/html; charset=utf-8", body=body)


def _page(
    status: int,
    *,
    listed: tuple[Listed, ...],
    open_one: Listed | None,
    view: str,
    now: datetime,
    fault: str | None = None,
) -> Answer:
    nonce = secrets.token_urlsafe(16)
    body = (
        _engine()
        .get_template("mailbox.html.j2")
        .render(
            listed=listed,
            open_one=open_one,
            open_id="" if open_one is None else open_one.id,
            view=view,
            frame=None if open_one is None else framed(open_one.message.html),
            pieces=[] if open_one is None else _LINK.split(open_one.message.text),
            missing=status == HTTPStatus.NOT_FOUND,
            fault=fault,
            now=now,
            nonce=nonce,
        )
    )
    return Answer(status=status, content_type="text/html; charset=utf-8", body=body, nonce=nonce)


def framed(html: str | None) -> str | None:
    """Return an email's HTML so that every link in it opens in a new tab."""
    if html is None:
        return None
    base = '<base target="_blank">'
    return html.replace("<head>", f"<head>{base}", 1) if "<head>" in html else base + html


@cache
def _engine() -> Environment:
    engine = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.globals["words"] = words
    return engine


def _security_headers(nonce: str) -> dict[str, str]:
    script = f"'nonce-{nonce}'" if nonce else "'none'"
    # The frame inherits this policy, and an email is styled inline.
    policy = (
        f"default-src 'none'; script-src {script}; style-src 'unsafe-inline'; "
        "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _handler_for(fetch: Fetch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").rpartition(":")[0]
            if host not in ("127.0.0.1", "localhost"):
                self.send_error(403, "This mailbox is for this machine only")
                return
            parts = urlsplit(self.path)
            given = answer(parts.path, parts.query, fetch=fetch, now=datetime.now(UTC))
            data = given.body.encode()
            self.send_response(given.status)
            self.send_header("Content-Type", given.content_type)
            self.send_header("Content-Length", str(len(data)))
            for name, value in _security_headers(given.nonce).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the console for the demo's story."""

    return Handler
