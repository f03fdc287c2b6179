"""What do we know, and what do we not? A signal is known with its source, or unknown with its
reason.

Unknown is never zero, never false and never compliant (S8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A value that was really read."""

    value: Any
    source: str
    """Where it came from, for people: 'ListFunctions', 'Lambda Insights', ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A value that could not be read."""

    reason: str


Evidence: TypeAlias = Known | Unknown
Signals: TypeAlias = Mapping[str, Evidence]

NOT_ASKED = Unknown(reason="not asked")
"""The signal was not fetched yet: the collection plan may still ask for it."""


def value_or_none(evidence: Evidence | None) -> Any:
    """Return the known value, or None where it is unknown or was never asked."""
    return evidence.value if isinstance(evidence, Known) else None
