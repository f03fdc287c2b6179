"""What does the Price List API answer? Products as JSON texts, in pages, group by group."""

import json
from collections.abc import Sequence
from typing import Any

from tests.fakes.failures import FailingClient
from trimtab.domain.errors import OutsideError
from trimtab.ports import Offer


class FakePriceSource:
    """A price list with these offers, or one that cannot be read."""

    def __init__(self, *offers: Offer, error: OutsideError | None = None) -> None:
        self.listed, self.error = offers, error

    def offers(self) -> Sequence[Offer]:
        if self.error is not None:
            raise self.error
        return self.listed


def a_product(usage_type: str, *tiers: tuple[str, str], **attributes: str) -> dict[str, Any]:
    """Build a product; `tiers` are (begin of range, USD), the first from 0 on."""
    usual = {
        "servicecode": "AWSLambda",
        "usagetype": usage_type,
        "regionCode": "eu-west-1",
        "locationType": "AWS Region",
        "group": "AWS-Lambda-Duration",
    }
    dimensions = {
        f"SKU.TERM.{number}": {
            "unit": "Lambda-GB-Second",
            "beginRange": begin,
            "endRange": "Inf",
            "pricePerUnit": {"USD": usd},
            "appliesTo": [],
        }
        for number, (begin, usd) in enumerate(tiers)
    }
    term = {"effectiveDate": "2026-10-01T00:00:00Z", "priceDimensions": dimensions}
    return {
        "product": {"productFamily": "Serverless", "attributes": usual | attributes, "sku": "SKU"},
        "serviceCode": "AWSLambda",
        "terms": {"OnDemand": {"SKU.TERM": term}},
        "version": "20261001000000",
        "publicationDate": "2026-10-01T00:00:00Z",
    }


class FakePricing(FailingClient):
    """The client of the Price List API; answers at most two products a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {}

    def add(self, product: dict[str, Any]) -> None:
        self.add_text(product["product"]["attributes"]["group"], json.dumps(product))

    def add_text(self, group: str, text: str) -> None:
        self.texts.setdefault(group, []).append(text)

    def get_products(
        self,
        *,
        ServiceCode: str,
        Filters: list[dict[str, str]],
        FormatVersion: str,
        MaxResults: int,
        NextToken: str = "0",
    ) -> dict[str, Any]:
        assert (ServiceCode, FormatVersion) == ("AWSLambda", "aws_v1")
        assert 1 <= MaxResults <= 100
        (rule,) = Filters
        assert (rule["Type"], rule["Field"]) == ("TERM_MATCH", "group")

        def work() -> dict[str, Any]:
            texts = self.texts.get(rule["Value"], [])
            at = int(NextToken)
            page: dict[str, Any] = {"FormatVersion": FormatVersion, "PriceList": texts[at : at + 2]}
            return page | ({"NextToken": str(at + 2)} if at + 2 < len(texts) else {})

        return self.run("GetProducts", work)
