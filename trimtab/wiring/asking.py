"""What stands behind the questions: requests, emails, the approval page?"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from trimtab import settings
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.domain.notice import Email
    from trimtab.domain.remediation import Remediation
    from trimtab.flows import approval_page, decide, notify, request, sign_in
    from trimtab.ports import IdentityProvider


def request_bench() -> "request.Bench":
    from trimtab.aws.executions import AwsExecutions
    from trimtab.flows import request

    names = settings.RequestSettings.read(os.environ)
    return request.Bench(
        desk=parts.desk(names.state_table),
        ledger=parts.ledger(),
        executions=AwsExecutions(parts.hub().lazy("stepfunctions")),
        verifier=parts.verifier(names.signing_key),
        clock=parts.clock(),
    )


def notify_bench(run_id: str) -> "tuple[tuple[Remediation, ...], notify.Bench]":
    """Return the changes a run planned, and what asking about them needs."""
    from trimtab.aws.mail import SesMailer
    from trimtab.domain.ledger import change_chain
    from trimtab.domain.plan import Plan
    from trimtab.domain.run import RunCounts
    from trimtab.domain.wire import from_wire
    from trimtab.flows import keys, notify
    from trimtab.report.emails import approval_email

    names = settings.NotifySettings.read(os.environ)
    store = parts.store(names.evidence_bucket)
    counts = from_wire(RunCounts, store.get(keys.counts(run_id)))

    ledger = parts.ledger()

    def compose(address: str, run_id: str, items: "notify.Asked", now: datetime) -> "Email":
        again = [change.change_id for change, _ in items if change.round > 1]
        return approval_email(
            approver=address,
            run_id=run_id,
            items=items,
            now=now,
            not_listed=counts,
            earlier={id_: ledger.entries(change_chain(id_)) for id_ in again},
        )

    bench = notify.Bench(
        desk=parts.desk(names.state_table),
        ledger=ledger,
        mailer=SesMailer(parts.hub().client("sesv2"), sender=names.sender),
        people=parts.people(names.people_table),
        clock=parts.clock(),
        new_token=lambda: secrets.token_urlsafe(parts.TOKEN_BYTES),
        api_url=names.api_url,
        compose=compose,
    )
    return from_wire(Plan, store.get(keys.plan(run_id))).remediations, bench


def approval_desk() -> "approval_page.ApprovalPage":
    """Build the approval page; looking touches DynamoDB only."""
    from trimtab.aws.executions import AwsExecutions
    from trimtab.aws.signing import KmsSigner
    from trimtab.flows import approval_page, decide
    from trimtab.report import pages

    names = settings.ApprovalSettings.read(os.environ)
    bench = decide.Bench(
        desk=parts.desk(names.state_table),
        ledger=parts.ledger(),
        executions=AwsExecutions(parts.hub().lazy("stepfunctions")),
        signer=lambda: KmsSigner(parts.hub().client("kms"), key_id=names.signing_key),
        verifier=parts.verifier(names.signing_key),
        clock=parts.clock(),
    )
    return approval_page.ApprovalPage(
        bench=bench,
        pages=pages,
        people=parts.people(names.people_table),
        new_nonce=lambda: secrets.token_urlsafe(parts.TOKEN_BYTES),
        door=None if names.oidc_issuer == settings.NONE else _door(names, bench),
    )


def _door(names: settings.ApprovalSettings, bench: "decide.Bench") -> "sign_in.SignInDoor":
    """Build the way to the provider. What it costs is paid when somebody signs in."""
    from trimtab.aws.sign_ins import AwsSignIns
    from trimtab.flows import sign_in

    def provider() -> "IdentityProvider":
        from trimtab.aws.secrets import SecretStore
        from trimtab.sign_in.provider import OidcProvider

        secret = None
        if names.oidc_secret != settings.NONE:
            secret = SecretStore(parts.hub().client("secretsmanager")).read(names.oidc_secret)
        return OidcProvider(
            issuer=names.oidc_issuer,
            client_id=names.oidc_client_id,
            client_secret=secret,
            redirect_uri=names.api_url.rstrip("/") + sign_in.CALLBACK,
        )

    return sign_in.SignInDoor(
        provider=provider,
        issuer=names.oidc_issuer,
        sign_ins=AwsSignIns(parts.hub().client("dynamodb"), table=names.state_table),
        signer=bench.signer,
        verifier=bench.verifier,
        signing_key=names.signing_key,
        api_url=names.api_url,
        new_secret=lambda: secrets.token_urlsafe(parts.TOKEN_BYTES),
    )
