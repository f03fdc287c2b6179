"""Which single write comes next when provisioned concurrency is changed, and what tells somebody
else's?

To a schedule: the scalable target first, standing still where it is, then every action, and only
then are they let go. Back: minimum and maximum first, until all of that is ready, and only then are
the actions stopped and deleted: stopped first, at night, they would leave the night's level to the
next peak. An alias that is gone has nothing to wait for: its target is taken away, or it would
provision whatever bears that name next.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.fleet import FunctionState, provisioned_of
from trimtab.domain.provisioned import (
    IN_PROGRESS,
    ProvisionedPlan,
    ProvisionedState,
    ScalableTarget,
    ScheduledAction,
)
from trimtab.domain.provisioned_actions import (
    actions_of,
    is_of_peak,
    is_ours,
    plain,
    schedule_of,
)
from trimtab.domain.provisioned_step import (
    AwaitProvisioned,
    DeleteAction,
    DeregisterTarget,
    ProvisionedStep,
    PutAction,
    RegisterTarget,
    SetProvisioned,
    is_ready,
)
from trimtab.domain.provisioned_week import level_at
from trimtab.domain.remediation import Remediation


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What shall be there: one level, or these actions, which hold a level at each moment."""

    qualifier: str
    level: int | None
    """None: what the actions say."""
    actions: tuple[ScheduledAction, ...] = ()

    def bounds(self, at: datetime) -> tuple[int, int]:
        """Return the minimum and maximum at a moment."""
        if self.level is not None:
            return self.level, self.level
        schedule = schedule_of(self.actions)
        assert schedule is not None, "only actions as they are written here are aimed at"
        now = level_at(schedule, at)
        return now.minimum, now.maximum


def plan_of(remediation: Remediation) -> ProvisionedPlan:
    assert remediation.provisioned is not None, "a change of what is provisioned says to what"
    return remediation.provisioned


def before_of(remediation: Remediation) -> ProvisionedState:
    before = remediation.before.provisioned
    assert before is not None, "a change of what is provisioned says from what"
    return before


def forward_aim(remediation: Remediation) -> Aim:
    plan = plan_of(remediation)
    if plan.schedule is None:
        return Aim(qualifier=plan.qualifier, level=plan.level)
    actions = actions_of(plan.schedule, remediation.change_id)
    return Aim(qualifier=plan.qualifier, level=None, actions=actions)


def undo_aim(remediation: Remediation) -> Aim:
    before = before_of(remediation)
    if before.target is None or not before.target.actions:
        return Aim(qualifier=before.qualifier, level=before.requested)
    return Aim(qualifier=before.qualifier, level=None, actions=plain(before.target.actions))


def next_step(
    remediation: Remediation, state: FunctionState, published: str | None
) -> ProvisionedStep | None:
    """Return the next write towards what was approved."""
    aim = forward_aim(remediation)
    there = provisioned_of(state, aim.qualifier)
    if not has_qualifier(state, aim.qualifier):
        return _left_over(there)
    return _towards(aim, there, state)


def next_undo_step(
    remediation: Remediation, state: FunctionState, published: str | None
) -> ProvisionedStep | None:
    """Return the next write towards what was there before."""
    aim = undo_aim(remediation)
    there = provisioned_of(state, aim.qualifier)
    if not has_qualifier(state, aim.qualifier):
        return _left_over(there)
    back = _held(aim, there, state) if _is_led_by_others(aim, there) else None
    return back or _towards(aim, there, state)


def has_qualifier(state: FunctionState, qualifier: str) -> bool:
    """Tell whether the alias is there; a numbered version is taken to be."""
    return qualifier.isdigit() or any(alias.name == qualifier for alias in state.aliases)


def _is_led_by_others(aim: Aim, there: ProvisionedState) -> bool:
    """Tell whether actions that are not aimed at still move the level."""
    target = there.target
    return target is not None and not target.is_suspended and plain(target.actions) != aim.actions


def _held(aim: Aim, there: ProvisionedState, state: FunctionState) -> ProvisionedStep | None:
    """Hold the level that is aimed at, until all of it is ready."""
    target = there.target
    assert target is not None, "what is not registered is not held"
    least, _ = aim.bounds(state.read_at)
    return _level_of_target(least, there, target)


def _level_of_target(
    level: int, there: ProvisionedState, target: ScalableTarget
) -> ProvisionedStep | None:
    """Return the next write until a scaled alias has this level, all of it ready. Bounds alone do
    not prove it: an action that fires beside our write may leave its own level.
    """
    again = RegisterTarget(
        qualifier=there.qualifier,
        minimum=level,
        maximum=level,
        is_suspended=target.is_suspended,
    )
    if (target.minimum, target.maximum) != (level, level):
        return again
    if is_ready(there, level):
        return None
    if there.status != IN_PROGRESS and there.requested != level:
        return again
    return AwaitProvisioned(qualifier=there.qualifier, level=level)


def _towards(aim: Aim, there: ProvisionedState, state: FunctionState) -> ProvisionedStep | None:
    if aim.level is not None:
        return _to_level(aim.level, there)
    target = there.target
    if target is None:
        level = there.requested
        return RegisterTarget(
            qualifier=aim.qualifier, minimum=level, maximum=level, is_suspended=True
        )
    has_peaks = any(is_of_peak(action) for action in target.actions)
    is_whole = plain(target.actions) == aim.actions
    if is_whole and not (has_peaks and target.is_suspended):
        return _let_go(aim, target, state)
    return _next_action(aim, target)


