"""Which server do these tests talk to? A small provider on the loopback address, with real keys."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.provider import public_keys
from trimtab.local.serving import LocalServer

WELL_KNOWN = "/.well-known/openid-configuration"


class StandIn:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.posted: list[dict[str, str]] = []
        self.authorized: list[str | None] = []
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                standin._answer(self)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                standin.posted.append({k: v[0] for k, v in parse_qs(body).items()})
                standin.authorized.append(self.headers.get("Authorization"))
                standin._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = LocalServer(Handler, port=0)
        self.url = self._server.url
        self.say(WELL_KNOWN, self.metadata())
        self.say("/jwks", public_keys())

    def metadata(self, **changed: Any) -> dict[str, Any]:
        usual = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
        }
        return {name: value for name, value in (usual | changed).items() if value is not None}

    def say(self, path: str, what: Any, *, status: int = 200) -> None:
        self.answers[path] = (
            status,
            what if isinstance(what, bytes) else json.dumps(what).encode(),
        )

    def stop(self) -> None:
        self._server.stop()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        status, body = self.answers.get(request.path, (404, b"{}"))
        request.send_response(status)
        if 300 <= status < 400:
            request.send_header("Location", f"{self.url}/elsewhere")
        request.end_headers()
        request.wfile.write(body)
