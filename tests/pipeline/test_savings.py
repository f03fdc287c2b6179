"""Is what a change saved measured, held against its bound, and learned from? (S13)"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET
from tests.pipeline.house import FILES, House, with_policy
from trimtab.domain.errors import RetryableError
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.realised import RealisedSaving
from trimtab.domain.remediation import Remediation
from trimtab.domain.verification import Comparison, Figures, Health, Verification
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline import savings, verify
from trimtab.pipeline.proposal import _min_saving
from trimtab.pipeline.verify import Watch, close

SETTLE, WATCH = timedelta(minutes=10), timedelta(hours=4)
POLICY = FILES["cost/memory-oversized.yaml"]
LENIENT = POLICY.replace("set_memory: {}", "set_memory: {max_slowdown: 100%, min_saving: 5%}")
"""Slower is no reason to undo here: what was saved is judged alone."""
BOUNDLESS = LENIENT.replace("min_saving: 5%", "min_saving: 0%")


def a_house() -> House:
    return House(with_policy(LENIENT))


def a_watched(
    house: House, *, before_ms: float = 200.0, weeks: tuple[int, ...] = (1, 2), **after: float
) -> Remediation:
    """Apply 3,008 MB to 2,592 MB; the mean before and the figures after are as given."""
    arn = house.plant()
    at = house.clock.now()
    for week in weeks:
        past = at - timedelta(weeks=week)
        until = past + SETTLE + WATCH + timedelta(minutes=10)
        house.traffic(since=past - timedelta(minutes=5), until=until, mean=before_ms)
    house.traffic(since=at, until=at + WATCH * 5, **{"mean": before_ms} | after)
    change = house.opened(arn)
    house.answer(change)
    house.carry(change)
    return change


def look(house: House) -> Watch:
    seen = verify.verify(house.verify_bench())
    close(seen, house.verify_bench())
    return seen


def ended(house: House, after: timedelta = SETTLE + WATCH) -> Verification:
    house.clock.advance(after)
    (seen,) = look(house).watched
    return seen.verification


def saving_of(verification: Verification) -> Comparison:
    (found,) = [c for c in verification.comparisons if c.figure == savings.FIGURE]
    return found


def measured(house: House, change: Remediation) -> Entry:
    chain = house.ledger.entries(change_chain(change.change_id))
    (entry,) = [e for e in chain if e.event == savings.MEASURED]
    return entry


def realised(house: House, change: Remediation) -> RealisedSaving:
    return from_wire(RealisedSaving, measured(house, change).data["saving"])


def test_what_a_step_saved_is_on_record_beside_what_was_predicted() -> None:
    house = a_house()
    change = a_watched(house, mean=220.0)
    verification = ended(house)
    assert verification.health is Health.HEALTHY
    found = realised(house, change)
    assert found.before.gb_s_per_invocation == pytest.approx(3008 / 1024 * 0.2)
    assert found.after.gb_s_per_invocation == pytest.approx(2592 / 1024 * 0.22)
    share = 1 - 2592 * 220 / (3008 * 200)
    assert found.share == pytest.approx(share)
    assert measured(house, change).data["share"] == pytest.approx(share)
    assert found.basis == savings.BY_METRIC
    cost = change.recommendation.cost_usd_month
    assert cost is not None
    assert found.usd_month == round(cost * share, 2)
    predicted = change.recommendation.saving
    assert found.predicted_low_usd_month == predicted.low_usd_month
    assert found.predicted_high_usd_month == predicted.high_usd_month
    said = saving_of(verification)
    assert said.answer is Health.HEALTHY
    assert f"{share:.1%} less billed GB-seconds per invocation" in said.why
    low, high = map(savings._usd, (predicted.low_usd_month, predicted.high_usd_month))
    assert f"; predicted {low} to {high} a month, measured $" in said.why
    assert "at least 5.0% asked for" in said.why
    assert house.events(change)[-2:] == [savings.MEASURED, "watch_healthy"]


def test_a_watch_teaches_both_sizes_and_the_first_baseline_stays() -> None:
    house = a_house()
    change = a_watched(house, mean=220.0, p95=500.0)
    ended(house)
    record = house.memories.of(change.function)
    before, after = record.points
    assert record.baseline == before
    assert (before.memory_mb, before.duration_mean_ms, before.duration_p95_ms) == (3008, 200, 400)
    assert (after.memory_mb, after.duration_mean_ms, after.duration_p95_ms) == (2592, 220, 500)
    assert before.source == after.source == f"change {change.change_id}-r1"
    assert before.code_sha256 == change.before.configuration.code_sha256
    assert before.measured_at == measured(house, change).at
    assert before.invocations > after.invocations > 200


def test_s13_a_step_that_saves_less_than_its_bound_is_undone() -> None:
    house = a_house()
    change = a_watched(house, mean=228.6)
    verification = ended(house)
    assert verification.health is Health.REGRESSED
    said = saving_of(verification)
    assert said.answer is Health.REGRESSED
    assert "1.5% less" in said.why
    assert house.executions.undos == [(change.change_id, 1)]
    assert house.events(change)[-2:] == [savings.MEASURED, "watch_regressed"]
    again = verify.verify(house.verify_bench()).watched[0].verification
    assert again.health is Health.REGRESSED, "what is on record is not measured again"
    assert house.undo(change).word is OutcomeWord.WRITTEN
    assert house.functions.memory_mb("orders") == 3008
    assert len(house.memories.of(change.function).points) == 2, "an undone step teaches as much"


def test_s13_a_step_that_costs_more_says_so() -> None:
    house = a_house()
    change = a_watched(house, mean=272.95)
    assert "17.6% more billed GB-seconds" in saving_of(ended(house)).why
    usd = realised(house, change).usd_month
    assert usd is not None
    assert usd < 0


@pytest.mark.parametrize(("mean", "health"), [(220.4, Health.HEALTHY), (220.6, Health.REGRESSED)])
def test_s13_the_bound_holds_to_the_point(mean: float, health: Health) -> None:
    house = a_house()
    a_watched(house, mean=mean)
    assert ended(house).health is health


def test_s13_a_policy_may_ask_for_no_saving_at_all() -> None:
    house = House(with_policy(BOUNDLESS))
    change = a_watched(house, mean=232.0)
    assert change.min_saving == 0.0
    assert ended(house).health is Health.HEALTHY


def test_s13_a_raise_that_is_not_made_to_save_has_no_bound() -> None:
    house = a_house()
    change = house.proposed()
    policy = house.bundle.policies[0]
    advice = replace(change.recommendation, after={"memory_mb": 4096})
    up = replace(advice, max_duration_ratio=None)
    assert _min_saving(policy, change.recommendation, change.before) == 0.05
    assert _min_saving(policy, advice, change.before) == 0.05, "a raise that saves"
    assert _min_saving(policy, up, change.before) is None
    assert _min_saving(replace(policy, change=None), advice, change.before) is None


def test_without_a_bound_less_than_nothing_is_kept_and_said() -> None:
    house = a_house()
    change = a_watched(house, mean=272.95)
    found = savings._compared(replace(change, min_saving=None), _a_saving(house, change))
    assert (found.answer, "asked for" in found.why) == (Health.HEALTHY, False)


def _a_saving(house: House, change: Remediation) -> RealisedSaving:
    house.clock.advance(SETTLE + WATCH)
    verify.verify(house.verify_bench())
    return realised(house, change)


def test_s13_too_few_invocations_are_no_reason_to_undo() -> None:
    house = a_house()
    change = a_watched(house, mean=232.0, invocations=0.5)
    verification = ended(house, SETTLE + WATCH * 4)
    assert verification.health is Health.INSUFFICIENT_DATA
    assert saving_of(verification).answer is Health.INSUFFICIENT_DATA
    assert house.status(change) == "unproven"
    assert len(house.memories.of(change.function).points) == 2


def test_a_function_that_nobody_called_before_is_not_measured() -> None:
    house = a_house()
    change = a_watched(house, weeks=())
    said = saving_of(ended(house, SETTLE + WATCH * 4))
    assert said.why == "saving: not measured: before: it was not invoked"
    assert savings.MEASURED not in house.events(change)
    assert house.memories.of(change.function).points == ()


def test_s08_metrics_without_a_mean_measure_nothing() -> None:
    house = a_house()
    change = a_watched(house)
    _forget_means(house)
    verification = ended(house)
    assert verification.health is Health.HEALTHY
    assert "not measured: before: it was not invoked" in saving_of(verification).why
    assert savings.MEASURED not in house.events(change)


def _forget_means(house: House) -> None:
    points = house.cloud[TARGET].metrics._points
    for key in [key for key in points if key[2] == "Average"]:
        del points[key]


def test_s08_counts_that_are_not_known_measure_nothing() -> None:
    house = a_house()
    change = a_watched(house)
    house.cloud[TARGET].metrics.spoil("Invocations", "PartialData", FunctionName="orders")
    said = saving_of(ended(house, SETTLE + WATCH * 4))
    assert said.why == "saving: not measured: before: CloudWatch did not answer completely"
    assert house.status(change) == "unproven"


def test_what_takes_no_time_saves_none() -> None:
    house = a_house()
    a_watched(house, before_ms=0.0)
    assert "before: its invocations took no time" in saving_of(ended(house)).why


@pytest.mark.parametrize(
    ("change_it", "why"),
    [
        ({"MemorySize": 3008}, None),
        ({"CodeSha256": "shipped meanwhile"}, "its code was changed while it was watched"),
    ],
)
def test_hours_of_other_code_are_no_measure(change_it: dict[str, Any], why: str | None) -> None:
    house = a_house()
    change = a_watched(house)
    house.functions.change("orders", **change_it)
    verification = ended(house)
    assert savings.MEASURED not in house.events(change)
    assert house.memories.of(change.function).points == ()
    if why is None:
        assert verification.health is Health.REVERTED
    else:
        assert saving_of(verification).why == f"saving: not measured: {why}"


@pytest.mark.parametrize("gone", [True, False])
def test_what_did_harm_and_was_changed_since_teaches_nothing(gone: bool) -> None:
    house = a_house()
    change = a_watched(house, errors=5.0)
    if gone:
        house.functions.remove("orders")
    else:
        house.functions.change("orders", MemorySize=4096)
    house.clock.advance(SETTLE + timedelta(hours=3))
    (seen,) = look(house).watched
    assert seen.verification.health is Health.REGRESSED
    assert house.executions.undos == [(change.change_id, 1)]
    assert house.memories.of(change.function).points == ()


def test_s13_a_harmful_step_is_undone_first_and_learned_from_then() -> None:
    house = a_house()
    change = a_watched(house, errors=5.0, mean=300.0)
    house.clock.advance(SETTLE + timedelta(hours=3))
    house.memories.fail_next("add", RetryableError("the table on purpose"))
    seen = look(house)
    assert (seen.watched, len(seen.gaps)) == ((), 1)
    assert house.executions.undos == [(change.change_id, 1)], "an undo waits for no lesson"
    look(house)
    assert [p.duration_mean_ms for p in house.memories.of(change.function).points] == [200, 300]


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("nth", [1, 2])
def test_s06_a_crash_while_learning_repeats_the_very_same_points(landed: bool, nth: int) -> None:
    house = a_house()
    change = a_watched(house, mean=220.0)
    house.clock.advance(SETTLE + WATCH)
    error = RetryableError("on purpose")
    if nth == 2:
        house.memories.fail_next("add", error, after_landing=landed)
    house.memories.fail_next("add", error, after_landing=landed)
    for _ in range(nth):
        assert look(house).watched == ()
        assert house.status(change) == "watching"
        house.clock.advance(timedelta(minutes=20))
        now = house.clock.now()
        house.traffic(since=now - timedelta(minutes=20), until=now + WATCH, mean=9.0)
    assert look(house).watched[0].verification.health is Health.HEALTHY
    assert house.status(change) == "verified"
    assert house.events(change).count(savings.MEASURED) == 1
    assert [p.duration_mean_ms for p in house.memories.of(change.function).points] == [200, 220]


@pytest.mark.parametrize("after_landing", [True, False])
def test_s06_a_crash_around_the_measurement_measures_once(after_landing: bool) -> None:
    house = a_house()
    change = a_watched(house)
    house.clock.advance(SETTLE + WATCH)
    house.ledger.fail_next(after_landing=after_landing)
    assert len(look(house).gaps) == 1
    assert look(house).watched[0].verification.health is Health.HEALTHY
    assert house.events(change).count(savings.MEASURED) == 1
    assert house.events(change).count("watch_healthy") == 1


def test_a_change_of_an_older_release_is_measured_without_money() -> None:
    house = a_house()
    change = a_watched(house)
    old = replace(change.recommendation, cost_usd_month=None)
    watched = savings.Watched(
        remediation=replace(change, recommendation=old, min_saving=None),
        baseline=_baseline(house, change),
    )
    house.clock.advance(SETTLE + WATCH)
    bench = savings.Bench(
        source=house.fleet.open(TARGET),
        ledger=house.ledger,
        memories=house.memories,
        clock=house.clock,
    )
    found = savings._measure(watched, bench)
    assert isinstance(found, RealisedSaving)
    assert found.usd_month is None
    assert "measured not known" in savings._in_words(found, None)
    assert "predicted -$2.00" in savings._in_words(replace(found, predicted_low_usd_month=-2), None)


def _baseline(house: House, change: Remediation) -> Any:
    entries = house.ledger.entries(change_chain(change.change_id))
    (applied,) = [e for e in entries if e.event == "applied"]
    return from_wire(verify.Baseline, applied.data["baseline"])


def test_figures_of_an_older_release_are_still_read() -> None:
    house = a_house()
    change = a_watched(house)
    old = to_wire(_baseline(house, change).figures)
    del old["duration_mean_ms"]
    assert from_wire(Figures, old).duration_mean_ms.reason == "not asked"


def test_a_very_short_watch_is_measured_to_its_last_minute() -> None:
    at = datetime.fromisoformat("2026-11-21T09:00:30+00:00")
    minute = timedelta(minutes=1)
    assert savings._hours(at, at + minute) == (at - minute / 2, at + minute * 3 / 2)
    start, end = savings._hours(at, at + timedelta(hours=4))
    assert (start.minute, end.minute, end.hour) == (0, 55, 12)
    _, longest = savings._hours(at, at + timedelta(days=20))
    assert longest <= at + savings.LONGEST


@pytest.mark.parametrize(
    ("value", "said"), [(-0.0, "$0.00"), (-0.004, "$0.00"), (-0.01, "-$0.01"), (2.5, "$2.50")]
)
def test_no_amount_is_less_than_nothing_by_rounding(value: float, said: str) -> None:
    assert savings._usd(value) == said
