"""Does the advisor stop exactly where each limit says, and say what it lacks?"""

import math
from datetime import timedelta
from typing import Any

import pytest

from trimtab.advisors import ADVISORS
from trimtab.advisors.memory_size import SIGNALS, advise, predicted_slowdown
from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.finding import Abstention, Recommendation
from trimtab.domain.price import DISCOUNT_FLOOR
from trimtab.domain.terms import ChangeKind
from trimtab.policy import catalog

LOOKBACK = timedelta(days=14)
FIELDS: dict[str, Any] = {"headroom": 1.4, "max_slowdown": 0.10, "max_step": 0.50}
USUAL: dict[str, Any] = {
    "function.memory_mb": 3008,
    "function.timeout_s": 30,
    "function.architecture": "x86_64",
    "usage.invocations": 100_000.0,
    "usage.duration_p95_ms": 400.0,
    "usage.duration_p99_ms": 900.0,
    "memory.peak_mb": 300.0,
    "cost.compute_usd_month": 3008 / 1024 * 20_000 * 0.0000166667 * 730 / (14 * 24),
}
WAITS = {"cpu.share": 0.05}
"""A function that waits: smaller is hardly slower."""


def signals(**given: Any) -> dict[str, Evidence]:
    values = USUAL | {name.replace("__", "."): value for name, value in given.items()}
    return {n: Known(value=v, source="test") for n, v in values.items()}


def ask(fields: dict[str, Any] | None = None, **given: Any) -> Recommendation | Abstention:
    return advise(signals(**given), FIELDS | (fields or {}), region="eu-west-1", lookback=LOOKBACK)


def size(fields: dict[str, Any] | None = None, **given: Any) -> int:
    """Return the size recommended; fail with the reason of an abstention."""
    advice = ask(fields, **given)
    assert isinstance(advice, Recommendation), advice
    return advice.after["memory_mb"]


def reason(fields: dict[str, Any] | None = None, **given: Any) -> str:
    advice = ask(fields, **given)
    assert isinstance(advice, Abstention), advice
    return advice.reason


def test_the_change_of_memory_has_this_advisor_and_every_signal_it_reads_is_known() -> None:
    advisor = ADVISORS[ChangeKind.SET_MEMORY]
    assert {*advisor.signals, *advisor.optional_signals} <= catalog.SIGNALS.keys()
    assert advisor.advise is advise


@pytest.mark.parametrize(
    ("old", "new", "share", "slowdown"),
    [
        (3008, 1769, 1.0, 1.0),
        (1769, 1769, 1.0, 1.0),
        (3008, 1768, 1.0, 1769 / 1768),
        (1024, 512, 1.0, 2.0),
        (1024, 512, 0.5, math.sqrt(2)),
        (1024, 512, 0.0, 1.0),
        (10240, 884.5, 1.0, 2.0),
    ],
)
def test_slowdown_counts_only_below_one_vcpu_and_for_the_share_that_computes(
    old: float, new: float, share: float, slowdown: float
) -> None:
    assert predicted_slowdown(old_mb=old, new_mb=new, cpu_share=share) == pytest.approx(slowdown)


@pytest.mark.parametrize("missing", SIGNALS)
def test_an_abstention_names_the_signal_that_is_missing(missing: str) -> None:
    for evidence in (None, Unknown(reason="denied"), Known(value=None, source="test")):
        read: dict[str, Evidence | None] = {**signals(), missing: evidence}
        given = {n: e for n, e in read.items() if e is not None}
        advice = advise(given, FIELDS, region="eu-west-1", lookback=LOOKBACK)
        assert advice == Abstention(reason=f"not known: {missing}")


def test_an_abstention_names_everything_that_is_missing() -> None:
    advice = advise({}, FIELDS, region="eu-west-1", lookback=LOOKBACK)
    assert advice == Abstention(reason=f"not known: {', '.join(SIGNALS)}")


@pytest.mark.parametrize(
    ("memory_mb", "expected"),
    [(1769, None), (1770, None), (1862, None), (1863, 1769), (3008, 1769), (3538, 1769)],
    ids=["at one vCPU", "1 MB above", "saves under 5 %", "saves 5 %", "usual", "a step of half"],
)
def test_without_cpu_evidence_only_what_is_above_one_vcpu_comes_down(
    memory_mb: int, expected: int | None
) -> None:
    if expected is None:
        assert "no CPU evidence" in reason(function__memory_mb=memory_mb) or "no smaller" in reason(
            function__memory_mb=memory_mb
        )
    else:
        assert size(function__memory_mb=memory_mb) == expected


