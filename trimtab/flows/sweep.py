"""What does a fleet look like right now? Every target through the engine of the deployed scan.

Nothing is stored and nothing is changed. A verdict that stays open is a gap that names its
function: unknown is never clean (S8).
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.errors import OutsideError
from trimtab.domain.evidence import NOT_ASKED, Known, Signals, Unknown
from trimtab.domain.finding import Abstention, Assessment, Finding, Recommendation, Verdict
from trimtab.domain.fleet import Account, Gap, Inventory, Snapshot
from trimtab.domain.price import Prices
from trimtab.domain.price_table import SHIPPED
from trimtab.domain.sighting import Line, Sighting
from trimtab.domain.terms import Mode
from trimtab.flows import answers
from trimtab.flows.answers import AnswerStore
from trimtab.flows.because import because
from trimtab.flows.because import reason as reason_of
from trimtab.pipeline.evaluate import evaluate, tag_caveats
from trimtab.pipeline.inventory import Cut, inventory
from trimtab.pipeline.signals.kept import KeptAnswers
from trimtab.pipeline.signals.needs import Needs
from trimtab.policy.catalog import TAGS
from trimtab.policy.derive import evidence_for
from trimtab.policy.evaluate import Judgement, in_scope, judge
from trimtab.policy.fleet_rules import is_unmanaged
from trimtab.policy.model import Bundle, Policy, Selection
from trimtab.ports import Clock, Fleet, FunctionSource

PLACE_UNKNOWN = (
    "the policy asks for organizational units, and those of the account are not known: scan with "
    "--organization, or name them in the accounts file"
)
COST = "cost.usd_month"
AN_OPEN_END = "the listing was not read to its end: scan again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What looking needs from outside."""

    fleet: Fleet
    bundle: Bundle
    clock: Clock
    answers: AnswerStore | None = None
    """Where answers wait that hold for days; None: everything is asked."""
    explains_all: bool = True
    """Whether also a verdict that is no finding says why: it costs time, and room in the answer."""
    prices: Prices = SHIPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One target, and what is known of its account."""

    target: Target
    account: Account
    is_placed: bool
    """Whether the account's OUs are known; else policies that ask for them are not judged."""


InTurn = Callable[[Callable[[Place], Sighting], Sequence[Place]], Iterable[Sighting]]
"""Runs a function on many places, as `map` does, in whatever order they are done."""


def sweep(places: Sequence[Place], bench: Bench, *, in_turn: InTurn = map) -> Iterator[Sighting]:
    """Look at every place, and yield each as soon as it is judged."""
    yield from in_turn(lambda place: look(place, bench), places)


def look(place: Place, bench: Bench) -> Sighting:
    """Read and judge one target to its end; a failure is a gap, never an end (S8)."""
    target, account = place.target, place.account
    unplaced = _unplaced(place, bench.bundle)
    policies = tuple(p for p in bench.bundle.policies if p not in unplaced)
    bundle = replace(bench.bundle, policies=policies)
    try:
        kept = _kept(target, bench)
        read = read_target(
            target,
            account,
            bench.fleet.open(target),
            bundle,
            clock=bench.clock,
            prices=bench.prices,
            kept=kept,
        )
        if bench.answers is not None:
            answers.save(target, kept, bench.answers)
    except OutsideError as error:
        gap = _gap(target, "target", str(error))
        return _sighting(
            place,
            Inventory(target=target, as_of=bench.clock.now(), snapshots=(), gaps=(gap,)),
            (),
            by_id={},
        )
    part = evaluate(read, account=account, bundle=bundle, now=bench.clock.now())
    snapshots = {snapshot.function: snapshot for snapshot in read.snapshots}
    findings = {(f.function, f.policy_id): f for f in part.findings}
    by_id = {policy.id: policy for policy in policies}
    lines = [
        _line(
            verdict,
            findings.get((verdict.function, verdict.policy_id)),
            by_id[verdict.policy_id],
            snapshots[verdict.function],
            place,
            explains_all=bench.explains_all,
        )
        for verdict in part.verdicts
    ]
    lines += [_unplaced_line(s, policy) for s in read.snapshots for policy in unplaced]
    lines.sort(key=lambda line: (line.function, line.policy_id))
    seen = _sighting(place, read, lines, by_id=by_id)
    return replace(seen, caveats=tag_caveats(read, bench.bundle.policies, now=bench.clock.now()))


def _kept(target: Target, bench: Bench) -> KeptAnswers:
    now = bench.clock.now()
    return (
        KeptAnswers(at=now)
        if bench.answers is None
        else answers.load(target, bench.answers, at=now)
    )


def read_target(
    target: Target,
    account: Account,
    source: FunctionSource,
    bundle: Bundle,
    *,
    clock: Clock,
    prices: Prices,
    only: FunctionArn | None = None,
    kept: KeptAnswers | None = None,
) -> Inventory:
    """Read one target, or one function of it, in one slice: nothing limits the time, and one slice
    makes the fewest calls. What fails is a gap.
    """
    read = inventory(
        target,
        source,
        Needs(
            policies=bundle.policies,
            account=account,
            owner_tags=bundle.owners.tags,
            changing=frozenset(),
            only_looks=True,
            runtimes=bundle.runtimes,
        ),
        clock=clock,
        is_unmanaged=is_unmanaged(bundle.fleet, account.id, account.organizational_units),
        cut=Cut(at_most=sys.maxsize, only=only),
        kept=kept,
        prices=prices,
    )
    if read.next_marker is None:
        return read
    return replace(read, gaps=(_gap(target, "listing", AN_OPEN_END), *read.gaps))


