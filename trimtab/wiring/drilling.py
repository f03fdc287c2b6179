"""What stands behind the restore drills, and behind the emails about backups that end?"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from trimtab import settings
from trimtab.wiring import parts
from trimtab.wiring.vaulting import home_region, vault_of, vault_regions

if TYPE_CHECKING:
    from trimtab.domain.arn import FunctionArn
    from trimtab.domain.drill import DrillReport
    from trimtab.domain.expiry import Expiring
    from trimtab.domain.notice import Email
    from trimtab.flows import drill_sample, expiry, letters, tell_drill
    from trimtab.ports.vault import Vault

KEY_BYTES = 32
"""256 bits, new for each drill and kept nowhere."""


def drill_bench(context: Any) -> "drill_sample.Bench":
    from trimtab.flows import drill_sample

    names = settings.DrillSettings.read(os.environ)
    rows = parts.bundle(names.bundle).runtimes.rows
    return drill_sample.Bench(
        place=None if names.sandbox_account == settings.NONE else _place(names),
        hub=str(context.invoked_function_arn).split(":")[4],
        vaults=_vaults(names),
        ledger=parts.ledger(),
        desk=parts.desk(names.state_table),
        store=parts.store(names.evidence_bucket),
        clock=parts.clock(context),
        holder=str(uuid.uuid4()),
        create_blocks={name: row.create_blocked_on for name, row in rows.items()},
        kept_for=timedelta(days=int(names.vault_days)),
        size=int(names.drill_size),
        key=secrets.token_bytes(KEY_BYTES),
    )


def _vaults(names: settings.DrillSettings) -> "Mapping[str, Vault]":
    """Return the vault of each region that has one."""
    find = vault_of(names)
    return {region: find(region) for region in vault_regions(names)}


def _place(names: settings.DrillSettings) -> "drill_sample.Place":
    from trimtab.aws.doors import Doors
    from trimtab.aws.sandbox import AwsSandbox, enter_sandbox
    from trimtab.flows import drill_sample

    account = names.sandbox_account
    hub = parts.hub(names.apply_calls_per_s)
    doors = Doors(hub, role=names.sandbox_role, external_id=names.external_id)

    def enter(region: str) -> AwsSandbox:
        return enter_sandbox(
            hub,
            account=account,
            role=names.sandbox_role,
            region=region,
            external_id=names.external_id,
        )

    return drill_sample.Place(
        account=account,
        role=hub.role_arn(account, names.sandbox_function_role, home_region()),
        enter=enter,
        open=doors.open,
    )


def drill_telling(context: Any) -> "tell_drill.Bench":
    """Return what tells the operators that a drill failed."""
    from trimtab.flows import tell_drill

    names = settings.DrillSettings.read(os.environ)

    def compose(address: str, report: "DrillReport", now: datetime) -> "Email":
        from trimtab.report.drill_email import drill_email

        return drill_email(to=address, report=report, now=now)

    return tell_drill.Bench(
        store=parts.store(names.evidence_bucket),
        post=_post(names, context),
        operators=parts.bundle(names.bundle).owners.fallback,
        compose=compose,
    )


def expiry_bench(context: Any) -> "expiry.Bench":
    from trimtab.domain.evidence import Known
    from trimtab.flows import expiry
    from trimtab.policy.fleet_rules import owners_of

    names = settings.DrillSettings.read(os.environ)
    bundle = parts.bundle(names.bundle)

    def owners(function: "FunctionArn", tags: Mapping[str, str]) -> tuple[str, ...]:
        return owners_of(
            bundle.owners, bundle.guardrails, function, Known(value=tags, source="the backup")
        )

    def compose(address: str, backups: "tuple[Expiring, ...]", now: datetime) -> "Email":
        from trimtab.report.expiry_email import expiry_email

        return expiry_email(to=address, backups=backups, now=now)

    return expiry.Bench(
        vaults=_vaults(names),
        kept_for=timedelta(days=int(names.vault_days)),
        post=_post(names, context),
        operators=bundle.owners.fallback,
        owners=owners,
        compose=compose,
    )


def _post(names: settings.DrillSettings, context: Any) -> "letters.Post":
    from trimtab.aws.mail import SesMailer
    from trimtab.flows import letters

    return letters.Post(
        people=parts.people(names.people_table),
        mailer=SesMailer(parts.hub().lazy("sesv2"), sender=names.sender),
        ledger=parts.ledger(),
        clock=parts.clock(context),
    )
