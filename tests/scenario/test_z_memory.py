"""Is the advice on memory sizes right, and not only hopeful? Steps that teach, are tried and taken
back, on the deployed thing.

After the tests that read the first run alone: another run is made here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenario.test_again import call
from tests.scenario.test_whole_loop import FOUND, trimtab
from trimtab.aws.items import to_item
from trimtab.aws.memory_records import AwsMemoryRecords
from trimtab.aws.round_items import memory_key
from trimtab.domain.arn import FunctionArn
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.memory_curve import Interval, MemoryRecord, SizeForecast
from trimtab.domain.plan import Disposition, Plan, PlannedFinding
from trimtab.domain.remediation import Remediation
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.demo.traffic import SLOWER, memory_of, split_of

if TYPE_CHECKING:
    from tests.scenario.conftest import Played

pytestmark = pytest.mark.scenario

POLICY_SLOWDOWN = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is on record of the first change of a function, entry by entry."""

    change: Remediation
    entries: tuple[Entry, ...]

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(entry.event for entry in self.entries)

    @property
    def after_mb(self) -> int:
        return self.change.after["memory_mb"]

    def data(self, event: str) -> Mapping[str, Any]:
        return next(entry.data for entry in self.entries if entry.event == event)

    def happened(self, *events: str) -> bool:
        """Tell whether these are on record in this order, whatever else is between them."""
        left = iter(self.events)
        return all(event in left for event in events)


def told(played: Played, function: DemoFunction) -> Told:
    mine = [e for e in played.check.hub.entries() if e.function == function.arn]
    first = min((e for e in mine if e.event == "proposed"), key=lambda e: e.at)
    return Told(
        change=from_wire(Remediation, first.data["remediation"]),
        entries=tuple(e for e in mine if e.chain == first.chain),
    )


def record_of(played: Played, function: DemoFunction) -> MemoryRecord:
    """Return the measured points that the state table holds."""
    table = played.world.outputs["StateTable"]
    arn = FunctionArn.parse(function.arn)
    return AwsMemoryRecords(played.world.hub("dynamodb"), table=table).records(arn.target)[arn]


def let_it_have_rested(played: Played, function: DemoFunction) -> None:
    """Move its record back by the rest that its policy asks for, as if that were over."""
    change = told(played, function).change
    asked = {"TableName": played.world.outputs["StateTable"]}
    asked["Key"] = to_item(memory_key(change.finding_id))
    dynamodb = played.world.hub("dynamodb")
    until = datetime.fromisoformat(dynamodb.get_item(**asked)["Item"]["cooling_until"]["S"])
    moved = to_item({":until": (until - change.rests_for).isoformat()})
    dynamodb.update_item(
        **asked, UpdateExpression="SET cooling_until = :until", ExpressionAttributeValues=moved
    )


@pytest.fixture(scope="module")
def next_run(played: Played) -> Plan:
    """The run after the rest of two functions; whoever is asked of the one says yes."""
    story, hub, person = played.world.story, played.check.hub, played.check.person
    for function in (story.plain, story.regresses):
        let_it_have_rested(played, function)
    before, links = {e["name"] for e in hub.executions("ScanMachineArn")}, set(person.links())
    played.world.fire("scan")
    plan = from_wire(Plan, hub.object(keys.plan(hub.wait_for_scan(after=before))))
    for link in set(person.links()) - links:
        if story.plain.name in person.open(link).body:
            person.answer(link, "approve")
    return plan


def found(plan: Plan, function: DemoFunction) -> PlannedFinding:
    (item,) = (i for i in plan.items if str(i.finding.function) == function.arn)
    return item


def chosen(change: Remediation) -> SizeForecast:
    curve = change.recommendation.curve
    assert curve is not None
    forecast = curve.at(change.after["memory_mb"])
    assert forecast is not None
    return forecast


def events_of(played: Played, change: Remediation) -> list[str]:
    return [e.event for e in played.check.hub.ledger.entries(change_chain(change.change_id))]


def width(interval: Interval) -> float:
    return interval.high - interval.low


