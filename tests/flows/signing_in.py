"""How does a browser sign in in these tests? It keeps cookies, follows redirects, posts forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes.builders import APPROVER
from tests.fakes.people import KEY_ID
from tests.fakes.provider import ISSUER, FakeProvider, FakeSignIns
from tests.pipeline.house import FILES, House
from trimtab.domain.remediation import Remediation
from trimtab.flows.approval_page import ApprovalPage
from trimtab.flows.sign_in import SignInDoor
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle
from trimtab.remediations import change_specs
from trimtab.report import pages

TOKEN = "a-token-of-this-test-that-nobody-guesses"
FORM = "application/x-www-form-urlencoded"
API = "https://approve.test"
GUARDRAILS = """
approval:
  domains: [example.com]
  identity: {set_memory: sign_in}
highest_mode:
  set_memory: approve
"""


def asking_bundle(*, can_sign_in: bool = True) -> Bundle:
    """Return rules under which a memory change asks for a sign-in."""
    found = load_bundle(FILES | {"guardrails.yaml": GUARDRAILS}, kinds=change_specs())
    return replace(found, guardrails=replace(found.guardrails, can_sign_in=can_sign_in))


class Desk:
    """A change that asks for a sign-in, its link, its page and the provider."""

    def __init__(
        self, bundle: Bundle | None = None, *, issuer: str = ISSUER, at: datetime | None = None
    ) -> None:
        self.house = House(bundle or asking_bundle())
        if at is not None:
            self.house.clock.advance(at - self.house.clock.now())
        self.change: Remediation = self.house.proposed()
        self.house.link(self.change, token=TOKEN)
        self.provider: Any = FakeProvider()
        self.sign_ins = FakeSignIns()
        self._numbers = iter(range(1_000_000))
        bench = self.house.decide_bench()
        self.door = SignInDoor(
            provider=lambda: self.provider,
            issuer=issuer,
            sign_ins=self.sign_ins,
            signer=bench.signer,
            verifier=bench.verifier,
            signing_key=KEY_ID,
            api_url=API,
            new_secret=self._new,
        )
        self.page = ApprovalPage(
            bench=bench, pages=pages, people=self.house.people, new_nonce=self._new, door=self.door
        )

    def _new(self) -> str:
        return f"secret-of-this-browser-{next(self._numbers):04}"

    @property
    def status(self) -> str:
        return self.house.status(self.change)

    @property
    def stored(self) -> str:
        return self.house.everything_stored()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A cookie as a browser keeps it."""

    value: str
    path: str


class Browser:
    """Keeps cookies by name and path, and sends each only where it belongs."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.jar: dict[str, Kept] = {}

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: str | None = None,
        host: str = "approve.test",
    ) -> Any:
        is_page = path.startswith("/a/")
        event = {
            "routeKey": f"{method} /a/{{token}}" if is_page else f"{method} {path}",
            "requestContext": {"http": {"method": method}},
            "pathParameters": {"token": path.removeprefix("/a/")} if is_page else None,
            "queryStringParameters": dict(query or {}),
            "headers": {"Content-Type": FORM, "host": host},
            "cookies": [f"{n}={k.value}" for n, k in self.jar.items() if path.startswith(k.path)],
            "body": body,
        }
        answer = self.desk.page.answer(event)
        for cookie in answer.get("cookies", ()):
            self._keep(cookie, path)
        return answer

    def _keep(self, cookie: str, at: str) -> None:
        pair, *attributes = cookie.split("; ")
        name, _, value = pair.partition("=")
        said = dict(part.partition("=")[::2] for part in attributes)
        assert "Secure" in said
        assert "HttpOnly" in said
        self.jar[name] = Kept(value=value, path=said.get("Path", at.rpartition("/")[0]))
        if said.get("Max-Age") == "0":
            del self.jar[name]

    def open(self, **query: str) -> Any:
        return self.send("GET", f"/a/{TOKEN}", query=query)

    def leave(self) -> str:
        """Follow the page's link; return where at the provider it leads."""
        answer = self.open(sign_in="start")
        assert answer["statusCode"] == 303, answer
        return str(answer["headers"]["Location"])

    def come_back(self, query: Mapping[str, str], **given: Any) -> Any:
        return self.send("GET", "/signin/callback", query=query, **given)

    def sign_in(self, as_: str = APPROVER) -> Any:
        """Go out, sign in, come back; return the answer of the callback."""
        return self.come_back(self.desk.provider.log_in(self.leave(), as_=as_))

    def post(self, *, name: str | None = "orders", decision: str = "approve", why: str = "") -> Any:
        """Open the page and press a button, with what stands in the form."""
        page = self.open()["body"]
        nonce = re.search(r'name="nonce" value="([^"]+)"', page)
        form = {"nonce": nonce[1] if nonce else "", "decision": decision, "reason": why}
        if name is not None:
            form["name"] = name
        return self.send("POST", f"/a/{TOKEN}", body=urlencode(form))


def asked_of(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
