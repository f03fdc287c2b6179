"""Does the advisor stop at each bound, say what it does not know, and what would help?"""

import pytest

from tests.advisors.asking import (
    FIELDS,
    LOOKBACK,
    MEAN_MS,
    abstained,
    ask,
    at,
    cpu,
    curve,
    holds,
    proposed,
    signals,
    size,
)
from trimtab.advisors import ADVISORS
from trimtab.advisors.memory_size import SIGNALS, WHERE_PRESSED, advise
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.price import DISCOUNT_FLOOR
from trimtab.domain.terms import ChangeKind
from trimtab.policy import catalog


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
    assert holds(2048, strict) < holds(2048, usual)


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


@pytest.mark.parametrize(("peak_mb", "starved"), [(2857.0, False), (2858.0, True), (3010.0, True)])
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


def test_one_that_ran_out_of_memory_is_raised_whatever_its_peak_says() -> None:
    assert size(logs__out_of_memory=3.0) == 4512
    assert size(logs__out_of_memory=0.0) < 3008


def test_the_largest_size_cannot_be_raised() -> None:
    told = abstained(function__memory_mb=10_240, memory__peak_mb=10_240.0)
    assert "no larger size is allowed" in told.reason


def test_a_starved_function_of_a_millisecond_is_raised_all_the_same() -> None:
    advice = ask(memory__peak_mb=3008.0, usage__duration_mean_ms=1.1)
    assert isinstance(advice, Recommendation)


def test_below_half_a_gigabyte_a_step_must_be_nearly_sure() -> None:
    for memory_mb in (512, 640, 768):
        advice = ask(function__memory_mb=memory_mb, memory__peak_mb=90.0, **cpu(0.1, memory_mb))
        if isinstance(advice, Recommendation) and advice.after["memory_mb"] < 512:
            held = at(advice, advice.after["memory_mb"]).holds
            assert held is not None
            assert held >= WHERE_PRESSED


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
