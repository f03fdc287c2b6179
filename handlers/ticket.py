"""Lambda: open, update and close tickets from the queue; a message that fails comes back alone."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from trimtab import wiring

logger = Logger(service="trimtab-ticket")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    """Take an SQS event; give {"batchItemFailures": [...]}."""

    def file_one(record: SQSRecord) -> None:
        address = wiring.file_ticket(record.json_body)
        logger.info("ticket filed", address=address)

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event=event, record_handler=file_one, processor=processor, context=context
    )
