"""Lambda: read a backup back, list the backups, or bring a function back. It alone may decrypt."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring
from trimtab.domain.errors import PermanentError
from trimtab.flows.strongroom import bring_back, list_backups, verify

logger = Logger(service="trimtab-restore")
metrics = Metrics(namespace="Trimtab", service="trimtab-restore")


@logger.inject_lambda_context(log_event=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"verify": {"change_id", "round"}}, {"backups": {...}} or {"restore": {...}}."""
    if "verify" in event:
        said = verify(event["verify"], wiring.backup_reader(context))
    elif "backups" in event:
        reader = wiring.backup_reader(context)
        said = list_backups(event["backups"], reader, region=wiring.home_region())
    else:
        said = bring_back(event["restore"], wiring.restore_bench(context))
    failed = int(said.word in ("refused", "different", "unfinished"))
    metrics.add_metric(name="RestoreNotWhole", unit=MetricUnit.Count, value=failed)
    logger.info("restore", word=said.word, restore_id=said.answer.get("restore_id"))
    if "verify" in event and said.word == "refused":
        raise PermanentError(f"the backup is not whole: {said.answer['faults']}")
    return dict(said.answer)
