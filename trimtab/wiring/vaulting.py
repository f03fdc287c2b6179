"""What stands behind backup and restore, in their Lambdas and on the command line?"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from trimtab import settings
from trimtab.domain.errors import InputError, NotFoundError
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.flows import backup, restore
    from trimtab.ports.vault import Vault
    from trimtab.wiring.command import Hub

LAMBDA_S = 900
"""As long as each of the Lambdas may run: `infra.functions.SIZES`."""


Names: TypeAlias = settings.BackupSettings | settings.RestoreSettings | settings.DrillSettings


def vault_regions(names: Names) -> tuple[str, ...]:
    """Return the regions that have a vault, the hub's first."""
    further = () if names.vault_regions == settings.NONE else names.vault_regions.split(",")
    return (home_region(), *further)


def vault_of(names: Names) -> "Callable[[str], Vault]":
    """Return what finds the vault of a region, or raises NotFoundError with what to deploy."""
    from trimtab.aws.vault import S3Vault
    from trimtab.domain.vault import why_no_vault

    bucket, regions = names.vault_bucket, vault_regions(names)

    def find(region: str) -> "Vault":
        if region not in regions:
            raise NotFoundError(why_no_vault(region, further=regions[1:]))
        client = parts.hub().client("s3", region)
        return S3Vault(client, bucket=bucket.replace("{region}", region))

    return find


def backup_bench(context: Any) -> "backup.Bench":
    from trimtab.aws.doors import Doors
    from trimtab.flows import backup

    names = settings.BackupSettings.read(os.environ)
    doors = Doors(
        parts.hub(names.apply_calls_per_s), role=names.change_role, external_id=names.external_id
    )
    return backup.Bench(
        archive=doors.archive,
        vault=vault_of(names),
        ledger=parts.ledger(),
        clock=parts.clock(context),
    )


def backup_reader(context: Any) -> "backup.Reader":
    from trimtab.flows import backup

    names = settings.RestoreSettings.read(os.environ)
    rows = parts.bundle(names.bundle).runtimes.rows
    return backup.Reader(
        vault=vault_of(names),
        ledger=parts.ledger(),
        clock=parts.clock(context),
        kept_for=timedelta(days=int(names.vault_days)),
        create_blocks={name: row.create_blocked_on for name, row in rows.items()},
    )


def restore_bench(context: Any) -> "restore.Bench":
    from trimtab.aws.doors import Doors
    from trimtab.flows import restore

    names = settings.RestoreSettings.read(os.environ)
    doors = Doors(
        parts.hub(names.apply_calls_per_s), role=names.restore_role, external_id=names.external_id
    )
    rows = parts.bundle(names.bundle).runtimes.rows
    return restore.Bench(
        open=doors.open,
        vault=vault_of(names),
        ledger=parts.ledger(),
        desk=parts.desk(names.state_table),
        clock=parts.clock(context),
        holder=str(uuid.uuid4()),
        create_blocks={name: row.create_blocked_on for name, row in rows.items()},
        kept_for=timedelta(days=int(names.vault_days)),
    )


def home_region() -> str:
    """Name the region of the hub: where a list of backups looks unless it is told another."""
    return str(parts.hub().region)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strongroom:
    """What `trimtab restore`, `backups` and `drill` ask: three Lambdas of the hub."""

    hub: "Hub"
    ask_backup: Callable[[Any], Any]
    ask_restore: Callable[[Any], Any]
    ask_drill: Callable[[Any], Any]


def strongroom_of(stack: str) -> Strongroom:
    """Find the hub behind a stack, with the caller's own AWS credentials.

    Raises: InputError when the shell has no region or credentials, or the hub has no vault;
    OutsideError when the stack cannot be read.
    """
    from trimtab.aws.invoke import Lambdas
    from trimtab.wiring.command import hub_of, hub_outputs, shell_session

    hub, session = hub_of(stack), shell_session()
    outputs = hub_outputs(session, stack)
    names = [outputs.get(f"{handler}FunctionName") for handler in ("Backup", "Restore", "Drill")]
    backup, restore, drill = names
    if backup is None or restore is None or drill is None:
        raise InputError(f"stack {stack} has no vault: it is of an older release, deploy it anew")
    lambdas = Lambdas(session.patient("lambda", wait_s=LAMBDA_S))
    return Strongroom(
        hub=hub,
        ask_backup=lambda event: lambdas.ask(backup, event),
        ask_restore=lambda event: lambdas.ask(restore, event),
        ask_drill=lambda event: lambdas.ask(drill, event),
    )
