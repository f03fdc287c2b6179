"""What is wired together in a storm? Every Lambda over House's fakes, every port behind the gate.

The one place that knows how flows are called: what `trimtab.wiring` and `handlers` do in production
stands here once more, over fakes.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.fakes.builders import an_account
from tests.fakes.cloud import FakeFleet
from tests.fakes.people import FakeSigner, FakeVerifier
from tests.fakes.stores import FakeLedger
from tests.pipeline.house import House, a_bundle
from tests.storm import gate as gates
from tests.storm.gate import Crash, Gate, Gated
from tests.storm.outside import GatedCloud, Happened, Workshop
from tests.storm.traffic import LiveMetrics
from trimtab.domain.arn import Target
from trimtab.domain.errors import TrimtabError
from trimtab.domain.freeze import FREEZE_CHAIN, Freeze
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.notice import Email
from trimtab.domain.plan import Plan
from trimtab.domain.terms import Direction
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import carry, conclude, decide, keys, notify, reconcile, request, scan, tell
from trimtab.flows.freeze import allow
from trimtab.flows.watch import Alarm, watch
from trimtab.pipeline import freeze
from trimtab.pipeline.discover import discover
from trimtab.pipeline.record import record_discovery
from trimtab.policy.model import Bundle

LEDGER = {"append": gates.APPENDING}
DESK = {
    "propose": gates.MOVING,
    "decide": gates.MOVING,
    "advance": gates.MOVING,
    "await_decision": gates.STORING,
    "issue_link": gates.STORING,
    "signalled": gates.STORING,
    "remember": gates.STORING,
    "take_slot": gates.MOVING,
    "hold": gates.MOVING,
    "let_go": gates.STORING,
    "unlock": gates.STORING,
    "restore": gates.MOVING,
    "forgive": gates.STORING,
}
STORE = {"put": gates.STORING, "put_new": gates.STORING, "put_over": gates.STORING}
QUEUE = {"send": gates.STORING}
MAILER = {"send": gates.STORING}
MEMORIES = {"add": gates.STORING, "forget": gates.STORING}
PEOPLE = {"ids": gates.STORING}
EXECUTIONS = {
    "signal": gates.STORING,
    "start_forward": gates.STORING,
    "start_undo": gates.STORING,
}

LINK = "https://approve.test/a/"
NONCE = "nonce"
SOMEONE = "arn:aws:iam::999999999999:user/someone"


@dataclass(slots=True, kw_only=True)
class Answer:
    """How an invocation ended: a value, or the name of an error as Step Functions sees it."""

    value: Any = None
    error: str | None = None


class QuickLedger(FakeLedger):
    """Hands out its entries themselves: whoever changed one would break its hash."""

    def entries(self, chain: str) -> tuple[Entry, ...]:
        return tuple(self._entries.get(chain, ()))


class World(House):
    """A House whose every call to the outside passes a gate."""

    def __init__(self, bundle: Bundle | None = None, accounts: Sequence[str] = ()) -> None:
        super().__init__(
            bundle or a_bundle(), accounts=[an_account(account) for account in accounts]
        )
        self.ledger = QuickLedger()
        self.gate = Gate()
        self.happened = Happened()
        self.raw = Raw(
            ledger=self.ledger,
            desk=self.desk,
            store=self.store,
            queue=self.queue,
            mailer=self.mailer,
            memories=self.memories,
        )
        gated: Any = self
        gated.memories = Gated(self.memories, "memories", self.gate, MEMORIES)
        gated.ledger = Gated(self.ledger, "ledger", self.gate, LEDGER)
        gated.desk = Gated(self.desk, "desk", self.gate, DESK)
        gated.store = Gated(self.store, "store", self.gate, STORE)
        gated.queue = Gated(self.queue, "queue", self.gate, QUEUE)
        gated.mailer = Gated(self.mailer, "mailer", self.gate, MAILER)
        gated.executions = Gated(self.executions, "executions", self.gate, EXECUTIONS)
        gated.people = Gated(self.people, "people", self.gate, PEOPLE)
        gated.accounts = Gated(self.accounts, "accounts", self.gate, {})
        gated.fleet = FakeFleet(GatedCloud(self, session="scan"))  # type: ignore[arg-type]
        gated.workshop = Workshop(self)
        self._tokens = 0
        self.lambdas: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
            name.removeprefix("_run_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("_run_")
        }

    def connect(self, executions: Any) -> None:
        """Let signals and undos reach the state machines."""
        gated: Any = self
        gated.executions = Gated(executions, "executions", self.gate, EXECUTIONS)

    def metrics(self, target: Target) -> LiveMetrics:
        found = self.cloud[target].metrics
        if not isinstance(found, LiveMetrics):
            found = self.cloud[target].metrics = LiveMetrics()
        return found

    def carry_bench(self) -> carry.Bench:
        return replace(super().carry_bench(), verifier=self._verifier)

    def decide_bench(self) -> decide.Bench:
        return replace(super().decide_bench(), signer=self._signer, verifier=self._verifier)

    def request_bench(self) -> request.Bench:
        return replace(super().request_bench(), verifier=self._verifier)

    def reconcile_bench(self) -> reconcile.Bench:
        return replace(super().reconcile_bench(), verifier=self._verifier)

    def _verifier(self) -> Any:
        return Gated(FakeVerifier(), "verifier", self.gate, {})

    def _signer(self) -> Any:
        return Gated(FakeSigner(), "signer", self.gate, {})

    def notify_bench(self) -> notify.Bench:
        return notify.Bench(
            desk=self.desk,
            ledger=self.ledger,
            mailer=self.mailer,
            people=self.people,
            clock=self.clock,
            new_token=self._new_token,
            api_url=LINK.removesuffix("/a/"),
            compose=_ask,
        )

    def tell_bench(self) -> tell.Bench:
        return tell.Bench(
            desk=self.desk,
            ledger=self.ledger,
            mailer=self.mailer,
            people=self.people,
            clock=self.clock,
            compose=_tell,
        )

    def _new_token(self) -> str:
        self._tokens += 1
        return hashlib.sha256(str(self._tokens).encode()).hexdigest()

    def call(self, lambda_: str, payload: Mapping[str, Any]) -> Answer:
        """Invoke one Lambda in a process of its own; an error is told by its name."""
        process = self.gate.enter(lambda_, payload)
        process.control = len(self.raw.ledger._entries.get(FREEZE_CHAIN, ()))
        try:
            return Answer(value=self.lambdas[lambda_](payload))
        except Crash:
            return Answer(error="Lambda.Unknown")
        except TrimtabError as error:
            return Answer(error=type(error).__name__)
        except (ValueError, TypeError, LookupError, AssertionError, AttributeError) as error:
            self.happened.bugs.append(f"{lambda_} {payload}: {error!r}")
            return Answer(error=type(error).__name__)
        finally:
            self.gate.leave()

    def _run_discover(self, event: Mapping[str, Any]) -> Any:
        run_id = event["run_id"]
        found = discover(self.bundle.fleet.scope, self.accounts)
        manifest = [{"account": t.account, "region": t.region} for t in found.targets]
        self.store.put(keys.targets(run_id), to_wire(found))
        self.store.put(keys.manifest(run_id), manifest)
        record_discovery(run_id, found, self.ledger, at=self.clock.now())
        place = {"bucket": "evidence", "key": keys.manifest(run_id)}
        return {"run_id": run_id, "manifest": place, "targets": len(manifest)}

    def _run_scan(self, event: Mapping[str, Any]) -> Any:
        target = Target(account=event["account"], region=event["region"])
        given = event.get("cursor")
        cursor = None if given is None else from_wire(scan.Cursor, given)
        following = scan.scan(event["run_id"], target, cursor, self.scan_bench())
        return {**event, "cursor": None if following is None else to_wire(following)}

    def _run_plan(self, event: Mapping[str, Any]) -> Any:
        _, opened = conclude.conclude(event["run_id"], self.conclude_bench())
        changes = [
            {"change_id": r.change_id, "round": r.round, "name": r.execution_name} for r in opened
        ]
        return {"run_id": event["run_id"], "changes": changes}

    def _run_notify(self, event: Mapping[str, Any]) -> Any:
        if "change_id" in event:
            sent = tell.tell_ended(event["change_id"], event["round"], self.tell_bench())
            return {"emails": sent}
        stored = from_wire(Plan, self.store.get(keys.plan(event["run_id"])))
        sent = notify.notify(event["run_id"], stored.remediations, self.notify_bench())
        return {"emails": sent}

    def _run_request(self, event: Mapping[str, Any]) -> Any:
        request.request(
            event["change_id"],
            event["round"],
            task_token=event["task_token"],
            bench=self.request_bench(),
        )

    def _run_decide(self, event: Mapping[str, Any]) -> Any:
        answer = request.outcome_of(event["change_id"], event["round"], bench=self.request_bench())
        return {
            "decision": "open" if answer.word is None else answer.word.value,
            "wait_s": answer.wait_s,
        }

    def _run_approval(self, event: Mapping[str, Any]) -> Any:
        """A posted form: the page's own HTTP has its tests elsewhere."""
        form = {"nonce": NONCE, "decision": event["button"], "reason": event.get("reason", "")}
        seen, just_now = decide.decide(
            event["token"], form, cookie=NONCE, bench=self.decide_bench()
        )
        return {"status": seen.round.status.value, "just_now": just_now}

    def _run_look(self, event: Mapping[str, Any]) -> Any:
        seen = decide.look(event["token"], desk=self.desk, ledger=self.ledger, now=self.clock.now())
        return {"status": seen.round.status.value}

    def _run_apply(self, event: Mapping[str, Any]) -> Any:
        direction = Direction(event["direction"])
        outcome = carry.carry(event["change_id"], event["round"], direction, self.carry_bench())
        return {
            "outcome": outcome.word.value,
            "reason": outcome.reason,
            "wait_s": outcome.wait_s,
        }

    def _run_watch(self, event: Mapping[str, Any]) -> Any:
        alarm = Alarm(to=self.bundle.owners.fallback, compose=_warn)
        seen = watch(self.verify_bench(), self.tell_bench(), alarm)
        return {"watched": len(seen.watched), "gaps": len(seen.gaps)}

    def _run_reconcile(self, event: Mapping[str, Any]) -> Any:
        done = reconcile.reconcile(self.reconcile_bench())
        freeze.read_freeze(self.ledger)
        self.happened.problems = done.problems
        self.happened.reported |= set(done.problems)
        return {"problems": len(done.problems)}

    def _run_freeze(self, event: Mapping[str, Any]) -> Any:
        freeze.freeze(
            self.ledger,
            by=SOMEONE,
            why="an incident",
            is_hard=event["is_hard"],
            at=self.clock.now(),
        )

    def _run_thaw(self, event: Mapping[str, Any]) -> Any:
        freeze.thaw(self.ledger, by=SOMEONE, why="it is over", at=self.clock.now())

    def _run_allow(self, event: Mapping[str, Any]) -> Any:
        allow(
            event["change_id"],
            by=SOMEONE,
            why="try it again",
            desk=self.desk,
            ledger=self.ledger,
            clock=self.clock,
        )

    def _run_undo(self, event: Mapping[str, Any]) -> Any:
        """What `trimtab undo` does."""
        record = self.desk.last_round(event["change_id"])
        if record is None:
            return None
        self.ledger.append(
            change_chain(event["change_id"]),
            event="undo_asked",
            actor=SOMEONE,
            data={"round": record.remediation.round, "why": "it felt slower"},
            at=self.clock.now(),
            function=str(record.remediation.function),
        )
        self.executions.start_undo(event["change_id"], record.remediation.round)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The stores themselves, before the gate: for looking."""

    ledger: Any
    desk: Any
    store: Any
    queue: Any
    mailer: Any
    memories: Any


def _ask(approver: str, run_id: str, items: notify.Asked, now: datetime) -> Email:
    lines = [f"{change.execution_name} {link}" for change, link in items]
    return Email(to=approver, subject="asked", html="", text="\n".join(lines), reference=run_id)


def _warn(to: str, frozen: Freeze, now: datetime) -> Email:
    return Email(to=to, subject="frozen", html="", text=frozen.why, reference=now.isoformat())


def _tell(approver: str, told: tell.Ending, now: datetime) -> Email:
    name = told.round.remediation.execution_name
    ending = told.round.status.value if told.health is None else told.health.value
    return Email(to=approver, subject=f"told {ending}", html="", text=name, reference=name)
