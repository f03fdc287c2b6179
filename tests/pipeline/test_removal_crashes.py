"""Does a crash at any boundary of a removal lose nothing, and delete nothing twice? (S6, S15, S26)

Every call to Lambda, CloudWatch, CloudTrail, the ledger and the desk is a boundary; at each of them
the call dies, before or after it landed, and is made again.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.fakes.failures import READ_TIMEOUT
from tests.pipeline.house import House
from tests.pipeline.removal_house import NAME, a_house, approved, call, step
from trimtab.domain.errors import OutsideError, RetryableError
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.remediation import Remediation
from trimtab.domain.terms import Direction
from trimtab.pipeline.on_record import read_round
from trimtab.pipeline.removal_signs import KEPT, stop
from trimtab.pipeline.removal_watch import watch_removals

MODES = ("before", "after")
GOES_ON = (
    OutcomeWord.BACKUP,
    OutcomeWord.NOTICE,
    OutcomeWord.QUARANTINE,
    OutcomeWord.WAITING,
)
SHARE = 4
"""Every so many-th boundary in `make test`; every one in `make storm`."""
ENOUGH = 60
"""Calls after which a removal that has not ended never will."""


class Crashing:
    """Lets the call at one boundary die, and counts the boundaries."""

    def __init__(self, house: House, at: int | None = None, mode: str = "before") -> None:
        self.boundaries = 0
        self._at, self._mode = at, mode
        self.is_over = False
        """Whether the test itself asks from now on."""
        for thing, method in (
            (house.ledger, "append"),
            (house.desk, "advance"),
            (house.desk, "hold"),
            (house.desk, "round"),
            (house.desk, "take_slot"),
            (house.desk, "remember"),
            (house.functions, "run"),
            (house.cloud[TARGET].metrics, "run"),
            (house.cloud[TARGET].trail, "run"),
        ):
            setattr(thing, method, self._counting(getattr(thing, method)))

    def _counting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **given: Any) -> Any:
            if self.is_over:
                return method(*args, **given)
            number = self.boundaries
            self.boundaries += 1
            if number == self._at and self._mode == "before":
                raise RetryableError("it died here")
            answer = method(*args, **given)
            if number == self._at:
                raise RetryableError("it died there")
            return answer

        return counted


def again(house: House, work: Callable[[], Any]) -> Any:
    """Do it once more where it died: a state machine, a schedule or a person does."""
    for _ in range(3):
        try:
            return work()
        except OutsideError:
            house.clock.advance(timedelta(minutes=5))
    raise AssertionError("it dies each time")


def pause(house: House, word: OutcomeWord, began: list[Any]) -> None:
    """Let the time pass that the state machine waits, in long strides."""
    if word is OutcomeWord.NOTICE:
        house.clock.advance(timedelta(days=7, hours=1))
    elif word is OutcomeWord.QUARANTINE:
        began.append(house.clock.now())
        late = house.clock.now() - began[0] >= timedelta(hours=71)
        house.clock.advance(timedelta(minutes=10) if late else timedelta(hours=71, minutes=5))
    elif word is OutcomeWord.WAITING:
        house.clock.advance(timedelta(minutes=10))


def removed(house: House, change: Remediation) -> None:
    began: list[Any] = []
    for _ in range(ENOUGH):
        outcome = again(house, lambda: step(house, change))
        if outcome.word not in GOES_ON:
            return
        pause(house, outcome.word, began)
    raise AssertionError("it never ended")


def look(house: House) -> None:
    """Let the watch look until it can: it comes every minute."""
    released, gaps = watch_removals(house.verify_bench())
    if gaps or not released:
        raise RetryableError(str(gaps))


def called(house: House, change: Remediation) -> None:
    """Go as far as the quarantine; then somebody calls, and the watch sees it."""
    for _ in range(ENOUGH):
        outcome = again(house, lambda: step(house, change))
        if outcome.word is OutcomeWord.QUARANTINE:
            break
        pause(house, outcome.word, [])
    house.clock.advance(timedelta(hours=1))
    call(house)
    again(house, lambda: look(house))
    again(house, lambda: house.carry(change, Direction.UNDO))


def kept(house: House, change: Remediation) -> None:
    """Go as far as the notice; then its owner keeps it."""
    for _ in range(ENOUGH):
        outcome = again(house, lambda: step(house, change))
        if outcome.word is OutcomeWord.NOTICE:
            break
    known = read_round(house.ledger, change.change_id, change.round)

    def keep() -> None:
        now = house.clock.now()
        stop(known, house.ledger, KEPT, "its owner keeps it", actor="somebody", now=now)

    again(house, keep)
    again(house, lambda: house.carry(change, Direction.UNDO))


STORIES: dict[str, tuple[Callable[[House, Remediation], None], str]] = {
    "removed": (removed, "removed"),
    "called": (called, "undone"),
    "kept": (kept, "not_written"),
}


@cache
def boundaries(story: str) -> int:
    house = a_house(reserved=3)
    change = approved(house)
    counting = Crashing(house)
    tell, ends = STORIES[story]
    tell(house, change)
    counting.is_over = True
    assert house.status(change) == ends
    return counting.boundaries


def assert_ended_once(house: House, change: Remediation, story: str) -> None:
    ends = STORIES[story][1]
    assert house.status(change) == ends, house.round(change).note
    events = house.events(change)
    assert events.count(ends) == 1
    assert house.desk.lock_of(str(change.function)) is None
    if ends == "removed":
        assert NAME not in house.functions._functions
        deletions = [e for e in house.cloud[TARGET].trail._events if "DeleteFunction2" in str(e)]
        assert len(deletions) == 1, "deleted twice"
    else:
        assert house.functions._functions[NAME].reserved == 3, "left in quarantine"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("story", STORIES)
def test_s06_a_crash_at_a_boundary_of_a_removal_is_mended_by_going_on(
    story: str, mode: str
) -> None:
    dies_at(range(MODES.index(mode), boundaries(story), SHARE), story, mode)


@pytest.mark.storm
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("story", STORIES)
def test_s06_a_crash_at_every_boundary_of_a_removal_is_mended_by_going_on(
    story: str, mode: str
) -> None:
    dies_at(range(boundaries(story)), story, mode)


def dies_at(numbers: Iterable[int], story: str, mode: str) -> None:
    tell, _ = STORIES[story]
    for at in numbers:
        house = a_house(reserved=3)
        change = approved(house)
        crashing = Crashing(house, at, mode)
        tell(house, change)
        crashing.is_over = True
        try:
            assert_ended_once(house, change, story)
        except AssertionError as error:
            raise AssertionError(f"{story}, {mode} boundary {at}: {error}") from error


@pytest.mark.parametrize("landed", [False, True], ids=["lost", "landed"])
@pytest.mark.parametrize("operation", ["PutFunctionConcurrency", "DeleteFunction"])
def test_s26_an_answer_that_never_came_is_read_again_not_repeated(
    operation: str, landed: bool
) -> None:
    house = a_house(reserved=3)
    change = approved(house)
    house.functions.fail_next(operation, READ_TIMEOUT, after_landing=landed)
    removed(house, change)
    assert_ended_once(house, change, "removed")


def test_the_stories_have_boundaries_enough_to_mean_something() -> None:
    assert {story: boundaries(story) > 20 for story in STORIES} == dict.fromkeys(STORIES, True)
