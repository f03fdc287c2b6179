"""What are the single writes to provisioned concurrency and what scales it? Each is one AWS call.

None of them takes a RevisionId: who writes reads afresh before, and looks at all of it after.
"""

from dataclasses import dataclass
from typing import TypeAlias

from trimtab.domain.provisioned import ProvisionedState, ScalableTarget, ScheduledAction


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProvisioned:
    """PutProvisionedConcurrencyConfig; at 0 DeleteProvisionedConcurrencyConfig."""

    qualifier: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitProvisioned:
    """Only reads: nothing of an allocation can be used before all of it is there."""

    qualifier: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTarget:
    """RegisterScalableTarget, which at once moves what is provisioned between the two."""

    qualifier: str
    minimum: int
    maximum: int
    is_suspended: bool
    """Whether scheduled scaling is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeregisterTarget:
    """DeregisterScalableTarget: its actions go with it, what is provisioned stays."""

    qualifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAction:
    """PutScheduledAction, minimum and maximum both."""

    qualifier: str
    name: str
    schedule: str
    timezone: str
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAction:
    """DeleteScheduledAction."""

    qualifier: str
    name: str


ProvisionedStep: TypeAlias = (
    SetProvisioned | AwaitProvisioned | RegisterTarget | DeregisterTarget | PutAction | DeleteAction
)


def is_provisioned_as(step: ProvisionedStep, state: ProvisionedState) -> bool:
    """Tell whether a fresh read shows what a step does."""
    target = state.target
    if isinstance(step, SetProvisioned):
        return state.requested == step.level
    if isinstance(step, AwaitProvisioned):
        return is_ready(state, step.level)
    if isinstance(step, DeregisterTarget):
        return target is None
    if isinstance(step, RegisterTarget):
        return target is not None and bounds_of(target) == (
            step.minimum,
            step.maximum,
            step.is_suspended,
        )
    found = action_of(target, step.name)
    return found is None if isinstance(step, DeleteAction) else found == as_action(step)


def is_ready(state: ProvisionedState, level: int) -> bool:
    """Tell whether so much is provisioned, and all of it can be used."""
    if level == 0:
        return state.requested == 0
    return (state.requested, state.allocated, state.status) == (level, level, "READY")


def bounds_of(target: ScalableTarget) -> tuple[int, int, bool]:
    return (target.minimum, target.maximum, target.is_suspended)


def action_of(target: ScalableTarget | None, name: str) -> ScheduledAction | None:
    actions = () if target is None else target.actions
    return next((action for action in actions if action.name == name), None)


def as_action(step: PutAction) -> ScheduledAction:
    """Return the action that a step leaves."""
    return ScheduledAction(
        name=step.name,
        schedule=step.schedule,
        timezone=step.timezone,
        minimum=step.minimum,
        maximum=step.maximum,
    )
