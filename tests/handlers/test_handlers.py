"""Does each Lambda take its event and give its answer, through its real entry point?"""

import importlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.fakes.builders import ACCOUNT, REGION
from tests.fakes.clock import FakeClock
from tests.fakes.prices import FakePriceSource
from tests.handlers.conftest import MOTO_ACCOUNT, RUN, Context, Hub
from trimtab import wiring
from trimtab.aws import probes
from trimtab.domain.approval import Decision, DecisionWord, RoundStatus, SignedDecision
from trimtab.domain.errors import NotFoundError, SettingsError
from trimtab.domain.ledger import change_chain, run_chain
from trimtab.domain.wire import to_wire
from trimtab.flows.prices import prices_of_run
from trimtab.ports import Offer
from trimtab.settings import HANDLERS
from trimtab.wiring import parts

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
"""Powertools says so of a handler that raises before it counted anything."""


def call(hub: Hub, name: str, event: dict[str, Any]) -> Any:
    module = importlib.import_module(f"handlers.{name}")
    return module.handler(event, hub.context)


def planned(hub: Hub, *names: str) -> Any:
    """Run the plan Lambda over a run that found these functions; return the first change."""
    hub.scanned(*names or ("orders",))
    return call(hub, "plan", {"run_id": RUN})["changes"][0]


def visit(hub: Hub, token: str, method: str = "GET", **given: Any) -> Any:
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} /a/{{token}}",
        "rawPath": f"/a/{token}",
        "headers": {"content-type": "application/x-www-form-urlencoded"},
        "requestContext": {"http": {"method": method, "path": f"/a/{token}"}},
        "pathParameters": {"token": token},
        "isBase64Encoded": False,
    }
    return call(hub, "approval", event | given)


def asked(hub: Hub) -> str:
    """Let the notify Lambda ask; return the token of the link in the email."""
    assert call(hub, "notify", {"run_id": RUN}) == {"emails": 1}
    (message,) = hub.emails()
    found = re.search(r"https://api\.test/a/([A-Za-z0-9_-]{43})", str(vars(message)))
    assert found is not None
    return found[1]


def test_every_lambda_has_its_handler_and_every_handler_its_settings() -> None:
    modules = {p.stem for p in (ROOT / "handlers").glob("*.py")} - {"__init__"}
    assert modules == set(HANDLERS)


def test_importing_a_handler_needs_no_environment() -> None:
    imports = "; ".join(f"import handlers.{name}" for name in HANDLERS)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", imports],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


EVENTS: dict[str, dict[str, Any]] = {
    "discover": {"run_id": RUN},
    "scan": {"run_id": RUN, "account": ACCOUNT, "region": REGION, "cursor": None},
    "plan": {"run_id": RUN},
    "request": {"change_id": "x", "round": 1, "task_token": "task"},
    "notify": {"run_id": RUN},
    "approval": {"requestContext": {"http": {"method": "GET"}}},
    "decide": {"change_id": "x", "round": 1},
    "apply": {"change_id": "x", "round": 1, "direction": "forward"},
    "watch": {},
    "reconcile": {},
    "doctor": {},
}


