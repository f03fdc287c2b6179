"""Is anything frozen, and who froze it? Read from the ledger before each write (S20)."""

from datetime import datetime

from trimtab.domain.errors import OutsideError, RetryableError, TamperedError
from trimtab.domain.freeze import (
    FREEZE_CHAIN,
    FROZEN,
    ROLLED_BACK,
    THAWED,
    Freeze,
    Level,
    rollbacks,
    standing,
)
from trimtab.domain.ledger import Entry
from trimtab.pipeline.on_record import read_chain
from trimtab.policy.model import FreezeTerms
from trimtab.ports import Ledger

BREAKER = "trimtab-breaker"
"""Who freezes after too many rollbacks."""


def read_freeze(ledger: Ledger) -> Freeze:
    """Read what is stopped; never raises: what cannot be read stops forward writes only."""
    try:
        return standing(_whole_chain(ledger))
    except (OutsideError, TamperedError, KeyError, ValueError) as error:
        may_pass = isinstance(error, RetryableError)
        return Freeze(level=Level.UNREADABLE, why=str(error), may_pass=may_pass)


def _whole_chain(ledger: Ledger) -> tuple[Entry, ...]:
    entries, faults = read_chain(ledger, FREEZE_CHAIN)
    if faults:
        raise TamperedError(f"{FREEZE_CHAIN}, entry {faults[0].seq}: {faults[0].what}")
    return entries


def freeze(ledger: Ledger, *, by: str, why: str, is_hard: bool, at: datetime) -> None:
    """Stop forward writes at their next step; `is_hard` stops undo too."""
    level = Level.HARD if is_hard else Level.FORWARD
    data = {"level": level.value, "why": why}
    ledger.append(FREEZE_CHAIN, event=FROZEN, actor=by, data=data, at=at)


def thaw(ledger: Ledger, *, by: str, why: str, at: datetime) -> None:
    """Let forward writes go on; earlier rollbacks count no more."""
    ledger.append(FREEZE_CHAIN, event=THAWED, actor=by, data={"why": why}, at=at)


def note_rollback(
    execution: str, terms: FreezeTerms, ledger: Ledger, *, at: datetime
) -> Freeze | None:
    """Enter one rollback; where they become too many, freeze, and return what was frozen now."""
    ledger.append(
        FREEZE_CHAIN,
        event=ROLLED_BACK,
        actor=BREAKER,
        data={"execution": execution},
        at=at,
        once=f"rolled-back-{execution}",
    )
    entries = _whole_chain(ledger)
    found = rollbacks(entries, within=terms.within, now=at)
    if len(found) < terms.rollbacks or standing(entries).stops_forward:
        return None
    hours = terms.within.total_seconds() / 3600
    why = f"{len(found)} changes were rolled back within {hours:g} hours: {', '.join(found)}"
    freeze(ledger, by=BREAKER, why=why, is_hard=False, at=at)
    return standing(_whole_chain(ledger))
