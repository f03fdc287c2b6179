"""How does a run end? Its parts become one plan, open rounds, tickets, and a record that adds up.

Safe to repeat: the plan is stored before anything is opened, and a second call goes on with it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from trimtab.domain.arn import Target
from trimtab.domain.errors import NotFoundError
from trimtab.domain.finding import Guidance
from trimtab.domain.fleet import Targets
from trimtab.domain.plan import Disposition, Plan
from trimtab.domain.remediation import Remediation
from trimtab.domain.run import Part, RunCounts
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.flows.caveats import all_caveats
from trimtab.flows.life import Moment, keep_lives, looks, moment_of, remembered
from trimtab.flows.parts import read_parts
from trimtab.flows.people import pseudonymous
from trimtab.flows.tickets import tickets
from trimtab.pipeline.freeze import read_freeze
from trimtab.pipeline.plan import Setting, plan
from trimtab.pipeline.record import count, propose, record_run
from trimtab.policy.model import Bundle
from trimtab.ports import ApprovalDesk, Clock, Ledger, People, Queue, RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What planning a run needs from outside."""

    store: RunStore
    desk: ApprovalDesk
    ledger: Ledger
    queue: Queue
    deliveries: Queue
    """What Security Hub is to be told; used only where fleet.yaml says so."""
    people: People
    bundle: Bundle
    hub_id: str
    clock: Clock


def conclude(run_id: str, bench: Bench) -> tuple[RunCounts, tuple[Remediation, ...]]:
    """Plan a run whose targets were all scanned; return its counts and the changes it opened."""
    targets = from_wire(Targets, bench.store.get(keys.targets(run_id)))
    parts, gaps = read_parts(run_id, bench.store)
    made = _plan_once(run_id, replace(targets, gaps=(*targets.gaps, *gaps)), parts, bench)
    now = bench.clock.now()
    opened, refused = propose(made.remediations, bench.desk, bench.ledger, at=now)
    made = _without(made, refused)
    counts = count(targets, parts, made, policies=len(bench.bundle.policies))
    is_over = bool(bench.store.keys(keys.life(run_id)))
    if not is_over:
        _send_tickets(made, parts, bench)
    record_run(made, counts, bench.ledger, bundle_digest=bench.bundle.digest, at=now)
    if refused:
        bench.store.put(keys.plan(run_id), to_wire(made))
    bench.store.put(keys.guidance(run_id), _guidance(made, bench.bundle))
    bench.store.put(keys.caveats(run_id), to_wire(all_caveats(parts, bench.bundle, now=now)))
    bench.store.put(keys.counts(run_id), to_wire(counts))
    if not is_over:
        _outlive(run_id, targets, parts, made, bench)
    return counts, opened


def _outlive(
    run_id: str, targets: Targets, parts: Sequence[Part], made: Plan, bench: Bench
) -> None:
    """Bring what runs leave to one another up to this run, once: it is over when it is written."""
    said = looks(targets, parts, made.gaps, (p.id for p in bench.bundle.policies))
    moment = moment_of(run_id, parts, now=bench.clock.now())
    done = keep_lives(said, bench.store, moment)
    if bench.bundle.fleet.security_hub is not None:
        for target in remembered(bench.store):
            place = {"account": target.account, "region": target.region}
            bench.deliveries.send({"run_id": run_id, **place})
    bench.store.put(keys.LATEST, _latest(moment, parts, made, bench))
    bench.store.put_new(keys.life(run_id), to_wire(done))


def _guidance(made: Plan, bundle: Bundle) -> Mapping[str, object]:
    found = {i.finding.policy_id for i in made.items}
    said = {p.id: p.guidance for p in bundle.policies if p.id in found}
    return {name: to_wire(guidance) for name, guidance in said.items() if guidance != Guidance()}


def _plan_once(run_id: str, targets: Targets, parts: Sequence[Part], bench: Bench) -> Plan:
    """Return the one plan of a run: of two invocations at once, the first to store it wins.

    The other's was made from another moment: the changes opened meanwhile would be missing in it.
    """
    with suppress(NotFoundError):
        return from_wire(Plan, bench.store.get(keys.plan(run_id)))
    findings = [f for p in parts for f in p.findings]
    made = plan(
        parts,
        Setting(
            run_id=run_id,
            hub_id=bench.hub_id,
            bundle=bench.bundle,
            missing=missing_targets(targets, parts),
            discovery_gaps=targets.gaps,
            last_read=_last_read(bench.store),
            memory=bench.desk.memory(findings),
            freeze=read_freeze(bench.ledger),
            now=bench.clock.now(),
        ),
    )
    bench.store.put_new(keys.plan(run_id), to_wire(pseudonymous(made, bench.people)))
    return from_wire(Plan, bench.store.get(keys.plan(run_id)))


def _last_read(store: RunStore) -> Mapping[str, int]:
    try:
        return dict(store.get(keys.LATEST)["read"])
    except NotFoundError:
        return {}


def _latest(
    moment: Moment, parts: Sequence[Part], made: Plan, bench: Bench
) -> Mapping[str, object]:
    """Keep how many functions each target had in its last *full* read; a gap keeps the old
    figure.
    """
    gaps = {f"{g.account}/{g.region}" for g in made.gaps}
    read: Counter[str] = Counter()
    for part in parts:
        read[str(part.target)] += part.functions
    full = {t: n for t, n in read.items() if t not in gaps}
    return {
        "run_id": moment.run_id,
        "as_of": to_wire(moment.at),
        "read": {**_last_read(bench.store), **full},
    }


def _without(made: Plan, refused: Mapping[str, str]) -> Plan:
    """Turn a change whose function was taken meanwhile into 'already open'."""
    items = tuple(
        replace(
            i, disposition=Disposition.ALREADY_OPEN, reason=refused[r.change_id], remediation=None
        )
        if (r := i.remediation) is not None and r.change_id in refused
        else i
        for i in made.items
    )
    return replace(made, items=items)


def _send_tickets(made: Plan, parts: Sequence[Part], bench: Bench) -> None:
    try:
        open_before: Mapping[str, str] = bench.store.get(keys.OPEN_TICKETS)
    except NotFoundError:
        open_before = {}
    messages, open_after = tickets(made, parts, open_before, bench.bundle.policies)
    for message in messages:
        bench.queue.send(message)
    bench.store.put(keys.OPEN_TICKETS, open_after)


def missing_targets(targets: Targets, parts: Sequence[Part]) -> tuple[Target, ...]:
    """Return the targets of the manifest that left no complete result."""
    complete = {p.target for p in parts if p.is_last}
    return tuple(t for t in targets.targets if t not in complete)
