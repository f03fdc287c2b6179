"""Lambda: read what was decided on a round; after the time is up it is the clock's no (S4)."""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring
from trimtab.flows.request import outcome_of

logger = Logger(service="trimtab-decide")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"change_id", "round"}; give {"decision": a word, or "open", "wait_s"}."""
    answer = outcome_of(event["change_id"], event["round"], bench=wiring.request_bench())
    decision = "open" if answer.word is None else answer.word.value
    logger.info("read", change_id=event["change_id"], decision=decision)
    return {"decision": decision, "wait_s": answer.wait_s}
