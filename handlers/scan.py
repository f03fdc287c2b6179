"""Lambda: scan one target; answers a cursor when its time runs out."""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring
from trimtab.domain.arn import Target
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows.scan import Cursor, scan

logger = Logger(service="trimtab-scan")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"run_id", "account", "region", "cursor"}; give the same with the next cursor, or
    null.
    """
    target = Target(account=event["account"], region=event["region"])
    given = event.get("cursor")
    cursor = None if given is None else from_wire(Cursor, given)
    following = scan(event["run_id"], target, cursor, wiring.scan_bench(context))
    logger.info("scanned", run_id=event["run_id"], target=str(target), more=following is not None)
    return {
        "run_id": event["run_id"],
        "account": target.account,
        "region": target.region,
        "cursor": None if following is None else to_wire(following),
    }
