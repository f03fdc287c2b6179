"""Is a change that was closed still there? Looked at once a day, for two weeks (S12, S25).

Somebody else may take it back, infrastructure as code at its next deployment above all: that is put
on record, told, and not fought. What outlived what it was for is cleared away by its undo. What
cannot be read was not taken back (S8). Safe to repeat.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from trimtab.domain.approval import Round, RoundStatus
from trimtab.domain.arn import Target
from trimtab.domain.digest import sha256_hex
from trimtab.domain.errors import (
    ConflictError,
    NotFoundError,
    OutsideError,
    TamperedError,
    TrimtabError,
)
from trimtab.domain.fleet import FunctionState, Gap
from trimtab.domain.ledger import Entry, Fault, change_chain
from trimtab.domain.remediation import before_id
from trimtab.flows import tell
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.provisioned_watch import state_of
from trimtab.pipeline.record import record_change
from trimtab.ports import Executions, Fleet, FunctionSource
from trimtab.remediations import KINDS

ACTOR = "trimtab-aftercare"
REVERTED_LATER = "reverted_later"

LOOKED_AFTER = timedelta(days=14)
"""How long after its watch a change is looked after; chosen: two weekly deployments."""
FINISHED_WITHIN = timedelta(days=2)
"""How long after that what was found, and not told by then, is still told; chosen."""
SLOTS = 24
"""Each change has one hour of the day, so that a pass is short and each is looked at once a day."""
STOP_BEFORE = timedelta(seconds=30)
"""With less time left nothing more is looked at: it comes up again tomorrow."""

ENDS = ("watch_healthy", "watch_insufficient_data")
CLOSED = (RoundStatus.VERIFIED, RoundStatus.UNPROVEN)

_ODD = re.compile(r"[^A-Za-z0-9_@-]")
"""In what CloudTrail says of a caller: a mail program must not make a link of it (S23)."""
MOST_OF_A_NAME = 64
"""Characters of a session. Source: AssumeRole, AWS STS API reference, read 2026-11-21."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What looking after needs from outside."""

    fleet: Fleet
    tell: tell.Bench
    executions: Executions


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftercare:
    """What one pass did."""

    looked: int = 0
    reverted: tuple[str, ...] = ()
    """Changes that somebody else took back, by execution name: found now, or told now."""
    left: int = 0
    """For which no time was left: they come up again tomorrow."""
    gaps: tuple[Gap, ...] = ()

    def plus(self, other: "Aftercare") -> "Aftercare":
        return Aftercare(
            looked=self.looked + other.looked,
            reverted=self.reverted + other.reverted,
            left=self.left + other.left,
            gaps=self.gaps + other.gaps,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A watch that ended well enough, as the index of days has it: a hint."""

    change_id: str
    number: int
    function: str
    at: datetime

    @property
    def slot(self) -> int:
        return int(sha256_hex(f"{self.change_id}-r{self.number}")[:8], 16) % SLOTS


def aftercare(bench: Bench) -> Aftercare:
    """Look once at every closed change whose hour of the day it is."""
    now = bench.tell.clock.now()
    by_target: dict[Target, list[OnRecord]] = defaultdict(list)
    done = Aftercare()
    for ended in _ended(_recent(bench, now)):
        if ended.slot != now.astimezone(UTC).hour % SLOTS:
            continue
        try:
            known = read_round(bench.tell.ledger, ended.change_id, ended.number)
        except TrimtabError as error:
            gap = Gap(account="*", region="*", what=f"change {ended.change_id}", error=str(error))
            done = done.plus(Aftercare(gaps=(gap,)))
            continue
        if known.has(REVERTED_LATER):
            done = done.plus(_finish(known, bench))
        elif known.status in CLOSED and now < ended.at + LOOKED_AFTER:
            by_target[known.remediation.function.target].append(known)
    for target, rounds in sorted(by_target.items(), key=lambda item: item[0]):
        done = done.plus(_look_at(target, rounds, bench))
    return done


def _recent(bench: Bench, now: datetime) -> list[Entry]:
    """Return the entries of the days that count. A row that holds none is for the audit."""
    days = (LOOKED_AFTER + FINISHED_WITHIN).days
    found: list[Entry] = []
    for ago in range(days + 1):
        day = (now.astimezone(UTC) - timedelta(days=ago)).date().isoformat()
        entries: Iterable[Entry | Fault] = bench.tell.ledger.found("day", day)
        found += [entry for entry in entries if isinstance(entry, Entry)]
    return found


def _ended(entries: Iterable[Entry]) -> tuple[_Ended, ...]:
    """Return the watches that ended, but for those that a later change of ours has overtaken."""
    prefix = change_chain("")
    written: dict[str, datetime] = {}
    ends: list[_Ended] = []
    for entry in entries:
        if entry.function is None or not entry.chain.startswith(prefix):
            continue
        if entry.event == "intended":
            written[entry.function] = max(entry.at, written.get(entry.function, entry.at))
        elif entry.event in ENDS:
            ends.append(
                _Ended(
                    change_id=entry.chain.removeprefix(prefix),
                    number=int(entry.data.get("round", 0)),
                    function=entry.function,
                    at=entry.at,
                )
            )
    left = (e for e in ends if written.get(e.function, e.at) <= e.at)
    return tuple(sorted(left, key=lambda e: (e.at, e.change_id, e.number)))


def _look_at(target: Target, rounds: list[OnRecord], bench: Bench) -> Aftercare:
    try:
        source = bench.fleet.open(target)
    except OutsideError as error:
        return Aftercare(gaps=(_gap(target, error),))
    done = Aftercare()
    for known in rounds:
        if bench.tell.clock.remaining() < STOP_BEFORE:
            done = done.plus(Aftercare(left=1))
            continue
        try:
            done = done.plus(_look(known, source, bench))
        except TrimtabError as error:
            done = done.plus(Aftercare(gaps=(_gap(target, error),)))
    return done


def _gap(target: Target, error: Exception) -> Gap:
    return Gap(account=target.account, region=target.region, what="aftercare", error=str(error))


def _look(known: OnRecord, source: FunctionSource, bench: Bench) -> Aftercare:
    remediation = known.remediation
    try:
        state = state_of(source, remediation)
    except NotFoundError as error:
        data = {"reason": f"the function is gone: {error}"}
    else:
        kind = KINDS[remediation.kind]
        if kind.left_over(remediation, state) is not None:
            bench.executions.start_undo(remediation.change_id, remediation.round)
            return Aftercare(looked=1)
        why = kind.reverted(remediation, state) if state.is_settled else None
        if why is None:
            return Aftercare(looked=1)
        data = {"reason": why, **_written_by(source, state)}
    record_change(
        bench.tell.ledger,
        remediation,
        REVERTED_LATER,
        data,
        actor=ACTOR,
        at=bench.tell.clock.now(),
    )
    number, change_id = remediation.round, remediation.change_id
    done = _finish(read_round(bench.tell.ledger, change_id, number), bench)
    return replace(done, looked=1)


def _written_by(source: FunctionSource, state: FunctionState) -> dict[str, str]:
    """Return who wrote the function last, where CloudTrail tells: text from outside."""
    try:
        writes = source.last_writers(state.function, written_at=state.last_modified_at)
    except OutsideError:
        return {}
    if not writes:
        return {}
    last = writes[0]
    said = last.invoked_by or last.session
    return {
        "by": _ODD.sub("_", said)[:MOST_OF_A_NAME],
        "event": last.event,
        "at": last.at.isoformat(),
    }


def _finish(known: OnRecord, bench: Bench) -> Aftercare:
    """Close the round as taken back and tell everybody, as far as that was not done before.

    Telling comes last: once everybody was told, nothing is remembered again, which a person may
    have lifted since.
    """
    remediation, found = known.remediation, known.last(REVERTED_LATER)
    assert found is not None, "only what was found is finished"
    if tell.has_told(remediation, REVERTED_LATER, bench.tell.ledger):
        return Aftercare()
    desk, change_id = bench.tell.desk, remediation.change_id
    if not any(e.event == "allowed" and e.seq > found.seq for e in known.entries):
        desk.remember(
            remediation.finding_id,
            applied_change=change_id,
            applied_from=before_id(remediation.before),
            reverted_change=change_id,
        )
    note = _note(found.data)
    # Where the row is lost or stands elsewhere, the ledger still has it.
    with suppress(ConflictError, NotFoundError, TamperedError):
        desk.advance(change_id, remediation.round, from_=CLOSED, to=RoundStatus.REVERTED, note=note)
    ended = Round(
        remediation=remediation, status=RoundStatus.REVERTED, decision=known.decision, note=note
    )
    tell.tell_reverted(ended, REVERTED_LATER, bench.tell)
    return Aftercare(reverted=(remediation.execution_name,))


def _note(data: Mapping[str, str]) -> str:
    by = data.get("by")
    written = f"; last written by {by} ({data.get('event')}, {data.get('at')})" if by else ""
    return f"{data['reason']}{written}"
