"""Which values can a signal have at all? What AWS allows, for finding conditions that say nothing.

Only what AWS documents as a limit is here: whatever is not is taken to have any value.
Source: AWS Lambda Developer Guide, "Lambda quotas", and the API reference, "FunctionConfiguration",
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from types import MappingProxyType

from trimtab.policy.quantity import written_amount
from trimtab.policy.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The least and the greatest value of an amount, both possible."""

    least: float = 0.0
    most: float = inf
    is_whole: bool = False
    """Whether there is nothing between two whole numbers."""


AMOUNTS: Mapping[str, Bounds] = MappingProxyType(
    {
        "function.memory_mb": Bounds(least=128, most=10_240, is_whole=True),
        "function.timeout_s": Bounds(least=1, most=900, is_whole=True),
        "function.ephemeral_storage_mb": Bounds(least=512, most=10_240, is_whole=True),
        "function.tag_count": Bounds(is_whole=True),
        "code.layer_count": Bounds(most=5, is_whole=True),
        "environment.variable_count": Bounds(is_whole=True),
        "environment.secret_like_count": Bounds(is_whole=True),
        "environment.secret_value_count": Bounds(is_whole=True),
        "vpc.subnet_count": Bounds(is_whole=True),
        "vpc.zone_count": Bounds(least=1, is_whole=True),
        "vpc.security_group_count": Bounds(is_whole=True),
        "usage.invocations": Bounds(is_whole=True),
        "usage.errors": Bounds(is_whole=True),
        "usage.throttles": Bounds(is_whole=True),
        "usage.error_rate": Bounds(most=1),
        "cpu.share": Bounds(most=1),
        # A day that has passed lies below 0.
        "runtime.days_to_deprecation": Bounds(least=-inf),
        "runtime.days_to_block_create": Bounds(least=-inf),
        "runtime.days_to_block_update": Bounds(least=-inf),
    }
)

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "function.architecture": ("x86_64", "arm64"),
        "function.package_type": ("Zip", "Image"),
        "tracing.mode": ("Active", "PassThrough"),
        "snapstart.mode": ("PublishedVersions", "None"),
        "logging.format": ("Text", "JSON"),
    }
)


def bounds_of(signal: Signal) -> Bounds:
    """Return the bounds of an amount; one without a row is at least 0."""
    return AMOUNTS.get(signal.name, Bounds())


def written_bounds(signal: Signal) -> str:
    """Say what a signal can be: '128 MB to 10240 MB', 'x86_64 or arm64'; '' where it is free."""
    if signal.name in CHOICES:
        return " or ".join(CHOICES[signal.name])
    bounds = AMOUNTS.get(signal.name)
    if bounds is None or bounds.least == -inf:
        return ""
    least = written_amount(signal, bounds.least)
    return (
        f"at least {least}"
        if bounds.most == inf
        else f"{least} to {written_amount(signal, bounds.most)}"
    )
