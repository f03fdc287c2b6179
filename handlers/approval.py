"""Lambda: the approval page. GET renders and spends nothing; only a valid POST decides (S2)."""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring
from trimtab.domain.errors import OutsideError
from trimtab.flows.visit import method_of

logger = Logger(service="trimtab-approval")


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take an HTTP API event (payload 2.0); give its response.

    Nothing a visitor sent is logged, whatever the environment says. What fails outside is answered
    with a page of status 503, on which the alarm rings: Lambda itself counts no error then.
    """
    desk = wiring.approval_desk()
    try:
        response = desk.answer(event)
    except OutsideError:
        logger.exception("failed", method=method_of(event))
        response = desk.failed(event)
    logger.info("page", method=method_of(event), status=response["statusCode"])
    return response
