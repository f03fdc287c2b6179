"""One file per kind of change: what changes, its guard, its undo, the permissions it needs. No
I/O.
"""

from collections.abc import Mapping

from trimtab.domain.change_spec import ChangeSpec
from trimtab.domain.terms import ChangeKind
from trimtab.remediations import set_memory
from trimtab.remediations.kind import Kind

KINDS: Mapping[ChangeKind, Kind] = {ChangeKind.SET_MEMORY: set_memory.KIND}


def change_specs() -> Mapping[str, ChangeSpec]:
    """Return what policy files may say under `change:`, by the name of the kind."""
    return {kind.value: KINDS[kind].spec for kind in KINDS}


def all_iam_actions() -> tuple[str, ...]:
    """Return the union of what the kinds need: the change role grants this and nothing else."""
    return tuple(sorted({action for kind in KINDS.values() for action in kind.iam_actions}))
