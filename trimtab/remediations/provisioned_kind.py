"""What is the same for every change of provisioned concurrency: guard, steps, way back?"""

from collections.abc import Callable

from trimtab.domain.change_spec import ChangeSpec
from trimtab.domain.finding import Finding
from trimtab.remediations.kind import Kind
from trimtab.remediations.provisioned_guard import (
    GUARD_SIGNALS,
    obstacle,
    probes,
    reverted,
    stale,
    undo_values,
)
from trimtab.remediations.provisioned_steps import foreign_change, next_step, next_undo_step


def provisioned_kind(
    spec: ChangeSpec,
    *,
    iam_actions: tuple[str, ...],
    risks: Callable[[Finding], tuple[str, ...]],
) -> Kind:
    """Return the kind of a change of one alias, guarded, carried out and taken back like others."""
    return Kind(
        spec=spec,
        guard_signals=GUARD_SIGNALS,
        iam_actions=iam_actions,
        obstacle=obstacle,
        undo=undo_values,
        risks=risks,
        stale=stale,
        probes=probes,
        next_step=next_step,
        next_undo_step=next_undo_step,
        reverted=reverted,
        foreign_change=foreign_change,
        is_of_function=False,
    )
