"""In which zones do the subnets of one account and region lie? As EC2 lists them."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.failures import FailingClient, client_error

Raw = dict[str, Any]


class FakeEc2(FailingClient):
    """The subnets of one account and region."""

    def __init__(self, *, page: int = 1000) -> None:
        super().__init__()
        self._page = page
        self._zones: dict[str, str] = {}

    def put_subnets(self, **zones: str) -> None:
        """Add subnets, each with its zone: `put_subnets(subnet_a="eu-west-1a")` is subnet-a."""
        self._zones |= {name.replace("_", "-"): zone for name, zone in zones.items()}

    def describe_subnets(
        self, Filters: Sequence[Mapping[str, Any]], MaxResults: int, NextToken: str = "0"
    ) -> Raw:
        def work() -> Raw:
            (asked,) = Filters
            assert asked["Name"] == "subnet-id"
            if len(asked["Values"]) > 200:
                message = "The maximum number of filter values specified on a single call is 200"
                raise client_error("FilterLimitExceeded", message, "DescribeSubnets", status=400)
            found = [s for s in sorted(self._zones) if s in asked["Values"]]
            at, size = int(NextToken), min(MaxResults, self._page)
            more = {"NextToken": str(at + size)} if at + size < len(found) else {}
            return {
                "Subnets": [
                    {"SubnetId": subnet, "AvailabilityZone": self._zones[subnet]}
                    for subnet in found[at : at + size]
                ]
            } | more

        return self.run("DescribeSubnets", work)
