"""Does every policy see its own lookback, whatever others look back over?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET, an_account
from tests.pipeline.house import House
from tests.pipeline.reads import a_report, read, watching
from trimtab.domain.evidence import Known
from trimtab.domain.finding import Assessment
from trimtab.pipeline.evaluate import evaluate
from trimtab.pipeline.signals.needs import Needs, asks_for_prices
from trimtab.policy.model import Bundle, Policy


def looking_back(when: str, *lookbacks: timedelta) -> Bundle:
    """Give one policy several lookbacks, each under its own id: 'watch-14d'."""
    bundle = watching(when)
    (policy,) = bundle.policies
    return replace(
        bundle,
        policies=tuple(
            replace(policy, id=f"watch-{w.total_seconds() / 86_400:g}d", lookback=w)
            for w in lookbacks
        ),
    )


def assessments(house: House) -> dict[str, Assessment]:
    part = evaluate(read(house), account=an_account(), bundle=house.bundle, now=house.clock.now())
    return {verdict.policy_id: verdict.assessment for verdict in part.verdicts}


def use_once(house: House, *, days_ago: float, metric: str = "Invocations") -> None:
    at = house.clock.now() - timedelta(days=days_ago)
    house.cloud[TARGET].metrics.put(metric, "Sum", {at: 1.0}, FunctionName="orders")


FORTNIGHT, QUARTER = timedelta(days=14), timedelta(days=90)


@pytest.mark.parametrize(
    ("days_ago", "found"),
    [
        (1, {"watch-14d": Assessment.COMPLIANT, "watch-90d": Assessment.COMPLIANT}),
        (14, {"watch-14d": Assessment.COMPLIANT, "watch-90d": Assessment.COMPLIANT}),
        (15, {"watch-14d": Assessment.NON_COMPLIANT, "watch-90d": Assessment.COMPLIANT}),
        (91, {"watch-14d": Assessment.NON_COMPLIANT, "watch-90d": Assessment.NON_COMPLIANT}),
    ],
)
def test_each_policy_sums_up_over_its_own_lookback(
    days_ago: float, found: dict[str, Assessment]
) -> None:
    house = House(looking_back('  usage.invocations: "= 0"\n', QUARTER, FORTNIGHT))
    house.functions.add("orders")
    use_once(house, days_ago=days_ago)
    assert assessments(house) == found


def test_lookbacks_of_whole_days_are_read_together() -> None:
    house = House(
        looking_back('  usage.invocations: "= 0"\n', QUARTER, FORTNIGHT, timedelta(days=7))
    )
    house.functions.add("orders")
    assert read(house).calls["cloudwatch:GetMetricData"] == 1


def test_a_lookback_of_hours_is_read_on_its_own() -> None:
    house = House(looking_back('  usage.invocations: "= 0"\n', QUARTER, timedelta(hours=36)))
    house.functions.add("orders")
    use_once(house, days_ago=2)
    assert read(house).calls["cloudwatch:GetMetricData"] == 2
    assert assessments(house) == {
        "watch-90d": Assessment.COMPLIANT,
        "watch-1.5d": Assessment.NON_COMPLIANT,
    }


def test_the_logs_of_each_lookback_are_counted_apart() -> None:
    house = House(looking_back('  logs.out_of_memory: "> 0"\n', QUARTER, FORTNIGHT))
    house.plant(invocations=0)
    lost = house.clock.now() - timedelta(days=30)
    a_report(house, at=lost, lines=1, is_out_of_memory=True)
    use_once(house, days_ago=30)
    assert assessments(house) == {
        "watch-90d": Assessment.NON_COMPLIANT,
        "watch-14d": Assessment.INSUFFICIENT_DATA,
    }


def test_what_holds_over_any_time_is_read_once_for_all_lookbacks() -> None:
    house = House(looking_back("  function.state: Active\n", QUARTER, FORTNIGHT))
    house.plant()
    found = read(house)
    assert found.calls["lambda:GetFunction"] == 1
    (snapshot,) = found.snapshots
    assert snapshot.over(FORTNIGHT)["function.state"] == snapshot.over(QUARTER)["function.state"]
    assert found.asked == {"tags": 1, "state": 1}


def test_the_signals_of_a_snapshot_are_those_of_the_longest_lookback() -> None:
    house = House(looking_back('  usage.invocations: "= 0"\n', FORTNIGHT, QUARTER))
    house.functions.add("orders")
    use_once(house, days_ago=30)
    (snapshot,) = read(house).snapshots
    assert snapshot.signals["usage.invocations"] == Known(value=1, source="CloudWatch Invocations")
    assert snapshot.over(FORTNIGHT)["usage.invocations"] == Known(
        value=0, source="CloudWatch Invocations"
    )


def test_only_the_lookbacks_that_read_logs_are_counted_as_such() -> None:
    silent: Policy
    bundle = looking_back('  logs.out_of_memory: "> 0"\n', FORTNIGHT)
    (silent,) = looking_back('  usage.invocations: "= 0"\n', QUARTER).policies
    needs = Needs(policies=(*bundle.policies, silent), account=an_account())
    assert needs.log_lookbacks == (FORTNIGHT,)


def test_prices_are_read_only_where_a_policy_weighs_a_cost() -> None:
    assert asks_for_prices(watching('  cost.usd_month: ">= $20"\n').policies)
    assert asks_for_prices(watching("  concurrency.provisioned_costs_more: true\n").policies)
    assert asks_for_prices(House().bundle.policies)
    assert not asks_for_prices(watching('  usage.invocations: "= 0"\n').policies)
