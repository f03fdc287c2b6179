"""Is a step undone that is slower in the mean, and watched on where that is unclear?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.pipeline.house import House
from tests.pipeline.test_savings import SETTLE, WATCH, a_watched, ended, look
from trimtab.domain.errors import PermanentError, RetryableError
from trimtab.domain.evidence import NOT_ASKED, Known
from trimtab.domain.verification import Baseline, Comparison, Figures, Health, Verification
from trimtab.pipeline import slowdown
from trimtab.pipeline.slowdown import MOST_LOOKS, Answer, judge_slowdown


def a_figures() -> Figures:
    return Figures(
        invocations=NOT_ASKED,
        errors=NOT_ASKED,
        throttles=NOT_ASKED,
        duration_p95_ms=NOT_ASKED,
        out_of_memory=NOT_ASKED,
    )


def judged(ratio: float, looks: int = 1, *, limit: float = 1.1) -> Answer:
    return judge_slowdown(
        before_ms=100.0,
        after_ms=100.0 * ratio,
        limit=limit,
        looks_before=2,
        looks_after=looks,
    )


@pytest.mark.parametrize(
    ("ratio", "answer"),
    [
        (1.0, Answer.HOLDS),
        (1.04, Answer.HOLDS),
        (1.08, Answer.UNCLEAR),
        (1.1, Answer.UNCLEAR),
        (1.12, Answer.UNCLEAR),
        (1.15, Answer.TOO_SLOW),
        (2.0, Answer.TOO_SLOW),
    ],
)
def test_a_clear_answer_ends_the_watch(ratio: float, answer: Answer) -> None:
    assert judged(ratio) is answer


@pytest.mark.parametrize(("ratio", "answer"), [(1.07, Answer.HOLDS), (1.095, Answer.TOO_SLOW)])
def test_at_the_end_doubt_counts_against_the_step(ratio: float, answer: Answer) -> None:
    assert judged(ratio, MOST_LOOKS) is answer


def test_the_longer_it_was_watched_the_surer_it_is() -> None:
    found = [judged(1.066, looks) for looks in (1, MOST_LOOKS)]
    assert found == [Answer.UNCLEAR, Answer.HOLDS]


def of_slowdown(verification: Verification) -> Comparison:
    (found,) = [c for c in verification.comparisons if c.figure == slowdown.FIGURE]
    return found


def test_s13_a_step_that_is_slower_in_the_mean_is_undone() -> None:
    house = House()
    change = a_watched(house, mean=240.0, p95=400.0)
    verification = ended(house)
    assert verification.health is Health.REGRESSED
    assert "1.20 x, allowed 1.10 x" in of_slowdown(verification).why
    assert house.executions.undos == [(change.change_id, 1)]
    assert house.status(change) == "watching", "its undo is what ends it"
    assert len(house.memories.of(change.function).points) == 2, "what did not hold teaches too"


def test_s13_a_step_of_which_nobody_can_tell_is_watched_on_and_then_judged() -> None:
    house = House()
    change = a_watched(house, mean=216.0, p95=400.0)
    assert ended(house).health is Health.WATCHING
    assert house.executions.undos == []
    house.clock.advance(WATCH * (MOST_LOOKS - 1))
    (seen,) = look(house).watched
    assert seen.verification.health is Health.REGRESSED
    assert house.executions.undos == [(change.change_id, 1)]


def test_a_step_that_is_as_fast_as_before_is_healthy_at_once() -> None:
    house = House()
    change = a_watched(house, mean=202.0)
    verification = ended(house)
    assert verification.health is Health.HEALTHY
    assert of_slowdown(verification).answer is Health.HEALTHY
    assert house.status(change) == "verified"


def test_s13_too_few_invocations_say_nothing_of_slowdown() -> None:
    house = House()
    a_watched(house, mean=400.0, p95=400.0, invocations=0.5)
    verification = ended(house, SETTLE + WATCH * 4)
    assert verification.health is Health.INSUFFICIENT_DATA
    assert not [c for c in verification.comparisons if c.figure == slowdown.FIGURE]


def test_a_raise_of_a_starved_function_is_not_judged_by_its_duration() -> None:
    house = House()
    change = a_watched(house, mean=400.0, p95=400.0)
    advice = replace(change.recommendation, max_duration_ratio=None)
    raised = replace(change, recommendation=advice)
    as_it_was = Verification(health=Health.HEALTHY, comparisons=(), at=house.clock.now())
    figures = a_figures()
    baseline = Baseline(
        figures=figures, watch_from=house.clock.now(), watch_until=house.clock.now() + WATCH
    )
    found = slowdown.weigh_slowdown(
        raised, baseline, figures, as_it_was, now=house.clock.now() + WATCH
    )
    assert found is as_it_was


def test_s13_a_watch_that_was_prolonged_is_held_against_its_own_hours() -> None:
    """Nights are slower in every week: what a longer watch sees of them is no regression."""
    house = House()
    arn = house.plant()
    at = house.clock.now()
    night = SETTLE + WATCH
    for weeks in (1, 2):
        past = at - timedelta(weeks=weeks)
        house.traffic(since=past - timedelta(minutes=5), until=past + night, mean=200.0)
        house.traffic(since=past + night, until=past + WATCH * 5, mean=400.0, p95=400.0)
    house.traffic(since=at, until=at + night, mean=214.0, p95=400.0)
    house.traffic(since=at + night, until=at + WATCH * 5, mean=408.0, p95=400.0)
    change = house.opened(arn)
    house.answer(change)
    house.carry(change)
    assert ended(house).health is Health.WATCHING, "1.07 x is not clear yet"
    house.clock.advance(WATCH)
    (seen,) = look(house).watched
    assert seen.verification.health is Health.HEALTHY
    assert of_slowdown(seen.verification).before == pytest.approx(300.0, rel=0.1)


def judged_as(health: Health) -> Health:
    """Weigh a clear, and an unclear, slowdown in a watch that stands so already."""
    house = House()
    change = a_watched(house, mean=240.0, p95=400.0)
    now = house.clock.now()
    calls = Known(value=10_000.0, source="test")
    before = replace(
        a_figures(), invocations=calls, duration_mean_ms=Known(value=200.0, source="test")
    )
    after = replace(before, duration_mean_ms=Known(value=216.0, source="test"))
    baseline = Baseline(figures=before, watch_from=now, watch_until=now + WATCH)
    stands = Verification(health=health, comparisons=(), at=now)
    found = slowdown.weigh_slowdown(change, baseline, after, stands, now=now + WATCH)
    return found.health


@pytest.mark.parametrize("health", [Health.REGRESSED, Health.WATCHING, Health.REVERTED])
def test_s13_what_has_ended_or_goes_on_is_not_judged_by_its_duration(health: Health) -> None:
    assert judged_as(health) is health
    assert judged_as(Health.HEALTHY) is Health.WATCHING


def test_s13_harm_that_was_entered_is_not_judged_away_by_the_next_pass() -> None:
    house = House()
    change = a_watched(house, mean=200.0, errors=5.0)
    house.clock.advance(SETTLE + WATCH)
    house.executions.fail_next(RetryableError("on purpose"))
    assert len(look(house).gaps) == 1
    assert (house.events(change)[-1], house.executions.undos) == ("watch_regressed", [])
    now = house.clock.now()
    house.traffic(since=now - WATCH, until=now + WATCH, errors=0.0, mean=200.0)
    (seen,) = look(house).watched
    assert seen.verification.health is Health.REGRESSED
    assert house.executions.undos == [(change.change_id, 1)]
    assert house.events(change).count("watch_regressed") == 1


def test_a_lesson_that_can_never_be_kept_keeps_no_function_waiting() -> None:
    house = House()
    change = a_watched(house, mean=200.0)
    house.clock.advance(SETTLE + WATCH)
    house.memories.fail_next("add", PermanentError("a row that holds no measured point"))
    seen = look(house)
    assert [w.verification.health for w in seen.watched] == [Health.HEALTHY]
    assert "holds no measured point" in seen.gaps[0].error
    assert house.status(change) == "verified"
