"""Where does a browser find the approval page in tests? A tiny server that remembers the posts."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.report.things import NOW, a_decision, a_link, a_round
from trimtab.domain.approval import DecisionWord, RoundStatus
from trimtab.report import pages

NONCE = "nonce-1"


class ApprovalSite:
    """The approval page and what follows a decision, with the headers of the real one."""

    def __init__(self) -> None:
        self.gets: list[str] = []
        self.posts: list[Mapping[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/a/token"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def question(self) -> str:
        return pages.approval_page(round=a_round(), link=a_link(), nonce=NONCE, now=NOW)

    def answered(self, form: Mapping[str, str]) -> str:
        self.posts.append(form)
        word, status = DecisionWord.APPROVED, RoundStatus.APPROVED
        if form["decision"] == "reject":
            word, status = DecisionWord.REJECTED, RoundStatus.REJECTED
        decision = a_decision(word, reason=form.get("reason"))
        stored = a_round(status, decision=decision)
        return pages.decided_page(round=stored, link=a_link(), just_now=True, now=NOW)


def _handler_for(site: ApprovalSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.gets.append(self.path)
            self.say(site.question())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.say(site.answered({name: values[0] for name, values in parse_qs(body).items()}))

        def say(self, html: str) -> None:
            self.send_response(200)
            for name, value in pages.security_headers().items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the tests quiet."""

    return Handler
