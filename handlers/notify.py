"""Lambda: one email per approver of a run with a link per change; and one when a change has
ended.
"""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring
from trimtab.flows.notify import notify

logger = Logger(service="trimtab-notify")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"run_id"}, or {"change_id", "round"} of a change that ended, or of a removal that has
    come to its next stage; give {"emails"}.
    """
    if "change_id" in event:
        sent = wiring.tell_stage(event["change_id"], event["round"])
        sent += wiring.tell_ended(event["change_id"], event["round"])
        logger.info("told", change_id=event["change_id"], emails=sent)
        return {"emails": sent}
    changes, bench = wiring.notify_bench(event["run_id"])
    sent = notify(event["run_id"], changes, bench)
    logger.info("asked", run_id=event["run_id"], emails=sent)
    return {"emails": sent}
