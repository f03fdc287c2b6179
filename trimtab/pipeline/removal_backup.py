"""Is there a backup that was read back, and is it still of this very function? (S14)"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.fleet import FunctionState
from trimtab.domain.round_events import BACKUP_ASKED, BACKUP_VERIFIED, NOTICE_STARTED
from trimtab.pipeline.on_record import OnRecord
from trimtab.pipeline.writing import Bench, record

TRY_FOR = timedelta(hours=24)
"""How long a first backup is tried before the removal ends; chosen."""


def proof_of(known: OnRecord, *, since: datetime | None = None) -> Mapping[str, Any] | None:
    """Return the proof of the last backup that was read back, asked for since a moment."""
    for entry in reversed(known.entries):
        if entry.event == BACKUP_VERIFIED and (since is None or entry.at >= since):
            proof: Mapping[str, Any] = entry.data["proof"]
            return proof
    return None


def first_proof(known: OnRecord) -> Mapping[str, Any] | None:
    """Return the proof that the notice began with: what a restore brings back."""
    began = known.last(NOTICE_STARTED)
    if began is None:
        return proof_of(known)
    proof: Mapping[str, Any] = began.data["proof"]
    return proof


def why_not_of(proof: Mapping[str, Any], state: FunctionState) -> str | None:
    """Say that a backup is of other code than the function has."""
    if proof["code_sha256"] == state.configuration.code_sha256:
        return None
    return (
        f"the backup is of code {proof['code_sha256']}, the function has "
        f"{state.configuration.code_sha256}"
    )


def ask(known: OnRecord, bench: Bench, phase: str) -> datetime:
    """Enter that a backup is needed; return since when it is."""
    asked = [e for e in known.entries if e.event == BACKUP_ASKED and e.data["phase"] == phase]
    if asked:
        return asked[0].at
    record(known.remediation, bench, BACKUP_ASKED, {"phase": phase}, key=phase)
    return bench.clock.now()


def why_differs(first: Mapping[str, Any], last: Mapping[str, Any]) -> str | None:
    """Say what of the function is not as it was backed up first; its quarantine is left out, which
    is ours.
    """
    before, after = first["components"], last["components"]
    names = sorted(
        name for name in {*before, *after} - {"concurrency"} if before.get(name) != after.get(name)
    )
    return f"it is not as it was backed up: {', '.join(names)}" if names else None
