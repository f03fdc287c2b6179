"""What was left half done? Expires rounds, tells who waits, and walks the open chains of the ledger
(S4, S6).

The ledger says where each round stands; executions and the state table only have to follow. All of
it is safe to repeat, and one thing that cannot be mended stops nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from trimtab.domain.approval import UNTOLD, Round, RoundStatus
from trimtab.domain.errors import NotFoundError, TamperedError, TrimtabError
from trimtab.domain.ledger import Entry, change_chain
from trimtab.domain.remediation import Remediation
from trimtab.domain.round_events import EVERYBODY_TOLD, TO_BE_TOLD
from trimtab.domain.wire import from_wire
from trimtab.flows.decide import clock_says_no, enter, expire, record_decision, settle
from trimtab.pipeline.on_record import OnRecord, read_chain, read_round
from trimtab.pipeline.record import record_change, record_opened
from trimtab.ports import ApprovalDesk, Clock, Executions, Ledger, Verifier

ACTOR = "trimtab-reconcile"

PREFIX = change_chain("")

CLOSED_WITHIN = timedelta(days=1)
"""An end may be on record before the state table has it: a watch tells everybody first; chosen."""

TOLD_WITHIN = timedelta(minutes=15)
"""Whoever ended a round tells of it next; after that nobody is at it any more. No Lambda runs
longer."""

MAX_DIGITS = 9
"""Of a round's number in a lock; what is longer names no round."""

NOBODY_WAITS = timedelta(hours=1)
"""A decision that no execution asked about by then is told to nobody; one that asks later is told
at once."""

