"""What if everything happens at once? Random steps of people, pipelines, schedules, clocks, faults.

A step is a name and two numbers; the numbers choose among what there is at that moment, so that any
steps can be left out of a sequence and the rest still means something. That is how a failing
sequence is made short: see `shrink`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

from tests.fakes.builders import ACCOUNT, APPROVER_ID, TARGET
from tests.pipeline.house import OTHER_ACCOUNT
from tests.storm.endings import unfinished
from tests.storm.gate import interleave
from tests.storm.invariants import Seen, broken
from tests.storm.machine import RUNNING
from tests.storm.outside import Foreign, effective
from tests.storm.production import Production
from tests.storm.stories import says_nothing
from tests.storm.stories import the_bundle as story_bundle
from tests.storm.traffic import HEALTHY, REGRESSED, SILENT, WORSE_WHEN_NEW
from tests.storm.world import World
from trimtab.domain.approval import Decision, DecisionWord, RoundStatus, SignedDecision
from trimtab.domain.arn import FunctionArn, Target
from trimtab.policy.model import Bundle

Step = tuple[str, int, int]

OTHER = Target(account=OTHER_ACCOUNT, region=TARGET.region)
RESTS_FOR = timedelta(hours=2)
"""Short, so that a function gets more than one change in a sequence."""
DEPTHS = (5, 10, 20, 60)
"""A fault falls into the first so many calls of an invocation; one of these."""
JUMPS = (timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1))
UNASKED_IN_A_JUMP = re.compile("was never asked about .* which is expired")
SOON = timedelta(hours=12)
FAULTY = 4
"""One invocation in so many meets a fault."""


@cache
def the_bundle() -> Bundle:
    bundle = story_bundle()
    policies = tuple(
        replace(p, change=replace(p.change, fields={**p.change.fields, "cooldown": RESTS_FOR}))
        for p in bundle.policies
        if p.change is not None
    )
    limits = replace(bundle.fleet.limits, unverified=2, unverified_per_account=1, per_day=4)
    return replace(bundle, policies=policies, fleet=replace(bundle.fleet, limits=limits))


class Storm:
    """Three functions, two of one name, and everybody who does something to them."""

    def __init__(self) -> None:
        self.world = World(the_bundle(), accounts=(ACCOUNT, OTHER_ACCOUNT))
        self.production = Production(self.world, says_nothing, scans=0)
        self.seen = Seen()
        self.links: list[tuple[str, str, str]] = []
        self.functions: list[FunctionArn] = []
        for target, name, aliases in (
            (TARGET, "orders", ()),
            (OTHER, "orders", ("live",)),
            (TARGET, "mail", ("beta", "live")),
        ):
            functions = self.world.cloud[target].functions
            self.functions.append(functions.add(name))
            self.world.metrics(target)
            if aliases:
                functions.publish(name)
            for alias in aliases:
                functions.alias(name, alias, "1")
        self.do_scan(0, 0)
        self.production.run_due()

    def take(self, step: Step) -> None:
        """Do one step."""
        name, a, b = step
        getattr(self, f"do_{name}")(a, b)
        self.world.gate.roll = None
        self.links += self.production.new_links()

    def _roll(self, b: int) -> None:
        if b % FAULTY == 0:
            b //= FAULTY
            self.world.gate.roll = (b // 4 % DEPTHS[b % 4], b // 16)

    def do_jump(self, a: int, b: int) -> None:
        """Time moves on: a little, to what is due soon, or rarely to whatever is due."""
        due, now = self.production.next_due(), self.world.clock.now()
        step = JUMPS[b % len(JUMPS)]
        if due is not None and a % 2 == 0 and (due - now < SOON or a % 16 == 0):
            step = max(due - now, timedelta(seconds=1))
        self.world.clock.advance(step)

    def do_clock_back(self, a: int, b: int) -> None:
        """Never to before an open round was planned: known, see test_known.py."""
        step = timedelta(seconds=1 + a % 90)
        open_rounds = [r for r in self.world.raw.desk._rounds.values() if r.status.is_open]
        planned = max((r.remediation.planned_at for r in open_rounds), default=None)
        if planned is None or self.world.clock.now() - step >= planned:
            self.world.clock.advance(-step)

    def do_scan(self, a: int, b: int) -> None:
        running = [e for e in self.production.executions.values() if e.name.startswith("run-")]
        if not any(e.status == RUNNING for e in running):
            self.production.start_scan()

    def do_go_on(self, a: int, b: int) -> None:
        ready = self.production.ready()
        if ready:
            self._roll(b)
            self.production.step(ready[a % len(ready)])

    def do_watch(self, a: int, b: int) -> None:
        self._roll(b)
        self.world.call("watch", {})

    def do_reconcile(self, a: int, b: int) -> None:
        self._roll(b)
        self.world.call("reconcile", {})

    def do_click(self, a: int, b: int) -> None:
        """Any link ever sent: most are old. Three in four say yes."""
        if self.links:
            self._roll(b)
            _, _, token = self.links[-1 - a % len(self.links) if a % 3 else -1]
            button = "reject" if b % 5 == 1 else "approve"
            self.world.call("approval", {"token": token, "button": button, "reason": "no"})

    def do_look(self, a: int, b: int) -> None:
        if self.links:
            self.world.call("look", {"token": self.links[a % len(self.links)][2]})

    def do_undo(self, a: int, b: int) -> None:
        rounds = list(self.world.raw.desk._rounds)
        if rounds:
            self._roll(b)
            self.world.call("undo", {"change_id": rounds[a % len(rounds)][0]})

    def do_duplicate(self, a: int, b: int) -> None:
        """The event of an invocation comes once more."""
        for payload in self._applies(a)[:1]:
            self._roll(b)
            self.world.call("apply", payload)

    def _applies(self, a: int) -> list[dict[str, Any]]:
        """Return one of the events that apply was ever given."""
        given = [p.payload for p in self.world.gate.processes if p.lambda_ == "apply"]
        return [dict(given[a % len(given)])] if given else []

    def do_deploy(self, a: int, b: int) -> None:
        """A pipeline does something to a function."""
        arn = self.functions[a % len(self.functions)]
        functions, name = self.world.cloud[arn.target].functions, arn.name
        aliases = sorted(functions.served(name))
        before = effective(functions._functions[name])
        what = b % 8
        if what == 0:
            functions.change(name, CodeSha256=f"code{b}")
        elif what == 1:
            functions.change(name, MemorySize=(512, 1024, 2048, 3008)[b // 8 % 4])
        elif what == 2:
            functions.change(name, Timeout=1 + b // 8 % 60)
        elif what == 3 and aliases:
            versions = sorted(functions._functions[name].versions)
            alias, version = aliases[b // 8 % len(aliases)], versions[b // 16 % len(versions)]
            keeps = b // 64 % 2 and version not in before.aliases[alias][1]
            (functions.move if keeps else functions.alias)(name, alias, version)
        elif what == 4:
            functions.publish(name)
        elif what == 5 and aliases:
            version = functions.publish(name)
            for alias in aliases:
                functions.alias(name, alias, version)
        elif what == 6:
            functions._functions[name].tags["trimtab:exempt"] = "memory-oversized:2026-12-31"
        elif what == 7:
            functions._functions[name].tags.clear()
        else:
            return
        told = {6: "tag: exempt", 7: "tag: none"}.get(what, f"deployment {what} of {name}")
        after = effective(functions._functions[name])
        is_visible = (before.latest, before.aliases) != (after.latest, after.aliases)
        self._note(arn, told, is_visible=is_visible, is_alias_only=what == 3)

    def _note(self, arn: FunctionArn, what: str, *, is_visible: bool, is_alias_only: bool) -> None:
        foreign = Foreign(
            at=self.world.clock.now(),
            function=arn,
            what=what,
            process=len(self.world.gate.processes),
            is_visible=is_visible,
            is_alias_only=is_alias_only,
        )
        self.world.happened.by_function.setdefault(arn, []).append(foreign)

    def do_fare(self, a: int, b: int) -> None:
        arn = self.functions[a % len(self.functions)]
        mood = (HEALTHY, HEALTHY, REGRESSED, SILENT, WORSE_WHEN_NEW)[b % 5]
        self.world.metrics(arn.target).fare(arn.name, mood, since=self.world.clock.now())

    def do_kill(self, a: int, b: int) -> None:
        """Somebody stops an execution."""
        running = [e for e in self.production.executions.values() if e.status == RUNNING]
        if running:
            running[a % len(running)].stop()

    def do_freeze(self, a: int, b: int) -> None:
        self.world.call("freeze", {"is_hard": a % 4 == 0})

    def do_thaw(self, a: int, b: int) -> None:
        self.world.call("thaw", {})

    def do_allow(self, a: int, b: int) -> None:
        """A person lets a refused change be proposed again."""
        rounds = list(self.world.raw.desk._rounds)
        if rounds:
            self.world.call("allow", {"change_id": rounds[a % len(rounds)][0]})

    def do_lose(self, a: int, b: int) -> None:
        """A row of the state table is gone: a round, rarely a lock."""
        desk = self.world.raw.desk
        rounds, locks = sorted(desk._rounds), sorted(desk._locks)
        if b % 4 and rounds:
            key = rounds[a % len(rounds)]
            del desk._rounds[key]
            self.seen.forged.add(key)
        elif locks:
            del desk._locks[locks[a % len(locks)]]
            self.seen.lost = True

    def do_forge(self, a: int, b: int) -> None:
        """Somebody who may write the state table rewrites a round."""
        desk = self.world.raw.desk
        rounds = list(desk._rounds)
        if not rounds:
            return
        key = rounds[a % len(rounds)]
        record = desk._rounds[key]
        decision = Decision(
            change_id=key[0],
            round=key[1],
            word=DecisionWord.APPROVED,
            approver=APPROVER_ID,
            auth="link",
            reason=None,
            decided_at=self.world.clock.now(),
        )
        forged = SignedDecision(decision=decision, signature="Zm9yZ2Vk", key_id="mine")
        desk.forge(
            (
                replace(record, status=RoundStatus.APPROVED),
                replace(record, status=RoundStatus.APPROVED, decision=forged),
                replace(record, remediation=replace(record.remediation, after={"memory_mb": 128})),
                replace(record, status=RoundStatus.PROPOSED, decision=None),
                replace(record, status=RoundStatus.WATCHING),
                replace(record, status=RoundStatus.VERIFIED),
                replace(record, status=RoundStatus.CANARY),
            )[b % 7]
        )
        self.seen.forged.add(key)

    def do_together(self, a: int, b: int) -> None:
        """Two or three at once, taking turns at every call to the outside."""
        works: list[Callable[[], None]] = []
        for execution in self.production.ready()[:2]:
            works.append(lambda e=execution: self.production.step(e))  # type: ignore[misc]
        for payload in self._applies(a):
            works.append(lambda p=payload: _call(self.world, "apply", p))  # type: ignore[misc]
        others: list[Callable[[], None]] = [
            lambda: _call(self.world, "watch", {}),
            lambda: _call(self.world, "reconcile", {}),
            lambda: self.do_click(-1, 2),
            lambda: self.do_click(-1, 1),
            lambda: self.do_deploy(a, b // 7),
            lambda: self.do_undo(a, 1),
        ]
        works = [*works, others[b % 6]][-3:]
        if a % 5 == 0:
            works.append(others[2 + b % 2])
        interleave(works, Random(b).randrange)

    def calm(self) -> list[str]:
        """Let everything come to rest; return what is wrong then.

        Where the state table was tampered with, rest proves nothing. A jump may pass all the time
        there is for an answer while Notify waits to try again: who was not asked by then is not
        asked, and the clock says no. The crash matrix, which does not jump, excepts nobody.
        """
        if self.seen.forged or self.seen.lost:
            return []
        self.world.call("thaw", {})
        is_quiet = self.production.until_quiet()
        found = unfinished(self.production, is_quiet, self.seen)
        return [fault for fault in found if not UNASKED_IN_A_JUMP.search(fault)]


def _call(world: World, lambda_: str, payload: dict[str, Any]) -> None:
    world.call(lambda_, payload)


WEIGHTS = {
    "jump": 18,
    "clock_back": 2,
    "scan": 4,
    "go_on": 36,
    "watch": 6,
    "reconcile": 3,
    "click": 10,
    "look": 1,
    "undo": 2,
    "duplicate": 3,
    "deploy": 4,
    "fare": 2,
    "kill": 1,
    "freeze": 1,
    "thaw": 2,
    "allow": 1,
    "lose": 1,
    "forge": 1,
    "together": 9,
}


TAMPERING = ("forge", "lose")


def sequence(seed: int, length: int) -> list[Step]:
    """Make up steps; the same seed gives the same ones. Only odd ones tamper with the state table:
    in the others everything has to come to rest.
    """
    random = Random(seed)
    weights = {n: w for n, w in WEIGHTS.items() if seed % 2 or n not in TAMPERING}
    names = random.choices(list(weights), list(weights.values()), k=length)
    return [(name, random.randrange(1 << 16), random.randrange(1 << 16)) for name in names]


def ride(steps: Sequence[Step]) -> list[str]:
    """Take the steps; return what is wrong after the first one that breaks something."""
    storm = Storm()
    for step in steps:
        storm.take(step)
        found = broken(storm.world, storm.seen)
        if found:
            return found
    return storm.calm()


def shrink(steps: Sequence[Step], fails: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """Leave out what is not needed for it to fail: halves first, single steps last."""
    kept, size = list(steps), max(1, len(steps) // 2)
    while size >= 1:
        at = 0
        while at < len(kept):
            without = kept[:at] + kept[at + size :]
            if fails(without):
                kept = without
            else:
                at += size
        size //= 2
    return kept
