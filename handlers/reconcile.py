"""Lambda: expire what nobody answered, and finish what a crash left half done (S4, S6)."""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring

logger = Logger(service="trimtab-reconcile")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take anything; give {"expired", "told"}."""
    done = wiring.reconcile_once()
    logger.info("reconciled", expired=done.expired, told=done.told)
    return {"expired": done.expired, "told": done.told}
