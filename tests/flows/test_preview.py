"""Does a preview say what a run would do, and hold back what a run would hold back?"""

import re
from dataclasses import replace
from pathlib import Path

from tests.fakes.builders import REGION, TARGET, an_account, an_arn
from tests.pipeline.house import OTHER_ACCOUNT, House, a_bundle, with_limits
from trimtab.domain.arn import Target
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Gap
from trimtab.domain.plan import Disposition
from trimtab.flows.preview import Preview, preview
from trimtab.flows.sweep import Bench, Place, sweep
from trimtab.policy.model import PolicyScope, Selection

OTHER = Target(account=OTHER_ACCOUNT, region=REGION)


def previewed(house: House, *places: Place, gaps: tuple[Gap, ...] = ()) -> Preview:
    bench = Bench(fleet=house.fleet, bundle=house.bundle, clock=house.clock)
    return preview(places or (a_place(),), gaps, bench)


def a_place(target: Target = TARGET, *, is_placed: bool = True) -> Place:
    return Place(target=target, account=an_account(target.account), is_placed=is_placed)


def test_a_preview_plans_what_a_run_would_plan() -> None:
    house = House()
    house.plant()
    house.plant("stable", peak_mb=2900.0)
    house.run()
    (planned,) = previewed(house).plan.remediations
    (opened,) = house.plan().remediations
    assert (planned.function, planned.after) == (opened.function, opened.after)
    assert planned.recommendation == opened.recommendation


def test_the_guide_names_every_call_that_only_a_plan_makes() -> None:
    house = House()
    house.plant("looked-at")
    list(sweep((a_place(),), Bench(fleet=house.fleet, bundle=house.bundle, clock=house.clock)))
    scanned = calls_of(house)
    arn = house.plant("aliased")
    house.functions.alias(arn.name, "live", house.functions.publish(arn.name))
    previewed(house)
    managed = replace(house.bundle.fleet, unmanaged_accounts=frozenset())
    house.bundle = replace(house.bundle, fleet=managed)
    previewed(house)
    page = (Path(__file__).resolve().parents[2] / "docs" / "scanning.md").read_text("utf-8")
    told = page.partition("## What a run would propose")[2].partition("\n## ")[0]
    named = {text.partition(":")[2] for text in re.findall(r"`([a-z]+:[A-Z]\w+)`", told)}
    assert named == calls_of(house) - scanned


def calls_of(house: House) -> set[str]:
    aws = house.cloud[TARGET]
    clients = (aws.functions, aws.tagging, aws.metrics, aws.logs, aws.stacks, aws.trail)
    return {name for client in clients for name in client.calls}


def test_limits_hold_back_as_in_a_run() -> None:
    house = House(with_limits(a_bundle(), per_run=1))
    house.plant()
    house.plant("stable")
    found = previewed(house)
    assert len(found.plan.remediations) == 1
    assert [i.reason for i in found.plan.of(Disposition.HELD_BACK)] == ["limit: 1 changes per run"]
    assert (found.functions, found.verdicts) == (2, {Assessment.NON_COMPLIANT: 2})


def test_s08_a_target_that_cannot_be_entered_is_a_gap_and_the_rest_is_planned() -> None:
    house = House()
    house.plant()
    house.cloud.deny(OTHER)
    found = previewed(house, a_place(), a_place(OTHER))
    (gap,) = found.plan.gaps
    assert (gap.account, gap.what) == (OTHER_ACCOUNT, "target")
    assert len(found.plan.remediations) == 1


def test_s08_gaps_found_before_are_kept_and_hold_back() -> None:
    house = House()
    house.plant()
    gap = Gap(account=TARGET.account, region=REGION, what="organization", error="denied")
    found = previewed(house, gaps=(gap,))
    assert found.plan.gaps == (gap,)
    assert [i.disposition for i in found.plan.items] == [Disposition.HELD_BACK]


def test_s08_policies_that_ask_for_units_are_a_gap_where_those_are_not_known() -> None:
    bundle = a_bundle(scope=replace(PolicyScope(), organizational_units=Selection(include=("ou",))))
    house = House(bundle)
    house.plant()
    (gap,) = previewed(house, a_place(is_placed=False)).plan.gaps
    assert gap.what == "policies"
    assert "organizational units" in gap.error


def test_s08_a_listing_that_time_cut_off_is_a_gap() -> None:
    house = House()
    for n in range(60):
        house.plant(f"f{n:03d}", memory_mb=128)
    house.clock.leave(house.clock.remaining().resolution)
    assert [gap.error for gap in previewed(house).plan.gaps] == [
        "the listing was not read to its end: scan again"
    ]


def test_s08_a_function_that_a_policy_could_not_judge_is_named_and_holds_nothing_back() -> None:
    house = House()
    house.plant()
    house.plant("silent", peak_mb=None)
    found = previewed(house)
    (gap,) = found.unjudged
    assert (gap.function, gap.what) == (str(an_arn("silent")), "not judged by memory-oversized")
    assert "memory.peak_ratio" in gap.error
    assert found.plan.gaps == ()
    assert len(found.plan.remediations) == 1
    assert found.verdicts[Assessment.INSUFFICIENT_DATA] == 1
