"""Does the advisor stop at each bound, say what it does not know, and what would help?"""

from datetime import timedelta
from typing import Any

import pytest

from trimtab.advisors import ADVISORS
from trimtab.advisors.memory_size import SIGNALS, WHERE_PRESSED, advise
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.memory_curve import MeasuredPoint, MemoryCurve, MemoryRecord, SizeForecast
from trimtab.domain.price import DISCOUNT_FLOOR
from trimtab.domain.terms import ChangeKind
from trimtab.policy import catalog
from trimtab.remediations.set_memory import SPEC

LOOKBACK = timedelta(days=14)
FIELDS: dict[str, Any] = {field.name: field.default for field in SPEC.fields}
MEAN_MS = 300.0
USUAL: dict[str, Any] = {
    "function.memory_mb": 3008,
    "function.timeout_s": 30,
    "usage.invocations": 100_000.0,
    "usage.duration_mean_ms": MEAN_MS,
    "usage.duration_p95_ms": 400.0,
    "usage.duration_p99_ms": 900.0,
    "memory.peak_mb": 300.0,
    "cost.compute_usd_month": 100.0,
}


def cpu(share: float, memory_mb: int = 3008, mean_ms: float = MEAN_MS) -> dict[str, float]:
    """Return the CPU time of a function that uses this share of what its size gives."""
    return {"cpu.time_mean_ms": share * mean_ms * memory_mb / 1769}


def signals(**given: Any) -> dict[str, Evidence]:
    values = USUAL | {name.replace("__", "."): value for name, value in given.items()}
    return {n: Known(value=v, source="test") for n, v in values.items()}


def ask(fields: dict[str, Any] | None = None, **given: Any) -> Recommendation | Abstention:
    return advise(signals(**given), FIELDS | (fields or {}), region="eu-west-1", lookback=LOOKBACK)


def proposed(fields: dict[str, Any] | None = None, **given: Any) -> Recommendation:
    advice = ask(fields, **given)
    assert isinstance(advice, Recommendation), advice
    return advice


def size(fields: dict[str, Any] | None = None, **given: Any) -> int:
    return proposed(fields, **given).after["memory_mb"]


def abstained(fields: dict[str, Any] | None = None, **given: Any) -> Abstention:
    advice = ask(fields, **given)
    assert isinstance(advice, Abstention), advice
    return advice


def curve(advice: Recommendation | Abstention) -> MemoryCurve:
    assert advice.curve is not None
    return advice.curve


def at(advice: Recommendation | Abstention, memory_mb: int) -> SizeForecast:
    found = curve(advice).at(memory_mb)
    assert found is not None
    return found


def point(memory_mb: int, mean_ms: float, **given: Any) -> MeasuredPoint:
    values: dict[str, Any] = {
        "memory_mb": memory_mb,
        "duration_mean_ms": mean_ms,
        "duration_p95_ms": None,
        "invocations": 100_000,
        "source": "change earlier-r1",
    }
    return MeasuredPoint(**values | given)


def record(*points: MeasuredPoint, **given: Any) -> MemoryRecord:
    return MemoryRecord(points=points, **given)


def test_the_change_of_memory_has_this_advisor_and_every_signal_it_reads_is_known() -> None:
    advisor = ADVISORS[ChangeKind.SET_MEMORY]
    assert {*advisor.signals, *advisor.optional_signals} <= catalog.SIGNALS.keys()
    assert advisor.advise is advise


@pytest.mark.parametrize("missing", SIGNALS)
def test_an_abstention_names_the_signal_that_is_missing(missing: str) -> None:
    for evidence in (None, Unknown(reason="denied"), Known(value=None, source="test")):
        read: dict[str, Evidence | None] = {**signals(), missing: evidence}
        given = {n: e for n, e in read.items() if e is not None}
        advice = advise(given, FIELDS, region="eu-west-1", lookback=LOOKBACK)
        assert advice == Abstention(reason=f"not known: {missing}")


def test_s08_without_a_known_cost_nothing_is_proposed() -> None:
    unknown = {"cost.compute_usd_month": Unknown(reason="the price is not known")}
    advice = advise(signals() | unknown, FIELDS, region="eu-west-1", lookback=LOOKBACK)
    assert advice == Abstention(reason="not known: cost.compute_usd_month")


@pytest.mark.parametrize("signal", ["cost__compute_usd_month", "usage__duration_mean_ms"])
def test_what_costs_nothing_saves_nothing(signal: str) -> None:
    assert abstained(**{signal: 0.0}).reason == "it costs nothing"


def test_a_millisecond_is_rounding() -> None:
    told = abstained(usage__duration_mean_ms=1.2)
    assert "1.2 ms" in told.reason
    assert told.at_stake_usd_month is None


def test_above_one_vcpu_a_function_of_one_thread_gains_little_and_comes_down() -> None:
    found = proposed(**cpu(0.55))
    assert 1769 <= found.after["memory_mb"] < 3008
    assert at(found, found.after["memory_mb"]).slowdown.expected < 1.05


