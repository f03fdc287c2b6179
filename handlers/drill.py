"""Lambda: drill a sample of the backups, and once a day say which of them are about to end."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring
from trimtab.flows.drill_answer import announce, answer

logger = Logger(service="trimtab-drill")
metrics = Metrics(namespace="Trimtab", service="trimtab-drill")


@logger.inject_lambda_context(log_event=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {}, or {"drill": {"by", "why", "functions", "dry_run"}}, or {"announce": true}."""
    telling = wiring.drill_telling(context)
    if event.get("announce") is True:
        seen = announce(wiring.expiry_bench(context), telling)
        metrics.add_metric(name="VaultLooks", unit=MetricUnit.Count, value=1)
        metrics.add_metric(name="DrillAgeDays", unit=MetricUnit.NoUnit, value=seen["drill_days"])
        logger.info("announced", expiring=seen["expiring"], drill_days=seen["drill_days"])
        return seen
    said = answer(event.get("drill") or {}, wiring.drill_bench(context), telling)
    metrics.add_metric(name="Drills", unit=MetricUnit.Count, value=int(said.failures is not None))
    if said.failures is not None:
        metrics.add_metric(name="DrillFailures", unit=MetricUnit.Count, value=said.failures)
    logger.info("drilled", word=said.word, drill_id=said.answer.get("drill_id"))
    return dict(said.answer)
