"""Two thousand broken policy files get a bundle or clear errors; `make fuzz` tries many more."""

from __future__ import annotations

import pytest

from tests.fuzz.campaign import run, shipped
from tests.fuzz.holding import held
from tests.fuzz.mutations import Case, case_of

CASES, BATCH = 2_000, 250


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_a_broken_policy_file_is_answered(first: int) -> None:
    """A case that takes a second of CPU is a failure in `make fuzz` alone."""
    figures = run(first, BATCH, longest_cpu_s=None)
    assert figures.broken == []
    assert figures.cases == BATCH


def test_the_same_seed_breaks_the_same_file_in_the_same_way() -> None:
    for seed in range(20):
        assert case_of(seed, shipped()) == case_of(seed, shipped())


def test_all_ways_of_breaking_end_both_ways() -> None:
    """Were none of them loaded, nothing would be judged; were all, nothing would be broken."""
    outcomes = run(0, 1_500, longest_cpu_s=None).outcomes
    ways = {outcome.partition(":")[0] for outcome in outcomes}
    assert outcomes.keys() == {f"{way}: {end}" for way in ways for end in ("bundle", "errors")}


def test_a_broken_promise_is_told() -> None:
    case = case_of(0, shipped())
    broken = Case(seed=0, how=case.how, name=case.name, files={"fleet.yaml": None})  # type: ignore[dict-item]
    outcome, _, wrong = held(broken)
    assert outcome == "broken"
    assert "TypeError" in (wrong or "")
