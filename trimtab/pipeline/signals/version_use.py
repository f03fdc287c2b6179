"""Was each of the oldest versions called by its number? For the advisor of old versions alone.

Lambda counts a call under the qualifier it was made with: what came through an alias is not counted
here, and goes wherever the alias points.
"""

from collections.abc import Mapping, Sequence

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Signals
from trimtab.domain.fleet import ListedFunction
from trimtab.domain.old_versions import VersionRecord, VersionUse
from trimtab.pipeline.figures import NAMESPACE, SIGNS
from trimtab.pipeline.signals import provisioned_use
from trimtab.pipeline.signals.provisioned_use import total
from trimtab.pipeline.signals.reading import FunctionReading
from trimtab.pipeline.triggers import oldest_first
from trimtab.ports import FunctionSource, LateSeries, MetricQuery

RECORD = "version.record"
SOURCE = "ListVersionsByFunction, ListAliases, CloudWatch by version"

DAYS = 400
"""How far back calls are counted: a yearly job, and a month for it to be late; chosen, as for a
whole function."""


def read_record(
    source: FunctionSource, listed: ListedFunction, signals: Signals
) -> Mapping[str, Evidence]:
    """Return what is known of its versions; one call for the metrics of all that are looked at."""
    function, capacity = listed.function, source.capacity
    versions = capacity.versions_of(function)
    served = {v for alias in capacity.aliases(function) for v in (alias.version, *alias.weights)}
    oldest = oldest_first(versions)
    queries = [query for one in oldest for query in queries_for(function, one.number)]
    late = capacity.late_series(queries, days=DAYS) if queries else None
    record = VersionRecord(
        oldest=tuple(
            VersionUse(
                number=one.number,
                code_sha256=one.code_sha256,
                revision_id=one.revision_id,
                age_days=capacity.age_days(one.published_at),
                code_size_bytes=one.code_size_bytes,
                has_snapshot=one.has_snapshot,
                calls=_calls(function, one.number, late),
            )
            for one in oldest
        ),
        numbers=tuple(one.number for one in versions),
        served=frozenset(served),
        days=DAYS,
    )
    return {RECORD: Known(value=record, source=SOURCE)}


def queries_for(
    function: FunctionArn, number: str, *, aliases: Sequence[str] = ()
) -> dict[MetricQuery, str]:
    """Return the series of which any figure above zero is use of a version, each with its name.

    Through an alias that has weights a version is called under the alias; `aliases` asks that too.
    """
    by_number = {
        MetricQuery(
            function=function, namespace=NAMESPACE, metric=metric, statistic="Sum", alias=number
        ): metric
        for metric in SIGNS
    }
    through = {
        MetricQuery(
            function=function,
            namespace=NAMESPACE,
            metric="Invocations",
            statistic="Sum",
            alias=alias,
            executed_version=number,
        ): f"Invocations through {alias}"
        for alias in aliases
    }
    return by_number | through


def _calls(function: FunctionArn, number: str, late: LateSeries | None) -> float | None:
    """Add up every sign of use; None: not all of it was answered."""
    asked = queries_for(function, number)
    each = [None if late is None else total(late.series.get(query)) for query in asked]
    return None if None in each else sum(one for one in each if one is not None)


def without_records(signals: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """Leave out what only an advisor needs: weeks of figures are not kept with a finding."""
    records = (provisioned_use.RECORD, RECORD)
    return {name: evidence for name, evidence in signals.items() if name not in records}


READINGS = (
    FunctionReading(
        what="calls of its versions", tells=frozenset((RECORD,)), read=read_record, is_kept=False
    ),
)
