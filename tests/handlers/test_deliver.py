"""Does the Lambda behind the queue tell Security Hub, in the member's account or in the hub's?"""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from moto.securityhub.models import securityhub_backends

from tests.fakes.builders import ACCOUNT, REGION
from tests.handlers.conftest import MOTO_ACCOUNT, RUN, Hub
from tests.pipeline.house import FILES
from trimtab import wiring
from trimtab.domain.ledger import run_chain
from trimtab.settings import variable


def call(hub: Hub, name: str, event: dict[str, Any]) -> Any:
    return importlib.import_module(f"handlers.{name}").handler(event, hub.context)


@pytest.fixture
def told(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> Hub:
    """Return a hub whose fleet.yaml says where Security Hub is told."""
    more = {"fleet.yaml": f"{FILES['fleet.yaml']}\nsecurity_hub: {{into: {request.param}}}\n"}
    for name, text in (FILES | more).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv(variable("bundle"), str(tmp_path))
    wiring.forget()
    return hub


def concluded(hub: Hub) -> list[dict[str, Any]]:
    """Plan a run; return what it queued for Security Hub, as Lambda hands it over."""
    hub.scanned("orders")
    call(hub, "plan", {"run_id": RUN})
    url = hub.environment["delivery_queue_url"]
    messages = hub.sqs.receive_message(QueueUrl=url).get("Messages", [])
    return [record(m["Body"]) for m in messages]


def record(body: str) -> dict[str, Any]:
    return {
        "messageId": "m-1",
        "body": body,
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{MOTO_ACCOUNT}:deliveries",
    }


def findings(account: str) -> list[dict[str, Any]]:
    return [f.data for f in securityhub_backends[account][REGION].findings]


@pytest.mark.parametrize(
    ("told", "owner"), [("member", ACCOUNT), ("hub", MOTO_ACCOUNT)], indirect=["told"]
)
def test_findings_are_imported_into_the_account_that_fleet_yaml_names(
    told: Hub, owner: str
) -> None:
    records = concluded(told)
    assert [json.loads(r["body"]) for r in records] == [
        {"run_id": RUN, "account": ACCOUNT, "region": REGION}
    ]
    assert call(told, "deliver", {"Records": records}) == {"batchItemFailures": []}
    (found,) = findings(owner)
    assert found["AwsAccountId"] == owner
    assert found["ProductArn"].endswith(f":{owner}:product/{owner}/default")
    assert f":{ACCOUNT}:function:orders" in found["Resources"][0]["Id"]
    entry = told.ledger.entries(run_chain(RUN))[-1]
    assert (entry.event, entry.data["imported"], entry.data["gap"]) == ("delivered", 1, None)
    assert call(told, "deliver", {"Records": records}) == {"batchItemFailures": []}
    assert len(findings(owner)) == 1


def test_without_a_word_in_fleet_yaml_nothing_is_queued(hub: Hub) -> None:
    assert concluded(hub) == []


def test_a_message_that_is_none_of_ours_comes_back_alone(hub: Hub) -> None:
    answer = call(hub, "deliver", {"Records": [record('{"run_id": "x"}')]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
