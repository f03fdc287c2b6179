"""What does each policy say of each function? Stage 3 of 8: inventory → verdicts and findings. No
I/O.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trimtab.advisors import ADVISORS
from trimtab.domain.caveat import Caveat
from trimtab.domain.evidence import NOT_ASKED, Evidence, Unknown
from trimtab.domain.finding import (
    Abstention,
    Assessment,
    Finding,
    Recommendation,
    Verdict,
    finding_id,
)
from trimtab.domain.fleet import Account, Inventory, Snapshot
from trimtab.domain.run import Part
from trimtab.domain.terms import ChangeKind
from trimtab.pipeline.signals.needs import advice_signals
from trimtab.pipeline.signals.version_use import without_records
from trimtab.policy.catalog import TAGS
from trimtab.policy.condition import signals_of
from trimtab.policy.derive import evidence_for
from trimtab.policy.evaluate import Judgement, in_scope, judge
from trimtab.policy.exemption_rules import caveats_of_tag, exemption_for
from trimtab.policy.fleet_rules import approvers_for, effective_mode
from trimtab.policy.model import Bundle, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """What every judgement of one slice shares."""

    account: Account
    bundle: Bundle
    now: datetime


def evaluate(inventory: Inventory, *, account: Account, bundle: Bundle, now: datetime) -> Part:
    """Judge every function read against every policy: none is left out, whatever the answer."""
    bench = _Bench(account=account, bundle=bundle, now=now)
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for snapshot in inventory.snapshots:
        for policy in bundle.policies:
            judgement = _judge(policy, snapshot, account)
            verdicts.append(
                Verdict(
                    policy_id=policy.id,
                    function=snapshot.function,
                    assessment=judgement.assessment,
                    missing=judgement.missing,
                )
            )
            if judgement.assessment is Assessment.NON_COMPLIANT:
                findings.append(_finding(judgement, snapshot, bench))
    return Part(
        target=inventory.target,
        as_of=inventory.as_of,
        functions=len(inventory.snapshots),
        verdicts=tuple(verdicts),
        findings=tuple(findings),
        gaps=inventory.gaps,
        calls=inventory.calls,
        is_last=inventory.next_marker is None,
        caveats=tag_caveats(inventory, bundle.policies, now=now),
    )


def tag_caveats(
    inventory: Inventory, policies: Sequence[Policy], *, now: datetime
) -> tuple[Caveat, ...]:
    """Name each exemption by tag that covers nothing, or ends soon; unknown tags say nothing."""
    return tuple(
        caveat
        for snapshot in inventory.snapshots
        for caveat in caveats_of_tag(
            snapshot.function, snapshot.signals.get(TAGS, NOT_ASKED), policies, now=now
        )
    )


def _judge(policy: Policy, snapshot: Snapshot, account: Account) -> Judgement:
    applies = in_scope(
        policy,
        account=account.id,
        organizational_units=account.organizational_units,
        region=snapshot.function.region,
        tags=snapshot.signals.get(TAGS, NOT_ASKED),
    )
    return judge(policy, snapshot.over(policy.lookback), applies=applies)


def _finding(judgement: Judgement, snapshot: Snapshot, bench: _Bench) -> Finding:
    policy, function = judgement.policy, snapshot.function
    tags = snapshot.signals.get(TAGS, NOT_ASKED)
    used = _signals_used(policy, snapshot)
    mode, mode_reason = effective_mode(
        policy,
        bench.bundle.fleet,
        bench.bundle.guardrails,
        organizational_units=bench.account.organizational_units,
    )
    return Finding(
        id=finding_id(policy.id, function),
        policy_id=policy.id,
        policy_digest=policy.digest,
        title=policy.title,
        severity=policy.severity,
        mode=mode,
        mode_reason=mode_reason,
        listed=snapshot.listed,
        signals=without_records(used),
        explanation=judgement.explanation,
        advice=_advise(policy, used, region=function.region),
        approvers=_approvers(policy, snapshot, bench),
        organizational_units=bench.account.organizational_units,
        suppressed_by=exemption_for(
            bench.bundle.exemptions, policy, function=function, tags=tags, now=bench.now
        ),
        as_of=snapshot.as_of,
    )


def advised(policy: Policy, snapshot: Snapshot) -> Recommendation | Abstention | None:
    """Ask the advisor of a policy about one function; None: the policy asks for no change."""
    return _advise(policy, _signals_used(policy, snapshot), region=snapshot.function.region)


def unread_by_advisor(kind: ChangeKind, policy: Policy, snapshot: Snapshot) -> tuple[str, ...]:
    """Name what the advisor of this kind cannot do without and nobody could read."""
    signals = snapshot.over(policy.lookback)
    wanted = ADVISORS[kind].signals
    return tuple(n for n in wanted if isinstance(evidence_for(n, signals), Unknown))


def _signals_used(policy: Policy, snapshot: Snapshot) -> Mapping[str, Evidence]:
    names = sorted({*signals_of(policy.when), *advice_signals(policy), TAGS})
    signals = snapshot.over(policy.lookback)
    at_hand = () if policy.change is None else ADVISORS[policy.change.kind].at_hand_signals
    there = {name: evidence_for(name, signals) for name in at_hand}
    return {name: evidence_for(name, signals) for name in names} | {
        name: evidence for name, evidence in there.items() if evidence != NOT_ASKED
    }


def _advise(
    policy: Policy, signals: Mapping[str, Evidence], *, region: str
) -> Recommendation | Abstention | None:
    if policy.change is None:
        return None
    advisor = ADVISORS[policy.change.kind]
    return advisor.advise(signals, policy.change.fields, region=region, lookback=policy.lookback)


def _approvers(policy: Policy, snapshot: Snapshot, bench: _Bench) -> tuple[str, ...]:
    if policy.approval is None:
        return ()
    approvers, _refused = approvers_for(
        bench.bundle.owners,
        bench.bundle.guardrails,
        function=snapshot.function,
        tags=snapshot.signals.get(TAGS, NOT_ASKED),
        terms=policy.approval,
    )
    return approvers
