"""Lambda: tell Security Hub what is new of a target; a message that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from trimtab import wiring
from trimtab.domain.wire import to_wire

logger = Logger(service="trimtab-deliver")
metrics = Metrics(namespace="Trimtab", service="trimtab-deliver")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    """Take an SQS event; give {"batchItemFailures": [...]}."""
    metrics.add_metric(name="NotTold", unit=MetricUnit.Count, value=0)

    def deliver_one(record: SQSRecord) -> None:
        done = wiring.deliver(record.json_body)
        logger.info("delivered", target=record.json_body, delivery=to_wire(done))
        untold = len(done.refused) + (done.gap is not None)
        metrics.add_metric(name="NotTold", unit=MetricUnit.Count, value=untold)

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event=event, record_handler=deliver_one, processor=processor, context=context
    )
