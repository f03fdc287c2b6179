"""How is a backup taken, and proven, as part of a change or of a drill? On record, both times."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import Backup, BackupProof, Manifest
from trimtab.domain.backup_items import differences, items_of
from trimtab.domain.backup_limits import (
    CreateBlocks,
    why_not_restorable,
    why_version_not_restorable,
)
from trimtab.domain.digest import content_id
from trimtab.domain.errors import NotFoundError
from trimtab.domain.ledger import backup_chain, change_chain
from trimtab.domain.remediation import Remediation
from trimtab.domain.removal import RemovalPlan
from trimtab.domain.round_events import VAULT_MISSING
from trimtab.domain.wire import from_wire, to_wire
from trimtab.pipeline import backup as stage
from trimtab.pipeline.on_record import OnRecord, read_round
from trimtab.pipeline.record import record_change
from trimtab.policy.runtimes import SHIPPED_TABLE
from trimtab.ports import Clock, Ledger
from trimtab.ports.vault import FunctionArchive, Vault

ACTOR = "trimtab-backup"
BACKED_UP, INCOMPLETE = "backed_up", "backup_incomplete"
VERIFIED, UNVERIFIED = "backup_verified", "backup_refused"
RESERVED = "reserved"
"""The kind of item that reserved concurrency is."""


def shipped_blocks() -> CreateBlocks:
    """Return from when no function can be made with a runtime, as this release knows it."""
    return {name: row.create_blocked_on for name, row in SHIPPED_TABLE.rows.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What taking a backup needs: it may write to the vault, and not read there."""

    archive: Callable[[FunctionArn, str], FunctionArchive]
    """Opens a function, under the name of a session."""
    vault: Callable[[str], Vault]
    """By region: Lambda takes code only from a bucket of its own. Raises NotFoundError where there
    is none, with what to deploy.
    """
    ledger: Ledger
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What proving a backup needs: it may read in the vault, and not write there."""

    vault: Callable[[str], Vault]
    ledger: Ledger
    clock: Clock
    kept_for: timedelta
    create_blocks: CreateBlocks = field(default_factory=shipped_blocks)


def back_up_change(change_id: str, number: int, bench: Bench) -> Manifest:
    """Back up the function of a change and enter it in the change's chain.

    Called again it takes another backup: the last one counts.
    Raises: NotFoundError, TamperedError when the ledger does not have the round; NotFoundError when
    the region has no vault, which is entered too; OutsideError.
    """
    known = read_round(bench.ledger, change_id, number)
    if known.end is not None:
        raise NotFoundError(f"{known.remediation.execution_name} has ended: nothing to back up for")
    function = known.remediation.function
    try:
        vault = bench.vault(function.region)
    except NotFoundError as error:
        _enter_no_vault(known.remediation, bench, str(error))
        raise
    archive = bench.archive(function, known.remediation.execution_name)
    manifest = stage.back_up(function, archive, vault, now=bench.clock.now())
    _enter(change_chain(change_id), manifest, bench, actor=ACTOR, more={"round": number})
    return manifest


def back_up_function(function: FunctionArn, *, by: str, why: str, bench: Bench) -> Manifest:
    """Back up any function because somebody asked for it: nothing is changed."""
    chain = backup_chain(content_id(str(function)))
    vault = bench.vault(function.region)
    archive = bench.archive(function, f"backup-{content_id(str(function))}")
    manifest = stage.back_up(function, archive, vault, now=bench.clock.now())
    _enter(chain, manifest, bench, actor=by, more={"why": why})
    return manifest


def _enter_no_vault(remediation: Remediation, bench: Bench, reason: str) -> None:
    """Let apply end the removal at once, with the reason, and not after a day of trying."""
    now = bench.clock.now()
    record_change(
        bench.ledger,
        remediation,
        VAULT_MISSING,
        {"reason": reason},
        actor=ACTOR,
        at=now,
        key=reason,
    )


def _enter(
    chain: str, manifest: Manifest, bench: Bench, *, actor: str, more: dict[str, Any]
) -> None:
    bench.ledger.append(
        chain,
        event=BACKED_UP if manifest.is_complete else INCOMPLETE,
        actor=actor,
        data=more | summary_of(manifest),
        at=bench.clock.now(),
        function=str(manifest.function),
        once=f"backup-{manifest.backup_id}",
    )


def summary_of(manifest: Manifest) -> dict[str, Any]:
    """Return what may be said of a backup anywhere."""
    return {
        "backup_id": manifest.backup_id,
        "taken_at": to_wire(manifest.taken_at),
        "revision_id": manifest.revision_id,
        "code_sha256": manifest.code_sha256,
        "objects": len(manifest.objects),
        "size_bytes": manifest.size_bytes,
        "missing": [to_wire(missing) for missing in manifest.missing],
    }


def verify_change(change_id: str, number: int, reader: Reader) -> stage.ReadBack:
    """Read the last backup of a round back, and enter the proof, or why there is none.

    With the proof goes why it could not be brought back, and what differs from the first backup
    that was proven in the round, but for reserved concurrency, which a quarantine sets.

    Raises: NotFoundError when the round has no complete backup; OutsideError, TamperedError when
    the vault cannot be read: then nothing is entered.
    """
    known = read_round(reader.ledger, change_id, number)
    backup_id = _last_backup(known)
    function, now = known.remediation.function, reader.clock.now()
    vault = reader.vault(function.region)
    found = stage.read_back(function, backup_id, vault, now=now, kept_for=reader.kept_for)
    data: dict[str, Any] = {"round": number, "backup_id": backup_id}
    if found.proof is None:
        data["faults"] = list(found.faults)
    else:
        backup = stage.load(function, backup_id, vault)
        data["proof"] = to_wire(found.proof)
        data["not_restorable"] = list(
            why_not_restorable(backup, create_blocks=reader.create_blocks, now=now)
        )
        data["differs"] = list(_since_the_first(known, backup, vault, now=now))
        removal = known.remediation.removal
        if removal is not None and removal.versions:
            data["versions"] = _versions_in(backup, removal, reader, now=now)
    reader.ledger.append(
        change_chain(change_id),
        event=UNVERIFIED if found.proof is None else VERIFIED,
        actor=ACTOR,
        data=data,
        at=now,
        function=str(function),
    )
    return found


def _versions_in(
    backup: Backup, removal: RemovalPlan, reader: Reader, *, now: datetime
) -> dict[str, Any]:
    """Return what the backup holds of each version that is to go, and why one could not be brought
    back.
    """
    held: dict[str, Any] = {}
    for one in removal.versions:
        why_not = why_version_not_restorable(
            backup, one.number, create_blocks=reader.create_blocks, now=now
        )
        there = {} if one.number not in backup.versions else backup.configuration(one.number)
        held[one.number] = {
            "code_sha256": str(there.get("CodeSha256", "")),
            "revision_id": str(there.get("RevisionId", "")),
            "why_not": why_not,
        }
    return held


def _since_the_first(
    known: OnRecord, backup: Backup, vault: Vault, *, now: datetime
) -> tuple[str, ...]:
    """Return what is not as in the first backup that was proven; names only, no value (S16)."""
    first = next((e for e in known.entries if e.event == VERIFIED), None)
    if first is None:
        return ()
    before = stage.load(backup.function, str(first.data["backup_id"]), vault)
    one, other = (
        {
            key: item
            for key, item in items_of(b, name=b.function.name, now=now).items()
            if item.kind != RESERVED
        }
        for b in (before, backup)
    )
    return differences(one, other)


def _last_backup(known: OnRecord) -> str:
    last = next((e for e in reversed(known.entries) if e.event in (BACKED_UP, INCOMPLETE)), None)
    if last is None or last.event == INCOMPLETE:
        raise NotFoundError(f"{known.remediation.execution_name} has no complete backup")
    return str(last.data["backup_id"])


def proof_of(known: OnRecord) -> BackupProof | None:
    """Return the proof that counts: that of the last backup of a round. None: there is none."""
    for entry in reversed(known.entries):
        if entry.event == VERIFIED:
            return from_wire(BackupProof, entry.data["proof"])
        if entry.event in (BACKED_UP, INCOMPLETE, UNVERIFIED):
            return None
    return None
