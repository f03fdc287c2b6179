"""What would a run propose today? The stages of a deployed run up to the plan; nothing is stored.

A preview knows of no earlier run: nothing rests, nothing is open and nothing is frozen.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trimtab.domain.arn import FunctionArn
from trimtab.domain.errors import OutsideError
from trimtab.domain.evidence import NOT_ASKED, Known
from trimtab.domain.finding import Assessment, Finding, Recommendation, Saving, Verdict
from trimtab.domain.fleet import Gap, Inventory
from trimtab.domain.freeze import Freeze
from trimtab.domain.plan import Disposition, Plan
from trimtab.domain.run import Part
from trimtab.domain.terms import Mode
from trimtab.flows.scan import changing, unread
from trimtab.flows.sweep import (
    AN_OPEN_END,
    PLACE_UNKNOWN,
    Bench,
    Place,
    asks_for_units,
    why_unknown,
)
from trimtab.pipeline.evaluate import evaluate
from trimtab.pipeline.inventory import Cut, inventory
from trimtab.pipeline.plan import OWN_NAMES, Setting, plan
from trimtab.pipeline.signals.needs import OWNER, Needs
from trimtab.policy.fleet_rules import effective_mode, is_unmanaged
from trimtab.policy.model import Bundle

NO_RUN = "preview"
"""Stands where a run and a hub would be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One place, read and judged."""

    part: Part
    unjudged: tuple[Gap, ...] = ()


InTurn = Callable[[Callable[[Place], _Look], Sequence[Place]], Iterable[_Look]]
"""Runs a function on many places, as `map` does, in whatever order they are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a run would do about every finding, and how much it rests on."""

    plan: Plan
    functions: int
    verdicts: Mapping[Assessment, int]
    unjudged: tuple[Gap, ...]
    """The functions that some policy could not judge, and why: no change hangs on them."""
    below_ceiling: tuple[Saving, ...]
    """What changes would save that nothing known but a ceiling holds back, one for each finding."""


def preview(
    places: Sequence[Place], gaps: Sequence[Gap], bench: Bench, *, in_turn: InTurn = map
) -> Preview:
    """Read and judge every place as a run would, and plan; `gaps` are those found before."""
    looks = sorted(in_turn(lambda place: _look(place, bench), places), key=lambda x: x.part.target)
    parts = [look.part for look in looks]
    made = plan(
        parts,
        Setting(
            run_id=NO_RUN,
            hub_id=NO_RUN,
            bundle=bench.bundle,
            missing=(),
            discovery_gaps=tuple(gaps),
            last_read={},
            memory={},
            freeze=Freeze(),
            now=bench.clock.now(),
        ),
    )
    return Preview(
        plan=made,
        functions=sum(part.functions for part in parts),
        verdicts=Counter(v.assessment for part in parts for v in part.verdicts),
        unjudged=tuple(gap for look in looks for gap in look.unjudged),
        below_ceiling=_below_ceiling(made, bench.bundle),
    )


def _below_ceiling(made: Plan, bundle: Bundle) -> tuple[Saving, ...]:
    """Return the savings that a ceiling of approve would let a run look into.

    Who owns a function, its state and its aliases are read only where a change may follow; what is
    known of them without is heeded here.
    """
    open_fleet = replace(bundle.fleet, ceilings={}, default_mode=Mode.AUTO)
    allowed = {
        policy.id
        for policy in bundle.policies
        if effective_mode(policy, open_fleet, bundle.guardrails, ())[0].rank >= Mode.APPROVE.rank
    }
    findings = (
        item.finding
        for item in made.items
        if item.disposition in (Disposition.OBSERVED, Disposition.TICKETED)
    )
    return tuple(
        one.advice.saving
        for one in findings
        if isinstance(one.advice, Recommendation)
        and one.policy_id in allowed
        and one.mode.rank < Mode.APPROVE.rank
        and not _is_known_to_stay(one)
    )


def _is_known_to_stay(finding: Finding) -> bool:
    """Tell whether what is known already would make a ticket of a change, and no proposal."""
    owner = finding.signals.get(OWNER, NOT_ASKED)
    return (
        finding.function.name.startswith(OWN_NAMES)
        or finding.listed.unknown_kind is not None
        or (isinstance(owner, Known) and owner.value != "none")
    )


def _look(place: Place, bench: Bench) -> _Look:
    """Read one target to its end; a failure is a gap, never an end (S8)."""
    target, account, bundle = place.target, place.account, bench.bundle
    hidden = () if place.is_placed else tuple(p for p in bundle.policies if asks_for_units(p))
    seen = replace(bundle, policies=tuple(p for p in bundle.policies if p not in hidden))
    try:
        read = inventory(
            target,
            bench.fleet.open(target),
            Needs(
                policies=seen.policies,
                account=account,
                owner_tags=bundle.owners.tags,
                changing=changing(account, seen),
                runtimes=bundle.runtimes,
            ),
            clock=bench.clock,
            is_unmanaged=is_unmanaged(bundle.fleet, account.id, account.organizational_units),
            cut=Cut(at_most=sys.maxsize),
            prices=bench.prices,
        )
    except OutsideError as error:
        return _Look(part=unread(target, error, at=bench.clock.now()))
    part = evaluate(read, account=account, bundle=seen, now=bench.clock.now())
    lost = [PLACE_UNKNOWN] * bool(hidden) + [AN_OPEN_END] * (read.next_marker is not None)
    gaps = tuple(
        Gap(account=target.account, region=target.region, what="policies", error=why)
        for why in lost
    )
    return _Look(part=replace(part, gaps=(*part.gaps, *gaps)), unjudged=_unjudged(part, read, seen))


def _unjudged(part: Part, read: Inventory, bundle: Bundle) -> tuple[Gap, ...]:
    """Name every function that some policy could not judge, once."""
    snapshots = {snapshot.function: snapshot for snapshot in read.snapshots}
    lookbacks = {policy.id: policy.lookback for policy in bundle.policies}
    found: dict[FunctionArn, list[Verdict]] = {}
    for verdict in part.verdicts:
        if verdict.assessment is Assessment.INSUFFICIENT_DATA:
            found.setdefault(verdict.function, []).append(verdict)
    return tuple(
        Gap(
            account=function.account,
            region=function.region,
            what="not judged by " + ", ".join(verdict.policy_id for verdict in verdicts),
            error=why_unknown(
                (name, snapshots[function].over(lookbacks[verdict.policy_id]))
                for verdict in verdicts
                for name in verdict.missing
            ),
            function=str(function),
        )
        for function, verdicts in found.items()
    )
