"""Would the storm notice? Each invariant is broken on purpose, and each kind of fault tried."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.storm.gate import READING, STORING, Crash, Fault, Gate, interleave, port_error
from tests.storm.invariants import Seen, broken
from tests.storm.outside import Attempt, Foreign, GatedCloud
from tests.storm.storm import OTHER, Storm
from tests.storm.test_reproductions import proposed
from tests.storm.world import World
from trimtab.domain.approval import RoundStatus
from trimtab.domain.errors import AccessDeniedError, RetryableError
from trimtab.domain.freeze import FREEZE_CHAIN
from trimtab.domain.ledger import change_chain
from trimtab.domain.remediation import Remediation


def through(gate: Gate, done: list[str], name: str = "port.write") -> object:
    def work() -> str:
        done.append(name)
        return name

    return gate.pass_on(name, work, faults=STORING, error=port_error(name))


def test_a_process_that_crashed_makes_no_call_any_more_not_even_in_finally() -> None:
    gate, done = Gate(), list[str]()
    gate.faults = {1: Fault.CRASH_AFTER}
    gate.enter("apply", {})

    def invocation() -> None:
        try:
            through(gate, done, "first")
            through(gate, done, "second")
        finally:
            through(gate, done, "third")

    with pytest.raises(Crash):
        invocation()
    assert done == ["first", "second"]
    gate.leave()
    gate.enter("apply", {})
    through(gate, done, "again")
    assert done == ["first", "second", "again"]


@pytest.mark.parametrize(
    ("fault", "error", "landed"),
    [
        (Fault.CRASH_BEFORE, Crash, False),
        (Fault.CRASH_AFTER, Crash, True),
        (Fault.THROTTLED, RetryableError, False),
        (Fault.DENIED, AccessDeniedError, False),
        (Fault.LOST, RetryableError, True),
    ],
)
def test_each_fault_lands_or_does_not(
    fault: Fault, error: type[BaseException], landed: bool
) -> None:
    gate, done = Gate(), list[str]()
    gate.faults = {0: fault}
    gate.enter("plan", {})
    with pytest.raises(error):
        through(gate, done)
    assert bool(done) is landed


def test_looking_from_outside_of_any_process_meets_no_fault() -> None:
    gate = Gate()
    gate.faults = {0: Fault.DENIED}
    assert gate.pass_on("x", lambda: 1, faults=READING, error=port_error("x")) == 1


def test_processes_take_turns_at_every_call() -> None:
    gate, done = Gate(), list[str]()

    def process(name: str) -> Callable[[], None]:
        def work() -> None:
            gate.enter("apply", {})
            for n in range(2):
                through(gate, done, f"{name}{n}")
            gate.leave()

        return work

    turns = iter(range(100))
    interleave([process("a"), process("b")], lambda alive: next(turns) % alive)
    assert done == ["a0", "b0", "a1", "b1"]


Sabotage = Callable[[World, Remediation], None]


def sneak(world: World, change: Remediation, memory_mb: int = 2592, name: str = "orders") -> None:
    """Write to a function in the name of a change, past everything that guards it."""
    process = world.gate.enter("apply", {"direction": "forward"})
    process.control = len(world.raw.ledger._entries.get(FREEZE_CHAIN, ()))
    cloud = GatedCloud(world, session=change.execution_name)
    client = cloud.clients(change.function.target).client("lambda")
    arn = replace(change.function, name=name)
    client.update_function_configuration(FunctionName=str(arn), MemorySize=memory_mb)
    world.gate.leave()
    world.functions.get_function(name)
    world.functions.get_function(name)


def tamper(world: World, change: Remediation) -> None:
    chain = change_chain(change.change_id)
    entries = world.raw.ledger._entries[chain]
    entries[-1] = replace(entries[-1], actor="nobody")


def freeze_and_write(world: World, change: Remediation) -> None:
    world.call("freeze", {"is_hard": False})
    sneak(world, change)


def exempt_and_write(world: World, change: Remediation) -> None:
    tagged = Foreign(
        at=world.clock.now(),
        function=change.function,
        what="tag: exempt",
        process=len(world.gate.processes),
        is_visible=False,
    )
    world.happened.by_function.setdefault(change.function, []).append(tagged)
    sneak(world, change)


def write_twice(world: World, change: Remediation) -> None:
    sneak(world, change)
    sneak(world, change, 1024)


def write_elsewhere(world: World, change: Remediation) -> None:
    world.functions.add("mail")
    sneak(world, change, name="mail")


def move_to_other_code(world: World, change: Remediation) -> None:
    world.functions.publish("orders")
    world.functions.alias("orders", "live", "1")
    world.functions.change("orders", CodeSha256="b3RoZXI=")
    version = world.functions.publish("orders")
    world.gate.enter("apply", {"direction": "forward"})
    client = GatedCloud(world, session=change.execution_name).clients(change.function.target)
    client.client("lambda").update_alias(
        FunctionName=str(change.function), Name="live", FunctionVersion=version
    )
    world.gate.leave()


def a_version_of_ours(world: World, change: Remediation) -> Any:
    """Publish a version in the name of a change; return a client that writes in it, too."""
    world.functions.publish("orders")
    world.functions.alias("orders", "live", "1")
    world.functions.change("orders", MemorySize=2592)
    world.functions.publish("orders", change.execution_name)
    world.gate.enter("apply", {"direction": "forward"})
    clients = GatedCloud(world, session=change.execution_name).clients(change.function.target)
    return clients.client("lambda")


def move_without_proof(world: World, change: Remediation) -> None:
    client = a_version_of_ours(world, change)
    client.update_alias(FunctionName=str(change.function), Name="live", FunctionVersion="2")
    world.gate.leave()


def split_otherwise(world: World, change: Remediation) -> None:
    client = a_version_of_ours(world, change)
    weights = {"AdditionalVersionWeights": {"2": 0.99}}
    client.update_alias(
        FunctionName=str(change.function), Name="live", FunctionVersion="1", RoutingConfig=weights
    )
    world.gate.leave()


def take_turns(world: World, change: Remediation) -> None:
    world.happened.attempts += [Attempt(process=n, function=change.function) for n in (0, 1, 0)]


def open_another(world: World, change: Remediation) -> None:
    record = world.raw.desk._rounds[change.change_id, 1]
    other = replace(record, remediation=replace(change, round=2))
    world.raw.desk._rounds[change.change_id, 2] = other


def propose_after_no(world: World, change: Remediation) -> None:
    ledger, chain = world.raw.ledger, change_chain(change.change_id)
    first = ledger._entries[chain][0]
    now = world.clock.now()
    ledger.append(chain, event="undone", actor="a", data={"round": 1}, at=now)
    now += timedelta(hours=1)
    ledger.append(chain, event="proposed", actor="a", data={**first.data, "round": 2}, at=now)


def miscount(world: World, change: Remediation) -> None:
    world.happened.runs.append("run-9")
    data = {"faults": ["functions read = judged: 2 is not 1"], "counts": {}}
    world.raw.ledger.append(
        "run#run-9", event="planned", actor="a", data=data, at=world.clock.now()
    )


SABOTAGES: dict[str, tuple[Sabotage, str]] = {
    "nobody approved it": (sneak, "s01"),
    "nothing was intended": (sneak, "s07"),
    "it is written twice": (write_twice, "s06"),
    "another function is written": (write_elsewhere, "s18"),
    "an entry is altered": (tamper, "s17"),
    "two take turns": (take_turns, "s19_one_writer"),
    "a second change is open": (open_another, "s19_one_open"),
    "it is frozen": (freeze_and_write, "s20_nothing_frozen"),
    "it is exempt": (exempt_and_write, "s20_an_exempt"),
    "an alias serves other code": (move_to_other_code, "s22"),
    "an alias follows without a canary": (move_without_proof, "s22_nothing_follows"),
    "an alias is split otherwise": (split_otherwise, "s22_an_alias"),
    "a run miscounts": (miscount, "s24"),
    "it is proposed after a no": (propose_after_no, "s25"),
}


@pytest.mark.parametrize("what", SABOTAGES)
def test_every_broken_invariant_is_noticed(what: str) -> None:
    sabotage, law = SABOTAGES[what]
    production, change, _ = proposed()
    seen = Seen()
    assert broken(production.world, seen) == []
    sabotage(production.world, change)
    assert any(fault.startswith(law) for fault in broken(production.world, seen))


def approved() -> tuple[World, Remediation, Seen]:
    production, change, token = proposed()
    seen = Seen()
    production.world.call("approval", {"token": token, "button": "approve"})
    production.run_due()
    production.world.clock.advance(timedelta(minutes=5))
    production.run_due()
    assert broken(production.world, seen) == []
    assert production.world.round(change).status is RoundStatus.WATCHING
    return production.world, change, seen


def test_s13_an_undo_over_somebody_elses_change_is_noticed() -> None:
    world, change, seen = approved()
    deployed = Foreign(
        at=world.clock.now(),
        function=change.function,
        what="deployment",
        process=len(world.gate.processes),
    )
    world.happened.by_function[change.function].append(deployed)
    world.call("undo", {"change_id": change.change_id})
    world.call("apply", {"change_id": change.change_id, "round": 1, "direction": "undo"})
    assert any(fault.startswith("s13") for fault in broken(world, seen))


def test_s03_a_decision_that_is_replaced_is_noticed() -> None:
    world, change, seen = approved()
    record = world.raw.desk._rounds[change.change_id, 1]
    assert record.decision is not None
    other = replace(record.decision, signature="b3RoZXI=")
    world.raw.desk.forge(replace(record, decision=other))
    assert any(fault.startswith("s03") for fault in broken(world, seen))


def test_s04_a_write_on_a_late_yes_is_noticed() -> None:
    world, _, seen = approved()
    effect = world.happened.effects[-1]
    late = tuple(
        replace(e, data={**e.data, "remediation": _expired(e.data["remediation"])})
        if e.event == "proposed"
        else e
        for e in effect.entries
    )
    world.happened.effects.append(replace(effect, entries=late))
    assert any(fault.startswith("s04") for fault in broken(world, seen))


def _expired(remediation: dict[str, object]) -> dict[str, object]:
    return {**remediation, "expires_at": remediation["planned_at"]}


def test_s27_one_change_too_many_is_noticed() -> None:
    world, _, seen = approved()
    world.bundle = replace(
        world.bundle,
        fleet=replace(
            world.bundle.fleet, limits=replace(world.bundle.fleet.limits, unverified=0, per_day=0)
        ),
    )
    world.happened.effects.append(world.happened.effects[-1])
    found = [fault for fault in broken(world, seen) if fault.startswith("s27")]
    assert len(found) == 2


def test_the_storm_has_twins_in_two_accounts() -> None:
    names = [(arn.name, arn.target == OTHER) for arn in Storm().functions]
    assert names == [("orders", False), ("orders", True), ("mail", False)]
