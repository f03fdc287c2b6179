"""Does a crash at any boundary of a removal of versions lose nothing, and delete none twice? (S6)

Every call to Lambda, CloudWatch, CloudTrail, the ledger and the desk is a boundary; at each of them
the call dies, once before and once after it landed, and is made again.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache

import pytest

from tests.fakes.failures import READ_TIMEOUT
from tests.pipeline.house import House
from tests.pipeline.test_removal_crashes import GOES_ON, MODES, SHARE, Crashing, again
from tests.pipeline.version_house import (
    TARGET,
    a_versioned_house,
    approved,
    call_version,
    deletions,
    left_without,
    step,
    there,
    watch,
)
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.removal_record import versions_gone, versions_kept, versions_left

VERSIONS = 7
"""Two of them go: as many as it takes to be cut off between them, and short to play."""
GOING = ("1", "2")
ENOUGH = 40
"""Calls after which a removal that has not ended never will."""


def a_small_house() -> House:
    return a_versioned_house(versions=VERSIONS, served="7")


def until(house: House, change: Remediation, word: OutcomeWord) -> None:
    """Call as the state machine would until this word is answered, or it has ended."""
    for _ in range(ENOUGH):
        outcome = again(house, lambda: step(house, change))
        if outcome.word is word or outcome.word not in GOES_ON:
            return
        if outcome.word is OutcomeWord.NOTICE:
            house.clock.advance(timedelta(days=7, hours=1))
        elif outcome.word is OutcomeWord.WAITING:
            house.clock.advance(timedelta(minutes=10))
    raise AssertionError("it never came")


def all_go(house: House, change: Remediation) -> None:
    until(house, change, OutcomeWord.WRITTEN)


def one_is_called(house: House, change: Remediation) -> None:
    """Somebody calls version 2 while on notice; the watch sees it, and the others go."""
    until(house, change, OutcomeWord.NOTICE)
    house.clock.advance(timedelta(minutes=80 - house.clock.now().minute))
    call_version(house, "2")
    house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))

    def look() -> None:
        house.clock.advance(timedelta(minutes=60 - house.clock.now().minute))
        watch(house)
        assert "2" in versions_kept(known(house, change))

    look_until(house, look)
    until(house, change, OutcomeWord.WRITTEN)


def look_until(house: House, look: Callable[[], None]) -> None:
    """Let the watch look again where it died: it comes every minute."""
    for _ in range(3):
        try:
            return look()
        except AssertionError:
            house.clock.advance(timedelta(minutes=1))
    raise AssertionError("the watch never saw it")


def taken_back(house: House, change: Remediation) -> None:
    """An undo comes once the notice is over and the first deletions are made, or before."""
    until(house, change, OutcomeWord.NOTICE)
    again(house, lambda: house.carry(change, Direction.UNDO))


STORIES: dict[str, tuple[Callable[[House, Remediation], None], str, tuple[str, ...]]] = {
    "all go": (all_go, "removed", GOING),
    "one is called": (one_is_called, "removed", ("1",)),
    "taken back": (taken_back, "not_written", ()),
}


def known(house: House, change: Remediation) -> OnRecord:
    return read_round(house.ledger, change.change_id, change.round)


@cache
def boundaries(story: str) -> int:
    house = a_small_house()
    change = approved(house)
    counting = Crashing(house)
    play, ends, _ = STORIES[story]
    play(house, change)
    counting.is_over = True
    assert house.status(change) == ends
    return counting.boundaries


def assert_ended_once(house: House, change: Remediation, story: str) -> None:
    _, ends, going = STORIES[story]
    assert house.status(change) == ends, house.round(change).note
    assert house.events(change).count(ends) == 1
    assert house.desk.lock_of(str(change.function)) is None
    assert sorted(deletions(house)) == sorted(going), "deleted twice, or not at all"
    assert there(house) == left_without(*going, versions=VERSIONS)
    if ends == "removed":
        found = known(house, change)
        assert set(versions_gone(found)) == set(going)
        assert set(versions_kept(found)) == set(GOING) - set(going)
        assert not versions_left(found)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("story", STORIES)
def test_s06_a_crash_at_a_boundary_of_a_removal_of_versions_is_mended_by_going_on(
    story: str, mode: str
) -> None:
    dies_at(range(MODES.index(mode), boundaries(story), SHARE), story, mode)


@pytest.mark.storm
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("story", STORIES)
def test_s06_a_crash_at_every_boundary_of_a_removal_of_versions_is_mended_by_going_on(
    story: str, mode: str
) -> None:
    dies_at(range(boundaries(story)), story, mode)


def dies_at(numbers: Iterable[int], story: str, mode: str) -> None:
    play = STORIES[story][0]
    for at in numbers:
        house = a_small_house()
        change = approved(house)
        crashing = Crashing(house, at, mode)
        try:
            play(house, change)
            crashing.is_over = True
            assert_ended_once(house, change, story)
        except AssertionError as error:
            raise AssertionError(f"{story}, {mode} boundary {at}: {error}") from error


@pytest.mark.parametrize("landed", [False, True], ids=["lost", "landed"])
def test_s26_an_answer_that_never_came_is_read_again_not_repeated(landed: bool) -> None:
    house = a_small_house()
    change = approved(house)
    house.functions.fail_next("DeleteFunction", READ_TIMEOUT, after_landing=landed)
    all_go(house, change)
    assert_ended_once(house, change, "all go")
    assert house.cloud[TARGET].functions.calls["DeleteFunction"] == len(GOING) + (not landed)


def test_the_stories_have_boundaries_enough_to_mean_something() -> None:
    found = {story: boundaries(story) for story in STORIES}
    assert {story: number > 25 for story, number in found.items()} == dict.fromkeys(STORIES, True)