@pytest.mark.parametrize("name", EVENTS)
def test_a_missing_variable_names_itself(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    *others, last = HANDLERS[name].variables()
    for variable in others:
        monkeypatch.setenv(variable, "anything")
    monkeypatch.delenv(last, raising=False)
    wiring.forget()
    module = importlib.import_module(f"handlers.{name}")
    with pytest.raises(SettingsError, match=last):
        module.handler(EVENTS[name], Context())


def test_discover_writes_the_manifest_of_every_account_and_region_and_the_prices(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = Offer(usage_type="EU-Request", region=REGION, usd=0.0000003)
    monkeypatch.setattr("trimtab.aws.prices.AwsPriceSource", lambda _: FakePriceSource(offer))
    hub.organizations.create_organization(FeatureSet="ALL")
    answer = call(hub, "discover", {"run_id": RUN})
    key = f"runs/{RUN}/manifest.json"
    assert answer == {
        "run_id": RUN,
        "manifest": {"bucket": "evidence", "key": key},
        "targets": 1,
    }
    assert hub.store.get(key) == [{"account": MOTO_ACCOUNT, "region": REGION}]
    price = prices_of_run(RUN, hub.store).of(REGION, "x86_64").request
    assert price is not None
    assert price.usd == 0.0000003


def test_scan_reads_a_target_to_its_end_and_stores_its_part(hub: Hub) -> None:
    hub.scanned()
    event = {"run_id": RUN, "account": ACCOUNT, "region": REGION, "cursor": None}
    assert call(hub, "scan", event) == event
    (key,) = hub.store.keys(f"runs/{RUN}/parts/")
    part = hub.store.get(key)
    assert (part["functions"], part["gaps"], part["is_last"]) == (0, [], True)


def test_s30_scan_refuses_a_target_that_was_not_discovered(hub: Hub) -> None:
    hub.scanned()
    event = {"run_id": RUN, "account": "999999999999", "region": REGION, "cursor": None}
    with pytest.raises(NotFoundError, match="did not discover"):
        call(hub, "scan", event)


def test_scan_goes_on_where_its_cursor_says(hub: Hub) -> None:
    hub.scanned()
    cursor = {"is": "Cursor", "marker": "m", "part": 2}
    event = {"run_id": RUN, "account": ACCOUNT, "region": REGION, "cursor": cursor}
    assert call(hub, "scan", event)["cursor"] is None
    assert [key[-12:] for key in hub.store.keys(f"runs/{RUN}/parts/")] == [
        "0001.json.gz",
        "0002.json.gz",
    ]


def test_plan_opens_rounds_and_answers_their_names(hub: Hub) -> None:
    hub.scanned("orders", "cart")
    answer = call(hub, "plan", {"run_id": RUN})
    assert answer["run_id"] == RUN
    assert len(answer["changes"]) == 2
    for change in answer["changes"]:
        assert change["name"] == f"{change['change_id']}-r1"
        assert change["round"] == 1
    assert len(hub.open_rounds()) == 2
    assert [e.event for e in hub.ledger.entries(run_chain(RUN))] == ["planned"]
    assert call(hub, "plan", {"run_id": RUN}) == answer


def test_plan_sends_its_tickets_to_the_queue(hub: Hub) -> None:
    hub.scanned("trimtab-scan")
    assert call(hub, "plan", {"run_id": RUN})["changes"] == []
    url = hub.environment["ticket_queue_url"]
    (message,) = hub.sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["action"] == "open"


def test_s07_each_entry_is_in_the_mirror_too(hub: Hub) -> None:
    change = planned(hub)
    found = hub.s3.list_objects_v2(Bucket="ledger-mirror")["Contents"]
    assert f"log/{change_chain(change['change_id'])}/00000001" in {o["Key"] for o in found}


def test_notify_asks_the_approver_once(hub: Hub) -> None:
    planned(hub)
    asked(hub)
    assert call(hub, "notify", {"run_id": RUN}) == {"emails": 0}
    assert len(hub.emails()) == 1


def test_a_person_reads_the_page_and_approves(hub: Hub) -> None:
    change = planned(hub)
    token = asked(hub)
    page = visit(hub, token)
    assert page["statusCode"] == 200
    assert "orders" in page["body"]
    cookie = page["cookies"][0].partition(";")[0]
    nonce = cookie.partition("=")[2]
    body = urlencode({"nonce": nonce, "decision": "approve", "reason": ""})
    done = visit(hub, token, "POST", body=body, cookies=[cookie])
    assert done["statusCode"] == 200
    answer = call(hub, "decide", {"change_id": change["change_id"], "round": 1})
    assert answer == {"decision": "approved", "wait_s": 0}
    assert visit(hub, token, "POST", body=body, cookies=[cookie])["statusCode"] == 409


def test_s02_a_scanner_that_reads_and_posts_without_the_cookie_decides_nothing(hub: Hub) -> None:
    change = planned(hub)
    token = asked(hub)
    for method in ("GET", "HEAD", "GET"):
        assert visit(hub, token, method)["statusCode"] == 200
    body = urlencode({"nonce": "guess", "decision": "approve"})
    assert visit(hub, token, "POST", body=body)["statusCode"] == 400
    assert call(hub, "decide", {"change_id": change["change_id"], "round": 1}) == {
        "decision": "open",
        "wait_s": 0,
    }


def test_the_email_about_a_second_round_says_how_the_first_ended(hub: Hub) -> None:
    planned(hub)
    (change,), bench = wiring.notify_bench(RUN)
    data = {"round": 1, "reason": "its change window is closed"}
    now = datetime.now(UTC)
    chain = f"change#{change.change_id}"
    hub.ledger.append(chain, event="stale", actor="trimtab-apply", data=data, at=now)
    again = [(replace(change, round=2), "https://api.test/a/token")]
    email = bench.compose("a@example.com", RUN, again, now)
    said = "Last time it was approved, and stopped before the write: its change window is closed."
    assert f"Asked before: this is round 2 of the same change. {said}" in email.text


def test_an_unknown_link_is_not_found(hub: Hub) -> None:
    assert visit(hub, "unknown")["statusCode"] == 404


def test_s16_no_token_and_no_body_reaches_a_log(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    planned(hub)
    token = asked(hub)
    visit(hub, token)
    visit(hub, token, "POST", body="nonce=my-secret-form")
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "'status': 400" in logged
    for secret in (token, "my-secret-form"):
        assert secret not in logged


def test_request_keeps_the_token_of_the_waiting_execution(hub: Hub) -> None:
    change = planned(hub)
    event = {"change_id": change["change_id"], "round": 1, "task_token": "task"}
    assert call(hub, "request", event) is None
    assert hub.desk.round(change["change_id"], 1).task_token == "task"


MENDED = {
    "expired": 0,
    "told": 0,
    "restarted": 0,
    "restored": 0,
    "unlocked": 0,
    "problems": 0,
}


def test_s04_reconcile_expires_what_nobody_answered(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = planned(hub)
    assert call(hub, "reconcile", {}) == MENDED
    later = FakeClock(datetime.now(UTC) + timedelta(days=31))
    monkeypatch.setattr(parts, "clock", lambda context=None: later)
    assert call(hub, "reconcile", {}) == MENDED | {"expired": 1}
    answer = call(hub, "decide", {"change_id": change["change_id"], "round": 1})
    assert answer == {"decision": "expired", "wait_s": 0}


def test_s04_apply_writes_nothing_that_nobody_decided(hub: Hub) -> None:
    change = planned(hub)
    event = {"change_id": change["change_id"], "round": 1, "direction": "forward"}
    assert call(hub, "apply", event) == {
        "outcome": "not_written",
        "reason": "no decision is in the ledger",
        "wait_s": 0,
    }


def test_s01_a_decision_that_was_not_signed_by_our_key_is_not_entered(hub: Hub) -> None:
    change = planned(hub)
    asked(hub)
    _forge(hub, change["change_id"])
    assert call(hub, "reconcile", {}) == MENDED | {"problems": 1}
    events = hub.ledger.entries(f"change#{change['change_id']}")
    assert "decided" not in [entry.event for entry in events]


def test_s01_apply_believes_no_decision_that_was_not_signed_by_our_key(hub: Hub) -> None:
    change = planned(hub)
    asked(hub)
    signed = _forge(hub, change["change_id"])
    data = {"round": 1, "signed": to_wire(signed)}
    chain = f"change#{change['change_id']}"
    hub.ledger.append(chain, event="decided", actor="somebody", data=data, at=datetime.now(UTC))
    for direction in ("forward", "undo"):
        event = {"change_id": change["change_id"], "round": 1, "direction": direction}
        answer = call(hub, "apply", event)
        assert answer["outcome"] in ("stale", "not_written")
        assert answer["reason"] == "the signature of the decision does not hold"


def _forge(hub: Hub, change_id: str) -> SignedDecision:
    """Put an approval into the state table as somebody could who may write it, but not sign."""
    entries = hub.ledger.entries(f"change#{change_id}")
    link = next(entry.data for entry in entries if entry.event == "link_issued")
    decision = Decision(
        change_id=change_id,
        round=1,
        word=DecisionWord.APPROVED,
        approver=link["approver"],
        auth="link",
        reason=None,
        decided_at=datetime.now(UTC),
        token_hash=link["token_hash"],
    )
    signed = SignedDecision(
        decision=decision, signature="Zm9yZ2Vk", key_id=hub.environment["signing_key"]
    )
    hub.desk.decide(signed)
    return signed


def test_s30_apply_finds_nothing_for_a_change_that_is_not_in_the_ledger(hub: Hub) -> None:
    with pytest.raises(NotFoundError, match="there is no change"):
        call(hub, "apply", {"change_id": "nothing", "round": 1, "direction": "undo"})


def test_watch_answers_how_many_it_saw(hub: Hub) -> None:
    planned(hub)
    assert call(hub, "watch", {}) == {"watched": 0, "gaps": 0}
    assert call(hub, "watch", {"aftercare": True}) == {"looked": 0, "reverted": 0, "gaps": 0}


def test_notify_tells_how_a_change_ended_once(hub: Hub) -> None:
    change = planned(hub)
    asked(hub)
    event = {"change_id": change["change_id"], "round": 1}
    assert call(hub, "notify", event) == {"emails": 0}
    hub.desk.advance(
        change["change_id"],
        1,
        from_=(RoundStatus.PROPOSED,),
        to=RoundStatus.STALE,
        note="its code changed",
    )
    assert call(hub, "notify", event) == {"emails": 1}
    assert call(hub, "notify", event) == {"emails": 0}


def test_a_ticket_message_that_fails_comes_back_alone(hub: Hub) -> None:
    record = {
        "messageId": "message-1",
        "body": json.dumps({"action": "close", "finding_id": "x", "comment": "resolved"}),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{MOTO_ACCOUNT}:tickets",
        "attributes": {},
        "messageAttributes": {},
        "receiptHandle": "r",
        "awsRegion": REGION,
        "md5OfBody": "x",
    }
    assert call(hub, "ticket", {"Records": [record]}) == {
        "batchItemFailures": [{"itemIdentifier": "message-1"}]
    }


def test_a_warm_lambda_builds_nothing_twice_and_forgets_when_told(hub: Hub) -> None:
    assert hub.ledger is hub.ledger
    assert parts.bundle(hub.environment["bundle"]) is parts.bundle(hub.environment["bundle"])
    before = hub.ledger
    wiring.forget()
    assert hub.ledger is not before


def test_doctor_lists_the_accounts_and_then_looks_at_one(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    # moto 5.2.5 has no Compute Optimizer, and falls over a log query that it does not know.
    known = {a: t for a, t in probes.TRIES.items() if t.service in ("lambda", "cloudwatch")}
    monkeypatch.setattr(probes, "TRIES", known)
    hub.organizations.create_organization(FeatureSet="ALL")
    found = call(hub, "doctor", {})
    (account,) = found["targets"]["accounts"]
    assert (account["id"], found["policies"], found["changed"]) == (MOTO_ACCOUNT, 1, [MOTO_ACCOUNT])
    checks = call(hub, "doctor", {"account": account, "organization": "o-a1b2c3d4e5"})
    assert {check["where"].partition("/")[0] for check in checks} == {MOTO_ACCOUNT}
    assert {"where", "what", "state", "said", "todo"} <= set(checks[0])
    assert "change role" in {check["what"] for check in checks if check["state"] == "missing"}
