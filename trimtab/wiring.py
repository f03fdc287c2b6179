"""Which adapter stands behind which port? The one composition root, for handlers, CLI and tests.

Everything is built, and imported, when it is first asked for: no Lambda pays for another's, and a
warm one builds nothing twice. The environment is read here and nowhere else.
"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab import settings
from trimtab.domain.errors import InputError
from trimtab.domain.fleet import Scope
from trimtab.ports import (
    AccountSource,
    ApprovalDesk,
    Clock,
    Executions,
    Ledger,
    RunStore,
    Verifier,
)

if TYPE_CHECKING:
    from trimtab.aws.sessions import HubSession
    from trimtab.domain.change_spec import ChangeSpec
    from trimtab.domain.notice import Email
    from trimtab.domain.remediation import Remediation
    from trimtab.pipeline import (
        approval_page,
        carry,
        conclude,
        notify,
        reconcile,
        request,
        scan,
        tell,
        verify,
    )
    from trimtab.policy.model import Bundle

CODE = Path(__file__).resolve().parent.parent
"""Where the code lies: the policy bundle is a folder beside it."""

TOKEN_BYTES = 32
"""256 bits: nobody guesses a link."""


def forget() -> None:
    """Drop everything built so far: for tests that change the environment."""
    for builder in (_hub, _bundle, _ledger, _desk):
        builder.cache_clear()


@cache
def _hub(calls_per_s: str | None = None) -> "HubSession":
    """Build the session; `calls_per_s` paces the Lambda calls it makes in member accounts (S21)."""
    from trimtab.aws.sessions import HubSession

    if calls_per_s is None:
        return HubSession()
    return HubSession(lambda_calls_per_s=float(calls_per_s))


@cache
def _bundle(folder: str) -> "Bundle":
    return load_policies(CODE / folder)


def load_policies(folder: Path) -> "Bundle":
    """Load every policy file below a folder.

    Raises: InputError with all that is wrong in any of them, with file, line and column.
    """
    from trimtab.policy.loader import load_bundle

    return load_bundle(read_policy_files(folder), kinds=change_kinds())


def change_kinds() -> "Mapping[str, ChangeSpec]":
    """Return what policy files may say under `change:`."""
    from trimtab.remediations import change_specs

    return change_specs()


def read_policy_files(folder: Path) -> Mapping[str, bytes]:
    """Read every policy file below a folder, by its path inside it.

    Raises: InputError when there is none.
    """
    found = sorted(p for p in folder.rglob("*.yaml") if p.is_file())
    if not found:
        raise InputError(f"{folder} holds no policy files: name the folder that has fleet.yaml")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


@cache
def _ledger() -> Ledger:
    from trimtab.aws.ledger import AwsLedger

    names = settings.LedgerSettings.read(os.environ)
    return AwsLedger(
        _hub().lazy("dynamodb"),
        _hub().lazy("s3"),
        ledger_table=names.ledger_table,
        heads_table=names.heads_table,
        bucket=names.ledger_bucket,
    )


@cache
def _desk(table: str) -> ApprovalDesk:
    from trimtab.aws.desk import AwsApprovalDesk

    return AwsApprovalDesk(_hub().client("dynamodb"), table=table)


def _clock(context: Any = None) -> Clock:
    from trimtab.aws.clock import SystemClock

    return SystemClock(context)


def _store(bucket: str) -> RunStore:
    from trimtab.aws.evidence import S3RunStore

    return S3RunStore(_hub().client("s3"), bucket=bucket)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverBench:
    accounts: AccountSource
    store: RunStore
    scope: Scope
    bucket: str


def discover_bench() -> DiscoverBench:
    from trimtab.aws.organizations import AwsAccountSource

    names = settings.DiscoverSettings.read(os.environ)
    return DiscoverBench(
        accounts=AwsAccountSource(_hub().client("organizations")),
        store=_store(names.evidence_bucket),
        scope=_bundle(names.bundle).fleet.scope,
        bucket=names.evidence_bucket,
    )


def scan_bench(context: Any) -> "scan.Bench":
    from trimtab.aws.functions import AwsFleet
    from trimtab.pipeline import scan

    names = settings.ScanSettings.read(os.environ)
    clock = _clock(context)
    fleet = AwsFleet(
        _hub(names.scan_calls_per_s),
        role=names.read_role,
        external_id=names.external_id,
        session_name="trimtab-scan",
        clock=clock,
    )
    return scan.Bench(
        fleet=fleet,
        store=_store(names.evidence_bucket),
        bundle=_bundle(names.bundle),
        clock=clock,
    )


def plan_bench() -> "conclude.Bench":
    from trimtab.aws.tickets import SqsTicketQueue
    from trimtab.pipeline import conclude

    names = settings.PlanSettings.read(os.environ)
    return conclude.Bench(
        store=_store(names.evidence_bucket),
        desk=_desk(names.state_table),
        ledger=_ledger(),
        queue=SqsTicketQueue(_hub().client("sqs"), queue_url=names.ticket_queue_url),
        bundle=_bundle(names.bundle),
        hub_id=names.hub_id,
        clock=_clock(),
    )


def file_ticket(message: Mapping[str, Any]) -> str:
    """File one ticket of the queue with the configured sink."""
    from trimtab.aws.secrets import SecretStore
    from trimtab.pipeline.tickets import file_ticket as stage
    from trimtab.tickets.body import ticket_body
    from trimtab.tickets.github import GitHubTicketDesk

    names = settings.TicketSettings.read(os.environ)
    token = SecretStore(_hub().client("secretsmanager")).read(names.ticket_secret)
    desk = GitHubTicketDesk(
        base_url=names.ticket_api, repository=names.ticket_repository, token=token
    )
    return stage(message, desk, ticket_body)


def request_bench() -> "request.Bench":
    from trimtab.aws.executions import AwsExecutions
    from trimtab.pipeline import request

    names = settings.RequestSettings.read(os.environ)
    return request.Bench(
        desk=_desk(names.state_table),
        ledger=_ledger(),
        executions=AwsExecutions(_hub().lazy("stepfunctions")),
        clock=_clock(),
    )


def decide_bench() -> "request.Bench":
    return request_bench()


def notify_bench(run_id: str) -> "tuple[tuple[Remediation, ...], notify.Bench]":
    """Return the changes a run planned, and what asking about them needs."""
    from trimtab.aws.mail import SesMailer
    from trimtab.domain.plan import Plan
    from trimtab.domain.run import RunCounts
    from trimtab.domain.wire import from_wire
    from trimtab.pipeline import keys, notify
    from trimtab.report.emails import approval_email

    names = settings.NotifySettings.read(os.environ)
    store = _store(names.evidence_bucket)
    counts = from_wire(RunCounts, store.get(keys.counts(run_id)))

    def compose(approver: str, run_id: str, items: "notify.Asked", now: datetime) -> "Email":
        return approval_email(
            approver=approver, run_id=run_id, items=items, now=now, not_listed=counts
        )

    bench = notify.Bench(
        desk=_desk(names.state_table),
        ledger=_ledger(),
        mailer=SesMailer(_hub().client("sesv2"), sender=names.sender),
        clock=_clock(),
        new_token=lambda: secrets.token_urlsafe(TOKEN_BYTES),
        api_url=names.api_url,
        compose=compose,
    )
    return from_wire(Plan, store.get(keys.plan(run_id))).remediations, bench


def approval_desk() -> "approval_page.ApprovalPage":
    """Build the approval page; looking touches DynamoDB only."""
    from trimtab.aws.executions import AwsExecutions
    from trimtab.aws.signing import KmsSigner
    from trimtab.pipeline import approval_page, decide
    from trimtab.report import pages

    names = settings.ApprovalSettings.read(os.environ)
    bench = decide.Bench(
        desk=_desk(names.state_table),
        ledger=_ledger(),
        executions=AwsExecutions(_hub().lazy("stepfunctions")),
        signer=lambda: KmsSigner(_hub().client("kms"), key_id=names.signing_key),
        clock=_clock(),
    )
    return approval_page.ApprovalPage(
        bench=bench, pages=pages, new_nonce=lambda: secrets.token_urlsafe(TOKEN_BYTES)
    )


def apply_bench(context: Any) -> "carry.Bench":
    from trimtab.aws.actuator import AwsWorkshop
    from trimtab.aws.signing import KmsVerifier
    from trimtab.pipeline import carry

    names = settings.ApplySettings.read(os.environ)
    clock = _clock(context)

    def verifier() -> Verifier:
        return KmsVerifier(_hub().client("kms"), key_id=names.signing_key)

    return carry.Bench(
        workshop=AwsWorkshop(
            _hub(names.apply_calls_per_s),
            role=names.change_role,
            external_id=names.external_id,
            clock=clock,
        ),
        ledger=_ledger(),
        desk=_desk(names.state_table),
        verifier=verifier,
        bundle=_bundle(names.bundle),
        clock=clock,
    )


def watch_once() -> "verify.Watch":
    """Look at every open watch once and tell the approvers what ended."""
    from trimtab.aws.executions import AwsExecutions
    from trimtab.aws.functions import AwsFleet
    from trimtab.pipeline import tell, verify

    names = settings.WatchSettings.read(os.environ)
    clock = _clock()
    executions = AwsExecutions(_hub().lazy("stepfunctions"), change_machine=names.change_machine)
    watch = verify.verify(
        verify.Bench(
            fleet=AwsFleet(
                _hub(names.watch_calls_per_s),
                role=names.read_role,
                external_id=names.external_id,
                session_name="trimtab-watch",
                clock=clock,
            ),
            ledger=_ledger(),
            desk=_desk(names.state_table),
            executions=executions,
            clock=clock,
        )
    )
    tell.tell_watch(watch, _tell_bench(state_table=names.state_table, sender=names.sender))
    return watch


def _tell_bench(*, state_table: str, sender: str) -> "tell.Bench":
    from trimtab.aws.mail import SesMailer
    from trimtab.domain.verification import Health
    from trimtab.pipeline import tell
    from trimtab.report.emails import closing_email, undone_email

    def compose(
        approver: str, round: Any, verification: Any, health: Any, now: datetime
    ) -> "Email":
        if health is Health.REGRESSED:
            return undone_email(approver=approver, round=round, verification=verification, now=now)
        return closing_email(approver=approver, round=round, verification=verification, now=now)

    return tell.Bench(
        desk=_desk(state_table),
        ledger=_ledger(),
        mailer=SesMailer(_hub().lazy("sesv2"), sender=sender),
        clock=_clock(),
        compose=compose,
    )


def tell_ended(change_id: str, number: int) -> int:
    """Write to the approvers of a change whose execution ended."""
    from trimtab.pipeline import tell

    names = settings.NotifySettings.read(os.environ)
    bench = _tell_bench(state_table=names.state_table, sender=names.sender)
    return tell.tell_ended(change_id, number, bench)


def reconcile_once() -> "reconcile.Reconciled":
    """Expire and finish what was left open."""
    from trimtab.aws.executions import AwsExecutions
    from trimtab.pipeline import reconcile

    names = settings.ReconcileSettings.read(os.environ)
    return reconcile.reconcile(
        _desk(names.state_table),
        _ledger(),
        AwsExecutions(_hub().lazy("stepfunctions")),
        _clock(),
    )


HUB_STACK = "trimtab-hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A deployed hub, for the command line."""

    ledger: Ledger
    desk: ApprovalDesk
    executions: Executions


def hub_of(stack: str) -> Hub:
    """Find a hub by the outputs of its stack, with the caller's own AWS credentials.

    Raises: OutsideError when the stack cannot be read; it names the stack.
    """
    from trimtab.aws.desk import AwsApprovalDesk
    from trimtab.aws.executions import AwsExecutions
    from trimtab.aws.ledger import AwsLedger
    from trimtab.aws.stacks import stack_outputs

    out = stack_outputs(_hub().client("cloudformation"), stack)
    dynamodb = _hub().client("dynamodb")
    return Hub(
        ledger=AwsLedger(
            dynamodb,
            _hub().client("s3"),
            ledger_table=out["LedgerTable"],
            heads_table=out["HeadsTable"],
            bucket=out["LedgerBucket"],
        ),
        desk=AwsApprovalDesk(dynamodb, table=out["StateTable"]),
        executions=AwsExecutions(
            _hub().client("stepfunctions"), change_machine=out["ChangeMachineArn"]
        ),
    )