def test_a_step_down_is_watched_measured_and_put_on_record(played: Played) -> None:
    function = played.world.story.plain
    step = told(played, function)
    assert step.happened("asked", "decided", "intended", "applied", "watch_healthy")
    assert step.after_mb < function.memory_mb
    saved = 1 - step.after_mb / function.memory_mb
    assert step.data("saving_measured")["share"] == pytest.approx(saved), (
        "it took as long as before"
    )
    record = record_of(played, function)
    assert {p.memory_mb for p in record.points} == {function.memory_mb, step.after_mb}
    assert {p.source for p in record.points} == {f"change {step.change.execution_name}"}
    assert record.baseline is not None
    assert record.baseline.memory_mb == function.memory_mb


def test_the_next_step_goes_further_and_is_told_more_closely_for_what_the_first_one_taught(
    played: Played, next_run: Plan
) -> None:
    function = played.world.story.plain
    first, again = told(played, function).change, found(next_run, function)
    assert again.disposition is Disposition.PLANNED, again.reason
    second = again.remediation
    assert second is not None
    sizes = [function.memory_mb, first.after["memory_mb"], second.after["memory_mb"]]
    assert sizes == sorted(sizes, reverse=True)
    curve = second.recommendation.curve
    assert curve is not None
    assert curve.basis[0].startswith(f"measured at {sizes[1]}, {sizes[0]} MB")
    assert sizes[2] / sizes[1] < sizes[1] / sizes[0], "it dares a longer step"
    assert width(chosen(second).cost) < width(chosen(first).cost), "and tells it more closely"
    limit = second.recommendation.max_duration_ratio
    assert limit == pytest.approx(1 + POLICY_SLOWDOWN, rel=0.01), "from before the first step"


def test_the_next_step_is_written_too(played: Played, next_run: Plan) -> None:
    function = played.world.story.plain
    second = found(next_run, function).remediation
    assert second is not None
    deadline = time.monotonic() + 90
    while "applied" not in events_of(played, second) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert "applied" in events_of(played, second)
    assert memory_of(played.world, function) == second.after["memory_mb"]


def test_s13_a_step_that_made_it_slower_is_put_back_and_its_size_stays_on_record(
    played: Played,
) -> None:
    function = played.world.story.regresses
    step = told(played, function)
    assert step.happened("applied", "watch_regressed", "undo_intended", "undone")
    seen = step.data("watch_regressed")["verification"]["comparisons"]
    worse = {c["figure"] for c in seen if c["answer"] == "regressed"}
    assert worse == {"mean duration"}, "nothing failed, and the p95 is within its terms"
    assert memory_of(played.world, function) == function.memory_mb
    points = {p.memory_mb: p for p in record_of(played, function).points}
    slower = points[step.after_mb].duration_mean_ms / points[function.memory_mb].duration_mean_ms
    assert 1 + POLICY_SLOWDOWN < slower <= SLOWER * (1 + 1e-9), "a quotient of two rounded means"


def test_s25_the_next_run_does_not_propose_what_was_too_slow(
    played: Played, next_run: Plan
) -> None:
    function = played.world.story.regresses
    left, again = told(played, function).after_mb, found(next_run, function)
    assert again.disposition is not Disposition.COOLING_DOWN, "its rest is over"
    advice = again.finding.advice
    assert isinstance(advice, Recommendation | Abstention)
    if isinstance(advice, Recommendation):
        assert advice.after["memory_mb"] != left
    assert advice.curve is not None
    known = advice.curve.at(left)
    assert known is not None
    assert known.why_not == "it was there before"
    assert left in {p.memory_mb for p in advice.curve.points}


def test_where_the_evidence_does_not_do_a_ticket_asks_for_a_measurement(
    played: Played, next_run: Plan
) -> None:
    function, issues = played.world.story.regresses, played.world.github.issues
    again = found(next_run, function)
    assert (again.disposition, isinstance(again.finding.advice, Abstention)) == (
        Disposition.TICKETED,
        True,
    )
    deadline = time.monotonic() + 30
    asked: list[str] = []
    while not asked and time.monotonic() < deadline:
        asked = [str(i["body"]) for i in issues if function.name in str(i["title"])]
        time.sleep(0.5)
    assert len(asked) == 1
    assert '"powerValues"' in asked[0]
    assert function.arn in asked[0]


