"""What must hold for every single write? One function per invariant, named after its number.

Each takes one Effect, with what was on record just before it, and returns what is wrong, in words.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from tests.fakes.people import FakeVerifier
from tests.storm.outside import Effect, Foreign
from tests.storm.world import World
from trimtab.domain.approval import DecisionWord, SignedDecision
from trimtab.domain.freeze import standing
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import status_after
from trimtab.domain.slots import DAY
from trimtab.domain.terms import Direction
from trimtab.domain.wire import from_wire

OURS = frozenset(
    {"MemorySize", "Description", "Version", "FunctionArn", "RevisionId", "LastModified"}
)
"""What a version that we published may differ in from the one that was served before."""


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
    if takes_our_share_off(effect):
        return
    for thing in _since_ours(effect, world):
        if (
            isinstance(thing, Foreign)
            and thing.is_visible
            and _had_time(effect, thing, world)
            and not (thing.is_alias_only and _serves_only_ours(effect))
        ):
            yield f"{effect.session} was taken back over: {thing.what}"
            return


def takes_our_share_off(effect: Effect) -> bool:
    """Tell whether all that a write did was to end the share of a version of ours: that is made
    whatever else somebody changed.
    """
    if (effect.before.latest, effect.before.versions) != (
        effect.after.latest,
        effect.after.versions,
    ):
        return False
    return all(
        effect.after.aliases[name] in (was, (was[0], {}))
        and all(effect.before.versions[v]["Description"] == effect.session for v in was[1])
        for name, was in effect.before.aliases.items()
        if effect.after.aliases[name] != was
    )


def _serves_only_ours(effect: Effect) -> bool:
    """Tell whether every alias serves what it did before the change, or what the change published:
    whoever moved one did not move it anywhere else.
    """
    change = remediation_of(effect)
    if change is None:
        return False
    versions = effect.before.versions
    ours = {n for n, raw in versions.items() if raw["Description"] == effect.session}
    served = {name: version for name, (version, _) in effect.before.aliases.items()}
    return all(served.get(a) in {v, *ours} for a, v in change.before.aliases.items())


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
            yield from _split_otherwise(effect, name, was, (version, weights))
            continue
        if version == was[0]:
            continue
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


def _split_otherwise(
    effect: Effect,
    name: str,
    was: tuple[str, Mapping[str, float]],
    now: tuple[str, Mapping[str, float]],
) -> Iterable[str]:
    """A split leaves the version that serves, and gives our version the approved share."""
    change = remediation_of(effect)
    canary = None if change is None else change.canary
    ours = {n for n, raw in effect.after.versions.items() if raw["Description"] == effect.session}
    (other, share), *more = now[1].items()
    is_ours = other in ours and not more and canary is not None and share == canary.weight
    if now[0] != was[0] or was[1] or not is_ours or is_undo(effect):
        yield f"{effect.session} split alias {name} as {now}, which was {was}"


def s22_nothing_follows_without_proof(effect: Effect, world: World) -> Iterable[str]:
    """Forward an alias moves as a whole only when its canary went well."""
    if is_undo(effect):
        return
    is_proven = any(e.event == "canary_healthy" for e in of_round(effect))
    for name, (version, _) in effect.after.aliases.items():
        was = effect.before.aliases.get(name)
        if was is not None and was[0] != version and not is_proven:
            yield f"{effect.session} moved {name} to {version} without a canary that went well"


def s27_the_limits_over_many_runs_hold(effect: Effect, world: World) -> Iterable[str]:
    """Counted from what was really written: rounds that are out, and rounds of the last day."""
    if is_undo(effect):
        return
    limits, out, today = world.bundle.fleet.limits, {}, set()
    effects = world.happened.effects
    for other in effects[: effects.index(effect) + 1]:
        if is_undo(other):
            continue
        if other.at > effect.at - DAY:
            today.add(other.session)
        chain = change_chain(other.session.rsplit("-r", 1)[0])
        entries = world.raw.ledger._entries[chain][: effect.lengths[chain]]
        if _is_out(entries, round_of(other)):
            out[other.session] = other.function.account
    if len(out) > limits.unverified:
        yield f"{sorted(out)} are out, {limits.unverified} may be"
    for account, count in Counter(out.values()).items():
        if count > limits.unverified_per_account:
            yield f"{count} changes are out in {account}"
    if len(today) > limits.per_day:
        yield f"{len(today)} changes were written within a day, {limits.per_day} may be"


def _is_out(entries: Sequence[Entry], number: int) -> bool:
    """Tell whether a round was begun and, by its entries, has not ended."""
    for entry in reversed(entries):
        if entry.data.get("round") == number:
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
    s22_nothing_follows_without_proof,
    s27_the_limits_over_many_runs_hold,
)