def explained(policy: Policy, snapshot: Snapshot, account: Account) -> Judgement:
    """Judge one function again, for the tree of conditions behind the verdict."""
    return judge(
        policy, snapshot.over(policy.lookback), applies=applies_to(policy, snapshot, account)
    )


def applies_to(policy: Policy, snapshot: Snapshot, account: Account) -> bool | None:
    return in_scope(
        policy,
        account=account.id,
        organizational_units=account.organizational_units,
        region=snapshot.function.region,
        tags=snapshot.signals.get(TAGS, NOT_ASKED),
    )


def _line(
    verdict: Verdict,
    finding: Finding | None,
    policy: Policy,
    snapshot: Snapshot,
    place: Place,
    *,
    explains_all: bool,
) -> Line:
    exemption = None if finding is None else finding.suppressed_by
    advice = None if finding is None else finding.advice
    why = ""
    if verdict.assessment is Assessment.INSUFFICIENT_DATA:
        why = why_unknown((name, snapshot.over(policy.lookback)) for name in verdict.missing)
    elif finding is not None:
        why = reason_of(finding.explanation, True)
    elif explains_all:
        judgement = explained(policy, snapshot, place.account)
        why = because(judgement, applies=applies_to(policy, snapshot, place.account))
    return Line(
        function=verdict.function,
        policy_id=policy.id,
        severity=policy.severity,
        assessment=verdict.assessment,
        because=why,
        missing=verdict.missing,
        suppressed_until=None if exemption is None else exemption.ends_at,
        suppressed_why="" if exemption is None else exemption.why,
        suppressed_by="" if exemption is None else exemption.who,
        saving=advice.saving if isinstance(advice, Recommendation) else None,
        not_proposed=advice.reason if isinstance(advice, Abstention) else "",
        mode=Mode.OBSERVE if finding is None else finding.mode,
    )


def why_unknown(missing: Iterable[tuple[str, Signals]]) -> str:
    """Say why signals are unknown, each reason once with the signals it keeps from us."""
    by_reason: dict[str, dict[str, None]] = {}
    for name, signals in missing:
        evidence = evidence_for(name, signals)
        reason = evidence.reason if isinstance(evidence, Unknown) else "it is no value"
        by_reason.setdefault(reason, {})[name] = None
    return "; ".join(f"{', '.join(found)}: {why}" for why, found in by_reason.items())


def asks_for_units(policy: Policy) -> bool:
    return policy.scope.organizational_units != Selection()


def _unplaced(place: Place, bundle: Bundle) -> tuple[Policy, ...]:
    if place.is_placed:
        return ()
    return tuple(p for p in bundle.policies if asks_for_units(p))


def _unplaced_line(snapshot: Snapshot, policy: Policy) -> Line:
    return Line(
        function=snapshot.function,
        policy_id=policy.id,
        severity=policy.severity,
        assessment=Assessment.INSUFFICIENT_DATA,
        because=PLACE_UNKNOWN,
        missing=(),
        suppressed_until=None,
    )


def _sighting(
    place: Place, read: Inventory, lines: Sequence[Line], *, by_id: Mapping[str, Policy]
) -> Sighting:
    return Sighting(
        target=place.target,
        account_name=place.account.name,
        as_of=read.as_of,
        functions=len(read.snapshots),
        lines=tuple(lines),
        gaps=tuple(dict.fromkeys((*read.gaps, *_open_functions(lines, read, by_id)))),
        calls=read.calls,
        asked=read.asked,
        spared=read.spared,
        usd_month=_costs(read, by_id.values()),
    )


def _costs(read: Inventory, policies: Iterable[Policy]) -> Mapping[str, float]:
    """Return what is known of the cost of each function: what was not asked stays unknown. Over the
    lookback of a change where there is one, so that a cost and a saving are of the same days.
    """
    lookbacks = sorted({policy.lookback for policy in policies if policy.change is not None})
    found: dict[str, float] = {}
    for snapshot in read.snapshots:
        views = (*(snapshot.over(lookback) for lookback in lookbacks), snapshot.signals)
        costs = (view.get(COST) for view in views)
        cost = next((cost for cost in costs if isinstance(cost, Known)), None)
        if cost is not None:
            found[str(snapshot.function)] = cost.value
    return found


def _open_functions(
    lines: Sequence[Line], read: Inventory, by_id: Mapping[str, Policy]
) -> tuple[Gap, ...]:
    """Name every function that is not judged for want of data, with the policies: also one that
    another gap names, which says what could not be read and not what hangs on it.
    """
    snapshots = {str(snapshot.function): snapshot for snapshot in read.snapshots}
    open_lines: dict[str, list[Line]] = {}
    for line in lines:
        if line.assessment is Assessment.INSUFFICIENT_DATA:
            open_lines.setdefault(str(line.function), []).append(line)
    return tuple(
        _gap(
            read.target,
            "not judged by " + ", ".join(line.policy_id for line in found),
            _why_open(found, snapshots[function], by_id),
            function,
        )
        for function, found in open_lines.items()
    )


def _why_open(lines: Sequence[Line], snapshot: Snapshot, by_id: Mapping[str, Policy]) -> str:
    """Join the reasons of several policies, each once."""
    missing = [
        (name, snapshot.over(by_id[line.policy_id].lookback))
        for line in lines
        for name in line.missing
    ]
    others = [line.because for line in lines if not line.missing]
    said = [why_unknown(missing)] if missing else []
    return "; ".join(dict.fromkeys([*said, *others]))


def _gap(target: Target, what: str, error: str, function: str | None = None) -> Gap:
    return Gap(
        account=target.account, region=target.region, what=what, error=error, function=function
    )
