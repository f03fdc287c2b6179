"""How does a scan speak the AWS Security Finding Format, for `BatchImportFindings`?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import content_id
from trimtab.domain.errors import InputError
from trimtab.domain.finding import Assessment, finding_id
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Line, Sighting
from trimtab.report.asff import (
    FAILED,
    NOT_AVAILABLE,
    function_id,
    lambda_resource,
    moment,
    record,
    record_id,
)

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
    workflow = "NEW" if line.suppressed_until is None else "SUPPRESSED"
    return record(
        function.account,
        function.region,
        function.partition,
        id=function_id(function, finding_id(line.policy_id, function)),
        generator=line.policy_id,
        title=title,
        description=line.because,
        severity=line.severity.value.upper(),
        compliance=FAILED,
        resource=lambda_resource(function),
        created_at=now,
        updated_at=now,
    ) | {"Workflow": {"Status": workflow}, "LastObservedAt": moment(seen_at)}


def _gap(gap: Gap, *, now: datetime) -> dict[str, Any]:
    function = _function(gap)
    account = {"Type": "AwsAccount", "Id": f"AWS::::Account:{gap.account}"}
    about = {"gap": gap.what, "region": gap.region, "function": gap.function or ""}
    return record(
        gap.account,
        gap.region,
        "aws" if function is None else function.partition,
        id=record_id(gap.account, gap.region, content_id(about)),
        generator="gap",
        title=f"Not known: {gap.what}",
        description=gap.error,
        severity="INFORMATIONAL",
        compliance=NOT_AVAILABLE,
        resource=account if function is None else lambda_resource(function),
        created_at=now,
        updated_at=now,
    ) | {"Workflow": {"Status": "NEW"}}


def _function(gap: Gap) -> FunctionArn | None:
    try:
        return None if gap.function is None else FunctionArn.parse(gap.function)
    except InputError:
        return None
