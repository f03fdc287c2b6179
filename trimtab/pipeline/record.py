"""What of a run goes on record? Stage 8 of 8: its counts that add up, and each change it proposes
(S24).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from trimtab.domain.digest import content_id
from trimtab.domain.errors import ConflictError
from trimtab.domain.finding import Assessment
from trimtab.domain.fleet import Targets
from trimtab.domain.ledger import change_chain, run_chain
from trimtab.domain.plan import Disposition, Plan
from trimtab.domain.remediation import Remediation
from trimtab.domain.run import Part, RunCounts
from trimtab.domain.wire import to_wire
from trimtab.ports import ApprovalDesk, Ledger

ACTOR = "trimtab-plan"


def count(targets: Targets, parts: Sequence[Part], plan: Plan, *, policies: int) -> RunCounts:
    """Count a run. Functions come from what was read, judged from the verdicts, so they can
    differ.
    """
    verdicts = Counter(v.assessment for part in parts for v in part.verdicts)
    judged = {str(v.function) for part in parts for v in part.verdicts}
    functions = sum(part.functions for part in parts)
    placed = {d: len(plan.of(d)) for d in Disposition}
    return RunCounts(
        accounts=len(targets.accounts),
        left_out=len(targets.left_out),
        targets=len(targets.targets),
        functions=functions,
        judged=len(judged) if policies else functions,
        gaps=len(plan.gaps),
        verdicts=sum(verdicts.values()),
        compliant=verdicts[Assessment.COMPLIANT],
        not_applicable=verdicts[Assessment.NOT_APPLICABLE],
        insufficient_data=verdicts[Assessment.INSUFFICIENT_DATA],
        findings=verdicts[Assessment.NON_COMPLIANT],
        planned=placed[Disposition.PLANNED],
        held_back=placed[Disposition.HELD_BACK],
        suppressed=placed[Disposition.SUPPRESSED],
        observed=placed[Disposition.OBSERVED],
        ticketed=placed[Disposition.TICKETED],
        already_open=placed[Disposition.ALREADY_OPEN],
        cooling_down=placed[Disposition.COOLING_DOWN],
    )


def record_run(
    plan: Plan, counts: RunCounts, ledger: Ledger, *, bundle_digest: str, at: datetime
) -> None:
    """Enter the run: its counts, what does not add up, its gaps, and the digest of its findings."""
    dispositions = [[item.finding.id, item.disposition.value, item.reason] for item in plan.items]
    data: Mapping[str, Any] = {
        "bundle": bundle_digest,
        "counts": to_wire(counts),
        "faults": list(counts.faults()),
        "gaps": [to_wire(gap) for gap in plan.gaps],
        "findings_digest": content_id(dispositions),
    }
    ledger.append(
        run_chain(plan.run_id), event="planned", actor=ACTOR, data=data, at=at, once="planned"
    )


def propose(
    remediations: Sequence[Remediation], desk: ApprovalDesk, ledger: Ledger, *, at: datetime
) -> tuple[tuple[Remediation, ...], Mapping[str, str]]:
    """Open a round for each change; return the opened ones and, by change id, why others were not.

    The ledger's entry comes first: what a decision is about must be on record before anyone
    decides.
    """
    opened: list[Remediation] = []
    refused: dict[str, str] = {}
    for remediation in remediations:
        ledger.append(
            change_chain(remediation.change_id),
            event="proposed",
            actor=ACTOR,
            data={"round": remediation.round, "remediation": to_wire(remediation)},
            at=at,
            function=str(remediation.function),
            once=f"r{remediation.round}-proposed",
        )
        try:
            desk.propose(remediation)
        except ConflictError as error:
            refused[remediation.change_id] = str(error)
            continue
        opened.append(remediation)
    return tuple(opened), refused
