"""What must hold after every step of a storm? One function per invariant, named after its number.

Each takes a World and returns what is wrong, in words. They look at the fakes from behind, never
through the product's own eyes. Those about a single write are in `effects`; those that only an end
can show are in `endings`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.storm.effects import EFFECTS, is_undo, s27_the_limits_over_many_runs_hold
from tests.storm.outside import Effect, Foreign
from tests.storm.world import World
from trimtab.domain.approval import RoundStatus, SignedDecision
from trimtab.domain.arn import FunctionArn
from trimtab.domain.ledger import Entry, chain_faults, entry_hash
from trimtab.flows import keys

FINAL = frozenset(
    {
        RoundStatus.REJECTED,
        RoundStatus.EXPIRED,
        RoundStatus.STALE,
        RoundStatus.NOT_WRITTEN,
        RoundStatus.UNDONE,
        RoundStatus.REVERTED,
    }
)
"""Statuses that a round never leaves; VERIFIED, UNPROVEN and UNDO_STOPPED may be undone later."""


@dataclass(slots=True)
class Seen:
    """What was looked at after earlier steps, so that each step looks at what is new."""

    effects: int = 0
    runs: set[str] = field(default_factory=set)
    attempts: int = 0
    writers: dict[FunctionArn, list[int]] = field(default_factory=dict)
    """Function -> the invocations that wrote to it, in order."""
    chains: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    """Chain -> the entries that were checked."""
    decisions: dict[tuple[str, int], SignedDecision] = field(default_factory=dict)
    ended: dict[tuple[str, int], RoundStatus] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    """Chains that grew since the last step."""
    things: dict[FunctionArn, int] = field(default_factory=dict)
    """Function -> how much had happened to it."""
    lost: bool = False
    """Somebody removed a lock from the state table."""
    forged: set[tuple[str, int]] = field(default_factory=set)
    """Rounds that somebody rewrote in the state table: what the table says of them is theirs."""


def s03_a_round_is_decided_once(world: World, seen: Seen) -> Iterable[str]:
    """A decision that stands is never replaced, and the ledger has one for each round."""
    for key, record in world.raw.desk._rounds.items():
        if key in seen.forged or record.decision is None:
            continue
        before = seen.decisions.setdefault(key, record.decision)
        if before != record.decision:
            yield f"{key}: {before.decision.word} became {record.decision.decision.word}"
    for key, entries in _rounds_on_record(world, seen).items():
        if sum(e.event == "decided" for e in entries) > 1:
            yield f"{key}: decided more than once on record"


def s06_at_most_one_effective_change(world: World, seen: Seen) -> Iterable[str]:
    """Each value is written once per round and direction, unless somebody else was at it between;
    and nothing is written forward again once it was taken back.
    """
    for function, things in world.happened.by_function.items():
        if seen.things.get(function) == len(things):
            continue
        seen.things[function] = len(things)
        written: Counter[tuple[Any, ...]] = Counter()
        undone: set[str] = set()
        for thing in things:
            if isinstance(thing, Foreign):
                if thing.is_visible:
                    written.clear()
                continue
            direction = is_undo(thing)
            if direction:
                undone.add(thing.session)
            elif thing.session in undone:
                yield f"{thing.session} was written again after it had been taken back: {function}"
            for what in _changes(thing):
                key = (thing.session, direction, *what)
                written[key] += 1
                if written[key] > 1:
                    yield f"{thing.session} changed {what} of {function} {written[key]} times"


def _changes(effect: Effect) -> Iterable[tuple[Any, ...]]:
    if effect.before.latest["MemorySize"] != effect.after.latest["MemorySize"]:
        yield ("memory",)
    if effect.before.versions.keys() != effect.after.versions.keys():
        yield ("version",)
    for name, now in effect.after.aliases.items():
        was = effect.before.aliases.get(name)
        if was is not None and was != now:
            yield ("alias" if was[0] != now[0] else "weight", name)


def s17_every_chain_is_whole(world: World, seen: Seen) -> Iterable[str]:
    """Checks what is new, and that what was checked before still is the very same."""
    ledger = world.raw.ledger
    for chain in seen.fresh | seen.chains.keys():
        entries, head = tuple(ledger._entries.get(chain, ())), ledger._heads.get(chain)
        before = seen.chains.get(chain, ())
        if len(entries) < len(before) or any(a is not b for a, b in zip(before, entries)):  # noqa: B905
            yield f"{chain}: what was there is not there any more"
        elif not before:
            yield from (f"{chain}: {f.what}" for f in chain_faults(entries, head))
        else:
            last = before[-1].hash
            for entry in entries[len(before) :]:
                if entry.previous_hash != last or entry.hash != entry_hash(entry):
                    yield f"{chain}: entry {entry.seq} does not fit"
                last = entry.hash
            if head is None or (head.seq, head.hash) != (len(entries), last):
                yield f"{chain}: its head says otherwise"
        seen.chains[chain] = entries


def s19_one_open_change_per_function(world: World, seen: Seen) -> Iterable[str]:
    """And whoever has one holds its lock; without locks nobody can tell until they are mended."""
    if seen.lost:
        return
    held: dict[FunctionArn, list[str]] = defaultdict(list)
    for key, record in world.raw.desk._rounds.items():
        if record.status.is_open and key not in seen.forged:
            held[record.remediation.function].append(record.remediation.execution_name)
    for function, names in held.items():
        if len(names) > 1:
            yield f"{function} has {len(names)} open changes: {names}"
        lock = world.raw.desk.lock_of(str(function))
        if lock not in names and not seen.forged:
            yield f"{function}: {names} are open, its lock is held by {lock}"


def s19_one_writer_at_a_time(world: World, seen: Seen) -> Iterable[str]:
    """Two invocations never take turns in writing to a function."""
    attempts = world.happened.attempts
    fresh, seen.attempts = attempts[seen.attempts :], len(attempts)
    for attempt in fresh:
        writers = seen.writers.setdefault(attempt.function, [])
        if writers and writers[-1] == attempt.process:
            continue
        if attempt.process in writers:
            yield f"{attempt.function}: invocations {writers[-1]} and {attempt.process} took turns"
        writers.append(attempt.process)


def s24_the_counts_add_up(world: World, seen: Seen) -> Iterable[str]:
    """Every run that was planned says the same in the ledger and in its object."""
    for run in world.happened.runs:
        if run in seen.runs:
            continue
        entries = world.raw.ledger._entries.get(f"run#{run}", ())
        planned = next((e for e in entries if e.event == "planned"), None)
        if planned is None:
            continue
        seen.runs.add(run)
        yield from (f"{run}: {fault}" for fault in planned.data["faults"])
        text = world.raw.store._texts.get(keys.counts(run))
        if text is not None and world.raw.store.get(keys.counts(run)) != planned.data["counts"]:
            yield f"{run}: its object counts otherwise than its record"


def s25_what_ended_stays_ended(world: World, seen: Seen) -> Iterable[str]:
    """No round leaves an end, and what was rejected or taken back is not proposed again."""
    for key, record in world.raw.desk._rounds.items():
        if key in seen.forged:
            continue
        was = seen.ended.get(key)
        if was is not None and record.status is not was:
            yield f"{key} was {was.value} and is {record.status.value}"
        if record.status in FINAL:
            seen.ended[key] = record.status
    for chain in seen.fresh:
        if _is_proposed_after_no(world.raw.ledger._entries[chain]):
            yield f"{chain} was proposed again after a no"


def _is_proposed_after_no(entries: Sequence[Entry]) -> bool:
    withdrawn = {e.data["run_id"] for e in entries if e.event == "withdrawn"}
    no_at = None
    for entry in entries:
        if entry.event == "proposed" and no_at is not None and entry.at > no_at:
            if entry.data["remediation"]["run_id"] not in withdrawn:
                return True
        elif entry.event == "allowed":
            no_at = None
        elif entry.event == "undone" or _is_rejection(entry):
            no_at = entry.at
    return False


def _is_rejection(entry: Entry) -> bool:
    if entry.event != "decided":
        return False
    return bool(entry.data["signed"]["decision"]["word"] == "rejected")


def _rounds_on_record(world: World, seen: Seen) -> Mapping[tuple[str, int], Sequence[Entry]]:
    found: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    for chain in seen.fresh:
        for entry in world.raw.ledger._entries[chain]:
            if "round" in entry.data:
                found[chain, entry.data["round"]].append(entry)
    return found


ALWAYS: tuple[Callable[[World, Seen], Iterable[str]], ...] = (
    s03_a_round_is_decided_once,
    s06_at_most_one_effective_change,
    s17_every_chain_is_whole,
    s19_one_open_change_per_function,
    s19_one_writer_at_a_time,
    s24_the_counts_add_up,
    s25_what_ended_stays_ended,
)


def broken(world: World, seen: Seen) -> list[str]:
    """Return everything that does not hold by now."""
    found = []
    effects = world.happened.effects
    for effect in effects[seen.effects :]:
        for law in EFFECTS:
            if law is s27_the_limits_over_many_runs_hold and seen.forged:
                continue  # whoever forges ends in the state table frees slots
            found += [f"{law.__name__}: {fault}" for fault in law(effect, world)]
    seen.effects = len(effects)
    seen.fresh = {
        chain
        for chain, entries in world.raw.ledger._entries.items()
        if len(seen.chains.get(chain, ())) != len(entries)
    }
    for rule in ALWAYS:
        found += [f"{rule.__name__}: {fault}" for fault in rule(world, seen)]
    return found + [f"our bug: {bug}" for bug in world.happened.bugs]
