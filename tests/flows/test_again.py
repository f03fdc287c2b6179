"""Is a function judged anew before it is removed, as a scan would judge it? (S5, S8, S10)"""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import TARGET
from tests.pipeline.house import House
from tests.pipeline.removal_house import NAME, a_house, approved, call
from tests.pipeline.version_house import GOING, a_versioned_house
from trimtab.domain.errors import RetryableError
from trimtab.domain.finding import Exemption
from trimtab.domain.remediation import Remediation
from trimtab.flows.again import still_old, why_not_any_more


def why(house: House, change: Remediation) -> str | None:
    return why_not_any_more(change, house.again_bench())


def test_what_is_as_silent_as_before_still_holds() -> None:
    house = a_house()
    assert why(house, approved(house)) is None


def test_s05_a_call_since_then_is_a_reason() -> None:
    house = a_house()
    change = approved(house)
    house.clock.advance(timedelta(days=1))
    call(house, "Invocations")
    assert "compliant" in (why(house, change) or "")


def test_s05_what_the_advisor_sees_by_now_is_a_reason() -> None:
    house = a_house()
    change = approved(house)
    call(house, "Throttles")
    house.clock.advance(timedelta(days=1))
    assert "turned away" in (why(house, change) or "")


def test_s05_a_policy_that_is_gone_or_an_exemption_is_a_reason() -> None:
    house = a_house()
    change = approved(house)
    exempt = Exemption(
        policy_id="unused",
        functions=(str(change.function),),
        why="kept for recovery",
        who="dana@example.com",
        ends_at=house.clock.now() + timedelta(days=30),
    )
    house.bundle = replace(house.bundle, exemptions=(exempt,))
    assert why(house, change) == "it is exempt by now: kept for recovery"
    house.bundle = replace(house.bundle, policies=())
    assert "was removed since" in (why(house, change) or "")


def test_s05_a_policy_that_asks_for_nothing_by_now_is_a_reason() -> None:
    house = a_house()
    change = approved(house)
    policies = tuple(replace(policy, change=None) for policy in house.bundle.policies)
    house.bundle = replace(house.bundle, policies=policies)
    assert why(house, change) == "policy unused does not ask for this any more"


def test_a_function_that_is_not_listed_is_a_reason() -> None:
    house = a_house()
    change = approved(house)
    house.functions.remove(NAME)
    assert why(house, change) == "it is not listed any more"


def test_s08_what_cannot_be_read_is_asked_again_later() -> None:
    house = a_house()
    change = approved(house)
    metrics = house.cloud[TARGET].metrics
    metrics.spoil("Invocations", "PartialData", FunctionName=NAME)
    with pytest.raises(RetryableError, match=r"usage\.invocations"):
        why(house, change)
    metrics.spoil("Invocations", "Complete", FunctionName=NAME)
    house.functions.fail_next("ListFunctions", "ServiceException")
    with pytest.raises(RetryableError, match="could not be read"):
        why(house, change)
    house.clock.advance(timedelta(hours=1))
    house.functions.fail_always("ListEventSourceMappings", "ServiceException")
    with pytest.raises(RetryableError, match=r"trigger\.live_count could not be read"):
        why(house, change)


def test_the_versions_that_are_still_advised_are_named() -> None:
    house = a_versioned_house()
    change = approved(house)
    assert still_old(change, house.again_bench()) == frozenset(GOING)
    house.functions.alias(NAME, "old", "3")
    assert still_old(change, house.again_bench()) == frozenset(GOING) - {"2", "3"}
    house.functions.fail_always("GetPolicy", "AccessDeniedException")
    with pytest.raises(RetryableError):
        still_old(change, house.again_bench())


def test_why_no_version_is_advised_any_more_is_said() -> None:
    house = a_versioned_house()
    change = approved(house)
    house.bundle = replace(house.bundle, policies=())
    assert "was removed since" in str(still_old(change, house.again_bench()))
