"""Lambda: put a function into the vault. It may write there, and not read (S14)."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring
from trimtab.flows.strongroom import back_up

logger = Logger(service="trimtab-backup")
metrics = Metrics(namespace="Trimtab", service="trimtab-backup")


@logger.inject_lambda_context(log_event=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"change_id", "round"}, or {"function", "by", "why"}; give the backup in figures."""
    said = back_up(event, wiring.backup_bench(context))
    incomplete = int(said.word == "incomplete")
    metrics.add_metric(name="IncompleteBackups", unit=MetricUnit.Count, value=incomplete)
    logger.info("backup", word=said.word, backup_id=said.answer["backup_id"])
    return dict(said.answer)
