"""What does a hostile visitor stand in front of? The real Lambda over the fakes, all of it watched.

Whatever a visitor sends or holds carries MARK, so that any echo of it is found by looking for that.
"""

import io
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import handlers.approval
from tests.fakes.desk import FakeDesk
from tests.fakes.people import FakeSigner, FakeVerifier
from tests.fakes.stores import FakeLedger
from tests.handlers.conftest import Context
from tests.pipeline.house import FILES, House
from trimtab.domain.approval import Link, Round
from trimtab.domain.notice import Email
from trimtab.flows import notify, request
from trimtab.flows.approval_page import ApprovalPage
from trimtab.flows.decide import token_hash
from trimtab.policy.loader import load_bundle
from trimtab.policy.model import Bundle
from trimtab.remediations import change_specs
from trimtab.report import pages

MARK = "zq7x"
TOKEN = f"{MARK}-Wd3LwPaJcEo1R9nTq8vYbKfMs5UgHj2iX0A4_"
SECOND = f"{MARK}-second-approver-of-the-same-round-9fK2"
FRESH = "fresh-nonce-of-the-server-4Jw8"
"""What a GET hands out; shown in its page and cookie, and nowhere else."""
NONCE = f"{MARK}-nonce-4Jw8"
COOKIE_NAME = f"trimtab-{token_hash(TOKEN)[:12]}"
COOKIE = f"{COOKIE_NAME}={NONCE}"
SECOND_COOKIE = f"trimtab-{token_hash(SECOND)[:12]}={NONCE}"
FORM = "application/x-www-form-urlencoded"
WAITING = f"{MARK}-task-token-of-the-waiting-execution"
FIRST_APPROVER, SECOND_APPROVER = "first.asked@example.com", "second.asked@example.com"

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One hostile request, and the status it must be answered with."""

    name: str
    event: Event
    status: int

    @property
    def text(self) -> str:
        """Return the event as one text, by which two requests are told apart."""
        return json.dumps(self.event, sort_keys=True)


def form(**fields: str) -> str:
    """Return the body a person's browser would send, with other fields."""
    usual = {"nonce": NONCE, "decision": "approve", "reason": f"{MARK} fine"}
    return urlencode(usual | fields)


def visit(method: str = "POST", *, token: str = TOKEN, **given: Any) -> Event:
    """Build a whole HTTP API event, valid in everything but what is given; None leaves a key out.

    `headers` are added to the usual ones.
    """
    headers = {
        "host": "approve.test",
        "content-type": FORM,
        "user-agent": f"Mozilla/5.0 {MARK}-agent",
        "referer": f"https://{MARK}.evil.example/",
        "x-forwarded-for": f"203.0.113.7, {MARK}",
    }
    http = {
        "method": method,
        "path": f"/a/{token}",
        "protocol": "HTTP/1.1",
        "sourceIp": "203.0.113.7",
        "userAgent": f"{MARK}-agent",
    }
    event: Event = {
        "version": "2.0",
        "routeKey": f"{method} /a/{{token}}",
        "rawPath": f"/a/{token}",
        "rawQueryString": f"next={MARK}",
        "queryStringParameters": {"next": MARK},
        "cookies": [COOKIE],
        "requestContext": {"http": http, "requestId": f"{MARK}-request", "stage": "$default"},
        "pathParameters": {"token": token},
        "body": form() if method == "POST" else None,
        "isBase64Encoded": False,
    }
    more = {"headers": headers | given.pop("headers", {})}
    return {name: value for name, value in (event | more | given).items() if value is not None}


def post(body: str | None = None, **given: Any) -> Event:
    return visit("POST", **({} if body is None else {"body": body}), **given)


def without(event: Event, *names: str) -> Event:
    return {name: value for name, value in event.items() if name not in names}


