"""What does the Price List API say of Lambda? GetProducts, group by group, all regions.

The API answers in three regions for the whole world. Its attributes are few and its products many
(every instance type of Managed Instances is one): asked by group it is about a page each.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from trimtab.aws.errors import reading
from trimtab.aws.sessions import HubSession
from trimtab.ports import Offer

SERVICE = "pricing"
PRODUCT = "AWSLambda"
GROUPS = tuple(
    f"AWS-Lambda-{group}{architecture}"
    for group in (
        "Duration",
        "Requests",
        "Storage-Duration",
        "Provisioned-Concurrency",
        "Duration-Provisioned",
    )
    for architecture in ("", "-ARM")
)
"""Source: attribute `group` of AWSLambda in the price list publication of 2026-10, read
2026-11-21."""
PAGE = 100

NEAR: Mapping[str, str] = {"ap": "ap-south-1", "eu": "eu-central-1"}
ELSEWHERE = "us-east-1"
"""Source: "AWS Price List Query API service endpoints", AWS Billing user guide, read 2026-11-21."""


def endpoint_of(region: str | None) -> str:
    """Return the region whose endpoint is asked from here: a fence around a continent may stand."""
    return NEAR.get((region or "").partition("-")[0], ELSEWHERE)


class AwsPriceSource:
    """The Price List API, asked at the endpoint nearest to the session's region."""

    def __init__(self, session: HubSession) -> None:
        self._session = session

    def offers(self) -> tuple[Offer, ...]:
        """Raises: AccessDeniedError, RetryableError, PermanentError."""
        with reading("pricing:GetProducts"):
            client = self._session.client(SERVICE, endpoint_of(self._session.region))
        return tuple(offer for group in GROUPS for offer in _offers(client, group))


def _offers(client: Any, group: str) -> Iterator[Offer]:
    more: dict[str, str] = {}
    while True:
        with reading(f"pricing:GetProducts of {group}"):
            page = client.get_products(
                ServiceCode=PRODUCT,
                Filters=[{"Type": "TERM_MATCH", "Field": "group", "Value": group}],
                FormatVersion="aws_v1",
                MaxResults=PAGE,
                **more,
            )
        for text in page.get("PriceList", ()):
            yield from _offer(text)
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _offer(text: str) -> Iterator[Offer]:
    """Yield the first tier of a product; nothing where it has another form than ours."""
    try:
        product = json.loads(text)
        attributes = product["product"]["attributes"]
        usage_type, region = attributes["usagetype"], attributes["regionCode"]
        for term in product["terms"]["OnDemand"].values():
            for dimension in term["priceDimensions"].values():
                if dimension["beginRange"] == "0":
                    usd = float(dimension["pricePerUnit"]["USD"])
                    yield Offer(usage_type=str(usage_type), region=str(region), usd=usd)
    except (AttributeError, KeyError, TypeError, ValueError):
        return
