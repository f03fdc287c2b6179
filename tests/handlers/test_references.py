"""Does what points to a removed function come from the record to a ticket, Lambda by Lambda?"""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.handlers.conftest import Hub
from tests.handlers.test_handlers import MOTO_ACCOUNT, REGION, call, planned
from tests.report.things import a_removal
from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.ledger import change_chain
from trimtab.domain.references import Reference, References
from trimtab.domain.remediation import Remediation
from trimtab.domain.remediation import change_id as change_id_of
from trimtab.domain.round_events import REFERENCES_READ
from trimtab.domain.terms import ChangeKind
from trimtab.domain.trigger_graph import TriggerKind
from trimtab.domain.wire import to_wire
from trimtab.local.github import GitHubStandIn
from trimtab.pipeline.record import record_change, record_opened

RULE = Reference(kind=TriggerKind.RULE, name="nightly", qualifiers=(), why="the rule is disabled")


@pytest.fixture
def github(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubStandIn]:
    hub.client("secretsmanager").create_secret(Name="tickets", SecretString="token")
    standin = GitHubStandIn(log=lambda _: None)
    monkeypatch.setenv("TRIMTAB_TICKET_API", standin.url)
    yield standin
    standin.stop()


def a_removal_like(change: Remediation) -> Remediation:
    """Return the removal of the same function, under the id that its own digest gives."""
    kind, removal = ChangeKind.REMOVE_FUNCTION, a_removal().removal
    named = change_id_of(
        hub_id=change.hub_id,
        policy_id=change.policy_id,
        policy_digest=change.policy_digest,
        function=change.function,
        kind=kind,
        before=change.before,
        after={},
        undo={},
        verify=change.verify,
        removal=removal,
    )
    after: dict[str, int] = {}
    return replace(
        change, change_id=named, kind=kind, after=after, undo=after, removal=removal, canary=None
    )


def test_a_reference_of_the_record_becomes_one_ticket(hub: Hub, github: GitHubStandIn) -> None:
    change = a_removal_like(hub.desk.round(planned(hub)["change_id"], 1).remediation)
    change_id = change.change_id
    at = change.planned_at
    proposed = {"remediation": to_wire(change)}
    record_change(hub.ledger, change, "proposed", proposed, actor="trimtab-plan", at=at)
    record_opened(hub.ledger, change, actor="trimtab-plan", at=at)
    data = {"references": to_wire(References(found=(RULE,), unread=())), "labels": ["unused"]}
    record_change(hub.ledger, change, REFERENCES_READ, data, actor="trimtab-apply", at=at)
    stored = Round(remediation=change, status=RoundStatus.REMOVED, note="it is deleted")
    hub.desk.restore(stored)
    url = hub.environment["ticket_queue_url"]
    hub.sqs.purge_queue(QueueUrl=url)
    event = {"change_id": change_id, "round": 1}
    assert [call(hub, "notify", event)["emails"] for _ in range(2)] == [1, 0]
    messages = hub.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 1
    record = {
        "messageId": "message-1",
        "body": messages[0]["Body"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{MOTO_ACCOUNT}:tickets",
        "attributes": {},
        "messageAttributes": {},
        "receiptHandle": "r",
        "awsRegion": REGION,
        "md5OfBody": "x",
    }
    for _ in range(2):
        assert call(hub, "ticket", {"Records": [record]}) == {"batchItemFailures": []}
    (issue,) = github.issues
    assert "EventBridge rule nightly still points to" in str(issue["title"])
    assert json.loads(messages[0]["Body"])["labels"] == ["unused"]
    events = [e.event for e in hub.ledger.entries(change_chain(change_id))]
    assert events.count("reference_ticketed") == 1
