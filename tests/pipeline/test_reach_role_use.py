"""Is who shares a role counted over the whole target, whatever part of it is read?"""

import pytest

from tests.fakes.builders import ACCOUNT, TARGET, an_arn
from tests.fakes.clock import NOW
from tests.pipeline.house import House
from tests.pipeline.reads import read, watching
from trimtab.domain.errors import RetryableError
from trimtab.domain.evidence import Unknown
from trimtab.domain.finding import Assessment
from trimtab.flows.explain import explain
from trimtab.flows.sweep import Bench
from trimtab.pipeline.signals.reach import READINGS
from trimtab.pipeline.signals.reading import TargetReading

SHARED = "  role.function_count: '>= 5'\n"


def a_house_that_shares_a_role(*sharing: int, of: int) -> House:
    house = House(watching(SHARED))
    for n in range(of):
        role = "shared" if n in sharing else f"r{n}"
        house.cloud[TARGET].functions.add(f"f{n:03d}", Role=f"arn:aws:iam::{ACCOUNT}:role/{role}")
    return house


def judged(house: House) -> list[str]:
    house.scan()
    found = [verdict for part in house.parts() for verdict in part.verdicts]
    return [v.function.name for v in found if v.assessment is Assessment.NON_COMPLIANT]


def test_s08_who_shares_a_role_is_counted_over_all_slices_of_a_target() -> None:
    house = a_house_that_shares_a_role(0, 100, 150, 200, 250, 300, of=310)
    assert len(judged(house)) == 6
    assert len(house.parts()) > 1


def test_s08_a_function_more_does_not_resolve_what_is_found_at_the_end_of_a_slice() -> None:
    house = a_house_that_shares_a_role(*range(95, 100), of=200)
    first = judged(house)
    house.cloud[TARGET].functions.add("a-new-one", Role=f"arn:aws:iam::{ACCOUNT}:role/other")
    assert len(first) == 5
    house.run("run-2")
    again = [v for part in house.parts("run-2") for v in part.verdicts]
    still = [v.function.name for v in again if v.assessment is Assessment.NON_COMPLIANT]
    assert sorted(still) == sorted(first)


def test_explain_counts_who_shares_a_role_as_the_scan_does() -> None:
    house = a_house_that_shares_a_role(*range(6), of=60)
    bench = Bench(fleet=house.fleet, bundle=house.bundle, clock=house.clock)
    assert explain(an_arn("f000"), "watch", bench).assessment is Assessment.NON_COMPLIANT


def test_a_target_that_was_listed_whole_is_not_listed_again_for_its_roles() -> None:
    house = a_house_that_shares_a_role(0, of=120)
    assert read(house, at_most=1_000).calls["lambda:ListFunctions"] == 3
    assert read(house, at_most=50).calls["lambda:ListFunctions"] == 3


def test_s08_too_many_functions_leave_who_shares_a_role_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = a_house_that_shares_a_role(*range(60), of=60)
    monkeypatch.setattr("trimtab.aws.reach.MOST_PAGES", 1)
    told = read(house).snapshots[0].signals["role.function_count"]
    assert isinstance(told, Unknown)
    assert "too many" in told.reason


def the_reading() -> TargetReading:
    (reading,) = (r for r in READINGS if r.what == "functions by role")
    assert isinstance(reading, TargetReading)
    return reading


def test_s08_a_role_that_the_listing_does_not_know_is_not_counted_as_unused() -> None:
    house = a_house_that_shares_a_role(of=1)
    (listed,) = house.fleet.open(TARGET).list_functions(None).functions
    house.cloud[TARGET].functions.change("f000", Role=f"arn:aws:iam::{ACCOUNT}:role/new")
    told = the_reading().read(house.fleet.open(TARGET), [listed], NOW)
    assert isinstance(told[listed.function]["role.function_count"], Unknown)


def test_s08_a_listing_that_fails_is_no_count() -> None:
    house = a_house_that_shares_a_role(of=60)
    source = house.fleet.open(TARGET)
    page = source.list_functions(None)
    house.cloud[TARGET].functions.fail_next("ListFunctions", "ServiceException")
    with pytest.raises(RetryableError, match="ListFunctions"):
        the_reading().read(source, page.functions, NOW)
