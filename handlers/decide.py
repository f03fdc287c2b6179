"""Lambda: read what was decided on a round; after the time is up it is the clock's no (S4)."""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring
from trimtab.pipeline.request import outcome_of

logger = Logger(service="trimtab-decide")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"change_id", "round"}; give {"decision", "wait_s"}."""
    answer = outcome_of(event["change_id"], event["round"], bench=wiring.decide_bench())
    logger.info("decided", change_id=event["change_id"], decision=answer.word.value)
    return {"decision": answer.word.value, "wait_s": answer.wait_s}
