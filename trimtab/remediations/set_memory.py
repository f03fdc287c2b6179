"""How is a memory size changed, guarded and taken back? Downsizing $LATEST and what its aliases
serve.

Traffic through an alias sees nothing of $LATEST until a version is published and the alias moved;
and publishing ships whatever code is in $LATEST. So an alias is moved only when it already serves
the same code and settings (S22); anything else becomes a ticket.
"""

from collections.abc import Mapping
from datetime import timedelta

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType
from trimtab.domain.evidence import Known, value_or_none
from trimtab.domain.finding import Finding, Recommendation
from trimtab.domain.fleet import FunctionState
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import MoveAlias, SetMemory, Step
from trimtab.domain.terms import ChangeKind
from trimtab.remediations.guard import why_changed, why_not_changed, why_not_settled
from trimtab.remediations.kind import Kind
from trimtab.remediations.set_memory_steps import (
    LATEST,
    foreign_change,
    next_canary_step,
    next_removal,
    next_step,
    next_undo_step,
    publication,
    published_aliases,
)

GUARD_SIGNALS = (
    "function.kind",
    "owner.tool",
    "function.state",
    "function.last_update_status",
    "function.aliases",
    "function.alias_obstacle",
)

SPEC = ChangeSpec(
    kind=ChangeKind.SET_MEMORY,
    meaning="Set another memory size, found by the memory-size advisor: smaller, or larger where "
    "that is cheaper or all memory is used.",
    fields=(
        FieldSpec(
            name="headroom",
            type=FieldType.RATIO,
            unit="times the peak memory used",
            default=1.4,
            minimum=1.0,
            maximum=10.0,
            meaning="The new size is at least this.",
            has_floor=True,
        ),
        FieldSpec(
            name="max_slowdown",
            type=FieldType.PERCENT,
            unit="of the mean duration",
            default=0.10,
            minimum=0.0,
            maximum=1.0,
            meaning="How much slower it may become, counted from before the first of its steps; a "
            "step beyond is not proposed, or taken back.",
        ),
        FieldSpec(
            name="hand_over_from",
            type=FieldType.USD,
            unit="USD a month",
            default=10.0,
            minimum=0.0,
            meaning="Where nothing is proposed for want of evidence, and more than this may be "
            "saved, a ticket asks for a measurement with AWS Lambda Power Tuning.",
        ),
        FieldSpec(
            name="max_step",
            type=FieldType.PERCENT,
            unit="of the current size",
            default=0.50,
            minimum=0.0,
            maximum=0.50,
            meaning="How much one change may take away, or add.",
        ),
        FieldSpec(
            name="certainty",
            type=FieldType.PERCENT,
            unit="chance to hold",
            default=0.50,
            minimum=0.50,
            maximum=0.99,
            meaning="How likely a step must be to stay within the slowdown and to save enough, or "
            "it is not proposed. What does not hold is taken back by its watch.",
        ),
        FieldSpec(
            name="min_saving",
            type=FieldType.PERCENT,
            unit="of the billed GB-seconds",
            default=0.02,
            minimum=0.0,
            maximum=0.50,
            meaning="The least saving that a step must show by the end of its watch; less is "
            "undone. Not asked of a raise that is not made to save.",
        ),
        FieldSpec(
            name="cooldown",
            type=FieldType.DURATION,
            unit="",
            default=timedelta(days=14),
            meaning="How long a function rests after a change before the next one.",
        ),
        FieldSpec(
            name="canary_weight",
            type=FieldType.PERCENT,
            unit="of the traffic of an alias",
            default=0.10,
            minimum=0.01,
            maximum=0.50,
            meaning="How much of its traffic tries the new size first, where an alias serves it.",
        ),
        FieldSpec(
            name="canary_watch",
            type=FieldType.DURATION,
            unit="",
            default=timedelta(minutes=60),
            minimum=timedelta(seconds=1),
            maximum=timedelta(hours=4),
            meaning="How long that share is watched before all of it follows: meanwhile CodeDeploy "
            "starts no deployment of the alias.",
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
    "lambda:GetAccountSettings",
    "lambda:GetFunction",
    "lambda:GetFunctionConfiguration",
    "lambda:ListAliases",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListTags",
    "lambda:ListVersionsByFunction",
    "lambda:PublishVersion",
    "lambda:UpdateAlias",
    "lambda:UpdateFunctionConfiguration",
)


def alias_obstacle(state: FunctionState) -> str | None:
    """Say why the aliases of a function cannot follow a memory change; None: they can (S22)."""
    numbered = {a.version for a in state.aliases if a.version != LATEST}
    if any(a.weights for a in state.aliases):
        return "an alias splits its traffic between two versions"
    if not numbered:
        return None
    if state.obstacles:
        return state.obstacles[0]
    if len(numbered) > 1:
        return f"its aliases serve different versions: {', '.join(sorted(numbered))}"
    (version,) = numbered
    return _differs(state, version)


def _differs(state: FunctionState, version: str) -> str | None:
    """Say how $LATEST differs from the version that is served; None: proven the same."""
    served = state.versions.get(version)
    if served is None:
        return f"version {version} could not be read"
    if served.code_sha256 != state.configuration.code_sha256:
        return f"$LATEST holds other code than version {version}: publishing would release it"
    if served != state.configuration:
        return f"$LATEST has other settings than version {version}: publishing would release them"
    if version not in state.same_environment:
        return f"the environment of $LATEST is not proven equal to that of version {version}"
    return None


def _obstacle(finding: Finding) -> str | None:
    return why_not_changed(
        finding, GUARD_SIGNALS, where="change the memory there"
    ) or _alias_in_way(finding)


def _alias_in_way(finding: Finding) -> str | None:
    found = value_or_none(finding.signals["function.alias_obstacle"])
    return None if found == "none" else str(found)


def _undo(finding: Finding) -> Mapping[str, int]:
    return {"memory_mb": finding.listed.configuration.memory_mb}


def _risks(finding: Finding) -> tuple[str, ...]:
    """Name what could go wrong, in an approver's words."""
    risks = [
        "Running environments are replaced: expect a wave of cold starts.",
        "While the update runs (seconds, with a VPC about a minute) a deployment of yours gets "
        "a 409 conflict and has to be tried again.",
        "Peak memory was measured, not guaranteed: an unusual input may need more.",
    ]
    if isinstance(finding.advice, Recommendation):
        growth = finding.advice.growth_p95_ms or 0.0
        if growth > 0:
            risks.insert(0, f"It may run slower: about {growth:.0f} ms more at p95.")
    return (*risks, *_alias_risks(_aliases(finding)))


def _alias_risks(aliases: Mapping[str, str]) -> tuple[str, ...]:
    if all(version == LATEST for version in aliases.values()):
        return ()
    names = ", ".join(sorted(name for name, version in aliases.items() if version != LATEST))
    unsplit = ", ".join(sorted(name for name, version in aliases.items() if version == LATEST))
    return (
        f"A new version is published and {names} moved to it, a share of the traffic first; "
        "callers that name a version stay on it.",
        "Whatever calls $LATEST itself" + (f", as {unsplit} does," if unsplit else "") + " gets "
        "the new size at once, without a trial: AWS splits no traffic of $LATEST.",
        "While the traffic is split CodeDeploy refuses to deploy this alias; a batch of an event "
        "source may be tried again on the other version.",
    )


def _aliases(finding: Finding) -> Mapping[str, str]:
    evidence = finding.signals.get("function.aliases")
    return evidence.value if isinstance(evidence, Known) else {}


def _stale(remediation: Remediation, state: FunctionState) -> str | None:
    return why_not_settled(state) or why_changed(remediation, state) or alias_obstacle(state)


def _probes(remediation: Remediation, state: FunctionState) -> tuple[Step, ...]:
    serving = {alias.name: alias.version for alias in state.aliases}
    moves = (
        MoveAlias(alias=name, from_version=serving[name], to_version=serving[name])
        for name in sorted(published_aliases(remediation))
    )
    return (SetMemory(memory_mb=state.configuration.memory_mb), *moves)


def _reverted(remediation: Remediation, state: FunctionState) -> str | None:
    memory_mb, after = state.configuration.memory_mb, remediation.after["memory_mb"]
    if memory_mb != after:
        return f"its memory is {memory_mb} MB, not the {after} MB that were applied"
    serving = {alias.name: alias.version for alias in state.aliases}
    for name, version in sorted(published_aliases(remediation).items()):
        if serving.get(name) == version:
            return f"alias {name} serves version {version} again"
    return None


def _has_canary(finding: Finding) -> bool:
    """Tell whether an alias serves a version: AWS splits no traffic of $LATEST."""
    return any(version != LATEST for version in _aliases(finding).values())


KIND = Kind(
    spec=SPEC,
    guard_signals=GUARD_SIGNALS,
    iam_actions=IAM_ACTIONS,
    obstacle=_obstacle,
    undo=_undo,
    risks=_risks,
    stale=_stale,
    probes=_probes,
    has_canary=_has_canary,
    next_step=next_step,
    next_canary_step=next_canary_step,
    next_removal=next_removal,
    next_undo_step=next_undo_step,
    publication=publication,
    reverted=_reverted,
    foreign_change=foreign_change,
)
