"""In which Availability Zone does each of these subnets lie? One listing, of those alone."""

from collections.abc import Collection, Mapping
from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.arn import Target

PER_FILTER = 100
"""Subnets asked for in one request. Chosen: EC2 takes at most 200 values in a filter.

Source: "Amazon EC2 User Guide", "List and filter using the CLI and API"; apache/druid #1954 met it.
"""
PER_PAGE = 1000
"""Source: EC2 API, DescribeSubnets, MaxResults 5 to 1000 (botocore 1.44.5)."""


def read_zones(client: Any, target: Target, subnets: Collection[str]) -> Mapping[str, str]:
    """Return the zone of each subnet; one that is not there is absent.

    By a filter, because a request by id fails as a whole when one of them is gone.
    """
    found: dict[str, str] = {}
    wanted = sorted(subnets)
    for at in range(0, len(wanted), PER_FILTER):
        asked: dict[str, Any] = {
            "Filters": [{"Name": "subnet-id", "Values": wanted[at : at + PER_FILTER]}],
            "MaxResults": PER_PAGE,
        }
        while True:
            with reading(f"ec2:DescribeSubnets in {target}"):
                page = client.describe_subnets(**asked)
            found |= {one["SubnetId"]: one["AvailabilityZone"] for one in page["Subnets"]}
            if not page.get("NextToken"):
                break
            asked["NextToken"] = page["NextToken"]
    return found
