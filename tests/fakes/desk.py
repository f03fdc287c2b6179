"""Where do rounds and links live in a test? In memory, under the real desk's conditions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from trimtab.domain.approval import Link, Round, RoundStatus, SignedDecision, rest_after
from trimtab.domain.errors import ConflictError, NotFoundError, OutsideError, TamperedError
from trimtab.domain.finding import Finding
from trimtab.domain.plan import FindingMemory, Limits
from trimtab.domain.remediation import Remediation
from trimtab.domain.slots import Slots, why_full
from trimtab.domain.wire import from_wire, to_wire


class FakeDesk:
    """An ApprovalDesk in memory."""

    def __init__(self) -> None:
        self._rounds: dict[tuple[str, int], Round] = {}
        self._locks: dict[str, str] = {}
        self._links: dict[str, Link] = {}
        self._memories: dict[str, dict[str, Any]] = {}
        self._leases: dict[str, tuple[str, datetime]] = {}
        self._slots = Slots()
        self._garbled: set[tuple[str, int]] = set()
        self._before: list[tuple[str, Callable[[], None]]] = []
        self._failures: list[tuple[str, OutsideError, bool]] = []

    def propose(self, remediation: Remediation) -> bool:
        self._begin("propose")
        key = (remediation.change_id, remediation.round)
        function = str(remediation.function)
        if key in self._rounds:
            return False
        if self._locks.get(function, remediation.execution_name) != remediation.execution_name:
            raise ConflictError(f"{function}: another change of it is open")
        stored = from_wire(Remediation, to_wire(remediation))
        self._rounds[key] = Round(remediation=stored, status=RoundStatus.PROPOSED)
        self._locks[function] = remediation.execution_name
        memory = self._memories.setdefault(remediation.finding_id, {})
        memory.setdefault("rounds", {})[remediation.change_id] = remediation.round
        self._end("propose")
        return True

    def round(self, change_id: str, number: int) -> Round:
        self._begin("round")
        if (change_id, number) in self._garbled:
            raise TamperedError(f"{change_id} {number}: the row holds no round")
        if (change_id, number) not in self._rounds:
            raise NotFoundError(f"there is no round {number} of change {change_id}")
        return self._rounds[change_id, number]

    def last_round(self, change_id: str) -> Round | None:
        numbers = [number for change, number in self._rounds if change == change_id]
        return self._rounds[change_id, max(numbers)] if numbers else None

    def await_decision(self, change_id: str, number: int, *, task_token: str) -> Round:
        self._begin("await_decision")
        found = self.round(change_id, number)
        if found.task_token != task_token:
            found = replace(found, task_token=task_token, signalled=False)
            self._rounds[change_id, number] = found
        self._end("await_decision")
        return found

    def issue_link(self, remediation: Remediation, *, approver: str, token_hash: str) -> None:
        self._begin("issue_link")
        link = Link(
            token_hash=token_hash,
            change_id=remediation.change_id,
            round=remediation.round,
            approver=approver,
            expires_at=remediation.expires_at,
        )
        self._links.setdefault(token_hash, link)

    def link(self, token_hash: str) -> Link:
        if token_hash not in self._links:
            raise NotFoundError("there is no such link")
        return self._links[token_hash]

    def decide(self, signed: SignedDecision) -> Round:
        self._begin("decide")
        decision = signed.decision
        found = self.round(decision.change_id, decision.round)
        if found.decision == signed:
            return found
        if found.status is not RoundStatus.PROPOSED or found.decision is not None:
            raise ConflictError(f"{found.remediation.execution_name} is {found.status} already")
        decided = self._keep(
            replace(found, decision=signed, status=RoundStatus(decision.word.value))
        )
        rest = rest_after(decision, found.remediation)
        if rest is not None:
            self._remember(found.remediation.finding_id, rest.until, rest.refused)
        self._end("decide")
        return decided

    def signalled(self, change_id: str, number: int) -> None:
        self._begin("signalled")
        self._rounds[change_id, number] = replace(self.round(change_id, number), signalled=True)

    def advance(
        self,
        change_id: str,
        number: int,
        *,
        from_: Sequence[RoundStatus],
        to: RoundStatus,
        note: str | None = None,
        applied_at: datetime | None = None,
    ) -> Round:
        self._begin("advance")
        found = self.round(change_id, number)
        if found.status not in from_:
            raise ConflictError(
                f"{found.remediation.execution_name} is {found.status}, not {', '.join(from_)}"
            )
        name, function = found.remediation.execution_name, str(found.remediation.function)
        reopens = to.is_open and not found.status.is_open
        if reopens and self._locks.setdefault(function, name) != name:
            raise ConflictError(f"{function}: another change of it is open")
        moved = replace(
            found,
            status=to,
            note=found.note if note is None else note,
            applied_at=found.applied_at if applied_at is None else applied_at,
        )
        self._keep(moved)
        self._end("advance")
        return moved

    def open_rounds(self, statuses: Sequence[RoundStatus]) -> tuple[Round, ...]:
        self._begin("open_rounds")
        found = [
            r
            for r in self._rounds.values()
            if r.status in statuses
            and (r.status.is_open or r.is_untold)
            and (r.remediation.change_id, r.remediation.round) not in self._garbled
        ]
        return tuple(sorted(found, key=lambda r: r.remediation.execution_name))

    def memory(self, findings: Sequence[Finding]) -> Mapping[str, FindingMemory]:
        self._begin("memory")
        return {
            finding.id: _memory(
                self._memories.get(finding.id, {}), self._locks.get(str(finding.function))
            )
            for finding in findings
        }

    def remember(
        self,
        finding_id: str,
        *,
        cooling_until: datetime | None = None,
        refuse_change: str | None = None,
        applied_change: str | None = None,
        applied_from: str | None = None,
        reverted_change: str | None = None,
    ) -> None:
        self._begin("remember")
        self._remember(finding_id, cooling_until, refuse_change)
        given = (("applied", applied_change), ("from", applied_from), ("reverted", reverted_change))
        for name, change in given:
            if change is not None:
                self._memories.setdefault(finding_id, {}).setdefault(name, set()).add(change)

    def _remember(self, finding_id: str, until: datetime | None, refused: str | None) -> None:
        memory = self._memories.setdefault(finding_id, {})
        if until is not None:
            memory["cooling_until"] = until.isoformat()
        if refused is not None:
            memory.setdefault("refused", set()).add(refused)

    def forgive(self, finding_id: str, change_id: str, *, applied_from: str) -> None:
        self._begin("forgive")
        memory = self._memories.setdefault(finding_id, {})
        memory.pop("cooling_until", None)
        memory.get("from", set()).discard(applied_from)
        for name in ("refused", "applied", "reverted"):
            memory.get(name, set()).discard(change_id)

    def take_slot(self, remediation: Remediation, limits: Limits, *, now: datetime) -> str | None:
        self._begin("take_slot")
        execution, account = remediation.execution_name, remediation.function.account
        over = {r.remediation.execution_name for r in self._rounds.values() if not r.status.is_open}
        slots = self._slots.without(frozenset(over))
        full = why_full(slots, execution, account, limits, now=now)
        if full is None:
            self._slots = slots.taken(execution, account, now=now)
        self._end("take_slot")
        return full

    def hold(self, function: str, *, holder: str, now: datetime, until: datetime) -> bool:
        self._begin("hold")
        has, held_until = self._leases.get(function, (holder, until))
        if has != holder and held_until > now:
            return False
        self._leases[function] = (holder, until)
        self._end("hold")
        return True

    def let_go(self, function: str, *, holder: str) -> None:
        self._begin("let_go")
        if function in self._leases and self._leases[function][0] == holder:
            del self._leases[function]
        self._end("let_go")

    def locks(self) -> Mapping[str, str]:
        self._begin("locks")
        return dict(self._locks)

    def unlock(self, function: str, execution: str) -> None:
        self._begin("unlock")
        if self._locks.get(function) == execution:
            del self._locks[function]
        self._end("unlock")

    def restore(self, record: Round) -> None:
        self._begin("restore")
        name, function = record.remediation.execution_name, str(record.remediation.function)
        if record.status.is_open and self._locks.setdefault(function, name) != name:
            raise ConflictError(f"{function}: another change of it is open")
        self._garbled.discard((record.remediation.change_id, record.remediation.round))
        self._keep(record)
        self._end("restore")

    def lose(self, remediation: Remediation) -> None:
        """Remove a stored round, as a restored table or a careless person could."""
        del self._rounds[remediation.change_id, remediation.round]

    def garble(self, remediation: Remediation) -> None:
        """Write junk over a stored round."""
        self._garbled.add((remediation.change_id, remediation.round))

    def lease_of(self, function: str) -> str | None:
        """Return who may write a function right now."""
        return self._leases.get(function, (None, None))[0]

    def before_next(self, method: str, action: Callable[[], None]) -> None:
        """Let somebody else act just before the next call of this method."""
        self._before.append((method, action))

    def fail_next(self, method: str, error: OutsideError, *, after_landing: bool = False) -> None:
        """Make the next call of this method fail; `after_landing`: what it writes is written."""
        self._failures.append((method, error, after_landing))

    def forge(self, record: Round) -> None:
        """Rewrite a stored round, as somebody could who may write the state table."""
        self._rounds[record.remediation.change_id, record.remediation.round] = record

    def lock_of(self, function: str) -> str | None:
        """Return the execution name that holds a function."""
        return self._locks.get(function)

    def _keep(self, found: Round) -> Round:
        remediation = found.remediation
        self._rounds[remediation.change_id, remediation.round] = found
        function = str(remediation.function)
        if not found.status.is_open and self._locks.get(function) == remediation.execution_name:
            del self._locks[function]
        return found

    def _begin(self, method: str) -> None:
        for planned in [p for p in self._before if p[0] == method][:1]:
            self._before.remove(planned)
            planned[1]()
        self._fail(method, has_landed=False)

    def _end(self, method: str) -> None:
        self._fail(method, has_landed=True)

    def _fail(self, method: str, *, has_landed: bool) -> None:
        for planned in self._failures:
            if planned[0] == method and planned[2] is has_landed:
                self._failures.remove(planned)
                raise planned[1]


def _memory(memory: Mapping[str, Any], open_change: str | None) -> FindingMemory:
    return FindingMemory(
        open_change=open_change,
        cooling_until=memory.get("cooling_until"),
        refused_changes=tuple(sorted(memory.get("refused", ()))),
        applied_changes=tuple(sorted(memory.get("applied", ()))),
        applied_from=tuple(sorted(memory.get("from", ()))),
        reverted_changes=tuple(sorted(memory.get("reverted", ()))),
        rounds=memory.get("rounds"),
    )