def test_without_cpu_evidence_no_size_at_or_below_one_vcpu_ever_comes_down() -> None:
    for memory_mb in range(128, 1770, 7):
        advice = ask(function__memory_mb=memory_mb, memory__peak_mb=40.0)
        assert isinstance(advice, Abstention), memory_mb


def test_with_cpu_evidence_a_waiting_function_comes_down_below_one_vcpu() -> None:
    assert size(function__memory_mb=1024, memory__peak_mb=100.0, **WAITS) == 512


def test_cpu_evidence_of_a_computing_function_changes_nothing() -> None:
    assert size(cpu__share=1.0) == 1769
    assert "(no CPU evidence" not in reason(function__memory_mb=1024, cpu__share=1.0)
    assert "(no CPU evidence" in reason(function__memory_mb=1024)


@pytest.mark.parametrize("share", [-1.0, 1.7])
def test_a_cpu_share_outside_0_to_1_counts_as_the_nearest_end(share: float) -> None:
    inside = min(1.0, max(0.0, share))
    assert ask(cpu__share=share) == ask(cpu__share=inside)


@pytest.mark.parametrize(
    ("peak_mb", "expected"),
    [(1263.0, 1769), (1263.5, 1769), (1264.0, 1770), (1300.3, 1821)],
    ids=["below", "at", "above", "rounded up"],
)
def test_the_new_size_keeps_the_headroom_over_the_peak(peak_mb: float, expected: int) -> None:
    assert size(memory__peak_mb=peak_mb) == expected


def test_more_headroom_asks_for_more() -> None:
    assert size({"headroom": 2.0}, memory__peak_mb=1000.0) == 2000


@pytest.mark.parametrize(
    ("memory_mb", "expected"),
    [(3536, 1769), (3538, 1769), (3540, 1770), (3541, 1771), (10240, 5120)],
    ids=["below", "at", "above", "rounded up", "largest"],
)
def test_one_step_takes_away_at_most_half(memory_mb: int, expected: int) -> None:
    assert size(function__memory_mb=memory_mb) == expected


def test_a_policy_may_take_smaller_steps() -> None:
    assert size({"max_step": 0.25}) == 2256


def test_no_step_ever_takes_more_than_half() -> None:
    for memory_mb in range(1900, 10_241, 97):
        assert size(function__memory_mb=memory_mb, memory__peak_mb=10.0) * 2 >= memory_mb


@pytest.mark.parametrize(
    ("max_slowdown", "expected"),
    [(0.0, 1769), (0.05, 1685), (0.10, 1608), (0.20, 1504)],
)
def test_the_predicted_slowdown_stays_within_the_policy(max_slowdown: float, expected: int) -> None:
    found = size({"max_slowdown": max_slowdown}, cpu__share=0.9 if max_slowdown else 1.0)
    slowdown = predicted_slowdown(old_mb=3008, new_mb=found, cpu_share=0.9 if max_slowdown else 1.0)
    assert slowdown <= 1 + max_slowdown + 1e-9
    assert found >= min(expected, 1504)


def test_the_slowdown_limit_binds_at_the_very_megabyte() -> None:
    found = size({"max_slowdown": 0.10}, function__memory_mb=1024, cpu__share=0.2)
    assert predicted_slowdown(old_mb=1024, new_mb=found, cpu_share=0.2) <= 1.10
    assert predicted_slowdown(old_mb=1024, new_mb=found - 1, cpu_share=0.2) > 1.10


@pytest.mark.parametrize(
    ("p99_ms", "lowest"),
    [(14_000.0, 1652), (14_990.0, 1769), (15_000.0, None), (15_001.0, None)],
    ids=["below", "just below", "at", "above"],
)
def test_the_pessimistic_p99_stays_under_half_the_timeout(
    p99_ms: float, lowest: int | None
) -> None:
    if lowest is None:
        assert "a p99 under half the timeout" in reason(usage__duration_p99_ms=p99_ms, **WAITS)
        return
    advice = ask(usage__duration_p99_ms=p99_ms, **WAITS)
    assert isinstance(advice, Recommendation)
    assert advice.predicted_p99_ms < 15_000
    assert advice.after["memory_mb"] == lowest


