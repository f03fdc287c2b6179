"""Does the hub run on time, call for a person, and say where its parts are?"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from infra.functions import CONCURRENCY, ONE_AT_A_TIME, SIZES
from infra.machines import HERE
from tests.infra.templates import USUAL, hub, logical_id, of_type, roles_allowed, text
from trimtab.settings import HANDLERS

SCAN = HERE / "scan.asl.json"

PLACES = {
    "ScanMachineArn",
    "ChangeMachineArn",
    "ApiUrl",
    "LedgerTable",
    "HeadsTable",
    "StateTable",
    "PeopleTable",
    "EvidenceBucket",
    "LedgerBucket",
    "VaultBucket",
    "VaultRegions",
    "TicketQueueUrl",
    "SigningKeyArn",
    "CheckpointKeyArn",
}


def test_the_outputs_are_what_the_command_line_looks_for() -> None:
    assert set(hub()["Outputs"]) == PLACES | {f"{h.title()}FunctionName" for h in HANDLERS}


def test_each_schedule_comes_as_often_as_it_should() -> None:
    expressions = {
        s["Properties"]["Name"]: s["Properties"]["ScheduleExpression"]
        for s in of_type("Scheduler::Schedule").values()
    }
    assert expressions == {
        "trimtab-scan": "cron(0 5 * * ? *)",
        "trimtab-watch": "rate(1 minute)",
        "trimtab-aftercare": "rate(1 hour)",
        "trimtab-reconcile": "rate(5 minutes)",
        "trimtab-checkpoint": "rate(15 minutes)",
        "trimtab-drill": "rate(7 days)",
        "trimtab-expiry": "cron(0 6 * * ? *)",
    }


def test_what_a_schedule_cannot_deliver_is_kept() -> None:
    for schedule in of_type("Scheduler::Schedule").values():
        target = schedule["Properties"]["Target"]
        assert "SchedulesDeadLetters" in text(target["DeadLetterConfig"]["Arn"])
        said = {"trimtab-aftercare": "aftercare", "trimtab-expiry": "announce"}
        word = said.get(schedule["Properties"]["Name"])
        assert target["Input"] == ("{}" if word is None else f'{{"{word}": true}}')


def test_a_missed_watch_is_not_made_up_for_but_kept() -> None:
    configured = [c["Properties"] for c in of_type("Lambda::EventInvokeConfig").values()]
    assert len(configured) == 4
    for properties in configured:
        assert properties["MaximumRetryAttempts"] == 0
        destination = properties["DestinationConfig"]["OnFailure"]["Destination"]
        assert "SchedulesDeadLetters" in text(destination)
    senders = roles_allowed("sqs:SendMessage", "SchedulesDeadLetters")
    assert senders == {
        "trimtab-watch",
        "trimtab-reconcile",
        "trimtab-checkpoint",
        "trimtab-drill",
        "trimtab-schedules",
    }


def test_the_account_keeps_enough_concurrency_for_others() -> None:
    reserved = {
        f["Properties"]["FunctionName"].removeprefix("trimtab-"): f["Properties"][
            "ReservedConcurrentExecutions"
        ]
        for f in of_type("Lambda::Function").values()
        if "ReservedConcurrentExecutions" in f["Properties"]
    }
    assert reserved == dict(CONCURRENCY)
    assert {reserved[handler] for handler in ONE_AT_A_TIME} == {1}
    assert sum(reserved.values()) == 42
    assert (
        reserved["scan"] == json.loads(SCAN.read_text())["States"]["ScanTargets"]["MaxConcurrency"]
    )


def test_an_account_with_a_small_quota_can_do_without_reservations() -> None:
    functions = of_type("Lambda::Function", hub(replace(USUAL, reserve=False))).values()
    assert not [f for f in functions if "ReservedConcurrentExecutions" in f["Properties"]]


@pytest.mark.parametrize(
    ("start", "handler", "batch"), [("Tickets", "ticket", 10), ("Deliveries", "deliver", 1)]
)
def test_each_message_fails_on_its_own_and_is_kept_in_the_end(
    start: str, handler: str, batch: int
) -> None:
    feeds = of_type("Lambda::EventSourceMapping")
    (feed,) = (f["Properties"] for name, f in feeds.items() if name.startswith(start))
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert feed["BatchSize"] == batch
    (queue,) = (
        q["Properties"]
        for name, q in of_type("SQS::Queue").items()
        if name.startswith(start) and "RedrivePolicy" in q["Properties"]
    )
    assert queue["VisibilityTimeout"] >= 6 * SIZES[handler].timeout_s


def test_the_lambdas_are_what_the_zip_is_made_for() -> None:
    for function in of_type("Lambda::Function").values():
        properties = function["Properties"]
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == ["arm64"]


def test_all_lambdas_share_one_zip() -> None:
    keys = {str(f["Properties"]["Code"]) for f in of_type("Lambda::Function").values()}
    assert len(keys) == 1


def test_what_was_not_said_is_asked_for_at_the_deployment_and_never_guessed() -> None:
    silent = replace(
        USUAL, organization_id=None, external_id=None, sender=None, ticket_repository=None
    )
    parameters = hub(silent)["Parameters"]
    asked = {"Sender", "ExternalId", "OrganizationId", "TicketRepository"}
    assert asked <= set(parameters)
    assert not [name for name in asked if "Default" in parameters[name]]
    assert not asked & set(hub().get("Parameters", ()))


def test_s18_two_hubs_never_share_a_name_by_default() -> None:
    function = of_type("Lambda::Function")[logical_id("trimtab-plan", key="FunctionName")]
    hub_id = function["Properties"]["Environment"]["Variables"]["TRIMTAB_HUB_ID"]
    assert text(hub_id) == "{AWS::AccountId}-{AWS::Region}"
