"""Lambda: expire what nobody answered, and finish what a crash left half done (S4, S6)."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring

logger = Logger(service="trimtab-reconcile")
metrics = Metrics(namespace="Trimtab", service="trimtab-reconcile")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take anything; give what was mended, and how many problems need a person."""
    done, freeze = wiring.reconcile_once()
    hours = done.oldest_open.total_seconds() / 3600
    metrics.add_metric(name="OpenChains", unit=MetricUnit.Count, value=done.open_chains)
    metrics.add_metric(name="OldestOpenChainHours", unit=MetricUnit.NoUnit, value=hours)
    metrics.add_metric(name="Problems", unit=MetricUnit.Count, value=len(done.problems))
    metrics.add_metric(name="Frozen", unit=MetricUnit.Count, value=int(freeze.stops_forward))
    for problem in done.problems:
        logger.error("a person is needed", problem=problem)
    mended = {
        "expired": done.expired,
        "told": done.told,
        "restarted": done.restarted,
        "restored": done.restored,
        "unlocked": done.unlocked,
        "problems": len(done.problems),
    }
    logger.info("reconciled", mended=mended)
    return mended
