"""How is a finding said in the AWS Security Finding Format, for `BatchImportFindings`?

For a scan from a laptop and for what a deployed hub imports: the same finding has the same id.
Severity and types stand in `FindingProviderFields`: so AWS asks a provider, and what a customer
sets there by hand stays.

Source: "AWS Security Finding Format (ASFF)" and "BatchImportFindings for finding providers", AWS
Security Hub user guide, read 2026-11-21.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.life import FindingLife
from trimtab.report import words

MAX_TITLE, MAX_DESCRIPTION = 256, 1024
"""Characters. Source: the same page."""
TYPES = ("Software and Configuration Checks",)
PASSED, FAILED, NOT_AVAILABLE = "PASSED", "FAILED", "NOT_AVAILABLE"
ACTIVE, ARCHIVED = "ACTIVE", "ARCHIVED"


def record(  # noqa: PLR0913 - one for each required field
    account: str,
    region: str,
    partition: str,
    *,
    id: str,
    generator: str,
    title: str,
    description: str,
    severity: str,
    compliance: str,
    resource: Mapping[str, str],
    created_at: datetime,
    updated_at: datetime,
) -> dict[str, Any]:
    """Return what every finding has, as a finding of this account. Texts are cut to what fits."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": id,
        "ProductArn": f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default",
        "GeneratorId": f"trimtab/{generator}",
        "AwsAccountId": account,
        "CreatedAt": moment(created_at),
        "UpdatedAt": moment(updated_at),
        "FindingProviderFields": {"Severity": {"Label": severity}, "Types": list(TYPES)},
        "Title": words.inert(title)[:MAX_TITLE],
        "Description": words.inert(description)[:MAX_DESCRIPTION],
        "Resources": [dict(resource) | {"Partition": partition, "Region": region}],
        "Compliance": {"Status": compliance},
        "RecordState": ACTIVE,
    }


def record_id(account: str, region: str, name: str) -> str:
    """Name a finding in Security Hub: the same in every run, and from a laptop."""
    return f"trimtab/{account}/{region}/{name}"


def function_id(function: FunctionArn, finding_id: str) -> str:
    return record_id(function.account, function.region, finding_id)


def lambda_resource(function: FunctionArn) -> dict[str, str]:
    return {"Type": "AwsLambdaFunction", "Id": str(function)}


def life_record(
    life: FindingLife, *, owner: str, updated_at: datetime, is_archived: bool
) -> dict[str, Any]:
    """Return a finding with its life, as one of the account that imports it.

    Without a workflow: that is the customer's.
    """
    function = life.function
    fields = {"trimtab/status": life.status.value}
    if life.unseen_because is not None:
        fields["trimtab/not-seen-since"] = moment(life.last_seen_at)
    if life.suppressed_until is not None and life.is_suppressed(at=updated_at):
        fields["trimtab/suppressed-until"] = moment(life.suppressed_until)
    return record(
        owner,
        function.region,
        function.partition,
        id=function_id(function, life.id),
        generator=life.policy_id,
        title=life.title,
        description=_description(life),
        severity=life.severity.value.upper(),
        compliance=_compliance(life),
        resource=lambda_resource(function),
        created_at=life.first_seen_at,
        updated_at=updated_at,
    ) | {
        "RecordState": ARCHIVED if is_archived else ACTIVE,
        "FirstObservedAt": moment(life.first_seen_at),
        "LastObservedAt": moment(life.last_seen_at),
        "ProductFields": fields,
    }


def _description(life: FindingLife) -> str:
    if life.resolved_because is not None:
        return f"Resolved: {life.resolved_because}. Before: {life.because}"
    if life.unseen_because is not None:
        return f"Not judged by the last run ({life.unseen_because}). Before: {life.because}"
    return life.because


def _compliance(life: FindingLife) -> str:
    """Say passed only where the policy said so: what is gone, or unknown, passed nothing."""
    if life.resolved_because is not None:
        return PASSED if life.resolved_because == "compliant" else NOT_AVAILABLE
    return FAILED if life.unseen_because is None else NOT_AVAILABLE


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
