"""Is the price list read to its end, at the nearest endpoint, and only where it is understood?"""

import json
from typing import Any

import pytest

from tests.fakes.prices import FakePricing, a_product
from trimtab.aws.prices import GROUPS, AwsPriceSource, endpoint_of
from trimtab.aws.sessions import HubSession
from trimtab.domain.errors import AccessDeniedError, RetryableError
from trimtab.ports import Offer


class Session(HubSession):
    """A session that hands out one client, and remembers for where."""

    def __init__(self, client: FakePricing, region: str = "eu-west-1") -> None:
        super().__init__(region=region)
        self.asked: list[tuple[str, str | None]] = []
        self._only = client

    def client(self, service: str, region: str | None = None) -> Any:
        self.asked.append((service, region))
        return self._only


def test_every_group_is_read_to_its_last_page() -> None:
    pricing = FakePricing()
    for number in range(5):
        pricing.add(a_product(f"EUC{number}-Lambda-GB-Second", ("0", "0.0000166667")))
    pricing.add(a_product("Request-ARM", ("0", "0.0000002"), group="AWS-Lambda-Requests-ARM"))
    found = AwsPriceSource(Session(pricing)).offers()
    assert len(found) == 6
    assert found[-1] == Offer(usage_type="Request-ARM", region="eu-west-1", usd=0.0000002)
    assert pricing.calls["GetProducts"] == len(GROUPS) + 2


def test_of_volume_tiers_the_first_counts() -> None:
    pricing = FakePricing()
    tiers = (("6000000000", "0.000015"), ("0", "0.0000166667"), ("15000000000", "0.0000133334"))
    pricing.add(a_product("EU-Lambda-GB-Second", *tiers))
    (found,) = AwsPriceSource(Session(pricing)).offers()
    assert found.usd == 0.0000166667


BROKEN = a_product("EU-Lambda-GB-Second", ("0", "0.0000166667"))


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "null",
        json.dumps({"product": {"attributes": {"usagetype": "Global-Request"}}}),
        json.dumps(BROKEN | {"terms": {}}),
        json.dumps(BROKEN | {"terms": {"OnDemand": []}}),
        json.dumps(a_product("EU-Lambda-GB-Second", ("0", "dear"))),
        json.dumps(BROKEN).replace('"USD"', '"CNY"'),
    ],
)
def test_a_product_of_another_form_is_passed_over(text: str) -> None:
    pricing = FakePricing()
    pricing.add_text(GROUPS[0], text)
    pricing.add(BROKEN)
    assert len(AwsPriceSource(Session(pricing)).offers()) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDeniedException", AccessDeniedError), ("ThrottlingException", RetryableError)],
)
def test_a_page_that_fails_fails_the_list(code: str, error: type[Exception]) -> None:
    pricing = FakePricing()
    for number in range(3):
        pricing.add(a_product(f"EUC{number}-Lambda-GB-Second", ("0", "0.0000166667")))
    pricing.before_next("GetProducts", lambda: pricing.fail_always("GetProducts", code))
    with pytest.raises(error, match="pricing:GetProducts"):
        AwsPriceSource(Session(pricing)).offers()


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("eu-north-1", "eu-central-1"),
        ("ap-northeast-1", "ap-south-1"),
        ("us-west-2", "us-east-1"),
        ("me-south-1", "us-east-1"),
        (None, "us-east-1"),
    ],
)
def test_the_nearest_endpoint_is_asked(region: str | None, endpoint: str) -> None:
    assert endpoint_of(region) == endpoint


def test_the_session_is_asked_for_that_endpoint_and_no_other() -> None:
    session = Session(FakePricing(), region="ap-northeast-1")
    AwsPriceSource(session).offers()
    assert session.asked == [("pricing", "ap-south-1")]


def test_a_session_tells_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-1")
    assert HubSession().region == "eu-south-1"
    assert HubSession(region="eu-west-1").region == "eu-west-1"
