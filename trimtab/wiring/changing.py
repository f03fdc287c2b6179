"""What stands behind apply, watch, reconcile and the news of how it ended?"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
import uuid
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from trimtab import settings
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.domain.freeze import Freeze
    from trimtab.domain.notice import Email
    from trimtab.flows import aftercare, carry, reconcile, tell
    from trimtab.pipeline import verify


def apply_bench(context: Any) -> "carry.Bench":
    from trimtab.aws.actuator import AwsWorkshop
    from trimtab.aws.functions import AwsFleet
    from trimtab.flows import again, carry, references

    names = settings.ApplySettings.read(os.environ)
    clock = parts.clock(context)
    bundle = parts.bundle_for(names.bundle, oidc_issuer=names.oidc_issuer)

    @cache
    def fleet() -> AwsFleet:
        """Read once what a last look and the references both ask."""
        return AwsFleet(
            parts.hub(names.apply_calls_per_s),
            role=names.read_role,
            external_id=names.external_id,
            session_name="trimtab-apply",
            clock=clock,
        )

    once_more = again.Bench(fleet=fleet, bundle=bundle, clock=clock)
    return carry.Bench(
        workshop=AwsWorkshop(
            parts.hub(names.apply_calls_per_s),
            change_role=names.change_role,
            restore_role=names.restore_role,
            external_id=names.external_id,
            clock=clock,
        ),
        ledger=parts.ledger(),
        desk=parts.desk(names.state_table),
        people=parts.people(names.people_table),
        verifier=parts.verifier(names.signing_key),
        bundle=bundle,
        clock=clock,
        holder=str(uuid.uuid4()),
        look=lambda change: again.why_not_any_more(change, once_more),
        look_at_versions=lambda change: again.still_old(change, once_more),
        references=lambda change: references.references_to(change.function, fleet()),
    )


def watch_once(context: Any) -> "verify.Watch":
    """Look at every open watch once and tell the approvers what ended."""
    from trimtab.aws.executions import AwsExecutions
    from trimtab.aws.functions import AwsFleet
    from trimtab.flows import watch
    from trimtab.pipeline import verify

    names = settings.WatchSettings.read(os.environ)
    bundle = parts.bundle(names.bundle)
    clock = parts.clock(context)
    executions = AwsExecutions(
        parts.hub().lazy("stepfunctions"), change_machine=names.change_machine
    )
    return watch.watch(
        verify.Bench(
            fleet=AwsFleet(
                parts.hub(names.watch_calls_per_s),
                role=names.read_role,
                external_id=names.external_id,
                session_name="trimtab-watch",
                clock=clock,
            ),
            ledger=parts.ledger(),
            desk=parts.desk(names.state_table),
            executions=executions,
            memories=parts.memories(names.state_table),
            freeze=bundle.fleet.freeze,
            clock=clock,
        ),
        _tell_bench(names),
        watch.Alarm(to=bundle.owners.fallback, compose=_freeze_email),
    )


def aftercare_once(context: Any) -> "aftercare.Aftercare":
    """Look at the closed changes whose hour it is, and tell the approvers what came back undone."""
    from trimtab.aws.executions import AwsExecutions
    from trimtab.aws.functions import AwsFleet
    from trimtab.flows import aftercare

    names = settings.WatchSettings.read(os.environ)
    clock = parts.clock(context)
    fleet = AwsFleet(
        parts.hub(names.watch_calls_per_s),
        role=names.read_role,
        external_id=names.external_id,
        session_name="trimtab-watch",
        clock=clock,
    )
    telling = replace(_tell_bench(names), clock=clock)
    executions = AwsExecutions(
        parts.hub().lazy("stepfunctions"), change_machine=names.change_machine
    )
    return aftercare.aftercare(aftercare.Bench(fleet=fleet, tell=telling, executions=executions))


def _freeze_email(address: str, freeze: "Freeze", now: datetime) -> "Email":
    from trimtab.report.freeze_email import freeze_email

    return freeze_email(to=address, freeze=freeze, now=now)


def tell_ended(change_id: str, number: int) -> int:
    """Write to the approvers of a change whose execution ended; ask for tickets about what still
    points to a removed function.
    """
    from trimtab.aws.queues import SqsQueue
    from trimtab.flows import tell

    names = settings.NotifySettings.read(os.environ)
    queue = SqsQueue(parts.hub().lazy("sqs"), queue_url=names.ticket_queue_url)
    return tell.tell_ended(change_id, number, replace(_tell_bench(names), tickets=queue))


def tell_stage(change_id: str, number: int) -> int:
    """Write to the approvers of a removal that has come to its notice, or to its quarantine."""
    import secrets

    from trimtab.aws.mail import SesMailer
    from trimtab.flows import notify, tell_removal
    from trimtab.report.emails import removal_email

    names = settings.NotifySettings.read(os.environ)

    def compose(address: str, change: Any, link: str, deletes_at: Any, now: datetime) -> "Email":
        return removal_email(
            approver=address, remediation=change, link=link, deletes_at=deletes_at, now=now
        )

    return tell_removal.tell_stage(
        change_id,
        number,
        tell_removal.Bench(
            links=notify.Linking(
                desk=parts.desk(names.state_table),
                ledger=parts.ledger(),
                clock=parts.clock(),
                new_token=lambda: secrets.token_urlsafe(parts.TOKEN_BYTES),
                api_url=names.api_url,
            ),
            mailer=SesMailer(parts.hub().lazy("sesv2"), sender=names.sender),
            people=parts.people(names.people_table),
            compose=compose,
        ),
    )


def _tell_bench(names: settings.NotifySettings | settings.WatchSettings) -> "tell.Bench":
    from trimtab.aws.mail import SesMailer
    from trimtab.domain.verification import Health
    from trimtab.flows import tell
    from trimtab.report.emails import closing_email, undone_email

    def compose(address: str, told: Any, now: datetime) -> "Email":
        about = {"approver": address, "round": told.round, "verification": told.verification}
        if told.health is Health.REGRESSED:
            return undone_email(**about, now=now)
        return closing_email(**about, now=now, left=told.left)

    return tell.Bench(
        desk=parts.desk(names.state_table),
        ledger=parts.ledger(),
        mailer=SesMailer(parts.hub().lazy("sesv2"), sender=names.sender),
        people=parts.people(names.people_table),
        clock=parts.clock(),
        compose=compose,
    )


def reconcile_once() -> "tuple[reconcile.Reconciled, Freeze]":
    """Expire and finish what was left open; say also whether anything is frozen."""
    from trimtab.aws.executions import AwsExecutions
    from trimtab.flows import reconcile
    from trimtab.pipeline.freeze import read_freeze

    names = settings.ReconcileSettings.read(os.environ)
    machine = names.change_machine
    done = reconcile.reconcile(
        reconcile.Bench(
            desk=parts.desk(names.state_table),
            ledger=parts.ledger(),
            executions=AwsExecutions(parts.hub().lazy("stepfunctions"), change_machine=machine),
            verifier=parts.verifier(names.signing_key),
            clock=parts.clock(),
        )
    )
    return done, read_freeze(parts.ledger())
