"""Lambda: write one approved change, or its undo. Checks everything itself, from the ledger (S1,
S5).
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring
from trimtab.domain.terms import Direction
from trimtab.flows.carry import carry

logger = Logger(service="trimtab-apply")
metrics = Metrics(namespace="Trimtab", service="trimtab-apply")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"change_id", "round", "direction"}; give {"outcome", "reason", "wait_s"}."""
    direction = Direction(event["direction"])
    outcome = carry(event["change_id"], event["round"], direction, wiring.apply_bench(context))
    name = f"{direction.value.title()}_{outcome.word.value}"
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
    logger.info("applied", change_id=event["change_id"], outcome=outcome.word.value)
    return {
        "outcome": outcome.word.value,
        "reason": outcome.reason,
        "wait_s": outcome.wait_s,
    }
