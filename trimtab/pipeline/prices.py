"""Which prices does this run judge by? The Price List's where it was read, the shipped ones beside.

The price list is asked once a run, and never stands in its way: that it could not be read is no
gap, because the shipped table answers too. The source of each price says which of them it is.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime

from trimtab.domain.errors import OutsideError
from trimtab.domain.price import UNKNOWN_RATES, Price, Prices, Rates
from trimtab.domain.price_table import ARM, SHIPPED, X86
from trimtab.ports import Offer, PriceSource

_USAGE_TYPE = re.compile(r"(?:[A-Z]{2,4}\d{0,2}-)?(?P<what>[A-Za-z-]+?)(?P<arm>-ARM)?")
"""'Lambda-GB-Second', 'EUC1-Lambda-GB-Second-ARM', 'EU-Request'. What is free everywhere is
'Global-Request', and no region's."""

RATES: Mapping[str, str] = {
    "Lambda-GB-Second": "gb_second",
    "Request": "request",
    "Lambda-Storage-GB-Second": "storage_gb_second",
    "Lambda-Provisioned-Concurrency": "provisioned_gb_second",
    "Lambda-Provisioned-GB-Second": "provisioned_run_gb_second",
}
"""What of the price list is used: usage type -> field of `Rates`. Source: usage types of AWSLambda
in the price list publication of 2026-10-01, read 2026-11-21."""

ABSURD = 10.0
"""A price this many times the shipped one, or this part of it, is a misreading, not a price;
chosen."""


def current_prices(source: PriceSource, *, now: datetime, shipped: Prices = SHIPPED) -> Prices:
    """Return the price list's prices over the shipped ones; the shipped ones if it is out of reach.

    `notes` of the answer say what was refused, or why the list was not read.
    """
    try:
        offers = source.offers()
    except OutsideError as error:
        return replace(shipped, notes=(f"the price list was not read: {error}",))
    return prices_of(offers, now=now, shipped=shipped)


def prices_of(offers: Iterable[Offer], *, now: datetime, shipped: Prices) -> Prices:
    """Lay what is understood and believable over the shipped prices."""
    source = f"price list {now:%Y-%m-%d}"
    rates = {region: dict(found) for region, found in shipped.rates.items()}
    notes: list[str] = []
    used: dict[tuple[str, str, str], float] = {}
    for offer in offers:
        slot = _slot(offer)
        if slot is None:
            continue
        problem = _problem(offer, *slot, shipped)
        if problem is None and used.setdefault((offer.region, *slot), offer.usd) != offer.usd:
            problem = f"{offer.usage_type} in {offer.region} has two prices: the first is used"
        if problem is not None:
            notes.append(problem)
            continue
        architecture, name = slot
        known = rates.setdefault(offer.region, {}).get(architecture, UNKNOWN_RATES)
        rates[offer.region][architecture] = _with(known, name, Price(usd=offer.usd, source=source))
    if rates == shipped.rates:
        return replace(shipped, notes=(*notes, "the price list says nothing that is understood"))
    return Prices(rates=rates, source=source, notes=tuple(notes))


def _slot(offer: Offer) -> tuple[str, str] | None:
    """Return the architecture and the field of an offer; None for what is not used."""
    match = _USAGE_TYPE.fullmatch(offer.usage_type)
    name = None if match is None else RATES.get(match["what"])
    if match is None or name is None:
        return None
    return ARM if match["arm"] else X86, name


def _problem(offer: Offer, architecture: str, name: str, shipped: Prices) -> str | None:
    """Say why a price is not believed; None: it is."""
    said = f"{offer.usage_type} in {offer.region}: {offer.usd} USD in the price list"
    if not math.isfinite(offer.usd) or offer.usd <= 0:
        return f"{said} is no price: not used"
    usual = _rate(shipped.of(offer.region, architecture), name)
    known = _shipped(shipped, name) if usual is None else (usual.usd,)
    if offer.usd > max(known) * ABSURD:
        return f"{said} is over {ABSURD:g} times the shipped price: not used"
    if offer.usd < min(known) / ABSURD:
        return f"{said} is under 1/{ABSURD:g} of the shipped price: not used"
    return None


def _shipped(shipped: Prices, name: str) -> tuple[float, ...]:
    """Return all shipped prices of a kind: the yardstick for a region that has none."""
    found = (
        _rate(rates, name) for by_region in shipped.rates.values() for rates in by_region.values()
    )
    return tuple(price.usd for price in found if price is not None)


def _rate(rates: Rates, name: str) -> Price | None:
    found: Price | None = getattr(rates, name)
    return found


def _with(rates: Rates, name: str, price: Price) -> Rates:
    kept = {field.name: getattr(rates, field.name) for field in fields(rates)}
    return Rates(**kept | {name: price})
