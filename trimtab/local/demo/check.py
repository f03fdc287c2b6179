"""Does the whole loop do what it promises? Plays the people, then holds every figure against the
story.
"""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from trimtab.domain.ledger import change_chain
from trimtab.domain.realised import Savings
from trimtab.domain.run import RunCounts
from trimtab.domain.wire import from_wire
from trimtab.flows import keys
from trimtab.local.demo.check_provisioned import look_at_provisioned
from trimtab.local.demo.fill import deploy
from trimtab.local.demo.fleet import DemoFunction
from trimtab.local.demo.hub import Hub
from trimtab.local.demo.person import Person
from trimtab.local.demo.removal import Caller, about_findings, look_at_removals
from trimtab.local.demo.traffic import Traffic, memory_of, split_of
from trimtab.local.demo.world import BRISK, World
from trimtab.report import savings_words

DEADLINE_S = 150.0
AT_LEAST_ONE = (
    "ticketed", "held_back", "suppressed", "gaps", "approved", "rejected",
    "expired", "tried", "proven", "tried_in_vain", "applied", "raised", "verified",
    "rolled_back", "saving_measured", "stale", "scheduled_actions_fired",
)  # fmt: skip

Tell = Callable[[str], None]


class Check:
    """One unattended run of the demo. `wrong` collects whatever is not as expected."""

    def __init__(self, world: World, tell: Tell) -> None:
        self.world, self.tell = world, tell
        self.hub, self.person = Hub(world), Person(world.emulator)
        self.wrong: list[str] = []
        self.fired = 0
        """Scheduled actions of Application Auto Scaling on the day that is played."""

    def expect(self, what: str, is_so: bool) -> None:
        self.tell(f"{'ok   ' if is_so else 'WRONG'} {what}")
        if not is_so:
            self.wrong.append(what)

    def run(self) -> Mapping[str, Any]:
        """Scan, answer, apply, watch, undo, verify; return the figures."""
        self.world.fire("scan")
        self.tell("the scan runs")
        run_id = self.hub.wait_for_scan()
        counts = from_wire(RunCounts, self.hub.object(keys.counts(run_id)))
        self.expect("the counts of the run add up", counts.faults() == ())
        links = self._links()
        self._scan_links(links)
        with Traffic(self.world):
            self._answer(links)
            self._wait_for_ends()
        self._look_at_functions()
        look_at_removals(self.world, self.hub, self.expect)
        self.fired = look_at_provisioned(self.world, self.hub, self.expect)
        self._look_at_tickets(counts)
        savings = self._look_at_savings()
        return self._figures(counts, savings)

    def _links(self) -> Mapping[str, str]:
        """Return the personal link of each function asked about, found by opening the pages."""
        found: dict[str, str] = {}
        for link in self.person.links():
            page = self.person.open(link).body
            found |= {f.name: link for f in self.world.story.asked if f.name in page}
        names = {f.name for f in self.world.story.asked}
        self.expect(f"{len(names)} people's questions arrived by email", found.keys() == names)
        return found

    def _scan_links(self, links: Mapping[str, str]) -> None:
        """Do what a mail scanner does: follow every link, several times, without posting."""
        statuses = {
            self.person.open(link, method).status
            for link in links.values()
            for method in ("GET", "HEAD", "GET")
        }
        self.expect("a scanner that follows every link is served", statuses == {HTTPStatus.OK})
        self.expect("and decides nothing", self.hub.events()["decided"] == 0)

    def _answer(self, links: Mapping[str, str]) -> None:
        story = self.world.story
        bare = self.person.post(links[story.expires.name], {"decision": "approve"}, cookie=None)
        self.expect(
            "a form without its page decides nothing", bare.status == HTTPStatus.BAD_REQUEST
        )
        moved = story.deployed_meanwhile
        client = self.world.emulator.client("lambda", moved.account, moved.region)
        deploy(client, moved.name, "v2")
        approved = (
            story.kept, story.regresses, story.fails, story.plain, story.starved,
            story.scheduled, story.also_scheduled, story.unused, story.removed, story.called, moved,
        )  # fmt: skip
        for function in approved:
            reply = self.person.answer(links[function.name], "approve")
            self.expect(f"{function.name} approved", reply.status == HTTPStatus.OK)
        reply = self.person.answer(links[story.rejected.name], "reject")
        self.expect(
            "a rejection without a reason is asked for one", reply.status == HTTPStatus.BAD_REQUEST
        )
        why = "the yearly invoices need it"
        reply = self.person.answer(links[story.rejected.name], "reject", reason=why)
        self.expect(f"{story.rejected.name} rejected", reply.status == HTTPStatus.OK)
        replay = self.person.answer(links[story.rejected.name], "approve")
        self.expect("a replayed link decides nothing", replay.status == HTTPStatus.CONFLICT)

    def _wait_for_ends(self) -> None:
        """Let watch and reconcile come due until every change has ended."""
        deadline = time.monotonic() + DEADLINE_S
        self.tell("waiting for writes, watches, the undo and the expiry")
        asked = {function.name for function in self.world.story.asked}
        caller = Caller(self.world)
        while True:
            caller.call_when_quarantined()
            self.world.fire("watch")
            self.world.fire("reconcile")
            time.sleep(2.0)
            waiting = asked - self.hub.ended()
            running = [
                e["name"]
                for e in self.hub.executions("ChangeMachineArn")
                if e["status"] == "RUNNING"
            ]
            if not waiting and not running:
                return
            if time.monotonic() > deadline:
                break
        left = ", ".join(sorted(waiting)) or f"executions {', '.join(sorted(running))}"
        self.expect(f"every change ended within {DEADLINE_S:.0f} s; still open: {left}", False)

    def _look_at_functions(self) -> None:
        """Hold each function against what was approved of it, or against what it was."""
        story, proposed = self.world.story, self.hub.proposals()
        for function in (story.kept, story.plain, story.starved):
            approved = proposed[function.name].after["memory_mb"]
            self.expect(
                f"{function.name} has the {approved} MB that were approved",
                self._memory(function) == approved != function.memory_mb,
            )
        grows = self._memory(story.starved) > story.starved.memory_mb
        self.expect(f"{story.starved.name} has more than before", grows)
        for function in (story.kept, story.fails):
            served = memory_of(self.world, function, "live")
            self.expect(
                f"the alias of {function.name} serves {served} MB",
                served == self._memory(function),
            )
            self.expect("and one version only", not split_of(self.world, function))
        unchanged = (
            story.regresses, story.fails, story.rejected, story.expires, story.deployed_meanwhile
        )  # fmt: skip
        for function in (*unchanged, *story.others):
            same = self._memory(function) == function.memory_mb
            self.expect(f"{function.name} has {function.memory_mb} MB", same)
        failed = [e for e in self.hub.executions("ChangeMachineArn") if e["status"] != "SUCCEEDED"]
        self.expect("no execution failed or hangs", not failed)

    def _look_at_savings(self) -> Savings:
        """Print what the changes saved, and see that what is in place was measured."""
        found = self.hub.savings()
        for line in savings_words.summary(found):
            self.tell(line)
        self.expect("the savings could be read", found.faults == ())
        totals = found.totals
        self.expect("what is in place was measured", totals.measured == totals.standing)
        return found

    def _memory(self, function: DemoFunction) -> int:
        return memory_of(self.world, function)

    def _look_at_tickets(self, counts: RunCounts) -> None:
        deadline = time.monotonic() + 30
        while len(about_findings(self.world)) < counts.ticketed and time.monotonic() < deadline:
            time.sleep(0.5)
        is_one = len(about_findings(self.world)) == counts.ticketed
        self.expect("every ticketed finding is one issue", is_one)

    def _figures(self, counts: RunCounts, savings: Savings) -> Mapping[str, Any]:
        entries, events = self.hub.entries(), self.hub.events()
        faults = self.hub.faults()
        self.expect("the ledger is whole", faults == ())
        applied = next((e.chain for e in entries if e.event == "applied"), change_chain("none"))
        self.expect("an altered copy is found", self.hub.is_alteration_found(applied))
        figures = {
            name: getattr(counts, name)
            for name in (
                "accounts", "targets", "functions", "gaps", "verdicts", "findings", "planned",
                "held_back", "suppressed", "observed", "ticketed", "already_open",
                "cooling_down", "insufficient_data",
            )
        }  # fmt: skip
        figures |= {
            "approved": events["approved"],
            "rejected": events["rejected"],
            "expired": events["expired"],
            "stale": events["stale"],
            "tried": events["canary_started"],
            "proven": events["canary_healthy"],
            "tried_in_vain": events["canary_regressed"],
            "applied": events["applied"],
            "raised": sum(
                r.after.get("memory_mb", 0) > r.before.get("memory_mb", 0) for r in savings.rows
            ),
            "verified": events["watch_healthy"],
            "scheduled_actions_fired": self.fired,
            "rolled_back": events["undone"],
            "saving_measured": events["saving_measured"],
            "measured_usd_month": round(savings.totals.usd_month, 2),
            "ledger_entries": len(entries),
            "ledger_valid": faults == (),
        }
        for name in AT_LEAST_ONE:
            self.expect(f"{name} is at least 1: {figures[name]}", figures[name] >= 1)
        return figures


def check(tell: Tell) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Run the demo without a person; return its figures and everything that was not as expected."""
    began = time.monotonic()
    with World(pace=BRISK, tell=tell) as world:
        run = Check(world, tell)
        figures = run.run()
    seconds = round(time.monotonic() - began, 1)
    return {**figures, "seconds": seconds}, tuple(run.wrong)
