"""What will we do about each finding? Stage 4 of 8: findings → plan. Pure; only builds and limits.

Every finding gets exactly one disposition with its reason (S24). Order of choice, so that two runs
agree: highest severity, then largest saving, then ARN.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from trimtab.domain.arn import Target
from trimtab.domain.evidence import NOT_ASKED, value_or_none
from trimtab.domain.finding import Abstention, Finding, Recommendation
from trimtab.domain.fleet import Gap
from trimtab.domain.freeze import Freeze
from trimtab.domain.plan import Disposition, FindingMemory, Limits, Plan, PlannedFinding
from trimtab.domain.remediation import Remediation, before_id
from trimtab.domain.run import Part
from trimtab.domain.terms import Mode
from trimtab.pipeline.preflight import why_runtime_blocks, why_too_few, why_too_fresh
from trimtab.pipeline.proposal import Moment, before_image, build, field_of
from trimtab.pipeline.signals.usage import INVOCATIONS
from trimtab.policy.model import Bundle, Policy
from trimtab.remediations import KINDS

SHRUNK_PERCENT = 90
"""A target that reads no more than this of its last full read gets no change (S9)."""

OWN_NAMES = "trimtab-"
"""How the functions of every hub are named: they are ticketed, never changed (S11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a plan depends on besides the findings."""

    run_id: str
    hub_id: str
    bundle: Bundle
    missing: tuple[Target, ...]
    """Targets of the manifest that left no complete part: each is a gap."""
    discovery_gaps: tuple[Gap, ...]
    """What discover could not read."""
    last_read: Mapping[str, int]
    """Functions read in each target's last full read, by 'account/region'."""
    memory: Mapping[str, FindingMemory]
    freeze: Freeze
    now: datetime


def plan(parts: Sequence[Part], setting: Setting) -> Plan:
    """Decide about every finding of the run."""
    lost = tuple(_missing_gap(t) for t in setting.missing)
    seen = setting.discovery_gaps + lost + tuple(g for part in parts for g in part.gaps)
    gaps = tuple(_with_known_reason(gap, setting) for gap in seen)
    blocked = _blocked_targets(parts, gaps, setting.last_read)
    findings = sorted((f for part in parts for f in part.findings), key=_order)
    sorted_out = [_dispose(f, setting, blocked) for f in findings]
    read_fully = sum(p.functions for p in parts if str(p.target) not in blocked)
    items = _hold_back_over_limits(
        sorted_out, limits=setting.bundle.fleet.limits, read_fully=read_fully
    )
    return Plan(run_id=setting.run_id, items=items, gaps=gaps)


def _missing_gap(target: Target) -> Gap:
    return Gap(
        account=target.account,
        region=target.region,
        what="target",
        error="its scan left no complete result: read the scan Lambda's log for this run",
    )


def _with_known_reason(gap: Gap, setting: Setting) -> Gap:
    """Add who mends a gap that fleet.yaml knows of, until its last day."""
    for known in setting.bundle.fleet.known_gaps:
        if known.account == gap.account and setting.now.date() <= known.until:
            why = f"known: {known.why}; {known.owner} mends it until {known.until.isoformat()}"
            return replace(gap, error=f"{gap.error} ({why})")
    return gap


def _blocked_targets(
    parts: Sequence[Part], gaps: Sequence[Gap], last_read: Mapping[str, int]
) -> dict[str, str]:
    """Return the targets that get no change, with the reason (S8, S9)."""
    blocked = {f"{g.account}/{g.region}": f"gap: {g.what}: {g.error}" for g in gaps}
    read: Counter[str] = Counter()
    for part in parts:
        read[str(part.target)] += part.functions
    for target, functions in read.items():
        before = last_read.get(target, 0)
        if before > 0 and functions * 100 <= before * SHRUNK_PERCENT:
            blocked.setdefault(target, f"it read {functions} functions, {before} the last time")
    return blocked


def _order(finding: Finding) -> tuple[int, float, str]:
    advice = finding.advice
    saving = advice.saving.low_usd_month if isinstance(advice, Recommendation) else 0.0
    return (-finding.severity.rank, -saving, str(finding.function))


def _dispose(finding: Finding, setting: Setting, blocked: Mapping[str, str]) -> PlannedFinding:
    disposition, reason = _judge(finding, setting, blocked)
    remediation = None
    if disposition is Disposition.PLANNED:
        remediation = build(
            finding,
            _policy_of(finding, setting.bundle),
            Moment(
                run_id=setting.run_id,
                hub_id=setting.hub_id,
                guardrails=setting.bundle.guardrails,
                now=setting.now,
            ),
            setting.memory.get(finding.id, FindingMemory()),
        )
        refused = _refused_before(remediation, setting.memory.get(finding.id)) or _without_canary(
            remediation, finding, setting.bundle
        )
        if refused is not None:
            (disposition, reason), remediation = refused, None
    return PlannedFinding(
        finding=finding, disposition=disposition, reason=reason, remediation=remediation
    )


def _judge(
    finding: Finding, setting: Setting, blocked: Mapping[str, str]
) -> tuple[Disposition, str]:
    """Return the one disposition of a finding before any limit applies: the first that fits."""
    memory = setting.memory.get(finding.id, FindingMemory())
    return (
        _without_change(finding, setting.bundle)
        or _resting(memory, setting.now)
        or _came_back(finding, memory)
        or _abstained(finding, setting.bundle)
        or _not_now(finding, setting.freeze, blocked)
        or (Disposition.PLANNED, "within all limits")
    )


def _without_change(finding: Finding, bundle: Bundle) -> tuple[Disposition, str] | None:
    """Exempt, not allowed that far, or nothing that could safely be changed."""
    if finding.suppressed_by is not None:
        exemption = finding.suppressed_by
        until = f"exempt until the end of {exemption.last_day.isoformat()}"
        return Disposition.SUPPRESSED, f"{until}: {exemption.why}"
    if finding.mode is Mode.OBSERVE:
        return Disposition.OBSERVED, finding.mode_reason
    if finding.mode is Mode.TICKET:
        return Disposition.TICKETED, finding.mode_reason
    if finding.advice is None:
        return Disposition.TICKETED, "the policy asks for no change"
    obstacle = _obstacle(finding, bundle) or why_runtime_blocks(
        finding.listed.runtime, bundle.runtimes, at=finding.as_of
    )
    if obstacle is not None:
        return Disposition.TICKETED, obstacle
    return None


def _came_back(finding: Finding, memory: FindingMemory) -> tuple[Disposition, str] | None:
    """Say that somebody took back what was applied: nobody is fought, whatever would be advised by
    now, until a person lifts it (S12, S25).
    """
    if before_id(before_image(finding)) not in memory.applied_from and not memory.reverted_changes:
        return None
    names = ", ".join(sorted({*memory.applied_changes, *memory.reverted_changes}))
    return Disposition.TICKETED, (
        f"what was applied here before ({names}) came back undone by somebody else, perhaps by a "
        "deployment: change it there; a person may lift that with trimtab allow"
    )


def _abstained(finding: Finding, bundle: Bundle) -> tuple[Disposition, str] | None:
    """Ask a person to measure, where that is all that is missing and the money matters."""
    advice, policy = finding.advice, _policy_of(finding, bundle)
    if not isinstance(advice, Abstention):
        return None
    reason = f"the advisor abstains: {advice.reason}"
    least = field_of(policy, "hand_over_from")
    at_stake = advice.at_stake_usd_month
    if least is not None and at_stake is not None and at_stake > least:
        return Disposition.TICKETED, f"{reason}; power tuning would tell"
    return Disposition.OBSERVED, reason


def _resting(memory: FindingMemory, now: datetime) -> tuple[Disposition, str] | None:
    if memory.open_change is not None:
        return Disposition.ALREADY_OPEN, f"change {memory.open_change} of this function is open"
    if memory.cooling_until is not None and memory.cooling_until > now.isoformat():
        return Disposition.COOLING_DOWN, f"it rests until {memory.cooling_until}"
    return None


def _not_now(
    finding: Finding, freeze: Freeze, blocked: Mapping[str, str]
) -> tuple[Disposition, str] | None:
    if freeze.stops_forward:
        return Disposition.HELD_BACK, str(freeze)
    if str(finding.function.target) in blocked:
        return Disposition.HELD_BACK, blocked[str(finding.function.target)]
    if not finding.approvers:
        return Disposition.HELD_BACK, "nobody may approve it: add an owner to owners.yaml"
    return None


def _obstacle(finding: Finding, bundle: Bundle) -> str | None:
    if finding.function.name.startswith(OWN_NAMES):
        return "it is part of Trimtab, which never changes itself"
    policy = _policy_of(finding, bundle)
    return None if policy.kind is None else KINDS[policy.kind].obstacle(finding)


def _policy_of(finding: Finding, bundle: Bundle) -> Policy:
    policy = bundle.policy(finding.policy_id)
    if policy is None:
        raise ValueError(f"finding {finding.id} names a policy that the bundle does not have")
    return policy


def _refused_before(
    remediation: Remediation, memory: FindingMemory | None
) -> tuple[Disposition, str] | None:
    """Say what became of the very same change before: only a person brings it back (S25)."""
    change_id = remediation.change_id
    if memory is None:
        return None
    if change_id in memory.refused_changes:
        reason = (
            f"change {change_id} was rejected or taken back before: a person may lift that with "
            "trimtab allow"
        )
        return Disposition.HELD_BACK, reason
    if change_id in memory.applied_changes:
        reason = (
            f"change {change_id} was applied before and came back undone by somebody else, "
            "perhaps by a deployment: change it there"
        )
        return Disposition.TICKETED, reason
    return None


def _without_canary(
    remediation: Remediation, finding: Finding, bundle: Bundle
) -> tuple[Disposition, str] | None:
    """Say what already shows that its canary could not be begun, or would prove nothing."""
    if remediation.canary is None:
        return None
    fresh = why_too_fresh(remediation.last_modified_at, at=finding.as_of)
    if fresh is not None:
        return Disposition.HELD_BACK, fresh
    calls = value_or_none(finding.signals.get(INVOCATIONS, NOT_ASKED))
    lookback = _policy_of(finding, bundle).lookback
    rate = None if calls is None else calls / lookback.total_seconds()
    few = None if rate is None else why_too_few(remediation, calls_per_s=rate)
    return None if few is None else (Disposition.TICKETED, few)


def _hold_back_over_limits(
    items: Sequence[PlannedFinding], *, limits: Limits, read_fully: int
) -> tuple[PlannedFinding, ...]:
    """Let the first ones through until a limit is reached; every limit applies on its own (S9)."""
    share = int(read_fully * Decimal(str(limits.share_of_read)))
    planned = 0
    per_account: Counter[str] = Counter()
    functions: set[str] = set()
    result = []
    for item in items:
        if item.disposition is not Disposition.PLANNED:
            result.append(item)
            continue
        account = item.finding.function.account
        reason = None
        if str(item.finding.function) in functions:
            reason = "another change of this function is planned in this run"
        elif planned >= limits.per_run:
            reason = f"limit: {limits.per_run} changes per run"
        elif planned >= share:
            reason = f"limit: {limits.share_of_read:.0%} of {read_fully} functions fully read"
        elif per_account[account] >= limits.per_account:
            reason = f"limit: {limits.per_account} changes per account and run"
        if reason is None:
            planned += 1
            per_account[account] += 1
            functions.add(str(item.finding.function))
            result.append(item)
        else:
            result.append(
                replace(item, disposition=Disposition.HELD_BACK, reason=reason, remediation=None)
            )
    return tuple(result)
