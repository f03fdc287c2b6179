"""Does everything hold while everybody acts at once? Random steps, all invariants after each.

A failure prints its seed, and the shortest sequence of steps that still fails: paste it into
`ride`.
"""

import pytest

from tests.storm.storm import WEIGHTS, Storm, ride, sequence, shrink

STEPS = 200
SEEDS = 5
"""Sequences per test: ten tests, 10 000 steps."""
MANY = 100
"""Sequences per test of `make storm`: 200 000 steps."""


def explain(seed: int, found: list[str]) -> str:
    """Shorten a failing sequence, and say how to see it again."""
    law = found[0].split(":")[0]

    def fails(steps: object) -> bool:
        return any(law in fault for fault in ride(steps))  # type: ignore[arg-type]

    shortest = shrink(sequence(seed, STEPS), fails)
    return f"seed {seed}: {found}\nride({shortest})"


@pytest.mark.parametrize("first", range(0, 10 * SEEDS, SEEDS))
def test_s06_all_invariants_hold_after_every_step(first: int) -> None:
    for seed in range(first, first + SEEDS):
        found = ride(sequence(seed, STEPS))
        assert not found, explain(seed, found)


@pytest.mark.storm
@pytest.mark.parametrize("first", range(1000, 1000 + 10 * MANY, MANY))
def test_s06_all_invariants_hold_after_very_many_steps(first: int) -> None:
    for seed in range(first, first + MANY):
        found = ride(sequence(seed, STEPS))
        assert not found, explain(seed, found)


def test_the_same_seed_gives_the_same_storm() -> None:
    told = []
    for _ in range(2):
        storm = Storm()
        for step in sequence(7, STEPS):
            storm.take(step)
        told.append((storm.world.everything_stored(), storm.world.gate.injected))
    assert told[0] == told[1]


def test_a_storm_writes_takes_back_and_fails() -> None:
    """A storm in which nothing happens proves nothing."""
    effects, faults, ends = 0, 0, set()
    for seed in range(8):
        storm = Storm()
        for step in sequence(seed, STEPS):
            storm.take(step)
        effects += len(storm.world.happened.effects)
        faults += len(storm.world.gate.injected)
        ends |= {record.status.value for record in storm.world.raw.desk._rounds.values()}
    assert effects > 20
    assert faults > 20
    assert len(ends) > 5


def test_every_kind_of_step_is_taken() -> None:
    taken = {name for seed in range(20) for name, _, _ in sequence(seed, STEPS)}
    assert taken == WEIGHTS.keys()


def test_a_failing_sequence_is_made_short() -> None:
    steps = sequence(3, STEPS)
    wanted = [*[step for step in steps if step[0] == "kill"][:1], steps[-1]]
    assert shrink(steps, lambda kept: all(step in kept for step in wanted)) == wanted
