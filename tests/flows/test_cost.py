"""Is a month's cost what its counts and prices say, and does it grow with what is looked at?"""

from dataclasses import replace

import pytest

from trimtab.domain import tariff
from trimtab.domain.errors import InputError
from trimtab.domain.price import Price, Prices, Rates
from trimtab.flows.call_counts import PolicyNeeds
from trimtab.flows.cost import DAYS_PER_MONTH, Line, Use, forecast, total, use_of_runs

NEEDS = PolicyNeeds(metrics=6, log_days=14, watch_minutes=240)
USE = Use(accounts=10, regions=2, functions=1000, changes=20, scans=30)


def line(what: str, use: Use = USE, needs: PolicyNeeds = NEEDS) -> Line:
    (found,) = (found for found in forecast(use, needs) if found.what == what)
    return found


def test_metrics_of_a_month_are_functions_times_series_times_scans() -> None:
    found = line("GetMetricData, daily scan")
    assert found.high == 1000 * 6 * 30
    assert found.usd_high == pytest.approx(180_000 * 0.01 / 1000 * tariff.DEARER)
    assert found.low == found.high / 4


def test_logs_are_scanned_twice_over_the_lookback_of_each_scan() -> None:
    found = line("daily scan", replace(USE, log_gb_day=0.01))
    assert found.high == pytest.approx(0.5 * 0.01 * 1000 * 30 * 14 * 2)
    assert found.usd_low == pytest.approx(0.02 * 0.01 * 1000 * 30 * 14 * 2 * 0.005)


def test_a_watch_reads_each_minute_and_may_go_on_for_four_times_its_length() -> None:
    found = line("GetMetricData, watches")
    assert (found.low, found.high) == (240 * 5 * 20, 240 * 5 * 20 * 4)
    logs = line("watches", replace(USE, log_gb_day=1.0))
    assert logs.low == pytest.approx(240 / 15 * 2 * (120 / 1440) * 20)


def test_what_was_saved_is_read_once_of_the_watch_and_of_two_weeks_before() -> None:
    assert line("GetMetricData, savings").high == 5 * 3 * 20
    logs = line("savings", replace(USE, log_gb_day=1.0))
    assert (logs.low, logs.high) == pytest.approx((40 * 3 * 2 / 12, 160 * 3 * 2 / 12))


def test_transitions_are_those_of_runs_targets_and_changes() -> None:
    found = line("transitions")
    assert found.low == 30 * (5 + 3 * 20) + 20 * (2 + 9)
    assert found.usd_low == pytest.approx(found.low * 0.025 / 1000)


def test_what_stands_costs_the_same_when_nothing_happens() -> None:
    idle = replace(USE, accounts=1, regions=1, functions=0, changes=0)
    for what in ("keys", "alarms", "secrets", "custom metrics"):
        assert line(what, idle) == line(what)
    assert line("GetMetricData, daily scan", idle).usd_high == 0


def test_every_range_goes_upwards_and_the_dearest_comes_first() -> None:
    lines = forecast(USE, NEEDS)
    assert all(0 <= one.usd_low <= one.usd_high for one in lines)
    dearest = [one.usd_high for one in lines]
    assert dearest == sorted(dearest, reverse=True)
    assert total(lines) == (
        pytest.approx(sum(one.usd_low for one in lines)),
        pytest.approx(sum(one.usd_high for one in lines)),
    )


@pytest.mark.parametrize("field", ["accounts", "regions", "functions", "changes", "scans"])
def test_more_of_anything_never_costs_less(field: str) -> None:
    more = replace(USE, **{field: getattr(USE, field) * 2})
    assert total(forecast(more, NEEDS)) > total(forecast(USE, NEEDS))


def test_the_runs_on_record_become_a_months_use() -> None:
    runs = [
        {"accounts": 4, "targets": 8, "functions": 120},
        {"accounts": 3, "targets": 6, "functions": 90},
    ]
    found = use_of_runs(runs, changes=5, days=DAYS_PER_MONTH / 2)
    assert (found.accounts, found.regions, found.functions) == (4, 2, 120)
    assert (found.changes, found.scans) == (10, 4)


def test_lambda_is_priced_by_the_prices_in_use() -> None:
    dear = Price(usd=0.000002, source="price list")
    rates = Rates(request=dear, gb_second=dear)
    prices = Prices(rates={"us-east-1": {"arm64": rates}}, source="price list")
    for what in ("requests", "compute"):
        (found,) = (
            f for f in forecast(USE, NEEDS, prices) if (f.service, f.what) == ("Lambda", what)
        )
        assert found.usd_low == pytest.approx(found.low * dear.usd)


@pytest.mark.parametrize("rates", [Rates(), Rates(request=Price(usd=1.0, source="x"))])
def test_prices_that_leave_lambda_out_are_refused(rates: Rates) -> None:
    prices = Prices(rates={"us-east-1": {"arm64": rates}}, source="x")
    with pytest.raises(InputError, match="do not tell what Lambda costs"):
        forecast(USE, NEEDS, prices)


def test_a_run_that_saw_nothing_divides_by_nothing() -> None:
    found = use_of_runs([{"accounts": 0, "targets": 0, "functions": 0}], changes=0, days=30)
    assert (found.accounts, found.regions) == (0, 1)
