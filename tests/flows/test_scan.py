"""Does a scan store what it read, go on where it stopped, and never mix accounts? (S18, S30)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import ACCOUNT, REGION, TARGET, an_account
from tests.pipeline.house import (
    OTHER_ACCOUNT,
    OTHER_REGION,
    House,
    a_bundle,
    with_fleet,
    with_policy,
)
from tests.pipeline.reads import POLICY, watching
from trimtab.domain.arn import Target
from trimtab.domain.errors import NotFoundError
from trimtab.domain.finding import Assessment
from trimtab.domain.price import Price, Prices, Rates
from trimtab.domain.wire import to_wire
from trimtab.flows import keys
from trimtab.flows.prices import keep_prices
from trimtab.flows.scan import Cursor, account_of, scan


def test_s08_a_scope_by_tags_that_cannot_be_read_is_insufficient_data() -> None:
    text = POLICY.replace("when:", "scope:\n  tags: {team: shop}\nwhen:")
    house = House(with_policy(text))
    house.plant(tags={"team": "shop"})
    house.cloud[TARGET].tagging.fail_always("GetResources", "AccessDeniedException")
    house.scan()
    (verdict,) = house.parts()[0].verdicts
    assert verdict.assessment is Assessment.INSUFFICIENT_DATA
    assert verdict.missing == ("function.tags",)


def test_scan_stores_every_slice_as_a_part_and_continues_to_the_same_functions() -> None:
    house = House()
    for n in range(120):
        house.plant(f"f{n:03d}")
    house.discover()
    bench = house.scan_bench()
    house.clock.leave(timedelta(seconds=30))
    cursor = scan("run-1", TARGET, None, bench)
    assert cursor == Cursor(marker="50", part=2)
    cursor = scan("run-1", TARGET, cursor, bench)
    assert cursor == Cursor(marker="100", part=3)
    assert scan("run-1", TARGET, cursor, bench) is None
    parts = house.parts()
    assert [p.functions for p in parts] == [50, 50, 20]
    assert [p.is_last for p in parts] == [False, False, True]
    sliced = [to_wire(v) for p in parts for v in p.verdicts]
    house.clock.leave(timedelta.max)
    house.scan("run-2")
    assert sliced == [to_wire(v) for p in house.parts("run-2") for v in p.verdicts]


def test_s08_an_account_that_denies_its_role_is_a_gap_and_the_run_goes_on() -> None:
    house = House(accounts=(an_account(), an_account(OTHER_ACCOUNT)))
    other = Target(account=OTHER_ACCOUNT, region=REGION)
    house.plant(target=TARGET)
    house.cloud.deny(other)
    counts, opened = house.run()
    assert (counts.gaps, counts.planned, counts.functions) == (1, 1, 1)
    assert counts.faults() == ()
    lost = next(p for p in house.parts() if p.target == other)
    assert (lost.functions, lost.is_last, lost.gaps[0].what) == (0, True, "target")
    assert len(opened) == 1


def test_s30_a_target_that_this_run_did_not_discover_is_refused() -> None:
    house = House()
    house.plant()
    house.discover()
    for target in (
        Target(account=OTHER_ACCOUNT, region=REGION),
        Target(account=ACCOUNT, region=OTHER_REGION),
    ):
        with pytest.raises(NotFoundError, match="did not discover"):
            scan("run-1", target, None, house.scan_bench())
        with pytest.raises(NotFoundError):
            account_of("run-1", target, house.store)
    with pytest.raises(NotFoundError):
        scan("run-9", TARGET, None, house.scan_bench())
    assert house.fleet.opened == []


def test_s18_functions_of_one_name_in_two_accounts_and_regions_never_mix() -> None:
    house = House(
        a_bundle(regions=(REGION, OTHER_REGION)),
        accounts=(an_account(), an_account(OTHER_ACCOUNT)),
    )
    places = [
        Target(account=a, region=r)
        for a in (ACCOUNT, OTHER_ACCOUNT)
        for r in (REGION, OTHER_REGION)
    ]
    for n, place in enumerate(places):
        house.plant("orders", target=place, memory_mb=3000 + n, peak_mb=300.0 + n)
    counts, opened = house.run()
    assert counts.planned == 4
    assert len({r.change_id for r in opened}) == len({r.finding_id for r in opened}) == 4
    by_place = {r.function.target: r for r in opened}
    for n, place in enumerate(places):
        change = by_place[place]
        assert change.before.configuration.memory_mb == 3000 + n
        assert f"peak memory {300 + n} MB" in change.recommendation.reasons[0]
        house.answer(change)
    first = by_place[places[0]]
    house.carry(first)
    assert [house.cloud[p].functions.memory_mb("orders") for p in places] == [
        2592,
        3001,
        3002,
        3003,
    ]
    assert house.status(by_place[places[3]]) == "approved"


def test_what_is_exempt_by_tag_is_counted_and_never_planned() -> None:
    house = House()
    house.plant(tags={"trimtab:exempt": "memory-oversized:2026-11-30"})
    counts, opened = house.run()
    assert (counts.suppressed, opened) == (1, ())


def test_the_tags_that_owners_yaml_names_are_those_that_say_who_owns() -> None:
    bundle = watching("  owner.present: false")
    house = House(replace(bundle, owners=replace(bundle.owners, tags=("team-email",))))
    house.plant("owned", tags={"team-email": "shop@example.com"})
    house.plant("unowned", tags={"owner": "shop@example.com"})
    house.scan()
    said = {v.function.name: v.assessment for v in house.parts()[0].verdicts}
    assert said["owned"] is Assessment.COMPLIANT
    assert said["unowned"] is Assessment.NON_COMPLIANT


def test_s12_a_managed_account_is_ticketed_because_nothing_proves_the_owner() -> None:
    house = House(with_fleet(a_bundle(), unmanaged_accounts=frozenset()))
    house.plant()
    counts, _ = house.run()
    assert counts.ticketed == 1
    assert "owner.tool is not known" in house.reasons()["orders"][1]


def test_manifest_keys_name_account_region_and_number() -> None:
    assert keys.part("r", TARGET, 2) == f"runs/r/parts/{ACCOUNT}/{REGION}/0002.json.gz"
    assert keys.manifest("r") == "runs/r/manifest.json"


def test_a_run_is_judged_by_the_prices_it_kept() -> None:
    house = House(watching('  cost.requests_usd_month: "> $1"\n'))
    house.plant()
    price = Price(usd=1.0, source="price list 2026-11-21")
    prices = Prices(rates={REGION: {"x86_64": Rates(request=price)}}, source=price.source)
    house.scan("run-1")
    keep_prices("run-2", prices, house.store)
    house.scan("run-2")
    found = [house.parts(run)[0].verdicts[0].assessment for run in ("run-1", "run-2")]
    assert found == [Assessment.COMPLIANT, Assessment.NON_COMPLIANT]
