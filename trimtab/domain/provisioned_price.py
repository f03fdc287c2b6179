"""When does provisioned concurrency cost less than running on demand? Break-even, by region.

Every provisioned GB-second is billed, and one that runs is billed once more, at less than on
demand. What is busy for the share u of the time costs capacity + u x duration provisioned, and
u x duration on demand: equal at u = capacity / (on demand - duration). Above 1 it never pays.
Requests cost the same either way. List prices of the first tier: a Savings Plan or a volume tier
lowers the price on demand, which moves the break-even up.
Source: what the AWS Pricing Calculator reads,
https://calculator.aws/pricing/2.0/meteredUnitMaps/lambda/USD/current/lambda.json, as copied by
remotion-dev/remotion, read 2026-11-21; us-east-1 agrees with https://aws.amazon.com/lambda/pricing/.
Prices of arm64 are four fifths of all three where both were seen, so one figure serves both.
"""

from collections.abc import Mapping
from types import MappingProxyType

_TABLE = """
af-south-1      22.1000   5.5300  12.9000
ap-east-1       22.9200   5.7153  13.3358
ap-northeast-1  16.6667   5.3835  12.5615
ap-northeast-2  16.6667   5.1254  11.9592
ap-northeast-3  16.6667   5.3835  12.5615
ap-south-1      16.6667   4.4985  10.4966
ap-southeast-1  16.6667   5.1991  12.1313
ap-southeast-2  16.6667   5.2360  12.2173
ap-southeast-4  16.6667   5.2360  12.2173
ap-southeast-5  15.0000   4.6791  10.9181
ca-central-1    16.6667   4.6460  10.8407
eu-central-1    16.6667   5.0147  11.7011
eu-central-2    18.3334   5.5162  12.8712
eu-north-1      16.6667   4.4248  10.3245
eu-south-1      19.5172   4.8783  11.3827
eu-west-1       16.6667   4.6460  10.8407
eu-west-2       16.6667   4.8304  11.2709
eu-west-3       16.6667   4.8673  11.3569
me-south-1      20.6667   5.1108  11.9251
sa-east-1       16.6667   6.6372  15.4867
us-east-1       16.6667   4.1667   9.7222
us-east-2       16.6667   4.1667   9.7222
us-west-1       16.6667   4.9041  11.4430
us-west-2       16.6667   4.1667   9.7222
"""
"""Region, then USD per million GB-seconds of x86_64: on demand, provisioned, running while
provisioned."""


def _read(table: str) -> Mapping[str, float]:
    rows = (line.split() for line in table.strip().splitlines())
    return MappingProxyType(
        {
            region: float(capacity) / (float(on_demand) - float(duration))
            for region, on_demand, capacity, duration in rows
        }
    )


BREAK_EVEN = _read(_TABLE)
"""Region -> the share of the time that provisioned concurrency must be busy to pay for itself."""
