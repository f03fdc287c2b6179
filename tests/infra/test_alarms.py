"""Does an alarm ring for whatever a person must know, and does the dashboard show figures that
exist?
"""

from __future__ import annotations

import json
import re
from dataclasses import fields
from itertools import product
from pathlib import Path

import pytest

from infra.metrics import METRICS, own
from tests.infra.templates import Resource, of_type, text
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.run import RunCounts
from trimtab.domain.verification import Health
from trimtab.pipeline.approve import Direction
from trimtab.settings import HANDLERS

ROOT = Path(__file__).resolve().parents[2]


def alarms() -> dict[str, Resource]:
    found = {
        a["Properties"]["AlarmName"]: a["Properties"] for a in of_type("CloudWatch::Alarm").values()
    }
    return {name.removeprefix("trimtab-"): properties for name, properties in found.items()}


def test_there_is_an_alarm_for_everything_that_can_fail_or_fall_silent() -> None:
    of_functions = {f"{h}-{what}" for h, what in product(HANDLERS, ("errors", "throttles"))}
    machines = product(("scan-machine", "change-machine"), ("failed", "timedout"))
    assert set(alarms()) == of_functions | {"-".join(pair) for pair in machines} | {
        "tickets-deadletters",
        "deliveries-deadletters",
        "schedules-deadletters",
        "watch-silent",
        "reconcile-silent",
        "checkpoint-silent",
        "person-needed",
        "backup-incomplete",
        "restore-not-whole",
        "drill-failed",
        "drill-overdue",
        "expiry-silent",
        "ledger-faults",
        "scan-overdue",
        "run-gaps",
        "security-hub-untold",
        "run-faults",
        "watch-gaps",
        "below-plan",
        "undo-not-written",
        "undo-unknown",
        "forward-unknown",
        "chain-open-too-long",
        "mirror-lag",
        "frozen",
    }


def test_an_approver_who_is_answered_with_an_error_rings_the_alarm() -> None:
    alarm = alarms()["approval-errors"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/ApiGateway", "5xx")
    assert [d["Name"] for d in alarm["Dimensions"]] == ["ApiId"]
    assert alarm["Statistic"] == "Sum"


def test_every_alarm_calls_and_says_what_to_do_next() -> None:
    (topic,) = of_type("SNS::Topic")
    for name, alarm in alarms().items():
        assert alarm["AlarmActions"] == [{"Ref": topic}], name
        assert len(alarm["AlarmDescription"]) > 60, name
        assert len(alarm["AlarmDescription"]) <= 1024, name


def test_every_queue_that_keeps_what_was_not_delivered_has_an_alarm() -> None:
    targets = {
        text(dimension["Value"])
        for alarm in alarms().values()
        for dimension in alarm.get("Dimensions", ())
        if dimension["Name"] == "QueueName"
    }
    queues = {name for name in of_type("SQS::Queue") if "DeadLetters" in name}
    assert targets == {f"{{{name}.QueueName}}" for name in queues}


def test_no_scan_within_26_hours_rings_also_when_nothing_is_said_at_all() -> None:
    overdue = alarms()["scan-overdue"]
    assert (overdue["MetricName"], overdue["Statistic"]) == ("ScanComplete", "Sum")
    assert overdue["Period"] * overdue["EvaluationPeriods"] == 26 * 3600
    assert "DatapointsToAlarm" not in overdue, "every hour of the 26 has to be without a scan"
    assert overdue["TreatMissingData"] == "breaching"
    assert (overdue["ComparisonOperator"], overdue["Threshold"]) == ("LessThanThreshold", 1)


@pytest.mark.parametrize("name", ["watch-silent", "reconcile-silent", "checkpoint-silent"])
def test_a_schedule_that_no_longer_runs_rings(name: str) -> None:
    assert alarms()[name]["TreatMissingData"] == "breaching"
    assert alarms()[name]["MetricName"] == "Invocations"


def test_no_alarm_waits_for_more_figures_in_a_row_than_its_handler_writes() -> None:
    """A checkpoint is made every 15 minutes: three periods of five would never be full."""
    for name in ("mirror-lag", "ledger-faults", "checkpoint-silent"):
        assert alarms()[name]["Period"] == 15 * 60, name


@pytest.mark.parametrize("name", ["run-gaps", "run-faults"])
def test_what_a_run_found_rings_until_another_run_is_better(name: str) -> None:
    assert alarms()[name]["TreatMissingData"] == "ignore"


def test_one_tick_that_waits_for_the_one_before_does_not_ring() -> None:
    periods = {name: a["EvaluationPeriods"] for name, a in alarms().items() if "throttles" in name}
    assert {name for name, n in periods.items() if n > 1} == {
        "watch-throttles",
        "reconcile-throttles",
    }


def emitted(handler: str) -> set[str]:
    """Return the names of the metrics that a handler can emit."""
    source = (ROOT / "handlers" / f"{handler}.py").read_text(encoding="utf-8")
    names = set(re.findall(r'add_metric\(\s*name="(\w+)"', source))
    if handler == "plan":
        names |= {field.name for field in fields(RunCounts)}
    if handler == "apply":
        names |= {f"{d.value.title()}_{w.value}" for d, w in product(Direction, OutcomeWord)}
    if handler == "watch":
        names |= {f"Watch_{health.value}" for health in Health}
    return names


def test_every_metric_of_ours_is_emitted_by_its_handler() -> None:
    for handler, names in METRICS.items():
        assert set(names) <= emitted(handler), handler


def test_every_metric_of_ours_is_used() -> None:
    board = board_text()
    used = {(a["MetricName"]) for a in alarms().values() if a.get("Namespace") == "Trimtab"}
    for names in METRICS.values():
        for name in names:
            assert name in used or f'"{name}"' in board, name


def test_a_metric_that_nobody_emits_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError, match="plan has no metric Gaps"):
        own("plan", "Gaps", statistic="Sum", period=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("handler", sorted(METRICS))
def test_the_dimension_is_what_powertools_writes(handler: str) -> None:
    source = (ROOT / "handlers" / f"{handler}.py").read_text(encoding="utf-8")
    assert f'Metrics(namespace="Trimtab", service="trimtab-{handler}")' in source


def board_text() -> str:
    (board,) = of_type("CloudWatch::Dashboard").values()
    return text(board["Properties"]["DashboardBody"])


def test_the_dashboard_begins_with_the_alarms_and_shows_every_lambda_and_queue() -> None:
    widgets = json.loads(board_text())["widgets"]
    assert [w["type"] for w in widgets[:2]] == ["text", "alarm"]
    assert len(widgets[1]["properties"]["alarms"]) == len(alarms())
    for function in of_type("Lambda::Function"):
        assert f"{{{function}}}" in board_text()
    titles = {w["properties"].get("title") for w in widgets}
    assert {"Last run", "Right now", "Dead letters", "Executions", "Duration p95"} <= titles


def test_no_widget_lies_on_another_or_beyond_the_edge() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in json.loads(board_text())["widgets"]:
        assert widget["x"] + widget["width"] <= 24
        area = set(
            product(
                range(widget["x"], widget["x"] + widget["width"]),
                range(widget["y"], widget["y"] + widget["height"]),
            )
        )
        assert not area & taken
        taken |= area
