"""Which weights does Lambda take on an alias? As its guide and its errors say.

Source: "Implement Lambda canary deployments using a weighted alias" and "Configuring provisioned
concurrency", AWS Lambda Developer Guide, read 2026-11-21: both versions published, with the same
execution role and dead-letter queue; no $LATEST; no provisioned concurrency on the alias.
"""

from collections.abc import Mapping
from typing import Any

from tests.fakes.failures import client_error
from tests.fakes.lambda_state import LATEST, Function, not_found

OPERATION = "UpdateAlias"


def weights_of(routing: Mapping[str, Any] | None) -> dict[str, float]:
    return dict((routing or {}).get("AdditionalVersionWeights") or {})


def refuse_weights(
    function: Function, alias: str, version: str, weights: Mapping[str, float]
) -> None:
    """Raise what AWS answers to weights that it does not take."""
    if not weights:
        return
    why = _why_not(function, alias, version, weights)
    if why is not None:
        raise client_error("InvalidParameterValueException", why, OPERATION)


def _why_not(
    function: Function, alias: str, version: str, weights: Mapping[str, float]
) -> str | None:
    if len(weights) > 1:
        return "AdditionalVersionWeights may name one version"
    ((other, weight),) = weights.items()
    if LATEST in (version, other):
        return f"{LATEST} is not supported for an alias pointing to more than 1 version"
    if other == version:
        return f"Invalid function version {other}: the alias points to it already"
    if not 0.0 <= weight <= 1.0:
        return f"weight {weight} is not between 0.0 and 1.0"
    if other not in function.versions:
        arn = function.latest["FunctionArn"]
        raise not_found(f"Function not found: {arn}:{other}", OPERATION)
    if alias in function.provisioned:
        return "Alias with weights can not be used with Provisioned Concurrency"
    one, two = function.versions[version], function.versions[other]
    if (one["Role"], one.get("DeadLetterConfig")) != (two["Role"], two.get("DeadLetterConfig")):
        return "the versions must have the same execution role and dead-letter queue"
    return None