ABANDONED_AFTER = timedelta(hours=1)
"""A proposal that was not opened by then is withdrawn: the planner runs 10 minutes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What mending needs from outside."""

    desk: ApprovalDesk
    ledger: Ledger
    executions: Executions
    verifier: Callable[[], Verifier]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What one pass did, and what it could not do."""

    expired: int = 0
    told: int = 0
    restarted: int = 0
    """Executions that were gone and were started again."""
    restored: int = 0
    """Rounds that the state table had lost, or had wrong."""
    unlocked: int = 0
    open_chains: int = 0
    oldest_open: timedelta = timedelta(0)
    """Since something last happened in an open chain that no person and no watch is busy with."""
    problems: tuple[str, ...] = ()
    """What a person has to look at, in words."""

    def plus(self, other: "Reconciled") -> "Reconciled":
        return Reconciled(
            expired=self.expired + other.expired,
            told=self.told + other.told,
            restarted=self.restarted + other.restarted,
            restored=self.restored + other.restored,
            unlocked=self.unlocked + other.unlocked,
            open_chains=self.open_chains + other.open_chains,
            oldest_open=max(self.oldest_open, other.oldest_open),
            problems=self.problems + other.problems,
        )


def reconcile(bench: Bench) -> Reconciled:
    """Walk the open rounds, then the open chains, then the locks, once each."""
    rounds = bench.desk.open_rounds((RoundStatus.PROPOSED, RoundStatus.APPROVED, *UNTOLD))
    done = _each(rounds, lambda listed: _mend_round(listed, bench), _name)
    chains = [chain for chain in bench.ledger.open_chains() if chain.startswith(PREFIX)]
    done = done.plus(_each(chains, lambda chain: _mend_chain(chain, bench), str))
    locks = bench.desk.locks().items()
    return done.plus(_each(locks, lambda lock: _mend_lock(*lock, bench), _of_lock))


T = TypeVar("T")


def _each(
    items: Iterable[T], mend: Callable[[T], Reconciled], name: Callable[[T], str]
) -> Reconciled:
    done = Reconciled()
    for item in items:
        try:
            done = done.plus(mend(item))
        except TrimtabError as error:
            done = done.plus(Reconciled(problems=(f"{name(item)}: {error}",)))
    return done


def _name(listed: Round) -> str:
    return listed.remediation.execution_name


def _of_lock(lock: tuple[str, str]) -> str:
    return f"lock of {lock[0]}"


def _mend_round(listed: Round, bench: Bench) -> Reconciled:
    """Expire a round that nobody answered, and tell the execution that waits for an answer."""
    now, remediation = bench.clock.now(), listed.remediation
    record = bench.desk.round(remediation.change_id, remediation.round)
    _open_on_record(record, bench)
    after = expire(record, bench.desk, now=now)
    expired = after.status is RoundStatus.EXPIRED and record.status is RoundStatus.PROPOSED
    told = False
    if after.decision is not None and not after.signalled:
        told = settle(after, bench, at=now)
        if after.task_token is None and now >= after.decision.decision.decided_at + NOBODY_WAITS:
            bench.desk.signalled(remediation.change_id, remediation.round)
    return Reconciled(expired=int(expired), told=int(told))


def _open_on_record(record: Round, bench: Bench) -> None:
    """Finish a proposal of which only the entry that it was opened is missing."""
    remediation = record.remediation
    entries = bench.ledger.entries(change_chain(remediation.change_id))
    of_round = [e for e in entries if e.data.get("round") == remediation.round]
    runs = {e.data["remediation"]["run_id"] for e in of_round if e.event == "proposed"}
    if remediation.run_id in runs and not any(e.event == "opened" for e in of_round):
        record_opened(bench.ledger, remediation, actor=ACTOR, at=bench.clock.now())


def _mend_chain(chain: str, bench: Bench) -> Reconciled:
    """Bring the last round of one chain a step nearer to its end, if nothing else does."""
    entries, faults = read_chain(bench.ledger, chain)
    if faults:
        return Reconciled(
            open_chains=1, problems=(f"{chain}, entry {faults[0].seq}: {faults[0].what}",)
        )
    number = max((int(e.data["round"]) for e in entries if "round" in e.data), default=None)
    if number is None:
        return Reconciled(open_chains=1, problems=(f"{chain}: it is open, and names no round",))
    try:
        known = read_round(bench.ledger, chain.removeprefix(PREFIX), number)
    except NotFoundError:
        return _mend_unopened(entries, number, bench)
    done = _follow(known, bench)
    is_waiting = known.status in WAITING
    idle = bench.clock.now() - entries[-1].at
    oldest = timedelta(0) if is_waiting else max(idle, timedelta(0))
    return done.plus(Reconciled(open_chains=1, oldest_open=oldest))


def _mend_unopened(entries: tuple[Entry, ...], number: int, bench: Bench) -> Reconciled:
    """Withdraw a proposal whose planner never came to open it."""
    now = bench.clock.now()
    if now < entries[-1].at + ABANDONED_AFTER:
        return Reconciled(open_chains=1)
    for entry in entries:
        if entry.event == "proposed" and entry.data["round"] == number:
            remediation = from_wire(Remediation, entry.data["remediation"])
            data = {"run_id": remediation.run_id, "reason": "it was never opened"}
            record_change(
                bench.ledger,
                remediation,
                "withdrawn",
                data,
                actor=ACTOR,
                at=now,
                key=remediation.run_id,
                is_open=False,
            )
    return Reconciled()


def _follow(known: OnRecord, bench: Bench) -> Reconciled:
    """Make state table and executions follow where the ledger says that the round stands."""
    remediation, now = known.remediation, bench.clock.now()
    status = known.status
    if not status.is_open:
        return _tell_again(known, bench)
    if status is RoundStatus.PROPOSED and now >= remediation.expires_at:
        return _expire_on_record(known, bench, now=now)
    restored = _restore(known, bench)
    change_id, number = remediation.change_id, remediation.round
    restarted, problems = False, _unasked(known, now=now)
    if status in FORWARD:
        restarted = bench.executions.start_forward(change_id, number)
    elif status is RoundStatus.UNDOING or _is_to_be_undone(known):
        restarted = bench.executions.start_undo(change_id, number)
    elif status is RoundStatus.WATCHING and _stands(known, bench) is RoundStatus.APPLYING:
        restarted = bench.executions.start_forward(change_id, number)
    elif _stands(known, bench) is RoundStatus.UNDOING:
        restarted = bench.executions.start_undo(change_id, number)
    elif status is RoundStatus.UNDO_STOPPED and _is_untold(known, now=now):
        # An execution of a round that has ended writes nothing: it only tells.
        restarted = bench.executions.start_forward(change_id, number)
    return Reconciled(restarted=int(restarted), restored=int(restored), problems=problems)


def _unasked(known: OnRecord, *, now: datetime) -> tuple[str, ...]:
    """Say that nobody was asked about a change long after it was opened: its scan failed then."""
    remediation, opened = known.remediation, known.entries[0].at
    if known.status is not RoundStatus.PROPOSED or known.has("asked"):
        return ()
    if now < opened + ABANDONED_AFTER:
        return ()
    return (
        f"{remediation.execution_name}: nobody was asked about it: see why its scan, "
        f"{remediation.run_id}, failed; it expires on {remediation.expires_at.isoformat()} and is "
        "proposed again later",
    )


def _tell_again(known: OnRecord, bench: Bench) -> Reconciled:
    """Let an execution tell how a round ended, where the one that should have is gone."""
    if known.status not in TO_BE_TOLD or known.has(EVERYBODY_TOLD):
        return Reconciled()
    if bench.clock.now() < known.entries[-1].at + TOLD_WITHIN:
        return Reconciled()
    restored = _restore(known, bench)
    remediation = known.remediation
    restarted = bench.executions.start_forward(remediation.change_id, remediation.round)
    return Reconciled(restarted=int(restarted), restored=int(restored))


def _is_untold(known: OnRecord, *, now: datetime) -> bool:
    """Tell whether somebody who answered has not heard of a stopped undo, and nobody is at it."""
    told = {
        e.data["approver"]
        for e in known.entries
        if e.event in ("told", "not_told") and e.data["ending"] == RoundStatus.UNDO_STOPPED.value
    }
    is_late = now >= known.entries[-1].at + TOLD_WITHIN
    return is_late and not told >= set(known.remediation.approval.approvers)


def _is_to_be_undone(known: OnRecord) -> bool:
    return known.status is RoundStatus.WATCHING and known.has("watch_regressed")


def _stands(known: OnRecord, bench: Bench) -> RoundStatus | None:
    """Say where the state table has a round; None: it has none, or none that can be read."""
    try:
        return bench.desk.round(known.remediation.change_id, known.remediation.round).status
    except (NotFoundError, TamperedError):
        return None


def _expire_on_record(known: OnRecord, bench: Bench, *, now: datetime) -> Reconciled:
    """Write the clock's no where the state table lost the round, or shows a forged yes."""
    remediation, stands = known.remediation, _stands(known, bench)
    if stands is RoundStatus.PROPOSED:
        return Reconciled()
    if stands is not None and _entered_in_time(known, bench, now=now):
        return Reconciled()
    no = clock_says_no(remediation, now=now)
    record_decision(no, known, bench, at=now)
    if stands is None:
        return Reconciled(expired=1)
    bench.desk.restore(Round(remediation=remediation, status=RoundStatus.EXPIRED, decision=no))
    return Reconciled(expired=1, restored=1)