def test_s22_a_canary_splits_the_alias_is_watched_per_version_and_moves_it(
    played: Played,
) -> None:
    step = told(played, played.world.story.kept)
    assert step.happened(
        "canary_started", "canary_healthy", "promotion_intended", "applied", "watch_healthy"
    )
    assert step.change.canary is not None
    seen = step.data("canary_healthy")["verification"]["comparisons"]
    assert any("beside it" in c["why"] and "with the new size" in c["why"] for c in seen)
    began, ended = step.data("canary_started"), step.data("applied")
    assert set(began["aliases"]) == {"live"}
    assert began["version"] not in began["aliases"].values()
    assert ended["aliases"] == {"live": began["version"]}
    assert not split_of(played.world, played.world.story.kept)


def test_s13_a_canary_that_fails_is_taken_back_and_its_weight_is_gone(played: Played) -> None:
    function = played.world.story.fails
    step = told(played, function)
    assert step.happened("canary_started", "canary_regressed", "undo_intended", "undone")
    assert "applied" not in step.events, "the rest of its traffic never saw it"
    assert not split_of(played.world, function)
    assert memory_of(played.world, function, "live") == function.memory_mb
    assert memory_of(played.world, function) == function.memory_mb
    client = played.world.emulator.client("lambda", function.account, function.region)
    alias = client.get_alias(FunctionName=function.name, Name="live")
    assert alias["FunctionVersion"] == step.data("canary_started")["aliases"]["live"]


def test_what_is_starved_goes_up_once_somebody_agrees(played: Played, next_run: Plan) -> None:
    function = played.world.story.starved
    step = told(played, function)
    assert step.change.policy_id == "memory-starved"
    assert step.happened("asked", "decided", "applied", "watch_healthy")
    assert step.data("decided")["signed"]["decision"]["word"] == "approved"
    assert step.after_mb > function.memory_mb
    assert step.change.min_saving is None, "nobody asks of it to save"
    assert step.data("saving_measured")["share"] < 0
    assert memory_of(played.world, function) == step.after_mb
    assert not [i for i in next_run.items if str(i.finding.function) == function.arn], (
        "with more memory it is starved no more"
    )


def test_s05_what_was_deployed_after_the_question_is_not_written_on(played: Played) -> None:
    function = played.world.story.deployed_meanwhile
    step = told(played, function)
    assert step.happened("asked", "decided", "stale")
    assert step.data("decided")["signed"]["decision"]["word"] == "approved"
    assert step.data("stale")["reason"].startswith("code was ")
    assert "intended" not in step.events
    assert memory_of(played.world, function) == function.memory_mb


def test_the_command_line_tells_what_was_saved_next_to_what_was_predicted(played: Played) -> None:
    done = trimtab(played, "savings", "--json")
    assert done.returncode == 0, done.stderr
    rows = {c["change"]: c for c in json.loads(done.stdout)["changes"]}
    story = played.world.story
    down, up, slow = (
        rows[told(played, f).change.change_id]
        for f in (story.plain, story.starved, story.regresses)
    )
    assert down["predicted_low_usd_month"] <= down["measured_usd_month"]
    assert down["measured_usd_month"] <= down["predicted_high_usd_month"]
    assert up["measured_usd_month"] < 0, "more memory costs more, and it is said"
    assert (slow["state"], slow["saved_so_far_usd"]) == ("undone", 0.0)
    assert told(played, story.fails).change.change_id not in rows, "it was never applied"


def test_the_command_line_explains_the_next_step(played: Played, next_run: Plan) -> None:
    function = played.world.story.plain
    second = found(next_run, function).remediation
    assert second is not None
    done = trimtab(played, "memory", "explain", function.name, "--stack", "trimtab-hub")
    assert done.returncode == FOUND, done.stderr
    assert f"proposed: {second.after['memory_mb']:,} MB" in done.stdout
    (now,) = (line for line in done.stdout.splitlines() if " MB  now " in line)
    assert "mean 406 ms of" in now, "what the first step measured stands beside it"


def test_s12_closed_changes_are_looked_after(played: Played) -> None:
    """How many at this time hangs on the hour of the day; nobody else took one back."""
    done = call(played, "watch", {"aftercare": True})
    assert (done["reverted"], done["gaps"]) == (0, 0)
