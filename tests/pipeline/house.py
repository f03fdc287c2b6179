"""What does the pipeline stand on in these tests? One bundle, a cloud and all stores, in memory."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from tests.fakes.builders import APPROVER_ID, HUB_ID, TARGET, an_account
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeAccounts, FakeCloud, FakeFleet, FakeWorkshop
from tests.fakes.desk import FakeDesk
from tests.fakes.memory_records import FakeMemoryRecords
from tests.fakes.people import (
    FakeExecutions,
    FakeMailer,
    FakePeople,
    FakeQueue,
    FakeSigner,
    FakeVerifier,
)
from tests.fakes.prices import FakePriceSource
from tests.fakes.stores import FakeLedger, FakeRunStore
from tests.pipeline.house_bundle import (
    FILES,
    OTHER_ACCOUNT,
    OTHER_REGION,
    a_bundle,
    the_bundle,
    with_fleet,
    with_limits,
    with_policy,
)
from trimtab.domain.approval import Decision, DecisionWord, Round, SignedDecision
from trimtab.domain.arn import FunctionArn, Target
from trimtab.domain.fleet import Account, Gap, LeftOut
from trimtab.domain.ledger import change_chain
from trimtab.domain.outcome import Outcome
from trimtab.domain.plan import Plan
from trimtab.domain.remediation import Remediation
from trimtab.domain.run import Part, RunCounts
from trimtab.domain.terms import Direction, Window
from trimtab.domain.wire import from_wire, to_wire
from trimtab.flows import again, carry, conclude, decide, keys, reconcile, request, scan
from trimtab.flows.references import references_to
from trimtab.pipeline import canary_watch, verify
from trimtab.pipeline.discover import discover
from trimtab.pipeline.on_record import LINK_ISSUED
from trimtab.pipeline.record import record_change
from trimtab.policy.model import Bundle

__all__ = [
    "FILES",
    "OTHER_ACCOUNT",
    "OTHER_REGION",
    "House",
    "a_bundle",
    "a_window",
    "the_bundle",
    "with_fleet",
    "with_limits",
    "with_policy",
]


class House:
    """Everything from scan to undo, over the real adapters' fakes."""

    def __init__(
        self,
        bundle: Bundle | None = None,
        *,
        accounts: Sequence[Account] = (),
        left_out: Sequence[LeftOut] = (),
        gaps: Sequence[Gap] = (),
    ) -> None:
        self.bundle = bundle or the_bundle()
        self.accounts = FakeAccounts(*(accounts or (an_account(),)), left_out=left_out, gaps=gaps)
        self.clock = FakeClock()
        self.cloud = FakeCloud(self.clock)
        self.fleet = FakeFleet(self.cloud)
        self.workshop = FakeWorkshop(self.cloud)
        self.ledger = FakeLedger()
        self.desk = FakeDesk()
        self.memories = FakeMemoryRecords()
        self.store = FakeRunStore()
        self.queue = FakeQueue()
        self.deliveries = FakeQueue()
        self.executions = FakeExecutions()
        self.mailer = FakeMailer()
        self.people = FakePeople()
        self.prices = FakePriceSource()
        self._calls = itertools.count(1)

    @property
    def functions(self) -> Any:
        """The Lambda of the usual target."""
        return self.cloud[TARGET].functions

    def plant(
        self,
        name: str = "orders",
        *,
        target: Target = TARGET,
        memory_mb: int = 3008,
        peak_mb: float | None = 300.0,
        invocations: float = 1000.0,
        duration_ms: float = 200.0,
        tags: Mapping[str, str] | None = None,
        **raw: Any,
    ) -> FunctionArn:
        """Add a function with its metrics, each day of the lookback alike."""
        arn = self.cloud[target].functions.add(name, tags=tags, MemorySize=memory_mb, **raw)
        self.use(name, target=target, invocations=invocations, duration_ms=duration_ms)
        if peak_mb is not None:
            self.cloud[target].metrics.put_daily(
                "used_memory_max",
                "Maximum",
                peak_mb,
                end=self.clock.now(),
                days=14,
                namespace="LambdaInsights",
                function_name=name,
            )
        return arn

    def use(
        self,
        name: str,
        *,
        target: Target = TARGET,
        invocations: float = 1000.0,
        duration_ms: float = 200.0,
    ) -> None:
        daily = {
            ("Invocations", "Sum"): invocations,
            ("Errors", "Sum"): 0.0,
            ("Throttles", "Sum"): 0.0,
            ("Duration", "Sum"): invocations * duration_ms,
            ("Duration", "p95"): duration_ms * 2,
            ("Duration", "p99"): duration_ms * 3,
        }
        for (metric, statistic), value in daily.items():
            self.cloud[target].metrics.put_daily(
                metric, statistic, value, end=self.clock.now(), days=14, FunctionName=name
            )

    def traffic(
        self,
        name: str = "orders",
        *,
        since: datetime,
        until: datetime,
        target: Target = TARGET,
        **each: float,
    ) -> None:
        """Store five-minute points: invocations, errors, throttles, p95 and mean of each period."""
        given = {"invocations": 10.0, "errors": 0.0, "throttles": 0.0, "p95": 400.0} | each
        given.setdefault("mean", given["p95"] / 2)
        moments = []
        while since < until:
            moments.append(since)
            since += timedelta(minutes=5)
        named = {
            ("Invocations", "Sum"): "invocations",
            ("Errors", "Sum"): "errors",
            ("Throttles", "Sum"): "throttles",
            ("Duration", "p95"): "p95",
            ("Duration", "Average"): "mean",
        }
        for (metric, statistic), figure in named.items():
            self.cloud[target].metrics.put(
                metric, statistic, dict.fromkeys(moments, given[figure]), FunctionName=name
            )

    def scan_bench(self) -> scan.Bench:
        return scan.Bench(
            fleet=self.fleet,
            store=self.store,
            records=self.memories,
            bundle=self.bundle,
            clock=self.clock,
        )

    def conclude_bench(self) -> conclude.Bench:
        return conclude.Bench(
            store=self.store,
            desk=self.desk,
            ledger=self.ledger,
            queue=self.queue,
            deliveries=self.deliveries,
            people=self.people,
            bundle=self.bundle,
            hub_id=HUB_ID,
            clock=self.clock,
        )

    def carry_bench(self) -> carry.Bench:
        return carry.Bench(
            workshop=self.workshop,
            ledger=self.ledger,
            desk=self.desk,
            people=self.people,
            verifier=FakeVerifier,
            bundle=self.bundle,
            clock=self.clock,
            holder=f"call-{next(self._calls)}",
            look=self.look,
            look_at_versions=lambda change: again.still_old(change, self.again_bench()),
            references=lambda change: references_to(change.function, self.fleet),
        )

    def look(self, change: Remediation) -> str | None:
        """Judge a function once more, as apply does before it removes it."""
        return again.why_not_any_more(change, self.again_bench())

    def again_bench(self) -> again.Bench:
        return again.Bench(fleet=lambda: self.fleet, bundle=self.bundle, clock=self.clock)

    def watch_canaries(self) -> tuple[verify.Watched, ...]:
        """Let the watch look at the canaries once."""
        watched, gaps = canary_watch.watch_canaries(self.verify_bench())
        assert not gaps, gaps
        return watched

    def verify_bench(self) -> verify.Bench:
        return verify.Bench(
            fleet=self.fleet,
            ledger=self.ledger,
            desk=self.desk,
            executions=self.executions,
            memories=self.memories,
            freeze=self.bundle.fleet.freeze,
            clock=self.clock,
        )

    def request_bench(self) -> request.Bench:
        return request.Bench(
            desk=self.desk,
            ledger=self.ledger,
            executions=self.executions,
            verifier=FakeVerifier,
            clock=self.clock,
        )

    def reconcile_bench(self) -> reconcile.Bench:
        return reconcile.Bench(
            desk=self.desk,
            ledger=self.ledger,
            executions=self.executions,
            verifier=FakeVerifier,
            clock=self.clock,
        )

    def reconcile(self) -> reconcile.Reconciled:
        return reconcile.reconcile(self.reconcile_bench())

    def decide_bench(self) -> decide.Bench:
        return decide.Bench(
            desk=self.desk,
            ledger=self.ledger,
            executions=self.executions,
            signer=FakeSigner,
            verifier=FakeVerifier,
            clock=self.clock,
        )

    def discover(self, run_id: str = "run-1") -> tuple[Target, ...]:
        found = discover(self.bundle.fleet.scope, self.accounts)
        self.store.put(keys.targets(run_id), to_wire(found))
        return found.targets

    def scan(self, run_id: str = "run-1") -> None:
        """Discover and scan every target to its end."""
        for target in self.discover(run_id):
            cursor = scan.scan(run_id, target, None, self.scan_bench())
            while cursor is not None:
                cursor = scan.scan(run_id, target, cursor, self.scan_bench())

    def run(self, run_id: str = "run-1") -> tuple[RunCounts, tuple[Remediation, ...]]:
        self.scan(run_id)
        return conclude.conclude(run_id, self.conclude_bench())

    def plan(self, run_id: str = "run-1") -> Plan:
        return from_wire(Plan, self.store.get(keys.plan(run_id)))

    def parts(self, run_id: str = "run-1") -> tuple[Part, ...]:
        found = self.store.keys(keys.parts(run_id))
        return tuple(from_wire(Part, self.store.get(key)) for key in found)

    def reasons(self, run_id: str = "run-1") -> dict[str, tuple[str, str]]:
        """Return what became of each finding, by function name: disposition and reason."""
        return {
            i.finding.function.name: (i.disposition.value, i.reason)
            for i in self.plan(run_id).items
        }

    def proposed(self, name: str = "orders", **given: Any) -> Remediation:
        """Plant a function, run, and return the change proposed for it."""
        arn = self.plant(name, **given)
        return self.opened(arn)

    def opened(self, arn: FunctionArn, run_id: str = "run-1") -> Remediation:
        _, opened = self.run(run_id)
        return next(r for r in opened if r.function == arn)

    def answer(
        self,
        remediation: Remediation,
        word: DecisionWord = DecisionWord.APPROVED,
        **given: Any,
    ) -> Round:
        """Decide a round as its approver, through a link of theirs, and put it on record."""
        token_hash = self.link(remediation)
        usual: dict[str, Any] = {
            "change_id": remediation.change_id,
            "round": remediation.round,
            "word": word,
            "approver": APPROVER_ID,
            "auth": "link",
            "reason": None if word is DecisionWord.APPROVED else "not now",
            "decided_at": self.clock.now(),
            "token_hash": token_hash,
        }
        decision = Decision(**usual | given)
        signature, key_id = FakeSigner().sign(decision.message())
        record = self.desk.decide(
            SignedDecision(decision=decision, signature=signature, key_id=key_id)
        )
        decide.settle(record, self.decide_bench(), at=self.clock.now())
        return record

    def link(
        self, remediation: Remediation, approver: str = APPROVER_ID, *, token: str | None = None
    ) -> str:
        """Put a link on record as sent; return the hash of its token."""
        token_hash = decide.token_hash(token or f"token-{next(self._calls)}")
        data = {"approver": approver, "token_hash": token_hash}
        record_change(
            self.ledger,
            remediation,
            LINK_ISSUED,
            data,
            actor="trimtab-notify",
            at=self.clock.now(),
            key=token_hash,
        )
        self.desk.issue_link(remediation, approver=approver, token_hash=token_hash)
        return token_hash

    def approved(self, name: str = "orders", **given: Any) -> Remediation:
        remediation = self.proposed(name, **given)
        self.answer(remediation)
        return remediation

    def carry(self, remediation: Remediation, direction: Direction = Direction.FORWARD) -> Outcome:
        return carry.carry(remediation.change_id, remediation.round, direction, self.carry_bench())

    def undo(self, remediation: Remediation) -> Outcome:
        return self.carry(remediation, Direction.UNDO)

    def applied(self, name: str = "orders", **given: Any) -> Remediation:
        remediation = self.approved(name, **given)
        self.carry(remediation)
        return remediation

    def round(self, remediation: Remediation) -> Round:
        return self.desk.round(remediation.change_id, remediation.round)

    def status(self, remediation: Remediation) -> str:
        return self.round(remediation).status.value

    def events(self, remediation: Remediation) -> list[str]:
        return self.ledger.events(change_chain(remediation.change_id))

    def writes(self, target: Target = TARGET) -> int:
        """Count the calls that change a function, whether they landed or not."""
        calls = self.cloud[target].functions.calls
        return sum(
            calls[name] for name in ("UpdateFunctionConfiguration", "PublishVersion", "UpdateAlias")
        )

    def everything_stored(self) -> str:
        """Return all that was written to any store or sent to anybody, as one text."""
        entries = [to_wire(e) for c in self.ledger.chains() for e in self.ledger.entries(c)]
        stored = [self.store.get(key) for key in self.store.keys("")]
        rounds = [to_wire(r) for r in self.desk._rounds.values()]
        sent = [to_wire(email) for email in self.mailer.sent]
        return repr([entries, stored, rounds, sent, self.queue.sent, self.executions.signals])


def a_window(**given: Any) -> Window:
    """Monday to Thursday, 09:00 to 16:00, UTC, unless said otherwise."""
    usual: dict[str, Any] = {
        "days": (0, 1, 2, 3),
        "opens": time(9),
        "closes": time(16),
        "timezone": "UTC",
    }
    return Window(**usual | given)