def _to_level(level: int, there: ProvisionedState) -> ProvisionedStep | None:
    """Return the next write towards one level all the time, with nothing that scales it."""
    qualifier, target = there.qualifier, there.target
    if target is None:
        if there.requested != level:
            return SetProvisioned(qualifier=qualifier, level=level)
        is_there = is_ready(there, level)
        return None if is_there else AwaitProvisioned(qualifier=qualifier, level=level)
    step = _level_of_target(level, there, target)
    if step is not None:
        return step
    if not target.is_suspended and target.actions:
        return RegisterTarget(qualifier=qualifier, minimum=level, maximum=level, is_suspended=True)
    return _taken_away(qualifier, target)


def _left_over(there: ProvisionedState) -> ProvisionedStep | None:
    """Return the next write where the alias is gone: nothing but what scales it can be left."""
    return None if there.target is None else _taken_away(there.qualifier, there.target)


def _taken_away(qualifier: str, target: ScalableTarget) -> ProvisionedStep:
    ours = sorted(action.name for action in target.actions if is_ours(action))
    if ours:
        return DeleteAction(qualifier=qualifier, name=ours[0])
    return DeregisterTarget(qualifier=qualifier)


def _next_action(aim: Aim, target: ScalableTarget) -> ProvisionedStep:
    """Stop what moves the level, then put what is missing and delete what is left over."""
    if not target.is_suspended and target.actions:
        return RegisterTarget(
            qualifier=aim.qualifier,
            minimum=target.minimum,
            maximum=target.maximum,
            is_suspended=True,
        )
    missing = next((a for a in aim.actions if a not in plain(target.actions)), None)
    if missing is not None:
        assert missing.minimum is not None, "our actions always set both"
        assert missing.maximum is not None, "our actions always set both"
        return PutAction(
            qualifier=aim.qualifier,
            name=missing.name,
            schedule=missing.schedule,
            timezone=missing.timezone,
            minimum=missing.minimum,
            maximum=missing.maximum,
        )
    kept = {action.name for action in aim.actions}
    surplus = next(a for a in target.actions if a.name not in kept)
    return DeleteAction(qualifier=aim.qualifier, name=surplus.name)


def _let_go(aim: Aim, target: ScalableTarget, state: FunctionState) -> ProvisionedStep | None:
    """Let the actions move the level, from where they would have it by now: what came due while
    they were stopped is never made up for.
    """
    least, most = aim.bounds(state.read_at)
    is_right = (target.minimum, target.maximum) == (least, most)
    has_peaks = any(is_of_peak(action) for action in target.actions)
    if not target.is_suspended and (is_right or has_peaks):
        return None
    return RegisterTarget(qualifier=aim.qualifier, minimum=least, maximum=most, is_suspended=False)


def foreign_change(
    remediation: Remediation, state: FunctionState, published: str | None
) -> str | None:
    """Name what neither the before-image nor our own steps explain; nobody is fought (S12)."""
    aim, back = forward_aim(remediation), undo_aim(remediation)
    alias = next((a for a in state.aliases if a.name == aim.qualifier), None)
    if alias is not None and alias.weights:
        return f"alias {alias.name} was made to split its traffic by someone else"
    there = provisioned_of(state, aim.qualifier)
    if there.target is None:
        is_there = has_qualifier(state, aim.qualifier)
        return _foreign_level(there, remediation) if is_there else None
    bounds = (there.target.minimum, there.target.maximum)
    is_peak = any(is_of_peak(action) for action in there.target.actions)
    if not is_peak and there.status != IN_PROGRESS:
        foreign = _foreign_level(there, remediation)
        if foreign is not None and has_qualifier(state, aim.qualifier):
            return foreign
    if not is_peak and bounds not in _explained_bounds(remediation):
        return (
            f"{aim.qualifier} is scaled between {bounds[0]} and {bounds[1]}, which someone else "
            "must have set"
        )
    return _foreign_target(there.target, aim, back)


def _foreign_level(there: ProvisionedState, remediation: Remediation) -> str | None:
    """Say that a level without a target is none of ours; between two writes of ours it may be any
    that the schedule has.
    """
    explained = _levels(remediation)
    if there.requested in explained:
        return None
    return (
        f"{there.requested} are provisioned on {there.qualifier}, which someone else must have set"
    )


def _levels(remediation: Remediation) -> frozenset[int]:
    plan, before = plan_of(remediation), before_of(remediation)
    changes = () if plan.schedule is None else plan.schedule.changes
    levels = {before.requested} | {level for c in changes for level in (c.minimum, c.maximum)}
    if before.target is not None:
        for action in before.target.actions:
            levels |= {action.minimum or 0, action.maximum or 0}
    if plan.level is not None:
        levels.add(plan.level)
    return frozenset(levels)


def _foreign_target(target: ScalableTarget, aim: Aim, back: Aim) -> str | None:
    ours: Collection[ScheduledAction] = (*aim.actions, *back.actions)
    names = {action.name for action in ours}
    for action in plain(target.actions):
        if action not in ours:
            whose = "was changed by someone else" if action.name in names else "is someone else's"
            return f"scheduled action {action.name} {whose}"
    if target.policies:
        return f"scaling policy {min(target.policies)} is someone else's"
    return None


def _explained_bounds(remediation: Remediation) -> frozenset[tuple[int, int]]:
    """Return every minimum and maximum that we, or our actions, may have set."""
    plan, before = plan_of(remediation), before_of(remediation)
    found = {(before.requested, before.requested)}
    if plan.level is not None:
        found.add((plan.level, plan.level))
    if before.target is not None:
        found.add((before.target.minimum, before.target.maximum))
    for aim in (forward_aim(remediation), undo_aim(remediation)):
        found |= {(action.minimum or 0, action.maximum or 0) for action in aim.actions}
    return frozenset(found)
