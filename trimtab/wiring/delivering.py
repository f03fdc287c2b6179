"""What stands behind telling Security Hub? A role in the member account, or the hub's own."""

# ruff: noqa: PLC0415 - imports stand where they are paid for

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trimtab import settings
from trimtab.domain.arn import Target
from trimtab.wiring import parts

if TYPE_CHECKING:
    from trimtab.flows.deliver import Delivery
    from trimtab.ports import SecurityHub

INTO_HUB = "hub"
SESSION = "trimtab-deliver"


def deliver(message: Mapping[str, Any]) -> "Delivery":
    """Tell Security Hub what one message of the queue says."""
    from trimtab.flows import deliver as stage
    from trimtab.report.asff import life_record

    names = settings.DeliverSettings.read(os.environ)
    terms = parts.bundle(names.bundle).fleet.security_hub
    is_hub = terms is not None and terms.into == INTO_HUB
    bench = stage.Bench(
        store=parts.store(names.evidence_bucket),
        ledger=parts.ledger(),
        terms=terms,
        owner=_hub_account if is_hub else _member_account,
        enter=_into_hub if is_hub else lambda target: _into_member(target, names),
        write=life_record,
        clock=parts.clock(),
    )
    return stage.deliver(message, bench)


def _member_account(target: Target) -> str:
    return target.account


def _hub_account(_: Target) -> str:
    from trimtab.aws.errors import reading

    with reading("sts:GetCallerIdentity"):
        return str(parts.hub().client("sts").get_caller_identity()["Account"])


def _into_hub(target: Target) -> "SecurityHub":
    from trimtab.aws.security_hub import AwsSecurityHub

    client = parts.hub().client("securityhub", target.region)
    return AwsSecurityHub(client, where=f"the hub's account, {target.region}")


def _into_member(target: Target, names: settings.DeliverSettings) -> "SecurityHub":
    from trimtab.aws.security_hub import AwsSecurityHub

    session = parts.hub().assume(
        account=target.account,
        role=names.import_role,
        region=target.region,
        session_name=SESSION,
        external_id=names.external_id,
    )
    return AwsSecurityHub(session.client("securityhub"), where=f"account {target}")
