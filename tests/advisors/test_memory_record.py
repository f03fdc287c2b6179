"""Does the advisor learn from what was measured before, and only from that?"""

import random
from dataclasses import replace
from typing import Any

import pytest

from tests.advisors.asking import ask, at, cpu, curve, point, proposed, record
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.memory_curve import MeasuredPoint


def test_it_goes_up_where_that_was_measured_to_be_cheaper() -> None:
    seen = record(
        point(512, 300.0, source="power tuning"), point(640, 150.0, source="power tuning")
    )
    advice = proposed(
        function__memory_mb=512,
        memory__peak_mb=100.0,
        usage__duration_mean_ms=3000.0,
        memory__record=seen,
    )
    assert advice.after["memory_mb"] >= 640
    assert advice.saving.high_usd_month > 0
    assert advice.predicted_p95_ms < advice.duration_p95_ms


def test_what_one_step_taught_makes_the_next_one_surer() -> None:
    here: dict[str, Any] = {"function__memory_mb": 1856}
    flat = record(point(3008, 300.0), point(1856, 302.0), baseline=point(3008, 300.0))
    knew, knows = ask(**here), ask(**here, memory__record=flat)
    assert isinstance(knows, Recommendation)
    narrow = at(knows, knows.after["memory_mb"]).cost
    assert "measured at 1856, 3008 MB" in curve(knows).basis[0]
    if isinstance(knew, Recommendation):
        wide = at(knew, knew.after["memory_mb"]).cost
        assert narrow.high - narrow.low < wide.high - wide.low


def test_slowdown_counts_from_before_the_first_step() -> None:
    slower = record(point(3008, 300.0), point(1856, 327.0), baseline=point(3008, 300.0))
    now: dict[str, Any] = {"function__memory_mb": 1856, "usage__duration_mean_ms": 327.0}
    alone = ask(**now, **cpu(0.1, 1856, 327.0))
    after = ask(**now, **cpu(0.1, 1856, 327.0), memory__record=slower)
    assert isinstance(alone, Recommendation)
    assert alone.max_duration_ratio == pytest.approx(1.1)
    if isinstance(after, Recommendation):
        assert after.max_duration_ratio == pytest.approx(300.0 * 1.1 / 327.0)
        assert after.after["memory_mb"] > alone.after["memory_mb"]


def test_after_a_step_that_did_not_hold_it_asks_for_more() -> None:
    failed = record(point(3008, 300.0), point(1856, 345.0), baseline=point(3008, 300.0))
    told = {f.why_not for f in curve(ask(memory__record=failed)).forecasts if f.why_not}
    assert any("90% is asked" in why for why in told)
    assert not any("50% is asked" in why for why in told)


def test_a_size_that_it_left_again_is_not_proposed_again() -> None:
    failed = record(point(3008, 300.0), point(2592, 300.0), baseline=point(3008, 300.0))
    advice = ask(memory__record=failed)
    assert at(advice, 2592).why_not == "it was there before"


def test_a_size_that_was_only_measured_may_well_be_proposed() -> None:
    tuned = record(*(point(mb, 300.0, source="power tuning") for mb in (3008, 2048, 1520)))
    advice = proposed(memory__record=tuned)
    assert advice.after["memory_mb"] in (1504, 1520)
    assert at(advice, advice.after["memory_mb"]).slowdown.high < 1.1


def test_a_function_of_other_code_was_nowhere_before() -> None:
    old = point(1856, 345.0, code_sha256="old")
    advice = ask(memory__record=record(point(3008, 300.0, code_sha256="old"), old, code_sha256="n"))
    assert not any("90%" in (f.why_not or "") for f in curve(advice).forecasts)


def test_a_step_of_an_unknown_series_that_it_left_counts_as_failed() -> None:
    advice = ask(memory__record=record(point(1856, 345.0)))
    assert any("90% is asked" in (f.why_not or "") for f in curve(advice).forecasts)


def test_points_of_other_code_are_left_out_and_that_is_said() -> None:
    other = record(
        point(1536, 4000.0, code_sha256="old"),
        point(1600, 310.0, source="power tuning"),
        code_sha256="new",
    )
    told = curve(ask(memory__record=other, **cpu(0.05)))
    assert [p.memory_mb for p in told.points] == [1600]
    assert "1 measured with other code left out" in told.basis


