"""What would AWS Lambda Power Tuning have to be asked, to tell what an advisor could not?

Source of the format: https://github.com/alexcasalboni/aws-lambda-power-tuning, README-EXECUTE.md
and `lambda/` at commit 262ecc2 (version 4.4.0), read 2026-11. It invokes the real function `num`
times at each size. While it runs it sets the memory of $LATEST to each size in turn, publishes a
version of each under aliases named RAM128 and so on, and removes them at the end.
"""

from collections.abc import Mapping
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.memory_sizes import MAX_MEMORY_MB, MIN_MEMORY_MB, ONE_VCPU_MB

DOCUMENTATION = "https://github.com/alexcasalboni/aws-lambda-power-tuning"
INPUT_DOCUMENTATION = f"{DOCUMENTATION}/blob/master/README-EXECUTE.md"

LEAST_INVOCATIONS = 5
"""Source: `initializer.js` of the tool refuses fewer; its guide recommends 10 to 100."""

USUAL_INVOCATIONS = 50
"""As in the examples of the tool's guide."""

TOOL_TIMEOUT_S = 300
"""Source: README-DEPLOY.md of the tool, `totalExecutionTimeout`: the invocations at one size, one
after the other, have to end within this."""

FEWEST_SIZES, MOST_SIZES = 5, 7
"""Five points show where a curve bends; each more costs `num` invocations. Chosen."""

_FACTORS = (1.0, 0.5, 2.0, 0.75, 1.5, 0.25, 3.0, 0.125, 4.0, 6.0)
"""Of the present size, by what they tell: a step down and up comes first."""


def power_values(memory_mb: int) -> tuple[int, ...]:
    """Return five to seven sizes around this one, smallest first, this one among them."""
    sizes: list[int] = []
    for factor in _FACTORS:
        size = round(memory_mb * factor)
        if MIN_MEMORY_MB <= size <= MAX_MEMORY_MB and len(sizes) < MOST_SIZES - 1:
            sizes.append(size)
    if min(sizes) < ONE_VCPU_MB < max(sizes) and ONE_VCPU_MB not in sizes:
        sizes.append(ONE_VCPU_MB)
    return tuple(sorted(sizes))


def invocations(memory_mb: int, duration_ms: float | None) -> int:
    """Return how many invocations of each size fit into the tool's timeout, if it takes this long
    now and the smallest size is slower in proportion.
    """
    if duration_ms is None or duration_ms <= 0:
        return USUAL_INVOCATIONS
    slowest_ms = duration_ms * memory_mb / min(power_values(memory_mb))
    fit = int(TOOL_TIMEOUT_S * 1000 / slowest_ms)
    return max(LEAST_INVOCATIONS, min(USUAL_INVOCATIONS, fit))


def needs_longer_timeout(memory_mb: int, duration_ms: float | None) -> bool:
    """Tell whether not even the fewest invocations fit into the tool's timeout."""
    if duration_ms is None:
        return False
    slowest_ms = duration_ms * memory_mb / min(power_values(memory_mb))
    return slowest_ms * LEAST_INVOCATIONS > TOOL_TIMEOUT_S * 1000


def tuning_input(
    function: FunctionArn, memory_mb: int, *, duration_ms: float | None
) -> Mapping[str, Any]:
    """Return the input of the state machine. The payload is the owner's to fill in.

    The ARN has no alias, also where one is served: the tool refuses a qualified ARN
    (`regionFromARN` in `utils.js`; its issue 166) and measures the code in $LATEST. One after the
    other, because side by side nearly every invocation would be a cold start. Nothing is set at
    the end: a size goes through an approval and a watch.
    """
    return {
        "lambdaARN": str(function),
        "powerValues": list(power_values(memory_mb)),
        "num": invocations(memory_mb, duration_ms),
        "payload": {},
        "parallelInvocation": False,
        "strategy": "balanced",
        "autoOptimize": False,
        "includeOutputResults": True,
    }
