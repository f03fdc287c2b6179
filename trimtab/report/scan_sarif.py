"""How does a scan speak SARIF, for code scanning? Findings are results, gaps are notifications.

Source: OASIS, "Static Analysis Results Interchange Format Version 2.1.0", sections 3.14 to 3.58,
read 2026-11-21.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trimtab.domain.finding import Assessment, finding_id
from trimtab.domain.fleet import Gap
from trimtab.domain.sighting import Line, Sighting
from trimtab.domain.terms import Severity
from trimtab.report import words

LEVELS: Mapping[Severity, str] = {
    Severity.INFORMATIONAL: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}


def sarif(
    sightings: Sequence[Sighting],
    *,
    gaps: Iterable[Gap],
    titles: Mapping[str, str],
    version: str,
) -> dict[str, Any]:
    """Return one log of one run. A run with a gap says that it was not successful."""
    all_gaps = [*gaps, *(gap for sighting in sightings for gap in sighting.gaps)]
    lines = [line for sighting in sightings for line in sighting.lines]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(titles, version)},
                "invocations": [
                    {
                        "executionSuccessful": bool(sightings) and not all_gaps,
                        "toolExecutionNotifications": [_notification(gap) for gap in all_gaps],
                    }
                ],
                "results": [
                    _result(line) for line in lines if line.assessment is Assessment.NON_COMPLIANT
                ],
            }
        ],
    }


def _driver(titles: Mapping[str, str], version: str) -> dict[str, Any]:
    rules = [
        {"id": policy_id, "shortDescription": {"text": words.inert(title)}}
        for policy_id, title in titles.items()
    ]
    return {"name": "trimtab", "version": version, "rules": rules}


def _notification(gap: Gap) -> dict[str, Any]:
    about = f"account {gap.account}, {gap.region}" if gap.function is None else gap.function
    text = words.inert(f"{about}: {gap.what}: {gap.error}")
    return {"level": "error", "message": {"text": text}}


def _result(line: Line) -> dict[str, Any]:
    function = line.function
    place = f"{function.account}/{function.region}/{function.name}"
    found: dict[str, Any] = {
        "ruleId": line.policy_id,
        "level": LEVELS[line.severity],
        "message": {"text": words.inert(f"{function}: {line.because}")},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": place}},
                "logicalLocations": [{"fullyQualifiedName": str(function), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"trimtabFinding/v1": finding_id(line.policy_id, function)},
    }
    if line.suppressed_until is not None:
        said = f"exempt {words.covered(line)}"
        found["suppressions"] = [{"kind": "external", "justification": words.inert(said)}]
    return found
