"""What does the listing alone tell of a function? Tier 0: no further call."""

from datetime import datetime

from trimtab.domain.evidence import Evidence, Known, Unknown
from trimtab.domain.fleet import Aside, ListedFunction
from trimtab.pipeline.signals.lifecycle import lifecycle_signals
from trimtab.pipeline.signals.setup import BYTES_PER_MB, SOURCE, setup_signals, zones_listed
from trimtab.policy.catalog_listed import LISTED_SIGNALS
from trimtab.policy.runtimes import SHIPPED_TABLE, RuntimeTable

BUILT = frozenset(row.name for row in LISTED_SIGNALS)
"""Most of these are in the settings of a function, which are text until they are asked for."""


def listed_signals(
    listed: ListedFunction,
    aside: Aside | None,
    *,
    at: datetime,
    wanted: frozenset[str],
    runtimes: RuntimeTable = SHIPPED_TABLE,
) -> dict[str, Evidence]:
    """Return the signals of tier 0; what takes reading the settings only where any of it is wanted.

    `aside` None: the function changed since it was listed.
    """
    is_image = listed.package_type == "Image"
    values = {
        "function.name": listed.function.name,
        "function.memory_mb": listed.configuration.memory_mb,
        "function.timeout_s": listed.configuration.timeout_s,
        "function.runtime": listed.runtime or "container image",
        "function.architecture": listed.architecture,
        "function.package_type": listed.package_type,
        "function.age_days": (at - listed.last_modified_at).total_seconds() / 86_400,
        "function.code_size_mb": None if is_image else listed.code_size_bytes / BYTES_PER_MB,
        "function.ephemeral_storage_mb": listed.ephemeral_storage_mb,
        "function.has_vpc": listed.has_vpc,
    }
    kind: Evidence = (
        Known(value="event function", source=SOURCE)
        if listed.unknown_kind is None
        else Unknown(reason=listed.unknown_kind)
    )
    return (
        {n: Known(value=v, source=SOURCE) for n, v in values.items()}
        | {"function.kind": kind}
        | lifecycle_signals(listed.runtime, at=at, table=runtimes)
        | zones_listed(listed.configuration)
        | (setup_signals(listed, aside) if wanted & BUILT else {})
    )
