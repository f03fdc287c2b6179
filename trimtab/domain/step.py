"""What are the single writes of a change? Each step is one AWS call, seen done or not done on a
fresh read.
"""

from dataclasses import dataclass
from typing import TypeAlias


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