class WatchedDesk(FakeDesk):
    """Counts what is read, and forgets links as the table does when their time is up."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def link(self, token_hash: str) -> Link:
        self.reads.append("link")
        return super().link(token_hash)

    def round(self, change_id: str, number: int) -> Round:
        self.reads.append("round")
        return super().round(change_id, number)

    def purge(self, token: str) -> None:
        del self._links[token_hash(token)]

    def relabel(self, token: str, approver: str) -> None:
        """Say of a link that it was sent to somebody else, as who may write the table can."""
        key = token_hash(token)
        self._links[key] = replace(self._links[key], approver=approver)

    def links(self) -> str:
        return repr(sorted(self._links.items()))


class WatchedLedger(FakeLedger):
    """Counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def entries(self, chain: str) -> Any:
        self.reads.append("entries")
        return super().entries(chain)


class NewEachTime(FakeSigner):
    """Signs the same message differently each time, as ECDSA does."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def sign(self, message: bytes) -> tuple[str, str]:
        signature, key_id = super().sign(message)
        return f"{signature}.{self._number}", key_id


class HoldsAll(FakeVerifier):
    """Accepts every one of these signatures, and no other."""

    def holds(self, message: bytes, *, signature: str, key_id: str) -> bool:
        return super().holds(message, signature=signature.partition(".")[0], key_id=key_id)


class Stand:
    """A round that waits for two approvers, each with a link, and the Lambda that serves them."""

    def __init__(self, desk: WatchedDesk | None = None) -> None:
        self.house = House(two_approvers())
        self.desk = self.house.desk = desk or WatchedDesk()
        self.ledger = self.house.ledger = WatchedLedger()
        self.change = self.house.proposed()
        tokens = iter((TOKEN, SECOND))
        asking = notify.Bench(
            desk=self.desk,
            ledger=self.ledger,
            mailer=self.house.mailer,
            people=self.house.people,
            clock=self.house.clock,
            new_token=lambda: next(tokens),
            api_url="https://approve.test",
            compose=_compose,
        )
        assert notify.notify(self.change.run_id, (self.change,), asking) == 2
        request.request(
            self.change.change_id,
            self.change.round,
            task_token=WAITING,
            bench=self.house.request_bench(),
        )
        self._signed = itertools.count(1)
        self.signatures = 0
        bench = replace(self.house.decide_bench(), signer=self._signer, verifier=HoldsAll)
        self.page = ApprovalPage(
            bench=bench, pages=pages, people=self.house.people, new_nonce=lambda: FRESH
        )
        self.log = io.StringIO()

    def _signer(self) -> "NewEachTime":
        self.signatures = next(self._signed)
        return NewEachTime(self.signatures)

    def visit(self, event: Mapping[str, Any]) -> Any:
        """Send an event through the Lambda, as JSON like the service does; take JSON back."""
        sent = json.loads(json.dumps(event))
        answer = handlers.approval.handler(sent, Context())
        answer["body"].encode()
        return json.loads(json.dumps(answer))

    def stored(self) -> str:
        """Return everything that was stored, signed, sent or signalled, as one text."""
        return f"{self.house.everything_stored()} {self.desk.links()} {self.signatures}"

    def reads(self) -> tuple[str, ...]:
        """Return what was read since the last time one asked."""
        found = (*self.desk.reads, *self.ledger.reads)
        self.desk.reads.clear()
        self.ledger.reads.clear()
        return found

    def status(self) -> str:
        return self.house.status(self.change)

    def decisions(self) -> int:
        return self.house.events(self.change).count("decided")

    def log_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def two_approvers() -> Bundle:
    owners = f"fallback: [{FIRST_APPROVER}, {SECOND_APPROVER}]\n"
    return load_bundle(FILES | {"owners.yaml": owners}, kinds=change_specs())


def _compose(approver: str, run_id: str, items: notify.Asked, now: datetime) -> Email:
    """Write no token down: the text is compared and printed in these tests."""
    return Email(
        to=approver, subject=run_id, text=str(len(items)), html=now.isoformat(), reference=run_id
    )
