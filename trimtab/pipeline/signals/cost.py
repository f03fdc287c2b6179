"""What does a function cost a month, and by what? Usage times the prices in use. Pure: no call.

Nothing is worked out from a price that is not known: no other region's, no other architecture's.
Zero is said only of what was surely not used. The Duration metric leaves initialisation out, which
is billed, so compute is a little too low where functions often start cold.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from trimtab.domain.evidence import NOT_ASKED, Evidence, Known, Signals, Unknown
from trimtab.domain.price import HOURS_PER_MONTH, Price, Prices, gb_seconds
from trimtab.policy.formulas import beyond_free_storage

COMPUTE, REQUESTS, STORAGE = PARTS = (
    "cost.compute_usd_month",
    "cost.requests_usd_month",
    "cost.ephemeral_usd_month",
)
TOTAL = "cost.usd_month"
COST_SIGNALS = frozenset({*PARTS, TOTAL})
COST_NEEDS = frozenset({"usage.duration_sum_ms", "usage.invocations"})
"""The series that they are worked out from."""

PRICE_SIGNALS = (
    "price.compute_usd_gb_s",
    "price.provisioned_usd_gb_s",
    "price.provisioned_run_usd_gb_s",
)


def cost_signals(
    signals: Signals, *, region: str, lookback: timedelta, prices: Prices
) -> dict[str, Evidence]:
    """Return what one window of usage costs, scaled to a month.

    `signals` holds what the listing tells and the usage of this window; what of it is unknown
    makes the cost unknown, with its reason.
    """
    place = _place(signals, region)
    if isinstance(place, Unknown):
        return dict.fromkeys(COST_SIGNALS, place)
    rates = prices.of(*place)
    months = lookback / timedelta(hours=HOURS_PER_MONTH)
    found: dict[str, Evidence] = {
        COMPUTE: _cost(
            signals,
            ("function.memory_mb", "usage.duration_sum_ms"),
            lambda memory_mb, ms: gb_seconds(memory_mb=memory_mb, duration_sum_ms=ms) / months,
            rates.gb_second or _no_price("a GB-second", place),
        ),
        REQUESTS: _cost(
            signals,
            ("usage.invocations",),
            lambda invocations: invocations / months,
            rates.request or _no_price("a request", place),
        ),
        STORAGE: _cost(
            signals,
            ("function.ephemeral_storage_mb", "usage.duration_sum_ms"),
            lambda storage_mb, ms: (
                gb_seconds(memory_mb=beyond_free_storage(storage_mb), duration_sum_ms=ms) / months
            ),
            rates.storage_gb_second or _no_price("ephemeral storage", place),
        ),
    }
    return found | {TOTAL: _sum([found[name] for name in PARTS])}


def price_signals(signals: Signals, *, region: str, prices: Prices) -> dict[str, Evidence]:
    """Return the prices that provisioned concurrency is weighed by."""
    place = _place(signals, region)
    if isinstance(place, Unknown):
        return dict.fromkeys(PRICE_SIGNALS, place)
    rates = prices.of(*place)
    found = (rates.gb_second, rates.provisioned_gb_second, rates.provisioned_run_gb_second)
    return {
        name: _no_price("provisioned concurrency", place)
        if price is None
        else Known(value=price.usd, source=price.source)
        for name, price in zip(PRICE_SIGNALS, found, strict=True)
    }


def _place(signals: Signals, region: str) -> tuple[str, str] | Unknown:
    """Return region and architecture of a function that is billed by the GB-second.

    What another kind of function costs is another sum, so unknown here.
    """
    kind = signals.get("function.kind", NOT_ASKED)
    architecture = signals.get("function.architecture", NOT_ASKED)
    if isinstance(kind, Unknown):
        return kind
    if isinstance(architecture, Unknown):
        return architecture
    return region, str(architecture.value)


def _no_price(what: str, place: tuple[str, str]) -> Unknown:
    region, architecture = place
    return Unknown(reason=f"the price of {what} on {architecture} in {region} is not known")


def _cost(
    signals: Signals,
    needs: tuple[str, ...],
    units: Callable[..., float],
    price: Price | Unknown,
) -> Evidence:
    """Return units times price. What was surely not used costs nothing at any price."""
    known: list[Known] = []
    for name in needs:
        evidence = signals.get(name, NOT_ASKED)
        if isinstance(evidence, Unknown):
            return evidence
        known.append(evidence)
    sources = [one.source for one in known]
    quantity = units(*(one.value or 0 for one in known))
    if quantity == 0:
        return Known(value=0.0, source=_joined(sources))
    if isinstance(price, Unknown):
        return price
    return Known(value=quantity * price.usd, source=_joined([*sources, price.source]))


def _sum(parts: Sequence[Evidence]) -> Evidence:
    known: list[Known] = []
    for part in parts:
        if isinstance(part, Unknown):
            return part
        known.append(part)
    sources = [source for part in known for source in part.source.split(", ")]
    return Known(value=sum(part.value for part in known), source=_joined(sources))


def _joined(sources: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(sources))
