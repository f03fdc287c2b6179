"""What stands behind discover, scan, plan and the tickets?"""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab import settings
from trimtab.domain.fleet import Scope
from trimtab.ports import AccountSource, Clock, Ledger, PriceSource, RunStore
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.flows import conclude, scan


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverBench:
    accounts: AccountSource
    prices: PriceSource
    store: RunStore
    ledger: Ledger
    scope: Scope
    bucket: str
    clock: Clock


def discover_bench() -> DiscoverBench:
    from trimtab.aws.organizations import AwsAccountSource
    from trimtab.aws.prices import AwsPriceSource

    names = settings.DiscoverSettings.read(os.environ)
    return DiscoverBench(
        accounts=AwsAccountSource(parts.hub().client("organizations")),
        prices=AwsPriceSource(parts.hub()),
        store=parts.store(names.evidence_bucket),
        ledger=parts.ledger(),
        clock=parts.clock(),
        scope=parts.bundle(names.bundle).fleet.scope,
        bucket=names.evidence_bucket,
    )


def scan_bench(context: Any) -> "scan.Bench":
    from trimtab.aws.functions import AwsFleet
    from trimtab.flows import scan

    names = settings.ScanSettings.read(os.environ)
    clock = parts.clock(context)
    fleet = AwsFleet(
        parts.hub(names.scan_calls_per_s),
        role=names.read_role,
        external_id=names.external_id,
        session_name="trimtab-scan",
        clock=clock,
    )
    return scan.Bench(
        fleet=fleet,
        store=parts.store(names.evidence_bucket),
        records=parts.memories(names.state_table),
        bundle=parts.bundle_for(names.bundle, oidc_issuer=names.oidc_issuer),
        clock=clock,
    )


def plan_bench() -> "conclude.Bench":
    from trimtab.aws.queues import SqsQueue
    from trimtab.flows import conclude

    sqs = parts.hub().lazy("sqs")
    names = settings.PlanSettings.read(os.environ)
    return conclude.Bench(
        store=parts.store(names.evidence_bucket),
        desk=parts.desk(names.state_table),
        ledger=parts.ledger(),
        queue=SqsQueue(sqs, queue_url=names.ticket_queue_url),
        deliveries=SqsQueue(sqs, queue_url=names.delivery_queue_url),
        people=parts.people(names.people_table),
        bundle=parts.bundle(names.bundle),
        hub_id=names.hub_id,
        clock=parts.clock(),
    )


def deployed_warnings() -> tuple[str, ...]:
    """Say what in the deployed bundle is allowed and probably not meant."""
    return parts.deployed_warnings(settings.PlanSettings.read(os.environ).bundle)


def file_ticket(message: Mapping[str, Any]) -> str:
    """File one ticket of the queue with the configured sink."""
    from trimtab.aws.secrets import SecretStore
    from trimtab.flows import references
    from trimtab.flows.tickets import file_ticket as stage
    from trimtab.pipeline.record import record_ticket
    from trimtab.tickets.body import ticket_body
    from trimtab.tickets.github import GitHubTicketDesk
    from trimtab.tickets.reference import reference_body

    names = settings.TicketSettings.read(os.environ)
    token = SecretStore(parts.hub().client("secretsmanager")).read(names.ticket_secret)
    desk = GitHubTicketDesk(
        base_url=names.ticket_api, repository=names.ticket_repository, token=token
    )
    if message.get("action") == references.ACTION:
        address = references.file_reference(message, desk, reference_body)
        references.record_filed(message, address, parts.ledger(), parts.clock())
        return address
    address = stage(message, desk, ticket_body)
    record_ticket(
        message["run_id"], message["finding_id"], address, parts.ledger(), at=parts.clock().now()
    )
    return address
