"""Are prices of the price list understood, believed only within reason, and never needed?"""

import math

import pytest

from tests.fakes.clock import NOW
from tests.fakes.prices import FakePriceSource
from trimtab.domain.errors import AccessDeniedError
from trimtab.domain.price import Price
from trimtab.domain.price_table import ARM, SHIPPED, X86
from trimtab.pipeline.prices import ABSURD, current_prices
from trimtab.ports import Offer

DATED = f"price list {NOW:%Y-%m-%d}"
X86_USD = 0.0000166667
CHEAPEST = min(
    rates.gb_second.usd
    for by_region in SHIPPED.rates.values()
    for rates in by_region.values()
    if rates.gb_second is not None
)


def an_offer(usage_type: str = "EU-Lambda-GB-Second", **given: object) -> Offer:
    usual: dict[str, object] = {"usage_type": usage_type, "region": "eu-west-1", "usd": 0.00002}
    return Offer(**usual | given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("usage_type", "architecture", "name"),
    [
        ("Lambda-GB-Second", X86, "gb_second"),
        ("EU-Lambda-GB-Second", X86, "gb_second"),
        ("EUC1-Lambda-GB-Second-ARM", ARM, "gb_second"),
        ("APS10-Lambda-GB-Second", X86, "gb_second"),
        ("UGW1-Lambda-Provisioned-Concurrency", X86, "provisioned_gb_second"),
        ("Lambda-Provisioned-Concurrency-ARM", ARM, "provisioned_gb_second"),
        ("EU-Lambda-Provisioned-GB-Second", X86, "provisioned_run_gb_second"),
    ],
)
def test_a_usage_type_is_read_with_any_prefix_and_both_architectures(
    usage_type: str, architecture: str, name: str
) -> None:
    found = current_prices(FakePriceSource(an_offer(usage_type)), now=NOW)
    assert getattr(found.of("eu-west-1", architecture), name) == Price(usd=0.00002, source=DATED)
    assert (found.source, found.notes) == (DATED, ())


@pytest.mark.parametrize(
    ("usage_type", "name"), [("Request", "request"), ("EU-Request-ARM", "request")]
)
def test_requests_and_storage_have_prices_of_their_own(usage_type: str, name: str) -> None:
    found = current_prices(FakePriceSource(an_offer(usage_type, usd=0.0000003)), now=NOW)
    architecture = ARM if usage_type.endswith("ARM") else X86
    assert getattr(found.of("eu-west-1", architecture), name).usd == 0.0000003


@pytest.mark.parametrize(
    "usage_type",
    [
        "Global-Request",
        "EU-Lambda-Edge-GB-Second",
        "EU-Lambda-Managed-Instances-c7g.xlarge-Management-Hours",
        "Lambda-GB-Second-Tier-2",
        "eu-Request",
        "",
    ],
)
def test_what_is_not_understood_is_passed_over(usage_type: str) -> None:
    found = current_prices(FakePriceSource(an_offer(usage_type), an_offer()), now=NOW)
    assert found == current_prices(FakePriceSource(an_offer()), now=NOW)


def test_a_price_that_the_list_does_not_name_stays_the_shipped_one_and_says_so() -> None:
    found = current_prices(FakePriceSource(an_offer()), now=NOW)
    rates = found.of("eu-west-1", X86)
    assert rates.gb_second == Price(usd=0.00002, source=DATED)
    assert rates.request == SHIPPED.of("eu-west-1", X86).request
    assert found.of("us-east-1", ARM) == SHIPPED.of("us-east-1", ARM)


def test_the_list_knows_regions_that_were_not_shipped() -> None:
    found = current_prices(FakePriceSource(an_offer(region="xx-east-1")), now=NOW)
    rates = found.of("xx-east-1", X86)
    assert (rates.gb_second, rates.request) == (Price(usd=0.00002, source=DATED), None)


@pytest.mark.parametrize("usd", [0.0, -0.00001, math.nan, math.inf])
def test_what_is_no_price_is_refused_and_told(usd: float) -> None:
    found = current_prices(FakePriceSource(an_offer(usd=usd)), now=NOW)
    assert found.rates == SHIPPED.rates
    assert found.source == SHIPPED.source
    assert "is no price: not used" in found.notes[0]


@pytest.mark.parametrize(
    ("usd", "is_used"),
    [(X86_USD * ABSURD * 0.999, True), (X86_USD * ABSURD * 1.001, False)],
)
def test_a_price_over_ten_times_the_shipped_one_is_refused(usd: float, is_used: bool) -> None:
    found = current_prices(FakePriceSource(an_offer(usd=usd)), now=NOW)
    assert (found.source == DATED) is is_used
    assert any("over 10 times the shipped price" in note for note in found.notes) is not is_used


@pytest.mark.parametrize(
    ("usd", "is_used"),
    [(X86_USD / ABSURD * 1.001, True), (X86_USD / ABSURD * 0.999, False)],
)
def test_a_price_under_a_tenth_of_the_shipped_one_is_refused(usd: float, is_used: bool) -> None:
    found = current_prices(FakePriceSource(an_offer(usd=usd)), now=NOW)
    assert (found.source == DATED) is is_used
    assert any("under 1/10 of the shipped price" in note for note in found.notes) is not is_used


@pytest.mark.parametrize(
    ("usd", "is_used"),
    [(0.000229, True), (0.00023, False), (CHEAPEST / 9, True), (CHEAPEST / 11, False)],
)
def test_a_price_of_a_new_region_is_held_against_all_that_are_shipped(
    usd: float, is_used: bool
) -> None:
    found = current_prices(FakePriceSource(an_offer(region="xx-east-1", usd=usd)), now=NOW)
    assert (found.of("xx-east-1", X86).gb_second is not None) is is_used


def test_two_prices_for_one_thing_are_told_and_the_first_is_used() -> None:
    found = current_prices(FakePriceSource(an_offer(), an_offer(usd=0.00003)), now=NOW)
    assert found.of("eu-west-1", X86).gb_second == Price(usd=0.00002, source=DATED)
    assert found.notes == ("EU-Lambda-GB-Second in eu-west-1 has two prices: the first is used",)
    assert current_prices(FakePriceSource(an_offer(), an_offer()), now=NOW).notes == ()


def test_a_list_that_says_nothing_is_as_good_as_none() -> None:
    found = current_prices(FakePriceSource(), now=NOW)
    assert (found.rates, found.source) == (SHIPPED.rates, SHIPPED.source)
    assert found.notes == ("the price list says nothing that is understood",)


def test_a_list_that_cannot_be_read_leaves_the_shipped_prices_and_is_no_failure() -> None:
    found = current_prices(FakePriceSource(error=AccessDeniedError("denied")), now=NOW)
    assert (found.rates, found.source) == (SHIPPED.rates, SHIPPED.source)
    assert found.notes == ("the price list was not read: denied",)
