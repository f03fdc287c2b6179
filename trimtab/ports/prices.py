"""What does AWS ask for Lambda? The Price List, as far as it was understood."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One product of the price list: its on-demand price from the first unit on."""

    usage_type: str
    """As on the bill, with the region's prefix: 'EUC1-Lambda-GB-Second-ARM'."""
    region: str
    usd: float


class PriceSource(Protocol):
    """The Price List API."""

    def offers(self) -> Sequence[Offer]:
        """Return every offer for Lambda, in all regions.

        Raises: OutsideError when the list could not be read to its end.
        """
        ...
