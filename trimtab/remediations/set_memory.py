"""How is a memory size changed, guarded and taken back? Downsizing $LATEST and what its aliases
serve.

Traffic through an alias sees nothing of $LATEST until a version is published and the alias moved;
and publishing ships whatever code is in $LATEST. So an alias is moved only when it already serves
the same code and settings (S22); anything else becomes a ticket.
"""

from collections.abc import Mapping
from datetime import timedelta

from trimtab.domain.change_spec import ChangeSpec, FieldSpec, FieldType
from trimtab.domain.evidence import Known, Unknown
from trimtab.domain.finding import Finding, Recommendation
from trimtab.domain.fleet import FunctionState
from trimtab.domain.remediation import Remediation
from trimtab.domain.step import MoveAlias, PublishVersion, SetMemory, Step
from trimtab.domain.terms import ChangeKind
from trimtab.remediations.kind import Kind

LATEST = "$LATEST"

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
    ),
)

IAM_ACTIONS = (
    "cloudtrail:LookupEvents",
    "cloudwatch:GetMetricData",
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
    if finding.listed.unknown_kind is not None:
        return f"Trimtab does not know this kind of function: {finding.listed.unknown_kind}"
    known = {n: s.value for n, s in finding.signals.items() if isinstance(s, Known)}
    owner = known.get("owner.tool", "none")
    if owner != "none":
        return f"owned by {owner}: change the memory there"
    for name in GUARD_SIGNALS:
        evidence = finding.signals.get(name, Unknown(reason="not asked"))
        if isinstance(evidence, Unknown):
            return f"{name} is not known: {evidence.reason}"
    if (known["function.state"], known["function.last_update_status"]) != ("Active", "Successful"):
        update = known["function.last_update_status"]
        return f"it is {known['function.state']}, its last update {update}"
    if known["function.alias_obstacle"] != "none":
        return str(known["function.alias_obstacle"])
    return None


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
        growth = finding.advice.predicted_p95_ms - finding.advice.duration_p95_ms
        if growth > 0:
            risks.insert(0, f"It may run slower: about {growth:.0f} ms more at p95.")
    if _aliases(finding):
        names = ", ".join(sorted(_aliases(finding)))
        risks.append(f"A new version is published and {names} moved to it; pinned callers stay.")
    return tuple(risks)


def _aliases(finding: Finding) -> Mapping[str, str]:
    evidence = finding.signals.get("function.aliases")
    return evidence.value if isinstance(evidence, Known) else {}


def _published_aliases(remediation: Remediation) -> dict[str, str]:
    """Return the aliases that must move: those that serve a numbered version."""
    return {n: v for n, v in remediation.before.aliases.items() if v != LATEST}


def _stale(remediation: Remediation, state: FunctionState) -> str | None:
    """Compare a fresh read with the before-image; say both values where they differ (S5)."""
    if state.unknown_kind is not None:
        return f"it has become a kind Trimtab does not know: {state.unknown_kind}"
    if not state.is_settled:
        return f"it is {state.state}, its last update {state.last_update_status}"
    before, now = remediation.before.configuration, state.configuration
    if now.memory_mb != before.memory_mb:
        return f"memory was {before.memory_mb} MB when approved and is {now.memory_mb} MB now"
    if now.code_sha256 != before.code_sha256:
        return f"code was {before.code_sha256} when approved and is {now.code_sha256} now"
    if now != before:
        names = _differing_settings(before.settings, now.settings) or ("timeout_s",)
        return f"settings changed since it was approved: {', '.join(names)}"
    if state.last_modified_at != remediation.last_modified_at:
        return (
            f"last modified {remediation.last_modified_at.isoformat()} when planned and "
            f"{state.last_modified_at.isoformat()} now"
        )
    aliases = {a.name: a.version for a in state.aliases}
    if aliases != dict(remediation.before.aliases):
        return (
            f"aliases were {dict(remediation.before.aliases)} when approved and are {aliases} now"
        )
    return alias_obstacle(state)


def _differing_settings(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(n for n in before.keys() | now.keys() if before.get(n) != now.get(n)))


def _probes(remediation: Remediation, state: FunctionState) -> tuple[Step, ...]:
    serving = {alias.name: alias.version for alias in state.aliases}
    moves = (
        MoveAlias(alias=name, from_version=serving[name], to_version=serving[name])
        for name in sorted(_published_aliases(remediation))
    )
    return (SetMemory(memory_mb=state.configuration.memory_mb), *moves)


def _next_step(
    remediation: Remediation, state: FunctionState, published: str | None
) -> Step | None:
    memory_mb = remediation.after["memory_mb"]
    if state.configuration.memory_mb != memory_mb:
        return SetMemory(memory_mb=memory_mb)
    aliases = _published_aliases(remediation)
    if not aliases:
        return None
    if published is None:
        return _publication(remediation)
    serving = {a.name: a.version for a in state.aliases}
    for name, version in sorted(aliases.items()):
        if serving.get(name) == version:
            return MoveAlias(alias=name, from_version=version, to_version=published)
    return None


def _publication(remediation: Remediation) -> PublishVersion | None:
    if not _published_aliases(remediation):
        return None
    return PublishVersion(
        code_sha256=remediation.before.configuration.code_sha256,
        memory_mb=remediation.after["memory_mb"],
        description=remediation.execution_name,
    )


def _next_undo_step(
    remediation: Remediation, state: FunctionState, published: str | None
) -> Step | None:
    """Aliases go back first, then $LATEST, or a pipeline's next publish would ship our size."""
    serving = {a.name: a.version for a in state.aliases}
    for name, version in sorted(_published_aliases(remediation).items()):
        if published is not None and serving.get(name) == published:
            return MoveAlias(alias=name, from_version=published, to_version=version)
    if state.configuration.memory_mb != remediation.undo["memory_mb"]:
        return SetMemory(memory_mb=remediation.undo["memory_mb"])
    return None


def _reverted(remediation: Remediation, state: FunctionState) -> str | None:
    memory_mb, after = state.configuration.memory_mb, remediation.after["memory_mb"]
    if memory_mb != after:
        return f"its memory is {memory_mb} MB, not the {after} MB that were applied"
    serving = {alias.name: alias.version for alias in state.aliases}
    for name, version in sorted(_published_aliases(remediation).items()):
        if serving.get(name) == version:
            return f"alias {name} serves version {version} again"
    return None


def _foreign_change(
    remediation: Remediation, state: FunctionState, published: str | None
) -> str | None:
    before, now = remediation.before.configuration, state.configuration
    ours = (before.memory_mb, remediation.after["memory_mb"])
    if now.memory_mb not in ours:
        return f"memory is {now.memory_mb} MB, neither the old {ours[0]} nor the new {ours[1]}"
    if now.code_sha256 != before.code_sha256:
        return "its code was changed by someone else"
    if (now.timeout_s, now.settings) != (before.timeout_s, before.settings):
        names = _differing_settings(before.settings, now.settings) or ("timeout_s",)
        return f"its settings were changed by someone else: {', '.join(names)}"
    serving = {a.name: a.version for a in state.aliases}
    for name, version in remediation.before.aliases.items():
        if serving.get(name) not in (version, published):
            return f"alias {name} serves {serving.get(name)}, neither {version} nor {published}"
    split = next((a.name for a in state.aliases if a.weights), None)
    if split is not None:
        return f"alias {split} was made to split its traffic by someone else"
    served = {serving[name] for name in _published_aliases(remediation)}
    if not served & state.versions.keys() <= state.same_environment:
        return "its environment variables were changed by someone else"
    return None


KIND = Kind(
    spec=SPEC,
    guard_signals=GUARD_SIGNALS,
    iam_actions=IAM_ACTIONS,
    obstacle=_obstacle,
    undo=_undo,
    risks=_risks,
    stale=_stale,
    probes=_probes,
    next_step=_next_step,
    next_undo_step=_next_undo_step,
    publication=_publication,
    reverted=_reverted,
    foreign_change=_foreign_change,
)
