"""What must hold after every step of a storm? One function per invariant, named after its number.

Each takes a World and returns what is wrong, in words. They look at the fakes from behind, never
through the product's own eyes. Those that only an end can show are in `endings`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.people import FakeVerifier
from tests.storm.outside import Effect, Foreign
from tests.storm.world import World
from trimtab.domain.approval import DecisionWord, RoundStatus, SignedDecision
from trimtab.domain.arn import FunctionArn
from trimtab.domain.freeze import standing
from trimtab.domain.ledger import Entry, chain_faults, entry_hash
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import status_after
from trimtab.domain.slots import DAY
from trimtab.domain.terms import Direction
from trimtab.domain.wire import from_wire
from trimtab.flows import keys

OURS = frozenset(
    {"MemorySize", "Description", "Version", "FunctionArn", "RevisionId", "LastModified"}
)
"""What a version that we published may differ in from the one that was served before."""
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
    chains: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Chain -> entries checked, and the hash of the last one."""
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


def is_undo(effect: Effect) -> bool:
    """Tell the direction of an effect by the ledger: what was begun last is what goes on."""
    for entry in reversed(of_round(effect)):
        if entry.event == "undo_step_intended":
            return True
        if entry.event == "forward_step_intended":
            return False
    return effect.payload.get("direction") == "undo"


def round_of(effect: Effect) -> int:
    return int(effect.session.rsplit("-r", 1)[1])


def of_round(effect: Effect) -> tuple[Entry, ...]:
    return tuple(e for e in effect.entries if e.data.get("round") == round_of(effect))


def remediation_of(effect: Effect) -> Remediation | None:
    found = [e for e in of_round(effect) if e.event == "proposed"]
    return from_wire(Remediation, found[-1].data["remediation"]) if found else None


def s01_only_what_was_approved_is_written(effect: Effect, world: World) -> Iterable[str]:
    """A signed yes of somebody who was asked is on record, and the values are those of it."""
    change = remediation_of(effect)
    if change is None:
        yield f"{effect.session} wrote to {effect.function} without a proposal on record"
        return
    decided = [e for e in of_round(effect) if e.event == "decided"]
    if not decided:
        yield f"{effect.session} wrote to {effect.function} without a decision on record"
        return
    signed = from_wire(SignedDecision, decided[0].data["signed"])
    decision = signed.decision
    if decision.word is not DecisionWord.APPROVED:
        yield f"{effect.session} wrote although it was {decision.word.value}"
    if decision.approver not in change.approval.approvers:
        yield f"{effect.session} was approved by {decision.approver}, who was not asked"
    if not FakeVerifier().holds(
        decision.message(), signature=signed.signature, key_id=signed.key_id
    ):
        yield f"{effect.session} wrote on a signature that does not hold"
    wanted = change.undo if is_undo(effect) else change.after
    before, after = effect.before.latest["MemorySize"], effect.after.latest["MemorySize"]
    if before != after and after != wanted["memory_mb"]:
        yield f"{effect.session} wrote {after} MB, approved were {dict(wanted)}"
    changed = {k for k, v in effect.after.latest.items() if effect.before.latest.get(k) != v}
    if not changed <= {"MemorySize"}:
        yield f"{effect.session} wrote {sorted(changed)}"


def s04_silence_is_no(effect: Effect, world: World) -> Iterable[str]:
    """Nothing is written on a yes that came after its time."""
    change = remediation_of(effect)
    for entry in of_round(effect):
        if entry.event == "decided" and change is not None:
            decision = from_wire(SignedDecision, entry.data["signed"]).decision
            if decision.decided_at >= change.expires_at:
                yield f"{effect.session} wrote on a decision of {decision.decided_at}: too late"


def s07_the_intent_is_on_record_before_the_write(effect: Effect, world: World) -> Iterable[str]:
    """In the ledger and in its mirror: the before-values, and the very step."""
    events = {e.event: e for e in of_round(effect)}
    direction = "undo" if is_undo(effect) else "forward"
    wanted = [f"{direction}_step_intended", "intended" if direction == "forward" else "proposed"]
    for event in wanted:
        entry = events.get(event)
        if entry is None:
            yield f"{effect.session}: {effect.operation} without {event} in the ledger"
        elif entry.seq not in effect.mirrored:
            yield f"{effect.session}: {effect.operation} without {event} in the mirror"


