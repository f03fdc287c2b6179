"""Is there a backup that was read back, and is it still of this very function? (S14)"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.fleet import FunctionState
from trimtab.domain.round_events import (
    BACKUP_ASKED,
    BACKUP_VERIFIED,
    NOTICE_STARTED,
    VAULT_MISSING,
)
from trimtab.pipeline.on_record import OnRecord
from trimtab.pipeline.writing import Bench, record
from trimtab.remediations.remove_function import plan_of

TRY_FOR = timedelta(hours=24)
"""How long a first backup is tried before the removal ends; chosen."""

ReadBack = Mapping[str, Any]
"""What is on record of a backup that was read back: its proof, why it could not be brought back,
and what differs from the first one."""


def read_back(known: OnRecord, *, since: datetime | None = None) -> ReadBack | None:
    """Return the last backup that was read back, of those since a moment."""
    entry = known.last(BACKUP_VERIFIED)
    if entry is None or (since is not None and entry.at < since):
        return None
    return entry.data


def first_proof(known: OnRecord) -> Mapping[str, Any]:
    """Return the proof that the notice began with: what a restore brings back."""
    began = known.last(NOTICE_STARTED)
    assert began is not None, "no notice begins without a backup that was read back"
    proof: Mapping[str, Any] = began.data["proof"]
    return proof


def why_never(known: OnRecord) -> str | None:
    """Say that no backup can be made where the function is; None: it may be."""
    found = known.last(VAULT_MISSING)
    return None if found is None else str(found.data["reason"])


def is_of(backup: ReadBack, state: FunctionState) -> bool:
    """Tell whether a backup is of the code the function has."""
    return bool(backup["proof"]["code_sha256"] == state.configuration.code_sha256)


def why_not_restorable(backup: ReadBack) -> str | None:
    """Say that a restore would fail, or not bring the same back: such a function stays."""
    reasons = "; ".join(backup["not_restorable"])
    return f"it could not be brought back as it is: {reasons}" if reasons else None


def why_differs(backup: ReadBack) -> str | None:
    """Say what of the function is not as it was backed up first, but for its quarantine."""
    differs = ", ".join(backup["differs"])
    return f"it is not as it was backed up: {differs}" if differs else None


def ask(known: OnRecord, bench: Bench, phase: str) -> datetime:
    """Enter that a backup is needed; return since when it is."""
    asked = [e for e in known.entries if e.event == BACKUP_ASKED and e.data["phase"] == phase]
    if asked:
        return asked[0].at
    record(known.remediation, bench, BACKUP_ASKED, {"phase": phase}, key=phase)
    return bench.clock.now()


def versions_not_held(known: OnRecord, backup: ReadBack) -> Mapping[str, str]:
    """Return the versions that a backup does not hold whole and as they were approved, each with
    why: those are not deleted (S14).
    """
    held: Mapping[str, Mapping[str, Any]] = backup["versions"]
    found: dict[str, str] = {}
    for one in plan_of(known.remediation).versions:
        there = held.get(one.number, {"why_not": "the backup does not hold it"})
        if there["why_not"]:
            found[one.number] = str(there["why_not"])
        elif (there["code_sha256"], there["revision_id"]) != (one.code_sha256, one.revision_id):
            found[one.number] = "it is not what was approved: the backup holds another code of it"
    return found
