"""May the provisioned concurrency of an alias be changed, and is it still what was approved?

Its owner may be that of the function, of the alias, of its configuration or of what scales it: each
is asked, and who owns any of them is not fought (S12).
"""

from datetime import datetime

from trimtab.domain.evidence import Known
from trimtab.domain.finding import Finding, Recommendation
from trimtab.domain.fleet import FunctionState, provisioned_of
from trimtab.domain.provisioned import ProvisionedAdvice, ProvisionedState
from trimtab.domain.provisioned_actions import OURS, is_ours, peaks_end_at, plain, schedule_of
from trimtab.domain.provisioned_step import (
    DeleteAction,
    DeregisterTarget,
    ProvisionedStep,
    PutAction,
    RegisterTarget,
    SetProvisioned,
)
from trimtab.domain.remediation import Remediation
from trimtab.remediations.guard import why_changed, why_not_changed, why_not_settled
from trimtab.remediations.provisioned_steps import (
    before_of,
    foreign_change,
    forward_aim,
    has_qualifier,
    plan_of,
)

OWNER_SIGNAL = "concurrency.owner"

GUARD_SIGNALS = (
    "function.kind",
    "owner.tool",
    "function.state",
    "function.last_update_status",
    "function.aliases",
    OWNER_SIGNAL,
)

LEVEL_ACTIONS = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudtrail:LookupEvents",
    "cloudwatch:GetMetricData",
    "codedeploy:BatchGetDeployments",
    "codedeploy:ListDeployments",
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:GetAccountSettings",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:ListAliases",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListTags",
    "lambda:PutProvisionedConcurrencyConfig",
)
"""What one level needs, and its undo."""

SCALING_ACTIONS = (
    "application-autoscaling:DeleteScheduledAction",
    "application-autoscaling:DeregisterScalableTarget",
    "application-autoscaling:PutScheduledAction",
    "application-autoscaling:RegisterScalableTarget",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
    "iam:CreateServiceLinkedRole",
)
"""What a schedule needs besides. RegisterScalableTarget asks whether its caller may use alarms,
though a schedule has none; it makes the service-linked role where that is missing. Source:
"Application Auto Scaling identity-based policy examples", Application Auto Scaling User Guide, read
2026-11-21."""

SNAP_START_ON = "PublishedVersions"


def advice_of(finding: Finding) -> ProvisionedAdvice | None:
    advice = finding.advice
    return advice.provisioned if isinstance(advice, Recommendation) else None


def obstacle(finding: Finding) -> str | None:
    """Say why this function is ticketed, not changed."""
    where = "change what it provisions there"
    why = why_not_changed(finding, GUARD_SIGNALS, where=where)
    if why is not None:
        return why
    owner = finding.signals[OWNER_SIGNAL]
    if isinstance(owner, Known) and owner.value != "none":
        return f"its alias is owned by {owner.value}: {where}"
    if SNAP_START_ON in finding.listed.configuration.settings.get("SnapStart", ""):
        return "SnapStart is on, which takes no provisioned concurrency"
    advice = advice_of(finding)
    if advice is None:
        return None
    return why_scaled(advice.before) or _why_not_on_a_peak(advice.before, at=finding.as_of)


def _why_not_on_a_peak(there: ProvisionedState, *, at: datetime) -> str | None:
    """Say that a peak day is set and not over: nothing of its alias is changed until then."""
    ends_at = None if there.target is None else peaks_end_at(there.target.actions)
    if ends_at is None or ends_at <= at:
        return None
    return f"a peak day is set for it, until {ends_at.isoformat()}"


def why_scaled(before: ProvisionedState) -> str | None:
    """Say that somebody else scales it."""
    target = before.target
    if target is None:
        return None
    foreign = sorted(action.name for action in target.actions if not is_ours(action))
    if foreign:
        return f"someone else's scheduled action {foreign[0]} scales it: change that, or remove it"
    if target.policies:
        name = min(target.policies)
        return f"someone else's scaling policy {name} scales it: change that, or remove it"
    if target.actions and schedule_of(plain(target.actions)) is None:
        return (
            "its scheduled actions are not as Trimtab writes them: put them right, or remove them"
        )
    if not target.actions:
        return "someone else registered it with Application Auto Scaling: remove that first"
    return None


