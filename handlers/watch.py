"""Lambda: look at open watches and canaries; verify, or start the undo of what regressed (S13)."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring

logger = Logger(service="trimtab-watch")
metrics = Metrics(namespace="Trimtab", service="trimtab-watch")


def _aftercare(context: Any) -> dict[str, Any]:
    """Look at what was closed of late, once an hour (S12)."""
    done = wiring.aftercare_once(context)
    answer = {"looked": done.looked, "reverted": len(done.reverted), "gaps": len(done.gaps)}
    metrics.add_metric(name="WatchGaps", unit=MetricUnit.Count, value=len(done.gaps))
    logger.info("looked after", changes=list(done.reverted), left=done.left, done=answer)
    return answer


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a schedule's event, which is a hint: {"aftercare": true}, or anything else."""
    if event.get("aftercare") is True:
        return _aftercare(context)
    seen = wiring.watch_once(context)
    for what, looked_at in (("Watch", seen.watched), ("Canary", seen.canaries)):
        for one in looked_at:
            health = one.verification.health.value
            metrics.add_metric(name=f"{what}_{health}", unit=MetricUnit.Count, value=1)
            logger.info(what.lower(), change_id=one.remediation.change_id, health=health)
    for late in seen.below_plan:
        logger.error("below plan", change_id=late.remediation.change_id, why=late.why)
    metrics.add_metric(name="BelowPlan", unit=MetricUnit.Count, value=len(seen.below_plan))
    metrics.add_metric(name="WatchGaps", unit=MetricUnit.Count, value=len(seen.gaps))
    return {"watched": len(seen.watched) + len(seen.canaries), "gaps": len(seen.gaps)}
