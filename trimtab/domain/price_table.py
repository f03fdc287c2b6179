"""Which prices does Trimtab bring along? For when the Price List API cannot be reached.

Data with a date: `trimtab.pipeline.prices` reads newer ones. A region or a price that is not here
is not known, and nothing is worked out from another region's.
"""

from datetime import date

from trimtab.domain.price import Price, Prices, Rates

READ_ON = date(2026, 11, 21)
SOURCE = f"shipped prices of {READ_ON}"

X86, ARM = "x86_64", "arm64"

Row = tuple[str, float, float, float | None, float | None, float | None, float | None]
TABLE: tuple[Row, ...] = (
    ("af-south-1", 22.1, 17.68, 0.27, 0.0404, 5.53, 12.9),
    ("ap-east-1", 22.92, 18.3, 0.28, 0.0407, 5.7153, 13.3358),
    ("ap-northeast-1", 16.6667, 13.3334, 0.2, 0.037, 5.3835, 12.5615),
    ("ap-northeast-2", 16.6667, 13.3334, 0.2, 0.0352, 5.1254, 11.9592),
    ("ap-northeast-3", 16.6667, 13.3334, 0.2, 0.037, 5.3835, 12.5615),
    ("ap-south-1", 16.6667, 13.3334, 0.2, 0.0352, 4.4985, 10.4966),
    ("ap-southeast-1", 16.6667, 13.3334, 0.2, 0.037, 5.1991, 12.1313),
    ("ap-southeast-2", 16.6667, 13.3334, 0.2, 0.037, 5.236, 12.2173),
    ("ap-southeast-4", 16.6667, 13.3334, 0.2, 0.037, 5.236, 12.2173),
    ("ap-southeast-5", 15.0, 12.0, 0.18, 0.0333, 4.6791, 10.9181),
    ("ca-central-1", 16.6667, 13.3334, 0.2, 0.034, 4.646, 10.8407),
    ("eu-central-1", 16.6667, 13.3334, 0.2, 0.0367, 5.0147, 11.7011),
    ("eu-central-2", 18.3334, 14.6667, 0.22, 0.0441, 5.5162, 12.8712),
    ("eu-north-1", 16.6667, 13.3334, 0.2, 0.0323, 4.4248, 10.3245),
    ("eu-south-1", 19.5172, 15.6138, 0.23, 0.0357, 4.8783, 11.3827),
    ("eu-west-1", 16.6667, 13.3334, 0.2, 0.034, 4.646, 10.8407),
    ("eu-west-2", 16.6667, 13.3334, 0.2, 0.0358, 4.8304, 11.2709),
    ("eu-west-3", 16.6667, 13.3334, 0.2, 0.0358, 4.8673, 11.3569),
    ("me-central-1", 20.6667, 16.5334, None, None, None, None),
    ("me-south-1", 20.6667, 16.5334, 0.25, 0.0374, 5.1108, 11.9251),
    ("sa-east-1", 16.6667, 13.3334, 0.2, 0.0586, 6.6372, 15.4867),
    ("us-east-1", 16.6667, 13.3334, 0.2, 0.0309, 4.1667, 9.7222),
    ("us-east-2", 16.6667, 13.3334, 0.2, 0.0309, 4.1667, 9.7222),
    ("us-west-1", 16.6667, 13.3334, 0.2, 0.037, 4.9041, 11.443),
    ("us-west-2", 16.6667, 13.3334, 0.2, 0.0309, 4.1667, 9.7222),
)
"""Region; millionths of a USD for: a GB-second of compute on x86_64, on arm64; a request; a
GB-second of ephemeral storage beyond 512 MB; a GB-second of provisioned concurrency on x86_64, and
one that runs on it, which is billed besides.

Sources: the metered unit map of AWS's own pricing calculator
(https://calculator.aws/pricing/2.0/meteredUnitMaps/lambda/USD/current/lambda.json) as kept by the
repository remotion-dev/remotion, read 2026-11-21; what the price list publication of 2026-10-01
says of us-east-1 and ap-northeast-1 is the same. me-central-1: AWS Lambda pricing, as quoted in a
community table, GB-seconds alone, read 2026-11-21.
"""

ARM_PROVISIONED = 0.8
"""Provisioned concurrency on arm64 over that on x86_64, to four digits in both regions of the
publication of 2026-10-01 that were read; assumed for the others."""


def _rates(
    gb_second: float,
    request: float | None,
    storage: float | None,
    provisioned: float | None,
    provisioned_run: float | None,
) -> Rates:
    return Rates(
        gb_second=_price(gb_second),
        request=_price(request),
        storage_gb_second=_price(storage),
        provisioned_gb_second=_price(provisioned),
        provisioned_run_gb_second=_price(provisioned_run),
    )


def _price(millionths: float | None) -> Price | None:
    return None if millionths is None else Price(usd=millionths / 1_000_000, source=SOURCE)


def _on_arm(x86: float | None) -> float | None:
    return None if x86 is None else x86 * ARM_PROVISIONED


SHIPPED = Prices(
    rates={
        region: {
            X86: _rates(x86, request, storage, provisioned, run),
            ARM: _rates(arm, request, storage, _on_arm(provisioned), _on_arm(run)),
        }
        for region, x86, arm, request, storage, provisioned, run in TABLE
    },
    source=SOURCE,
)
