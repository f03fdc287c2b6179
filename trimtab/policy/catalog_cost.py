"""Which signals tell what a function costs? By what is billed, per month, in USD."""

from trimtab.policy.formulas import provisioned_cost, total_cost
from trimtab.policy.signal import Signal, SignalType, Tier

_LIST_PRICE = (
    " At list price of the first tier, before free tier, volume tiers and Savings Plans; the"
    " source says which prices."
)
_NO_PRICE = "or the price in its region is"
_UNIT = "USD a month"


def _cost(name: str, meaning: str, *, source: str, unknown_when: str) -> Signal:
    return Signal(
        name=name,
        type=SignalType.MONEY,
        unit=_UNIT,
        meaning=meaning + _LIST_PRICE,
        source=source,
        tier=Tier.METRICS,
        unknown_when=unknown_when,
        over_lookback=True,
    )


def _price(name: str, meaning: str) -> Signal:
    return Signal(
        name=name,
        type=SignalType.MONEY,
        unit="USD per GB-second",
        meaning=f"{meaning}, on its architecture.",
        source="the price list",
        tier=Tier.LISTED,
        unknown_when=f"its kind {_NO_PRICE}",
    )


COST_SIGNALS = (
    _cost(
        "cost.compute_usd_month",
        "What its GB-seconds cost on demand, scaled to a month; without initialisation, which the"
        " metric leaves out.",
        source="function.memory_mb x usage.duration_sum_ms x the price list",
        unknown_when=f"its duration or kind {_NO_PRICE}",
    ),
    _cost(
        "cost.requests_usd_month",
        "What its invocations cost, scaled to a month.",
        source="usage.invocations x the price list",
        unknown_when=f"its invocations or kind {_NO_PRICE}",
    ),
    _cost(
        "cost.ephemeral_usd_month",
        "What its ephemeral storage beyond 512 MB costs, scaled to a month; 0 with 512 MB.",
        source="function.ephemeral_storage_mb x usage.duration_sum_ms x the price list",
        unknown_when=f"its duration or kind {_NO_PRICE}",
    ),
    _cost(
        "cost.usd_month",
        "What it costs a month by use: compute, requests and ephemeral storage.",
        source="cost.compute_usd_month + cost.requests_usd_month + cost.ephemeral_usd_month",
        unknown_when="one of the three is unknown",
    ),
    _price("price.compute_usd_gb_s", "What a GB-second costs on demand in its region"),
    _price("price.provisioned_usd_gb_s", "What provisioned concurrency costs in its region"),
    _price("price.provisioned_run_usd_gb_s", "What a GB-second that runs on it costs besides"),
    Signal(
        name="cost.provisioned_usd_month",
        type=SignalType.MONEY,
        unit=_UNIT,
        meaning="What keeping its provisioned concurrency ready costs, were it configured all"
        " month. None without any." + _LIST_PRICE,
        source="concurrency.provisioned x function.memory_mb x price.provisioned_usd_gb_s",
        tier=Tier.DEEP,
        unknown_when="its provisioned concurrency or the price is",
        derived_from=(
            "concurrency.provisioned",
            "function.memory_mb",
            "price.provisioned_usd_gb_s",
        ),
        formula=provisioned_cost,
    ),
    Signal(
        name="cost.total_usd_month",
        type=SignalType.MONEY,
        unit=_UNIT,
        meaning="What it costs a month in all: by use, and for provisioned concurrency. A little"
        " high with it, because what runs on it is billed at less than on demand." + _LIST_PRICE,
        source="cost.usd_month + cost.provisioned_usd_month",
        tier=Tier.DEEP,
        unknown_when="either is unknown",
        over_lookback=True,
        derived_from=("cost.usd_month", "cost.provisioned_usd_month"),
        formula=total_cost,
        takes_none=True,
    ),
)
