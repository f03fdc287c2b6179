"""What if AWS calls a Lambda again with what it was called with before? Nothing happens twice (S6).

Both Step Functions and Lambda promise to call at least once, never exactly once.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from trimtab.domain.ledger import Entry, change_chain, run_chain

if TYPE_CHECKING:
    from tests.scenario.conftest import Played

pytestmark = pytest.mark.scenario


def call(played: Played, handler: str, event: dict[str, Any]) -> Any:
    """Call a Lambda and wait; an error it raises fails the caller."""
    name = played.world.outputs[f"{handler.title()}FunctionName"]
    answer = played.world.hub("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    with answer["Payload"] as payload:
        told = json.load(payload)
    assert "FunctionError" not in answer, told
    return told


def first(played: Played, event: str) -> Entry:
    return next(e for e in played.check.hub.entries() if e.event == event)


def round_of(entry: Entry) -> dict[str, Any]:
    """Return the event that names the round an entry is about."""
    return {"change_id": entry.chain.removeprefix(change_chain("")), "round": entry.data["round"]}


def rejected(played: Played) -> Entry:
    return next(
        e
        for e in played.check.hub.entries()
        if e.event == "decided" and e.data["signed"]["decision"]["word"] == "rejected"
    )


def delivery(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message of the queue as Lambda hands it over."""
    source = {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:deliveries"}
    return source | {"messageId": "again", "body": json.dumps(message | {"region": "eu-west-1"})}


def security_hub(played: Played, account: str) -> list[dict[str, Any]]:
    """Return what the Security Hub of an account was told, in every import of its own account."""
    place = {"Account": account, "Region": "eu-west-1"}
    found = played.world.emulator.control("security-hub", place)["Findings"]
    assert {f["AwsAccountId"] for f in found} <= {account}
    return list(found)


def everything(played: Played) -> tuple[Any, ...]:
    """Return what must be the same afterwards: entries, emails, issues, executions."""
    hub = played.check.hub
    return (
        Counter((e.chain, e.seq, e.hash) for e in hub.entries()),
        len(played.world.emulator.messages()),
        len(played.world.github.issues),
        len(hub.executions("ChangeMachineArn")),
    )


def test_s06_a_lambda_that_is_called_again_does_nothing_twice(played: Played) -> None:
    run = {"run_id": first(played, "planned").chain.removeprefix(run_chain(""))}
    no, undone, stale = rejected(played), first(played, "undone"), first(played, "stale")
    before = everything(played)
    call(played, "discover", run)
    call(played, "plan", run)
    told = security_hub(played, "222222222222")
    assert told
    call(played, "deliver", {"Records": [delivery(run | {"account": "222222222222"})]})
    assert security_hub(played, "222222222222") == told
    assert call(played, "notify", run) == {"emails": 0}
    call(played, "request", round_of(no) | {"task_token": "of an execution that is gone"})
    assert call(played, "decide", round_of(no))["decision"] == "rejected"
    assert call(played, "apply", round_of(stale) | {"direction": "forward"})["outcome"] == "stale"
    call(played, "apply", round_of(undone) | {"direction": "undo"})
    assert call(played, "notify", round_of(undone)) == {"emails": 0}
    assert everything(played) == before


def test_s07_the_ledger_is_whole_although_each_lambda_lost_an_answer_of_the_mirror(
    played: Played,
) -> None:
    lost = played.world.emulator.control("lose-answers", {"Prefix": "log/"})["lost"]
    writers = ["apply", "approval", "decide", "discover", "notify", "plan", "reconcile", "watch"]
    assert set(lost) <= {
        f"trimtab-{name}"
        for name in (*writers, "request", "ticket", "deliver", "backup", "restorer")
    }
    assert {"trimtab-apply", "trimtab-approval", "trimtab-plan", "trimtab-watch"} <= set(lost)
    assert played.check.hub.faults() == ()


def test_the_checkpoint_signs_what_the_ledger_holds_and_finds_nothing_wrong(played: Played) -> None:
    first_one, second = call(played, "checkpoint", {}), call(played, "checkpoint", {})
    assert first_one["lag"] == second["lag"] == 0
    assert first_one["chains"] >= 1


def test_the_doctor_examines_an_account_through_the_read_role(played: Played) -> None:
    assert played.world.organization is not None
    organization = {"organization": played.world.organization.id}
    found = call(played, "doctor", organization)
    sign_in = found["sign_in"]
    assert (found["removes"], sign_in["is_configured"], sign_in["fault"]) == (True, True, None)
    account = next(a for a in found["targets"]["accounts"] if a["id"] == "222222222222")
    assert call(played, "doctor", organization | {"account": account})
