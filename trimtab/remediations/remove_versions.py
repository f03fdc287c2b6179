"""How do old versions go? One call for each number that was approved, and nothing before that.

A number never comes back, so there is no undo: until the deletion there is nothing to take back,
and afterwards a restore brings code and settings under another name.
"""

from collections.abc import Mapping
from datetime import timedelta

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType, FieldValue
from trimtab.domain.evidence import Known
from trimtab.domain.finding import Finding, Recommendation
from trimtab.domain.fleet import FunctionState
from trimtab.domain.old_versions import MOST_AT_ONCE
from trimtab.domain.remediation import Remediation
from trimtab.domain.removal import RemovalPlan
from trimtab.domain.step import Step
from trimtab.domain.terms import ChangeKind
from trimtab.remediations.guard import why_not_changed, why_not_settled
from trimtab.remediations.kind import Kind

COUNT = "version.count"

GUARD_SIGNALS = (
    "function.kind",
    "owner.tool",
    "function.state",
    "function.last_update_status",
    "function.aliases",
    "concurrency.owner",
    COUNT,
)

SPEC = ChangeSpec(
    kind=ChangeKind.REMOVE_VERSIONS,
    meaning="Remove published versions that nothing names or calls, with their SnapStart caches: "
    "backup, notice, deletion of each number that was approved. Never by itself: a person approves "
    "it, signed in.",
    fields=(
        FieldSpec(
            name="keep_newest",
            type=FieldType.COUNT,
            unit="versions",
            default=5.0,
            minimum=1.0,
            floor=2.0,
            meaning="So many of the newest stay, whatever else is known of them.",
            has_floor=True,
        ),
        FieldSpec(
            name="min_age",
            type=FieldType.DURATION,
            unit="",
            default=timedelta(days=30),
            minimum=timedelta(0),
            floor=timedelta(days=14),
            meaning="How long ago a version must have been published to be old.",
            has_floor=True,
        ),
        FieldSpec(
            name="snapshots_only",
            type=FieldType.FLAG,
            unit="",
            default=False,
            meaning="Whether only versions go of which SnapStart keeps a snapshot.",
        ),
        FieldSpec(
            name="notice",
            type=FieldType.DURATION,
            unit="",
            default=timedelta(days=7),
            minimum=timedelta(seconds=1),
            floor=timedelta(days=7),
            maximum=timedelta(days=90),
            meaning="How long its approvers know of it before anything is deleted; a version that "
            "is called or named meanwhile stays.",
            has_floor=True,
        ),
        FieldSpec(
            name="cooldown",
            type=FieldType.DURATION,
            unit="",
            default=timedelta(days=30),
            minimum=timedelta(days=7),
            meaning="How long its versions are left alone afterwards, or when they were kept.",
        ),
    ),
)

IAM_ACTIONS = (
    "application-autoscaling:DescribeScalableTargets",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
    "cloudtrail:LookupEvents",
    "cloudwatch:GetMetricData",
    "codedeploy:BatchGetDeployments",
    "codedeploy:ListDeployments",
    "lambda:DeleteFunction",
    "lambda:GetAccountSettings",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListEventSourceMappings",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListTags",
    "lambda:ListVersionsByFunction",
)

WHERE = "let what deploys it delete its old versions"


def removal_plan(finding: Finding, fields: Mapping[str, FieldValue]) -> RemovalPlan:
    """Return which versions go, oldest first, and the notice before that.

    Raises: ValueError when they are not known: such a finding is not planned.
    """
    notice, newest, advice = fields.get("notice"), fields.get("keep_newest"), finding.advice
    versions = advice.versions if isinstance(advice, Recommendation) else ()
    if not (isinstance(notice, timedelta) and isinstance(newest, float) and versions):
        raise ValueError(f"policy {finding.policy_id} removes versions without naming them")
    return RemovalPlan(
        notice=notice,
        quarantine=timedelta(0),
        last_call=timedelta(0),
        reserved=None,
        versions=versions[:MOST_AT_ONCE],
        keep_newest=int(newest),
    )


def _obstacle(finding: Finding) -> str | None:
    """Say why it is ticketed: whoever deploys it by code keeps or deletes versions there."""
    why = why_not_changed(finding, GUARD_SIGNALS, where=WHERE)
    if why is not None:
        return why
    owner = finding.signals["concurrency.owner"]
    assert isinstance(owner, Known), "the guard needs it known"
    return None if owner.value == "none" else f"its alias is owned by {owner.value}: {WHERE}"


def _undo(finding: Finding) -> Mapping[str, int]:
    count = finding.signals[COUNT]
    assert isinstance(count, Known), "the guard needs it known"
    return {"versions": int(count.value)}


def _stale(remediation: Remediation, state: FunctionState) -> str | None:
    """The function goes on and may be deployed meanwhile: each version is compared by itself."""
    return why_not_settled(state)


def _no_step(remediation: Remediation, state: FunctionState, published: str | None) -> Step | None:
    """Each deletion is checked and made on its own, and none is taken back."""
    return None


def _nothing(remediation: Remediation, state: FunctionState, published: str | None) -> str | None:
    return None


def _risks(finding: Finding) -> tuple[str, ...]:
    return (
        "The number of a deleted version never comes back: what names it fails from then on.",
        "trimtab restore ARN --as NAME brings its code and settings back, under another name and "
        "other numbers.",
        "Code that calls a version by its number with rights of its own leaves no trace until it "
        "calls.",
    )


KIND = Kind(
    spec=SPEC,
    guard_signals=GUARD_SIGNALS,
    iam_actions=IAM_ACTIONS,
    obstacle=_obstacle,
    undo=_undo,
    risks=_risks,
    stale=_stale,
    probes=lambda remediation, state: (),
    next_step=_no_step,
    next_undo_step=_no_step,
    reverted=lambda remediation, state: None,
    foreign_change=_nothing,
    is_of_function=False,
    removal=removal_plan,
)