def test_between_two_measured_sizes_both_are_looked_at() -> None:
    seen = record(
        point(3008, 300.0),
        point(1504, 330.0, source="power tuning"),
        baseline=point(3008, 300.0),
    )
    advice = ask(memory__record=seen)
    between = [f for f in curve(advice).forecasts if 1504 < f.memory_mb < 3008]
    assert between
    assert all(0.9 < f.slowdown.expected < 1.2 for f in between)


def test_a_point_without_a_duration_teaches_nothing() -> None:
    assert ask(memory__record=record(point(1504, 0.0))).curve is not None


def test_what_was_measured_elsewhere_tells_how_it_changes_and_not_how_long_it_takes() -> None:
    sizes = (3008, 2048, 1520)
    slow = record(*(point(mb, 9000.0, source="power tuning") for mb in sizes))
    fast = record(*(point(mb, 3.0, source="power tuning") for mb in sizes))
    found = [ask(memory__record=told) for told in (slow, fast)]
    assert found[0] == replace(found[1], curve=found[0].curve)
    for advice in found:
        assert isinstance(advice, Recommendation)
        assert advice.predicted_p95_ms == pytest.approx(400.0, rel=0.05)


def test_between_two_sizes_measured_elsewhere_the_level_is_set_too() -> None:
    tuned = record(*(point(mb, 9.0, source="power tuning") for mb in (4096, 2048, 1520)))
    found = ask(memory__record=tuned)
    assert isinstance(found, Recommendation)
    assert found.predicted_p95_ms == pytest.approx(400.0, rel=0.05)


def test_what_was_measured_elsewhere_on_one_side_only_is_left_out() -> None:
    beside = record(
        point(1520, 3.0, source="power tuning"), point(1024, 6.0, source="power tuning")
    )
    assert ask(memory__record=beside) == replace(ask(), curve=ask(memory__record=beside).curve)


def test_points_that_contradict_every_shape_say_nothing_of_any() -> None:
    odd = record(*(point(mb, ms, source="change x-r1") for mb, ms in ((3000, 1e6), (3004, 0.1))))
    assert ask(memory__record=odd).curve is not None


@pytest.mark.parametrize(
    "odd",
    [
        point(0, 300.0),
        point(-128, 300.0),
        point(10**400, 300.0),
        point(1856, float("inf")),
        point(1856, float("nan")),
        point(1856, 5e-324),
        point(1856, -1.0),
        point(1856, 300.0, invocations=0),
    ],
)
def test_s08_a_point_that_nothing_can_have_measured_teaches_nothing(odd: MeasuredPoint) -> None:
    found = ask(memory__record=record(odd, baseline=odd))
    assert found == ask()


def test_a_baseline_that_was_much_slower_is_not_believed() -> None:
    was = record(point(3008, 900.0), baseline=point(3008, 900_000.0))
    found = ask(memory__record=was, **cpu(0.05))
    assert isinstance(found, Recommendation)
    assert found.max_duration_ratio == pytest.approx(1.21)


@pytest.mark.parametrize("max_step", [0.0, 0.02, 0.05, 0.09])
def test_the_shortest_steps_crash_nothing(max_step: float) -> None:
    for peak_mb in (300.0, 2072.0, 2140.0):
        advice = ask({"max_step": max_step}, memory__peak_mb=peak_mb)
        assert advice.curve is not None
    none = ask({"max_step": 0.1, "min_saving": 0.0}, memory__peak_mb=2072.0)
    assert isinstance(none, Abstention)
    assert none.reason == "no size is within one step"
    huge = ask(function__memory_mb=24_000, memory__peak_mb=7000.0)
    assert isinstance(huge, Abstention)


def test_no_points_whatever_crash_the_advisor() -> None:
    chance = random.Random(5)
    for _ in range(300):
        points = [
            point(
                chance.randrange(128, 10_241),
                10 ** chance.uniform(-1, 6),
                source=chance.choice(("change x-r1", "power tuning")),
            )
            for _ in range(chance.randrange(1, 21))
        ]
        told = record(*points, baseline=chance.choice(points))
        advice = ask(memory__record=told, function__memory_mb=chance.randrange(128, 10_241))
        for one in curve(advice).forecasts:
            assert 0 <= one.cost.low <= one.cost.expected <= one.cost.high