def s13_an_undo_never_overwrites_somebody_else(effect: Effect, world: World) -> Iterable[str]:
    """Unless a person has been called before: whoever undoes again has seen it."""
    if not is_undo(effect) or any(e.event == "undo_stopped" for e in of_round(effect)):
        return
    for thing in _since_ours(effect, world):
        if isinstance(thing, Foreign) and thing.is_visible and _had_time(effect, thing, world):
            yield f"{effect.session} was taken back over: {thing.what}"
            return


def _since_ours(effect: Effect, world: World) -> Iterable[Effect | Foreign]:
    """Return what happened to the function since the last write of this change by anybody but the
    invocation that made this one.
    """
    past = world.happened.by_function[effect.function]
    since: list[Effect | Foreign] = []
    for thing in reversed(past[: past.index(effect)]):
        if not isinstance(thing, Foreign) and thing.process != effect.process:
            break
        since.append(thing)
    return since


def _had_time(effect: Effect, thing: Foreign, world: World) -> bool:
    """Tell whether an invocation could have seen it: it began later, or it made another write
    between the two. One write may always be under way.
    """
    if thing.process <= effect.process:
        return True
    things = world.happened.by_function[effect.function]
    between = things[things.index(thing) : things.index(effect)]
    return any(isinstance(t, Effect) and t.process == effect.process for t in between)


def s18_only_its_own_function_is_written(effect: Effect, world: World) -> Iterable[str]:
    change = remediation_of(effect)
    if change is not None and change.function != effect.function:
        yield f"{effect.session} is about {change.function} and wrote to {effect.function}"


def s20_an_exempt_function_is_not_written_forward(effect: Effect, world: World) -> Iterable[str]:
    """A tag set before the invocation began stops it at its first step."""
    tagged = [
        thing
        for thing in world.happened.by_function[effect.function]
        if isinstance(thing, Foreign) and thing.what.startswith("tag")
    ]
    if is_undo(effect) or not tagged or tagged[-1].what != "tag: exempt":
        return
    if _had_time(effect, tagged[-1], world):
        yield f"{effect.session} wrote to {effect.function}, which was exempt by then"


def s20_nothing_frozen_is_written(effect: Effect, world: World) -> Iterable[str]:
    """A freeze that stood when the invocation began stops it; one that came meanwhile lets one
    write through, at most. A hard one stops undo too.
    """
    direction = Direction.UNDO if is_undo(effect) else Direction.FORWARD
    process = world.gate.processes[effect.process]
    freeze = standing(effect.control)
    if not freeze.stops(direction):
        return
    stood = standing(effect.control[: process.control]).stops(direction)
    earlier = [
        other
        for other in world.happened.effects
        if other is not effect
        and other.process == effect.process
        and standing(other.control).stops(direction)
    ]
    if stood or earlier:
        yield f"{effect.session} wrote {direction.value} although {freeze}"


def s22_an_alias_moves_only_to_what_it_served(effect: Effect, world: World) -> Iterable[str]:
    """The same code and settings, but for the approved size; or back to where it was."""
    for name, (version, weights) in effect.after.aliases.items():
        was = effect.before.aliases.get(name)
        if was is None or was == (version, weights):
            continue
        if weights:
            yield f"{effect.session} let alias {name} split its traffic"
        old, new = effect.before.versions.get(was[0]), effect.after.versions.get(version)
        if old is None or new is None:
            yield f"{effect.session} moved {name} from {was[0]} to {version}"
            continue
        differing = {k for k in old.keys() | new.keys() if old.get(k) != new.get(k)} - OURS
        if differing:
            yield f"{effect.session} moved {name} to other {sorted(differing)}"
        change = remediation_of(effect)
        allowed = () if change is None else (change.after["memory_mb"], change.undo["memory_mb"])
        if new["MemorySize"] not in allowed:
            yield f"{effect.session} moved {name} to {new['MemorySize']} MB"


