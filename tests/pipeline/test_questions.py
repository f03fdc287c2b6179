"""Is each question asked of those it could decide, and what does a lost or an earlier answer do?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET, an_account, an_arn
from tests.pipeline.house import FILES, House, with_policy
from tests.pipeline.reads import watching
from trimtab.domain.evidence import Known, Unknown
from trimtab.domain.fleet import Inventory
from trimtab.pipeline.inventory import inventory
from trimtab.pipeline.signals.kept import KeptAnswers
from trimtab.pipeline.signals.needs import Needs

PUBLIC = "  exposure.is_public: true\n"
CHANGING = FILES["cost/memory-oversized.yaml"].replace(
    "when:\n", "when:\n  exposure.is_public: false\n"
)


def read(house: House, kept: KeptAnswers | None = None) -> Inventory:
    return inventory(
        TARGET,
        house.fleet.open(TARGET),
        Needs(policies=house.bundle.policies, account=an_account()),
        clock=house.clock,
        is_unmanaged=True,
        kept=kept,
    )


def test_a_kept_answer_is_not_asked_for_again_and_says_when_it_was_read() -> None:
    house = House(watching(PUBLIC))
    house.plant()
    kept = KeptAnswers(at=house.clock.now())
    first = read(house, kept)
    again = read(house, KeptAnswers(kept.all(), at=house.clock.now()))
    assert first.calls["lambda:GetPolicy"] == 1
    assert "lambda:GetPolicy" not in again.calls
    assert (first.asked["resource policy"], first.spared) == (1, {})
    assert (again.asked["resource policy"], again.spared) == (1, {"resource policy": 1})
    evidence = again.snapshots[0].signals["exposure.is_public"]
    assert isinstance(evidence, Known)
    assert evidence.source.endswith(f", read {house.clock.now():%Y-%m-%d}")


@pytest.mark.parametrize(
    "told",
    [
        lambda told: {n: e for n, e in told.items() if n != "exposure.is_public"},
        lambda told: told | {"trigger.has_url": Known(value=False, source="GetPolicy")},
    ],
)
def test_s08_an_answer_of_a_build_that_asked_otherwise_is_asked_again(
    told: Callable[[Mapping[str, Known]], Mapping[str, Known]],
) -> None:
    house = House(watching(PUBLIC))
    house.plant()
    kept = KeptAnswers(at=house.clock.now())
    first = read(house, kept)
    others = [replace(answer, told=told(answer.told)) for answer in kept.all()]
    again = read(house, KeptAnswers(others, at=house.clock.now()))
    assert again.calls["lambda:GetPolicy"] == 1
    assert again.snapshots[0].signals == first.snapshots[0].signals


def test_every_kept_answer_serves_again() -> None:
    """A question that leaves some of its signals to another is answered by what it told."""
    house = House(watching('  concurrency.provisioned: "> 0"\n'))
    house.plant()
    house.functions.publish("orders")
    house.functions.provision("orders", "1", 5)
    kept = KeptAnswers(at=house.clock.now())
    first = read(house, kept)
    again = read(house, KeptAnswers(kept.all(), at=house.clock.now()))
    assert isinstance(first.snapshots[0].signals["concurrency.provisioned"], Known)
    assert first.spared == {}
    assert again.spared["provisioned concurrency"] == 1


def test_some_are_answered_earlier_and_the_rest_is_asked() -> None:
    house = House(watching(PUBLIC))
    house.plant()
    kept = KeptAnswers(at=house.clock.now())
    read(house, kept)
    house.plant("new")
    again = read(house, kept)
    assert again.calls["lambda:GetPolicy"] == 1
    assert again.spared == {"resource policy": 1}


def test_what_a_change_could_hang_on_is_always_asked_afresh() -> None:
    house = House(with_policy(CHANGING))
    house.plant()
    kept = KeptAnswers(at=house.clock.now())
    read(house, kept)
    again = read(house, kept)
    assert again.calls["lambda:GetPolicy"] == 1
    assert again.spared == {}


def test_a_deployed_scan_keeps_answers_from_run_to_run() -> None:
    house = House(watching(PUBLIC))
    house.plant()
    house.scan()
    house.clock.advance(timedelta(minutes=5))
    house.scan("run-2")
    (first,), (again,) = house.parts(), house.parts("run-2")
    assert first.calls["lambda:GetPolicy"] == 1
    assert "lambda:GetPolicy" not in again.calls


def test_s08_a_listing_that_fails_is_one_gap_and_unknown_for_every_function() -> None:
    house = House(watching('  trigger.event_source_count: "= 0"\n'))
    house.plant("orders")
    house.plant("stable")
    house.functions.fail_always("ListEventSourceMappings", "AccessDeniedException")
    found = read(house)
    (gap,) = found.gaps
    assert (gap.what, gap.function) == ("event source mappings", None)
    for snapshot in found.snapshots:
        evidence = snapshot.signals["trigger.event_source_count"]
        assert isinstance(evidence, Unknown)
        assert "AccessDeniedException" in evidence.reason


def test_s08_a_call_for_one_function_that_fails_is_a_gap_of_that_function() -> None:
    house = House(watching(PUBLIC))
    house.plant("orders")
    house.plant("stable")
    house.functions.fail_next("GetPolicy", "ServiceException")
    found = read(house)
    (gap,) = found.gaps
    assert (gap.what, gap.function) == ("resource policy", str(an_arn("orders")))
    orders, stable = found.snapshots
    assert isinstance(orders.signals["exposure.is_public"], Unknown)
    assert stable.signals["exposure.is_public"] == Known(value=False, source="GetPolicy")


def test_s08_a_listing_that_fails_takes_nothing_away_that_was_known_without_it() -> None:
    house = House(watching('  vpc.zone_count: "< 2"\n'))
    house.plant("outside")
    house.plant("alone", VpcConfig={"SubnetIds": ["subnet-a"]})
    house.plant("many", VpcConfig={"SubnetIds": ["subnet-a", "subnet-b"]})
    house.cloud[TARGET].ec2.fail_always("DescribeSubnets", "UnauthorizedOperation")
    found = read(house)
    (gap,) = found.gaps
    assert (gap.what, gap.function) == ("subnets", None)
    zones = {s.listed.function.name: s.signals["vpc.zone_count"] for s in found.snapshots}
    assert isinstance(zones.pop("many"), Unknown)
    assert zones == {
        "outside": Known(value=None, source="ListFunctions"),
        "alone": Known(value=1, source="ListFunctions"),
    }


def test_the_aliases_are_read_once_whichever_questions_need_them() -> None:
    house = House(watching("  all:\n    - exposure.is_public: false\n    - alias.count: 1\n"))
    house.plant()
    house.functions.publish("orders")
    house.functions.alias("orders", "live", "1")
    found = read(house)
    assert {"aliases", "resource policy"} <= found.asked.keys()
    assert found.calls["lambda:ListAliases"] == 1
