"""Lambda: fill what the mirror of the ledger lacks, and sign how far the ledger is (S7, S17)."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring
from trimtab.domain.errors import TamperedError
from trimtab.domain.wire import to_wire

logger = Logger(service="trimtab-checkpoint")
metrics = Metrics(namespace="Trimtab", service="trimtab-checkpoint")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take anything; give {"number", "chains", "filled", "lag"}, or fail when there are faults."""
    done = wiring.checkpoint_once(context)
    answer = {name: getattr(done, name) for name in ("number", "chains", "filled", "lag")}
    logger.info("checkpointed", **answer, faults=to_wire(done.faults[:100]))
    metrics.add_metric(name="MirrorLagEntries", unit=MetricUnit.Count, value=done.lag)
    metrics.add_metric(name="MirrorFilledEntries", unit=MetricUnit.Count, value=done.filled)
    metrics.add_metric(name="LedgerFaults", unit=MetricUnit.Count, value=len(done.faults))
    if done.faults:
        first = done.faults[0]
        raise TamperedError(
            f"{len(done.faults)} faults in the ledger, first {first.chain} {first.seq}: "
            f"{first.what}; stop all changes and run trimtab audit verify"
        )
    return answer
