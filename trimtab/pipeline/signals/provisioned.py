"""What is provisioned for a function, and was it used? Two calls at most, one of them for metrics.

Lambda emits the metrics of provisioned concurrency by alias or version, and none while it is idle.
So the time it was busy is summed up, never averaged over the periods that have figures; and none at
all is zero only where the invocations of that alias do not say otherwise.
Source: AWS Lambda Developer Guide, "Monitoring concurrency" and "Types of metrics for Lambda
functions", read 2026-11-21.
"""

from collections.abc import Sequence
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Signals, Unknown
from trimtab.domain.fleet import ListedFunction
from trimtab.pipeline.signals.reading import FunctionReading
from trimtab.ports import (
    USE_DAYS,
    FunctionSource,
    MetricQuery,
    ProvisionedConcurrency,
)

SOURCE = "ListProvisionedConcurrencyConfigs"
CONFIGURED = (
    "concurrency.provisioned",
    "concurrency.provisioned_allocated",
    "concurrency.provisioned_stale_count",
)
USED = (
    "concurrency.provisioned_invocations",
    "concurrency.spillover_invocations",
    "concurrency.provisioned_utilisation_mean",
    "concurrency.provisioned_utilisation_peak",
)

CALLED = ("Invocations", "Sum")
RAN = ("ProvisionedConcurrencyInvocations", "Sum")
SPILLED = ("ProvisionedConcurrencySpilloverInvocations", "Sum")
BUSY = ("Duration", "Sum")
FULLEST = ("ProvisionedConcurrencyUtilization", "Maximum")
SERIES = (CALLED, RAN, SPILLED, BUSY, FULLEST)

Configs = Sequence[ProvisionedConcurrency]


def read_configured(
    source: FunctionSource, listed: ListedFunction, signals: Signals
) -> dict[str, Evidence]:
    """Return what is provisioned; its aliases are read only for what is on a numbered version."""
    function = listed.function
    configs = source.capacity.provisioned_concurrency(function)
    if not configs:
        return dict.fromkeys((*CONFIGURED, *USED), Known(value=None, source=SOURCE))
    values: dict[str, Any] = {
        "concurrency.provisioned": sum(config.requested for config in configs),
        "concurrency.provisioned_allocated": sum(config.allocated for config in configs),
        "concurrency.provisioned_stale_count": _stale(source, function, configs),
    }
    return {n: Known(value=v, source=SOURCE) for n, v in values.items()}


def _stale(source: FunctionSource, function: FunctionArn, configs: Configs) -> int:
    numbers = [config.qualifier for config in configs if config.is_on_version]
    if not numbers:
        return 0
    aliases = source.capacity.aliases(function)
    served = {version for alias in aliases for version in (alias.version, *alias.weights)}
    return sum(number not in served for number in numbers)


def read_used(
    source: FunctionSource, listed: ListedFunction, signals: Signals
) -> dict[str, Evidence]:
    """Return how much of it was used; one call for metrics where anything is provisioned."""
    function = listed.function
    configs = source.capacity.provisioned_concurrency(function)
    if not configs:
        return dict.fromkeys(USED, Known(value=None, source=SOURCE))
    figures = Figures(source, function, _qualifiers(source, function, configs))
    return _used(configs, figures)


def _qualifiers(source: FunctionSource, function: FunctionArn, configs: Configs) -> tuple[str, ...]:
    """Return what it is called by: a version with provisioned concurrency also by its aliases."""
    found = {config.qualifier for config in configs}
    numbers = {config.qualifier for config in configs if config.is_on_version}
    if numbers:
        aliases = source.capacity.aliases(function)
        found |= {a.name for a in aliases if numbers & {a.version, *a.weights}}
    return tuple(sorted(found))


def _used(configs: Configs, figures: "Figures") -> dict[str, Evidence]:
    """Return the four signals of use, over all that is provisioned for the function together."""
    changed = _changed(configs, figures)
    ran = _ran(figures)
    idle = isinstance(ran, Known) and ran.value == 0
    return {
        "concurrency.provisioned_invocations": changed if changed is not None and idle else ran,
        "concurrency.spillover_invocations": figures.total(SPILLED),
        "concurrency.provisioned_utilisation_mean": changed or _mean(configs, figures),
        "concurrency.provisioned_utilisation_peak": changed or _peak(figures, ran),
    }


