"""Is what four weeks needed of each alias read as it was, and what was not answered never zero?"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.builders import TARGET, a_listed
from tests.pipeline.house import House
from tests.pipeline.provisioning import (
    ALIAS,
    NAME,
    STEP,
    WEEKS,
    an_alias_house,
    function_of,
    load,
    office_hours,
    silence,
)
from trimtab.domain.evidence import Known
from trimtab.domain.provisioned import ProvisionedRecord, QualifierUse
from trimtab.pipeline.signals.provisioned_use import (
    OWNER,
    RECORD,
    demand_of,
    read_record,
)
from trimtab.pipeline.signals.version_use import without_records
from trimtab.ports import Point

ON_ALIAS = {"FunctionName": NAME, "Resource": f"{NAME}:{ALIAS}"}


def read(house: House) -> dict[str, Any]:
    found = read_record(house.fleet.open(TARGET), a_listed(NAME), {})
    values = {}
    for name, evidence in found.items():
        assert isinstance(evidence, Known)
        values[name] = evidence.value
    return values


def uses(house: House) -> dict[str, QualifierUse]:
    record: ProvisionedRecord = read(house)[RECORD]
    assert record.as_of == house.clock.now()
    return {use.state.qualifier: use for use in record.uses}


def test_busy_environments_are_time_in_the_handler_over_time() -> None:
    house = an_alias_house(level=8)
    now = house.clock.now()
    (use,) = uses(house).values()
    assert use.demand is not None
    assert (use.demand.starts_at, use.demand.period_s) == (now - WEEKS, 300)
    expected = [office_hours(now - WEEKS + STEP * n) for n in range(WEEKS // STEP)]
    assert list(use.demand.means) == pytest.approx(expected)
    assert use.peak == 8.0
    calls = 300 * sum(expected)
    assert (use.ran or 0) + (use.spilled or 0) == pytest.approx(calls)
    assert use.spilled == pytest.approx(300 * sum(max(busy - 8, 0) for busy in expected))
    assert (use.exists, use.is_weighted, use.state.requested) == (True, False, 8)


def test_s08_silence_is_zero_where_the_series_was_answered() -> None:
    house = an_alias_house(of=silence, level=4)
    (use,) = uses(house).values()
    assert (use.ran, use.spilled, use.peak) == (0.0, 0.0, 0.0)
    assert use.demand is not None
    assert use.demand.means == (0.0,)


@pytest.mark.parametrize(
    ("metric", "field"),
    [
        ("Duration", "demand"),
        ("ProvisionedConcurrentExecutions", "peak"),
        ("ProvisionedConcurrencyInvocations", "ran"),
        ("ProvisionedConcurrencySpilloverInvocations", "spilled"),
    ],
)
def test_s08_what_was_not_answered_completely_is_not_known(metric: str, field: str) -> None:
    house = an_alias_house(level=8)
    house.cloud[TARGET].metrics.spoil(metric, "InternalError", **ON_ALIAS)
    (use,) = uses(house).values()
    unknown = {n for n in ("demand", "peak", "ran", "spilled") if getattr(use, n) is None}
    assert unknown == {field}


def test_a_younger_alias_is_known_from_its_first_call_on() -> None:
    house = an_alias_house(of=silence, level=4)
    now = house.clock.now()
    began = now - timedelta(days=10)
    load(house, lambda at: 2.0 if at.hour < 12 else 0.0, since=began, until=now, level=4.0)
    (use,) = uses(house).values()
    assert use.demand is not None
    assert use.demand.starts_at >= began
    first = use.demand.starts_at - began
    assert first < timedelta(hours=24)
    assert use.demand.means[0] == 2.0
    assert 0.0 in use.demand.means, "after the first call silence is silence"
    assert len(use.demand.means) == (now - use.demand.starts_at) // STEP


def test_each_alias_and_what_has_something_provisioned_is_read() -> None:
    house = an_alias_house(level=4)
    functions = house.functions
    functions.change(NAME, CodeSha256="code-2")
    functions.publish(NAME)
    functions.alias(NAME, "next", "2")
    functions.alias(NAME, "dev", "$LATEST")
    functions.publish(NAME)
    house.cloud[TARGET].scaling.register(function_of(house), "gone", least=0, most=3)
    found = uses(house)
    assert sorted(found) == ["gone", ALIAS, "next"]
    assert {name: use.exists for name, use in found.items()} == {
        "gone": False,
        ALIAS: True,
        "next": True,
    }
    assert found["next"].stood_since is None
    assert found[ALIAS].stood_since is not None
    assert found["gone"].state.target is not None


def test_a_numbered_version_is_taken_to_be_there() -> None:
    house = an_alias_house(level=0)
    house.functions.change(NAME, CodeSha256="code-2")
    house.functions.publish(NAME)
    house.functions.provision(NAME, "2", 3)
    found = uses(house)
    assert sorted(found) == ["2", ALIAS]
    assert (found["2"].exists, found["2"].is_weighted) == (True, False)


def test_an_alias_that_splits_its_traffic_is_told() -> None:
    house = an_alias_house(level=0)
    house.functions.change(NAME, CodeSha256="code-2")
    house.functions.publish(NAME)
    house.functions.alias(NAME, ALIAS, "1", weights={"2": 0.1})
    assert uses(house)[ALIAS].is_weighted


@pytest.mark.parametrize("owned", ["{arn}:live", "function:orders:live|{dimension}|lambda"])
def test_s12_a_stack_that_has_the_alias_or_what_scales_it_owns_it(owned: str) -> None:
    house, dimension = an_alias_house(level=4), "lambda:function:ProvisionedConcurrency"
    assert read(house)[OWNER] == "none"
    function = function_of(house)
    physical_id = owned.format(arn=function, dimension=dimension)
    house.cloud[TARGET].stacks.own(replace(function, name=physical_id), "shop")
    assert read(house)[OWNER] == "CloudFormation stack shop"


def test_weeks_of_figures_are_not_kept_with_a_finding() -> None:
    known = Known(value=1, source="test")
    assert without_records({RECORD: known, OWNER: known}) == {OWNER: known}


SINCE = datetime.fromisoformat("2026-11-02T00:00:00+00:00")
UNTIL = SINCE + 4 * STEP


def points(*values: tuple[int, float]) -> tuple[Point, ...]:
    return tuple(Point(at=SINCE + STEP * n, value=value) for n, value in values)


@pytest.mark.parametrize(
    ("found", "is_whole", "starts", "means"),
    [
        (((0, 300_000.0),), False, 0, (1.0, 0.0, 0.0, 0.0)),
        (((1, 600_000.0), (3, 150_000.0)), False, 1, (2.0, 0.0, 0.5)),
        (((1, 600_000.0), (3, 150_000.0)), True, 0, (0.0, 2.0, 0.0, 0.5)),
        (((3, 300_000.0),), False, 3, (1.0,)),
        (((-1, 300_000.0), (0, 300_000.0)), False, 0, (1.0, 0.0, 0.0, 0.0)),
        ((), False, 3, (0.0,)),
        ((), True, 0, (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_demand_begins_with_the_first_figure(
    found: Any, is_whole: bool, starts: int, means: tuple[float, ...]
) -> None:
    demand = demand_of(points(*found), since=SINCE, until=UNTIL, is_whole=is_whole)
    assert demand is not None
    assert (demand.starts_at, demand.means) == (SINCE + STEP * starts, means)
    assert demand_of(None, since=SINCE, until=UNTIL, is_whole=is_whole) is None
