"""What if it stops right here? Every path, stopped at every call to the outside (S6, S26).

Each case is one story with one fault; afterwards everything goes on as in production, until nothing
is left to do. Here every nineteenth case is run, `make storm` runs all of them.
"""

from collections import Counter
from functools import cache

import pytest

from tests.storm.endings import unfinished
from tests.storm.gate import Fault
from tests.storm.production import Production
from tests.storm.stories import STORIES, Boundary, boundaries
from trimtab.flows import reconcile

SHARE = 19
PATHS = {
    "discover",
    "scan",
    "plan",
    "ask",
    "click",
    "request",
    "decide",
    "apply",
    "watch",
    "undo",
    "tell",
    "reconcile",
    "by hand",
}
Case = tuple[Boundary, Fault]


@cache
def cases_of(story: str) -> tuple[Case, ...]:
    """Return every case of a story, counted by telling it without a fault."""
    production, _ = STORIES[story].tell()
    found = boundaries(production.world.gate.processes, STORIES[story].focus)
    return tuple((boundary, fault) for boundary in found for fault in boundary.call.faults)


def broken_by(story: str, case: Case) -> list[str]:
    boundary, fault = case
    production, is_quiet = STORIES[story].tell({boundary.call.index: fault})
    assert len(production.world.gate.injected) == 1, f"{story}: {fault} of {boundary} met nothing"
    return unfinished(production, is_quiet)


def run(story: str, every: int) -> tuple[int, list[str]]:
    """Run every so many-th case; return how many, and what went wrong."""
    offset = sorted(STORIES).index(story)
    chosen = cases_of(story)[offset % every :: every]
    wrong = [
        f"STORIES[{story!r}].tell({{{boundary.call.index}: Fault.{fault.name}}}): "
        f"{fault} of {boundary}: {found}"
        for boundary, fault in chosen
        if (found := broken_by(story, (boundary, fault)))
    ]
    return len(chosen), wrong


@pytest.mark.parametrize("story", STORIES)
def test_every_story_ends_as_it_says_when_nothing_goes_wrong(story: str) -> None:
    production, is_quiet = STORIES[story].tell()
    assert unfinished(production, is_quiet) == []
    (record,) = production.world.raw.desk._rounds.values()
    assert record.status.value == STORIES[story].ends


def test_s06_every_path_has_boundaries_and_each_can_fail() -> None:
    found = Counter(boundary.path for story in STORIES for boundary, _ in cases_of(story))
    assert found.keys() == PATHS
    assert min(found.values()) > 0
    assert {fault for story in STORIES for _, fault in cases_of(story)} == set(Fault)


@pytest.mark.parametrize("story", STORIES)
def test_s06_a_fault_at_any_call_is_mended(story: str) -> None:
    count, wrong = run(story, SHARE)
    assert count > 0
    assert not wrong, "\n".join(wrong)


def killed(story: str, step: int) -> tuple[Production, bool]:
    """Tell a story in which one step of an execution finds it stopped."""
    production = STORIES[story].begin()
    production.killed = {step}
    return STORIES[story].finish(production)


def doubled(story: str, number: int) -> tuple[Production, bool]:
    """Tell a story in which one event comes twice."""
    production = STORIES[story].begin()
    production.doubled = {number}
    return STORIES[story].finish(production)


def steps_of(story: str) -> list[int]:
    """Return the steps of Change; a Scan that is stopped is the next one's business."""
    production, _ = STORIES[story].tell()
    last = {"StartChanges", "ScanTargets", "Discover", "Plan"}
    return [n for n, state in enumerate(production.steps) if state not in last]


def unmended_kills(story: str, every: int) -> list[str]:
    return [
        f"killed({story!r}, {step}): {found}"
        for step in steps_of(story)[::every]
        if (found := unfinished(*killed(story, step)))
    ]


@pytest.mark.parametrize("story", ["healthy, with aliases", "regressed", "rejected", "expired"])
def test_s06_an_execution_that_is_stopped_is_started_again(story: str) -> None:
    assert unmended_kills(story, 3) == []


@pytest.mark.parametrize("story", ["healthy, with aliases", "regressed", "changed since"])
def test_s06_an_event_that_comes_twice_changes_nothing_twice(story: str) -> None:
    production, _ = STORIES[story].tell()
    for number in range(production.invoked):
        assert unfinished(*doubled(story, number)) == [], number


def test_s06_the_stories_wait_as_long_as_the_reconciler_needs() -> None:
    production, is_quiet = STORIES["expired"].tell()
    assert is_quiet
    assert production.world.clock.now() - production.began >= reconcile.ABANDONED_AFTER


@pytest.mark.storm
@pytest.mark.parametrize("story", STORIES)
def test_s06_every_case_of_the_matrix(story: str, capsys: pytest.CaptureFixture[str]) -> None:
    per_path = Counter(boundary.path for boundary, _ in cases_of(story))
    calls = {boundary.call.index for boundary, _ in cases_of(story)}
    count, wrong = run(story, 1)
    with capsys.disabled():
        told = ", ".join(f"{path} {n}" for path, n in sorted(per_path.items()))
        print(f"\n{story}: {len(calls)} boundaries, {count} cases ({told})")  # noqa: T201
    assert not wrong, "\n".join(wrong)


@pytest.mark.storm
@pytest.mark.parametrize("story", STORIES)
def test_s06_every_step_stopped(story: str) -> None:
    assert unmended_kills(story, 1) == []
