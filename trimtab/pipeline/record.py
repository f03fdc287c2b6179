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
from trimtab.domain.ledger import Entry, change_chain, run_chain
from trimtab.domain.plan import Disposition, Plan
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import EVERYBODY_TOLD, leaves_open
from trimtab.domain.run import Part, RunCounts
from trimtab.domain.wire import to_wire
from trimtab.ports import ApprovalDesk, Ledger

ACTOR = "trimtab-plan"
DELIVERED = "delivered"
"""Of the chain of a run: Security Hub was told of one target, or could not be told."""


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
        earlier = _open_round(remediation, ledger)
        if earlier is not None:
            name = remediation.execution_name
            why = f"{name} comes too early: round {earlier} of it is open on record"
            refused[remediation.change_id] = why
            continue
        try:
            _open(remediation, desk, ledger, at=at)
        except ConflictError as error:
            refused[remediation.change_id] = str(error)
            _withdraw(remediation, ledger, reason=str(error), at=at)
            continue
        opened.append(remediation)
    return tuple(opened), refused


def _open(remediation: Remediation, desk: ApprovalDesk, ledger: Ledger, *, at: datetime) -> None:
    """Enter and open one round, under the terms of this run.

    Raises: ConflictError when the function, or this very round, is taken.
    """
    chain, name = change_chain(remediation.change_id), remediation.execution_name
    entries = ledger.entries(chain)
    if remediation.run_id in withdrawn_runs(entries, remediation.round):
        raise ConflictError(f"{name} was withdrawn already")
    record_change(
        ledger,
        remediation,
        "proposed",
        {"remediation": to_wire(remediation)},
        actor=ACTOR,
        at=at,
        key=remediation.run_id,
    )
    if not desk.propose(remediation):
        there = desk.round(remediation.change_id, remediation.round).remediation
        if there.run_id != remediation.run_id:
            raise ConflictError(f"{name} was opened by run {there.run_id}")
    record_opened(ledger, remediation, actor=ACTOR, at=at)


def _open_round(remediation: Remediation, ledger: Ledger) -> int | None:
    """Return an earlier round that was opened and has not ended, or whose end was not told yet.

    Nothing is entered then: the chain is that round's until it is over.
    """
    entries = ledger.entries(change_chain(remediation.change_id))
    is_open: dict[int, bool] = {}
    for entry in entries:
        opens = False if entry.event == EVERYBODY_TOLD else leaves_open(entry.event, entry.data)
        if opens is not None and entry.event != "proposed":
            is_open[int(entry.data["round"])] = opens
    return next((n for n, still in is_open.items() if still and n < remediation.round), None)


def record_opened(ledger: Ledger, remediation: Remediation, *, actor: str, at: datetime) -> None:
    """Enter which of the proposals of a round is the one that people are asked about."""
    data = {"run_id": remediation.run_id}
    record_change(ledger, remediation, "opened", data, actor=actor, at=at)


def record_change(
    ledger: Ledger,
    remediation: Remediation,
    event: str,
    data: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
    key: str | None = None,
    is_open: bool | None = None,
) -> Entry:
    """Enter one event of a round, once, or once for each key; it says whether the chain is open.

    `is_open` is said for events that do not move a round by themselves.
    """
    full = {"round": remediation.round, **data}
    if is_open is None:
        is_open = leaves_open(event, full)
    name = f"r{remediation.round}-{event}"
    return ledger.append(
        change_chain(remediation.change_id),
        event=event,
        actor=actor,
        data=full,
        at=at,
        function=str(remediation.function),
        once=name if key is None else f"{name}-{key}",
        leaves_open=is_open,
    )


def withdrawn_runs(entries: Sequence[Entry], number: int) -> frozenset[str]:
    """Return the runs whose proposal of this round was never opened."""
    return frozenset(
        e.data["run_id"] for e in entries if e.event == "withdrawn" and e.data["round"] == number
    )


def _withdraw(remediation: Remediation, ledger: Ledger, *, reason: str, at: datetime) -> None:
    """End a proposal that was never opened: no chain is left open for its sake."""
    chain = change_chain(remediation.change_id)
    others = {e.data["round"] for e in ledger.entries(chain) if e.event == "opened"}
    record_change(
        ledger,
        remediation,
        "withdrawn",
        {"run_id": remediation.run_id, "reason": reason},
        actor=ACTOR,
        at=at,
        key=remediation.run_id,
        is_open=None if remediation.round in others else False,
    )


def record_discovery(run_id: str, found: Targets, ledger: Ledger, *, at: datetime) -> None:
    """Enter where a run looks, who is left out and why, and what could not be listed."""
    ledger.append(
        run_chain(run_id),
        event="discovered",
        actor="trimtab-discover",
        data={
            "accounts": [account.id for account in found.accounts],
            "targets": len(found.targets),
            "left_out": [to_wire(account) for account in found.left_out],
            "gaps": [to_wire(gap) for gap in found.gaps],
        },
        at=at,
        once="discovered",
    )


def record_ticket(
    run_id: str, finding_id: str, address: str, ledger: Ledger, *, at: datetime
) -> None:
    """Enter which ticket a finding of a run became, or that its ticket was closed."""
    ledger.append(
        run_chain(run_id),
        event="ticketed",
        actor="trimtab-ticket",
        data={"finding_id": finding_id, "address": address},
        at=at,
        once=f"ticketed-{finding_id}",
    )


def record_delivery(
    run_id: str, target: str, data: Mapping[str, Any], ledger: Ledger, *, at: datetime
) -> None:
    """Enter what Security Hub was told of one target of a run, and what it would not take."""
    ledger.append(
        run_chain(run_id),
        event=DELIVERED,
        actor="trimtab-deliver",
        data={"target": target, **data},
        at=at,
        once=f"{DELIVERED}-{target}",
    )
