"""Which findings opened, stayed, ended or came back? One document a target, over all runs.

State, never trusted for a decision, and to be had again from the next run. Safe to repeat: a run
that a document has seen, or that is older than what it has seen, changes nothing in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import NotFoundError, RetryableError
from trimtab.domain.finding import Assessment, Finding, Verdict
from trimtab.domain.fleet import Gap, Targets
from trimtab.domain.life import FindingLife, LifeCounts, RunLife, TargetFindings, seen
from trimtab.domain.plan import Plan
from trimtab.domain.run import Part
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.flows.because import reason
from trimtab.ports import RunStore

GONE = "gone: the function, or the policy, is not there any more"
NO_POLICY = "its policy was removed"
NOT_LOOKED_AT = "the run did not look at its target"
STALE = "what is remembered of it is older than the last run: run again"
LOST = "the last run found something, and nothing is remembered of it: run again"

ENDINGS: Mapping[Assessment, str] = {
    Assessment.COMPLIANT: "compliant",
    Assessment.NOT_APPLICABLE: "not applicable",
}
"""Answers that end a finding. Insufficient data does not: unknown is never compliant."""

ATTEMPTS = 5


def ending(assessment: Assessment | None, *, is_read: bool) -> str | None:
    """Say why a finding that was not found again is over; None: nothing proves that it is (S8).

    An assessment of None: the run has no answer for it, which means something only where its target
    was read to the end.
    """
    if assessment is None:
        return GONE if is_read else None
    return ENDINGS.get(assessment)


def unread(parts: Sequence[Part], gaps: Sequence[Gap]) -> Mapping[Target, str]:
    """Return the targets that were not read to their end without a gap, and why."""
    why = {p.target: NOT_LOOKED_AT for p in parts}
    for part in parts:
        if part.is_last:
            why.pop(part.target, None)
    for gap in gaps:
        target = Target(account=gap.account, region=gap.region)
        why.setdefault(target, f"gap: {gap.what}: {gap.error}")
    return why


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one run can say of one target."""

    target: Target
    parts: tuple[Part, ...]
    unread: str | None
    """Why it was not read to its end; None: it was, without a gap."""
    policies: frozenset[str]

    def findings(self) -> tuple[Finding, ...]:
        return tuple(f for part in self.parts for f in part.findings)


def looks(
    targets: Targets, parts: Sequence[Part], gaps: Sequence[Gap], policies: Iterable[str]
) -> dict[Target, Look]:
    """Return what a run can say, for each target that it looked at."""
    by_target: dict[Target, list[Part]] = defaultdict(list)
    for part in parts:
        by_target[part.target].append(part)
    why, known = unread(parts, gaps), frozenset(policies)
    return {
        target: Look(
            target=target,
            parts=tuple(by_target[target]),
            unread=why.get(target, None if by_target[target] else NOT_LOOKED_AT),
            policies=known,
        )
        for target in dict.fromkeys((*targets.targets, *by_target))
    }


def age(before: TargetFindings | None, look: Look, *, run_id: str, at: datetime) -> TargetFindings:
    """Return the findings of a target after a run. Pure: the same run gives the same answer."""
    known = {} if before is None else {f.id: f for f in before.findings}
    found = {
        f.id: seen(f, known.get(f.id), because=reason(f.explanation, answer=True))
        for f in look.findings()
    }
    others = [f for f in known.values() if f.id not in found]
    answers = _answers([f for f in others if f.is_active], look)
    aged = [_after(f, answers, look, at) if f.is_active else f for f in others]
    kept = [f for f in (*found.values(), *aged) if not f.is_forgotten(at=at)]
    return TargetFindings(
        target=look.target,
        run_id=run_id,
        as_of=at,
        findings=tuple(sorted(kept, key=lambda f: f.id)),
    )


Answers = Mapping[FunctionArn, Mapping[str, Verdict]]


def _answers(wanted: Sequence[FindingLife], look: Look) -> Answers:
    """Return the run's answers for these functions alone: a fleet has verdicts by the million."""
    functions = {f.function for f in wanted}
    found: dict[FunctionArn, dict[str, Verdict]] = defaultdict(dict)
    for part in look.parts:
        for verdict in part.verdicts:
            if verdict.function in functions:
                found[verdict.function][verdict.policy_id] = verdict
    return found


