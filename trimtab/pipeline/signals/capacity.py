"""How many versions, how much concurrency, which limits, and how long are logs kept?

One listing of all versions comes first: a function without a published version has no alias that
could serve one and nothing provisioned, so nothing more is asked of it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.evidence import Evidence, Known, Signals, Unknown
from trimtab.domain.fleet import ListedFunction
from trimtab.pipeline.signals.provisioned import CONFIGURED, PROVISIONED_READINGS, USED
from trimtab.pipeline.signals.reading import FunctionReading, TargetReading
from trimtab.pipeline.signals.setup import BYTES_PER_MB
from trimtab.ports import (
    AccountSettings,
    FunctionSource,
    LateSeries,
    LogGroup,
    MetricQuery,
    PublishedVersion,
)

Found = Mapping[FunctionArn, Mapping[str, Evidence]]

VERSIONS = "ListFunctions with all versions"
ALIASES = "ListAliases"
SETTINGS = "GetAccountSettings"
CLAIMED = "CloudWatch ClaimedAccountConcurrency"
GROUPS = "DescribeLogGroups"
RESERVED = "GetFunctionConcurrency"

OF_VERSIONS = ("version.count", "version.code_size_mb", "version.snapstart_count")
OF_ALIASES = (
    "alias.count",
    "alias.names",
    "version.unaliased_count",
    "version.oldest_unaliased_age_days",
    "version.snapstart_unaliased_count",
)
OF_SETTINGS = (
    "account.concurrency_limit",
    "account.unreserved_concurrency",
    "account.code_storage_ratio",
    "account.code_storage_limit_mb",
)
OF_CLAIMED = ("account.concurrency_claimed",)
OF_GROUPS = ("logs.group_exists", "logs.has_retention", "logs.retention_days", "logs.stored_mb")
OF_RESERVED = ("concurrency.reserved", "concurrency.is_throttled_off")

NEED_A_VERSION = (
    "version.unaliased_count",
    "version.oldest_unaliased_age_days",
    "version.snapstart_unaliased_count",
    *CONFIGURED,
    *USED,
)
"""Known as soon as a function is known to have no published version."""


def read_versions(
    source: FunctionSource, functions: Sequence[ListedFunction], at: datetime
) -> Found:
    """Return what the versions tell; of a function with none, what follows from that too."""
    versions = source.capacity.versions([listed.function for listed in functions])
    return {f.function: version_signals(f, versions[f.function]) for f in functions}


def version_signals(
    listed: ListedFunction, versions: Sequence[PublishedVersion]
) -> dict[str, Evidence]:
    size = sum(version.code_size_bytes for version in versions) / BYTES_PER_MB
    values: dict[str, Any] = {
        "version.count": len(versions),
        "version.code_size_mb": None if listed.package_type == "Image" else size,
        "version.snapstart_count": sum(version.has_snapshot for version in versions),
    }
    if not versions:
        values |= dict.fromkeys(NEED_A_VERSION)
        values |= {"version.unaliased_count": 0, "version.snapstart_unaliased_count": 0}
    return _known(values, VERSIONS)


def read_aliases(
    source: FunctionSource, listed: ListedFunction, signals: Signals
) -> dict[str, Evidence]:
    """Return its aliases, and which versions none of them serves."""
    function = listed.function
    aliases = source.capacity.aliases(function)
    served = {version for a in aliases for version in (a.version, *a.weights)}
    versions = source.capacity.versions([function])[function]
    unserved = [version for version in versions if version.number not in served]
    ages = [source.capacity.age_days(version.published_at) for version in unserved]
    return _known(
        {
            "alias.count": len(aliases),
            "alias.names": sorted(alias.name for alias in aliases),
            "version.unaliased_count": len(unserved),
            "version.oldest_unaliased_age_days": max(ages, default=None),
            "version.snapstart_unaliased_count": sum(v.has_snapshot for v in unserved),
        },
        f"{ALIASES}, {VERSIONS}",
    )


def read_reserved(
    source: FunctionSource, listed: ListedFunction, signals: Signals
) -> dict[str, Evidence]:
    reserved = source.capacity.reserved_concurrency(listed.function)
    return _known(
        {"concurrency.reserved": reserved, "concurrency.is_throttled_off": reserved == 0}, RESERVED
    )


def read_settings(
    source: FunctionSource, functions: Sequence[ListedFunction], at: datetime
) -> Found:
    told = settings_signals(source.capacity.account_settings())
    return {listed.function: told for listed in functions}


def settings_signals(settings: AccountSettings) -> dict[str, Evidence]:
    return _known(
        {
            "account.concurrency_limit": settings.concurrency_limit,
            "account.unreserved_concurrency": settings.unreserved_concurrency,
            "account.code_storage_ratio": (
                settings.code_storage_bytes / settings.code_storage_limit_bytes
            ),
            "account.code_storage_limit_mb": settings.code_storage_limit_bytes / BYTES_PER_MB,
        },
        SETTINGS,
    )


def read_claimed(
    source: FunctionSource, functions: Sequence[ListedFunction], at: datetime
) -> Found:
    query = MetricQuery(
        function=functions[0].function,
        namespace="AWS/Lambda",
        metric="ClaimedAccountConcurrency",
        statistic="Maximum",
        is_of_account=True,
    )
    told = claimed_signals(source.capacity.late_series((query,)), query)
    return {listed.function: told for listed in functions}


def claimed_signals(late: LateSeries, query: MetricQuery) -> dict[str, Evidence]:
    points = late.series.get(query)
    if points is None:
        lost = Unknown(reason="CloudWatch did not answer ClaimedAccountConcurrency completely")
        return {"account.concurrency_claimed": lost}
    most = max((point.value for point in points), default=None)
    return _known({"account.concurrency_claimed": most}, CLAIMED)


def read_groups(source: FunctionSource, functions: Sequence[ListedFunction], at: datetime) -> Found:
    names = {listed.function: log_group_of(listed) for listed in functions}
    groups = source.capacity.log_groups(list(names.values()))
    return {function: group_signals(groups.get(name)) for function, name in names.items()}


def log_group_of(listed: ListedFunction) -> str:
    config = json.loads(listed.configuration.settings.get("LoggingConfig", "{}"))
    return str(config.get("LogGroup", f"/aws/lambda/{listed.function.name}"))


def group_signals(group: LogGroup | None) -> dict[str, Evidence]:
    if group is None:
        return _known(dict.fromkeys(OF_GROUPS) | {"logs.group_exists": False}, GROUPS)
    return _known(
        {
            "logs.group_exists": True,
            "logs.has_retention": group.retention_days is not None,
            "logs.retention_days": group.retention_days,
            "logs.stored_mb": group.stored_bytes / BYTES_PER_MB,
        },
        GROUPS,
    )


def _known(values: Mapping[str, Any], source: str) -> dict[str, Evidence]:
    return {name: Known(value=value, source=source) for name, value in values.items()}


READINGS: tuple[TargetReading | FunctionReading, ...] = (
    TargetReading(what="account settings", tells=frozenset(OF_SETTINGS), read=read_settings),
    TargetReading(what="log groups", tells=frozenset(OF_GROUPS), read=read_groups),
    TargetReading(
        what="published versions",
        tells=frozenset((*OF_VERSIONS, *NEED_A_VERSION)),
        read=read_versions,
    ),
    TargetReading(what="claimed concurrency", tells=frozenset(OF_CLAIMED), read=read_claimed),
    FunctionReading(what="aliases", tells=frozenset(OF_ALIASES), read=read_aliases),
    FunctionReading(what="reserved concurrency", tells=frozenset(OF_RESERVED), read=read_reserved),
    *PROVISIONED_READINGS,
)
"""Cheapest first. Nothing is asked of a function whose signals the listing of versions settled."""
