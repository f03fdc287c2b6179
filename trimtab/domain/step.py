"""What are the single writes of a change? Each step is one AWS call, seen done or not done on a
fresh read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

from trimtab.domain.wire import from_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMemory:
    """UpdateFunctionConfiguration(MemorySize) on $LATEST."""

    memory_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishVersion:
    """PublishVersion of $LATEST, guarded by its code digest; found again by its description."""

    code_sha256: str
    memory_mb: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAlias:
    """UpdateAlias to a version, with empty weights."""

    alias: str
    from_version: str
    to_version: str


Step: TypeAlias = SetMemory | PublishVersion | MoveAlias


def read_step(data: Mapping[str, Any]) -> Step:
    """Read a step back from the ledger.

    Raises: InputError, KeyError for what is no step.
    """
    kinds: Mapping[str, type[Step]] = {k.__name__: k for k in get_args(Step)}
    return from_wire(kinds[data["is"]], data)