def _after(life: FindingLife, answers: Answers, look: Look, at: datetime) -> FindingLife:
    if life.policy_id not in look.policies:
        return life.resolved(NO_POLICY, at=at)
    judged = answers.get(life.function, {})
    verdict = judged.get(life.policy_id)
    if verdict is None and judged:
        return life.unseen("the run did not judge it by this policy")
    assessment = None if verdict is None else verdict.assessment
    why = ending(assessment, is_read=look.unread is None)
    if why is not None:
        return life.resolved(why, at=at)
    if verdict is None:
        return life.unseen(str(look.unread))
    return life.unseen(f"insufficient data: {', '.join(verdict.missing)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Which run it is, and when."""

    run_id: str
    at: datetime


def moment_of(run_id: str, parts: Sequence[Part], *, now: datetime) -> Moment:
    """Return the moment of a run: when the last of its slices was read, whoever asks, whenever."""
    return Moment(run_id=run_id, at=max((p.as_of for p in parts), default=now))


def keep_lives(said: Mapping[Target, Look], store: RunStore, moment: Moment) -> RunLife:
    """Bring the findings of every target up to this run; return what it did to them.

    Targets that are remembered and not looked at any more are no exception: nobody proved them
    clean.
    """
    counts = LifeCounts()
    moved: list[FindingLife] = []
    overtaken: list[str] = []
    known = next(iter(said.values())).policies if said else frozenset[str]()
    for target in sorted({*said, *remembered(store)}):
        blind = Look(target=target, parts=(), unread=NOT_LOOKED_AT, policies=known)
        after = _keep(said.get(target, blind), store, moment)
        if after is None:
            overtaken.append(str(target))
        else:
            counts = counts.plus(after.counts())
            moved += after.moved()
    return RunLife(
        run_id=moment.run_id, counts=counts, moved=tuple(moved), overtaken=tuple(overtaken)
    )


def remembered(store: RunStore) -> tuple[Target, ...]:
    """Return the targets that have a document."""
    return tuple(keys.target_of(key) for key in store.keys(keys.LIVES))


def _keep(look: Look, store: RunStore, moment: Moment) -> TargetFindings | None:
    """Write one target's document, if this run is news to it; None: a later run was there before.

    Raises: RetryableError when others keep writing it.
    """
    key = keys.lives(look.target)
    for _ in range(ATTEMPTS):
        before, tag = _stored(key, store)
        if before is not None and before.run_id == moment.run_id:
            return before
        if before is not None and before.as_of >= moment.at:
            return None
        after = age(before, look, run_id=moment.run_id, at=moment.at)
        if before is None and not after.findings:
            return after
        data = to_wire(after)
        is_put = store.put_new(key, data) if tag is None else store.put_over(key, data, tag=tag)
        if is_put:
            return after
    raise RetryableError(f"{key} was written by others {ATTEMPTS} times: conclude the run again")


def _stored(key: str, store: RunStore) -> tuple[TargetFindings | None, str | None]:
    try:
        data, tag = store.get_tagged(key)
    except NotFoundError:
        return None, None
    return from_wire(TargetFindings, data), tag


def read_lives(store: RunStore, *, account: str | None = None) -> Iterable[TargetFindings]:
    """Yield what is remembered, target by target; of one account, or of all."""
    folder = keys.LIVES if account is None else f"{keys.LIVES}{account}/"
    for key in store.keys(folder):
        yield from_wire(TargetFindings, store.get(key))


def doubts(store: RunStore, lives: Sequence[TargetFindings]) -> tuple[Gap, ...]:
    """Return what keeps `lives` from being all there is: what the last run could not read, and
    targets that are not remembered as it left them.

    Raises: NotFoundError when no run has finished yet, or the last one's plan is gone.
    """
    latest = store.get(keys.LATEST)
    plan = from_wire(Plan, store.get(keys.plan(latest["run_id"])))
    known = {life.target for life in lives}
    found = dict.fromkeys(item.finding.function.target for item in plan.items)
    return (
        *plan.gaps,
        *(_doubt(life.target, STALE) for life in lives if _is_stale(life, latest)),
        *(_doubt(target, LOST) for target in found if target not in known),
    )


def _is_stale(life: TargetFindings, latest: Mapping[str, str]) -> bool:
    """A run of an earlier build kept no moment: then only its own documents are surely as new."""
    at = latest.get("as_of")
    return life.run_id != latest["run_id"] and (
        at is None or life.as_of < datetime.fromisoformat(at)
    )


def _doubt(target: Target, why: str) -> Gap:
    return Gap(account=target.account, region=target.region, what="findings", error=why)
