"""Is a topic of a function explained from the last run, or as it is now, and its absence too?"""

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.builders import TARGET, an_account, an_arn
from tests.pipeline.house import OTHER_ACCOUNT, House, a_bundle, with_policy
from tests.report.curves import CURVES
from trimtab.domain.arn import Target
from trimtab.domain.errors import InputError, NotFoundError, PermanentError
from trimtab.domain.finding import Abstention, Assessment, Finding, Recommendation
from trimtab.domain.plan import PlannedFinding
from trimtab.domain.wire import to_wire
from trimtab.flows import keys
from trimtab.flows.change_answer import (
    MEMORY,
    ChangeAnswer,
    answer_now,
    answer_of_run,
)
from trimtab.flows.memory_answer import Bounds, bounds_of
from trimtab.flows.sweep import Bench
from trimtab.policy.model import Policy

POLICY = "memory-oversized"


def of_run(house: House, function: str = "orders", *policies: Policy) -> ChangeAnswer:
    return answer_of_run(function, house.store, policies or house.bundle.policies, MEMORY)


def now(house: House, name: str = "orders") -> ChangeAnswer:
    bench = Bench(fleet=house.fleet, bundle=house.bundle, clock=house.clock)
    return answer_now(an_arn(name), bench, MEMORY)


def a_run(**planted: Any) -> House:
    house = House()
    house.plant(**planted)
    house.run()
    return house


def with_advice(house: House, advice: Any, run_id: str = "run-1") -> House:
    """Let the last run have found this advice, as the advisor of another release may."""
    plan = house.plan(run_id)
    items = tuple(
        PlannedFinding(
            finding=replace(item.finding, advice=advice),
            disposition=item.disposition,
            reason=item.reason,
        )
        for item in plan.items
    )
    house.store.put(keys.plan(run_id), to_wire(replace(plan, items=items)))
    return house


@pytest.mark.parametrize("named", ["orders", str(an_arn())])
def test_the_last_run_tells_what_was_found_and_what_became_of_it(named: str) -> None:
    answer = of_run(a_run(), named)
    (one,) = answer.found
    assert (answer.function, answer.origin) == (an_arn(), "run run-1")
    assert one.became == "planned: within all limits"
    assert isinstance(one.finding.advice, Recommendation)
    assert bounds_of(one) == Bounds(max_slowdown=0.10, max_step=0.50, least_mb=pytest.approx(420.0))
    assert one.curve is not None
    assert one.curve.chosen_mb == one.finding.advice.after["memory_mb"]


def test_the_curve_of_an_abstention_is_told_too() -> None:
    advice = Abstention(reason="x", curve=CURVES["usual"], at_stake_usd_month=20.0)
    (one,) = of_run(with_advice(a_run(), advice)).found
    assert one.curve == CURVES["usual"]


def test_bounds_are_told_only_by_the_very_policy_of_the_run() -> None:
    house = a_run()
    (other,) = a_bundle(digest="another").policies
    (one,) = answer_of_run("orders", house.store, (other,), MEMORY).found
    assert bounds_of(one) == Bounds()
    (one,) = answer_of_run("orders", house.store, (), MEMORY).found
    assert bounds_of(one) == Bounds()


def test_s08_a_bound_that_hangs_on_an_unknown_peak_is_not_known() -> None:
    house = a_run()
    plan = house.plan()
    items = tuple(replace(i, finding=_without_peak(i.finding)) for i in plan.items)
    house.store.put(keys.plan("run-1"), to_wire(replace(plan, items=items)))
    (one,) = of_run(house).found
    assert (bounds_of(one).max_step, bounds_of(one).least_mb) == (0.5, None)


def _without_peak(finding: Finding) -> Finding:
    signals = {n: e for n, e in finding.signals.items() if n != "memory.peak_mb"}
    return replace(finding, signals=signals)


def test_without_a_finding_the_verdicts_of_the_run_are_told() -> None:
    answer = of_run(a_run(memory_mb=256))
    assert (answer.found, answer.gaps) == ((), ())
    ((policy, said),) = [(u.policy_id, u.assessment) for u in answer.unfound]
    assert (policy, said) == (POLICY, Assessment.COMPLIANT)
    assert of_run(a_run(memory_mb=256), str(an_arn())).function == an_arn()


def test_a_finding_that_asks_for_no_change_says_nothing_of_the_size() -> None:
    house = with_advice(a_run(), None)
    assert of_run(house).found == ()


