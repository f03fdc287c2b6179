"""What is on record of the drills? One chain holds them all, a handful of entries each."""

from collections.abc import Mapping
from typing import Any

from trimtab.domain.drill import (
    BEGUN,
    DRILL_CHAIN,
    DRILLED,
    ENDED,
    Drilled,
    DrillReport,
    LastDrill,
    PartState,
)
from trimtab.domain.errors import TamperedError
from trimtab.domain.ledger import Entry
from trimtab.pipeline.on_record import read_chain
from trimtab.ports import Ledger


def drills_on_record(ledger: Ledger, chain: str = DRILL_CHAIN) -> tuple[Entry, ...]:
    """Read the chain.

    Raises: TamperedError when it is not whole; OutsideError.
    """
    entries, faults = read_chain(ledger, chain)
    if faults:
        raise TamperedError(f"{chain}, entry {faults[0].seq}: {faults[0].what}")
    return entries


def last_drills(entries: tuple[Entry, ...]) -> Mapping[str, LastDrill]:
    """Return how each backup was drilled last, by its id."""
    return {
        str(entry.data["backup_id"]): LastDrill(
            at=entry.at,
            word=str(entry.data["word"]),
            is_well=entry.data["is_well"] is True,
            reason=str(entry.data["reason"]),
        )
        for entry in entries
        if entry.event == DRILLED
    }


def of_sandbox(entries: tuple[Entry, ...], sandbox: str | None) -> tuple[Entry, ...]:
    """Return what was entered of backups that were drilled with this sandbox, or None: without any.

    What was only read back so goes to the front of the queue once there is a sandbox.
    """
    return tuple(e for e in entries if e.event == DRILLED and e.data["sandbox"] == sandbox)


def cut_off(entries: tuple[Entry, ...]) -> str | None:
    """Return the moment at which the last drill began when it never ended; None: it ended."""
    last = next((e for e in reversed(entries) if e.event in (BEGUN, ENDED)), None)
    if last is None or last.event == ENDED:
        return None
    return f"{last.at:%Y-%m-%d %H:%M} UTC"


def what_was_drilled(one: Drilled, *, drill_id: str, sandbox: str | None) -> dict[str, Any]:
    """Return what is entered of one backup: names of parts, and no value."""
    return {
        "drill_id": drill_id,
        "backup_id": one.backup_id,
        "sandbox": sandbox,
        "copy": one.copy,
        "word": one.word.value,
        "is_well": one.is_well,
        "reason": one.reason or one.left_behind,
        "left_behind": one.left_behind,
        **{
            state.value.replace(" ", "_"): [part.name for part in one.of(state)]
            for state in PartState
        },
    }


def how_it_ended(report: DrillReport) -> dict[str, Any]:
    """Return what is entered of a whole drill; `report` is where all of it is kept."""
    words = [one.word.value for one in report.functions]
    return {
        "drill_id": report.drill_id,
        "is_well": report.is_well,
        "words": {word: words.count(word) for word in sorted(set(words))},
        "not_restored": report.not_restored,
        "problems": list(report.problems),
    }