class Figures:
    """The series of one function: by alias and version, and one for all of them."""

    def __init__(
        self, source: FunctionSource, function: FunctionArn, qualifiers: Sequence[str]
    ) -> None:
        self._by_series = {
            series: [_query(function, qualifier, series) for qualifier in qualifiers]
            for series in SERIES
        }
        self._whole = _query(function, None, RAN)
        queries = [query for queries in self._by_series.values() for query in queries]
        self.late = source.capacity.late_series([*queries, self._whole])

    def values(self, series: tuple[str, str]) -> list[float] | None:
        """Return every figure of this metric; None when an answer was not complete."""
        answers = [self.late.series.get(query) for query in self._by_series[series]]
        if None in answers:
            return None
        return [point.value for points in answers for point in points or ()]

    def total(self, series: tuple[str, str]) -> Evidence:
        values = self.values(series)
        return _lost(series) if values is None else Known(value=sum(values), source=_named(series))

    def whole(self) -> Evidence:
        """Return the invocations on provisioned concurrency of the function as a whole."""
        points = self.late.series.get(self._whole)
        if points is None:
            return _lost(RAN)
        return Known(value=sum(point.value for point in points), source=_named(RAN))


def _query(function: FunctionArn, qualifier: str | None, series: tuple[str, str]) -> MetricQuery:
    metric, statistic = series
    return MetricQuery(
        function=function,
        namespace="AWS/Lambda",
        metric=metric,
        statistic=statistic,
        alias=qualifier,
    )


def _named(series: tuple[str, str]) -> str:
    return f"CloudWatch {series[0]}"


def _lost(series: tuple[str, str]) -> Unknown:
    return Unknown(reason=f"CloudWatch did not answer {series[0]} completely")


def _changed(configs: Configs, figures: Figures) -> Unknown | None:
    """Say that a configuration is younger than the figures; None: all stood all the time."""
    last, late = max(config.changed_at for config in configs), figures.late
    if last <= late.since:
        return None
    days = (late.until - last).total_seconds() / 86_400
    return Unknown(
        reason=f"what is provisioned was changed {days:.0f} days ago: the last {USE_DAYS} days"
        " do not tell"
    )


def _ran(figures: Figures) -> Evidence:
    """Return the invocations on provisioned concurrency; none is zero only without a doubt."""
    ran, spilled = figures.total(RAN), figures.total(SPILLED)
    called, whole = figures.total(CALLED), figures.whole()
    values: list[float] = []
    for figure in (ran, spilled, called, whole):
        if isinstance(figure, Unknown):
            return figure
        values.append(figure.value)
    if values[0] + values[1] == 0 < values[2] or values[0] < values[3]:
        return Unknown(
            reason="CloudWatch counts more invocations of the alias, the version or the function"
            " than it has as provisioned or as spillover"
        )
    return ran


def _mean(configs: Configs, figures: Figures) -> Evidence:
    busy_ms = figures.values(BUSY)
    if busy_ms is None:
        return _lost(BUSY)
    provisioned = sum(config.requested for config in configs)
    time_ms = (figures.late.until - figures.late.since).total_seconds() * 1000.0
    return Known(value=sum(busy_ms) / (provisioned * time_ms), source=_named(BUSY))


def _peak(figures: Figures, ran: Evidence) -> Evidence:
    if isinstance(ran, Unknown):
        return ran
    fullest = figures.values(FULLEST)
    if fullest is None:
        return _lost(FULLEST)
    if not fullest and ran.value > 0:
        return Unknown(reason="CloudWatch has no figure of how much of it was busy")
    return Known(value=max(fullest, default=0.0), source=_named(FULLEST))


PROVISIONED_READINGS = (
    FunctionReading(
        what="provisioned concurrency",
        tells=frozenset((*CONFIGURED, *USED)),
        may_leave=frozenset(USED),
        read=read_configured,
    ),
    FunctionReading(what="use of provisioned concurrency", tells=frozenset(USED), read=read_used),
)
"""The first answers for the second where nothing is provisioned."""