def test_one_that_computes_on_all_its_cpus_stays() -> None:
    told = abstained(**cpu(1.0))
    assert "likely enough to hold" in told.reason
    assert told.at_stake_usd_month is not None
    assert told.at_stake_usd_month > 0


def holds(memory_mb: int, advice: Recommendation | Abstention) -> float:
    found = at(advice, memory_mb).holds
    assert found is not None
    return found


def test_the_less_it_computes_the_likelier_a_smaller_size_holds() -> None:
    found = [ask(function__memory_mb=1024, **cpu(share, 1024)) for share in (0.02, 0.3, 0.6, 1.0)]
    chances = [holds(512, advice) for advice in found]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[-1] + 0.4


def test_without_cpu_time_it_is_less_sure() -> None:
    knows, guesses = proposed(**cpu(0.05)), proposed()
    assert holds(1504, knows) > holds(1504, guesses) + 0.1
    assert any("no CPU time is known" in line for line in curve(guesses).basis)
    assert any("CPU time 0.05 of what 3008 MB gives" in line for line in curve(knows).basis)


@pytest.mark.parametrize("certainty", [0.5, 0.7, 0.9, 0.99])
def test_no_step_is_proposed_that_is_less_likely_to_hold_than_asked(certainty: float) -> None:
    advice = ask({"certainty": certainty}, **cpu(0.2))
    if isinstance(advice, Recommendation):
        held = at(advice, advice.after["memory_mb"]).holds
        assert held is not None
        assert held >= certainty - 0.005
    else:
        assert f"{certainty:.0%} is asked" in advice.reason


def test_who_asks_for_more_certainty_gets_shorter_steps() -> None:
    assert size({"certainty": 0.5}, **cpu(0.2)) <= size({"certainty": 0.9}, **cpu(0.2))


def test_a_policy_that_allows_hardly_any_slowdown_finds_fewer_steps_likely_to_hold() -> None:
    usual, strict = ask(**cpu(0.1)), ask({"max_slowdown": 0.01}, **cpu(0.1))
    assert holds(2240, strict) < holds(2240, usual)


@pytest.mark.parametrize("memory_mb", [512, 1024, 3008, 10_240])
def test_one_step_takes_away_at_most_half(memory_mb: int) -> None:
    found = ask(function__memory_mb=memory_mb, memory__peak_mb=40.0, **cpu(0.01, memory_mb))
    assert isinstance(found, Abstention) or found.after["memory_mb"] * 2 >= memory_mb


def test_a_policy_may_take_smaller_steps() -> None:
    assert size({"max_step": 0.25}, **cpu(0.05)) >= 2256


@pytest.mark.parametrize("peak_mb", [1300.0, 1800.0, 2100.0])
def test_the_new_size_keeps_the_headroom_over_the_peak(peak_mb: float) -> None:
    advice = ask(memory__peak_mb=peak_mb, **cpu(0.05))
    if isinstance(advice, Recommendation):
        assert advice.after["memory_mb"] >= peak_mb * 1.4
    for told in curve(advice).forecasts:
        assert told.memory_mb >= min(peak_mb * 1.4, 3008)


def test_where_the_peak_asks_for_all_of_it_nothing_smaller_is_safe() -> None:
    told = abstained(memory__peak_mb=2500.0)
    assert told.reason == "no smaller size is safe: peak memory times 1.4 asks for 3500 MB"
    assert told.at_stake_usd_month is None


def test_the_platform_has_no_size_below_128_mb() -> None:
    told = abstained(function__memory_mb=128, memory__peak_mb=10.0, **cpu(0.01, 128))
    assert "the platform asks for 128" in told.reason


@pytest.mark.parametrize(("p99_ms", "comes_down"), [(9_000.0, True), (14_900.0, False)])
def test_the_p99_stays_under_half_the_timeout_even_far_out(p99_ms: float, comes_down: bool) -> None:
    advice = ask(usage__duration_p99_ms=p99_ms, **cpu(0.05))
    if comes_down:
        assert isinstance(advice, Recommendation)
        assert advice.predicted_p99_ms <= 15_000
    else:
        assert isinstance(advice, Abstention)
        assert any("half the timeout" in (f.why_not or "") for f in curve(advice).forecasts)


def test_a_size_is_refused_whose_saving_cannot_be_told() -> None:
    told = {f.why_not for f in curve(ask()).forecasts}
    assert "what it saves cannot be told closely enough" in told


@pytest.mark.parametrize(("peak_mb", "starved"), [(2800.0, False), (3007.0, True), (3010.0, True)])
def test_a_function_that_uses_all_it_has_is_raised(peak_mb: float, starved: bool) -> None:
    advice = ask(memory__peak_mb=peak_mb)
    if starved:
        assert isinstance(advice, Recommendation)
        assert advice.after == {"memory_mb": 4512}
        assert advice.max_duration_ratio is None
        assert "starved" in advice.reasons[0]
        assert "whatever it costs" in "\n".join(advice.reasons)
    else:
        assert isinstance(advice, Abstention)


