"""Lambda: say what is missing in a member account, or which accounts there are. Decides nothing."""

from typing import Any

from aws_lambda_powertools import Logger

from trimtab import wiring
from trimtab.domain.fleet import Account
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows.doctor import examine, survey

logger = Logger(service="trimtab-doctor")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    """Take {"organization"}; give the survey. With "account" (as surveyed): give its checks."""
    bench = wiring.doctor_bench(context, organization=event.get("organization"))
    given = event.get("account")
    if given is None:
        return to_wire(survey(bench))
    account = from_wire(Account, given)
    checks = examine(account, bench)
    logger.info("examined", account=account.id, checks=len(checks))
    return [to_wire(check) for check in checks]
