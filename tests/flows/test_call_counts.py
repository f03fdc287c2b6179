"""Are the figures that the cost rests on those of the code? Counted on the code as it runs."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra import app
from tests.fakes.builders import TARGET, an_account
from tests.fakes.bulk_clients import FakeCloudWatch
from tests.infra.templates import of_type
from tests.pipeline.house import House, a_bundle
from tests.pipeline.reads import a_report, read
from tests.pipeline.test_savings import SETTLE, WATCH, a_watched
from tests.pipeline.test_savings_by_lines import lines
from trimtab.flows import call_counts as figures
from trimtab.pipeline.health import PATIENCE
from trimtab.pipeline.signals.needs import Needs
from trimtab.pipeline.verify import verify

ASL = Path(app.__file__).parent


class Counting(FakeCloudWatch):
    """Counts the series asked for: what AWS bills, not the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def get_metric_data(
        self, MetricDataQueries: Sequence[Mapping[str, Any]], *args: Any, **more: Any
    ) -> dict[str, Any]:
        self.asked += len(MetricDataQueries)
        return super().get_metric_data(MetricDataQueries, *args, **more)


def counting(house: House) -> Counting:
    made = Counting()
    house.cloud[TARGET].metrics = made
    return made


def needs_of(house: House) -> figures.PolicyNeeds:
    return figures.policy_needs(Needs(policies=house.bundle.policies, account=an_account()))


def test_a_scan_asks_for_as_many_series_as_counted() -> None:
    house = House()
    metrics = counting(house)
    for name in ("orders", "billing", "search"):
        house.plant(name)
    house.scan()
    assert metrics.asked == 3 * needs_of(house).metrics


def test_a_scan_queries_the_logs_as_often_as_counted_over_the_whole_lookback() -> None:
    house = House()
    house.plant("orders", peak_mb=None)
    a_report(house)
    calls = read(house).calls
    assert calls["logs:StartQuery"] == figures.LOG_QUERIES
    assert needs_of(house).log_days == 14


def test_a_change_reads_its_baseline_and_a_watch_its_series_as_often_as_counted() -> None:
    house = House()
    metrics = counting(house)
    approved = house.approved()
    a_report(house)
    before = metrics.asked
    house.carry(approved)
    assert metrics.asked - before == figures.BASELINE_METRICS
    house.clock.advance(timedelta(hours=1))
    before = metrics.asked
    verify(house.verify_bench())
    assert metrics.asked - before == figures.WATCH_METRICS
    assert house.cloud[TARGET].logs.calls["StartQuery"] == figures.LOG_QUERIES


def test_what_was_saved_is_read_once_as_often_as_counted() -> None:
    house = House()
    metrics = counting(house)
    a_watched(house)
    lines(house, 2592, 250.0)
    lines(house, 3008, 230.0, weeks=1)
    lines(house, 3008, 230.0, weeks=2)
    house.clock.advance(SETTLE + WATCH)
    before, logs = metrics.asked, house.cloud[TARGET].logs
    verify(house.verify_bench())
    assert metrics.asked - before == figures.WATCH_METRICS + figures.SAVING_METRICS
    assert logs.calls["StartQuery"] == figures.LOG_QUERIES * (1 + figures.SAVING_SPANS)


def test_a_watch_is_as_long_as_its_policy_says() -> None:
    needs = needs_of(House())
    assert needs.watch_minutes == 4 * 60
    assert figures.LONGEST_WATCH == PATIENCE


def test_without_policies_nothing_is_read() -> None:
    empty = figures.policy_needs(Needs(policies=(), account=an_account()))
    assert (empty.metrics, empty.watch_minutes) == (0, 0)
    silent = Needs(policies=a_bundle(verify=None).policies, account=an_account())
    assert figures.policy_needs(silent).watch_minutes == 0


def states(file: str) -> Mapping[str, Any]:
    return dict(json.loads((ASL / f"{file}.asl.json").read_text(encoding="utf-8"))["States"])


def path(found: Mapping[str, Any], first: str, *chosen: str) -> int:
    """Count the states passed from the first on; `chosen` says where each choice goes."""
    choices, at, passed = list(chosen), first, 0
    while True:
        state, passed = found[at], passed + 1
        if state["Type"] == "Choice":
            at = choices.pop(0)
            assert at in {state["Default"], *(c["Next"] for c in state["Choices"])}
        elif "Next" in state:
            at = state["Next"]
        else:
            return passed


def test_a_run_passes_as_many_states_as_counted() -> None:
    scan = states("scan")
    assert path(scan, "Discover") == figures.SCAN_TRANSITIONS
    one = scan["ScanTargets"]["ItemProcessor"]["States"]
    assert path(one, "Scan", "Done") == figures.TARGET_TRANSITIONS
    start = scan["StartChanges"]["ItemProcessor"]["States"]
    assert path(start, "StartChange") == figures.START_TRANSITIONS


def test_a_change_and_an_undo_pass_as_many_states_as_counted() -> None:
    change = states("change")
    forward = path(change, "Direction?", "Request", "WaitForWindow", "Notify")
    assert forward == figures.CHANGE_TRANSITIONS
    assert path(change, "Direction?", "Apply", "Notify") == figures.UNDO_TRANSITIONS


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("CloudWatch::Alarm", figures.ALARMS),
        ("CloudWatch::Dashboard", figures.DASHBOARDS),
        ("KMS::Key", figures.KEYS),
        ("SecretsManager::Secret", figures.SECRETS),
    ],
)
def test_what_stands_is_what_the_hub_deploys(kind: str, count: int) -> None:
    assert len(of_type(kind)) == count
