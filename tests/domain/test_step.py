"""Is a step seen done on a fresh read, and read back from the ledger as it was?"""

from typing import Any

import pytest

from tests.fakes.builders import a_state, an_alias
from trimtab.domain.step import (
    MoveAlias,
    PublishVersion,
    SetMemory,
    SplitAlias,
    Step,
    UnsplitAlias,
    is_seen_done,
    read_step,
)
from trimtab.domain.wire import to_wire

SPLIT = SplitAlias(alias="live", stable_version="1", canary_version="2", weight=0.1)
UNSPLIT = UnsplitAlias(alias="live", canary_version="2")
MOVE = MoveAlias(alias="live", from_version="1", to_version="2")
PUBLISH = PublishVersion(code_sha256="b2xk", memory_mb=1769, description="c-r1")


@pytest.mark.parametrize(
    ("step", "alias", "is_done"),
    [
        (SPLIT, an_alias("live"), False),
        (SPLIT, an_alias("live", weights={"2": 0.1}), True),
        (SPLIT, an_alias("live", "9", weights={"2": 0.1}), True),
        (SPLIT, an_alias("other", weights={"2": 0.1}), False),
        (UNSPLIT, an_alias("live", weights={"2": 0.1}), False),
        (UNSPLIT, an_alias("live", "9"), True),
        (MOVE, an_alias("live"), False),
        (MOVE, an_alias("live", "2"), True),
    ],
)
def test_an_alias_shows_what_was_done_to_it(step: Any, alias: Any, *, is_done: bool) -> None:
    assert is_seen_done(step, a_state(aliases=(alias,))) is is_done


@pytest.mark.parametrize(("memory_mb", "is_done"), [(3008, True), (1769, False)])
def test_a_size_is_seen(memory_mb: int, *, is_done: bool) -> None:
    assert is_seen_done(SetMemory(memory_mb=memory_mb), a_state()) is is_done


@pytest.mark.parametrize("step", [SPLIT, UNSPLIT, MOVE, PUBLISH, SetMemory(memory_mb=1)])
def test_a_step_comes_back_from_the_ledger_as_it_was(step: Step) -> None:
    assert read_step(to_wire(step)) == step
