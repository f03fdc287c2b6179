"""Does `trimtab cost` price what it is told, or what is on record, and say which of them?"""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.pipeline.house import House
from trimtab.domain.price import Price, Prices, Rates
from trimtab.domain.price_table import SHIPPED
from trimtab.flows.prices import keep_prices

POLICIES = str(Path(__file__).resolve().parents[2] / "policies")


def test_a_forecast_needs_no_aws_and_says_what_it_rests_on(call: Call) -> None:
    given = ("--accounts", "4", "--functions", "120", "--policies", POLICIES)
    said = call("cost", *given)
    assert said.code == 0
    assert said.out.startswith("forecast: 4 accounts, 1 regions, 120 functions, 0 changes")
    assert "list prices of us-east-1, read 2026-11-21" in said.out.splitlines()[-1]


def test_as_json_the_lines_add_up(call: Call) -> None:
    given = ("--accounts", "4", "--regions", "2", "--functions", "120", "--changes", "10")
    said = call("cost", *given, "--log-gb", "0.01", "--policies", POLICIES, "--json")
    shown = json.loads(said.out)
    assert shown["usd_high"] == pytest.approx(sum(one["usd_high"] for one in shown["lines"]))
    assert shown["use"]["log_gb_day"] == 0.01


@pytest.mark.parametrize("given", [("--accounts", "4"), ("--functions", "120")])
def test_half_a_forecast_is_a_bad_command_line(call: Call, given: tuple[str, ...]) -> None:
    said = call("cost", *given)
    assert (said.code, "say both" in said.err) == (3, True)


def test_without_figures_the_runs_on_record_are_priced(call_on: Call) -> None:
    house = House()
    house.applied()
    said = call_on(house, "cost", "--policies", POLICIES, "--json")
    shown = json.loads(said.out)
    assert shown["basis"] == "runs on record of 1 day, taken for a month"
    assert shown["use"]["functions"] == 1
    assert shown["use"]["changes"] == pytest.approx(730 / 24)


def test_runs_on_record_are_priced_at_the_prices_of_the_last_one(call_on: Call) -> None:
    house = House()
    house.run("run-1")
    house.clock.advance(timedelta(days=1))
    house.run("run-2")
    price = Price(usd=0.00001, source="price list 2026-11-20")
    rates = Rates(request=price, gb_second=price)
    prices = Prices(rates={"us-east-1": {"arm64": rates}}, source=price.source)
    keep_prices("run-2", prices, house.store)
    said = call_on(house, "cost", "--policies", POLICIES, "--json")
    assert "(Lambda: price list 2026-11-20)" in json.loads(said.out)["prices"]
    keep_prices("run-1", prices, house.store)
    keep_prices("run-2", SHIPPED, house.store)
    said = call_on(house, "cost", "--policies", POLICIES, "--json")
    assert "(Lambda: shipped prices of 2026-11-21)" in json.loads(said.out)["prices"]


def test_without_a_run_it_says_what_to_give(call_on: Call) -> None:
    house = House()
    house.run()
    house.clock.advance(timedelta(days=31))
    said = call_on(house, "cost", "--policies", POLICIES)
    assert (said.code, "say --accounts and --functions" in said.err) == (2, True)