def stale(remediation: Remediation, state: FunctionState) -> str | None:
    """Compare a fresh read with the before-image (S5)."""
    return (
        why_not_settled(state)
        or why_changed(remediation, state)
        or _otherwise(remediation, state)
        or _why_not_on_a_peak(
            provisioned_of(state, plan_of(remediation).qualifier), at=state.read_at
        )
    )


def _otherwise(remediation: Remediation, state: FunctionState) -> str | None:
    qualifier, before = plan_of(remediation).qualifier, before_of(remediation)
    if not has_qualifier(state, qualifier) and not is_left_over(before):
        return f"alias {qualifier} is gone"
    if any(alias.name == qualifier and alias.weights for alias in state.aliases):
        return f"alias {qualifier} splits its traffic between two versions"
    now = provisioned_of(state, qualifier)
    if _kept(now) != _kept(before):
        return (
            f"{_in_words(before)} when approved and {_in_words(now)} now: what is provisioned on "
            f"{qualifier} has changed"
        )
    return None


def is_left_over(there: ProvisionedState) -> bool:
    """Tell whether something scales what is not provisioned, as of an alias that is gone."""
    return there.requested == 0 and there.target is not None


def why_left_over(remediation: Remediation, state: FunctionState) -> str | None:
    """Say that our schedule outlived its alias: whatever bears the name next would be provisioned.
    None: it did not.
    """
    qualifier = plan_of(remediation).qualifier
    there = provisioned_of(state, qualifier)
    if has_qualifier(state, qualifier) or there.target is None or why_scaled(there) is not None:
        return None
    return f"alias {qualifier} is gone: what scales it is taken away"


def _kept(there: ProvisionedState) -> object:
    """Return what must not have changed; a schedule of ours moves its own level and bounds."""
    target = there.target
    if target is not None and target.actions:
        return plain(target.actions), target.policies, target.is_suspended
    return there.requested, target


def _in_words(there: ProvisionedState) -> str:
    return f"{there.requested} provisioned, " + (
        "not scaled"
        if there.target is None
        else f"scaled by {len(there.target.actions)} scheduled actions"
    )


def probes(remediation: Remediation, state: FunctionState) -> tuple[ProvisionedStep, ...]:
    """Return one call of each kind that this change or its undo makes; each is tried in a form that
    AWS refuses for what it says, once it has let it in.
    """
    plan, before = plan_of(remediation), before_of(remediation)
    qualifier = plan.qualifier
    if plan.schedule is None and before.target is None:
        return (
            SetProvisioned(qualifier=qualifier, level=max(before.requested, 1)),
            SetProvisioned(qualifier=qualifier, level=0),
        )
    return (
        RegisterTarget(qualifier=qualifier, minimum=1, maximum=0, is_suspended=True),
        PutAction(
            qualifier=qualifier,
            name=f"{OURS}probe",
            schedule="at(never)",
            timezone="UTC",
            minimum=0,
            maximum=0,
        ),
        DeleteAction(qualifier=qualifier, name=f"{OURS}probe"),
        DeregisterTarget(qualifier=qualifier),
        SetProvisioned(qualifier=qualifier, level=0),
    )


def reverted(remediation: Remediation, state: FunctionState) -> str | None:
    """Say how an applied change was taken back by somebody else (S12, S25)."""
    aim = forward_aim(remediation)
    if not has_qualifier(state, aim.qualifier) and aim.level != 0:
        return f"alias {aim.qualifier} is gone"
    foreign = foreign_change(remediation, state, None)
    if foreign is not None:
        return foreign
    now = provisioned_of(state, aim.qualifier)
    if aim.level is not None:
        if (now.requested, now.target) == (aim.level, None):
            return None
        return f"{_in_words(now)} on {aim.qualifier}, not {aim.level} as applied"
    if now.target is None:
        return f"{aim.qualifier} is no longer registered with Application Auto Scaling"
    if now.target.is_suspended:
        return f"scheduled scaling of {aim.qualifier} was suspended"
    if plain(now.target.actions) != aim.actions:
        return f"scheduled actions of {aim.qualifier} are missing"
    return None


def undo_values(finding: Finding) -> dict[str, int]:
    advice = advice_of(finding)
    assert advice is not None, "only what an advisor recommends is planned"
    return {"provisioned": advice.before.requested}
