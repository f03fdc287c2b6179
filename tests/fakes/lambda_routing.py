"""Which weights does Lambda take on an alias? As its guide and its errors say.

Source: "Implement Lambda canary deployments using a weighted alias" and "Configuring provisioned
concurrency", AWS Lambda Developer Guide, read 2026-11-21: both versions published, with the same
execution role and dead-letter queue; no $LATEST; no provisioned concurrency on the alias.
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.failures import client_error
from tests.fakes.lambda_state import LATEST, Function, not_found

OPERATION = "UpdateAlias"


def weights_of(routing: Mapping[str, Any] | None) -> dict[str, float]:
    return dict((routing or {}).get("AdditionalVersionWeights") or {})


def refuse_weights(
    function: Function, alias: str, version: str, weights: Mapping[str, float]
) -> None:
    """Raise what AWS answers to weights that it does not take: recorded, but for the last two."""
    if not weights:
        return
    if len(weights) > 1:
        raise _invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    ((other, weight),) = weights.items()
    _refuse_form(other, weight)
    if version == LATEST:
        raise _invalid(f"{LATEST} is not supported for an alias pointing to more than 1 version")
    if other == version:
        raise _invalid(
            f"Invalid function version {other}. Function version {other} is already included in "
            "routing configuration."
        )
    if other not in function.versions:
        arn = function.latest["FunctionArn"]
        raise not_found(f"Function not found: {arn}:{other}", OPERATION)
    if alias in function.provisioned:
        raise _invalid("Alias with weights can not be used with Provisioned Concurrency")
    one, two = function.versions[version], function.versions[other]
    if (one["Role"], one.get("DeadLetterConfig")) != (two["Role"], two.get("DeadLetterConfig")):
        raise _invalid("the versions must have the same execution role and dead-letter queue")


def _refuse_form(other: str, weight: float) -> None:
    """Refuse what does not even have the form of a version and a weight."""
    if not other.isdigit():
        rule = (
            "Map keys must satisfy constraint: [Member must have length less than or equal to "
            "1024, Member must have length greater than or equal to 1, Member must satisfy regular "
            "expression pattern: [0-9]+]"
        )
    elif not 0.0 <= weight <= 1.0:
        rule = (
            "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
            "Member must have value greater than or equal to 0.0, Member must not be null]"
        )
    else:
        return
    message = (
        f"1 validation error detected: Value '{{{other}={weight}}}' at "
        f"'routingConfig.additionalVersionWeights' failed to satisfy constraint: {rule}"
    )
    raise client_error("ValidationException", message, OPERATION)


def _invalid(message: str) -> ClientError:
    return client_error("InvalidParameterValueException", message, OPERATION)
