"""Which write comes next while a share of the traffic tries a size, and whose share is it?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import a_configuration, a_finding, a_remediation, a_state, an_alias
from trimtab.domain.evidence import Known
from trimtab.domain.fleet import Alias, FunctionState
from trimtab.domain.remediation import BeforeImage, Remediation
from trimtab.domain.step import MoveAlias, PublishVersion, SetMemory, SplitAlias, UnsplitAlias
from trimtab.domain.terms import CanaryTerms
from trimtab.remediations.set_memory import KIND

SERVED = a_configuration()
OURS = {"2": 0.1}


def a_change(**aliases: str) -> Remediation:
    before = BeforeImage(configuration=SERVED, aliases=aliases or {"beta": "1", "live": "1"})
    canary = CanaryTerms(weight=0.1, watch=timedelta(hours=1))
    return a_remediation(before=before, canary=canary)


def a_function(*aliases: Alias, memory_mb: int = 1769, **given: Any) -> FunctionState:
    configuration = replace(SERVED, memory_mb=memory_mb)
    return a_state(configuration=configuration, aliases=aliases, **given)


WHOLE = (an_alias("live"), an_alias("beta"))
SPLIT = (an_alias("live", weights=OURS), an_alias("beta", weights=OURS))


def a_split(alias: str) -> SplitAlias:
    return SplitAlias(alias=alias, stable_version="1", canary_version="2", weight=0.1)


def test_a_canary_is_reached_by_the_size_a_version_and_a_split_of_each_alias() -> None:
    change = a_change()
    assert KIND.next_canary_step(change, a_function(*WHOLE, memory_mb=3008), None) == SetMemory(
        memory_mb=1769
    )
    assert isinstance(KIND.next_canary_step(change, a_function(*WHOLE), None), PublishVersion)
    assert KIND.next_canary_step(change, a_function(*WHOLE), "2") == a_split("beta")
    half = a_function(WHOLE[0], SPLIT[1])
    assert KIND.next_canary_step(change, half, "2") == a_split("live")
    assert KIND.next_canary_step(change, a_function(*SPLIT), "2") is None


def test_an_alias_moves_as_a_whole_only_from_a_split() -> None:
    change = a_change()
    assert KIND.next_step(change, a_function(*WHOLE), "2") == a_split("beta")
    assert KIND.next_step(change, a_function(*SPLIT), "2") == MoveAlias(
        alias="beta", from_version="1", to_version="2"
    )
    half = a_function(SPLIT[0], an_alias("beta", "2"))
    assert KIND.next_step(change, half, "2") == MoveAlias(
        alias="live", from_version="1", to_version="2"
    )
    done = a_function(an_alias("live", "2"), an_alias("beta", "2"))
    assert KIND.next_step(change, done, "2") is None


def test_what_serves_latest_is_not_split() -> None:
    change = a_change(live="1", dev="$LATEST")
    state = a_function(an_alias("live"), an_alias("dev", "$LATEST"))
    assert KIND.next_canary_step(change, state, "2") == a_split("live")
    split = a_function(SPLIT[0], an_alias("dev", "$LATEST"))
    assert KIND.next_canary_step(change, split, "2") is None


@pytest.mark.parametrize(
    ("aliases", "has"),
    [({}, False), ({"dev": "$LATEST"}, False), ({"dev": "$LATEST", "live": "1"}, True)],
)
def test_only_an_alias_on_a_version_can_try_anything(aliases: dict[str, str], *, has: bool) -> None:
    signals = {"function.aliases": Known(value=aliases, source="test")}
    assert KIND.has_canary(a_finding(signals=signals)) is has


def test_an_undo_takes_our_share_away_then_moves_aliases_then_the_size() -> None:
    change = a_change()
    mixed = a_function(SPLIT[0], an_alias("beta", "2"))
    assert KIND.next_undo_step(change, mixed, "2") == UnsplitAlias(alias="live", canary_version="2")
    whole = a_function(WHOLE[0], an_alias("beta", "2"))
    assert KIND.next_undo_step(change, whole, "2") == MoveAlias(
        alias="beta", from_version="2", to_version="1"
    )
    assert KIND.next_undo_step(change, a_function(*WHOLE), "2") == SetMemory(memory_mb=3008)


@pytest.mark.parametrize(
    ("alias", "is_taken_off"),
    [
        (an_alias("live"), False),
        (an_alias("live", weights=OURS), True),
        (an_alias("live", weights={"2": 0.9}), True),
        (an_alias("live", "9", weights=OURS), True),
        (an_alias("live", "9", weights={"8": 0.1}), False),
        (an_alias("live", "2", weights={"9": 0.1}), False),
    ],
)
def test_s13_every_share_of_a_version_of_ours_is_taken_off_and_no_other(
    alias: Alias, *, is_taken_off: bool
) -> None:
    step = KIND.next_removal(a_function(alias, memory_mb=512), frozenset({"2"}))
    wanted = UnsplitAlias(alias="live", canary_version="2") if is_taken_off else None
    assert step == wanted


@pytest.mark.parametrize(
    ("alias", "is_foreign"),
    [
        (an_alias("live", weights=OURS), False),
        (an_alias("live", "2"), False),
        (an_alias("live", weights={"2": 0.2}), True),
        (an_alias("live", weights={"3": 0.1}), True),
        (an_alias("live", "2", weights={"1": 0.1}), True),
    ],
)
def test_s13_only_the_very_share_that_was_approved_is_ours(
    alias: Alias, *, is_foreign: bool
) -> None:
    found = KIND.foreign_change(a_change(live="1"), a_function(alias), "2")
    assert (found is not None) is is_foreign
    assert KIND.foreign_change(a_change(live="1"), a_function(an_alias(weights=OURS)), None)
