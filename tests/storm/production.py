"""What keeps Trimtab going in production? State machines, schedules and people; and time moves on.

`until_quiet` runs all that is due, lets watch and reconcile come by, and jumps to the moment at
which something is due next. What never becomes quiet is left as it is: the invariants see it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.storm.machine import (
    ALREADY_EXISTS,
    RUNNING,
    Execution,
    FailureError,
    definition,
)
from tests.storm.world import LINK, World
from trimtab.aws.executions import MAX_STARTS
from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.errors import PermanentError
from trimtab.domain.round_events import TO_BE_TOLD
from trimtab.flows.reconcile import ABANDONED_AFTER, NOBODY_WAITS, TOLD_WITHIN
from trimtab.pipeline.health import PATIENCE

TICK = timedelta(minutes=5)
"""Reconcile comes every five minutes. Watch comes every minute; a test needs it when it can tell
something."""
IDLE_TICKS = 4
"""Ticks in which nothing changed before everything counts as quiet."""
MAX_TICKS = 1500
SCANS_EVERY = timedelta(days=1)
BUSY = (
    RoundStatus.APPROVED,
    RoundStatus.APPLYING,
    RoundStatus.CANARY,
    RoundStatus.UNDOING,
)

Person = Callable[["Production", str, str, str], None]
"""Takes (address, execution name of a change, token): answers, or does not."""


class Production:
    """One deployed hub."""

    def __init__(self, world: World, person: Person, *, scans: int = 1) -> None:
        self.world = world
        self.person = person
        self.executions: dict[str, Execution] = {}
        self.wait = 1.0
        self._on_canary: Callable[[Production], None] | None = None
        self.doubled: set[int] = set()
        """Invocations by state machines that are made twice, counted from 0."""
        self.killed: set[int] = set()
        """Steps before which the execution is stopped, counted from 0."""
        self.steps: list[str] = []
        """Every step of an execution: its state."""
        self.invoked = 0
        self.signals: list[tuple[str, Mapping[str, Any]]] = []
        self.runs = 0
        self._scans_left = scans
        self.began = self._next_scan = world.clock.now()
        self._read = 0
        self._unanswered: list[tuple[str, str, str]] = []
        world.connect(self)

    def wait_factor(self) -> float:
        return self.wait

    def invoke(self, lambda_: str, payload: Mapping[str, Any]) -> Any:
        self.invoked += 1
        if self.invoked - 1 in self.doubled:
            self.world.call(lambda_, payload)
        answer = self.world.call(lambda_, payload)
        if answer.error is not None:
            raise FailureError(answer.error)
        return answer.value

    def read_json(self, key: str) -> Any:
        return self.world.raw.store.get(key)

    def start_change(self, name: str, given: Mapping[str, Any]) -> None:
        found = self.executions.get(name)
        if found is not None:
            if found.status == RUNNING:
                return
            raise FailureError(ALREADY_EXISTS)
        self._start("change", name, given)

    def _start(self, machine: str, name: str, given: Mapping[str, Any]) -> None:
        self.executions[name] = Execution(
            name=name, machine=definition(machine), data=dict(given), services=self
        )

    def start_scan(self) -> None:
        self.runs += 1
        run_id = f"run-{self.runs}"
        self.world.happened.runs.append(run_id)
        self._start("scan", run_id, {})

    def signal(self, task_token: str, output: Mapping[str, Any]) -> bool:
        """The Executions port: tell whoever waits on this token."""
        self.signals.append((task_token, output))
        for execution in self.executions.values():
            if execution.token == task_token and execution.status == RUNNING:
                execution.signal(dict(output), self.world.clock.now())
                return True
        return False

    def start_forward(self, change_id: str, number: int) -> bool:
        """The Executions port, as AwsExecutions does it."""
        return self._start_again(f"{change_id}-r{number}", change_id, number, "forward")

    def start_undo(self, change_id: str, number: int) -> bool:
        return self._start_again(f"{change_id}-r{number}-undo", change_id, number, "undo")

    def _start_again(self, name: str, change_id: str, number: int, direction: str) -> bool:
        event = {"change_id": change_id, "round": number, "direction": direction}
        for attempt in range(1, MAX_STARTS + 1):
            tried = name if attempt == 1 else f"{name}-{attempt}"
            found = self.executions.get(tried)
            if found is None:
                self._start("change", tried, event)
                return True
            if found.status == RUNNING:
                return False
        raise PermanentError(f"{MAX_STARTS} executions {name} have ended: look at the last")

    def until_quiet(self) -> bool:
        """Go on until nothing is left to do; False when it did not come to rest."""
        idle, seen = 0, ""
        for _ in range(MAX_TICKS):
            self.tick()
            print_ = self._fingerprint()
            coming, is_busy = self._coming(), self._is_busy()
            idle, seen = (idle + 1 if print_ == seen and not coming else 0), print_
            if not coming and not is_busy and idle >= 1:
                return True
            if not coming and idle >= IDLE_TICKS:
                return False
            self.world.clock.advance(self.next_step())
        return False

    def on_canary(self, meddle: Callable[["Production"], None]) -> None:
        """Let somebody act once, as soon as a canary began."""
        self._on_canary = meddle

    def next_step(self) -> timedelta:
        """Return how long nothing happens."""
        now, coming = self.world.clock.now(), self._coming()
        if self._is_busy() or not coming:
            coming.append(now + TICK)
        return max(min(coming) - now, timedelta(seconds=1))

    def tick(self) -> None:
        """Everything that is due now, and one pass of each schedule."""
        now = self.world.clock.now()
        if self._scans_left > 0 and now >= self._next_scan:
            self._scans_left -= 1
            self._next_scan = now + SCANS_EVERY
            self.start_scan()
        self.run_due()
        self.answer()
        self.run_due()
        self._meddle()
        self.world.call("watch", {})
        self.run_due()
        self.world.call("reconcile", {})
        self.run_due()

    def _meddle(self) -> None:
        meddle, rounds = self._on_canary, self.world.raw.desk._rounds.values()
        if meddle is not None and any(r.status is RoundStatus.CANARY for r in rounds):
            self._on_canary = None
            meddle(self)

    def run_due(self) -> None:
        """Step whatever can go on now, until nothing can."""
        for _ in range(1000):
            ready = self.ready()
            if not ready:
                return
            for execution in ready:
                if execution.can_go_on(self.world.clock.now()):
                    self.step(execution)
        raise AssertionError("executions run in circles")

    def ready(self) -> list[Execution]:
        now = self.world.clock.now()
        return [e for e in self.executions.values() if e.can_go_on(now)]

    def step(self, execution: Execution) -> None:
        self.steps.append(execution.state)
        if len(self.steps) - 1 in self.killed:
            execution.stop()
        else:
            execution.step(self.world.clock.now())

    def answer(self) -> None:
        """Let people read their new emails, and try again what failed the last time."""
        self._unanswered += self.new_links()
        waiting, self._unanswered = self._unanswered, []
        for to, name, token in waiting:
            self.person(self, to, name, token)

    def new_links(self) -> list[tuple[str, str, str]]:
        """Return (address, change, token) of every link in emails not read yet."""
        sent = self.world.raw.mailer.sent
        found = []
        for email in sent[self._read :]:
            for line in email.text.splitlines() if email.subject == "asked" else ():
                name, link = line.split(" ")
                found.append((email.to, name, link.removeprefix(LINK)))
        self._read = len(sent)
        return found

    def again_later(self, to: str, name: str, token: str) -> None:
        self._unanswered.append((to, name, token))

    def _fingerprint(self) -> str:
        raw = self.world.raw
        rounds = [(r.status.value, r.signalled) for r in raw.desk._rounds.values()]
        entries = sum(len(e) for e in raw.ledger._entries.values())
        states = [(e.name, e.state, e.status, e._tries) for e in self.executions.values()]
        return repr((rounds, entries, len(raw.mailer.sent), states))

    def next_due(self) -> datetime | None:
        """Return the moment at which something is due by itself, if anything is."""
        return min(self._coming(), default=None)

    def _coming(self) -> list[datetime]:
        found = [e.due_at() for e in self.executions.values()]
        if self._scans_left > 0:
            found.append(self._next_scan)
        for record in self.world.raw.desk._rounds.values():
            if record.status is RoundStatus.PROPOSED:
                found += [record.remediation.expires_at, self._unasked_at(record)]
            elif record.is_untold and record.task_token is None and record.decision is not None:
                found.append(record.decision.decision.decided_at + NOBODY_WAITS)
            elif record.status is RoundStatus.WATCHING:
                found += self._watch_moments(record)
            elif record.status in TO_BE_TOLD | {RoundStatus.UNDO_STOPPED}:
                found.append(self._told_at(record))
        now = self.world.clock.now()
        return [due for due in [*found, *self._abandoned()] if due is not None and due > now]

    def _is_busy(self) -> bool:
        """Tell whether the schedules have something to mend, or a person to try again."""
        rounds = self.world.raw.desk._rounds.values()
        return bool(self._unanswered) or any(
            (r.status in BUSY and not self._runs(r.remediation.execution_name))
            or (r.is_untold and r.task_token is not None)
            or (r.status is RoundStatus.WATCHING and not self._is_coming(r))
            for r in rounds
        )

    def _runs(self, name: str) -> bool:
        return any(
            e.name.startswith(name) and e.due_at() is not None for e in self.executions.values()
        )

    def _is_coming(self, record: Round) -> bool:
        return any(at > self.world.clock.now() for at in self._watch_moments(record))

    def _abandoned(self) -> list[datetime]:
        """When the proposals that nobody came to open will be withdrawn."""
        ledger = self.world.raw.ledger
        last = [ledger._entries[chain][-1] for chain in ledger._open]
        return [e.at + ABANDONED_AFTER for e in last if e.event == "proposed"]

    def _unasked_at(self, record: Round) -> datetime | None:
        """When it is a problem that nobody was asked."""
        chain = self.world.raw.ledger._entries[f"change#{record.remediation.change_id}"]
        entries = [e for e in chain if e.data.get("round") == record.remediation.round]
        if not entries or any(e.event == "asked" for e in entries):
            return None
        return entries[0].at + ABANDONED_AFTER

    def _told_at(self, record: Round) -> datetime:
        """When somebody else tells how it ended."""
        chain = self.world.raw.ledger._entries[f"change#{record.remediation.change_id}"]
        return chain[-1].at + TOLD_WITHIN

    def _watch_moments(self, record: Round) -> list[datetime]:
        verify, begun = record.remediation.verify, record.applied_at or self.world.clock.now()
        since = begun + verify.settle
        return [since, since + verify.watch, since + verify.watch * PATIENCE]
