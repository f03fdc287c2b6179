"""Why does a policy say what it says of one function, right now? The whole tree, with values,
sources and times.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from trimtab.domain.arn import FunctionArn
from trimtab.domain.checklist import Checklist, Score, score
from trimtab.domain.errors import InputError, NotFoundError, PermanentError
from trimtab.domain.evidence import NOT_ASKED
from trimtab.domain.finding import Assessment, Exemption, Explanation
from trimtab.domain.fleet import Account, Gap, Snapshot
from trimtab.flows.because import because
from trimtab.flows.sweep import Bench, applies_to, asks_for_units, explained, read_target
from trimtab.policy.catalog import SIGNALS, TAGS
from trimtab.policy.exemption_rules import exemption_for
from trimtab.policy.model import Policy
from trimtab.policy.problems import unknown_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One condition, or a group of them, with what it was compared with and when that was."""

    text: str
    answer: bool | None
    value: str | None
    source: str | None
    since: datetime | None
    """Where the value is summed up over time: from here to `as_of`."""
    as_of: datetime
    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    function: FunctionArn
    policy_id: str
    title: str
    assessment: Assessment
    because: str
    missing: tuple[str, ...]
    suppressed_by: Exemption | None
    """What covers the finding; None: nothing does, or there is no finding."""
    tree: Node
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    score: Score
    gaps: tuple[Gap, ...]


def explain(function: FunctionArn, policy_id: str, bench: Bench) -> Explained:
    """Read one function with the engine of the scan, and judge it by one policy.

    Raises: InputError when there is no such policy, or it asks for what one function does not
    tell; NotFoundError when there is no such function; OutsideError when it cannot be read.
    """
    policy = _policy(policy_id, bench)
    account = _account(function)
    snapshot, gaps = _read(function, (policy,), bench)
    judgement = explained(policy, snapshot, account)
    applies = applies_to(policy, snapshot, account)
    return Explained(
        function=function,
        policy_id=policy.id,
        title=policy.title,
        assessment=judgement.assessment,
        because=because(judgement, applies=applies),
        missing=judgement.missing,
        suppressed_by=_exemption(policy, snapshot, judgement.assessment, bench),
        tree=_node(judgement.explanation, snapshot, policy),
        gaps=gaps,
    )


def _exemption(
    policy: Policy, snapshot: Snapshot, assessment: Assessment, bench: Bench
) -> Exemption | None:
    if assessment is not Assessment.NON_COMPLIANT:
        return None
    return exemption_for(
        bench.bundle.exemptions,
        policy,
        function=snapshot.function,
        tags=snapshot.signals.get(TAGS, NOT_ASKED),
        now=bench.clock.now(),
    )


def explain_score(function: FunctionArn, checklist: Checklist, bench: Bench) -> Scored:
    """Read one function, and judge it by all policies of a checklist.

    Raises: as `explain`.
    """
    wanted = dict.fromkeys(policy for point in checklist.points for policy in point.policies)
    policies = tuple(_policy(policy, bench) for policy in wanted)
    snapshot, gaps = _read(function, policies, bench)
    account = _account(function)
    verdicts = {p.id: explained(p, snapshot, account).assessment for p in policies}
    return Scored(score=score(checklist, verdicts, function=function), gaps=gaps)


def _account(function: FunctionArn) -> Account:
    return Account(id=function.account, name=function.account, organizational_units=())


def _read(
    function: FunctionArn, policies: tuple[Policy, ...], bench: Bench
) -> tuple[Snapshot, tuple[Gap, ...]]:
    read = read_target(
        function.target,
        _account(function),
        bench.fleet.open(function.target),
        replace(bench.bundle, policies=policies),
        clock=bench.clock,
        prices=bench.prices,
        only=function,
    )
    if not read.snapshots:
        if read.gaps:
            raise PermanentError(f"{function} could not be read: {read.gaps[0].error}")
        raise NotFoundError(f"{function} is not there: check the name, the account and the region")
    return read.snapshots[0], read.gaps


def _policy(policy_id: str, bench: Bench) -> Policy:
    policy = bench.bundle.policy(policy_id)
    if policy is None:
        known = [one.id for one in bench.bundle.policies]
        known += [one.id for one in bench.bundle.checklists]
        raise InputError(
            f"{unknown_word('policy or checklist', policy_id, known)} "
            "(trimtab policy validate names those of the bundle)"
        )
    if asks_for_units(policy):
        raise InputError(
            f"policy {policy_id} asks for organizational units, which a single function does not "
            "tell: use trimtab scan --organization"
        )
    return policy


def _node(part: Explanation, snapshot: Snapshot, policy: Policy) -> Node:
    summed = part.signal is not None and SIGNALS[part.signal].over_lookback
    return Node(
        text=part.text,
        answer=part.answer,
        value=part.value,
        source=part.source,
        since=snapshot.as_of - policy.lookback if summed else None,
        as_of=snapshot.as_of,
        children=tuple(_node(child, snapshot, policy) for child in part.children),
    )
