"""How does an execution wait for a person? It registers its token; the record decides, not the
token.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from trimtab.domain.approval import DecisionWord, Round, RoundStatus
from trimtab.flows.decide import enter, expire, settle
from trimtab.ports import ApprovalDesk, Clock, Executions, Ledger, Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What waiting needs from outside."""

    desk: ApprovalDesk
    ledger: Ledger
    executions: Executions
    verifier: Callable[[], Verifier]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was decided, and how long to wait until the change window opens."""

    word: DecisionWord | None
    """None: nobody has decided and there is time left."""
    wait_s: int


def request(change_id: str, number: int, *, task_token: str, bench: Bench) -> None:
    """Keep the token of the waiting execution; tell it at once if a decision is there already."""
    record = bench.desk.await_decision(change_id, number, task_token=task_token)
    if record.status is not RoundStatus.PROPOSED:
        settle(record, bench, at=bench.clock.now())


def outcome_of(change_id: str, number: int, *, bench: Bench) -> Answer:
    """Read the decision from the record; without one after the deadline the clock says no (S4)."""
    now = bench.clock.now()
    record = expire(bench.desk.round(change_id, number), bench.desk, now=now)
    if record.decision is None:
        return Answer(word=None, wait_s=0)
    enter(record, bench, at=now)
    word = record.decision.decision.word
    return Answer(word=word, wait_s=_wait_s(record, bench) if word is DecisionWord.APPROVED else 0)


def _wait_s(record: Round, bench: Bench) -> int:
    window, now = record.remediation.window, bench.clock.now()
    if window is None:
        return 0
    return math.ceil((window.opens_at(now) - now).total_seconds())