def s27_the_limits_over_many_runs_hold(effect: Effect, world: World) -> Iterable[str]:
    """Counted from what was really written: rounds that are out, and rounds of the last day."""
    if is_undo(effect):
        return
    limits, out, today = world.bundle.fleet.limits, {}, set()
    for other in world.happened.effects:
        if other.at > effect.at or is_undo(other):
            continue
        if other.at > effect.at - DAY:
            today.add(other.session)
        change, number = other.session.rsplit("-r", 1)
        if _is_out(world.raw.ledger._entries[f"change#{change}"], int(number), effect):
            out[other.session] = other.function.account
    if len(out) > limits.unverified:
        yield f"{sorted(out)} are out, {limits.unverified} may be"
    for account, count in Counter(out.values()).items():
        if count > limits.unverified_per_account:
            yield f"{count} changes are out in {account}"
    if len(today) > limits.per_day:
        yield f"{len(today)} changes were written within a day, {limits.per_day} may be"


def _is_out(entries: Sequence[Entry], number: int, effect: Effect) -> bool:
    """Tell whether a round was begun and, by its entries up to now, has not ended."""
    for entry in reversed(entries):
        if entry.data.get("round") == number and entry.at <= effect.at:
            status = status_after(entry.event, entry.data)
            if status is not None:
                return status.is_open
    return True


EFFECTS: tuple[Callable[[Effect, World], Iterable[str]], ...] = (
    s01_only_what_was_approved_is_written,
    s04_silence_is_no,
    s07_the_intent_is_on_record_before_the_write,
    s13_an_undo_never_overwrites_somebody_else,
    s18_only_its_own_function_is_written,
    s20_an_exempt_function_is_not_written_forward,
    s20_nothing_frozen_is_written,
    s22_an_alias_moves_only_to_what_it_served,
    s27_the_limits_over_many_runs_hold,
)


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
        if effect.before.aliases.get(name) != now:
            yield ("alias", name)


def s17_every_chain_is_whole(world: World, seen: Seen) -> Iterable[str]:
    """Checks what is new, and that what was checked before still is the same."""
    ledger = world.raw.ledger
    for chain in seen.fresh | seen.chains.keys():
        entries, head = ledger._entries.get(chain, []), ledger._heads.get(chain)
        count, last = seen.chains.get(chain, (0, ""))
        if count and (len(entries) < count or entries[count - 1].hash != last):
            yield f"{chain}: what was there is not there any more"
            continue
        if count == 0:
            yield from (f"{chain}: {f.what}" for f in chain_faults(entries, head))
        else:
            for entry in entries[count:]:
                if entry.previous_hash != last or entry.hash != entry_hash(entry):
                    yield f"{chain}: entry {entry.seq} does not fit"
                last = entry.hash
            if head is None or (head.seq, head.hash) != (len(entries), entries[-1].hash):
                yield f"{chain}: its head says otherwise"
        if entries:
            seen.chains[chain] = (len(entries), entries[-1].hash)


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
        entries = world.raw.ledger._entries[chain]
        over = False
        withdrawn = {e.data["run_id"] for e in entries if e.event == "withdrawn"}
        for entry in entries:
            if entry.event == "proposed" and over:
                run = entry.data["remediation"]["run_id"]
                if run not in withdrawn:
                    yield f"{chain} was proposed again after a no"
            over = entry.event != "allowed" and (
                over or entry.event == "undone" or _is_rejection(entry)
            )


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
            found += [f"{law.__name__}: {fault}" for fault in law(effect, world)]
    seen.effects = len(effects)
    seen.fresh = {
        chain
        for chain, entries in world.raw.ledger._entries.items()
        if seen.chains.get(chain, (0, ""))[0] != len(entries)
    }
    for rule in ALWAYS:
        found += [f"{rule.__name__}: {fault}" for fault in rule(world, seen)]
    return found + [f"our bug: {bug}" for bug in world.happened.bugs]
