"""Lambda: turn the parts of a run into a plan, open its rounds, queue its tickets, record it."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring
from trimtab.domain.wire import to_wire
from trimtab.flows.conclude import conclude

logger = Logger(service="trimtab-plan")
metrics = Metrics(namespace="Trimtab", service="trimtab-plan")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"run_id"}; give {"run_id", "changes": [{"change_id", "round", "name"}]}."""
    counts, opened = conclude(event["run_id"], wiring.plan_bench())
    figures = {n: v for n, v in to_wire(counts).items() if isinstance(v, int)}
    for name, value in figures.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.add_metric(name="ScanComplete", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="CountFaults", unit=MetricUnit.Count, value=len(counts.faults()))
    logger.info("planned", run_id=event["run_id"], faults=counts.faults(), counts=figures)
    for warning in wiring.deployed_warnings():
        logger.warning("policy", run_id=event["run_id"], warning=warning)
    changes = [
        {"change_id": r.change_id, "round": r.round, "name": r.execution_name} for r in opened
    ]
    return {"run_id": event["run_id"], "changes": changes}