def _entered_in_time(known: OnRecord, bench: Bench, *, now: datetime) -> bool:
    """Enter an answer that was given in time and that a crash kept out of the ledger until now."""
    record = bench.desk.round(known.remediation.change_id, known.remediation.round)
    try:
        enter(record, bench, at=now)
    except TamperedError:
        return False
    return record.decision is not None


FORWARD = (
    RoundStatus.APPROVED,
    RoundStatus.APPLYING,
    RoundStatus.CANARY,
    RoundStatus.NOTICE,
    RoundStatus.QUARANTINE,
)
"""Where an execution goes on with a change: of a canary it lets all follow, or takes it back."""

WAITING = (
    RoundStatus.PROPOSED,
    RoundStatus.CANARY,
    RoundStatus.NOTICE,
    RoundStatus.QUARANTINE,
    RoundStatus.WATCHING,
)
"""Where a round may stand for long, because a person or a watch is busy with it."""

_ENDED_UNWRITTEN = frozenset({RoundStatus.STALE, RoundStatus.NOT_WRITTEN})

ASIDE: Mapping[RoundStatus, frozenset[RoundStatus]] = {
    RoundStatus.PROPOSED: frozenset(
        {RoundStatus.APPROVED, RoundStatus.REJECTED, RoundStatus.EXPIRED}
    ),
    RoundStatus.APPROVED: _ENDED_UNWRITTEN | {RoundStatus.NOTICE},
    RoundStatus.NOTICE: _ENDED_UNWRITTEN | {RoundStatus.APPROVED, RoundStatus.UNDOING},
    RoundStatus.QUARANTINE: frozenset({RoundStatus.APPLYING, RoundStatus.UNDOING}),
    RoundStatus.APPLYING: frozenset(
        {
            RoundStatus.APPROVED,
            RoundStatus.CANARY,
            RoundStatus.NOTICE,
            RoundStatus.QUARANTINE,
            RoundStatus.REMOVED,
            RoundStatus.UNDOING,
            RoundStatus.UNDO_STOPPED,
            *_ENDED_UNWRITTEN,
        }
    ),
    RoundStatus.CANARY: frozenset({RoundStatus.APPLYING, RoundStatus.UNDOING}),
    RoundStatus.WATCHING: frozenset({RoundStatus.APPLYING, RoundStatus.UNDOING}),
    RoundStatus.UNDOING: frozenset(
        {RoundStatus.UNDONE, RoundStatus.NOT_WRITTEN, RoundStatus.UNDO_STOPPED}
    ),
    RoundStatus.UNDO_STOPPED: frozenset(
        {RoundStatus.UNDOING, RoundStatus.UNDONE, RoundStatus.NOT_WRITTEN}
    ),
}
"""Where the state table may stand besides where the ledger says, for a moment or until the next
call: an intent, an application and a decision are entered before or after the move, an end after
it."""


