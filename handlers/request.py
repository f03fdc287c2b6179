"""Lambda: register a waiting execution with the approval desk; it ends when the record is
decided.
"""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring
from trimtab.flows.request import request

logger = Logger(service="trimtab-request")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    """Take {"change_id", "round", "task_token"}; the answer comes through the token."""
    request(
        event["change_id"],
        event["round"],
        task_token=event["task_token"],
        bench=wiring.request_bench(),
    )
    logger.info("waiting for a decision", change_id=event["change_id"], round=event["round"])
