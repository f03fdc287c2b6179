"""How is one target scanned? Inventory and evaluate, slice by slice; each slice is stored as a
part.
"""

from dataclasses import dataclass
from datetime import datetime

from trimtab.domain.arn import Target
from trimtab.domain.errors import NotFoundError, OutsideError
from trimtab.domain.fleet import Account, Gap, Inventory, Targets
from trimtab.domain.run import Part
from trimtab.domain.terms import Mode
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import answers, keys
from trimtab.flows.prices import prices_of_run
from trimtab.pipeline.evaluate import evaluate
from trimtab.pipeline.inventory import Cut, inventory
from trimtab.pipeline.signals.needs import Needs
from trimtab.policy.fleet_rules import effective_mode, is_unmanaged
from trimtab.policy.model import Bundle
from trimtab.ports import Clock, Fleet, MemoryRecords, RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where to go on with a target when an invocation ran out of time."""

    marker: str
    part: int
    """The number of the next part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What scanning needs from outside."""

    fleet: Fleet
    store: RunStore
    records: MemoryRecords
    bundle: Bundle
    clock: Clock


def scan(run_id: str, target: Target, cursor: Cursor | None, bench: Bench) -> Cursor | None:
    """Read, judge and store one slice of a target; None when the target was read to its end."""
    account = account_of(run_id, target, bench.store)
    number = 1 if cursor is None else cursor.part
    try:
        part, marker = _slice(
            run_id, target, None if cursor is None else cursor.marker, account, bench
        )
    except OutsideError as error:
        part, marker = unread(target, error, at=bench.clock.now()), None
    bench.store.put(keys.part(run_id, target, number), to_wire(part))
    return None if marker is None else Cursor(marker=marker, part=number + 1)


def account_of(run_id: str, target: Target, store: RunStore) -> Account:
    """Return what discover found of the account of a target.

    Raises: NotFoundError when this run did not discover it: an event is a hint (S30).
    """
    found = from_wire(Targets, store.get(keys.targets(run_id)))
    for account in found.accounts:
        if account.id == target.account and target in found.targets:
            return account
    raise NotFoundError(f"run {run_id} did not discover {target}: start a new run")


def _slice(
    run_id: str, target: Target, marker: str | None, account: Account, bench: Bench
) -> tuple[Part, str | None]:
    kept = answers.load(target, bench.store, at=bench.clock.now())
    read: Inventory = inventory(
        target,
        bench.fleet.open(target),
        Needs(
            policies=bench.bundle.policies,
            account=account,
            owner_tags=bench.bundle.owners.tags,
            changing=changing(account, bench.bundle),
            runtimes=bench.bundle.runtimes,
        ),
        clock=bench.clock,
        is_unmanaged=is_unmanaged(bench.bundle.fleet, account.id, account.organizational_units),
        cut=Cut(marker=marker),
        kept=kept,
        prices=prices_of_run(run_id, bench.store),
        records=bench.records,
    )
    answers.save(target, kept, bench.store)
    part = evaluate(read, account=account, bundle=bench.bundle, now=bench.clock.now())
    return part, read.next_marker


def changing(account: Account, bundle: Bundle) -> frozenset[str]:
    """Return the policies that may go as far as a change in this account."""
    modes = {
        policy.id: effective_mode(
            policy, bundle.fleet, bundle.guardrails, account.organizational_units
        )[0]
        for policy in bundle.policies
    }
    return frozenset(name for name, mode in modes.items() if mode.rank >= Mode.APPROVE.rank)


def unread(target: Target, error: OutsideError, *, at: datetime) -> Part:
    """A target whose role cannot be assumed is a gap, and the run goes on (S8)."""
    gap = Gap(account=target.account, region=target.region, what="target", error=str(error))
    return Part(
        target=target,
        as_of=at,
        functions=0,
        verdicts=(),
        findings=(),
        gaps=(gap,),
        calls={},
        is_last=True,
    )