def test_no_run_at_all_says_what_to_do() -> None:
    with pytest.raises(NotFoundError, match="start the state machine trimtab-scan"):
        of_run(House())


def test_a_function_the_run_has_not_seen_is_not_there() -> None:
    with pytest.raises(NotFoundError, match="run run-1 has not seen payments: check the name"):
        of_run(a_run(), "payments")


@pytest.mark.parametrize("named", ["payments", str(an_arn("payments"))])
def test_s08_a_gap_that_may_hide_a_function_is_said(named: str) -> None:
    house = House()
    house.plant()
    house.functions.fail_always("ListFunctions", "AccessDeniedException")
    house.run()
    with pytest.raises(NotFoundError, match="AccessDenied"):
        of_run(house, named)


def test_s18_a_gap_elsewhere_hides_nothing_here() -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    house.plant()
    elsewhere = Target(account=OTHER_ACCOUNT, region=TARGET.region)
    house.cloud[elsewhere].functions.fail_always("ListFunctions", "AccessDeniedException")
    house.run()
    with pytest.raises(NotFoundError) as caught:
        of_run(house, str(an_arn("payments")))
    assert "AccessDenied" not in str(caught.value)


@pytest.mark.parametrize("named", ["orders", str(an_arn())])
def test_s18_of_a_function_that_was_found_only_gaps_of_its_own_target_are_told(named: str) -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    house.plant(peak_mb=None)
    house.cloud[TARGET].metrics.fail_always("GetMetricData", "AccessDenied")
    elsewhere = Target(account=OTHER_ACCOUNT, region=TARGET.region)
    house.cloud[elsewhere].functions.fail_always("ListFunctions", "AccessDeniedException")
    house.run()
    assert {gap.account for gap in house.plan().gaps} == {TARGET.account, OTHER_ACCOUNT}
    answer = of_run(house, named)
    assert answer.function == an_arn()
    assert {gap.account for gap in answer.gaps} == {TARGET.account}


@pytest.mark.parametrize("memory_mb", [256, 3008])
def test_s18_a_name_that_stands_for_several_functions_is_asked_about(memory_mb: int) -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    elsewhere = Target(account=OTHER_ACCOUNT, region=TARGET.region)
    for target in (TARGET, elsewhere):
        house.plant(target=target, memory_mb=memory_mb)
    house.run()
    twin = str(an_arn(account=OTHER_ACCOUNT))
    with pytest.raises(InputError, match="stands for several functions") as caught:
        of_run(house)
    assert twin in str(caught.value)
    assert str(of_run(house, twin).function) == twin


def test_read_now_it_is_judged_by_what_may_change_the_memory() -> None:
    house = House()
    house.plant()
    answer = now(house)
    (one,) = answer.found
    assert (answer.origin, one.became, answer.unfound) == ("read now", "", ())
    assert isinstance(one.finding.advice, Recommendation)
    assert bounds_of(one).max_slowdown == pytest.approx(0.1)


def test_read_now_without_a_finding_it_says_why() -> None:
    house = House()
    house.plant(memory_mb=256)
    (unfound,) = now(house).unfound
    assert (unfound.policy_id, unfound.assessment) == (POLICY, Assessment.COMPLIANT)
    assert "memory.peak_ratio" in unfound.because


def test_s08_read_now_what_is_unknown_stays_so() -> None:
    house = House()
    house.plant(peak_mb=None)
    (unfound,) = now(house).unfound
    assert unfound.assessment is Assessment.INSUFFICIENT_DATA


def test_a_function_that_is_not_there_or_cannot_be_read_is_said() -> None:
    house = House()
    house.plant()
    with pytest.raises(NotFoundError, match="is not there"):
        now(house, "payments")
    house.functions.fail_always("ListFunctions", "AccessDeniedException")
    with pytest.raises(PermanentError, match="could not be read"):
        now(house)


def test_a_bundle_that_changes_no_memory_has_nothing_to_explain() -> None:
    text = "id: old\ntitle: Old\nwhy: w\nseverity: low\nmode: observe\nlookback: 14d\n"
    house = House(with_policy(text + 'when: {function.memory_mb: "> 128 MB"}\n', "old"))
    house.plant()
    with pytest.raises(InputError, match="no policy of the bundle asks for set_memory"):
        now(house)
