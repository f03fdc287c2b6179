"""Lambda: the approval page. GET renders and spends nothing; only a valid POST decides (S2)."""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring

logger = Logger(service="trimtab-approval")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take an HTTP API event (payload 2.0); give its response. Tokens and bodies are never
    logged.
    """
    desk = wiring.approval_desk()
    response = desk.answer(event)
    method = event["requestContext"]["http"]["method"]
    logger.info("page", method=method, status=response["statusCode"])
    return response
