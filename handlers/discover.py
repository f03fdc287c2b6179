"""Lambda: list the accounts of the Organization, and write the manifest of targets to scan."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from trimtab import wiring
from trimtab.domain.wire import to_wire
from trimtab.flows import keys
from trimtab.flows.prices import keep_prices
from trimtab.pipeline.discover import discover
from trimtab.pipeline.prices import current_prices
from trimtab.pipeline.record import record_discovery

logger = Logger(service="trimtab-discover")
metrics = Metrics(namespace="Trimtab", service="trimtab-discover")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take {"run_id"}; give {"run_id", "manifest": {"bucket", "key"}, "targets"}."""
    run_id = event["run_id"]
    bench = wiring.discover_bench()
    found = discover(bench.scope, bench.accounts)
    manifest = [{"account": t.account, "region": t.region} for t in found.targets]
    bench.store.put(keys.targets(run_id), to_wire(found))
    bench.store.put(keys.manifest(run_id), manifest)
    prices = current_prices(bench.prices, now=bench.clock.now())
    keep_prices(run_id, prices, bench.store)
    record_discovery(run_id, found, bench.ledger, at=bench.clock.now())
    metrics.add_metric(name="Targets", unit=MetricUnit.Count, value=len(manifest))
    logger.info("prices", run_id=run_id, source=prices.source, notes=prices.notes)
    logger.info("discovered", run_id=run_id, targets=len(manifest), gaps=len(found.gaps))
    place = {"bucket": bench.bucket, "key": keys.manifest(run_id)}
    return {"run_id": run_id, "manifest": place, "targets": len(manifest)}