def _restore(known: OnRecord, bench: Bench) -> bool:
    """Put a round back that the state table lost, or shows where it cannot be."""
    remediation, status = known.remediation, known.status
    stands = _stands(known, bench)
    if stands is status or stands in ASIDE.get(status, ()):
        return False
    if read_round(bench.ledger, remediation.change_id, remediation.round).status is not status:
        return False
    applied = known.last("applied")
    bench.desk.restore(
        Round(
            remediation=remediation,
            status=status,
            decision=known.decision,
            applied_at=None if applied is None else applied.at,
            note=None if known.end is None else str(known.end.data.get("reason", "")),
        )
    )
    return True


def _mend_lock(function: str, execution: str, bench: Bench) -> Reconciled:
    """Free a function whose lock names a round that is over, or that nobody ever proposed."""
    change_id, _, number = execution.rpartition("-r")
    if (
        number.isdecimal()
        and len(number) <= MAX_DIGITS
        and _may_be_open(change_id, int(number), bench)
    ):
        return Reconciled()
    bench.desk.unlock(function, execution)
    return Reconciled(unlocked=1)


def _may_be_open(change_id: str, number: int, bench: Bench) -> bool:
    """Tell whether a round is open, may yet be opened by its planner, or is just being closed."""
    try:
        known = read_round(bench.ledger, change_id, number)
    except NotFoundError:
        return bench.ledger.head(change_chain(change_id)) is not None
    stands = _stands(known, bench)
    is_closing = stands is not None and stands.is_open
    is_fresh = bench.clock.now() < known.entries[-1].at + CLOSED_WITHIN
    return known.status.is_open or (is_closing and is_fresh)