def test_the_platform_has_no_size_below_128_mb() -> None:
    assert size(function__memory_mb=200, memory__peak_mb=10.0, **WAITS) == 128
    assert "the platform asks for 128" in reason(
        function__memory_mb=128, memory__peak_mb=10.0, **WAITS
    )


@pytest.mark.parametrize(("peak_mb", "starved"), [(3007.0, False), (3008.0, True), (3010.0, True)])
def test_a_function_that_uses_all_it_has_is_starved(peak_mb: float, starved: bool) -> None:
    assert ("starved" in reason(memory__peak_mb=peak_mb)) is starved


@pytest.mark.parametrize("peak_mb", [2149.0, 2500.0])
def test_no_smaller_size_is_proposed_where_a_limit_asks_for_the_current_one(
    peak_mb: float,
) -> None:
    asked = reason(memory__peak_mb=peak_mb)
    assert asked == (
        f"no smaller size is safe: peak memory times 1.4 asks for {math.ceil(peak_mb * 1.4)} MB"
    )


def test_the_saving_is_an_interval_that_can_be_redone() -> None:
    advice = ask(cpu__share=0.5, memory__peak_mb=1000.0)
    assert isinstance(advice, Recommendation)
    new = advice.after["memory_mb"]
    a_month = 3008 / 1024 * 20_000 * 0.0000166667 / (14 * 24 / 730)
    worst = 1769 / min(new, 1769)
    assert advice.saving.high_usd_month == round(a_month * (1 - new / 3008), 2)
    assert advice.saving.low_usd_month == round(
        a_month * (1 - new / 3008 * worst) * DISCOUNT_FLOOR, 2
    )
    assert 0 < advice.saving.low_usd_month <= advice.saving.high_usd_month


def test_the_low_end_of_a_saving_may_be_a_loss_and_is_not_made_smaller() -> None:
    advice = ask(
        {"max_slowdown": 1.0, "max_step": 0.5},
        function__memory_mb=1024,
        memory__peak_mb=100.0,
        cpu__share=0.4,
    )
    assert isinstance(advice, Recommendation)
    assert advice.saving.low_usd_month <= 0 < advice.saving.high_usd_month


def test_low_is_never_above_high() -> None:
    for memory_mb in range(256, 10_241, 501):
        for share in (0.0, 0.1, 0.3, 0.6, 1.0):
            advice = ask(function__memory_mb=memory_mb, memory__peak_mb=60.0, cpu__share=share)
            if isinstance(advice, Recommendation):
                assert advice.saving.low_usd_month <= advice.saving.high_usd_month
                assert 128 <= advice.after["memory_mb"] < memory_mb


def test_what_costs_less_saves_less_in_proportion() -> None:
    usual, half = ask(), ask(cost__compute_usd_month=USUAL["cost.compute_usd_month"] / 2)
    assert isinstance(usual, Recommendation)
    assert isinstance(half, Recommendation)
    assert half.after == usual.after
    assert half.saving.high_usd_month == pytest.approx(usual.saving.high_usd_month / 2, abs=0.01)


def test_the_reasons_let_a_person_redo_the_sums() -> None:
    advice = ask()
    assert isinstance(advice, Recommendation)
    told = "\n".join(advice.reasons)
    for figure in ("300 MB of 3008 MB", "assumed: no CPU evidence", "400 ms", "30000 ms", "1769"):
        assert figure in told
    assert "from Lambda Insights" in "\n".join(_reasons(cpu__share=0.9))
    assert advice.predicted_p95_ms == 400.0
    assert advice.predicted_p99_ms == 900.0


def _reasons(**given: Any) -> tuple[str, ...]:
    advice = ask(**given)
    assert isinstance(advice, Recommendation)
    return advice.reasons


def test_s08_without_a_known_cost_nothing_is_proposed() -> None:
    unknown = {"cost.compute_usd_month": Unknown(reason="the price is not known")}
    advice = advise(signals() | unknown, FIELDS, region="eu-west-1", lookback=LOOKBACK)
    assert advice == Abstention(reason="not known: cost.compute_usd_month")
