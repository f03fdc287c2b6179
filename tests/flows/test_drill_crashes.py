"""Does a drill that was cut off anywhere, and run again, leave all of theirs and none of ours?"""

from typing import Any

import pytest

from tests.fakes.member_state import CrashError
from tests.flows.drilling import Scene
from tests.pipeline.drilled import MARKED, SANDBOX
from trimtab.domain.drill import PREFIX


class Crashing(Scene):
    """A scene whose ledger may lose the process at any append, before it lands or after."""

    def __init__(self) -> None:
        super().__init__(functions=2)
        self.appends = 0
        self.crash: tuple[int, str] | None = None
        land = self.ledger.append

        def append(*given: Any, **named: Any) -> Any:
            number, self.appends = self.appends, self.appends + 1
            if self.crash == (number, "before"):
                raise CrashError(number)
            entry = land(*given, **named)
            if self.crash == (number, "after"):
                raise CrashError(number)
            return entry

        self.ledger.append = append  # type: ignore[method-assign]


def crashed_and_run_again(scene: Crashing) -> None:
    """Hold what every crash must end in, whatever it was."""
    stranger = scene.hall.account.stranger("payroll", MARKED)
    with pytest.raises(CrashError):
        scene.drill()
    scene.crash = scene.hall.account.crash = None
    scene.wait()
    report = scene.drill()
    assert [one.word.value for one in report.functions] == ["same", "same"]
    assert set(scene.hall.account.functions) == {stranger.name}, "nothing of ours, all of theirs"
    ours = f":{SANDBOX}:function:{PREFIX}"
    assert all(ours in name for name in scene.hall.account.deleted)
    begun = scene.events().count("drill_begun")
    if begun == 2 and scene.events().count("drill_ended") == 1:
        assert "never ended" in report.problems[0]
    assert list(scene.ledger.open_chains()) == []
    assert scene.house.account.writes == []


def boundaries() -> tuple[int, int]:
    scene = Crashing()
    scene.drill()
    return len(scene.hall.account.writes), scene.appends


WRITES, APPENDS = boundaries()


def test_there_are_enough_boundaries_to_crash_at() -> None:
    assert (WRITES, APPENDS) == (10, 24)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(WRITES))
def test_s14_a_crash_at_any_write_leaves_nothing_once_it_ran_again(number: int, when: str) -> None:
    scene = Crashing()
    scene.hall.account.crash = (number, when)
    crashed_and_run_again(scene)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(APPENDS))
def test_s14_a_crash_at_any_entry_leaves_nothing_once_it_ran_again(number: int, when: str) -> None:
    scene = Crashing()
    scene.crash = (number, when)
    crashed_and_run_again(scene)
