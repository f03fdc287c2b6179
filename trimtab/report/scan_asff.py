"""How does a scan speak the AWS Security Finding Format, for `BatchImportFindings`?

Source: "AWS Security Finding Format (ASFF)", AWS Security Hub user guide, read 2026-11-21.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import content_id
from trimtab.domain.errors import InputError
from trimtab.domain.finding import Assessment, finding_id
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Line, Sighting
from trimtab.report import words

MAX_TITLE, MAX_DESCRIPTION = 256, 1024
"""Characters. Source: the same page."""
EVERYWHERE = "*"
"""Stands in a gap for an account or region that is not known."""


def asff(
    sightings: Sequence[Sighting], *, titles: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """Return the findings, and an unavailable control for each gap of a target."""
    found = []
    for sighting in sightings:
        found += [_gap(gap, now=now) for gap in sighting.gaps]
        found += [
            _finding(line, titles[line.policy_id], seen_at=sighting.as_of, now=now)
            for line in sighting.lines
            if line.assessment is Assessment.NON_COMPLIANT
        ]
    return {"Findings": found}


def left_out(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Return the gaps that this format cannot hold: those of no account or no region."""
    return tuple(gap for gap in gaps if EVERYWHERE in (gap.account, gap.region))


def _finding(line: Line, title: str, *, seen_at: datetime, now: datetime) -> dict[str, Any]:
    function = line.function
    return _record(
        function.account,
        function.region,
        function.partition,
        now=now,
        id=finding_id(line.policy_id, function),
        generator=line.policy_id,
        title=title,
        description=line.because,
        severity=line.severity.value.upper(),
        compliance="FAILED",
        workflow="NEW" if line.suppressed_until is None else "SUPPRESSED",
        resource={"Type": "AwsLambdaFunction", "Id": str(function)},
    ) | {"LastObservedAt": _moment(seen_at)}


def _gap(gap: Gap, *, now: datetime) -> dict[str, Any]:
    function = _function(gap)
    account = {"Type": "AwsAccount", "Id": f"AWS::::Account:{gap.account}"}
    return _record(
        gap.account,
        gap.region,
        "aws" if function is None else function.partition,
        now=now,
        id=content_id({"gap": gap.what, "region": gap.region, "function": gap.function or ""}),
        generator="gap",
        title=f"Not known: {gap.what}",
        description=gap.error,
        severity="INFORMATIONAL",
        compliance="NOT_AVAILABLE",
        workflow="NEW",
        resource=account
        if function is None
        else {"Type": "AwsLambdaFunction", "Id": str(function)},
    )


def _function(gap: Gap) -> FunctionArn | None:
    try:
        return None if gap.function is None else FunctionArn.parse(gap.function)
    except InputError:
        return None


def _record(  # noqa: PLR0913 - one for each required field
    account: str,
    region: str,
    partition: str,
    *,
    now: datetime,
    id: str,
    generator: str,
    title: str,
    description: str,
    severity: str,
    compliance: str,
    workflow: str,
    resource: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"trimtab/{account}/{region}/{id}",
        "ProductArn": f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default",
        "GeneratorId": f"trimtab/{generator}",
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks"],
        "CreatedAt": _moment(now),
        "UpdatedAt": _moment(now),
        "Severity": {"Label": severity},
        "Title": words.inert(title)[:MAX_TITLE],
        "Description": words.inert(description)[:MAX_DESCRIPTION],
        "Resources": [dict(resource) | {"Partition": partition, "Region": region}],
        "Compliance": {"Status": compliance},
        "Workflow": {"Status": workflow},
        "RecordState": "ACTIVE",
    }


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
