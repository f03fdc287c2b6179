"""Which figures of Trimtab's own are in CloudWatch? Names as the handlers emit them, in one table.

Powertools writes them into the log as embedded metrics; the dimension is `service`, which is the
name of the Lambda. Alarms and dashboard take their metrics from here.
"""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.names import function_name

NAMESPACE = "Trimtab"

METRICS: Mapping[str, tuple[str, ...]] = {
    "discover": ("Targets",),
    "plan": (
        "ScanComplete",
        "CountFaults",
        "functions",
        "gaps",
        "findings",
        "insufficient_data",
        "planned",
        "ticketed",
        "held_back",
    ),
    "apply": (
        "Forward_written",
        "Forward_stale",
        "Forward_not_written",
        "Forward_unknown",
        "Undo_written",
        "Undo_not_written",
        "Undo_unknown",
    ),
    "watch": (
        "Watch_healthy",
        "Watch_regressed",
        "Watch_insufficient_data",
        "WatchGaps",
        "BelowPlan",
    ),
    "reconcile": ("OldestOpenChainHours", "Problems", "Frozen"),
    "deliver": ("NotTold",),
    "checkpoint": ("MirrorLagEntries", "LedgerFaults"),
    "backup": ("IncompleteBackups",),
    "restore": ("RestoreNotWhole",),
    "drill": ("DrillFailures", "DrillAgeDays", "VaultLooks"),
}
"""What alarms and dashboard use, by handler. `gaps` of plan are those of a run: accounts, regions
and pages that could not be read; `WatchGaps` are watches that could not be looked at; `BelowPlan`
are rises of a schedule that will not be there in time; `NotTold` are findings that Security Hub did
not take, and targets that it could not be told of."""


def own(
    handler: str, name: str, *, statistic: str, period: cdk.Duration, label: str | None = None
) -> cloudwatch.Metric:
    """Return one of our own metrics.

    Raises: KeyError for a name that is not in the table.
    """
    if name not in METRICS[handler]:
        raise KeyError(f"infra/metrics.py: {handler} has no metric {name}")
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": function_name(handler)},
        statistic=statistic,
        period=period,
        label=label,
    )
