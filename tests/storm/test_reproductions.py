"""Which holes did the storm find that are closed by now? One reproduction each keeps them so."""

from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET
from tests.storm.endings import unfinished
from tests.storm.gate import Fault
from tests.storm.production import Production
from tests.storm.stories import STORIES, Story, boundaries, says_nothing, the_bundle
from tests.storm.test_crash_matrix import killed
from tests.storm.world import World
from trimtab.aws.round_items import stored_round
from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.remediation import Remediation


def proposed() -> tuple[Production, Remediation, str]:
    """Scan, plan and ask; return the one change and the token of its link."""
    world = World(the_bundle())
    world.metrics(TARGET)
    world.functions.add("orders")
    production = Production(world, says_nothing, scans=0)
    production.start_scan()
    production.run_due()
    (record,) = world.raw.desk._rounds.values()
    ((_, _, token),) = production.new_links()
    return production, record.remediation, token


def told_with(story: Story, path: str, what: str, fault: Fault) -> list[str]:
    """Tell a story with one fault at the first such call of a path."""
    production, _ = story.tell()
    call = next(
        b.call.index
        for b in boundaries(production.world.gate.processes, frozenset())
        if (b.path, b.call.what) == (path, what)
    )
    return unfinished(*story.tell({call: fault}))


@pytest.mark.parametrize(("path", "what"), [("plan", "store.put"), ("ask", "mailer.send")])
def test_s06_a_planner_that_dies_leaves_nobody_unasked(path: str, what: str) -> None:
    assert told_with(STORIES["expired"], path, what, Fault.CRASH_BEFORE) == []


def test_s06_a_denied_call_of_the_planner_leaves_nobody_unasked() -> None:
    assert told_with(STORIES["expired"], "plan", "store.put", Fault.DENIED) == []


@pytest.mark.parametrize(
    ("path", "what"), [("tell", "mailer.send"), ("apply", "desk.let_go"), ("tell", "desk.round")]
)
def test_s06_an_ending_that_could_not_be_told_is_told_later(path: str, what: str) -> None:
    assert told_with(STORIES["changed since"], path, what, Fault.DENIED) == []


def test_s06_an_execution_stopped_before_it_told_tells_later() -> None:
    production, _ = STORIES["changed since"].tell()
    last = max(n for n, state in enumerate(production.steps) if state == "Notify")
    assert unfinished(*killed("changed since", last)) == []


def test_s06_a_no_that_nobody_waits_for_leaves_the_open_rounds() -> None:
    production, _ = STORIES["rejected"].tell()
    production, _ = killed("rejected", production.steps.index("Request"))
    assert production.world.raw.desk.open_rounds(tuple(RoundStatus)) == ()


DECIDE, CRASH_AFTER = 5, 1
"""Where a posted form writes its decision, and which of the faults of that call is a crash."""


def test_s25_a_rejected_change_is_not_proposed_again_by_a_scan_that_comes_at_once() -> None:
    production, change, token = proposed()
    world = production.world
    world.gate.roll = (DECIDE, CRASH_AFTER)
    world.call("approval", {"token": token, "button": "reject", "reason": "no"})
    assert world.gate.injected[0].startswith("crash after: desk.decide of approval")
    production.start_scan()
    production.run_due()
    assert list(world.raw.desk._rounds) == [(change.change_id, 1)]


@pytest.mark.parametrize("button", ["approve", "reject"])
def test_s03_a_decision_by_a_clock_that_is_behind_is_taken_whole_or_not_at_all(button: str) -> None:
    production, change, token = proposed()
    world = production.world
    world.clock.advance(-timedelta(seconds=1))
    world.call("approval", {"token": token, "button": button, "reason": "no"})
    world.clock.advance(timedelta(minutes=5))
    production.tick()
    is_decided = world.round(change).decision is not None
    assert ("decided" in world.events(change)) is is_decided


def test_s19_a_round_keeps_its_lock_until_the_state_table_has_closed_it() -> None:
    production, _ = STORIES["healthy"].tell()
    call = next(
        call.index
        for process in production.world.gate.processes
        for call in process.calls
        if process.lambda_ == "watch" and call.what == "mailer.send"
    )
    production = STORIES["healthy"].begin()
    production.world.gate.faults = {call: Fault.THROTTLED}
    while not production.world.gate.injected:
        production.tick()
        production.world.clock.advance(production.next_step())
    production.world.call("reconcile", {})
    (record,) = production.world.raw.desk._rounds.values()
    lock = production.world.raw.desk.lock_of(str(record.remediation.function))
    assert lock is not None or not record.status.is_open


def test_s19_a_lost_lock_lets_no_second_change_open() -> None:
    production, change, _ = proposed()
    world = production.world
    world.raw.desk._locks.clear()
    production.start_scan()
    production.run_due()
    is_open = [key for key, r in world.raw.desk._rounds.items() if r.status.is_open]
    assert is_open == [(change.change_id, 1)]


def test_s30_an_event_about_an_undecided_round_changes_nothing() -> None:
    production, change, _ = proposed()
    before = production.world.everything_stored()
    payload = {"change_id": change.change_id, "round": 1, "direction": "forward"}
    production.world.call("apply", payload)
    assert production.world.everything_stored() == before


def test_s06_a_garbled_row_does_not_stop_the_reconciler() -> None:
    """The real desk reads a row with `stored_round`: what that raises is what the desk raises."""
    production, change, _ = proposed()
    world = production.world
    read = world.raw.desk.round

    def garbled(change_id: str, number: int) -> Round:
        return stored_round({}) if change_id == change.change_id else read(change_id, number)

    world.raw.desk.round = garbled
    world.raw.desk.open_rounds = lambda statuses: ()
    assert world.call("reconcile", {}).error is None


def test_the_reproductions_start_from_a_change_that_waits() -> None:
    production, change, token = proposed()
    assert production.world.round(change).status is RoundStatus.PROPOSED
    assert production.world.call("look", {"token": token}).value == {"status": "proposed"}
