"""Which signals are there? The one typed catalog: docs, schema, loader and engine all read it.

A new signal is one row in a `catalog_` module here and one reader in `pipeline` or `aws`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from trimtab.policy.catalog_capacity import CAPACITY_SIGNALS
from trimtab.policy.catalog_cost import COST_SIGNALS
from trimtab.policy.catalog_function import FUNCTION_SIGNALS
from trimtab.policy.catalog_listed import LISTED_SIGNALS
from trimtab.policy.catalog_reach import REACH_SIGNALS
from trimtab.policy.catalog_triggers import TRIGGER_GRAPH_SIGNALS
from trimtab.policy.catalog_usage import USAGE_SIGNALS
from trimtab.policy.signal import Signal

TAGS = "function.tags"
HAS_TAG = "function.has_tag"
"""Not a signal but a shorter way to ask `function.tags` for one name."""

SIGNALS: Mapping[str, Signal] = MappingProxyType(
    {
        row.name: row
        for row in (
            *FUNCTION_SIGNALS,
            *LISTED_SIGNALS,
            *USAGE_SIGNALS,
            *COST_SIGNALS,
            *REACH_SIGNALS,
            *TRIGGER_GRAPH_SIGNALS,
            *CAPACITY_SIGNALS,
        )
    }
)
