"""What exactly is proposed for a finding? Before-image, after-values, undo, terms: one remediation.

Part of stage 4: which findings get one, `plan` decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.domain.change_spec import FieldValue
from trimtab.domain.evidence import Known
from trimtab.domain.finding import Finding, Recommendation
from trimtab.domain.plan import FindingMemory
from trimtab.domain.provisioned import ProvisionedPlan
from trimtab.domain.remediation import BeforeImage, Remediation, change_id
from trimtab.domain.removal import RemovalPlan
from trimtab.domain.terms import CanaryTerms, Window
from trimtab.policy.model import Guardrails, Policy
from trimtab.remediations import KINDS

APPLY_WITHIN = timedelta(days=3)
"""How long after the window first opens an approved change may still be written; chosen: a long
weekend, because evidence ages."""

REMOVE_WITHIN = timedelta(days=21)
"""How much longer than its pauses a removal may take. Chosen: a quarantine must begin and end in an
open window, which may leave one hour a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Which run of which hub proposes, when, and by what its policies are bounded."""

    run_id: str
    hub_id: str
    guardrails: Guardrails
    now: datetime


def build(finding: Finding, policy: Policy, moment: Moment, memory: FindingMemory) -> Remediation:
    """Return the change that the advice of a finding asks for, under the terms of its policy.

    Raises: ValueError for a policy that asks for a change without saying on what terms.
    """
    advice = finding.advice
    if policy.approval is None or policy.verify is None or not isinstance(advice, Recommendation):
        raise ValueError(f"policy {policy.id} has a change without approval or verify terms")
    kind, before = KINDS[advice.kind], before_image(finding)
    undo, removal = kind.undo(finding), kind.removal(finding, _fields(policy))
    canary = _canary_terms(policy) if kind.has_canary(finding) else None
    provisioned = _provisioned_plan(advice)
    name = change_id(
        hub_id=moment.hub_id,
        policy_id=policy.id,
        policy_digest=policy.digest,
        function=finding.function,
        kind=advice.kind,
        before=before,
        after=advice.after,
        undo=undo,
        verify=policy.verify,
        canary=canary,
        provisioned=provisioned,
        removal=removal,
    )
    expires_at = moment.now + policy.approval.expires
    return Remediation(
        change_id=name,
        round=(memory.rounds or {}).get(name, 0) + 1,
        hub_id=moment.hub_id,
        finding_id=finding.id,
        policy_id=policy.id,
        policy_digest=policy.digest,
        title=policy.title,
        severity=policy.severity,
        function=finding.function,
        organizational_units=finding.organizational_units,
        kind=advice.kind,
        before=before,
        after=advice.after,
        undo=undo,
        verify=policy.verify,
        approval=moment.guardrails.asking(policy.approval, finding.approvers, advice.kind),
        window=policy.window,
        recommendation=advice,
        explanation=finding.explanation,
        risks=kind.risks(finding),
        last_modified_at=finding.listed.last_modified_at,
        rests_for=_rests_for(policy),
        min_saving=_min_saving(policy, advice, before),
        run_id=moment.run_id,
        planned_at=moment.now,
        expires_at=expires_at,
        apply_by=_apply_by(expires_at, policy.window, removal),
        canary=canary,
        provisioned=provisioned,
        removal=removal,
        max_spillover=field_of(policy, "max_spillover"),
    )


def _fields(policy: Policy) -> Mapping[str, FieldValue]:
    return {} if policy.change is None else policy.change.fields


def _provisioned_plan(advice: Recommendation) -> ProvisionedPlan | None:
    proposed = advice.provisioned
    if proposed is None:
        return None
    level = advice.after["provisioned"] if proposed.schedule is None else None
    return ProvisionedPlan(qualifier=proposed.qualifier, level=level, schedule=proposed.schedule)


def field_of(policy: Policy, name: str) -> float | None:
    found = None if policy.change is None else policy.change.fields.get(name)
    return found if isinstance(found, float) else None


def _canary_terms(policy: Policy) -> CanaryTerms:
    fields = _fields(policy)
    weight, watch = fields.get("canary_weight"), fields.get("canary_watch")
    if not isinstance(weight, float) or not isinstance(watch, timedelta):
        raise ValueError(f"policy {policy.id} has a change without canary terms")
    return CanaryTerms(weight=weight, watch=watch)


def _rests_for(policy: Policy) -> timedelta:
    cooldown = None if policy.change is None else policy.change.fields.get("cooldown")
    return cooldown if isinstance(cooldown, timedelta) else timedelta(0)


def before_image(finding: Finding) -> BeforeImage:
    aliases = finding.signals.get("function.aliases")
    advice = finding.advice
    provisioned = advice.provisioned if isinstance(advice, Recommendation) else None
    return BeforeImage(
        configuration=finding.listed.configuration,
        aliases=aliases.value if isinstance(aliases, Known) else {},
        provisioned=None if provisioned is None else provisioned.before,
    )


def _apply_by(expires_at: datetime, window: Window | None, removal: RemovalPlan | None) -> datetime:
    """Return the last moment of the approval; a removal has its pauses besides."""
    opens_at = expires_at if window is None else window.opens_at(expires_at)
    if removal is None:
        return opens_at + APPLY_WITHIN
    return opens_at + removal.notice + removal.quarantine + REMOVE_WITHIN


def _min_saving(policy: Policy, advice: Recommendation, before: BeforeImage) -> float | None:
    """Return the saving a step must show; None for the raise of a starved function."""
    asked = field_of(policy, "min_saving")
    shrinks = advice.after.get("memory_mb", 0) < before.configuration.memory_mb
    is_to_save = shrinks or advice.max_duration_ratio is not None
    return asked if is_to_save else None
