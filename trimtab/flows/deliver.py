"""What is Security Hub told of one target after a run? Only what differs from what it knows.

Safe to repeat: what it took is written down after each batch, and telling it twice changes nothing.
State alone is read here, and no decision about a function hangs on it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from trimtab.domain.arn import Target
from trimtab.domain.delivery import Told, ToldOfTarget, as_told, is_due, is_over
from trimtab.domain.errors import InputError, NotFoundError, OutsideError, RetryableError
from trimtab.domain.life import FindingLife, TargetFindings
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import keys
from trimtab.pipeline.record import record_delivery
from trimtab.policy.model import SecurityHubTerms
from trimtab.ports import Clock, Ledger, RunStore, SecurityHub

AT_ONCE = 100
"""Findings between two notes of what was taken: as many as one call takes."""
NAMED = 20
"""How many refused findings the record names; it counts them all."""

Write = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What telling Security Hub needs from outside."""

    store: RunStore
    ledger: Ledger
    terms: SecurityHubTerms | None
    owner: Callable[[Target], str]
    """Asks which account's Security Hub is told of a target."""
    enter: Callable[[Target], SecurityHub]
    """Raises: AccessDeniedError when its account does not let us in."""
    write: Write
    """Says a finding in the format of Security Hub."""
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of telling Security Hub of one target."""

    imported: int = 0
    archived: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why it would not take a finding, by the id of the record; each is sent again next time."""
    gap: str | None = None
    """Why it could not be told at all, or not to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    life: FindingLife
    told: Told


def deliver(message: Mapping[str, Any], bench: Bench) -> Delivery:
    """Tell Security Hub what is new of one target, and put on record what came of it.

    A message of a run that a later one has overtaken is passed over: the later one has its own.

    Raises: InputError for a message that is none of ours; NotFoundError when nothing is remembered
    of the target (S30); RetryableError when it should be tried again.
    """
    run_id, target = _read(message)
    lives = from_wire(TargetFindings, bench.store.get(keys.lives(target)))
    if bench.terms is None or lives.run_id != run_id:
        return Delivery()
    owner = bench.owner(target)
    before = _told_before(target, owner, bench.store)
    due = [d for d in _all(lives, bench.terms) if is_due(d.told, before.findings.get(d.life.id))]
    refused: Mapping[str, str] = {}
    gap = None
    try:
        refused = _tell(due, before, lives, bench)
    except RetryableError:
        raise
    except OutsideError as error:
        gap = str(error)
    after = _told_before(target, owner, bench.store)
    now = [told for told in after.findings.values() if told.at == lives.as_of]
    archived = sum(told.is_archived for told in now)
    done = Delivery(imported=len(now) - archived, archived=archived, refused=refused, gap=gap)
    if done != Delivery():
        _record(run_id, target, done, bench)
    return done


def _read(message: Mapping[str, Any]) -> tuple[str, Target]:
    given = [message.get(name) for name in ("run_id", "account", "region")]
    run_id, account, region = (g if isinstance(g, str) else "" for g in given)
    if not (run_id and account and region):
        raise InputError(f"{sorted(message)} is no delivery: it needs run_id, account and region")
    return run_id, Target(account=account, region=region)


def _told_before(target: Target, owner: str, store: RunStore) -> ToldOfTarget:
    """Return what the Security Hub of this account took; another account was told nothing."""
    nothing = ToldOfTarget(target=target, owner=owner, findings={})
    try:
        stored = from_wire(ToldOfTarget, store.get(keys.sent(target)))
    except NotFoundError:
        return nothing
    return stored if stored.owner == owner else nothing


def _all(lives: TargetFindings, terms: SecurityHubTerms) -> Iterator[_Due]:
    """Yield each finding as Security Hub should have it: archived when it is over, exempt, or not
    to be told.
    """
    for life in lives.findings:
        is_wanted = terms.admit(policy_id=life.policy_id, severity=life.severity)
        is_archived = not (is_wanted and life.is_active) or life.is_suppressed(at=lives.as_of)
        yield _Due(life=life, told=as_told(life, is_archived=is_archived, at=lives.as_of))


def _tell(
    due: Sequence[_Due], before: ToldOfTarget, lives: TargetFindings, bench: Bench
) -> Mapping[str, str]:
    """Tell what is due, noting after each batch what was taken; return what was not."""
    refused: dict[str, str] = {}
    if not due:
        return refused
    after = _without_forgotten(before, lives)
    hub = bench.enter(lives.target)
    for start in range(0, len(due), AT_ONCE):
        some = due[start : start + AT_ONCE]
        records = {d.life.id: _written(d, before.owner, lives.as_of, bench.write) for d in some}
        answer = hub.bring_in(list(records.values()))
        refused |= answer
        after = after.has_taken(
            {d.life.id: d.told for d in some if records[d.life.id]["Id"] not in answer}
        )
        bench.store.put(keys.sent(lives.target), to_wire(after))
    return refused


def _written(due: _Due, owner: str, at: datetime, write: Write) -> Mapping[str, Any]:
    return write(due.life, owner=owner, updated_at=at, is_archived=due.told.is_archived)


def _without_forgotten(before: ToldOfTarget, lives: TargetFindings) -> ToldOfTarget:
    remembered = {life.id for life in lives.findings}
    kept = {
        name: one
        for name, one in before.findings.items()
        if name in remembered or not is_over(one, at=lives.as_of)
    }
    return replace(before, findings=kept)


def _record(run_id: str, target: Target, done: Delivery, bench: Bench) -> None:
    data = {
        "imported": done.imported,
        "archived": done.archived,
        "refused": len(done.refused),
        "reasons": dict(sorted(done.refused.items())[:NAMED]),
        "gap": done.gap,
    }
    record_delivery(run_id, str(target), data, bench.ledger, at=bench.clock.now())