def test_the_largest_size_cannot_be_raised() -> None:
    told = abstained(function__memory_mb=10_240, memory__peak_mb=10_240.0)
    assert "no larger size is allowed" in told.reason


def test_a_starved_function_of_a_millisecond_is_raised_all_the_same() -> None:
    advice = ask(memory__peak_mb=3008.0, usage__duration_mean_ms=1.1)
    assert isinstance(advice, Recommendation)


def test_it_goes_up_where_that_was_measured_to_be_cheaper() -> None:
    seen = record(point(640, 1500.0, source="power tuning"))
    advice = proposed(
        function__memory_mb=512,
        memory__peak_mb=100.0,
        usage__duration_mean_ms=3000.0,
        memory__record=seen,
    )
    assert advice.after["memory_mb"] >= 640
    assert advice.saving.high_usd_month > 0
    assert advice.predicted_p95_ms < advice.duration_p95_ms


def test_below_half_a_gigabyte_a_step_must_be_nearly_sure() -> None:
    for memory_mb in (512, 640, 768):
        advice = ask(function__memory_mb=memory_mb, memory__peak_mb=90.0, **cpu(0.1, memory_mb))
        if isinstance(advice, Recommendation) and advice.after["memory_mb"] < 512:
            held = at(advice, advice.after["memory_mb"]).holds
            assert held is not None
            assert held >= WHERE_PRESSED


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
    assert at(advice, 1520).slowdown.high < 1.1


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


def test_init_is_billed_by_memory_and_takes_as_long_at_every_size() -> None:
    plain = proposed(**cpu(0.4))
    cold = proposed(**cpu(0.4), usage__billed_mean_ms=2 * MEAN_MS + 1.0)
    assert any("init, billed" in line for line in curve(cold).basis)
    assert cold.after["memory_mb"] <= plain.after["memory_mb"]


def test_requests_cost_the_same_at_every_size() -> None:
    dear, cheap = proposed(**cpu(0.05)), ask(**cpu(0.05), cost__usd_month=1_000.0)
    if isinstance(cheap, Recommendation):
        ours = at(cheap, cheap.after["memory_mb"]).cost.expected
        assert ours > at(dear, dear.after["memory_mb"]).cost.expected
    else:
        assert "no size within one step would save" in cheap.reason or "hold" in cheap.reason


def test_where_not_even_hope_saves_enough_it_is_said_and_nothing_is_at_stake() -> None:
    told = abstained(**cpu(0.05), cost__usd_month=100_000.0)
    assert told.reason == "no size within one step would save 2%"
    assert told.at_stake_usd_month is None


def test_the_saving_is_the_cost_interval_of_the_chosen_size() -> None:
    found = proposed(**cpu(0.05))
    cost = at(found, found.after["memory_mb"]).cost
    assert found.saving.high_usd_month == round(100.0 * (1 - cost.low), 2)
    assert found.saving.low_usd_month == round(100.0 * (1 - cost.high) * DISCOUNT_FLOOR, 2)
    assert found.cost_usd_month == 100.0


def test_what_costs_less_saves_less_in_proportion() -> None:
    usual, half = proposed(**cpu(0.05)), proposed(**cpu(0.05), cost__compute_usd_month=50.0)
    assert half.after == usual.after
    assert half.saving.high_usd_month == pytest.approx(usual.saving.high_usd_month / 2, abs=0.01)


def test_low_is_never_above_high_and_what_is_expected_lies_between() -> None:
    for memory_mb in range(256, 10_241, 1501):
        for share in (0.0, 0.1, 0.3, 0.6, 1.0):
            given = cpu(share, memory_mb)
            advice = ask(function__memory_mb=memory_mb, memory__peak_mb=60.0, **given)
            for told in curve(advice).forecasts:
                for interval in (told.slowdown, told.cost, told.duration_p95_ms):
                    assert interval.low <= interval.expected <= interval.high
            if isinstance(advice, Recommendation):
                assert advice.saving.low_usd_month <= advice.saving.high_usd_month
                assert curve(advice).chosen_mb == advice.after["memory_mb"]
                assert at(advice, memory_mb).slowdown.expected == pytest.approx(1.0, abs=0.02)


def test_the_reasons_let_a_person_redo_the_sums() -> None:
    told = "\n".join(proposed(**cpu(0.4)).reasons)
    for figure in (
        "300 MB of 3008 MB",
        "CPU time 0.40",
        "p95 400 ms",
        "30000 ms",
        "chance to hold",
    ):
        assert figure in told


def test_a_cpu_time_above_what_is_given_counts_as_all_of_it() -> None:
    assert ask(**cpu(1.0)) == ask(**cpu(1.7))
