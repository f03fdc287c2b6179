"""What are the single writes of a change? Each step is one AWS call, seen done or not done on a
fresh read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

from trimtab.domain.fleet import Alias, FunctionState, provisioned_of
from trimtab.domain.provisioned_step import ProvisionedStep, is_provisioned_as
from trimtab.domain.removal import check_number
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitAlias:
    """UpdateAlias that leaves the version it serves and gives a share to another."""

    alias: str
    stable_version: str
    canary_version: str
    weight: float
    """0..1 of the alias's traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsplitAlias:
    """UpdateAlias with empty weights alone: whatever version it serves by now stays (S13)."""

    alias: str
    canary_version: str
    """Ours, which has a share of the traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReserved:
    """PutFunctionConcurrency; None: DeleteFunctionConcurrency. Takes no RevisionId."""

    reserved: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteFunction:
    """DeleteFunction with all its versions and aliases. Takes no RevisionId; nothing undoes it."""

    code_sha256: str
    """Of what was backed up, for the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteVersion:
    """DeleteFunction of one numbered version. Takes no RevisionId; its number never comes back."""

    version: str
    """A number: without one the call would delete the whole function, so there is none without."""
    code_sha256: str
    """Of what was backed up, for the record."""

    def __post_init__(self) -> None:
        check_number(self.version)


FunctionStep: TypeAlias = SetMemory | PublishVersion | MoveAlias | SplitAlias | UnsplitAlias
"""What is written to the function itself, each guarded by a RevisionId."""

RemovalStep: TypeAlias = SetReserved | DeleteFunction | DeleteVersion

Step: TypeAlias = FunctionStep | ProvisionedStep | RemovalStep


def is_seen_done(
    step: SetMemory | MoveAlias | SplitAlias | UnsplitAlias | ProvisionedStep | SetReserved,
    state: FunctionState,
) -> bool:
    """Tell whether a fresh read shows what a step does."""
    if isinstance(step, SetReserved):
        return state.reserved_concurrency == step.reserved
    if isinstance(step, ProvisionedStep):
        return is_provisioned_as(step, provisioned_of(state, step.qualifier))
    if isinstance(step, SetMemory):
        return state.configuration.memory_mb == step.memory_mb
    alias = next((a for a in state.aliases if a.name == step.alias), None)
    return alias is not None and _is_as_left(step, alias)


def _is_as_left(step: MoveAlias | SplitAlias | UnsplitAlias, alias: Alias) -> bool:
    if isinstance(step, MoveAlias):
        return alias.version == step.to_version
    if isinstance(step, SplitAlias):
        return step.canary_version in alias.weights
    return step.canary_version not in alias.weights


def read_step(data: Mapping[str, Any]) -> Step:
    """Read a step back from the ledger.

    Raises: InputError, KeyError for what is no step.
    """
    kinds: Mapping[str, type[Step]] = {k.__name__: k for k in get_args(Step)}
    return from_wire(kinds[data["is"]], data)
